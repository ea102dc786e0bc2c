/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * scan.c - orders the sub-buffers of a running ring by their stamps
 */
#include "ring/scan.h"

#include "base/heap.h"

#include <stdlib.h>
#include <string.h>

enum ringmap_status rm_scan_init(struct rm_scan *scan, uint32_t nr_subbufs)
{
	scan->heap = calloc(nr_subbufs, sizeof(*scan->heap));
	scan->passed = calloc(nr_subbufs, sizeof(*scan->passed));
	scan->count = 0;
	if (scan->heap && scan->passed)
		return RINGMAP_OK;
	rm_scan_free(scan);
	return RINGMAP_E_NOMEM;
}

void rm_scan_free(struct rm_scan *scan)
{
	free(scan->heap);
	free(scan->passed);
	scan->heap = NULL;
	scan->passed = NULL;
	scan->count = 0;
}

static inline bool older(const struct rm_scan *scan, struct rm_fill a,
			 struct rm_fill b)
{
	(void)scan;
	return a.ts < b.ts;
}

RM_DEFINE_HEAP(fills, struct rm_fill, const struct rm_scan *, older)

/*
 * A sub-buffer that was emptied by 7.2 has no stamp. If the stamp was loaded as
 * 0 and the commit was not, the fill began between the two loads.
 */
static bool is_fill(const struct rm_head *head)
{
	return head->commit && head->ts;
}

struct rm_head rm_scan_newest(const struct rm_scan *scan,
			      const struct rm_map *map,
			      const struct rm_layout *layout)
{
	struct rm_head newest = {0};

	for (uint32_t id = 0; id < map->nr_subbufs; id++) {
		struct rm_head head = rm_map_head(map, layout, id);

		if (is_fill(&head) && head.ts > newest.ts &&
		    head.ts != scan->passed[id])
			newest = head;
	}
	return newest;
}

/*
 * True if @head, which was loaded before, has the stamp of its own fill: a stamp
 * that was loaded before commit may be that of the fill before.
 */
static bool has_own_stamp(const struct rm_map *map,
			  const struct rm_layout *layout, uint32_t id,
			  const struct rm_head *head)
{
	return rm_map_head(map, layout, id).ts == head->ts;
}

void rm_scan_run(struct rm_scan *scan, const struct rm_map *map,
		 const struct rm_layout *layout, uint64_t floor, bool all)
{
	uint64_t newest = rm_scan_newest(scan, map, layout).ts;

	scan->count = 0;
	scan->behind = 0;
	scan->empty = 0;
	scan->emptied = 0;
	scan->newest = newest;
	for (uint32_t id = 0; id < map->nr_subbufs; id++) {
		struct rm_head head = rm_map_head(map, layout, id);
		bool above = all || head.ts > floor;
		bool newer = head.ts <= newest && above &&
			     head.ts != scan->passed[id];

		if (!head.commit) {
			scan->empty++;
			if (newer && head.ts > scan->emptied)
				scan->emptied = head.ts;
		} else if (newer && is_fill(&head)) {
			scan->heap[scan->count++] =
				(struct rm_fill){head.ts, id};
		} else if (!above && is_fill(&head) &&
			   head.ts != scan->passed[id]) {
			scan->behind += has_own_stamp(map, layout, id, &head);
		}
	}
	fills_order(scan, scan->heap, scan->count);
}

void rm_scan_pass(struct rm_scan *scan, const struct rm_map *map,
		  const struct rm_layout *layout, uint64_t floor)
{
	for (uint32_t id = 0; id < map->nr_subbufs; id++) {
		struct rm_head head = rm_map_head(map, layout, id);

		scan->passed[id] = head.ts <= floor ? head.ts : 0;
	}
}

void rm_scan_forget(struct rm_scan *scan, const struct rm_map *map)
{
	memset(scan->passed, 0, map->nr_subbufs * sizeof(*scan->passed));
}

void rm_scan_forget_emptied(struct rm_scan *scan, const struct rm_map *map,
			    const struct rm_layout *layout)
{
	for (uint32_t id = 0; id < map->nr_subbufs; id++) {
		struct rm_head head = rm_map_head(map, layout, id);

		if (!head.commit || head.ts != scan->passed[id])
			scan->passed[id] = 0;
	}
}

bool rm_scan_pop(struct rm_scan *scan, struct rm_fill *ret)
{
	if (!scan->count)
		return false;
	*ret = scan->heap[0];
	scan->heap[0] = scan->heap[--scan->count];
	fills_sink(scan, scan->heap, scan->count, 0);
	return true;
}

void rm_scan_leave_room(struct rm_scan *scan, struct rm_fill *fill)
{
	for (uint32_t n = rm_scan_room(scan->count + 1); n; n--) {
		scan->passed[fill->id] = fill->ts;
		rm_scan_pop(scan, fill);
	}
}
