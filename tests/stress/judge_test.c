/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * judge_test.c - the judge of the attack finds each kind of fault, and no other
 *
 * Two writers on one ring, and the events of a life as lists of numbers. Every
 * fault is a true life with one thing changed: a page that comes twice, a page
 * that is dropped, a count that is decremented.
 */
#include "tests/stress/judge.h"

#include <ringmap/ringmap.h>

#include "tests/support/rm_check.h"

#define UNKNOWN RINGMAP_LOST_UNKNOWN

static struct judge judge;
static uint64_t ts;

static void begin(struct judge_life life, bool exact)
{
	ts = 0;
	judge_init(&judge, exact, NULL);
	judge_begin(&judge, &life, "test");
}

static void begin_follow(void)
{
	begin((struct judge_life){0}, true);
}

/* Alone, beside two writers who had used 100 numbers each at the open. */
static void begin_consume(bool alone)
{
	struct judge_life life = {.consumes = true,
				  .alone = alone,
				  .begun = {100, 100},
				  .holds = 50};

	begin(life, false);
}

/* A page with events first..last of a writer. */
static void page(uint64_t lost, uint64_t writer, uint64_t first, uint64_t last)
{
	judge_loss(&judge, lost);
	for (uint64_t i = first; i <= last; i++) {
		struct note note = {.ts = ++ts, .writer = writer, .number = i};

		judge_note(&judge, &note);
	}
}

static void rest(uint64_t lost, uint64_t accepted, uint64_t accepted2)
{
	struct judge_rest now = {.accepted = {accepted, accepted2},
				 .lost = lost};

	judge_rest(&judge, &now);
}

static void expect(uint64_t wrong, uint64_t doubled, uint64_t silent,
		   uint64_t false_exact)
{
	const uint64_t *found = judge.counts.found;

	ck_assert_uint_eq(found[JUDGE_WRONG], wrong);
	ck_assert_uint_eq(found[JUDGE_DOUBLED], doubled);
	ck_assert_uint_eq(found[JUDGE_SILENT], silent);
	ck_assert_uint_eq(found[JUDGE_FALSE_EXACT], false_exact);
	judge_deinit(&judge);
}

START_TEST(life_without_a_fault_is_fine)
{
	begin_follow();
	page(0, 0, 0, 9);
	page(90, 0, 100, 109);
	rest(90, 110, 0);
	page(UNKNOWN, 0, 500, 509);
	rest(UNKNOWN, 600, 0);
	rest(570, 600, 0);
	expect(0, 0, 0, 0);
}
END_TEST

START_TEST(page_handed_twice_is_doubled)
{
	begin_follow();
	page(0, 0, 0, 9);
	page(0, 0, 0, 9);
	page(0, 0, 10, 19);
	rest(0, 20, 0);
	expect(0, 10, 0, 0);
}
END_TEST

START_TEST(page_handed_twice_in_two_lives_is_doubled_if_it_was_consumed)
{
	begin_consume(true);
	page(0, 0, 100, 109);
	judge_begin(&judge, &judge.life, "next");
	page(0, 0, 105, 114);
	expect(0, 5, 0, 0);
}
END_TEST

START_TEST(page_handed_twice_in_two_lives_of_a_follower_is_fine)
{
	begin_follow();
	page(0, 0, 0, 9);
	judge_begin(&judge, &judge.life, "next");
	page(0, 0, 0, 9);
	rest(0, 10, 0);
	expect(0, 0, 0, 0);
}
END_TEST

START_TEST(dropped_page_is_silent)
{
	begin_follow();
	page(0, 0, 0, 9);
	page(0, 0, 20, 29);
	rest(UNKNOWN, 30, 0);
	expect(0, 0, 10, 0);
}
END_TEST

START_TEST(dropped_page_is_silent_for_a_lone_consumer)
{
	begin_consume(true);
	page(0, 0, 100, 109);
	page(0, 0, 200, 209);
	rest(UNKNOWN, 210, 100);
	expect(0, 0, 90, 0);
}
END_TEST

START_TEST(events_that_the_kernel_mislaid_are_excused)
{
	struct judge_rest now = {
		.accepted = {110, 100}, .lost = 0, .unread = 5};

	begin_consume(true);
	page(0, 0, 100, 109);
	judge_rest(&judge, &now);
	page(0, 0, 120, 129);
	now = (struct judge_rest){
		.accepted = {130, 100}, .lost = 10, .unread = 15};
	judge_rest(&judge, &now);
	ck_assert_uint_eq(judge.counts.excused, 10);
	expect(0, 0, 0, 0);
}
END_TEST

START_TEST(page_dropped_after_mislaid_ones_is_silent)
{
	struct judge_rest now = {
		.accepted = {120, 100}, .lost = UNKNOWN, .unread = 9};

	begin_consume(true);
	page(0, 0, 100, 109);
	page(0, 0, 119, 119);
	judge_rest(&judge, &now);
	ck_assert_uint_eq(judge.counts.excused, 9);
	page(0, 0, 130, 130);
	now.accepted[0] = 131;
	judge_rest(&judge, &now);
	expect(0, 0, 10, 0);
}
END_TEST

START_TEST(reset_that_hides_more_than_a_sub_buffer_is_silent)
{
	struct judge_rest now = {.accepted = {110, 100}, .lost = 0};

	begin_consume(true);
	page(0, 0, 100, 109);
	judge_rest(&judge, &now);
	page(0, 0, 1000, 1009);
	now = (struct judge_rest){
		.accepted = {1010, 100}, .lost = UNKNOWN, .resets = 1};
	judge_rest(&judge, &now);
	expect(0, 0, 890, 0);
}
END_TEST

START_TEST(what_others_took_need_not_be_told_by_pages)
{
	begin_consume(false);
	page(0, 0, 100, 109);
	page(0, 0, 200, 209);
	rest(90, 210, 100);
	expect(0, 0, 0, 0);
}
END_TEST

START_TEST(what_others_took_must_be_in_the_sums)
{
	begin_consume(false);
	page(0, 0, 100, 109);
	rest(0, 110, 100);
	page(0, 0, 200, 209);
	rest(89, 210, 100);
	expect(0, 0, 0, 1);
}
END_TEST

START_TEST(count_of_a_page_decremented_is_false)
{
	begin_follow();
	page(0, 0, 0, 9);
	page(89, 0, 100, 109);
	rest(90, 110, 0);
	expect(0, 0, 0, 1);
}
END_TEST

START_TEST(count_of_stats_decremented_is_false)
{
	begin_follow();
	page(0, 0, 0, 9);
	page(90, 0, 100, 109);
	rest(89, 110, 0);
	/* The pages told more, too. */
	expect(0, 0, 0, 2);
}
END_TEST

START_TEST(count_that_is_right_at_the_first_rest_only_is_false)
{
	begin_consume(true);
	page(0, 0, 50, 109);
	rest(0, 110, 100);
	page(10, 0, 120, 129);
	rest(11, 130, 100);
	expect(0, 0, 0, 1);
}
END_TEST

START_TEST(count_larger_than_all_that_is_missing_is_false)
{
	begin_follow();
	page(0, 0, 0, 9);
	rest(11, 20, 0);
	expect(0, 0, 0, 1);
}
END_TEST

START_TEST(events_after_the_open_cannot_lie_before_the_place)
{
	begin_consume(true);
	page(UNKNOWN, 0, 150, 159);
	/* Numbers 100 to 149 were used after the open: they are lost. */
	rest(49, 160, 100);
	expect(0, 0, 0, 1);
}
END_TEST

START_TEST(count_that_shrinks_is_false)
{
	begin_follow();
	page(0, 0, 0, 9);
	judge_stats(&judge, 5);
	rest(0, 10, 0);
	expect(0, 0, 0, 1);
}
END_TEST

START_TEST(unnumbered_events_are_summed_with_the_kernel)
{
	struct judge_life life = {.others = true};
	struct note other = {.ts = 1, .kind = NOTE_OTHER};
	struct judge_rest now = {.accepted = {10}, .entries = 11};

	begin(life, false);
	judge_note(&judge, &other);
	page(0, 0, 0, 9);
	judge_rest(&judge, &now);
	now = (struct judge_rest){.accepted = {10}, .entries = 15, .lost = 4};
	judge_rest(&judge, &now);
	now = (struct judge_rest){.accepted = {10}, .entries = 16, .lost = 4};
	judge_rest(&judge, &now);
	expect(0, 0, 0, 1);
}
END_TEST

START_TEST(events_that_nobody_wrote_are_wrong)
{
	struct note broken = {.ts = 1, .kind = NOTE_BROKEN};

	begin_follow();
	judge_note(&judge, &broken);
	page(0, 0, 0, 9);
	rest(UNKNOWN, 9, 0);
	expect(2, 0, 0, 0);
}
END_TEST

START_TEST(order_and_time_that_go_back_are_wrong)
{
	begin_follow();
	page(0, 0, 0, 9);
	page(1, 0, 11, 11);
	page(0, 0, 10, 10);
	ts -= 5;
	page(0, 0, 12, 12);
	ts = 0;
	judge_clock(&judge);
	page(0, 0, 13, 13);
	expect(2, 0, 0, 0);
}
END_TEST

RM_MAIN(life_without_a_fault_is_fine, page_handed_twice_is_doubled,
	page_handed_twice_in_two_lives_is_doubled_if_it_was_consumed,
	page_handed_twice_in_two_lives_of_a_follower_is_fine,
	dropped_page_is_silent, dropped_page_is_silent_for_a_lone_consumer,
	events_that_the_kernel_mislaid_are_excused,
	page_dropped_after_mislaid_ones_is_silent,
	reset_that_hides_more_than_a_sub_buffer_is_silent,
	what_others_took_need_not_be_told_by_pages,
	what_others_took_must_be_in_the_sums,
	count_of_a_page_decremented_is_false,
	count_of_stats_decremented_is_false,
	count_that_is_right_at_the_first_rest_only_is_false,
	count_larger_than_all_that_is_missing_is_false,
	events_after_the_open_cannot_lie_before_the_place,
	count_that_shrinks_is_false,
	unnumbered_events_are_summed_with_the_kernel,
	events_that_nobody_wrote_are_wrong,
	order_and_time_that_go_back_are_wrong)
