/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * live_cost.c - what reading costs, in each mode, at each interval
 */
#include <stdio.h>

#include "tests/bench/live.h"
#include "tests/bench/slice.h"

static const struct reader_kind *const kinds[] = {
	&reader_follow, &reader_consume, &reader_read, &reader_kbuffer,
	&reader_tracefs};
#define KINDS (sizeof(kinds) / sizeof(*kinds))

static const struct {
	const char *name;
	uint64_t us;
} intervals[] = {{"1ms", 1000}, {"10ms", 10000}};
#define INTERVALS (sizeof(intervals) / sizeof(*intervals))

/* Sub-buffers that the events would fill. */
static double subbufs(uint64_t events)
{
	return (double)events / (double)reader_subbuf_events();
}

/* A slice so disturbed that nothing was read has no costs to tell. */
static void add_timing(struct report *report, const char *mode,
		       const char *interval, const struct slice *slice)
{
	uint64_t events = slice->events ? slice->events : 1;

	report_add(report, "ns", (double)slice->cpu_ns / (double)events,
		   "live/%s/%s/cpu_ns_per_event", mode, interval);
	report_add(report, "events/s",
		   (double)slice->events * 1e9 / (double)slice->wall_ns,
		   "live/%s/%s/events_per_s", mode, interval);
	if (slice->account.lost != RINGMAP_LOST_UNKNOWN)
		report_add(report, "events", (double)slice->account.lost,
			   "live/%s/%s/lost", mode, interval);
}

static void measure(const struct live_opts *opts, struct rm_rig *rig,
		    const struct reader_kind *kind, size_t interval,
		    struct report *report)
{
	struct slice_opts timed = {.kind = kind,
				   .interval_us = intervals[interval].us,
				   .seconds = opts->seconds};
	struct slice_opts counted = timed;
	struct slice slice;
	double calls;

	slice_run(rig, &timed, &slice);
	add_timing(report, kind->name, intervals[interval].name, &slice);
	counted.count_syscalls = true;
	counted.seconds = opts->seconds / 4;
	slice_run(rig, &counted, &slice);
	calls = (double)slice.syscalls - (double)slice.account.sleeps;
	report_add(report, "calls",
		   calls / subbufs(slice.events ? slice.events : 1),
		   "live/%s/%s/syscalls_per_subbuf", kind->name,
		   intervals[interval].name);
}

void live_cost(const struct live_opts *opts, struct rm_rig *rig,
	       struct report *report)
{
	for (size_t i = 0; i < KINDS; i++)
		if (kinds[i]->missing())
			fprintf(stderr, "live/%s is left out: %s\n",
				kinds[i]->name, kinds[i]->missing());
	for (unsigned int round = 0; round < opts->rounds; round++) {
		fprintf(stderr, "cost of reading: round %u of %u\n", round + 1,
			opts->rounds);
		for (size_t interval = 0; interval < INTERVALS; interval++)
			for (size_t i = 0; i < KINDS; i++)
				if (!kinds[i]->missing())
					measure(opts, rig, kinds[i], interval,
						report);
	}
}
