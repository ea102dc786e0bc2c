/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * order.c - are the sub-buffers of a mapped ring in the order of their ids?
 *
 * rb_setup_ids_meta_page() numbers them so at the first mapping, 0 outside and
 * 1 .. n-1 in ring order, and rb_get_reader_page() permutes them when somebody
 * consumes. Where ours is the only mapping the counts tell that nobody did.
 * Where it is not they tell nothing: whoever consumes by GET_READER refreshes
 * them, the ids come back to 0 while others are in each other's places, and a
 * reset wipes what was counted. There the stamps tell, since the writer fills
 * the ring in its order.
 */
#include "ring/order.h"

#include "ring/page.h"
#include "ring/ring.h"

enum {
	/* A writer that is on its way from one sub-buffer to the next, or laps
	 * us meanwhile, spoils a look. */
	LOOKS = 4,
};

static struct rm_head head_of(const struct ringmap_ring *ring, uint32_t id)
{
	return rm_map_head(&ring->map, &ring->layout, id);
}

/* Its memory is as the kernel allocated it: zeroed. No event is all zero. */
static bool unused(const struct ringmap_ring *ring, uint32_t id)
{
	const uint8_t *data =
		rm_map_subbuf(&ring->map, id) + ring->layout.data_offset;

	return !head_of(ring, id).ts && !rm_load32(data, false) &&
	       !rm_load32(data + 4, false);
}

/*
 * Once round the ring the stamps rise, but for one place, where the newest is
 * next to the oldest. What was never used was never moved, and comes after the
 * newest: it counts as the oldest of all. @oldest: of what was used; its id is
 * 0 if nothing was. False also for what was emptied, by a reset or
 * a consumer: its place says nothing.
 */
static bool rises_once(const struct ringmap_ring *ring, struct rm_fill *oldest)
{
	uint32_t falls = 0;
	uint64_t first = 0, last = 0;

	*oldest = (struct rm_fill){0};
	for (uint32_t id = 1; id < ring->map.nr_subbufs; id++) {
		struct rm_head head = head_of(ring, id);

		if (!head.commit && !unused(ring, id))
			return false;
		uint64_t ts = head.commit ? head.ts : 0;
		if (id == 1)
			first = ts;
		else if (ts < last || (ts && ts == last))
			falls++;
		last = ts;
		if (ts && (!oldest->id || ts < oldest->ts))
			*oldest = (struct rm_fill){ts, id};
	}
	if (first < last || (first && first == last))
		falls++;
	return falls <= 1;
}

/*
 * The looks were not one moment. But the writer overwrites the oldest first:
 * if that is still there afterwards, so is all else that was seen.
 *
 * Sub-buffer 0 is outside if it is older than everything. Or else it was put
 * into the ring and the writer has not come to it since: that will be before
 * anything that is out of order is written, as after a swap that we see.
 */
static bool looks_ordered(const struct ringmap_ring *ring,
			  const struct rm_head *outside)
{
	struct rm_fill oldest;

	if (!rises_once(ring, &oldest))
		return false;
	if (oldest.id && outside->ts >= oldest.ts)
		return false;
	/* Without a stamp (7.2) it would look the same after its next use. */
	if (!outside->ts && !unused(ring, 0))
		return false;
	if (oldest.id) {
		struct rm_head again = head_of(ring, oldest.id);

		if (again.ts != oldest.ts || !again.commit)
			return false;
	}
	struct rm_head now = head_of(ring, 0);
	return now.ts == outside->ts && now.commit == outside->commit;
}

bool rm_order_proven(struct ringmap_ring *ring, struct rm_head *outside)
{
	struct rm_source_info info;
	struct rm_kernel_stats ks;
	struct rm_meta meta;

	ring->source.ops->info(ring->source.ctx, &info);
	/* Where the files beside it are out of reach, persistent is unknown. */
	if (info.persistent || ring->source.ops->stats(ring->source.ctx, &ks))
		return false;
	if (rm_map_meta(&ring->map, &ring->layout, &meta, NULL) != RINGMAP_OK ||
	    meta.reader_id != 0)
		return false;
	/* Nobody else can have used GET_READER, and the counts tell that
	 * nobody consumed in another way since the ids were given. They are
	 * asked again after the look at 0: a swap from here on changes it. */
	*outside = head_of(ring, 0);
	if (ring->map.first && !rm_kernel_stats(ring, &ks))
		return false;
	if (ring->map.first && meta.read == ks.read)
		return true;
	for (int look = 0; look < LOOKS; look++) {
		*outside = head_of(ring, 0);
		if (looks_ordered(ring, outside))
			return true;
	}
	return false;
}

bool rm_order_untouched(const struct ringmap_ring *ring)
{
	const struct rm_follow *f = &ring->follow;

	if (!f->ordered)
		return false;
	struct rm_head outside = head_of(ring, 0);
	return outside.ts == f->outside.ts &&
	       outside.commit == f->outside.commit &&
	       (outside.ts || unused(ring, 0));
}

/* On sub-buffer 0 itself nothing can be said, and nothing needs to: it is
 * checked like any other when it is left. */
bool rm_order_holds(const struct ringmap_ring *ring)
{
	const struct rm_follow *f = &ring->follow;

	return f->ordered &&
	       ((f->placed && f->id == 0) || rm_order_untouched(ring));
}
