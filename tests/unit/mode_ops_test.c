/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * mode_ops_test.c - the tables of the four modes contradict neither each other
 * nor what the header says of the modes
 */
#include "ring/ring.h"
#include "tests/support/rm_check.h"

static const struct rm_mode_ops *const all[] = {
	&rm_follow_ops,
	&rm_consume_ops,
	&rm_read_ops,
	&rm_image_ops,
};

enum {
	COUNT = sizeof(all) / sizeof(all[0])
};

START_TEST(no_member_is_forgotten)
{
	for (size_t i = 0; i < COUNT; i++) {
		ck_assert_ptr_nonnull((void *)all[i]->borrow);
		ck_assert_ptr_nonnull((void *)all[i]->give_back);
		ck_assert_ptr_nonnull((void *)all[i]->ready);
		ck_assert_ptr_nonnull((void *)all[i]->interval);
		ck_assert_ptr_nonnull((void *)all[i]->nr_subbufs);
	}
}
END_TEST

START_TEST(each_mode_has_a_table_of_its_own)
{
	uint32_t seen = 1u << RINGMAP_MODE_AUTO;

	for (size_t i = 0; i < COUNT; i++) {
		ck_assert_uint_eq(seen & 1u << all[i]->mode, 0);
		seen |= 1u << all[i]->mode;
	}
	ck_assert_uint_eq(seen, 31);
}
END_TEST

START_TEST(consuming_modes_are_those_that_take_events_away)
{
	for (size_t i = 0; i < COUNT; i++)
		ck_assert_int_eq(all[i]->consumes,
				 all[i]->mode == RINGMAP_MODE_CONSUME ||
					 all[i]->mode == RINGMAP_MODE_READ);
}
END_TEST

START_TEST(only_an_image_is_recorded)
{
	for (size_t i = 0; i < COUNT; i++)
		ck_assert_int_eq(all[i]->recorded,
				 all[i]->mode == RINGMAP_MODE_IMAGE);
}
END_TEST

/* Who neither consumes nor reads a recording can be lapped unawares. */
START_TEST(only_an_observer_can_lose_its_place)
{
	for (size_t i = 0; i < COUNT; i++)
		ck_assert_int_eq(!all[i]->lost_place,
				 all[i]->consumes || all[i]->recorded);
}
END_TEST

/* An image of 8 sub-buffers, of which the caller continues to 16. */
START_TEST(an_image_counts_what_it_will_hold)
{
	static uint32_t bytes[8 * 1024];
	struct ringmap_ring_info info;
	struct ringmap_ring *ring = NULL;

	rm_assert_ok(ringmap_ring_open_image(bytes, sizeof(bytes), NULL, &ring,
					     NULL));
	ck_assert(rm_ring_bytes_stay_valid(ring));
	rm_assert_ok(ringmap_ring_info(ring, &info, sizeof(info)));
	ck_assert_uint_eq(info.mode, RINGMAP_MODE_IMAGE);
	ck_assert_uint_eq(info.nr_subbufs, 8);
	const struct rm_image_more more = {.fn = NULL};
	rm_image_continued(ring, 2 * sizeof(bytes), &more);
	rm_assert_ok(ringmap_ring_info(ring, &info, sizeof(info)));
	ck_assert_uint_eq(info.nr_subbufs, 16);
	ringmap_ring_unref(ring);
}
END_TEST

RM_MAIN(no_member_is_forgotten, each_mode_has_a_table_of_its_own,
	consuming_modes_are_those_that_take_events_away,
	only_an_image_is_recorded, only_an_observer_can_lose_its_place,
	an_image_counts_what_it_will_hold)
