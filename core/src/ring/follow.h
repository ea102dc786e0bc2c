/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * follow.h - the position of a follower in the ring
 */
#ifndef RM_FOLLOW_H
#define RM_FOLLOW_H

#include "ring/scan.h"

#include <ringmap/ringmap.h>

#include <stdbool.h>

/*
 * ordered: nobody swapped a sub-buffer since the first mapping, so ids
 * 1 .. n-1 are in ring order and id 0 stays outside. Once that is in doubt,
 * the follower uses the order of stamps (scan.h) until it is closed.
 */
struct rm_follow {
	bool ordered;
	bool placed;         /* id, fill_ts, off and ts are valid */
	bool skip;           /* the rest of this fill is corrupt */
	bool began_empty;    /* no place yet since the open or a reset */
	bool reset_reported; /* the loss of the place was reported as a reset */
	uint32_t id;
	uint32_t off;  /* bytes of the fill handed out and found intact */
	uint32_t seen; /* commit of the fill when it was last loaded */
	uint64_t fill_ts;
	uint64_t ts;      /* running time stamp at off */
	uint64_t floor;   /* fills up to this stamp are passed; 0: none */
	uint64_t lost_ns; /* time when the place was lost; 0: it was not */
	struct rm_scan scan;
	bool scanned;  /* a scan found fills since the last RINGMAP_DONE */
	bool doubtful; /* fills before the first of the scan may be missing */
	uint64_t doubt_end; /* fills below this stamp: see rm_order_passed() */
	bool coarse; /* the trace clock was changed to one that is too coarse */
	bool stepped;  /* the clock went back: old fills may look newer */
	bool known;    /* scan.passed has every fill older than ours: order.c */
	bool unproven; /* sub-buffers may be missing from the map: see map.c */

	/* See hole.c. overrun is the kernel's count at a time when our fill did
	 * not exist yet, and before is its count before the last scan. */
	bool counting; /* no fill is older than ours */
	bool counted;  /* overrun is known */
	bool before_known;
	uint64_t overrun;
	uint64_t before;

	/* See settle.c. How this machine waits for stores that were reordered;
	 * NULL if it does not reorder them. Fills with a stamp below settled
	 * need no wait. */
	void (*settle)(struct ringmap_ring *ring);
	uint64_t settled;

	/* Header of sub-buffer 0 when the order was last certain. */
	struct rm_head outside;
};

/* Finds the first place. RINGMAP_E_NOMEM. */
enum ringmap_status rm_follow_open(struct ringmap_ring *ring, uint32_t start,
				   struct ringmap_error *err);

void rm_follow_close(struct ringmap_ring *ring);

#endif
