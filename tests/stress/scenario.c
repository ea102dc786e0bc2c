/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * scenario.c - writers, observers, and what they came to
 */
#include "tests/stress/scenario.h"

#include <time.h>

#include "tests/stress/observer.h"
#include "tests/support/rig.h"

#define CPUS 64

/* While the writers run the ring is emptied so often, this far apart. */
#define RESETS 5
static const struct timespec reset_every = {.tv_nsec = 50 * 1000 * 1000};

static enum ringmap_mode mode_of(const struct scenario *scenario, uint32_t i)
{
	if (scenario->competitor && i == scenario->observers - 1)
		return RINGMAP_MODE_READ;
	return scenario->mode;
}

static void open_all(const struct scenario *scenario, const struct rm_rig *rig,
		     struct observer *observers)
{
	bool exact = scenario->writers == 1 && !scenario->also;

	for (uint32_t i = 0; i < scenario->observers; i++)
		observer_open(&observers[i], rig, mode_of(scenario, i),
			      i % PACE_COUNT, scenario->events, exact);
}

/* Readers share the CPUs that the writers leave. */
static void start_all(const struct scenario *scenario, const uint32_t *cpus,
		      uint32_t cpu_count, struct observer *observers,
		      const atomic_bool *done)
{
	for (uint32_t i = 0; i < scenario->observers; i++)
		observer_start(&observers[i], cpus[1 + i % (cpu_count - 1)],
			       done);
}

static uint64_t write_all(const struct scenario *scenario, struct rm_rig *rig)
{
	rm_rig_go(rig, scenario->events / scenario->writers);
	for (int i = 0; scenario->reset && i < RESETS; i++) {
		nanosleep(&reset_every, NULL);
		rm_rig_reset(rig);
	}
	return rm_rig_wait(rig).written;
}

static struct outcome conclude(const struct scenario *scenario,
			       const struct observer *observer, uint32_t i,
			       uint64_t written, const struct rm_rig *rig)
{
	struct rm_rig_counts counts = rm_rig_counts(rig, rig->cpu);

	return (struct outcome){
		.scenario = scenario->name,
		.ring_kb = scenario->ring_kb,
		.mode = mode_of(scenario, i),
		.observers = scenario->observers,
		.observer = i,
		.written = written,
		.others = observer->others,
		.kernel = counts.unread + counts.overrun + counts.read,
		/* All was drained: what is still there will stay there. */
		.mislaid = mode_of(scenario, i) == RINGMAP_MODE_FOLLOW
				   ? 0
				   : counts.unread,
		.broken = observer->broken,
		.outside = observer->notes.outside,
		.corrupt = observer->corrupt,
		.findings = observer->witness.findings,
		.stats = observer->stats,
		.reset = scenario->reset,
		.others_allowed = scenario->also != NULL,
	};
}

void scenario_run(const struct scenario *scenario, struct outcome *ret)
{
	struct observer observers[SCENARIO_OBSERVERS];
	struct rm_rig rig;
	struct rm_rig_opts opts = {
		.writers = scenario->writers,
		.rate = scenario->rate,
		.ring_kb = scenario->ring_kb,
		.also = scenario->also,
		.only_numbered = 1,
	};
	uint32_t cpus[CPUS];
	uint32_t cpu_count = rm_rig_cpus(cpus, CPUS);
	atomic_bool done = false;
	uint64_t written;

	opts.cpu = cpus[0];
	rm_rig_open(&rig, &opts);
	open_all(scenario, &rig, observers);
	start_all(scenario, cpus, cpu_count, observers, &done);
	written = write_all(scenario, &rig);
	atomic_store(&done, true);
	for (uint32_t i = 0; i < scenario->observers; i++)
		observer_join(&observers[i]);
	for (uint32_t i = 0; i < scenario->observers; i++)
		ret[i] = conclude(scenario, &observers[i], i, written, &rig);
	for (uint32_t i = 0; i < scenario->observers; i++)
		observer_close(&observers[i]);
	rm_rig_close(&rig);
}
