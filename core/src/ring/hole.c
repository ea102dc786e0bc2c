/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * hole.c - detects fills that were overwritten after ours without a trace
 *
 * Once somebody consumes, an intact sub-buffer of ours is not proof by itself:
 *
 * - A consumer may have taken it out of the ring, where it stays intact while
 *   the writer goes round and overwrites what came after it.
 * - The writer may have passed the head over it (rb_handle_head_page()) and
 *   not have emptied it yet, while a consumer takes what came after it, and
 *   more: then the sub-buffers that were taken first are emptied before ours.
 *
 * Neither happened if any other sub-buffer holds an older fill. If that one is
 * in the ring, the writer reaches it before ours and before all that came after
 * ours. If it is outside, it was taken last, and so nothing newer was taken.
 *
 * Neither happened either if nothing was overwritten since a moment at which
 * our fill did not exist yet: both begin with the writer passing the head over
 * some sub-buffer, which it counts as overrun first. (It is not enough that
 * ours is the newest in sight: interrupts may have gone round and emptied newer
 * ones before any of their events was published.) Reading the count is a system
 * call, so it is done only while there are no older fills, which means while a
 * consumer keeps up with the writer.
 *
 * The count of events read does not help: the kernel counts the events of a
 * swapped sub-buffer after the swap, with trace_pipe at any time later.
 */
#include "ring/hole.h"

#include "ring/ring.h"

static bool older_is_left(const struct ringmap_ring *ring,
			  const struct rm_fill *from)
{
	const struct rm_follow *f = &ring->follow;

	for (uint32_t id = 0; id < ring->map.nr_subbufs; id++) {
		struct rm_head head =
			rm_map_head(&ring->map, &ring->layout, id);

		bool passed = head.ts == f->scan.passed[id];
		/* After the clock went back, a fill that was passed is older than
		 * ours whatever its stamp. Unless all older ones are passed, it
		 * proves nothing. */
		bool older = f->known ? passed
				      : head.ts < from->ts &&
						!(f->stepped && passed);

		if (id != from->id && head.commit && older)
			return true;
	}
	return false;
}

static bool overrun_now(const struct ringmap_ring *ring, uint64_t *ret)
{
	struct rm_kernel_stats ks;

	if (!rm_kernel_stats(ring, &ks))
		return false;
	*ret = ks.overrun;
	return true;
}

bool rm_hole_behind(const struct ringmap_ring *ring, const struct rm_fill *from)
{
	return !older_is_left(ring, from) && !rm_none_overwritten(ring);
}

/*
 * The same for our fill, using the overrun since a time when it was not there.
 */
static bool hole_behind_ours(struct ringmap_ring *ring)
{
	struct rm_follow *f = &ring->follow;
	const struct rm_fill ours = {f->fill_ts, f->id};
	uint64_t overrun;

	f->counting = !older_is_left(ring, &ours);
	if (!f->counting)
		return false;
	if (!overrun_now(ring, &overrun))
		return true;
	return overrun && !(f->counted && overrun == f->overrun);
}

bool rm_hole_scan(struct ringmap_ring *ring)
{
	struct rm_follow *f = &ring->follow;
	uint64_t overrun = 0;
	bool known = f->counting && overrun_now(ring, &overrun);

	rm_scan_run(&f->scan, &ring->map, &ring->layout, f->floor, false);
	if (f->scan.count) {
		f->doubtful = hole_behind_ours(ring);
		/* The fills found now did not exist at the last scan. */
		f->counted = f->before_known;
		f->overrun = f->before;
	}
	f->before_known = known;
	f->before = overrun;
	return f->scan.count;
}
