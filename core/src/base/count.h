/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * count.h - counts that may be unknown
 */
#ifndef RM_COUNT_H
#define RM_COUNT_H

#include <ringmap/ringmap.h>

/*
 * The sum of two counts of events. RINGMAP_LOST_UNKNOWN, the largest number,
 * absorbs every other count, and a sum that does not fit is unknown as well.
 */
static inline uint64_t rm_count_add(uint64_t a, uint64_t b)
{
	uint64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? RINGMAP_LOST_UNKNOWN : sum;
}

#endif
