/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * slice.h - writers at full speed for a short while, and a reader or none
 */
#ifndef SLICE_H
#define SLICE_H

#include "tests/bench/reader.h"

struct slice_opts {
	const struct reader_kind *kind; /* NULL: nobody reads */
	uint64_t interval_us;
	double seconds;
	bool count_syscalls; /* which costs time: not for timing */
};

/* All but the first two are zero when nobody reads. */
struct slice {
	uint64_t written;
	uint64_t writer_ns;
	uint64_t events;  /* read while the writers ran */
	uint64_t wall_ns; /* from their start to the end of the last drain */
	uint64_t cpu_ns;  /* of the reading thread */
	uint64_t syscalls;
	struct reader_account account;
};

/* Empties the ring first. The reader runs on the CPU of the caller. */
void slice_run(struct rm_rig *rig, const struct slice_opts *opts,
	       struct slice *ret);

double slice_writer_rate(const struct slice *slice);

#endif
