/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * live_writer.c - what being read costs the writer
 */
#include <stdio.h>

#include "tests/bench/live.h"
#include "tests/bench/slice.h"

#define INTERVAL_US 10000

static const struct reader_kind *const consumers[] = {
	&reader_consume, &reader_read, &reader_kbuffer};

static double measure(const struct live_opts *opts, struct rm_rig *rig,
		      const struct reader_kind *kind, struct report *report)
{
	struct slice_opts slice_opts = {.kind = kind,
					.interval_us = INTERVAL_US,
					.seconds = opts->writer_seconds};
	struct slice slice;
	double rate;

	slice_run(rig, &slice_opts, &slice);
	rate = slice_writer_rate(&slice);
	report_add(report, "events/s", rate, "writer/%s/events_per_s",
		   kind ? kind->name : "none");
	return rate;
}

/*
 * A follower costs the writer so little that the machine's own moods are
 * larger: only neighbours in time are compared, each first as often as the
 * other.
 */
static void compare(const struct live_opts *opts, struct rm_rig *rig,
		    bool follower_first, struct report *report)
{
	double with = 0, without;

	if (follower_first)
		with = measure(opts, rig, &reader_follow, report);
	without = measure(opts, rig, NULL, report);
	if (!follower_first)
		with = measure(opts, rig, &reader_follow, report);
	report_add(report, "ratio", with / without,
		   "writer/follow/ratio_to_none");
}

void live_writer(const struct live_opts *opts, struct rm_rig *rig,
		 struct report *report)
{
	for (unsigned int round = 0; round < opts->rounds; round++) {
		fprintf(stderr, "cost to the writer: round %u of %u\n",
			round + 1, opts->rounds);
		for (unsigned int pair = 0; pair < opts->pairs; pair++)
			compare(opts, rig, pair % 2, report);
		for (size_t i = 0; i < sizeof(consumers) / sizeof(*consumers);
		     i++)
			measure(opts, rig, consumers[i], report);
	}
}
