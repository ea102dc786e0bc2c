/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * live.h - the parts of the live benchmark
 *
 * Each part measures in rounds that go through all it compares, one after the
 * other, so that what changes on the machine meanwhile meets all of them.
 */
#ifndef LIVE_H
#define LIVE_H

#include "tests/bench/report.h"
#include "tests/support/rig.h"

struct live_opts {
	uint32_t writer_cpu;
	double seconds;        /* of a slice in which reading is timed */
	double writer_seconds; /* of one in which writing is */
	unsigned int rounds;
	unsigned int pairs;    /* of slices, without reader and with, a round */
	uint64_t live_ring_kb; /* so large that readers keep up */
	uint64_t drain_ring_kb; /* so large that no cache holds it */
};

/* live/<mode>/<interval>/…: what reading costs */
void live_cost(const struct live_opts *opts, struct rm_rig *rig,
	       struct report *report);

/* writer/<mode>/…: what being read costs the writer */
void live_writer(const struct live_opts *opts, struct rm_rig *rig,
		 struct report *report);

/* drain/<way>/…: how fast a ring that stands still is read */
void live_drain(const struct live_opts *opts, struct rm_rig *rig,
		struct report *report);

#endif
