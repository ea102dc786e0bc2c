/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * cases_snapshot.c - copies of a running ring
 */
#include "tests/conformance/cases.h"
#include "tests/conformance/stage.h"
#include "tests/conformance/witness.h"

struct copy {
	void *bytes;
	size_t size;
};

static struct copy snapshot_of(struct ringmap_ring *ring)
{
	struct copy copy;
	size_t need;

	rm_assert_ok(ringmap_ring_snapshot(ring, NULL, 0, &need));
	copy.bytes = malloc(need);
	ck_assert_ptr_nonnull(copy.bytes);
	rm_assert_status(
		ringmap_ring_snapshot(ring, copy.bytes, need - 1, &copy.size),
		RINGMAP_E_INVAL);
	rm_assert_ok(ringmap_ring_snapshot(ring, copy.bytes, need, &copy.size));
	return copy;
}

/* One unbroken run of @ring that ends with the newest event. */
static uint64_t check_copy(const struct copy *copy,
			   const struct ringmap_ring *ring, uint64_t written)
{
	struct witness w = {0};
	struct ringmap_ring_info info;

	rm_assert_ok(ringmap_ring_info(ring, &info, sizeof(info)));
	const struct ringmap_image_opts shape = {
		.sz = sizeof(shape),
		.cpu = info.cpu,
		.subbuf_size = info.subbuf_size,
		.long_size = info.long_size,
		.data_offset = info.data_offset,
		.big_endian = info.big_endian,
	};
	rm_assert_ok(ringmap_ring_open_image(copy->bytes, copy->size, &shape,
					     &w.ring, NULL));
	witness_drain(&w);
	ck_assert_msg(!w.wrong[0], "%s", w.wrong);
	ck_assert_uint_eq(w.holes, 0);
	ck_assert_uint_eq(w.last, written - 1);
	ck_assert_uint_eq(w.seen, w.last - w.first + 1);
	ringmap_ring_unref(w.ring);
	return w.seen;
}

START_TEST(a_snapshot_holds_the_whole_ring)
{
	static const enum ringmap_mode modes[] = {RINGMAP_MODE_FOLLOW,
						  RINGMAP_MODE_CONSUME};

	NOT_RECORDED();
	for (int i = 0; i < 2; i++) {
		STAGE(stage);
		struct ringmap_ring *ring = stage_open(stage, modes[i]);
		stage_write(stage, 333);
		struct copy copy = snapshot_of(ring);
		ck_assert_uint_eq(check_copy(&copy, ring, stage->written), 333);
		free(copy.bytes);
		/* Nothing was consumed, and the ring's place did not move. */
		struct witness w = {.ring = ring};
		witness_drain(&w);
		ck_assert_msg(!w.wrong[0], "%s", w.wrong);
		ck_assert_uint_eq(w.seen, 333);
		ringmap_ring_unref(ring);
		stage_free(stage);
	}
}
END_TEST

START_TEST(a_snapshot_of_a_full_ring_ends_with_the_newest)
{
	NOT_RECORDED();
	STAGE(stage);
	struct ringmap_ring *ring = stage_open(stage, RINGMAP_MODE_FOLLOW);
	for (int i = 0; i < 10; i++) {
		stage_write(stage, 2001);
		struct copy copy = snapshot_of(ring);
		/* At least all but two of the sub-buffers. */
		ck_assert_uint_ge(check_copy(&copy, ring, stage->written),
				  stage_lap(stage, ring) * 13 / 16);
		free(copy.bytes);
	}
	ringmap_ring_unref(ring);
	stage_free(stage);
}
END_TEST

START_TEST(an_empty_ring_gives_an_empty_snapshot)
{
	NOT_RECORDED();
	STAGE(stage);
	struct ringmap_ring *ring = stage_open(stage, RINGMAP_MODE_FOLLOW);
	struct copy copy = snapshot_of(ring);
	ck_assert_uint_eq(copy.size, 0);
	free(copy.bytes);
	ringmap_ring_unref(ring);
	stage_free(stage);
}
END_TEST

START_TEST(what_is_not_mapped_has_no_snapshot)
{
	size_t need;

	STAGE(stage);
	stage_write(stage, 10);
	struct ringmap_ring *ring =
		stage_open(stage, stage_backend->recorded ? RINGMAP_MODE_IMAGE
							  : RINGMAP_MODE_READ);
	rm_assert_status(ringmap_ring_snapshot(ring, NULL, 0, &need),
			 RINGMAP_E_UNSUPPORTED);
	ringmap_ring_unref(ring);
	stage_free(stage);
}
END_TEST

size_t cases_snapshot(const TTest **ret)
{
	const TTest *const cases[] = {
		a_snapshot_holds_the_whole_ring,
		a_snapshot_of_a_full_ring_ends_with_the_newest,
		an_empty_ring_gives_an_empty_snapshot,
		what_is_not_mapped_has_no_snapshot,
	};

	memcpy(ret, cases, sizeof(cases));
	return sizeof(cases) / sizeof(*cases);
}
