/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * scan.h - the sub-buffers of a running ring in the order they were filled
 */
#ifndef RM_SCAN_H
#define RM_SCAN_H

#include "ring/map.h"

/* One fill of one sub-buffer. */
struct rm_fill {
	uint64_t ts;
	uint32_t id;
};

/* A min-heap of fills by stamp, with room for every sub-buffer. */
struct rm_scan {
	struct rm_fill *heap;
	uint32_t count;
	uint32_t empty;   /* sub-buffers without a commit, as it was seen */
	uint64_t emptied; /* of these, the newest stamp: a reset began */
	uint64_t newest;  /* stamp that the first pass found; 0: no fill */
};

enum ringmap_status rm_scan_init(struct rm_scan *scan, uint32_t nr_subbufs);
void rm_scan_free(struct rm_scan *scan);

/*
 * Collects the fills newer than @floor (all, if @all).
 *
 * Two passes, because a scan is not one moment: a sub-buffer looked at early
 * may be filled after that, and one filled still later be seen. So the first
 * pass finds the newest stamp, and the second takes only what is no newer:
 * all of that was committed before the second pass began, and a fill missing
 * from it was overwritten, not overlooked.
 */
void rm_scan_run(struct rm_scan *scan, const struct rm_map *map,
		 const struct rm_layout *layout, uint64_t floor, bool all);

/* Takes the oldest fill out; false when there is none. */
bool rm_scan_pop(struct rm_scan *scan, struct rm_fill *ret);

#endif
