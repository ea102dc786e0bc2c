/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * demo_analysis.h - event counts, CPU time of tasks and wake-up latency
 */
#ifndef DEMO_ANALYSIS_H
#define DEMO_ANALYSIS_H

#include "core/tool/demo_formats.h"

#include <ringmap/ringmap.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	DEMO_NAME = 16,
	DEMO_IDS = UINT16_MAX + 1,
	/* Bucket n counts latencies below 2^n us; the last has no bound. */
	DEMO_BUCKETS = 24
};

struct demo_task {
	int32_t pid;
	bool used;
	bool woken; /* woken, and not yet running */
	char name[DEMO_NAME];
	uint64_t woken_at;
	uint64_t ran_ns;
	uint64_t switches; /* switches to this task */
};

/* The task that runs on a CPU; valid once an event of the CPU was seen. */
struct demo_cpu {
	bool seen;
	int32_t pid;
	uint64_t since;
};

struct demo_analysis {
	const struct demo_formats *formats;
	bool big_endian;
	uint64_t count[DEMO_IDS];
	uint64_t events;
	uint64_t bytes; /* of payload */
	uint64_t first_ts;
	uint64_t last_ts;
	uint64_t idle_ns;
	uint64_t unseen; /* switches that left no event */
	uint64_t latency[DEMO_BUCKETS];
	uint64_t latencies;
	uint64_t longest_ns;
	struct demo_task
		*tasks; /* open addressing; task_room is a power of two */
	size_t task_room;
	size_t nr_tasks;
	struct demo_cpu *cpus;
	size_t nr_cpus;
};

/* Returns NULL if memory is short. @formats must outlive the analysis. */
struct demo_analysis *demo_analysis_new(const struct demo_formats *formats,
					bool big_endian);
void demo_analysis_free(struct demo_analysis *a);

/*
 * Reads the names of tasks that no event named from @file, which has the layout
 * of saved_cmdlines. Does nothing if @file does not exist.
 */
void demo_analysis_name(struct demo_analysis *a, const char *file);

/* Adds an event; events must come in time order. Returns 0 or ENOMEM. */
int demo_analysis_add(struct demo_analysis *a,
		      const struct ringmap_event *event);

/*
 * Ends the analysis: tasks that still run are charged up to the last event.
 * Returns 0 or ENOMEM.
 */
int demo_analysis_finish(struct demo_analysis *a);

/* Returns the time from the first event to the last, in ns. */
uint64_t demo_analysis_duration(const struct demo_analysis *a);

/* Returns the smallest bucket bound, in us, with this share below it. */
uint64_t demo_analysis_within(const struct demo_analysis *a, double share);

#endif
