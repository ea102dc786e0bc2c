/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * cases_reading.c - every event comes once, in order, with its bytes
 */
#include "tests/conformance/cases.h"
#include "tests/conformance/stage.h"
#include "tests/conformance/witness.h"

static struct ringmap_ring_stats stats_of(struct ringmap_ring *ring)
{
	struct ringmap_ring_stats stats;

	rm_assert_ok(ringmap_ring_stats(ring, &stats, sizeof(stats)));
	return stats;
}

static void check(const struct witness *w)
{
	ck_assert_msg(!w->wrong[0], "%s", w->wrong);
}

/* Drains and compares: @written events since the ring's beginning, no loss. */
static void expect_all(struct witness *w, uint64_t written)
{
	witness_drain(w);
	check(w);
	ck_assert_uint_eq(w->seen, written);
	ck_assert_uint_eq(w->holes, 0);
	struct ringmap_ring_stats stats = stats_of(w->ring);
	ck_assert_uint_eq(stats.events, written);
	ck_assert_uint_eq(stats.lost, 0);
	ck_assert_uint_eq(stats.gaps, 0);
}

START_TEST(what_was_written_before_comes_once)
{
	enum ringmap_mode mode;

	for (unsigned int i = 0; stage_mode(i, &mode); i++) {
		STAGE(stage);
		stage_write(stage, 300);
		struct witness w = {.ring = stage_open(stage, mode)};
		expect_all(&w, 300);
		ringmap_ring_unref(w.ring);
		stage_free(stage);
	}
}
END_TEST

/* From one event at a time to several sub-buffers, and each size of event. */
START_TEST(what_is_written_meanwhile_comes_once)
{
	static const uint32_t sizes[] = {28, 64, 112, 116, 1000, 3000};
	enum ringmap_mode mode;

	NOT_RECORDED();
	for (unsigned int i = 0; stage_mode(i, &mode); i++) {
		for (unsigned int k = 0; k < sizeof(sizes) / 4; k++) {
			STAGE(stage, .event_size = sizes[k], .subbufs = 40);
			struct witness w = {.ring = stage_open(stage, mode)};
			for (uint64_t batch = 1; batch < 200; batch += 13) {
				stage_write(stage, 1 + batch % 25);
				expect_all(&w, stage->written);
			}
			ringmap_ring_unref(w.ring);
			stage_free(stage);
		}
	}
}
END_TEST

START_TEST(many_laps_come_once)
{
	enum ringmap_mode mode;

	NOT_RECORDED();
	for (unsigned int i = 0; stage_mode(i, &mode); i++) {
		STAGE(stage, .subbufs = 8);
		struct witness w = {.ring = stage_open(stage, mode)};
		for (int lap = 0; lap < 40; lap++) {
			stage_write(stage, 90);
			expect_all(&w, stage->written);
		}
		ringmap_ring_unref(w.ring);
		stage_free(stage);
	}
}
END_TEST

START_TEST(three_observers_see_everything)
{
	struct witness w[3] = {{0}};

	NOT_RECORDED();
	STAGE(stage);
	for (int i = 0; i < 3; i++)
		w[i].ring = stage_open(stage, RINGMAP_MODE_FOLLOW);
	for (int round = 0; round < 20; round++) {
		stage_write(stage, 101);
		for (int i = 0; i <= round % 3; i++)
			expect_all(&w[i], stage->written);
	}
	for (int i = 0; i < 3; i++) {
		witness_drain(&w[i]);
		check(&w[i]);
		witness_account(&w[i], 0, stage->written, true);
		check(&w[i]);
		ringmap_ring_unref(w[i].ring);
	}
	stage_free(stage);
}
END_TEST

START_TEST(followers_take_nothing_away)
{
	NOT_RECORDED();
	STAGE(stage);
	struct witness follower = {
		.ring = stage_open(stage, RINGMAP_MODE_FOLLOW)};
	stage_write(stage, 400);
	expect_all(&follower, 400);
	ck_assert_uint_eq(stats_of(follower.ring).syscalls, 0);
	struct witness reader = {.ring = stage_open(stage, RINGMAP_MODE_READ)};
	expect_all(&reader, 400);
	ringmap_ring_unref(reader.ring);
	ringmap_ring_unref(follower.ring);
	stage_free(stage);
}
END_TEST

START_TEST(newest_begins_after_the_open)
{
	NOT_RECORDED();
	STAGE(stage);
	stage_write(stage, 77);
	struct witness w = {.ring = stage_open_at(stage, RINGMAP_MODE_FOLLOW,
						  RINGMAP_START_NEWEST)};
	ck_assert_int_eq(witness_look(&w), RINGMAP_DONE);
	stage_write(stage, 150);
	expect_all(&w, 150);
	ck_assert_uint_eq(w.first, 77);
	ringmap_ring_unref(w.ring);
	stage_free(stage);
}
END_TEST

/* The page's flag tells the first bytes of a sub-buffer from later ones. */
START_TEST(pages_go_on_where_the_last_one_ended)
{
	struct ringmap_page page;
	struct ringmap_event event;
	uint64_t ts = 0;

	NOT_RECORDED();
	STAGE(stage);
	struct ringmap_ring *ring = stage_open(stage, RINGMAP_MODE_FOLLOW);
	for (int i = 0; i < 10; i++) {
		stage_write(stage, 2);
		rm_assert_ok(ringmap_ring_borrow_page(ring, &page));
		ck_assert_int_eq(page.flags & RINGMAP_PAGE_FIRST,
				 i ? 0 : RINGMAP_PAGE_FIRST);
		rm_assert_ok(ringmap_page_next(&page, &event));
		ck_assert_uint_ge(event.ts, ts);
		rm_assert_ok(ringmap_page_next(&page, &event));
		rm_assert_status(ringmap_page_next(&page, &event),
				 RINGMAP_DONE);
		ts = event.ts;
		rm_assert_ok(ringmap_ring_return_page(ring, &page));
	}
	ringmap_ring_unref(ring);
	stage_free(stage);
}
END_TEST

/* Both ways are tried while events go by; none is lost or comes twice. */
START_TEST(auto_times_both_ways_to_consume)
{
	const struct ringmap_ring_opts opts = {.sz = sizeof(opts),
					       .flags = RINGMAP_RING_CONSUMING};
	struct ringmap_error err = {0};
	struct ringmap_ring_info info;
	struct witness w = {0};

	NOT_RECORDED();
	STAGE(stage);
	rm_assert_ok_err(stage->backend->open(stage, &opts, &w.ring, &err),
			 &err);
	for (int i = 0; i < 300; i++) {
		/* Small, large, small again: so that it looks again. */
		stage->event_size = i < 100 || i >= 200 ? 32 : 1800;
		stage_write(stage, stage->event_size == 32 ? 501 : 17);
		witness_drain(&w);
		check(&w);
	}
	witness_account(&w, 0, stage->written, true);
	check(&w);
	ck_assert_uint_eq(w.seen, stage->written);
	rm_assert_ok(ringmap_ring_info(w.ring, &info, sizeof(info)));
	ck_assert(info.mode == RINGMAP_MODE_CONSUME ||
		  info.mode == RINGMAP_MODE_READ);
	ck_assert_ptr_nonnull(
		strstr(ringmap_ring_mode_reason(w.ring), "read(2)"));
	ringmap_ring_unref(w.ring);
	stage_free(stage);
}
END_TEST

START_TEST(a_trace_hands_out_all_of_it)
{
	struct ringmap_event event;
	struct ringmap_trace_stats stats;
	struct ringmap_trace *trace;
	enum ringmap_mode mode;
	uint64_t seen = 0, ts = 0;

	ck_assert(stage_mode(0, &mode));
	STAGE(stage);
	stage_write(stage, 500);
	struct ringmap_ring *ring = stage_open(stage, mode);
	rm_assert_ok(ringmap_trace_open_rings(&ring, 1, &trace, NULL));
	ringmap_ring_unref(ring);
	while (ringmap_trace_next(trace, &event) == RINGMAP_OK) {
		ck_assert_uint_ge(event.ts, ts);
		ts = event.ts;
		seen++;
	}
	ck_assert_uint_eq(seen, 500);
	rm_assert_ok(ringmap_trace_stats(trace, &stats, sizeof(stats)));
	ck_assert_uint_eq(stats.events, 500);
	ck_assert_uint_eq(stats.late + stats.lost, 0);
	ringmap_trace_unref(trace);
	stage_free(stage);
}
END_TEST

size_t cases_reading(const TTest **ret)
{
	const TTest *const cases[] = {
		what_was_written_before_comes_once,
		what_is_written_meanwhile_comes_once,
		many_laps_come_once,
		three_observers_see_everything,
		followers_take_nothing_away,
		newest_begins_after_the_open,
		pages_go_on_where_the_last_one_ended,
		auto_times_both_ways_to_consume,
		a_trace_hands_out_all_of_it,
	};

	memcpy(ret, cases, sizeof(cases));
	return sizeof(cases) / sizeof(*cases);
}
