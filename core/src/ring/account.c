/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * account.c - counts events and losses, and knows when the counts are certain
 *
 * The kernel counts every event it commits (entries). At a moment when the
 * ring is drained and stands still, the loss is entries minus base minus the
 * events that we handed out, whatever happened in between. At other times the
 * loss is known if every gap that was noticed had its count, and is
 * RINGMAP_LOST_UNKNOWN otherwise.
 */
#include "base/count.h"
#include "base/opts.h"
#include "ring/ring.h"

#include <time.h>

void rm_account_gap(struct ringmap_ring *ring, uint64_t lost)
{
	struct rm_account *a = &ring->account;

	if (!lost)
		return;
	if (!a->pending)
		ring->stats.gaps++;
	uint64_t sum = rm_count_add(a->lost, lost);
	if (sum == RINGMAP_LOST_UNKNOWN)
		a->hole = true;
	else
		a->lost = sum;
	a->pending = rm_count_add(a->pending, lost);
}

void rm_account_page(struct ringmap_ring *ring, const struct ringmap_page *p)
{
	struct rm_account *a = &ring->account;

	a->pending = 0;
	a->since += p->events;
	ring->stats.events += p->events;
	ring->stats.bytes += p->size;
	ring->stats.pages++;
	ring->stats.subbufs += p->flags & RINGMAP_PAGE_FIRST ? 1 : 0;
}

void rm_account_reset(struct ringmap_ring *ring)
{
	struct rm_account *a = &ring->account;

	a->broken = true;
	a->since = 0;
	a->base = 0;
	a->base_known = true;
	a->read_base = 0;
	a->overrun_base = 0;
	a->mislaid = 0;
	ring->stats.resets++;
}

void rm_account_doubt(struct ringmap_ring *ring)
{
	ring->account.broken = true;
}

void rm_account_epoch(struct ringmap_ring *ring, enum rm_continuity found)
{
	if (found == RM_SAME_EPOCH)
		return;
	rm_account_gap(ring, RINGMAP_LOST_UNKNOWN);
	if (found == RM_NEW_EPOCH)
		rm_account_reset(ring);
	else
		rm_account_doubt(ring);
}

bool rm_kernel_stats(const struct ringmap_ring *ring,
		     struct rm_kernel_stats *ret)
{
	return ring->source.ops &&
	       ring->source.ops->stats(ring->source.ctx, ret) == 0;
}

bool rm_none_overwritten(const struct ringmap_ring *ring)
{
	struct rm_kernel_stats ks;

	return rm_kernel_stats(ring, &ks) && !ks.overrun;
}

/*
 * True if nothing is left to read. A follower looks at the map, the other modes
 * borrow once more.
 */
static bool at_rest(struct ringmap_ring *ring, const struct rm_kernel_stats *ks)
{
	if (ring->out || !ring->drained)
		return false;
	if (!ring->ops->consumes)
		return !ring->ops->ready(ring);
	return ks->entries == ks->overrun + ks->read || rm_ring_empty(ring);
}

/*
 * Reads the kernel's counts of a moment at which nothing was left to read. A
 * writer counts an event just before it publishes it, so the counts are trusted
 * only if they stand still for longer than that takes.
 */
static bool settled_stats(struct ringmap_ring *ring,
			  struct rm_kernel_stats *ret)
{
	const struct timespec moment = {.tv_nsec = 100 * 1000};
	struct rm_kernel_stats again;

	if (!rm_kernel_stats(ring, ret) || !at_rest(ring, ret))
		return false;
	nanosleep(&moment, NULL);
	return rm_kernel_stats(ring, &again) && again.entries == ret->entries &&
	       again.overrun == ret->overrun && at_rest(ring, &again);
}

uint64_t rm_account_read(const struct ringmap_ring *ring)
{
	return ring->account.read_base + ring->account.since;
}

/*
 * Notices events that the kernel counts as read, but by another consumer. In
 * read mode they never reach us. Through the map they may: another consumer
 * that calls GET_READER leaves the bytes of the sub-buffer in sight, and the
 * kernel does not say for whom it counted them. So the loss is unknown then. It
 * is unknown, too, if events were overwritten: the kernel reports them once, to
 * the consumer that takes the next sub-buffer.
 */
static void notice_others(struct ringmap_ring *ring)
{
	struct rm_kernel_stats ks;

	/* The events of a page that was found are not counted as ours yet. */
	if (!ring->ops->consumes || ring->out || ring->found ||
	    !ring->account.read_known || !rm_kernel_stats(ring, &ks))
		return;
	uint64_t ours = rm_account_read(ring);
	if (ks.read <= ours)
		return;
	bool certain =
		!ring->map.addr && ks.overrun == ring->account.overrun_base;
	rm_account_gap(ring, certain ? ks.read - ours : RINGMAP_LOST_UNKNOWN);
	ring->account.read_base += ks.read - ours;
}

void rm_account_open(struct ringmap_ring *ring)
{
	rm_epoch_open(ring);
	if (!ring->epoch.counted)
		return;
	const struct rm_kernel_stats ks = ring->epoch.counts;
	/* If nothing was ever written, all events come after our start, and
	 * those missing when the ring is at rest are lost, noticed or not. */
	ring->account.base_known = !ks.entries;
	ring->account.derived = !ks.entries;
	ring->account.read_known = true;
	ring->account.read_base = ks.read;
	ring->account.overrun_base = ks.overrun;
}

/*
 * rb_get_reader_page() compares the read position with the commit before it
 * checks whether the writer is still on the sub-buffer. If the writer commits
 * events in between and then moves on, they are swapped away unread: the kernel
 * counts them as unread for ever, and no consumer receives them.
 */
static void notice_mislaid(struct ringmap_ring *ring,
			   const struct rm_kernel_stats *ks)
{
	struct rm_account *a = &ring->account;
	uint64_t unread = ks->entries - ks->overrun - ks->read;

	if (!ring->ops->consumes || unread == a->mislaid)
		return;
	if (unread > a->mislaid)
		rm_account_gap(ring, unread - a->mislaid);
	else
		a->lost -= a->mislaid - unread;
	a->mislaid = unread;
}

/*
 * Called at rest, when the kernel counts @lost events that were not handed out,
 * which is more than the gaps that were noticed. Some may lie where we do not
 * see them. But an event whose write was interrupted for longer than
 * settled_stats() waits is counted, too, and is only not there yet. True while
 * that is possible: it is there before any newer event is, so what is missing
 * after newer events came is lost.
 */
static bool may_be_late(struct rm_account *a, uint64_t lost)
{
	if (!a->surplus || lost > a->surplus) {
		a->surplus = lost;
		a->surplus_since = a->since;
	}
	return a->surplus_since == a->since;
}

/*
 * Settles the account if the ring is at rest. Until the first gap of unknown
 * size the loss is certain, and base follows from it; from then on the loss
 * follows from base. A write that was interrupted for long makes either result
 * too large, so both are computed again at each rest. If base seems to grow,
 * events were lost at no gap that was noticed.
 */
static void settle(struct ringmap_ring *ring)
{
	struct rm_account *a = &ring->account;
	struct rm_kernel_stats ks;

	if (a->broken || !settled_stats(ring, &ks))
		return;
	notice_mislaid(ring, &ks);
	bool from_base = a->hole || a->derived;
	if (ks.entries < a->since || (from_base && !a->base_known))
		return;
	uint64_t missing = ks.entries - a->since; /* base and lost */
	uint64_t base = from_base ? missing : missing - a->lost;
	if (base > missing)
		return;
	if (!a->base_known || base < a->base)
		a->base = base;
	a->base_known = true;
	uint64_t lost = missing - a->base;
	if (!a->hole && lost > a->lost && may_be_late(a, lost))
		return;
	a->derived = from_base || lost > a->lost;
	a->surplus = 0;
	a->lost = lost;
	a->hole = false;
}

/* The loss is unknown, too, if a follower was lapped and has not looked yet. */
static bool loss_is_known(const struct ringmap_ring *ring)
{
	const struct rm_account *a = &ring->account;

	if (a->hole || a->broken || a->overwritten || a->surplus)
		return false;
	return !ring->ops->lost_place || !ring->ops->lost_place(ring);
}

enum ringmap_status ringmap_ring_stats(struct ringmap_ring *ring,
				       struct ringmap_ring_stats *ret,
				       size_t sz)
{
	if (!ring || !ret || !sz)
		return RINGMAP_E_INVAL;
	if (!rm_ring_here(ring))
		return rm_ring_forked(ring);
	if (ring->ops->look && !ring->out)
		ring->ops->look(ring);
	notice_others(ring);
	settle(ring);
	struct ringmap_ring_stats now = ring->stats;
	struct rm_kernel_stats ks;

	now.lost =
		loss_is_known(ring) ? ring->account.lost : RINGMAP_LOST_UNKNOWN;
	bool known = rm_kernel_stats(ring, &ks);
	now.kernel_entries = known ? ks.entries : RINGMAP_LOST_UNKNOWN;
	now.kernel_overrun = known ? ks.overrun : RINGMAP_LOST_UNKNOWN;
	now.kernel_read = known ? ks.read : RINGMAP_LOST_UNKNOWN;
	now.kernel_dropped = known ? ks.dropped : RINGMAP_LOST_UNKNOWN;
	rm_give(ret, sz, &now, sizeof(now));
	return RINGMAP_OK;
}
