/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * plan.c - which scenarios there are, and how long
 */
#include "tests/stress/plan.h"

#include <inttypes.h>

/* A consumer's ring needs no more than this part of the events. */
#define CONSUMER_SHARE 50

static const uint64_t sizes_kb[PLAN_SIZES] = {64, 256, 1024, 4096, 16384};

/* Those that have events set write that many, whatever the caller wants. */
static const struct scenario special[PLAN_SPECIAL] = {
	{.name = "follow-2-writers",
	 .mode = RINGMAP_MODE_FOLLOW,
	 .ring_kb = 256,
	 .observers = 3,
	 .writers = 2},
	{.name = "follow-interrupted",
	 .mode = RINGMAP_MODE_FOLLOW,
	 .ring_kb = 1024,
	 .observers = 3,
	 .writers = 1,
	 .also = "timer"},
	{.name = "follow-64K-stolen",
	 .mode = RINGMAP_MODE_FOLLOW,
	 .ring_kb = 64,
	 .observers = 3,
	 .writers = 1,
	 .competitor = true},
	{.name = "follow-1M-stolen",
	 .mode = RINGMAP_MODE_FOLLOW,
	 .ring_kb = 1024,
	 .observers = 3,
	 .writers = 1,
	 .competitor = true},
	{.name = "follow-reset",
	 .mode = RINGMAP_MODE_FOLLOW,
	 .ring_kb = 1024,
	 .observers = 3,
	 .writers = 1,
	 .events = 5000000,
	 .reset = true},
	{.name = "follow-paced",
	 .mode = RINGMAP_MODE_FOLLOW,
	 .ring_kb = 256,
	 .observers = 3,
	 .writers = 1,
	 .rate = 200000,
	 .events = 200000},
	{.name = "consume-paced",
	 .mode = RINGMAP_MODE_CONSUME,
	 .ring_kb = 256,
	 .observers = 1,
	 .writers = 1,
	 .rate = 200000,
	 .events = 200000},
	{.name = "read-paced",
	 .mode = RINGMAP_MODE_READ,
	 .ring_kb = 256,
	 .observers = 1,
	 .writers = 1,
	 .rate = 200000,
	 .events = 200000},
};

static size_t add_sizes(enum ringmap_mode mode, uint32_t observers,
			struct scenario *ret)
{
	for (size_t i = 0; i < PLAN_SIZES; i++) {
		ret[i] = (struct scenario){.mode = mode,
					   .ring_kb = sizes_kb[i],
					   .observers = observers,
					   .writers = 1};
		snprintf(ret[i].name, sizeof(ret[i].name), "%s-%" PRIu64 "K-%u",
			 ringmap_mode_name(mode), sizes_kb[i], observers);
	}
	return PLAN_SIZES;
}

static bool shares(const struct scenario *scenario)
{
	return scenario->mode == RINGMAP_MODE_FOLLOW && !scenario->events;
}

void plan_scenarios(uint64_t events, struct scenario *ret)
{
	uint64_t sharers = 0;
	size_t count = 0;

	count += add_sizes(RINGMAP_MODE_FOLLOW, 1, &ret[count]);
	count += add_sizes(RINGMAP_MODE_FOLLOW, 3, &ret[count]);
	count += add_sizes(RINGMAP_MODE_CONSUME, 1, &ret[count]);
	count += add_sizes(RINGMAP_MODE_READ, 1, &ret[count]);
	for (size_t i = 0; i < PLAN_SPECIAL; i++)
		ret[count++] = special[i];
	for (size_t i = 0; i < PLAN_SCENARIOS; i++)
		sharers += shares(&ret[i]);
	for (size_t i = 0; i < PLAN_SCENARIOS; i++) {
		struct scenario *scenario = &ret[i];

		/* Rounded up, to a number that all writers can share. */
		if (shares(scenario))
			scenario->events = (events / sharers + RM_RIG_WRITERS) /
					   RM_RIG_WRITERS * RM_RIG_WRITERS;
		else if (!scenario->events)
			scenario->events = events / CONSUMER_SHARE + 1;
	}
}
