/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * settle.h - waits for stores that the kernel does not order before a commit
 */
#ifndef RM_SETTLE_H
#define RM_SETTLE_H

#include "ring/ring.h"

/* What rm_settle() does where it has something to do. */
void rm_settle_fill(struct ringmap_ring *ring);

/* Decides whether this machine needs any of it. */
void rm_settle_init(struct ringmap_ring *ring);

/*
 * After a look at the follower's fill, and at a newer one if that was looked
 * at: the bytes below each commit that was seen are there, and if there is
 * a newer fill, the commit that is loaded next is the last one of ours.
 */
static inline void rm_settle(struct ringmap_ring *ring)
{
	if (ring->follow.settle && ring->follow.fill_ts >= ring->follow.settled)
		rm_settle_fill(ring);
}

/*
 * After rm_map_intact() of the bytes up to @end: false if a consumer stored
 * a count of lost events over some of them.
 */
bool rm_settle_intact(struct ringmap_ring *ring, uint32_t end);

#endif
