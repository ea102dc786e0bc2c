/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * time_shift.c - converts the time of a guest to that of its host
 *
 * The distance of the clocks was measured several times while the guest was
 * traced. Between two samples it is that of the first, or is interpolated; before
 * the first and after the last it follows the two that are nearest. The rounding
 * is trace-cmd's, whose report of the same file has the same stamps. Products
 * have 128 bits here, so that no time and no scaling of a processor overflows.
 */
#include "ring/stamps.h"

#include <stdlib.h>

/* Returns the sample at or before @ts, but never the last one. */
static const struct rm_clock_sample *before(const struct rm_clock_samples *c,
					    uint64_t ts)
{
	size_t low = 0;
	size_t high = c->count - 2;

	/* The result is in low to high. */
	while (low < high) {
		size_t middle = high - (high - low) / 2;

		if (c->samples[middle].time <= ts)
			low = middle;
		else
			high = middle - 1;
	}
	return &c->samples[low];
}

static int64_t offset_at(const struct rm_clock_sample *from,
			 const struct rm_clock_sample *to, uint64_t ts)
{
	uint64_t length = to->time - from->time;
	uint64_t half = length / 2;
	bool back = ts < from->time;
	bool shrinks = to->offset < from->offset;
	uint64_t passed = back ? from->time - ts : ts - from->time;
	uint64_t change = (uint64_t)to->offset - (uint64_t)from->offset;
	/* Without its sign. */
	struct rm_wide part = rm_wide_mul(passed, shrinks ? -change : change);
	uint64_t more = 0;

	if (back == shrinks)
		more = rm_wide_div(rm_wide_add(part, half), length);
	else if (part.high || part.low > half)
		more = -rm_wide_div(rm_wide_sub(part, half), length);
	return (int64_t)((uint64_t)from->offset + more);
}

uint64_t rm_time_shift(const struct rm_time_shift *shift, uint32_t cpu,
		       uint64_t ts)
{
	if (cpu >= shift->nr_cpus || !shift->cpus[cpu].count)
		return ts;
	const struct rm_clock_samples *c = &shift->cpus[cpu];
	/* trace-cmd does not scale by a single sample. */
	if (c->count == 1)
		return ts + (uint64_t)c->samples[0].offset;
	const struct rm_clock_sample *from = before(c, ts);
	int64_t offset = shift->interpolate ? offset_at(from, from + 1, ts)
					    : from->offset;

	ts = rm_wide_shift(rm_wide_mul(ts, from->scaling), from->fraction);
	return ts + (uint64_t)offset;
}

void rm_time_shift_free(struct rm_time_shift *shift)
{
	for (size_t i = 0; shift && i < shift->nr_cpus; i++)
		free(shift->cpus[i].samples);
	if (shift)
		free(shift->cpus);
	free(shift);
}
