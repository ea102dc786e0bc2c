/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * hole.h - detects fills that were overwritten after ours without a trace
 */
#ifndef RM_HOLE_H
#define RM_HOLE_H

#include "ring/scan.h"

#include <stdbool.h>

/*
 * Collects the fills newer than ours; false if there are none. Sets doubtful if
 * fills may be missing between ours and the oldest of them.
 */
bool rm_hole_scan(struct ringmap_ring *ring);

/* Called after a scan: true if fills may be missing right after @from. */
bool rm_hole_behind(const struct ringmap_ring *ring,
		    const struct rm_fill *from);

#endif
