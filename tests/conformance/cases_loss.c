/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * cases_loss.c - what is missing is told, and nothing else is wrong
 */
#include "tests/conformance/cases.h"
#include "tests/conformance/stage.h"
#include "tests/conformance/witness.h"

static void check(const struct witness *w)
{
	ck_assert_msg(!w->wrong[0], "%s", w->wrong);
}

static uint64_t resets_of(struct ringmap_ring *ring)
{
	struct ringmap_ring_stats stats;

	rm_assert_ok(ringmap_ring_stats(ring, &stats, sizeof(stats)));
	return stats.resets;
}

/* Three laps that nobody looks at. */
START_TEST(a_lap_nobody_saw_is_counted)
{
	enum ringmap_mode mode;

	NOT_RECORDED();
	for (unsigned int i = 0; stage_mode(i, &mode); i++) {
		STAGE(stage);
		struct witness w = {.ring = stage_open(stage, mode)};
		stage_write(stage, 50);
		witness_drain(&w);
		stage_write(stage, 4000);
		witness_drain(&w);
		check(&w);
		ck_assert_uint_eq(w.last, stage->written - 1);
		ck_assert_uint_eq(w.holes, 1);
		witness_account(&w, 0, stage->written, true);
		check(&w);
		/* And what comes then is whole again. */
		stage_write(stage, 100);
		witness_drain(&w);
		witness_account(&w, 0, stage->written, true);
		check(&w);
		ck_assert_uint_eq(w.holes, 1);
		ringmap_ring_unref(w.ring);
		stage_free(stage);
	}
}
END_TEST

/* The kernel's marks on recorded sub-buffers. */
START_TEST(a_recorded_loss_is_told)
{
	if (!stage_backend->recorded)
		rm_skip("recordings only");
	STAGE(stage);
	stage_write(stage, 4000);
	struct witness w = {.ring = stage_open(stage, RINGMAP_MODE_IMAGE)};
	witness_drain(&w);
	check(&w);
	ck_assert_uint_eq(w.last, stage->written - 1);
	ck_assert_uint_gt(w.first, 0);
	ck_assert(w.lost_before == w.first ||
		  w.lost_before == RINGMAP_LOST_UNKNOWN);
	ringmap_ring_unref(w.ring);
	stage_free(stage);
}
END_TEST

static void write_a_lap(void *ctx)
{
	stage_write(ctx, 4000);
}

START_TEST(a_page_overwritten_while_it_is_out_is_refused)
{
	NOT_RECORDED();
	STAGE(stage);
	struct witness w = {.ring = stage_open(stage, RINGMAP_MODE_FOLLOW)};
	for (int i = 0; i < 5; i++) {
		stage_write(stage, 10);
		ck_assert_int_eq(witness_look_while(&w, write_a_lap, stage),
				 RINGMAP_E_OVERWRITTEN);
		witness_drain(&w);
		check(&w);
		witness_account(&w, 0, stage->written, true);
		check(&w);
	}
	ck_assert_uint_eq(w.holes + (w.first != 0), 5);
	ringmap_ring_unref(w.ring);
	stage_free(stage);
}
END_TEST

static void reset(void *ctx)
{
	struct stage *stage = ctx;

	stage->backend->reset(stage);
}

START_TEST(a_reset_is_noticed)
{
	NOT_RECORDED();
	STAGE(stage);
	struct witness w = {.ring = stage_open(stage, RINGMAP_MODE_FOLLOW)};
	for (uint64_t i = 0; i < 4; i++) {
		stage_write(stage, 100 + 300 * i);
		witness_drain(&w);
		check(&w);
		ck_assert_uint_eq(w.last, stage->written - 1);
		ck_assert_uint_eq(resets_of(w.ring), i);
		reset(stage);
		ck_assert_int_eq(witness_look(&w), RINGMAP_DONE);
	}
	witness_account(&w, 0, stage->written, false);
	check(&w);
	ringmap_ring_unref(w.ring);
	stage_free(stage);
}
END_TEST

START_TEST(a_reset_while_a_page_is_out_is_noticed)
{
	NOT_RECORDED();
	STAGE(stage);
	struct witness w = {.ring = stage_open(stage, RINGMAP_MODE_FOLLOW)};
	stage_write(stage, 100);
	ck_assert_int_eq(witness_look_while(&w, reset, stage),
			 RINGMAP_E_OVERWRITTEN);
	ck_assert_int_eq(witness_look(&w), RINGMAP_DONE);
	stage_write(stage, 100);
	witness_drain(&w);
	check(&w);
	ck_assert_uint_eq(w.first, 100);
	ck_assert_uint_eq(w.last, 199);
	ck_assert_uint_eq(resets_of(w.ring), 1);
	ringmap_ring_unref(w.ring);
	stage_free(stage);
}
END_TEST

/* Events go to somebody else; a follower sees them all the same. */
START_TEST(a_thief_beside_a_follower)
{
	NOT_RECORDED();
	STAGE(stage);
	struct witness w = {.ring = stage_open(stage, RINGMAP_MODE_FOLLOW)};
	for (int i = 0; i < 60; i++) {
		stage_write(stage, 83);
		if (i % 3 == 1)
			stage->backend->steal(stage);
		witness_drain(&w);
		check(&w);
		ck_assert_uint_eq(w.last, stage->written - 1);
		if (i % 5 == 2)
			while (stage->backend->steal(stage))
				;
	}
	ck_assert_uint_eq(w.seen, stage->written);
	ck_assert_uint_eq(w.holes, 0);
	ringmap_ring_unref(w.ring);
	stage_free(stage);
}
END_TEST

START_TEST(a_thief_before_the_open)
{
	NOT_RECORDED();
	STAGE(stage);
	stage_write(stage, 500);
	stage->backend->steal(stage);
	stage->backend->steal(stage);
	struct witness w = {.ring = stage_open(stage, RINGMAP_MODE_FOLLOW)};
	stage_write(stage, 3000);
	witness_drain(&w);
	check(&w);
	ck_assert_uint_eq(w.last, stage->written - 1);
	ringmap_ring_unref(w.ring);
	stage_free(stage);
}
END_TEST

/* What another consumer takes never comes to a consumer, and is counted. */
START_TEST(a_thief_beside_a_consumer)
{
	static const enum ringmap_mode modes[] = {RINGMAP_MODE_CONSUME,
						  RINGMAP_MODE_READ};

	NOT_RECORDED();
	for (int i = 0; i < 2; i++) {
		STAGE(stage);
		struct witness w = {.ring = stage_open(stage, modes[i]),
				    .others = true};
		for (int k = 0; k < 20; k++) {
			stage_write(stage, 200);
			ck_assert(stage->backend->steal(stage));
			witness_drain(&w);
			check(&w);
			ck_assert_uint_eq(w.last, stage->written - 1);
		}
		witness_account(&w, 0, stage->written, true);
		check(&w);
		ck_assert_uint_gt(w.holes, 0);
		ringmap_ring_unref(w.ring);
		stage_free(stage);
	}
}
END_TEST

size_t cases_loss(const TTest **ret)
{
	const TTest *const cases[] = {
		a_lap_nobody_saw_is_counted,
		a_recorded_loss_is_told,
		a_page_overwritten_while_it_is_out_is_refused,
		a_reset_is_noticed,
		a_reset_while_a_page_is_out_is_noticed,
		a_thief_beside_a_follower,
		a_thief_before_the_open,
		a_thief_beside_a_consumer,
	};

	memcpy(ret, cases, sizeof(cases));
	return sizeof(cases) / sizeof(*cases);
}
