/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * settle.c - waits for stores that the kernel does not order before a commit
 *
 * Some CPUs let other CPUs see their stores in another order (arm64, POWER,
 * RISC-V). Three places of kernel/trace/ring_buffer.c lack the barrier that
 * follow mode needs there; tests/litmus has a test of each:
 *
 * - rb_set_commit_to_write() closes the sub-buffers that interrupts filled
 *   without a barrier of its own (late_bytes, late_leave). A full commit may be
 *   seen before the bytes below it, and before that of an earlier sub-buffer.
 * - Its second loop first executes its barrier, then reads the write index that
 *   it publishes. An interrupt may write events in between
 *   (interrupted_publish): the bytes below the newest commit may be missing.
 * - ring_buffer_map_get_reader() shortens a commit and stores a count of lost
 *   events over the padding behind it, which a follower may decode before it
 *   can see the shorter commit (loss_stamp).
 *
 * A commit that leaves room for an event was stored by the second loop, after
 * a barrier. Once it is seen, all fills before it are final and their bytes are
 * there (late_open_next); a full commit, of whatever later fill, proves nothing
 * (late_leave_second_next). A consumer shortens a commit too, but it empties
 * the reader sub-buffer first, which is checked after the commit was seen; the
 * same check shows that no count was stored (loss_stamp_outsider).
 *
 * Where there is no such proof, rm_settle() waits and looks again: for the
 * newest events, and for everything while somebody consumes. A snapshot does
 * the same. No architecture says how long a store may take to become visible.
 * CPUs need less than a microsecond, because a store that is due waits for
 * nothing but its cache line.
 *
 * One gap is left: if interrupts fill a whole sub-buffer between reserving its
 * first event and storing its stamp, the stamp may be seen after the commit
 * (reuse_late_stamp). Only a barrier in the kernel closes it.
 */
#include "ring/settle.h"

#include "ring/order.h"

enum {
	SETTLE_NS = 20 * 1000,
};

/* Total store order; also what the z/Architecture guarantees. */
#if defined(__x86_64__) || defined(__i386__) || defined(__s390x__)
#define STORES_IN_ORDER true
#else
#define STORES_IN_ORDER false
#endif

static void wait_for_stores(struct ringmap_ring *ring)
{
	uint64_t end = rm_now_ns() + SETTLE_NS;

	(void)ring;
	while (rm_now_ns() < end)
		;
	/* Orders the loads that follow after the wait; pairs with the stores of
	 * the kernel that the head of this file lists. */
	rm_map_read_fence();
}

void rm_settle_init(struct ringmap_ring *ring)
{
	ring->follow.settle = STORES_IN_ORDER ? NULL : wait_for_stores;
	ring->follow.settled = 0;
}

static bool has_room(const struct ringmap_ring *ring, uint32_t commit)
{
	uint32_t capacity = ring->subbuf_size - ring->layout.data_offset;

	return commit <= capacity && capacity - commit >= RM_EVENT_MIN;
}

/*
 * Steps through the fills after ours, to the first that proves what is before
 * it or else to the newest. True if it is proven. @ret: the stamp of the fill.
 */
static bool step_to_proof(const struct ringmap_ring *ring, uint64_t *ret)
{
	const struct rm_follow *f = &ring->follow;
	uint32_t id = f->id;

	*ret = f->fill_ts;
	for (uint32_t i = 1; i < ring->map.nr_subbufs; i++) {
		id = rm_order_next(&ring->map, id);
		struct rm_head head =
			rm_map_head(&ring->map, &ring->layout, id);

		if (!head.commit || head.ts <= *ret)
			return false;
		*ret = head.ts;
		if (has_room(ring, head.commit))
			return rm_order_untouched(ring);
	}
	return false;
}

void rm_settle_fill(struct ringmap_ring *ring)
{
	struct rm_follow *f = &ring->follow;
	uint64_t last = f->fill_ts;
	bool proven = false;

	/* Once the clock went back, an older fill may have a newer stamp. */
	if (f->stepped)
		proven = false;
	else if (f->ordered)
		proven = step_to_proof(ring, &last);
	else if (f->scan.newest > last)
		last = f->scan.newest;
	if (!proven)
		f->settle(ring);
	/* That fill itself may still grow. */
	f->settled = last;
}

bool rm_settle_intact(struct ringmap_ring *ring, uint32_t id, uint64_t ts,
		      uint32_t end)
{
	/* Only padding is stored over, and it reaches to the end. */
	if (!ring->follow.settle || has_room(ring, end))
		return true;
	if (id != 0 && rm_order_untouched(ring))
		return true;
	rm_settle_all(ring);
	return rm_map_intact(&ring->map, &ring->layout, id, ts, end);
}
