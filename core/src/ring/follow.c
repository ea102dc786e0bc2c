/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * follow.c - observing a mapped ring behind its writer, consuming nothing
 *
 * Why this is sound (functions of kernel/trace/ring_buffer.c):
 *
 * Publishing. The writer stores an event, then smp_wmb(), then commit
 * (rb_set_commit_to_write()). A load-acquire of commit makes [0, commit)
 * readable. The commit of a later sub-buffer is stored after the last one of
 * the sub-buffers before it: seeing the next fill committed means that ours
 * is final.
 *
 * Reuse. rb_tail_page_update() zeroes commit, and its full-barrier cmpxchg of
 * tail_page comes before anything new is stored; the stamp of the new fill
 * (__rb_reserve_next()) before its first commit. So whoever uses the bytes,
 * then fences, then finds commit not shrunk and the stamp unchanged, used the
 * bytes of one fill (rm_map_intact()). If not, they are dropped and counted
 * as a gap, and the follower finds a new place by the stamps.
 *
 * Moving on. Only rb_get_reader_page() changes the order of sub-buffers, and
 * only when somebody consumes: it takes the head out, puts the old reader
 * sub-buffer, emptied, in its place. Until then ids 1 .. n-1 are in ring order
 * and 0 is outside, as rb_setup_ids_meta_page() numbered them at the first
 * mapping (order.c). The next id with a newer stamp is the next fill, provided
 * that ours was still intact after that was seen: otherwise the writer may
 * have come round once more.
 *
 * Another consumer. Every swap puts the former outsider into a place that the
 * writer reaches before any other place that was swapped later. So as long as
 * sub-buffer 0 has the stamp and commit that it had when the order was
 * certain, no sub-buffer written since stands out of order. Once it changed,
 * the stamps alone give the order (scan.h), and where something may be missing
 * that they do not show (hole.c) a gap is reported, as RINGMAP_LOST_UNKNOWN.
 *
 * Reset (rb_reset_cpu()) zeroes every commit and leaves or zeroes the stamps.
 * One that is under way shows by a sub-buffer without a commit and with a stamp
 * between two fills; where stamps are zeroed too (7.2) it may not show before
 * our own fill is gone, which is then told as the gap that it is. Resize is
 * refused while mapped; an offline CPU's ring just stands still.
 */
#include "ring/hole.h"
#include "ring/order.h"
#include "ring/page.h"
#include "ring/ring.h"

enum {
	/* How often to look for a place while the writer runs us over. */
	TRIES = 16,
	/* A ring in which our fill is gone and nothing newer came for so long
	 * had its clock changed; shorter, it may be in the middle of a reset. */
	CLOCK_SETTLES_NS = 50 * 1000 * 1000,
	/* Sleeps: as a rule, and at the shortest. */
	LONGEST_NS = 10 * 1000 * 1000,
	SHORTEST_NS = 50 * 1000,
};

static struct rm_head head_of(const struct ringmap_ring *ring, uint32_t id)
{
	return rm_map_head(&ring->map, &ring->layout, id);
}

/*
 * Asked after a scan: is everything written since the ring was empty in sight?
 * What another consumer took is counted as read before its sub-buffer is
 * emptied.
 */
static bool all_in_sight(struct ringmap_ring *ring)
{
	struct rm_kernel_stats ks;

	return rm_kernel_stats(ring, &ks) && !ks.overrun &&
	       ks.read == ring->account.read_base;
}

static void forget_order(struct rm_follow *f)
{
	f->ordered = false;
	f->scan.count = 0;
}

static void set_place(struct rm_follow *f, struct rm_fill fill)
{
	f->placed = true;
	f->skip = false;
	f->id = fill.id;
	f->fill_ts = fill.ts;
	f->floor = fill.ts;
	f->ts = fill.ts;
	f->off = 0;
	f->seen = 1; /* only committed fills are ever placed on */
}

/* The fill was emptied: but a consumer may cut its padding to stamp a loss. */
static bool commit_went_back(const struct rm_follow *f,
			     const struct rm_head *head)
{
	return head->commit < f->seen && !head->missed;
}

static uint32_t next_id(const struct ringmap_ring *ring)
{
	uint32_t next = ring->follow.id + 1;

	return next == ring->map.nr_subbufs ? 1 : next;
}

/* No event fits any more: the writer will go on elsewhere. */
static bool fill_is_full(const struct ringmap_ring *ring)
{
	return ring->subbuf_size - ring->layout.data_offset - ring->follow.off <
	       RM_EVENT_MIN;
}

/*
 * Two fills of one stamp cannot be told apart: the clock stands still for
 * longer than a sub-buffer takes to fill.
 */
static enum ringmap_status check_clock(struct ringmap_ring *ring)
{
	const struct rm_follow *f = &ring->follow;

	if (!fill_is_full(ring))
		return RINGMAP_DONE;
	for (uint32_t id = 0; id < ring->map.nr_subbufs; id++) {
		struct rm_head head = head_of(ring, id);

		if (id != f->id && head.commit && head.ts == f->fill_ts)
			return rm_fail(&ring->error, RINGMAP_E_UNSUPPORTED, 0,
				       "the trace clock is too coarse to "
				       "follow: use mono, or read mode");
	}
	return RINGMAP_DONE;
}

/* Our fill is gone or emptied: find out why, and look for a new place. */
static void lose_place(struct ringmap_ring *ring)
{
	struct rm_follow *f = &ring->follow;

	rm_account_gap(ring, RINGMAP_LOST_UNKNOWN);
	/* Nothing but a swap or a reset takes sub-buffer 0 from under us. */
	if (f->id == 0 || !rm_order_holds(ring))
		forget_order(f);
	rm_scan_run(&f->scan, &ring->map, &ring->layout, f->floor, false);
	/* Refilled already: nothing of the reset is to be seen. */
	bool refilled = head_of(ring, f->id).ts != f->fill_ts;
	bool reset = rm_account_was_reset(ring, !refilled && f->scan.empty > 3);
	if (reset) {
		/* Where writing starts again, and whether a swap hid behind
		 * the reset, is not known. */
		forget_order(f);
		rm_account_reset(ring);
		f->began_empty = true;
	}
	f->reset_told = reset;
	f->lost_ns = rm_now_ns();
	f->placed = false;
	f->counted = false;
	f->before_known = false;
	f->scan.count = 0;
	ring->stats.rescans++;
}

/*
 * Our fill is gone, and for a while now nothing is newer: whatever there is
 * was written after a reset, by a clock that went back.
 */
static bool clock_went_back(const struct rm_follow *f)
{
	return f->lost_ns && rm_now_ns() - f->lost_ns > CLOCK_SETTLES_NS;
}

/* Lapped: the oldest fills are about to go, so leave the writer some room. */
static void leave_room(struct ringmap_ring *ring, struct rm_fill *fill)
{
	struct rm_scan *scan = &ring->follow.scan;
	uint32_t room = scan->count / 16 + 1;

	while (room-- && scan->count > 1)
		rm_scan_pop(scan, fill);
}

/* Finds a place: the oldest fill past the floor. RINGMAP_DONE: none yet. */
static enum ringmap_status find_place(struct ringmap_ring *ring)
{
	struct rm_follow *f = &ring->follow;
	struct rm_fill fill;

	bool back = clock_went_back(f);
	rm_scan_run(&f->scan, &ring->map, &ring->layout, f->floor,
		    !f->floor || back);
	if (!rm_order_holds(ring))
		f->ordered = false;
	if (!rm_scan_pop(&f->scan, &fill))
		return RINGMAP_DONE;
	bool whole = rm_none_overwritten(ring);
	/* Nobody knows what lay between the outsider and the ring's oldest. */
	if (f->ordered && fill.id == 0 && !whole)
		rm_scan_pop(&f->scan, &fill);
	if (ring->account.pending)
		leave_room(ring, &fill);
	if (f->began_empty && !all_in_sight(ring))
		rm_account_gap(ring, RINGMAP_LOST_UNKNOWN);
	f->began_empty = false;
	f->lost_ns = 0;
	if (back && fill.ts <= f->floor && !f->reset_told)
		rm_account_reset(ring);
	if (f->ordered)
		f->scan.count = 0;
	f->doubtful = f->scan.count && rm_hole_behind(ring, &fill);
	set_place(f, fill);
	return RINGMAP_OK;
}

/*
 * Having seen a newer fill: is ours still there, and read to its end? If not,
 * it has to be looked at again first. @ret: as it is left.
 */
static bool may_leave(const struct ringmap_ring *ring, struct rm_head *ret)
{
	const struct rm_follow *f = &ring->follow;

	*ret = head_of(ring, f->id);
	/* The stamp once more, after commit: with a lap in between the commit
	 * would be that of another fill, and might be as large as ours was. */
	if (commit_went_back(f, ret) ||
	    !rm_map_intact(&ring->map, &ring->layout, f->id, f->fill_ts,
			   ret->commit))
		return false;
	return ret->commit <= f->off || f->skip;
}

static enum ringmap_status advance_in_order(struct ringmap_ring *ring)
{
	struct rm_follow *f = &ring->follow;
	uint32_t id = next_id(ring);
	struct rm_head next = head_of(ring, id);

	/* After the load of next: see rm_order_holds(). */
	if (!rm_order_holds(ring)) {
		forget_order(f);
		ring->stats.rescans++;
		return RINGMAP_OK;
	}
	if (!next.commit || next.ts <= f->fill_ts)
		return check_clock(ring);
	struct rm_head ours;
	if (!may_leave(ring, &ours))
		return RINGMAP_OK;
	if (f->id == 0) {
		const struct rm_fill fill = {f->fill_ts, f->id};

		/* Outside the ring: it stays while laps go by. */
		if (rm_hole_behind(ring, &fill))
			rm_account_gap(ring, RINGMAP_LOST_UNKNOWN);
		f->outside = ours;
	}
	set_place(f, (struct rm_fill){next.ts, id});
	return RINGMAP_OK;
}

static enum ringmap_status advance_by_stamp(struct ringmap_ring *ring)
{
	struct rm_follow *f = &ring->follow;
	struct rm_fill fill;
	struct rm_head ours;

	/* A busy writer has filled some more by the time that a scan is
	 * over: one scan a drain, or the drain never ends. */
	if (!f->scan.count && f->scanned) {
		f->scanned = false;
		ring->caught_up = true;
		return RINGMAP_DONE;
	}
	if (!f->scan.count && !rm_hole_scan(ring))
		return check_clock(ring);
	f->scanned = true;
	if (!may_leave(ring, &ours))
		return RINGMAP_OK;
	rm_scan_pop(&f->scan, &fill);
	/* Or one between the two was emptied already. */
	if (f->doubtful || f->scan.emptied > f->fill_ts)
		rm_account_gap(ring, RINGMAP_LOST_UNKNOWN);
	f->doubtful = false;
	set_place(f, fill);
	return RINGMAP_OK;
}

/* RINGMAP_OK: look again, something changed. RINGMAP_DONE: nothing there. */
static enum ringmap_status advance(struct ringmap_ring *ring)
{
	return ring->follow.ordered ? advance_in_order(ring)
				    : advance_by_stamp(ring);
}

/* Where the walk will go after this page, as far as one can tell. */
static const void *data_ahead(const struct ringmap_ring *ring)
{
	const struct rm_follow *f = &ring->follow;
	uint32_t id = f->id;

	if (f->ordered)
		id = next_id(ring);
	else if (f->scan.count)
		id = f->scan.heap[0].id;
	return rm_map_subbuf(&ring->map, id) + ring->layout.data_offset;
}

static void page_up_to(const struct ringmap_ring *ring, uint32_t end,
		       struct ringmap_page *ret)
{
	const struct rm_follow *f = &ring->follow;
	const uint8_t *data =
		rm_map_subbuf(&ring->map, f->id) + ring->layout.data_offset;

	rm_page_set(ring, data, f->off, end, f->ts, ret);
	ret->subbuf = f->id;
	ret->ahead = data_ahead(ring);
}

static enum ringmap_status follow_borrow(struct ringmap_ring *ring,
					 struct ringmap_page *ret)
{
	struct rm_follow *f = &ring->follow;
	uint32_t room = ring->subbuf_size - ring->layout.data_offset;

	for (int tries = 0; tries < TRIES; tries++) {
		enum ringmap_status s = RINGMAP_OK;

		if (!f->placed)
			s = find_place(ring);
		if (s != RINGMAP_OK)
			return s;
		struct rm_head head = head_of(ring, f->id);
		if (head.ts != f->fill_ts || commit_went_back(f, &head)) {
			lose_place(ring);
		} else if (head.commit > room && !f->skip) {
			f->skip = true;
			rm_account_gap(ring, RINGMAP_LOST_UNKNOWN);
			return rm_fail(&ring->error, RINGMAP_E_CORRUPT, 0,
				       "sub-buffer %u: commit is %u of %u",
				       f->id, head.commit, room);
		} else if (head.commit > f->off && !f->skip) {
			f->seen = head.commit;
			page_up_to(ring, head.commit, ret);
			return RINGMAP_OK;
		} else {
			s = advance(ring);
			if (s != RINGMAP_OK)
				return s;
		}
	}
	return RINGMAP_DONE;
}

static enum ringmap_status follow_give_back(struct ringmap_ring *ring,
					    const struct ringmap_page *page,
					    enum ringmap_status walked)
{
	struct rm_follow *f = &ring->follow;
	uint32_t end = f->off + page->size;

	if (!rm_map_intact(&ring->map, &ring->layout, f->id, f->fill_ts, end))
		return RINGMAP_E_OVERWRITTEN;
	f->off = end;
	f->seen = end;
	f->ts = page->ts;
	f->skip = walked != RINGMAP_OK;
	return RINGMAP_OK;
}

static bool follow_lost_place(const struct ringmap_ring *ring)
{
	const struct rm_follow *f = &ring->follow;

	if (!f->placed)
		return false;
	struct rm_head head = head_of(ring, f->id);
	return head.ts != f->fill_ts || commit_went_back(f, &head);
}

static bool follow_ready(struct ringmap_ring *ring)
{
	struct rm_follow *f = &ring->follow;

	if (!f->placed) {
		rm_scan_run(&f->scan, &ring->map, &ring->layout, f->floor,
			    !f->floor || clock_went_back(f));
		return f->scan.count;
	}
	struct rm_head head = head_of(ring, f->id);
	if (head.ts != f->fill_ts || (head.commit != f->off && !f->skip))
		return true;
	if (f->ordered) {
		struct rm_head next = head_of(ring, next_id(ring));

		return !rm_order_holds(ring) ||
		       (next.commit && next.ts > f->fill_ts);
	}
	return f->scan.count || rm_hole_scan(ring);
}

/*
 * An eighth of the time that the ring takes to fill, by the bytes that came
 * since the last call.
 */
static uint64_t follow_interval(struct ringmap_ring *ring)
{
	uint64_t longest = ring->latency_ns ? ring->latency_ns : LONGEST_NS;
	uint64_t now = rm_now_ns();
	uint64_t bytes = ring->stats.bytes - ring->rate_bytes;
	uint64_t ns = now - ring->rate_ns;

	ring->rate_ns = now;
	ring->rate_bytes = ring->stats.bytes;
	if (!bytes)
		return longest;
	uint64_t room = (uint64_t)ring->map.nr_subbufs * ring->subbuf_size;
	double fill_ns = (double)room * (double)ns / (double)bytes;
	uint64_t eighth = fill_ns < 8e9 ? (uint64_t)(fill_ns / 8) : longest;
	if (eighth < SHORTEST_NS)
		eighth = SHORTEST_NS;
	return eighth < longest ? eighth : longest;
}

const struct rm_mode_ops rm_follow_ops = {
	.mode = RINGMAP_MODE_FOLLOW,
	.borrow = follow_borrow,
	.give_back = follow_give_back,
	.ready = follow_ready,
	.interval = follow_interval,
	.lost_place = follow_lost_place,
	.nr_subbufs = rm_ring_mapped_subbufs,
};

/* Passes over what the newest fill holds now. */
static void start_at_newest(struct ringmap_ring *ring)
{
	struct rm_follow *f = &ring->follow;

	for (int tries = 0; tries < TRIES; tries++) {
		struct rm_fill fill;
		bool any = false;

		rm_scan_run(&f->scan, &ring->map, &ring->layout, 0, true);
		while (rm_scan_pop(&f->scan, &fill))
			any = true;
		if (!any)
			return;
		set_place(f, fill);
		struct rm_head head = head_of(ring, f->id);
		if (head.ts != f->fill_ts || !head.commit)
			continue;
		/* Broken: that is for the first borrow to say. */
		if (head.commit > ring->subbuf_size - ring->layout.data_offset)
			return;
		struct ringmap_page page;
		page_up_to(ring, head.commit, &page);
		enum ringmap_status walked = rm_page_finish(&page);
		if (rm_follow_ops.give_back(ring, &page, walked) == RINGMAP_OK)
			return;
	}
	f->placed = false;
	f->floor = 0;
}

enum ringmap_status rm_follow_open(struct ringmap_ring *ring, uint32_t start,
				   struct ringmap_error *err)
{
	struct rm_follow *f = &ring->follow;

	if (rm_scan_init(&f->scan, ring->map.nr_subbufs) != RINGMAP_OK)
		return rm_fail(err, RINGMAP_E_NOMEM, 0,
			       "no memory to order %u sub-buffers",
			       ring->map.nr_subbufs);
	f->ordered = rm_order_proven(ring, &f->outside);
	if (start == RINGMAP_START_NEWEST)
		start_at_newest(ring);
	else
		find_place(ring);
	f->began_empty = !f->placed;
	return RINGMAP_OK;
}

void rm_follow_close(struct ringmap_ring *ring)
{
	rm_scan_free(&ring->follow.scan);
}
