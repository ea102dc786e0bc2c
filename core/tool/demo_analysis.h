/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * demo_analysis.h - what the demo learns from events: counts, CPU time of
 * tasks, and how long they waited for a CPU after they were woken
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
	/* The first: less than 1 us. Each further: less than twice as much. */
	DEMO_BUCKETS = 24
};

struct demo_task {
	int32_t pid;
	bool used;
	bool woken; /* and not yet running */
	char name[DEMO_NAME];
	uint64_t woken_at;
	uint64_t ran_ns;
	uint64_t switches; /* onto a CPU */
};

/* Who is on a CPU, once an event was seen there. */
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
	struct demo_task *tasks; /* open addressing; a power of two */
	size_t task_room;
	size_t nr_tasks;
	struct demo_cpu *cpus;
	size_t nr_cpus;
};

/* NULL without memory. @formats must stay. */
struct demo_analysis *demo_analysis_new(const struct demo_formats *formats,
					bool big_endian);
void demo_analysis_free(struct demo_analysis *a);

/*
 * Gives names to tasks that no event named, from a file like saved_cmdlines,
 * if there is one.
 */
void demo_analysis_name(struct demo_analysis *a, const char *file);

/* Events in time order. Returns 0, or ENOMEM. */
int demo_analysis_add(struct demo_analysis *a,
		      const struct ringmap_event *event);

/* After the last event: those who run now ran until it. Returns as add. */
int demo_analysis_finish(struct demo_analysis *a);

/* From the first event to the last. */
uint64_t demo_analysis_duration(const struct demo_analysis *a);

/* Smallest bound, in us, below which this share of the latencies lies. */
uint64_t demo_analysis_within(const struct demo_analysis *a, double share);

#endif
