/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * trace_test.c - what a trace tells beside the order of events
 */
#include "tests/support/rm_check.h"
#include "tests/unit/merge.h"

START_TEST(losses_stand_before_the_event_behind_them)
{
	struct rm_merge f = {.count = 0};

	rm_merge_record(
		&f, RM_SCRIPTS("TS 10; EVENT 'a'", "TS 30; EVENT 'c'; LOST 7"));
	/* Marks of pages without events come with the next event. */
	rm_merge_record(&f,
			RM_SCRIPTS("TS 20; EVENT 'b'; LOST 1", "TS 25; LOST 10",
				   "TS 26; PAD 8; LOST 20",
				   "TS 40; EVENT 'd'; EVENT 'e'; LOST 3"));
	rm_merge_record(&f, RM_SCRIPTS("TS 45; PAD 16; LOST 5",
				       "TS 50; EVENT 'f'; LOST ?",
				       "TS 60; EVENT 'g'"));
	rm_merge_open(&f);
	static const uint64_t lost[] = {0, 1, 7, 33, 0, RINGMAP_LOST_UNKNOWN,
					0};
	for (int i = 0; i < 7; i++) {
		struct ringmap_event event = rm_merge_next(&f);

		ck_assert_int_eq(*(const char *)event.data, 'a' + i);
		ck_assert_uint_eq(event.lost, lost[i]);
	}
	rm_merge_assert_done(&f);
	ck_assert_uint_eq(rm_merge_stats(&f).lost, RINGMAP_LOST_UNKNOWN);
	rm_merge_close(&f);
}
END_TEST

START_TEST(known_losses_of_all_rings_add_up)
{
	struct rm_merge f = {.count = 0};

	rm_merge_record(
		&f, RM_SCRIPTS("TS 10; EVENT 'a'", "TS 30; EVENT 'c'; LOST 7"));
	rm_merge_record(&f, RM_SCRIPTS("TS 20; EVENT 'b'; LOST 100",
				       "TS 40; LOST 1000"));
	rm_merge_open(&f);
	rm_merge_assert_letters(&f, "abc");
	rm_merge_assert_done(&f);
	ck_assert_uint_eq(rm_merge_stats(&f).lost, 1107);
	rm_merge_close(&f);
}
END_TEST

/* Takes all events; counts statuses that say RINGMAP_E_CORRUPT. */
static int drain(struct rm_merge *f, char *letters)
{
	struct ringmap_event event;
	enum ringmap_status s;
	int corrupt = 0;

	while ((s = ringmap_trace_next(f->trace, &event)) != RINGMAP_DONE) {
		if (s == RINGMAP_OK) {
			*letters++ = *(const char *)event.data;
			continue;
		}
		rm_assert_status(s, RINGMAP_E_CORRUPT);
		ck_assert_int_lt(++corrupt, 100);
		struct ringmap_error error;
		ringmap_trace_error(f->trace, &error);
		ck_assert_int_eq(error.status, s);
		ck_assert_ptr_nonnull(strstr(error.text, "sub-buffer"));
	}
	*letters = '\0';
	return corrupt;
}

START_TEST(broken_header_is_told_once_and_skipped)
{
	struct rm_merge f = {.count = 0};
	char letters[32];

	rm_merge_record(&f, RM_SCRIPTS("TS 10; EVENT 'a'", "TS 20; COMMIT 4084",
				       "TS 60; EVENT 'e'"));
	rm_merge_record(&f, RM_SCRIPTS("TS 15; EVENT 'b'; EVENT +15 'c'",
				       "TS 50; EVENT 'd'"));
	rm_merge_open(&f);
	ck_assert_int_eq(drain(&f, letters), 1);
	ck_assert_str_eq(letters, "abcde");
	ck_assert_uint_eq(rm_merge_stats(&f).lost, RINGMAP_LOST_UNKNOWN);
	ck_assert_uint_eq(rm_merge_stats(&f).events, 5);
	rm_merge_close(&f);
}
END_TEST

START_TEST(events_before_a_broken_one_are_handed_out)
{
	struct rm_merge f = {.count = 0};
	char letters[32];

	rm_merge_record(
		&f, RM_SCRIPTS("TS 10; EVENT 'a'; EVENT +10 'c'; HEADER 30 +1",
			       "TS 60; EVENT 'f'"));
	rm_merge_record(&f, RM_SCRIPTS("TS 15; EVENT 'b'; EVENT +15 'd'",
				       "TS 50; EVENT 'e'"));
	/* Nothing but a broken one; and one with a broken tail. */
	rm_merge_record(&f, RM_SCRIPTS("TS 11; HEADER 29 +1",
				       "TS 70; EVENT 'g'; RAW 0; COMMIT 11"));
	rm_merge_open(&f);
	/* Each is told, also where several rings have one at the same time. */
	ck_assert_int_eq(drain(&f, letters), 3);
	ck_assert_str_eq(letters, "abcdefg");
	rm_merge_assert_done(&f);
	rm_merge_close(&f);
}
END_TEST

START_TEST(event_behind_a_broken_place_says_that_some_are_lost)
{
	struct rm_merge f = {.count = 0};
	struct ringmap_event event;

	rm_merge_record(&f,
			RM_SCRIPTS("TS 10; HEADER 30 +1", "TS 60; EVENT 'a'"));
	rm_merge_open(&f);
	rm_assert_status(ringmap_trace_next(f.trace, &event),
			 RINGMAP_E_CORRUPT);
	ck_assert_uint_eq(rm_merge_next(&f).lost, RINGMAP_LOST_UNKNOWN);
	rm_merge_close(&f);
}
END_TEST

START_TEST(trace_of_nothing_but_broken_sub_buffers_ends)
{
	struct rm_merge f = {.count = 0};
	char letters[32];

	rm_merge_record(&f,
			RM_SCRIPTS("COMMIT 5000", "HEADER 30 +1", "COMMIT 3"));
	rm_merge_record(&f, RM_SCRIPTS("COMMIT 4096"));
	rm_merge_open(&f);
	ck_assert_int_eq(drain(&f, letters), 4);
	ck_assert_str_eq(letters, "");
	rm_merge_close(&f);
}
END_TEST

START_TEST(data_is_a_private_copy)
{
	struct rm_merge f = {.count = 0};

	rm_merge_record(&f, RM_SCRIPTS("TS 10; EVENT 'abcd'; EVENT +1 'efgh'"));
	rm_merge_open(&f);
	struct ringmap_event event = rm_merge_next(&f);
	memset(f.recordings[0].bytes, 0xff, f.recordings[0].size);
	ck_assert_mem_eq(event.data, "abcd", 4);
	event = rm_merge_next(&f);
	ck_assert_mem_eq(event.data, "efgh", 4);
	ck_assert_uint_eq(event.ts, 11);
	rm_merge_close(&f);
}
END_TEST

START_TEST(waiting_tells_whether_there_is_more)
{
	struct rm_merge f = {.count = 0};

	rm_merge_record(&f, RM_SCRIPTS("TS 10; EVENT 'a'"));
	rm_merge_record(&f, RM_SCRIPTS("TS 20; EVENT 'b'"));
	rm_merge_open(&f);
	for (const char *c = "ab"; *c; c++) {
		rm_assert_ok(ringmap_trace_wait(f.trace, -1));
		ck_assert_int_eq(*(const char *)rm_merge_next(&f).data, *c);
	}
	rm_assert_status(ringmap_trace_wait(f.trace, -1), RINGMAP_DONE);
	rm_merge_assert_done(&f);
	rm_assert_status(ringmap_trace_wait(f.trace, -1), RINGMAP_DONE);
	rm_merge_close(&f);
}
END_TEST

RM_MAIN(losses_stand_before_the_event_behind_them,
	known_losses_of_all_rings_add_up,
	broken_header_is_told_once_and_skipped,
	events_before_a_broken_one_are_handed_out,
	event_behind_a_broken_place_says_that_some_are_lost,
	trace_of_nothing_but_broken_sub_buffers_ends, data_is_a_private_copy,
	waiting_tells_whether_there_is_more)
