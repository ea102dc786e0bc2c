/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * demo_report.c - prints the report of the demo
 */
#define _GNU_SOURCE
#include "core/tool/demo_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH 80
#define LABEL 16 /* columns before the text of a line of the summary */
#define BAR 37

#define MOST_EVENTS 24
#define MOST_TASKS 10

struct demo_number demo_number(uint64_t value)
{
	struct demo_number ret;
	char *at = ret.text + sizeof(ret.text);
	int digits = 0;

	*--at = '\0';
	do {
		if (digits && digits % 3 == 0)
			*--at = ',';
		*--at = (char)('0' + value % 10);
		digits++;
	} while (value /= 10);
	memmove(ret.text, at, (size_t)(ret.text + sizeof(ret.text) - at));
	return ret;
}

enum ringmap_status demo_result_take(struct demo_result *result,
				     const struct ringmap_trace *trace,
				     struct ringmap_error *err)
{
	struct ringmap_ring_stats stats;
	struct ringmap_ring_info info;
	struct ringmap_ring *ring;

	for (size_t i = 0; (ring = ringmap_trace_ring(trace, i)); i++) {
		enum ringmap_status s =
			ringmap_ring_stats(ring, &stats, sizeof(stats));
		if (!s)
			s = ringmap_ring_info(ring, &info, sizeof(info));
		if (s) {
			ringmap_ring_error(ring, err);
			return s;
		}
		if (stats.lost == RINGMAP_LOST_UNKNOWN)
			result->lost = RINGMAP_LOST_UNKNOWN;
		else if (result->lost != RINGMAP_LOST_UNKNOWN)
			result->lost += stats.lost;
		result->subbufs += stats.subbufs;
		result->bytes += stats.bytes;
		result->syscalls += stats.syscalls;
		result->sleeps += stats.sleeps;
		snprintf(result->mode, sizeof(result->mode), "%s",
			 ringmap_mode_name((enum ringmap_mode)info.mode));
		snprintf(result->reason, sizeof(result->reason), "%s",
			 ringmap_ring_mode_reason(ring));
	}
	return RINGMAP_OK;
}

/* ---- summary ------------------------------------------------------------- */

/* Prints a label and a text, which is wrapped at blanks. */
static void print_wrapped(const char *label, const char *text)
{
	int column = LABEL;

	printf("  %-*s", LABEL - 2, label);
	while (*text) {
		int word = (int)strcspn(text, " ");

		if (column > LABEL && column + 1 + word > WIDTH) {
			printf("\n%*s", LABEL, "");
			column = LABEL;
		}
		column +=
			printf("%s%.*s", column > LABEL ? " " : "", word, text);
		text += word;
		text += strspn(text, " ");
	}
	printf("\n");
}

static double seconds_of(const struct demo_analysis *a)
{
	return (double)demo_analysis_duration(a) / 1e9;
}

static uint64_t per_second(uint64_t count, const struct demo_analysis *a)
{
	double seconds = seconds_of(a);

	return seconds > 0 ? (uint64_t)((double)count / seconds) : 0;
}

static void print_summary(const struct demo_result *r)
{
	const struct demo_analysis *a = r->analysis;
	char text[300];

	snprintf(text, sizeof(text), "%s: %s", r->mode, r->reason);
	print_wrapped("mode", text);
	snprintf(text, sizeof(text), "%s (%s per second)",
		 demo_number(a->events).text,
		 demo_number(per_second(a->events, a)).text);
	print_wrapped("events", text);
	print_wrapped("lost", r->lost == RINGMAP_LOST_UNKNOWN
				      ? "unknown"
				      : demo_number(r->lost).text);
	if (r->damaged)
		print_wrapped("damaged", demo_number(r->damaged).text);
	snprintf(text, sizeof(text), "%s with %.1f MB of events",
		 demo_number(r->subbufs).text, (double)r->bytes / 1e6);
	print_wrapped("sub-buffers", text);
	snprintf(text, sizeof(text), "%s to read the data; %s sleeps",
		 demo_number(r->syscalls).text, demo_number(r->sleeps).text);
	print_wrapped("system calls", text);
	if (r->live) {
		snprintf(text, sizeof(text), "%.1f %% of one CPU",
			 r->wall_s > 0 ? 100 * r->cpu_s / r->wall_s : 0);
		print_wrapped("own CPU share", text);
	} else {
		snprintf(text, sizeof(text), "%.1f ms", 1e3 * r->cpu_s);
		print_wrapped("own CPU time", text);
	}
	if (a->unseen) {
		snprintf(text, sizeof(text),
			 "%s context switches left no event; their tasks count "
			 "as running from their next event",
			 demo_number(a->unseen).text);
		print_wrapped("note", text);
	}
	if (r->missing[0])
		print_wrapped("not recorded", r->missing);
}

/* ---- events -------------------------------------------------------------- */

struct row {
	uint64_t count;
	uint32_t id;
};

static int by_count(const void *a, const void *b)
{
	const struct row *left = a, *right = b;

	if (left->count != right->count)
		return left->count < right->count ? 1 : -1;
	return (left->id > right->id) - (left->id < right->id);
}

static void print_event(const struct demo_analysis *a, const struct row *row)
{
	const struct demo_event *event =
		demo_formats_find(a->formats, (uint16_t)row->id);
	char name[80];

	if (event)
		snprintf(name, sizeof(name), "%s", event->name);
	else
		snprintf(name, sizeof(name), "event %u", row->id);
	printf("  %-38.38s %14s %14s\n", name, demo_number(row->count).text,
	       demo_number(per_second(row->count, a)).text);
}

static void print_events(const struct demo_analysis *a)
{
	struct row *rows = calloc(DEMO_IDS, sizeof(*rows));
	size_t count = 0;

	if (!rows)
		return;
	for (uint32_t id = 0; id < DEMO_IDS; id++) {
		if (a->count[id])
			rows[count++] = (struct row){a->count[id], id};
	}
	qsort(rows, count, sizeof(*rows), by_count);
	printf("\n  %-38s %14s %14s\n", "EVENTS BY NAME", "count",
	       "per second");
	for (size_t i = 0; i < count && i < MOST_EVENTS; i++)
		print_event(a, &rows[i]);
	if (count > MOST_EVENTS)
		printf("  %zu more events\n", count - MOST_EVENTS);
	free(rows);
}

/* ---- tasks --------------------------------------------------------------- */

static int by_cpu_time(const void *a, const void *b)
{
	const struct demo_task *left = a, *right = b;

	if (left->ran_ns != right->ran_ns)
		return left->ran_ns < right->ran_ns ? 1 : -1;
	return (left->pid > right->pid) - (left->pid < right->pid);
}

static void print_task(const struct demo_analysis *a, const char *name,
		       const char *pid, uint64_t ran_ns)
{
	double duration = (double)demo_analysis_duration(a);

	printf("  %-20s %9s %10.3f s %10.1f %%", name, pid,
	       (double)ran_ns / 1e9,
	       duration > 0 ? 100 * (double)ran_ns / duration : 0);
}

static void print_tasks(const struct demo_analysis *a)
{
	struct demo_task *tasks = calloc(a->nr_tasks, sizeof(*tasks));
	size_t count = 0;

	if (!tasks)
		return;
	for (size_t i = 0; i < a->task_room; i++) {
		if (a->tasks[i].used && a->tasks[i].ran_ns)
			tasks[count++] = a->tasks[i];
	}
	qsort(tasks, count, sizeof(*tasks), by_cpu_time);
	printf("\n  %-20s %9s %12s %12s %14s\n", "TASKS BY CPU TIME", "pid",
	       "CPU time", "of one CPU", "switches");
	for (size_t i = 0; i < count && i < MOST_TASKS; i++) {
		char pid[16];

		snprintf(pid, sizeof(pid), "%d", (int)tasks[i].pid);
		print_task(a, tasks[i].name[0] ? tasks[i].name : "(no name)",
			   pid, tasks[i].ran_ns);
		printf(" %14s\n", demo_number(tasks[i].switches).text);
	}
	if (count > MOST_TASKS) {
		char name[32];
		uint64_t rest = 0;

		for (size_t i = MOST_TASKS; i < count; i++)
			rest += tasks[i].ran_ns;
		snprintf(name, sizeof(name), "%zu more tasks",
			 count - MOST_TASKS);
		print_task(a, name, "", rest);
		printf("\n");
	}
	print_task(a, "idle, all CPUs", "", a->idle_ns);
	printf("\n");
	free(tasks);
}

/* ---- latencies ----------------------------------------------------------- */

static void print_bucket(const struct demo_analysis *a, size_t bucket,
			 uint64_t largest)
{
	static const char bar[] = "#####################################";
	uint64_t count = a->latency[bucket];
	/* A bucket that is not empty has at least one '#'. */
	int length = count ? 1 + (int)((BAR - 1) * count / largest) : 0;
	char range[80];

	if (bucket == 0)
		snprintf(range, sizeof(range), "less than 1 us");
	else if (bucket == DEMO_BUCKETS - 1)
		snprintf(range, sizeof(range), "%s us or more",
			 demo_number(1ull << (bucket - 1)).text);
	else
		snprintf(range, sizeof(range), "%s - %s us",
			 demo_number(1ull << (bucket - 1)).text,
			 demo_number(1ull << bucket).text);
	printf("  %24s  |%-*.*s %13s\n", range, BAR, length, bar,
	       demo_number(count).text);
}

static void print_latencies(const struct demo_analysis *a)
{
	size_t first = 0, last = DEMO_BUCKETS - 1;
	uint64_t largest = 1;

	printf("\n  WAKE-UP LATENCY, from wake-up to running\n");
	if (!a->latencies) {
		printf("  no wake-ups\n");
		return;
	}
	for (size_t i = 0; i < DEMO_BUCKETS; i++) {
		if (a->latency[i] > largest)
			largest = a->latency[i];
	}
	while (!a->latency[first])
		first++;
	while (!a->latency[last])
		last--;
	for (size_t i = first; i <= last; i++)
		print_bucket(a, i, largest);
	printf("  %s wake-ups: p50 < %s us, p99 < %s us, max %s us\n",
	       demo_number(a->latencies).text,
	       demo_number(demo_analysis_within(a, 0.5)).text,
	       demo_number(demo_analysis_within(a, 0.99)).text,
	       demo_number(a->longest_ns / 1000).text);
}

void demo_report(const struct demo_result *result)
{
	printf("%s\n\n", result->title);
	print_summary(result);
	print_events(result->analysis);
	print_tasks(result->analysis);
	print_latencies(result->analysis);
}
