/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * witness_test.c - the judge of the stress program misses no crime
 */
#include "tests/stress/witness.h"

#include <check.h>
#include <ringmap/ringmap.h>
#include <stdlib.h>

#define NUMBERS 1000

static struct witness witness;
static uint64_t ts;

static void setup(void)
{
	ts = 0;
	witness_init(&witness, NUMBERS, true);
}

static void setup_inexact(void)
{
	ts = 0;
	witness_init(&witness, NUMBERS, false);
}

static void teardown(void)
{
	witness_deinit(&witness);
}

/* Events first..last of a writer, each later than the one before. */
static void see(uint64_t writer, uint64_t first, uint64_t last)
{
	for (uint64_t number = first; number <= last; number++)
		ck_assert(witness_event(&witness, ++ts, writer, number));
}

static void expect(struct witness_findings want)
{
	const struct witness_findings *got = &witness.findings;

	ck_assert_uint_eq(got->seen, want.seen);
	ck_assert_uint_eq(got->duplicated, want.duplicated);
	ck_assert_uint_eq(got->out_of_order, want.out_of_order);
	ck_assert_uint_eq(got->backward, want.backward);
	ck_assert_uint_eq(got->gaps, want.gaps);
	ck_assert_uint_eq(got->silent, want.silent);
	ck_assert_uint_eq(got->unexplained, want.unexplained);
	ck_assert_uint_eq(got->wrong, want.wrong);
}

START_TEST(all_events_in_order_are_fine)
{
	see(0, 0, NUMBERS - 1);
	expect((struct witness_findings){.seen = NUMBERS});
}
END_TEST

START_TEST(gap_with_its_count_is_fine)
{
	see(0, 0, 9);
	witness_loss(&witness, 90);
	see(0, 100, 109);
	expect((struct witness_findings){.seen = 20, .gaps = 1});
}
END_TEST

START_TEST(gap_of_unknown_size_is_fine)
{
	see(0, 0, 9);
	witness_loss(&witness, RINGMAP_LOST_UNKNOWN);
	see(0, 100, 109);
	expect((struct witness_findings){.seen = 20, .gaps = 1});
}
END_TEST

START_TEST(gap_at_the_beginning_is_a_gap)
{
	see(0, 5, 9);
	expect((struct witness_findings){
		.seen = 5, .gaps = 1, .silent = 1, .unexplained = 5});
}
END_TEST

START_TEST(gap_without_a_loss_is_silent)
{
	see(0, 0, 9);
	see(0, 11, 20);
	expect((struct witness_findings){
		.seen = 20, .gaps = 1, .silent = 1, .unexplained = 1});
}
END_TEST

START_TEST(gap_within_a_page_is_silent_though_the_page_told_of_one_before)
{
	see(0, 0, 9);
	witness_loss(&witness, 10);
	see(0, 20, 29);
	see(0, 31, 40);
	expect((struct witness_findings){
		.seen = 30, .gaps = 2, .silent = 1, .unexplained = 1});
}
END_TEST

START_TEST(loss_with_another_count_is_wrong)
{
	see(0, 0, 9);
	witness_loss(&witness, 89);
	see(0, 100, 109);
	expect((struct witness_findings){.seen = 20, .gaps = 1, .wrong = 1});
}
END_TEST

START_TEST(loss_that_was_none_is_wrong)
{
	see(0, 0, 9);
	witness_loss(&witness, 1);
	see(0, 10, 19);
	expect((struct witness_findings){.seen = 20, .wrong = 1});
}
END_TEST

START_TEST(event_seen_again_is_duplicated)
{
	see(0, 0, 9);
	see(0, 9, 9);
	see(0, 3, 4);
	expect((struct witness_findings){.seen = 13, .duplicated = 3});
}
END_TEST

START_TEST(event_left_behind_is_out_of_order)
{
	see(0, 0, 9);
	witness_loss(&witness, 1);
	see(0, 11, 11);
	see(0, 10, 10);
	expect((struct witness_findings){
		.seen = 12, .gaps = 1, .out_of_order = 1});
}
END_TEST

START_TEST(time_that_goes_back_is_found)
{
	see(0, 0, 9);
	ts -= 5;
	see(0, 10, 10);
	witness_other(&witness, ts - 1);
	expect((struct witness_findings){.seen = 11, .backward = 2});
}
END_TEST

START_TEST(numbers_that_nobody_wrote_are_refused)
{
	ck_assert(!witness_event(&witness, 1, 0, NUMBERS));
	ck_assert(!witness_event(&witness, 1, WITNESS_WRITERS, 0));
	expect((struct witness_findings){0});
}
END_TEST

START_TEST(writers_are_judged_each_for_itself)
{
	see(0, 0, 9);
	see(1, 0, 9);
	witness_loss(&witness, 20);
	see(0, 15, 19);
	see(0, 20, 29);
	see(1, 25, 29);
	expect((struct witness_findings){.seen = 40, .gaps = 2});
	see(1, 31, 31);
	expect((struct witness_findings){
		.seen = 41, .gaps = 3, .silent = 1, .unexplained = 1});
}
END_TEST

static TCase *exact_cases(void)
{
	TCase *cases = tcase_create("exact");

	tcase_add_checked_fixture(cases, setup, teardown);
	tcase_add_test(cases, all_events_in_order_are_fine);
	tcase_add_test(cases, gap_with_its_count_is_fine);
	tcase_add_test(cases, gap_of_unknown_size_is_fine);
	tcase_add_test(cases, gap_at_the_beginning_is_a_gap);
	tcase_add_test(cases, gap_without_a_loss_is_silent);
	tcase_add_test(
		cases,
		gap_within_a_page_is_silent_though_the_page_told_of_one_before);
	tcase_add_test(cases, loss_with_another_count_is_wrong);
	tcase_add_test(cases, loss_that_was_none_is_wrong);
	tcase_add_test(cases, event_seen_again_is_duplicated);
	tcase_add_test(cases, event_left_behind_is_out_of_order);
	tcase_add_test(cases, time_that_goes_back_is_found);
	tcase_add_test(cases, numbers_that_nobody_wrote_are_refused);
	return cases;
}

static TCase *inexact_cases(void)
{
	TCase *cases = tcase_create("inexact");

	tcase_add_checked_fixture(cases, setup_inexact, teardown);
	tcase_add_test(cases, writers_are_judged_each_for_itself);
	return cases;
}

int main(void)
{
	Suite *suite = suite_create("witness");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, exact_cases());
	suite_add_tcase(suite, inexact_cases());
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
