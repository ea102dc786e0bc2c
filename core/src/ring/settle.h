/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * settle.h - waits for stores that the kernel does not order before a commit
 */
#ifndef RM_SETTLE_H
#define RM_SETTLE_H

#include "ring/ring.h"

/* The part of rm_settle() that is not inlined. */
void rm_settle_fill(struct ringmap_ring *ring);

/* Sets follow.settle: NULL where all CPUs see stores in order. */
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
 * After a look at any fills: what the writer stored before their commits is
 * there, whatever comes later.
 */
static inline void rm_settle_all(struct ringmap_ring *ring)
{
	if (ring->follow.settle)
		ring->follow.settle(ring);
}

/*
 * After rm_map_intact() with the same arguments: false if a consumer stored
 * a count of lost events over some of the bytes.
 */
bool rm_settle_intact(struct ringmap_ring *ring, uint32_t id, uint64_t ts,
		      uint32_t end);

#endif
