/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * order.h - decides whether ids give the order of a mapped ring's sub-buffers
 */
#ifndef RM_ORDER_H
#define RM_ORDER_H

#include "ring/map.h"

#include <stdbool.h>

/* The id that follows @id in ring order, as long as ids are in that order. */
static inline uint32_t rm_order_next(const struct rm_map *map, uint32_t id)
{
	return id + 1 == map->nr_subbufs ? 1 : id + 1;
}

/*
 * True if it is proved that ids 1 .. n-1 are in ring order, and sub-buffer 0 is
 * either the reader sub-buffer, or was swapped into the ring and not yet
 * written. @outside receives its header at that moment, so that a later write
 * can be noticed.
 */
bool rm_order_proven(struct ringmap_ring *ring, struct rm_head *outside);

/* True if the order is still certain. See "Another consumer" in follow.c. */
bool rm_order_holds(const struct ringmap_ring *ring);

/*
 * Called at the open. Returns the stamp up to which a follower that starts with
 * the oldest fill passes over them, because they were consumed; 0: none. Gives
 * the order up if it cannot tell. @doubtful: fills may be missing between those
 * that are in sight now, unless ids give their order.
 */
uint64_t rm_order_passed(struct ringmap_ring *ring, bool *doubtful);

/* True if, in addition, the header of sub-buffer 0 is the same as then. */
bool rm_order_untouched(const struct ringmap_ring *ring);

#endif
