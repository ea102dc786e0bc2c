/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * live_drain.c - how fast a ring that stands still is read
 */
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "tests/bench/live.h"
#include "tests/bench/reader.h"

/*
 * These leave the ring as it is. One that consumes comes after them, on the
 * same events: so all must read the same, and that is checked.
 */
static const struct {
	const char *name;
	const struct reader_kind *kind;
} ways[] = {
	{"ringmap_next", &reader_follow},
	{"ringmap_index", &reader_follow_index},
	{"kbuffer_mapped", &reader_kbuffer_mapped},
};
#define WAYS (sizeof(ways) / sizeof(*ways))

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Setting up a map costs time too, but once and not for each event. */
static struct tally drain(const struct rm_rig *rig, const char *name,
			  const struct reader_kind *kind, struct report *report)
{
	atomic_bool never = false;
	struct tally tally = {0};
	uint64_t opening = now_ns(), start, ns;
	void *reader = kind->open(rig, 0);

	start = now_ns();
	kind->drain(reader, &never, &tally);
	ns = now_ns() - start;
	kind->close(reader);
	if (!tally.events)
		errx(1, "drain/%s: there was nothing to read", name);
	report_add(report, "events/s", (double)tally.events * 1e9 / (double)ns,
		   "drain/%s/events_per_s", name);
	report_add(report, "ms", (double)(start - opening) / 1e6,
		   "drain/%s/open_ms", name);
	return tally;
}

static void check_same(const struct tally *tally, const struct tally *first,
		       const char *name)
{
	if (tally->events != first->events || tally->sum != first->sum)
		errx(1,
		     "drain/%s read %" PRIu64 " events with the sum %#" PRIx64
		     ", others %" PRIu64 " with %#" PRIx64,
		     name, tally->events, tally->sum, first->events,
		     first->sum);
}

/* More than it holds, so that it is full and all of it was used. */
static void fill(const struct live_opts *opts, struct rm_rig *rig)
{
	uint64_t bytes = opts->drain_ring_kb * 1024;

	rm_rig_reset(rig);
	rm_rig_go(rig, bytes / sizeof(struct rm_load_event));
	rm_rig_wait(rig);
}

void live_drain(const struct live_opts *opts, struct rm_rig *rig,
		struct report *report)
{
	for (unsigned int round = 0; round < opts->rounds; round++) {
		struct tally first = {0}, tally;

		fprintf(stderr, "draining: round %u of %u\n", round + 1,
			opts->rounds);
		fill(opts, rig);
		for (size_t i = 0; i < WAYS; i++) {
			size_t way = (i + round) % WAYS;

			tally = drain(rig, ways[way].name, ways[way].kind,
				      report);
			if (i == 0)
				first = tally;
			check_same(&tally, &first, ways[way].name);
		}
		tally = drain(rig, "kbuffer", &reader_kbuffer, report);
		check_same(&tally, &first, "kbuffer");
	}
	report_add(report, "MB", (double)opts->drain_ring_kb / 1024,
		   "drain/ring_mb");
}
