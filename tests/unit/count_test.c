/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * count_test.c - counts that may be unknown
 */
#include "base/count.h"
#include "tests/support/rm_check.h"

START_TEST(known_counts_are_added)
{
	ck_assert_uint_eq(rm_count_add(0, 0), 0);
	ck_assert_uint_eq(rm_count_add(3, 4), 7);
	ck_assert_uint_eq(rm_count_add(RINGMAP_LOST_UNKNOWN - 5, 4),
			  RINGMAP_LOST_UNKNOWN - 1);
}
END_TEST

START_TEST(unknown_absorbs_what_is_added_to_it)
{
	const uint64_t counts[] = {0, 1, UINT64_MAX / 2, RINGMAP_LOST_UNKNOWN};

	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
		ck_assert_uint_eq(rm_count_add(RINGMAP_LOST_UNKNOWN, counts[i]),
				  RINGMAP_LOST_UNKNOWN);
		ck_assert_uint_eq(rm_count_add(counts[i], RINGMAP_LOST_UNKNOWN),
				  RINGMAP_LOST_UNKNOWN);
	}
}
END_TEST

START_TEST(a_sum_that_does_not_fit_is_unknown)
{
	ck_assert_uint_eq(rm_count_add(UINT64_MAX - 1, 1),
			  RINGMAP_LOST_UNKNOWN);
	ck_assert_uint_eq(rm_count_add(UINT64_MAX - 1, 2),
			  RINGMAP_LOST_UNKNOWN);
	ck_assert_uint_eq(rm_count_add(1ull << 63, 1ull << 63),
			  RINGMAP_LOST_UNKNOWN);
}
END_TEST

RM_MAIN(known_counts_are_added, unknown_absorbs_what_is_added_to_it,
	a_sum_that_does_not_fit_is_unknown)
