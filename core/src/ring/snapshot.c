/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * snapshot.c - copies a running ring beside its writer and its readers
 *
 * The fills are copied oldest first. The writer overwrites, and consumers take,
 * the oldest first, too: if a fill was gone before it was copied, so were all
 * older ones. There are two exceptions, which never occur together:
 *
 * - The sub-buffer outside the ring stays intact while the writer goes round.
 * - The writer passes the head over a sub-buffer (rb_handle_head_page()), and
 *   before it empties it consumers take and empty what came after it.
 *
 * In both cases that sub-buffer holds the oldest fill at the moment when the
 * fill after it goes. So only the first fill of a copy may be followed by a
 * hole. A reset that is under way may cause another hole; the sub-buffers that
 * it emptied reveal it (see follow.c).
 *
 * Where stores arrive out of order (settle.c), the copy begins once those that
 * came before the commits of the scan have arrived.
 */
#include "ring/order.h"
#include "ring/settle.h"

#include <string.h>

/* Copies one fill with a header of its own; false if it was overwritten. */
static bool copy_fill(struct ringmap_ring *ring, const struct rm_fill *fill,
		      bool newest, uint8_t *slot)
{
	const uint32_t offset = ring->layout.data_offset;
	struct rm_head head = rm_map_head(&ring->map, &ring->layout, fill->id);

	if (head.ts != fill->ts || !head.commit || head.commit % 4 ||
	    head.commit > ring->subbuf_size - offset)
		return false;
	/* The newest fill may have grown since the scan. */
	if (newest)
		rm_settle_all(ring);
	memset(slot, 0, ring->subbuf_size);
	memcpy(slot, &head.ts, sizeof(head.ts));
	memcpy(slot + rm_commit_low(&ring->layout), &head.commit,
	       sizeof(head.commit));
	rm_copy_shared(slot + offset,
		       rm_map_subbuf(&ring->map, fill->id) + offset,
		       head.commit);
	return rm_map_intact(&ring->map, &ring->layout, fill->id, fill->ts,
			     head.commit) &&
	       rm_settle_intact(ring, fill->id, fill->ts, head.commit);
}

/*
 * Called after the scan: true if a fill may be missing right after @first. No
 * fill is missing if nothing was overwritten. Neither is one if nothing was
 * consumed, the order is certain and sub-buffer 0 was not written since: then
 * no second sub-buffer can have been taken, and the writer reaches the place of
 * a first one before it reaches anything after it. The order is certain only in
 * follow mode.
 */
static bool hole_behind(const struct ringmap_ring *ring,
			const struct rm_fill *first)
{
	struct rm_kernel_stats ks;

	if (!rm_kernel_stats(ring, &ks))
		return true;
	if (!ks.overrun)
		return false;
	return first->id == 0 || ks.read != ring->account.read_base ||
	       !rm_order_untouched(ring);
}

/* Returns the bytes copied; 0: the newest fill was overwritten before. */
static size_t copy_fills(struct ringmap_ring *ring, struct rm_scan *scan,
			 uint8_t *buf)
{
	struct rm_fill fill = {.ts = 0};
	bool doubted = false;
	size_t used = 0;

	while (rm_scan_pop(scan, &fill)) {
		if (!used && !doubted && scan->count &&
		    hole_behind(ring, &fill)) {
			/* If it is intact now, it was the oldest fill all the
			 * while, and the next one is certain to follow it. */
			doubted = rm_map_intact(&ring->map, &ring->layout,
						fill.id, fill.ts, 1);
			continue;
		}
		/* A fill between this one and the next was emptied. */
		if (fill.ts < scan->emptied) {
			used = 0;
			continue;
		}
		if (copy_fill(ring, &fill, fill.ts == scan->newest, buf + used))
			used += ring->subbuf_size;
		else
			used = 0;
	}
	return fill.ts == scan->newest ? used : 0;
}

/*
 * True if all sub-buffers but @id are empty. A scan may reach each of them just
 * after the writer has emptied it. But the stamps of fills rise: a sub-buffer
 * that is empty with the same stamp in two passes was empty all the time in
 * between, so all of them were at the end of the first pass. @seen has room for
 * one fill of each.
 */
static bool all_others_empty(const struct ringmap_ring *ring, uint32_t id,
			     struct rm_fill *seen)
{
	const uint32_t n = ring->map.nr_subbufs;

	for (uint32_t look = 0; look < 2 * n; look++) {
		uint32_t i = look % n;
		struct rm_head head = rm_map_head(&ring->map, &ring->layout, i);

		if (i == id)
			continue;
		if (head.commit || (look >= n && head.ts != seen[i].ts))
			return false;
		seen[i].ts = head.ts;
	}
	return true;
}

/* Sets @ret to the bytes copied; 0: the ring is empty. */
static enum ringmap_status copy_ring(struct ringmap_ring *ring,
				     struct rm_scan *scan, uint8_t *buf,
				     size_t *ret)
{
	rm_scan_run(scan, &ring->map, &ring->layout, 0, true);
	if (scan->count <= 1) {
		const struct rm_fill only = scan->heap[0];
		uint32_t id = scan->count ? only.id : ring->map.nr_subbufs;

		/* It may be the one outside, laps behind the writer. */
		if (!all_others_empty(ring, id, scan->heap))
			return RINGMAP_E_OVERWRITTEN;
		scan->heap[0] = only;
	}
	bool any = scan->count;
	rm_settle_all(ring);
	*ret = copy_fills(ring, scan, buf);
	return any && !*ret ? RINGMAP_E_OVERWRITTEN : RINGMAP_OK;
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
	enum ringmap_status s = copy_ring(ring, &scan, buf, ret);
	rm_scan_free(&scan);
	if (s != RINGMAP_OK)
		return rm_fail(&ring->error, s, 0,
			       "the writer was faster than the copy");
	return RINGMAP_OK;
}
