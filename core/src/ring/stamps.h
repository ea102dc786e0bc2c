/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * stamps.h - converts the stamps in sub-buffers to those that are handed out
 *
 * A file may say how far the clock of a guest was from that of its host, that
 * the clock counts cycles of a known length, and how far it was from another
 * clock. The conversions are applied in this order. Stamps of live rings are
 * not converted.
 */
#ifndef RM_STAMPS_H
#define RM_STAMPS_H

#include "base/wide.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The distance of a guest's clock to its host's, measured at one moment. */
struct rm_clock_sample {
	uint64_t time;     /* of the guest */
	int64_t offset;    /* what is added to get the host's time */
	uint64_t scaling;  /* host's ticks = guest's * scaling >> fraction */
	uint32_t fraction; /* < 64 */
};

/* The samples of one CPU: all times differ, and ascend. */
struct rm_clock_samples {
	struct rm_clock_sample *samples;
	size_t count;
};

struct rm_time_shift {
	bool interpolate; /* between two samples, instead of steps */
	struct rm_clock_samples *cpus;
	size_t nr_cpus;
};

struct rm_stamps {
	uint64_t offset; /* added last, modulo 2^64 */
	uint32_t mult;   /* ns = cycles * mult >> shift; 0: no conversion */
	uint32_t shift;
	struct rm_time_shift *guest; /* NULL: not the clock of a guest */
};

/* Returns the host's time of the time @ts of a guest's CPU. */
uint64_t rm_time_shift(const struct rm_time_shift *shift, uint32_t cpu,
		       uint64_t ts);
void rm_time_shift_free(struct rm_time_shift *shift);

static inline bool rm_stamps_plain(const struct rm_stamps *s)
{
	return !s->offset && !s->mult && !s->guest;
}

/*
 * Does the first conversion. Only this one depends on the CPU, so stamps of
 * different CPUs can be compared only after it.
 */
static inline uint64_t rm_stamp_shifted(const struct rm_stamps *s, uint32_t cpu,
					uint64_t ts)
{
	return s->guest ? rm_time_shift(s->guest, cpu, ts) : ts;
}

/* Does the other conversions. */
static inline uint64_t rm_stamp_scaled(const struct rm_stamps *s, uint64_t ts)
{
	if (s->mult)
		ts = rm_wide_shift(rm_wide_mul(ts, s->mult), s->shift);
	return ts + s->offset;
}

/* Does all of them. */
static inline uint64_t rm_stamp(const struct rm_stamps *s, uint32_t cpu,
				uint64_t ts)
{
	return rm_stamp_scaled(s, rm_stamp_shifted(s, cpu, ts));
}

#endif
