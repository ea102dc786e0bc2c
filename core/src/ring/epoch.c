/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * epoch.c - decides whether the kernel's counts continue those seen before
 *
 * A reset empties the ring and zeroes all counts (rb_reset_cpu()). It comes from
 * outside: by opening "trace" of the instance or of the CPU with O_TRUNC, or by
 * a change of trace_clock. Four things show it:
 *
 * - A count went back, or is lower than what we know to have been written,
 *   overwritten or read.
 * - The meta page, which is only written by GET_READER and by a reset.
 * - The marks: the time at which those files were last truncated. They remain
 *   when the counts have passed those from before the reset. The kernel sets
 *   them after it emptied the ring, when the counts are still low.
 * - For a follower, the place: a reset zeroes every commit, so as long as our
 *   fill is intact there was none. So it looks only when it lost the place.
 *
 * All modes use this. Whoever finds a new epoch reports a gap of unknown size
 * and calls rm_account_reset().
 */
#define _GNU_SOURCE
#include "ring/epoch.h"

#include "ring/ring.h"

#include <string.h>
#include <time.h>

enum {
	NS_PER_S = 1000 * 1000 * 1000,
	/* A mark that is not later than this belongs to the reset that was
	 * noticed by its counts. */
	MARK_DELAY_NS = 50 * 1000 * 1000,
};

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static bool read_marks(const struct ringmap_ring *ring,
		       struct rm_source_marks *ret)
{
	return ring->source.ops &&
	       ring->source.ops->marks(ring->source.ctx, ret) == 0;
}

static bool same_marks(const struct rm_source_marks *a,
		       const struct rm_source_marks *b)
{
	return a->ring == b->ring && a->instance == b->instance &&
	       a->clock == b->clock;
}

static uint64_t newest_mark(const struct rm_source_marks *marks)
{
	uint64_t newest =
		marks->ring > marks->instance ? marks->ring : marks->instance;

	return marks->clock > newest ? marks->clock : newest;
}

/*
 * Two truncations within one tick of the clock of files leave the same mark. So
 * marks of the present tick are read again when the next one has begun.
 */
static bool read_old_marks(const struct ringmap_ring *ring,
			   struct rm_source_marks *ret)
{
	struct timespec tick;

	clock_getres(CLOCK_REALTIME_COARSE, &tick);
	while (read_marks(ring, ret)) {
		uint64_t now = clock_ns(CLOCK_REALTIME_COARSE);
		uint64_t mark = newest_mark(ret);

		if (mark < now || mark - now > NS_PER_S)
			return true;
		nanosleep(&tick, NULL);
	}
	return false;
}

/* The count in the meta page; 0 if there is none. */
static uint64_t meta_entries(const struct ringmap_ring *ring)
{
	struct rm_meta meta;

	if (!ring->map.addr ||
	    rm_map_meta(&ring->map, &ring->layout, &meta, NULL) != RINGMAP_OK)
		return 0;
	return meta.entries;
}

void rm_epoch_open(struct ringmap_ring *ring)
{
	struct rm_epoch *e = &ring->epoch;

	e->marked = read_old_marks(ring, &e->marks);
	e->meta_entries = meta_entries(ring);
	e->counted = rm_kernel_stats(ring, &e->counts);
	if (!e->counted)
		e->counts = (struct rm_kernel_stats){0};
}

/*
 * The lines of stats are counted one after the other. So the sum may be too
 * large while others consume, but overrun and read are each exact.
 */
static bool went_back(const struct ringmap_ring *ring,
		      const struct rm_kernel_stats *now, struct rm_least least)
{
	const struct rm_account *a = &ring->account;
	const struct rm_kernel_stats *seen = &ring->epoch.counts;

	if (now->overrun < seen->overrun || now->read < seen->read ||
	    now->read < least.read)
		return true;
	if (now->entries < a->since ||
	    now->entries < seen->overrun + seen->read)
		return true;
	return a->read_known && now->read == a->read_base &&
	       now->overrun + now->read < least.gone;
}

/*
 * True if the marks show a reset that was not noticed before. One that was
 * noticed by its counts may have got its mark since.
 */
static bool marks_moved(struct rm_epoch *e, const struct rm_source_marks *now)
{
	bool moved = !same_marks(now, &e->marks);
	bool late = e->noticed && newest_mark(now) < e->noticed + MARK_DELAY_NS;

	if (moved)
		e->noticed = 0;
	e->marks = *now;
	return moved && !late;
}

enum rm_continuity rm_epoch_look(struct ringmap_ring *ring,
				 struct rm_least least)
{
	struct rm_epoch *e = &ring->epoch;
	struct rm_kernel_stats now;
	struct rm_source_marks marks;
	uint64_t meta = meta_entries(ring);
	bool back = meta < e->meta_entries;
	/* Neither a reset nor GET_READER wrote to the meta page. */
	bool unchanged = meta && meta == e->meta_entries;

	e->meta_entries = meta;
	e->counted = rm_kernel_stats(ring, &now);
	if (e->counted) {
		back = went_back(ring, &now, least) || back;
		e->counts = now;
	}
	/* The marks are read last: those of a later reset are later, too. */
	bool compared = read_marks(ring, &marks) && e->marked;
	bool moved = compared && marks_moved(e, &marks);
	if (back && !moved)
		e->noticed = clock_ns(CLOCK_REALTIME);
	if (back || moved)
		return RM_NEW_EPOCH;
	return compared || unchanged ? RM_SAME_EPOCH : RM_ANY_EPOCH;
}

void rm_epoch_found(struct ringmap_ring *ring)
{
	struct rm_epoch *e = &ring->epoch;
	struct rm_source_marks marks;

	e->counts = (struct rm_kernel_stats){0};
	e->meta_entries = meta_entries(ring);
	if (read_marks(ring, &marks) && !marks_moved(e, &marks))
		e->noticed = clock_ns(CLOCK_REALTIME);
}

bool rm_epoch_due(struct ringmap_ring *ring)
{
	uint64_t tick = clock_ns(CLOCK_MONOTONIC_COARSE);

	if (!ring->drained && tick == ring->epoch.tick)
		return false;
	ring->epoch.tick = tick;
	return true;
}
