/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * schema.c - how long it takes until the kernel's formats are known
 *
 *	schema [--json FILE] [--smoke]
 *
 * Three named events, and everything, beside libtracefs; each in turn, so that
 * all meet the same machine.
 */
#include <err.h>
#include <getopt.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <ringmap/ringmap.h>
#include <tracefs.h>

#include "tests/bench/report.h"

#define RUNS 9
#define SMOKE_RUNS 1

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static struct ringmap_schema *open_schema(void)
{
	struct ringmap_schema *schema;
	struct ringmap_error error;

	if (ringmap_schema_open(NULL, &schema, &error))
		errx(1, "%s", error.text);
	return schema;
}

static void ringmap_named3(void)
{
	static const char *const names[] = {
		"sched:sched_switch", "sched_wakeup", "irq:irq_handler_entry"};
	struct ringmap_schema *schema = open_schema();
	const struct ringmap_format *format;
	struct ringmap_error error;

	for (size_t i = 0; i < 3; i++) {
		if (ringmap_schema_format(schema, names[i], &format, &error))
			errx(1, "%s", error.text);
	}
	ringmap_schema_unref(schema);
}

static void ringmap_all(void)
{
	struct ringmap_schema *schema = open_schema();
	struct ringmap_error error;
	size_t count;

	if (ringmap_schema_load(schema, &count, &error))
		errx(1, "%s", error.text);
	ringmap_schema_unref(schema);
}

/* The least that libtracefs can load is the systems of the three. */
static void libtracefs_named3(void)
{
	const char *const systems[] = {"sched", "irq", NULL};
	struct tep_handle *tep = tracefs_local_events_system(NULL, systems);

	if (!tep)
		err(1, "tracefs_local_events_system");
	tep_free(tep);
}

static void libtracefs_all(void)
{
	struct tep_handle *tep = tracefs_local_events(NULL);

	if (!tep)
		err(1, "tracefs_local_events");
	tep_free(tep);
}

static const struct work {
	const char *name;
	void (*run)(void);
} works[] = {
	{"named3/ringmap", ringmap_named3},
	{"named3/libtracefs", libtracefs_named3},
	{"all/ringmap", ringmap_all},
	{"all/libtracefs", libtracefs_all},
};

static void measure(struct report *report, int runs)
{
	/* Round 0 fills the kernel's own caches. */
	for (int round = 0; round <= runs; round++) {
		for (size_t i = 0; i < sizeof(works) / sizeof(*works); i++) {
			/* What one freed is not put in order while the next
			 * one is timed. */
			malloc_trim(0);
			double start = now_ms();
			works[i].run();
			if (round)
				report_add(report, "ms", now_ms() - start,
					   "schema/%s/open_ms", works[i].name);
		}
	}
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"json", required_argument, NULL, 'j'},
		{"smoke", no_argument, NULL, 's'},
		{0},
	};
	const char *json = NULL;
	bool smoke = false;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'j')
			json = optarg;
		else if (option == 's')
			smoke = true;
		else
			errx(2, "usage: schema [--json FILE] [--smoke]");
	}
	if (access("/sys/kernel/tracing/events/header_page", R_OK)) {
		printf("SKIP: no tracefs that may be read here\n");
		return 0;
	}
	struct report *report = report_new();
	measure(report, smoke ? SMOKE_RUNS : RUNS);
	report_print(report, stdout);
	if (json && report_write_json(report, json))
		err(1, "cannot write %s", json);
	report_free(report);
	return 0;
}
