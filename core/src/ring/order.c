/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * order.c - decides whether ids give the order of a mapped ring's sub-buffers
 *
 * rb_setup_ids_meta_page() numbers them at the first mapping, 0 outside and
 * 1 .. n-1 in ring order, and rb_get_reader_page() permutes them when somebody
 * consumes. If ours is the only mapping, the counts of the meta page prove that
 * nobody did. Otherwise they prove nothing: a consumer that uses GET_READER
 * refreshes them, the reader sub-buffer can have id 0 again while others have
 * changed places, and a reset zeroes the counts. Then the stamps give the
 * answer, since the writer fills the ring in its order.
 */
#include "ring/order.h"

#include "ring/page.h"
#include "ring/ring.h"

enum {
	/* An attempt fails if the writer is between two sub-buffers, or laps us
	 * during it. */
	LOOKS = 4,
};

static struct rm_head head_of(const struct ringmap_ring *ring, uint32_t id)
{
	return rm_map_head(&ring->map, &ring->layout, id);
}

/* True if the memory is still zeroed, as allocated. No event is all zero. */
static bool unused(const struct ringmap_ring *ring, uint32_t id)
{
	const uint8_t *data =
		rm_map_subbuf(&ring->map, id) + ring->layout.data_offset;

	return !head_of(ring, id).ts && !rm_load32(data, false) &&
	       !rm_load32(data + 4, false);
}

/* An empty one may have taken the place of one that was given away. */
static bool has_empty(const struct ringmap_ring *ring)
{
	for (uint32_t id = 0; id < ring->map.nr_subbufs; id++)
		if (!head_of(ring, id).commit)
			return true;
	return false;
}

/*
 * True if the stamps rise once round the ring, except at one place, where the
 * newest fill is next to the oldest. A sub-buffer that was never used was never
 * moved either, and comes after the newest: it counts as the oldest of all.
 * @oldest: the oldest fill; its id is 0 if there is none. False also if a reset
 * or a consumer has emptied a sub-buffer, because its place proves nothing.
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
 * The headers were not loaded in one moment. But the writer overwrites the
 * oldest fill first: if that one is still there afterwards, so are all others
 * that were seen.
 *
 * If sub-buffer 0 is older than all fills, it is outside, or it was put into
 * the ring and the writer has not reached it since. The writer then reaches it
 * before it writes a sub-buffer out of order, as after a swap that we notice.
 */
static bool looks_ordered(const struct ringmap_ring *ring,
			  const struct rm_head *outside)
{
	struct rm_fill oldest;

	if (!rises_once(ring, &oldest))
		return false;
	if (oldest.id && outside->ts >= oldest.ts)
		return false;
	/* Without a stamp (7.2) a later use of it could not be noticed. */
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
	/* If the files of the ring are out of reach, persistent is unknown. */
	if (info.persistent || ring->source.ops->stats(ring->source.ctx, &ks))
		return false;
	if (rm_map_meta(&ring->map, &ring->layout, &meta, NULL) != RINGMAP_OK ||
	    meta.reader_id != 0)
		return false;
	/* Nobody else maps the ring, so nobody can have used GET_READER; equal
	 * counts prove that nobody consumed in another way since the ids were
	 * given. The counts are read after the header of 0 was loaded: a swap
	 * from then on changes that header. */
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

/*
 * While the follower is on sub-buffer 0, the order cannot be checked, and need
 * not be: 0 is checked like any other sub-buffer when the follower leaves it.
 */
bool rm_order_holds(const struct ringmap_ring *ring)
{
	const struct rm_follow *f = &ring->follow;

	return f->ordered &&
	       ((f->placed && f->id == 0) || rm_order_untouched(ring));
}

/*
 * Linux 6.18 empties no sub-buffer that it copied to a consumer: it stays intact
 * in the ring until the writer comes. Before the first mapping the kernel also
 * gives whole sub-buffers away and puts an empty one in their place. So fills
 * that were consumed before may have holes between them that nothing shows but
 * an empty sub-buffer. What was not consumed begins with the reader sub-buffer
 * or, if nothing is left in that, with the head of the ring, which has id 1.
 */
uint64_t rm_order_passed(struct ringmap_ring *ring, bool *doubtful)
{
	struct rm_follow *f = &ring->follow;
	struct rm_kernel_stats ks;

	*doubtful = false;
	if (f->ordered && f->outside.commit && f->outside.ts)
		return f->outside.ts - 1;
	if (!has_empty(ring) || !rm_kernel_stats(ring, &ks) || !ks.read)
		return 0;
	*doubtful = true;
	struct rm_head first = head_of(ring, 1);
	if (f->ordered && first.commit && first.ts)
		return first.ts - 1;
	f->ordered = false;
	return 0;
}
