/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * order.h - are the sub-buffers of a mapped ring in the order of their ids?
 */
#ifndef RM_ORDER_H
#define RM_ORDER_H

#include "ring/map.h"

#include <stdbool.h>

/*
 * True if ids 1 .. n-1 are in ring order and 0 is outside, or was put into the
 * ring and not written since. @outside: 0 as it was when that was so. False if
 * that cannot be proved.
 */
bool rm_order_proven(struct ringmap_ring *ring, struct rm_head *outside);

/* Is it still so? See "Another consumer" in follow.c. */
bool rm_order_holds(const struct ringmap_ring *ring);

/* The same, and sub-buffer 0 is as it was then. */
bool rm_order_untouched(const struct ringmap_ring *ring);

#endif
