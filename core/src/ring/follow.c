/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * follow.c - observes a mapped ring behind its writer, without consuming
 *
 * Why this is sound (functions of kernel/trace/ring_buffer.c):
 *
 * Publishing. The writer stores an event, then smp_wmb(), then commit
 * (rb_set_commit_to_write()). A load-acquire of commit makes [0, commit)
 * readable. The commit of a later sub-buffer is stored after the last commit
 * of the sub-buffers before it, so once the next fill has a commit, ours is
 * final. Not every commit has that barrier before it: settle.c is about what
 * this means on machines that reorder stores.
 *
 * Reuse. rb_tail_page_update() zeroes commit, and its full-barrier cmpxchg of
 * tail_page comes before anything new is stored. The stamp of the new fill is
 * stored (__rb_reserve_next()) before its first commit. So a reader that uses
 * the bytes, then fences, then finds that commit did not go back and the stamp
 * is the same, used the bytes of one fill (rm_map_intact()). Otherwise it
 * discards the bytes and counts a gap, and the follower finds a new place by
 * the stamps.
 *
 * Moving on. Only rb_get_reader_page() changes the order of sub-buffers, and
 * only when somebody consumes: it takes the head out of the ring and puts the
 * old reader sub-buffer in its place. (Linux 6.12 empties that sub-buffer before,
 * 6.18 does not.) Until then ids 1 .. n-1 are in ring order and 0 is outside, as
 * rb_setup_ids_meta_page() numbered them at the first mapping (order.c). If the
 * next id has a newer stamp, it holds the next fill, provided that ours is still
 * intact after that stamp was loaded: otherwise the writer may have come round
 * once more.
 *
 * Clock. A clock that is set back stamps newer fills with older stamps. So the
 * follower knows the stamps of the fills that are older than its place, and goes
 * on with one that is not among them (order.c).
 *
 * Another consumer. Every swap puts the former outsider into a place that the
 * writer reaches before any other place that was swapped later. So as long as
 * sub-buffer 0 has the stamp and commit that it had when the order was
 * certain, no sub-buffer that was written since is out of order. Once it has
 * changed, the stamps alone give the order (scan.h). If fills may be missing
 * that the stamps do not show (hole.c), a gap of RINGMAP_LOST_UNKNOWN is
 * reported.
 *
 * Reset (rb_reset_cpu()) zeroes every commit and leaves the stamps, or zeroes
 * them, too, since Linux 7.2. So our fill is gone, and epoch.c decides whether
 * that was a reset or a lap. A reset that is under way shows as a sub-buffer
 * without a commit whose stamp is between two fills; without stamps it shows
 * only once it reached ours. The kernel refuses to resize a mapped ring; the ring of an
 * offline CPU just stands still.
 */
#include "ring/hole.h"
#include "ring/order.h"
#include "ring/page.h"
#include "ring/ring.h"
#include "ring/settle.h"

enum {
	/* Attempts to find a place while the writer overwrites us. */
	TRIES = 16,
	/* If our fill is gone and no newer one came for this long, the clock
	 * was changed. Until then the ring may be in the middle of a reset. */
	CLOCK_SETTLES_NS = 50 * 1000 * 1000,
	/* The usual sleep, and the shortest. */
	LONGEST_NS = 10 * 1000 * 1000,
	SHORTEST_NS = 50 * 1000,
};

static struct rm_head head_of(const struct ringmap_ring *ring, uint32_t id)
{
	return rm_map_head(&ring->map, &ring->layout, id);
}

/*
 * Called after a scan. True if everything that was written since the ring was
 * empty is in sight. The kernel counts the events that another consumer took
 * as read before it empties their sub-buffer.
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
	f->scan.passed[fill.id] = fill.ts;
	f->placed = true;
	f->skip = false;
	f->id = fill.id;
	f->fill_ts = fill.ts;
	f->floor = fill.ts;
	f->ts = fill.ts;
	f->off = 0;
	f->seen = 1; /* only committed fills are ever placed on */
}

/*
 * True if the fill was emptied. A consumer that stamps a loss may also reduce
 * commit, by the padding that it cuts off; that does not count.
 */
static bool commit_went_back(const struct rm_follow *f,
			     const struct rm_head *head)
{
	return head->commit < f->seen && !head->missed;
}

/* True if our fill is still there. */
static bool has_place(const struct ringmap_ring *ring)
{
	const struct rm_follow *f = &ring->follow;

	if (!f->placed)
		return false;
	struct rm_head head = head_of(ring, f->id);
	return head.ts == f->fill_ts && !commit_went_back(f, &head);
}

static uint32_t next_id(const struct ringmap_ring *ring)
{
	return rm_order_next(&ring->map, ring->follow.id);
}

/* True if no event fits any more, so that the writer will leave the fill. */
static bool fill_is_full(const struct ringmap_ring *ring)
{
	return ring->subbuf_size - ring->layout.data_offset - ring->follow.off <
	       RM_EVENT_MIN;
}

static enum ringmap_status too_coarse(struct ringmap_ring *ring)
{
	return rm_fail(&ring->error, RINGMAP_E_UNSUPPORTED, 0,
		       "the trace clock is too coarse to follow: use mono, or "
		       "read mode");
}

/*
 * Called after a look at fills that do not continue those seen before. Fails for
 * good once the clock was changed to one that stamps two fills alike. The kernel
 * changes trace_clock before the first stamp of the new clock
 * (tracing_set_clock()), so if the name is fine now, fills that are written from
 * now on have other stamps than those seen.
 */
static enum ringmap_status check_facts(struct ringmap_ring *ring)
{
	struct rm_follow *f = &ring->follow;
	struct rm_source_info info;

	ring->source.ops->info(ring->source.ctx, &info);
	if (info.coarse_clock)
		f->coarse = true;
	return f->coarse ? too_coarse(ring) : RINGMAP_OK;
}

/*
 * Fails if another fill has the stamp of ours: the clock stands still for
 * longer than a sub-buffer takes to fill, and fills cannot be distinguished.
 */
static enum ringmap_status check_clock(struct ringmap_ring *ring)
{
	const struct rm_follow *f = &ring->follow;

	if (!fill_is_full(ring))
		return RINGMAP_DONE;
	for (uint32_t id = 0; id < ring->map.nr_subbufs; id++) {
		struct rm_head head = head_of(ring, id);

		if (id != f->id && head.commit && head.ts == f->fill_ts)
			return too_coarse(ring);
	}
	return RINGMAP_DONE;
}

/*
 * Notes a reset, which wiped events that nobody counted. It is not known in
 * which sub-buffer the writer starts again, nor whether a swap took place before
 * the reset. @emptied: the map shows a reset. True: there was one.
 */
static bool look(struct ringmap_ring *ring, bool emptied)
{
	struct rm_follow *f = &ring->follow;
	/* If our fill is gone, so is all that we have seen, except for what is
	 * outside the ring. */
	bool gone = f->placed && !has_place(ring) && f->ordered &&
		    !f->outside.commit;
	const struct rm_least least = {.gone = gone ? ring->account.since : 0};
	enum rm_continuity found = rm_epoch_look(ring, least);
	const struct rm_epoch *e = &ring->epoch;

	if (found == RM_ANY_EPOCH && has_place(ring))
		found = RM_SAME_EPOCH;
	/* Consumers that took everything leave the sub-buffers empty, too, and so
	 * do interrupts in a small ring that went all the way round before the
	 * write that they interrupted was published. */
	if (emptied && !(e->counted && e->counts.entries))
		found = RM_NEW_EPOCH;
	rm_account_epoch(ring, found);
	if (found != RM_NEW_EPOCH)
		return false;
	forget_order(f);
	rm_scan_forget_emptied(&f->scan, &ring->map, &ring->layout);
	f->stepped = false;
	f->known = false;
	f->began_empty = true;
	f->lost_ns = rm_now_ns();
	return true;
}

/*
 * Called after a scan. True if our fill was emptied and not written again, and
 * nearly all others were. Linux 7.2 also zeroes the stamp.
 */
static bool was_emptied(const struct ringmap_ring *ring)
{
	const struct rm_follow *f = &ring->follow;
	struct rm_head head = head_of(ring, f->id);
	bool refilled = head.ts != f->fill_ts && (head.ts || head.commit);

	return !refilled && f->scan.empty > 3;
}

/*
 * Gives the place up, because our fill is gone or emptied, and finds out why.
 */
static void lose_place(struct ringmap_ring *ring)
{
	struct rm_follow *f = &ring->follow;

	f->settled = 0;
	rm_account_gap(ring, RINGMAP_LOST_UNKNOWN);
	/* Only a swap or a reset changes sub-buffer 0 while we are on it. */
	if (f->id == 0 || !rm_order_holds(ring))
		forget_order(f);
	rm_scan_run(&f->scan, &ring->map, &ring->layout, f->floor, false);
	f->lost_ns = rm_now_ns();
	f->reset_reported = look(ring, was_emptied(ring));
	if (!f->reset_reported && !f->known)
		rm_scan_pass(&f->scan, &ring->map, &ring->layout, f->floor);
	f->placed = false;
	f->counted = false;
	f->before_known = false;
	f->scan.count = 0;
	ring->stats.rescans++;
}

/*
 * True if our fill has been gone for a while and no fill is newer. The fills
 * that exist were then written after a reset, with a clock that went back.
 */
static bool clock_went_back(const struct rm_follow *f)
{
	return f->lost_ns && rm_now_ns() - f->lost_ns > CLOCK_SETTLES_NS;
}

/*
 * Finds the first fill by the order of ids, which holds whatever the stamps are.
 * When the ring was opened, all fills in it are new, unless some were consumed;
 * then the stamps must agree.
 */
static enum rm_certainty first_by_order(struct ringmap_ring *ring,
					struct rm_fill *ret)
{
	const struct rm_follow *f = &ring->follow;
	bool all = !f->floor && !f->outside.commit;

	if (!f->known && !all)
		return RM_UNPROVEN;
	return rm_order_place(ring, ring->account.pending, ret);
}

/*
 * Finds the oldest fill by its stamp: above the floor or, if all that are older
 * than the lost place are known, of all others.
 */
static bool first_by_stamp(struct ringmap_ring *ring, struct rm_fill *ret)
{
	struct rm_follow *f = &ring->follow;
	bool all = !f->floor || f->known || clock_went_back(f);

	rm_scan_run(&f->scan, &ring->map, &ring->layout, f->floor, all);
	if (!rm_order_holds(ring))
		f->ordered = false;
	return rm_scan_pop(&f->scan, ret);
}

/*
 * Called with the fill of first_by_stamp(). Steps over those after it that are
 * not to be read. False: the clock went back, and which fill is the first is not
 * certain.
 */
static bool choose_by_stamp(struct ringmap_ring *ring, struct rm_fill *fill)
{
	struct rm_follow *f = &ring->follow;
	bool back = fill->ts <= f->floor;

	if (back && f->known && !rm_order_restart(ring, fill))
		return false;
	/* Fills between the outsider and the oldest of the ring may be gone. */
	if (f->ordered && fill->id == 0 && !rm_none_overwritten(ring))
		rm_scan_pop(&f->scan, fill);
	if (ring->account.pending)
		rm_scan_leave_room(&f->scan, fill);
	if (back && !f->known) {
		f->ordered = false;
		if (!f->reset_reported)
			rm_account_reset(ring);
	}
	f->stepped = f->stepped || back;
	f->known = f->known && back;
	return true;
}

/* Goes to the oldest fill that was not passed. RINGMAP_DONE: there is none yet. */
static enum ringmap_status find_place(struct ringmap_ring *ring)
{
	struct rm_follow *f = &ring->follow;
	struct rm_fill fill;

	if (f->coarse)
		return too_coarse(ring);
	enum rm_certainty order = first_by_order(ring, &fill);
	if (order == RM_NOT_YET)
		return RINGMAP_DONE;
	bool by_order = order == RM_PROVEN;
	bool back = by_order && fill.ts <= f->floor;
	if (!by_order && !first_by_stamp(ring, &fill))
		return RINGMAP_DONE;
	/* The fills of the scan may be gone again. */
	if ((f->began_empty || f->lost_ns) && look(ring, false))
		return RINGMAP_DONE;
	enum ringmap_status s = check_facts(ring);
	if (s != RINGMAP_OK)
		return s;
	if (f->scan.count && f->scan.heap[0].ts == fill.ts)
		return too_coarse(ring);
	if (!by_order && !choose_by_stamp(ring, &fill))
		return RINGMAP_DONE;
	f->stepped = f->stepped || back;
	if (f->began_empty && !all_in_sight(ring))
		rm_account_gap(ring, RINGMAP_LOST_UNKNOWN);
	f->began_empty = false;
	f->lost_ns = 0;
	if (f->ordered)
		f->scan.count = 0;
	f->doubtful = f->scan.count && rm_hole_behind(ring, &fill);
	set_place(f, fill);
	return RINGMAP_OK;
}

/*
 * Called after a newer fill was seen. True if ours is still intact and was read
 * to its end, so that the follower may leave it; otherwise it must load our
 * header again. @ret: our header at that moment.
 */
static bool may_leave(struct ringmap_ring *ring, struct rm_head *ret)
{
	const struct rm_follow *f = &ring->follow;

	rm_settle(ring);
	*ret = head_of(ring, f->id);
	/* The stamp is loaded once more after commit: if the writer lapped us
	 * in between, this commit is that of another fill, and might be as
	 * large as ours was. */
	if (commit_went_back(f, ret) ||
	    !rm_map_intact(&ring->map, &ring->layout, f->id, f->fill_ts,
			   ret->commit))
		return false;
	return ret->commit <= f->off || f->skip;
}

/*
 * True if @next, the header of the sub-buffer after ours, is that of the next
 * fill. After the clock went back the stamp is loaded again, because it may be
 * that of the fill before (rm_map_head()).
 */
static bool is_next(const struct ringmap_ring *ring, uint32_t id,
		    const struct rm_head *next)
{
	const struct rm_follow *f = &ring->follow;
	bool newer = next->ts > f->fill_ts;

	if (!next->commit)
		return false;
	if (!f->known)
		return newer;
	if (next->ts == f->scan.passed[id])
		return false;
	if (newer && !f->stepped)
		return true;
	return next->ts && next->ts != f->fill_ts &&
	       head_of(ring, id).ts == next->ts;
}

/* Called when a fill with an older stamp than ours was found to be newer. */
static enum ringmap_status note_step(struct ringmap_ring *ring)
{
	ring->follow.stepped = true;
	ring->follow.settled = 0;
	return check_facts(ring);
}

/*
 * Leaves sub-buffer 0 for the fill of id 1. A sub-buffer outside the ring stays
 * intact while the writer goes round, so that fill may not be the next one. False:
 * the clock went back, and which one is next is not certain.
 */
static bool leave_outside(struct ringmap_ring *ring, struct rm_head ours,
			  struct rm_fill next)
{
	struct rm_follow *f = &ring->follow;
	const struct rm_fill fill = {f->fill_ts, f->id};
	bool hole = rm_hole_behind(ring, &fill);

	f->outside = ours;
	if (hole)
		rm_account_gap(ring, RINGMAP_LOST_UNKNOWN);
	if (hole && f->known &&
	    rm_order_place(ring, false, &next) != RM_PROVEN) {
		if (f->stepped)
			return false;
		f->known = false;
	}
	set_place(f, next);
	return true;
}

static enum ringmap_status advance_in_order(struct ringmap_ring *ring)
{
	struct rm_follow *f = &ring->follow;
	uint32_t id = next_id(ring);
	struct rm_head next = head_of(ring, id);

	/* This check must follow the load of next: see rm_order_holds(). */
	if (!rm_order_holds(ring)) {
		forget_order(f);
		ring->stats.rescans++;
		return RINGMAP_OK;
	}
	if (!is_next(ring, id, &next)) {
		rm_order_note(ring);
		return check_clock(ring);
	}
	enum ringmap_status s = RINGMAP_OK;
	if (next.ts < f->fill_ts)
		s = note_step(ring);
	if (s != RINGMAP_OK)
		return s;
	struct rm_head ours;
	if (!may_leave(ring, &ours))
		return RINGMAP_OK;
	const struct rm_fill fill = {next.ts, id};
	if (f->id != 0)
		set_place(f, fill);
	else if (!leave_outside(ring, ours, fill))
		return RINGMAP_DONE;
	return RINGMAP_OK;
}

/*
 * True if the writer has committed something since @then was the header of the
 * newest fill. What a consumer does makes neither of the two values larger.
 */
static bool has_committed_since(const struct ringmap_ring *ring,
				const struct rm_head *then)
{
	struct rm_head now =
		rm_scan_newest(&ring->follow.scan, &ring->map, &ring->layout);

	return now.ts > then->ts ||
	       (now.ts == then->ts && now.commit > then->commit);
}

/*
 * Called when fills were found that have older stamps than ours and are newer. The
 * order in which the new fills were written is not known: their stamps may be from
 * before the clock went back, or from after it. Goes on behind a gap.
 */
static enum ringmap_status restart(struct ringmap_ring *ring)
{
	struct rm_follow *f = &ring->follow;
	struct rm_fill fill;
	struct rm_head ours;
	enum ringmap_status s = note_step(ring);

	if (s != RINGMAP_OK)
		return s;
	/* Ours is read to its end first. As long as it is intact, the ring was not
	 * emptied, which also changes what comes after it. */
	if (!may_leave(ring, &ours))
		return RINGMAP_OK;
	if (!rm_order_restart(ring, &fill))
		return RINGMAP_DONE;
	rm_account_gap(ring, RINGMAP_LOST_UNKNOWN);
	f->counted = false;
	f->before_known = false;
	f->doubtful = false;
	set_place(f, fill);
	return RINGMAP_OK;
}

/*
 * Collects the fills newer than ours. RINGMAP_DONE: there are none, or the drain
 * ends before them, because it would never end beside a writer that fills more
 * sub-buffers while those of a scan are read. That is only allowed if the writer
 * committed something during this call: whoever drains a ring whose writer has
 * stopped gets everything, however long ago the drain began. The fills stay
 * collected for the next drain.
 */
static enum ringmap_status scan_again(struct ringmap_ring *ring)
{
	struct rm_follow *f = &ring->follow;
	struct rm_head then = {0};
	bool again = f->scanned;

	if (again)
		then = rm_scan_newest(&ring->follow.scan, &ring->map,
				      &ring->layout);
	f->scanned = false;
	bool found = rm_hole_scan(ring);
	if (f->known && f->scan.behind)
		return restart(ring);
	if (!found) {
		rm_order_note(ring);
		return check_clock(ring);
	}
	if (again && has_committed_since(ring, &then)) {
		ring->caught_up = true;
		return RINGMAP_DONE;
	}
	f->scanned = true;
	return RINGMAP_OK;
}

static enum ringmap_status advance_by_stamp(struct ringmap_ring *ring)
{
	struct rm_follow *f = &ring->follow;
	struct rm_fill fill;
	struct rm_head ours;
	enum ringmap_status s = f->scan.count ? RINGMAP_OK : scan_again(ring);

	if (s != RINGMAP_OK)
		return s;
	if (!may_leave(ring, &ours))
		return RINGMAP_OK;
	rm_scan_pop(&f->scan, &fill);
	/* A fill between the two may also have been emptied already. */
	if (f->doubtful || f->unproven || f->scan.emptied > f->fill_ts ||
	    f->fill_ts < f->doubt_end)
		rm_account_gap(ring, RINGMAP_LOST_UNKNOWN);
	f->doubtful = false;
	set_place(f, fill);
	return RINGMAP_OK;
}

/* RINGMAP_OK: something changed, look again. RINGMAP_DONE: nothing is newer. */
static enum ringmap_status advance(struct ringmap_ring *ring)
{
	return ring->follow.ordered ? advance_in_order(ring)
				    : advance_by_stamp(ring);
}

/* Guesses the data that the walk will reach after this page, to prefetch it. */
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
			rm_settle(ring);
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

	if (!rm_map_intact(&ring->map, &ring->layout, f->id, f->fill_ts, end) ||
	    !rm_settle_intact(ring, f->id, f->fill_ts, end))
		return RINGMAP_E_OVERWRITTEN;
	f->off = end;
	f->seen = end;
	f->ts = page->ts;
	f->skip = walked != RINGMAP_OK;
	return RINGMAP_OK;
}

static bool follow_lost_place(const struct ringmap_ring *ring)
{
	return ring->follow.placed && !has_place(ring);
}

static void follow_look(struct ringmap_ring *ring)
{
	look(ring, false);
}

static bool follow_ready(struct ringmap_ring *ring)
{
	struct rm_follow *f = &ring->follow;

	if (f->coarse)
		return true;
	if (!f->placed) {
		rm_scan_run(&f->scan, &ring->map, &ring->layout, f->floor,
			    !f->floor || f->known || clock_went_back(f));
		return f->scan.count;
	}
	struct rm_head head = head_of(ring, f->id);
	if (head.ts != f->fill_ts || (head.commit != f->off && !f->skip))
		return true;
	if (f->ordered) {
		struct rm_head next = head_of(ring, next_id(ring));

		return !rm_order_holds(ring) ||
		       is_next(ring, next_id(ring), &next);
	}
	if (!f->scan.count)
		f->scanned = rm_hole_scan(ring);
	return f->scan.count || (f->known && f->scan.behind);
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
	.look = follow_look,
	.nr_subbufs = rm_ring_mapped_subbufs,
};

/* Goes to the end of the newest fill, past the events that it holds now. */
static void start_at_newest(struct ringmap_ring *ring)
{
	struct rm_follow *f = &ring->follow;

	for (int tries = 0; tries < TRIES; tries++) {
		struct rm_fill fill;

		rm_scan_forget(&f->scan, &ring->map);
		/* The stamps show the newest only if no clock was set back. */
		bool any = f->ordered && rm_order_newest(ring, &fill);
		f->known = any;
		if (!any)
			rm_scan_run(&f->scan, &ring->map, &ring->layout, 0,
				    true);
		while (rm_scan_pop(&f->scan, &fill))
			any = true;
		if (!any)
			return;
		set_place(f, fill);
		struct rm_head head = head_of(ring, f->id);
		if (head.ts != f->fill_ts || !head.commit)
			continue;
		/* A corrupt header is reported by the first borrow. */
		if (head.commit > ring->subbuf_size - ring->layout.data_offset)
			return;
		struct ringmap_page page;
		rm_settle(ring);
		page_up_to(ring, head.commit, &page);
		enum ringmap_status walked = rm_page_finish(&page);
		if (rm_follow_ops.give_back(ring, &page, walked) == RINGMAP_OK)
			return;
	}
	rm_scan_forget(&f->scan, &ring->map);
	f->known = false;
	f->placed = false;
	f->floor = 0;
}

/* Goes to the oldest fill that was not consumed. */
static void start_at_oldest(struct ringmap_ring *ring)
{
	struct rm_follow *f = &ring->follow;
	bool doubtful;

	f->floor = rm_order_passed(ring, &doubtful);
	find_place(ring);
	if (doubtful)
		f->doubt_end = f->scan.newest;
	/* A floor would hide all fills of a clock that is changed now. */
	if (!f->placed)
		f->floor = 0;
}

enum ringmap_status rm_follow_open(struct ringmap_ring *ring, uint32_t start,
				   struct ringmap_error *err)
{
	struct rm_follow *f = &ring->follow;
	struct rm_kernel_stats ks;

	f->unproven = !rm_kernel_stats(ring, &ks);
	if (rm_scan_init(&f->scan, ring->map.nr_subbufs) != RINGMAP_OK)
		return rm_fail(err, RINGMAP_E_NOMEM, 0,
			       "no memory to order %u sub-buffers",
			       ring->map.nr_subbufs);
	f->ordered = rm_order_proven(ring, &f->outside);
	if (start == RINGMAP_START_NEWEST) {
		start_at_newest(ring);
		f->placed = check_facts(ring) == RINGMAP_OK && f->placed;
	} else {
		start_at_oldest(ring);
	}
	f->began_empty = !f->placed;
	return RINGMAP_OK;
}

void rm_follow_close(struct ringmap_ring *ring)
{
	rm_scan_free(&ring->follow.scan);
}
