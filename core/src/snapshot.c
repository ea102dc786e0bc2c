/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * snapshot.c - a copy of a running ring, beside its writer and its readers
 *
 * The fills are copied oldest first. The writer overwrites oldest first too:
 * a fill that was gone before it was copied takes every older one with it, so
 * that the copy never has a hole.
 */
#include "ring.h"

#include <string.h>

/* Copies one fill with a header of its own; false if it was overwritten. */
static bool copy_fill(const struct ringmap_ring *ring,
		      const struct rm_fill *fill, uint8_t *slot)
{
	const uint32_t offset = ring->format.data_offset;
	struct rm_head head = rm_map_head(&ring->map, &ring->format, fill->id);

	if (head.ts != fill->ts || !head.commit || head.commit % 4 ||
	    head.commit > ring->subbuf_size - offset)
		return false;
	memset(slot, 0, ring->subbuf_size);
	memcpy(slot, &head.ts, sizeof(head.ts));
	memcpy(slot + rm_commit_low(&ring->format), &head.commit,
	       sizeof(head.commit));
	rm_copy_shared(slot + offset,
		       rm_map_subbuf(&ring->map, fill->id) + offset,
		       head.commit);
	return rm_map_intact(&ring->map, &ring->format, fill->id, fill->ts,
			     head.commit);
}

/*
 * The sub-buffer outside the ring is older than the ring's oldest, and what
 * lay between them may be overwritten. It is told by its id while the order
 * is certain; otherwise the oldest fill may be it.
 */
static bool may_be_outside(const struct ringmap_ring *ring,
			   const struct rm_fill *fill)
{
	const struct rm_follow *f = &ring->follow;

	return ring->mode != RINGMAP_MODE_FOLLOW || !f->ordered ||
	       fill->id == 0;
}

static size_t copy_fills(struct ringmap_ring *ring, struct rm_scan *scan,
			 uint8_t *buf)
{
	bool whole = rm_none_overwritten(ring);
	struct rm_fill fill;
	size_t used = 0;

	for (bool oldest = true; rm_scan_pop(scan, &fill); oldest = false) {
		if (oldest && scan->count && !whole &&
		    may_be_outside(ring, &fill))
			continue;
		if (copy_fill(ring, &fill, buf + used))
			used += ring->subbuf_size;
		else
			used = 0;
	}
	return used;
}

enum ringmap_status ringmap_ring_snapshot(struct ringmap_ring *ring, void *buf,
					  size_t cap, size_t *ret)
{
	if (!ring || !ret || (uintptr_t)buf % 4)
		return RINGMAP_E_INVAL;
	if (!rm_ring_here(ring))
		return rm_ring_forked(ring);
	if (!ring->map.addr)
		return rm_fail(&ring->error, RINGMAP_E_UNSUPPORTED, 0,
			       "only a mapped ring can be copied: follow or "
			       "consume");
	size_t need = (size_t)ring->map.nr_subbufs * ring->map.subbuf_size;
	*ret = need;
	if (!buf)
		return RINGMAP_OK;
	if (cap < need)
		return rm_fail(&ring->error, RINGMAP_E_INVAL, 0,
			       "a snapshot may need %zu bytes of room, not %zu",
			       need, cap);
	struct rm_scan scan;
	if (rm_scan_init(&scan, ring->map.nr_subbufs) != RINGMAP_OK)
		return rm_fail(&ring->error, RINGMAP_E_NOMEM, 0,
			       "no memory to order the sub-buffers");
	rm_scan_run(&scan, &ring->map, &ring->format, 0, true);
	bool empty = !scan.count;
	*ret = copy_fills(ring, &scan, buf);
	rm_scan_free(&scan);
	if (!empty && !*ret)
		return rm_fail(&ring->error, RINGMAP_E_OVERWRITTEN, 0,
			       "the writer was faster than the copy");
	return RINGMAP_OK;
}
