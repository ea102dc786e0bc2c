/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * trace_merge_test.c - the events of many rings in time order
 */
#include "tests/support/rm_check.h"
#include "tests/unit/merge.h"
#include "tests/unit/walk.h"

START_TEST(events_of_all_rings_come_by_time)
{
	struct rm_merge f = {.count = 0};

	rm_merge_record(&f, RM_SCRIPTS("TS 10; EVENT 'a'; EVENT +30 'd'",
				       "TS 70; EVENT 'g'"));
	rm_merge_record(&f, RM_SCRIPTS("TS 20; EVENT 'b'; EVENT +40 'f'"));
	rm_merge_record(&f, RM_SCRIPTS("TS 30; EVENT 'c'", "TS 50; EVENT 'e'",
				       "TS 80; EVENT 'h'"));
	rm_merge_open(&f);
	static const uint32_t cpus[] = {0, 1, 2, 0, 2, 1, 0, 2};
	for (uint32_t i = 0; i < 8; i++) {
		struct ringmap_event event = rm_merge_next(&f);

		ck_assert_uint_eq(event.ts, 10 * (i + 1));
		ck_assert_uint_eq(event.cpu, cpus[i]);
		ck_assert_uint_eq(event.size, 4);
		ck_assert_uint_eq(event.lost, 0);
		ck_assert_int_eq(*(const char *)event.data, 'a' + (int)i);
	}
	rm_merge_assert_done(&f);
	ck_assert_uint_eq(rm_merge_stats(&f).events, 8);
	ck_assert_uint_eq(rm_merge_stats(&f).late, 0);
	ck_assert_uint_eq(rm_merge_stats(&f).lost, 0);
	ck_assert_uint_eq(rm_merge_stats(&f).rings, 3);
	rm_merge_close(&f);
}
END_TEST

START_TEST(events_of_one_moment_come_by_ring)
{
	struct rm_merge f = {.count = 0};

	rm_merge_record(
		&f, RM_SCRIPTS("TS 10; EVENT 'a'; EVENT 'b'; EVENT +5 'g'"));
	rm_merge_record(&f, RM_SCRIPTS("TS 10; EVENT 'c'", "TS 15; EVENT 'h'"));
	rm_merge_record(&f, RM_SCRIPTS("TS 10; EVENT 'd'; EVENT 'e'; EVENT 'f'",
				       "TS 15; EVENT 'i'"));
	rm_merge_open(&f);
	rm_merge_assert_letters(&f, "abcdefghi");
	rm_merge_assert_done(&f);
	ck_assert_uint_eq(rm_merge_stats(&f).late, 0);
	rm_merge_close(&f);
}
END_TEST

START_TEST(time_may_begin_and_end_anywhere)
{
	struct rm_merge f = {.count = 0};

	rm_merge_record(&f, RM_SCRIPTS("TS 0; EVENT 'a'; EVENT +1 'c'",
				       "TS 0xffffffffffffffff; EVENT 'd'"));
	rm_merge_record(&f, RM_SCRIPTS("TS 0; EVENT 'b'",
				       "TS 0xffffffffffffffff; EVENT 'e'"));
	rm_merge_open(&f);
	rm_merge_assert_letters(&f, "abcde");
	rm_merge_assert_done(&f);
	rm_merge_close(&f);
}
END_TEST

START_TEST(late_events_are_handed_out_and_counted)
{
	struct rm_merge f = {.count = 0};

	/* Ring 0 goes back in time twice. */
	rm_merge_record(&f,
			RM_SCRIPTS("TS 100; EVENT 'a'", "TS 50; EVENT 'b'",
				   "TS 200; EVENT 'd'; STAMP 150; EVENT 'e'"));
	rm_merge_record(&f, RM_SCRIPTS("TS 110; EVENT 'c'; EVENT +500 'f'"));
	rm_merge_open(&f);
	rm_merge_assert_letters(&f, "abcdef");
	rm_merge_assert_done(&f);
	ck_assert_uint_eq(rm_merge_stats(&f).events, 6);
	ck_assert_uint_eq(rm_merge_stats(&f).late, 2);
	rm_merge_close(&f);
}
END_TEST

START_TEST(time_that_goes_back_holds_nobody_up)
{
	/* By a stamp, and past the end of all time. */
	static const char *const scripts[] = {
		"TS 1000; EVENT 'a'; STAMP 500; EVENT 'b'",
		"TS 0xffffffffffffffff; EVENT 'a'; EVENT +9 'b'",
	};

	for (int i = 0; i < 2; i++) {
		struct rm_merge f = {.count = 0};

		rm_merge_record(&f, RM_SCRIPTS(scripts[i]));
		rm_merge_record(&f, RM_SCRIPTS("TS 10"));
		rm_merge_open(&f);
		rm_merge_assert_letters(&f, "ab");
		rm_merge_assert_done(&f);
		ck_assert_uint_eq(rm_merge_stats(&f).late, 1);
		rm_merge_close(&f);
	}
}
END_TEST

START_TEST(empty_rings_hold_nobody_up)
{
	struct rm_merge f = {.count = 0};

	rm_merge_record(&f, RM_SCRIPTS("TS 10"));
	rm_merge_record(&f, RM_SCRIPTS("TS 20; EVENT 'a'", "TS 21",
				       "TS 30; EVENT 'b'"));
	rm_merge_record(&f,
			RM_SCRIPTS("TS 5; PAD 100", "TS 6; NULLPAD", "TS 7"));
	rm_merge_open(&f);
	rm_merge_assert_letters(&f, "ab");
	rm_merge_assert_done(&f);
	rm_merge_close(&f);
}
END_TEST

START_TEST(trace_of_empty_rings_is_done)
{
	struct rm_merge f = {.count = 0};

	rm_merge_record(&f, RM_SCRIPTS("TS 10"));
	rm_merge_record(&f, RM_SCRIPTS("TS 10; REST", "TS 20"));
	rm_merge_open(&f);
	rm_merge_assert_done(&f);
	ck_assert_uint_eq(rm_merge_stats(&f).events, 0);
	rm_merge_close(&f);
}
END_TEST

START_TEST(one_ring_with_many_pages)
{
	struct rm_merge f = {.count = 0};

	rm_merge_record(&f, RM_SCRIPTS("TS 1; EVENT 'a'",
				       "TS 2; EVENT 'b'; EVENT +1 'c'",
				       "TS 4; LONG 'd'", "TS 5; EVENT 'e'",
				       "TS 6; EVENT 'f'",
				       "TS 7; EVENT 'g'; LONG +1 'h'",
				       "TS 9; EVENT 'i'"));
	rm_merge_open(&f);
	rm_merge_assert_letters(&f, "abcdefghi");
	rm_merge_assert_done(&f);
	rm_merge_close(&f);
}
END_TEST

/* xorshift64: the same rings in every run. */
static unsigned int pick(uint64_t *state, unsigned int below)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (unsigned int)(*state >> 16) % below;
}

/* A ring of @subbufs sub-buffers, each later than the one before. */
static void record_random(struct rm_merge *f, uint64_t *state, int subbufs)
{
	const char *scripts[RM_RECORDING_MAX] = {NULL};
	static char text[RM_RECORDING_MAX][2048];
	unsigned int ts = pick(state, 50);

	for (int i = 0; i < subbufs; i++) {
		int n = snprintf(text[i], sizeof(text[i]), "TS %u", ts);

		for (unsigned int e = pick(state, 20); e > 0; e--) {
			unsigned int delta = pick(state, 9);

			n += snprintf(text[i] + n, sizeof(text[i]) - (size_t)n,
				      "; EVENT +%u %u", delta,
				      4 + 4 * pick(state, 10));
			ts += delta;
		}
		ts += pick(state, 9);
		scripts[i] = text[i];
	}
	rm_merge_record(f, scripts);
}

/* Where a ring's oldest event that was not handed out stands. */
struct place {
	size_t subbuf;
	size_t event;
};

static const struct rm_expected *expected_at(const struct rm_recording *r,
					     struct place *p)
{
	while (p->subbuf < r->count &&
	       p->event == r->subbufs[p->subbuf]->count) {
		p->subbuf++;
		p->event = 0;
	}
	return p->subbuf < r->count ? &r->subbufs[p->subbuf]->events[p->event]
				    : NULL;
}

/* The oldest of all, by looking at each; the ring's number in @ret. */
static const struct rm_expected *oldest(const struct rm_merge *f,
					struct place *places, uint32_t *ret)
{
	const struct rm_expected *found = NULL;

	for (uint32_t i = 0; i < f->count; i++) {
		const struct rm_expected *e =
			expected_at(&f->recordings[i], &places[i]);

		if (!e || (found && e->ts >= found->ts))
			continue;
		found = e;
		*ret = i;
	}
	if (found)
		places[*ret].event++;
	return found;
}

START_TEST(merge_is_that_of_a_slow_search)
{
	uint64_t state = 0xa4093822299f31d0;

	for (int round = 0; round < 30; round++) {
		struct rm_merge f = {.count = 0};
		struct place places[RM_MERGE_MAX] = {{0, 0}};
		const struct rm_expected *e;
		uint32_t cpu = 0;

		for (int i = 0; i <= round % RM_MERGE_MAX; i++)
			record_random(&f, &state, 1 + (int)pick(&state, 15));
		rm_merge_open(&f);
		while ((e = oldest(&f, places, &cpu))) {
			struct ringmap_event event = rm_merge_next(&f);

			ck_assert_uint_eq(event.ts, e->ts);
			ck_assert_uint_eq(event.size, e->size);
			ck_assert_uint_eq(event.cpu, cpu);
		}
		rm_merge_assert_done(&f);
		ck_assert_uint_eq(rm_merge_stats(&f).late, 0);
		rm_merge_close(&f);
	}
}
END_TEST

START_TEST(rings_of_different_shapes_merge)
{
	struct ringmap_ring *rings[RM_SHAPES];
	struct rm_recording r[RM_SHAPES];
	struct ringmap_trace *trace;

	for (int i = 0; i < RM_SHAPES; i++) {
		char script[96];

		snprintf(script, sizeof(script),
			 "TS %d; EVENT +%d 7:16; LONG +100 8:2000", i, i);
		rm_record(&r[i], &rm_shapes[i], RM_SCRIPTS(script));
		rings[i] = rm_recording_open(&r[i]);
	}
	rm_assert_ok(ringmap_trace_open_rings(rings, RM_SHAPES, &trace, NULL));
	for (int i = 0; i < 2 * RM_SHAPES; i++) {
		struct ringmap_event event;
		int ring = i % RM_SHAPES;
		const struct rm_generated *g = r[ring].subbufs[0];
		const struct rm_expected *e = &g->events[i / RM_SHAPES];

		rm_assert_ok(ringmap_trace_next(trace, &event));
		ck_assert_uint_eq(event.ts, e->ts);
		ck_assert_uint_eq(event.size, e->size);
		ck_assert_mem_eq(event.data,
				 g->subbuf + g->opts.data_offset + e->offset,
				 e->size);
	}
	ringmap_trace_unref(trace);
	for (int i = 0; i < RM_SHAPES; i++) {
		ringmap_ring_unref(rings[i]);
		rm_recording_free(&r[i]);
	}
}
END_TEST

RM_MAIN(events_of_all_rings_come_by_time, events_of_one_moment_come_by_ring,
	time_may_begin_and_end_anywhere, late_events_are_handed_out_and_counted,
	time_that_goes_back_holds_nobody_up, empty_rings_hold_nobody_up,
	trace_of_empty_rings_is_done, one_ring_with_many_pages,
	merge_is_that_of_a_slow_search, rings_of_different_shapes_merge)
