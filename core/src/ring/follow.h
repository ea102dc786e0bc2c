/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * follow.h - where a follower stands in the ring
 */
#ifndef RM_FOLLOW_H
#define RM_FOLLOW_H

#include "ring/scan.h"

#include <ringmap/ringmap.h>

#include <stdbool.h>

/*
 * ordered: nobody swapped a sub-buffer since the first mapping, so ids
 * 1 .. n-1 are in ring order and id 0 stays outside. Once that is in doubt
 * the order of stamps is used instead (scan.h), for good.
 */
struct rm_follow {
	bool ordered;
	bool placed;      /* id, fill_ts, off, ts mean something */
	bool skip;        /* the rest of this fill breaks the format */
	bool began_empty; /* no place yet since the open or a reset */
	bool reset_told;  /* losing the place was told as a reset */
	uint32_t id;
	uint32_t off;  /* bytes of the fill handed out and true */
	uint32_t seen; /* commit of the fill as last looked at */
	uint64_t fill_ts;
	uint64_t ts;      /* running time stamp at off */
	uint64_t floor;   /* stamps up to here are behind us; 0: none is */
	uint64_t lost_ns; /* when the place was lost; 0: it was not */
	struct rm_scan scan;
	bool scanned;  /* since the last borrow that found nothing */
	bool doubtful; /* something may be missing before the scan's first */

	/* See hole.c. The kernel's count of overwritten events from before ours
	 * was there, and from before the last scan. */
	bool counting; /* no fill is older than ours */
	bool counted;  /* overrun is known */
	bool before_known;
	uint64_t overrun;
	uint64_t before;

	/* Sub-buffer 0 as it was when the order was certain. */
	struct rm_head outside;
};

/* Finds its place; RINGMAP_E_UNSUPPORTED when the ring cannot be followed. */
enum ringmap_status rm_follow_open(struct ringmap_ring *ring, uint32_t start,
				   struct ringmap_error *err);

void rm_follow_close(struct ringmap_ring *ring);

#endif
