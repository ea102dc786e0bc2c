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
 *
 * A clock that is set back while it is in use ("tai") stamps newer fills with older
 * stamps. So the follower keeps the stamp of each fill that is not newer than its
 * place (scan.passed). While these are all of them (follow.known), a fill that is
 * not among them is newer, whatever its stamp:
 *
 * - The follower knows all of them at a moment when it sees which fill the writer
 *   is on, because the others are older then. The writer leaves no room for an
 *   event in a sub-buffer (rb_reset_tail()), and commits in order. So if a fill
 *   has room, no event of a later fill was committed before.
 * - From then on each fill that becomes the place is added. In the order of ids
 *   no fill lies between two places. By the stamps the next place is the oldest of
 *   those that were not passed, and if one of them has a stamp older than the
 *   place, the clock went back and the order of these is not known: the follower
 *   goes on with the fill on which the writer is, behind a gap.
 *
 * It knows them no longer when the ring is emptied, because an emptied sub-buffer
 * keeps its stamp.
 */
#include "ring/order.h"

#include "ring/page.h"
#include "ring/ring.h"
#include "ring/settle.h"

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

/* ---- fills that are older than a place, whatever their stamps ------------ */

static uint32_t room_of(const struct ringmap_ring *ring)
{
	return ring->subbuf_size - ring->layout.data_offset;
}

/* True if an event fits behind those that were committed. */
static bool has_room(const struct ringmap_ring *ring,
		     const struct rm_head *head)
{
	return head->commit && head->ts && !head->missed &&
	       head->commit <= room_of(ring) &&
	       room_of(ring) - head->commit >= RM_EVENT_MIN;
}

/* True if the writer has not left @fill yet. */
static bool writer_is_on(const struct ringmap_ring *ring,
			 const struct rm_fill *fill)
{
	struct rm_head head = head_of(ring, fill->id);

	/* The second load shows that commit was not that of a later fill. */
	return head.ts == fill->ts && has_room(ring, &head) &&
	       head_of(ring, fill->id).ts == fill->ts;
}

/* Finds the only fill with room; false: there is none, or another one. */
static bool find_room(const struct ringmap_ring *ring, struct rm_fill *ret)
{
	bool found = false;

	for (uint32_t id = 0; id < ring->map.nr_subbufs; id++) {
		struct rm_head head = head_of(ring, id);

		if (!has_room(ring, &head))
			continue;
		if (found)
			return false;
		found = true;
		*ret = (struct rm_fill){head.ts, id};
	}
	return found;
}

/*
 * Called after @fill was seen with room. A consumer that stamps a loss first cuts
 * the padding off, so for a moment a fill that was left long ago has room. It does
 * so under the lock that the kernel takes to answer for stats (reader_lock).
 */
static bool not_shortened(const struct ringmap_ring *ring,
			  const struct rm_fill *fill)
{
	struct rm_kernel_stats ks;

	return ring->follow.ordered ||
	       (rm_kernel_stats(ring, &ks) && writer_is_on(ring, fill));
}

/*
 * Finds the fill on which the writer is. scan.heap then has the stamp of the fill
 * of each id as it was all the while; 0: none was committed.
 */
static bool find_last(struct ringmap_ring *ring, struct rm_fill *ret)
{
	struct rm_scan *scan = &ring->follow.scan;

	scan->count = 0;
	if (!find_room(ring, ret) || !writer_is_on(ring, ret))
		return false;
	for (uint32_t id = 0; id < ring->map.nr_subbufs; id++) {
		struct rm_head head = head_of(ring, id);

		if (head.commit > room_of(ring) ||
		    (id != ret->id && has_room(ring, &head)))
			return false;
		scan->heap[id].ts = head.commit ? head.ts : 0;
	}
	/* If one of these was committed later, the writer has left the last one
	 * before. That must be in sight, too. */
	rm_settle_all(ring);
	rm_map_read_fence();
	return writer_is_on(ring, ret) && not_shortened(ring, ret);
}

static void pass_all(struct ringmap_ring *ring)
{
	struct rm_scan *scan = &ring->follow.scan;

	for (uint32_t id = 0; id < ring->map.nr_subbufs; id++)
		if (scan->heap[id].ts)
			scan->passed[id] = scan->heap[id].ts;
	ring->follow.known = true;
}

void rm_order_note(struct ringmap_ring *ring)
{
	const struct rm_follow *f = &ring->follow;
	const struct rm_fill ours = {f->fill_ts, f->id};
	struct rm_fill last;

	if (!f->known && writer_is_on(ring, &ours) && find_last(ring, &last) &&
	    last.id == ours.id && last.ts == ours.ts)
		pass_all(ring);
}

bool rm_order_newest(struct ringmap_ring *ring, struct rm_fill *ret)
{
	const struct rm_scan *scan = &ring->follow.scan;

	if (!find_last(ring, ret) || scan->passed[ret->id] == ret->ts)
		return false;
	pass_all(ring);
	return true;
}

/* Finds a fill that was not passed, on another id than @but. All zero: none. */
static struct rm_fill find_new(const struct ringmap_ring *ring,
			       const struct rm_scan *scan, uint32_t but)
{
	for (uint32_t id = 0; id < ring->map.nr_subbufs; id++) {
		struct rm_head head = head_of(ring, id);

		if (id != but && head.commit && head.ts &&
		    head.ts != scan->passed[id] &&
		    head_of(ring, id).ts == head.ts)
			return (struct rm_fill){head.ts, id};
	}
	return (struct rm_fill){0};
}

bool rm_order_restart(struct ringmap_ring *ring, struct rm_fill *ret)
{
	const struct rm_scan *scan = &ring->follow.scan;

	if (rm_order_newest(ring, ret))
		return true;
	/* In the second pass all that are older than the first one are there. */
	struct rm_fill first = find_new(ring, scan, ring->map.nr_subbufs);
	*ret = first;
	return first.ts && !find_new(ring, scan, first.id).ts;
}

/*
 * Notes the stamps of all fills in scan.heap, 0 where none is committed, and only
 * then finds the fill on which the writer is: so none of them is newer. There are
 * two passes: a fill that is in both (its id is not 0), and is still there later,
 * was there when the others were noted, so the writer did not go round meanwhile.
 */
static bool find_writer(struct ringmap_ring *ring, struct rm_fill *ret)
{
	const uint32_t n = ring->map.nr_subbufs;
	struct rm_scan *scan = &ring->follow.scan;

	scan->count = 0;
	for (uint32_t look = 0; look < 2 * n; look++) {
		struct rm_fill *seen = &scan->heap[look % n];
		struct rm_head head = head_of(ring, look % n);
		uint64_t ts = head.commit ? head.ts : 0;

		*seen = (struct rm_fill){ts, look >= n && seen->ts == ts};
	}
	rm_settle_all(ring);
	rm_map_read_fence();
	return find_room(ring, ret);
}

/*
 * Called after find_writer() in a ring that the writer went round, when no fill
 * has room. The writer has moved on to sub-buffers that it emptied; @ret: the fill
 * before them. A reset looks the same. Then the fills do not rise up to @ret.
 */
static bool find_emptied(const struct ringmap_ring *ring, struct rm_fill *ret)
{
	const struct rm_fill *seen = ring->follow.scan.heap;
	uint32_t found = 0;

	for (uint32_t id = 1; id < ring->map.nr_subbufs; id++) {
		if (!seen[id].ts || seen[rm_order_next(&ring->map, id)].ts)
			continue;
		*ret = (struct rm_fill){seen[id].ts, id};
		found++;
	}
	return found == 1;
}

/* What is known about the fills in the order of ids that were not passed. */
struct new_fills {
	uint32_t count;
	bool rise;
	bool alike; /* two have one stamp */
};

static struct new_fills look_at_new(const struct ringmap_ring *ring,
				    uint32_t last)
{
	const struct rm_scan *scan = &ring->follow.scan;
	struct new_fills found = {.rise = true};
	uint32_t id = last;
	uint64_t before = 0;

	do {
		id = rm_order_next(&ring->map, id);
		uint64_t ts = scan->heap[id].ts;
		if (!ts || ts == scan->passed[id])
			continue;
		if (ts < before)
			found.rise = false;
		if (ts == before)
			found.alike = true;
		found.count++;
		before = ts;
	} while (id != last);
	return found;
}

/* Passes @skip fills and finds the one after them. False: it is gone again. */
static bool place_after(struct ringmap_ring *ring, uint32_t last, uint32_t skip,
			struct rm_fill *ret)
{
	struct rm_scan *scan = &ring->follow.scan;

	for (uint32_t id = last;;) {
		id = rm_order_next(&ring->map, id);
		*ret = (struct rm_fill){scan->heap[id].ts, id};
		if (!ret->ts || ret->ts == scan->passed[id])
			continue;
		if (!skip--)
			break;
		scan->passed[id] = ret->ts;
	}
	struct rm_head now = head_of(ring, ret->id);
	return scan->heap[ret->id].id && now.commit && now.ts == ret->ts;
}

static bool any_seen(const struct ringmap_ring *ring)
{
	for (uint32_t id = 0; id < ring->map.nr_subbufs; id++)
		if (ring->follow.scan.heap[id].ts)
			return true;
	return false;
}

static enum rm_certainty place(struct ringmap_ring *ring, bool leave_room,
			       struct rm_fill *ret)
{
	struct rm_follow *f = &ring->follow;
	struct rm_fill last = {0};
	bool found = find_writer(ring, &last);
	/* Two fills with room, or a write that is under way for a moment. */
	bool emptied =
		!found && !last.ts && f->known && find_emptied(ring, &last);

	if (!found && !any_seen(ring))
		return RM_NOT_YET;
	if (!(found || emptied) || !last.id || !rm_order_untouched(ring))
		return RM_UNPROVEN;
	struct new_fills fills = look_at_new(ring, last.id);
	if (!fills.count || fills.alike || (!f->known && !fills.rise))
		return RM_UNPROVEN;
	if (emptied && !fills.rise)
		return RM_NOT_YET;
	uint32_t skip = leave_room ? rm_scan_room(fills.count) : 0;
	if (!place_after(ring, last.id, skip, ret))
		return RM_UNPROVEN;
	f->scan.passed[0] = f->scan.heap[0].ts;
	f->stepped = f->stepped || !fills.rise;
	f->known = true;
	return RM_PROVEN;
}

enum rm_certainty rm_order_place(struct ringmap_ring *ring, bool leave_room,
				 struct rm_fill *ret)
{
	enum rm_certainty found = RM_UNPROVEN;

	for (int look = 0; look < LOOKS && found == RM_UNPROVEN; look++) {
		if (!ring->follow.ordered)
			return RM_UNPROVEN;
		found = place(ring, leave_room, ret);
	}
	return found;
}
