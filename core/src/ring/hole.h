/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * hole.h - may fills be missing right after ours, with nothing to show for it?
 */
#ifndef RM_HOLE_H
#define RM_HOLE_H

#include "ring/scan.h"

#include <stdbool.h>

/*
 * Looks for fills newer than ours: false, there are none. Says in doubtful
 * whether some may be missing before the oldest of them.
 */
bool rm_hole_scan(struct ringmap_ring *ring);

/* After a scan: may fills be missing behind @from, which was just chosen? */
bool rm_hole_behind(const struct ringmap_ring *ring,
		    const struct rm_fill *from);

#endif
