/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * scan.h - orders the sub-buffers of a running ring by their stamps
 */
#ifndef RM_SCAN_H
#define RM_SCAN_H

#include "ring/map.h"

/* One fill of one sub-buffer. */
struct rm_fill {
	uint64_t ts;
	uint32_t id;
};

/* A heap of fills, the oldest first, with room for every sub-buffer. */
struct rm_scan {
	struct rm_fill *heap;
	uint64_t *passed; /* by id: stamp of a fill that never comes again */
	uint32_t count;
	uint32_t behind;  /* fills up to the floor that were not passed */
	uint32_t empty;   /* sub-buffers that were seen without a commit */
	uint64_t emptied; /* newest stamp of these; not 0: a reset began */
	uint64_t newest;  /* newest stamp of the first pass; 0: no fill */
};

enum ringmap_status rm_scan_init(struct rm_scan *scan, uint32_t nr_subbufs);
void rm_scan_free(struct rm_scan *scan);

/*
 * Collects the fills newer than @floor (all, if @all), without those passed.
 *
 * It takes two passes, because a scan is not one moment: a sub-buffer may be
 * filled after we looked at it, and another one, filled still later, before we
 * look at that. So the first pass finds the newest stamp, and the second takes
 * only fills that are not newer: all of these were committed before the second
 * pass began, and if one of them is missing, it was overwritten, not
 * overlooked.
 */
void rm_scan_run(struct rm_scan *scan, const struct rm_map *map,
		 const struct rm_layout *layout, uint64_t floor, bool all);

/*
 * Passes over the fills that are in the map now and not newer than @floor: no
 * scan returns them again, even after the clock went back. A sub-buffer that is
 * written again gets another stamp, which distinguishes its new fill.
 */
void rm_scan_pass(struct rm_scan *scan, const struct rm_map *map,
		  const struct rm_layout *layout, uint64_t floor);

/* Forgets which fills were passed. */
void rm_scan_forget(struct rm_scan *scan, const struct rm_map *map);

/*
 * The same for those that a reset has emptied. While it is under way, the others
 * are still there, and their stamps may look newer if the clock went back before.
 */
void rm_scan_forget_emptied(struct rm_scan *scan, const struct rm_map *map,
			    const struct rm_layout *layout);

/*
 * The header of the newest fill that was not passed, found in one pass; all zero
 * if there is none.
 */
struct rm_head rm_scan_newest(const struct rm_scan *scan,
			      const struct rm_map *map,
			      const struct rm_layout *layout);

/* Removes the oldest fill and returns it; false if there is none. */
bool rm_scan_pop(struct rm_scan *scan, struct rm_fill *ret);

/*
 * The number of fills to skip after the writer lapped us, of @count: about a
 * sixteenth, because the oldest ones are about to be overwritten.
 */
static inline uint32_t rm_scan_room(uint32_t count)
{
	uint32_t after = count ? count - 1 : 0;
	uint32_t room = after / 16 + 1;

	return room < after ? room : after ? after - 1 : 0;
}

/* Called with the oldest fill. Passes as many as that and finds the next one. */
void rm_scan_leave_room(struct rm_scan *scan, struct rm_fill *fill);

#endif
