/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * order.h - decides whether ids give the order of a mapped ring's sub-buffers
 */
#ifndef RM_ORDER_H
#define RM_ORDER_H

#include "ring/scan.h"

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

/*
 * Called when no fill is newer than the place of the follower, with no fills
 * collected. Notes in scan.passed which fills are older, unless that is known, if
 * the writer is certain to be on that place.
 */
void rm_order_note(struct ringmap_ring *ring);

enum rm_certainty {
	RM_PROVEN,
	RM_UNPROVEN,
	RM_NOT_YET, /* until the writer commits another event */
};

/*
 * Called without a place, or when it was left. Finds the oldest fill that was not
 * passed, by the order of ids, and passes those before it. @leave_room: a
 * sixteenth of the fills, which are about to be overwritten, too. RM_UNPROVEN: the
 * order of ids is not certain, or the place of the writer.
 */
enum rm_certainty rm_order_place(struct ringmap_ring *ring, bool leave_room,
				 struct rm_fill *ret);

/*
 * Finds the fill on which the writer is, and passes all others. False: it is not
 * certain which one that is.
 */
bool rm_order_newest(struct ringmap_ring *ring, struct rm_fill *ret);

/*
 * Called after fills were found that were not passed and have stamps up to the
 * floor, which is in doubt which of them came first. Finds one that is newer than
 * all fills that were passed, and passes all that may be older than it. False:
 * there is none until the writer commits another event.
 */
bool rm_order_restart(struct ringmap_ring *ring, struct rm_fill *ret);

/* True if, in addition, the header of sub-buffer 0 is the same as then. */
bool rm_order_untouched(const struct ringmap_ring *ring);

#endif
