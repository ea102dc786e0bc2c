/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * demo_analysis.c - event counts, CPU time of tasks and wake-up latency
 */
#define _GNU_SOURCE
#include "core/tool/demo_analysis.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_TASKS 1024

/* No kernel has CPU numbers beyond this, but a folder of captures may. */
#define MOST_CPUS 65536

struct demo_analysis *demo_analysis_new(const struct demo_formats *formats,
					bool big_endian)
{
	struct demo_analysis *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->formats = formats;
	a->big_endian = big_endian;
	a->tasks = calloc(FIRST_TASKS, sizeof(*a->tasks));
	a->task_room = FIRST_TASKS;
	if (!a->tasks) {
		free(a);
		return NULL;
	}
	return a;
}

void demo_analysis_free(struct demo_analysis *a)
{
	if (!a)
		return;
	free(a->tasks);
	free(a->cpus);
	free(a);
}

/* ---- fields ------------------------------------------------------------- */

/* Returns a field's bytes, or NULL if the event has no such field. */
static const uint8_t *field_of(const struct ringmap_event *event,
			       struct demo_field field)
{
	if (!field.size || field.size > event->size ||
	    field.offset > event->size - field.size)
		return NULL;
	return (const uint8_t *)event->data + field.offset;
}

static bool load(const struct demo_analysis *a,
		 const struct ringmap_event *event, struct demo_field field,
		 int64_t *ret)
{
	const uint8_t *bytes = field_of(event, field);
	uint64_t value = 0;

	if (!bytes || field.size > sizeof(value))
		return false;
	for (uint32_t i = 0; i < field.size; i++) {
		uint32_t from = a->big_endian ? i : field.size - 1 - i;

		value = value << 8 | bytes[from];
	}
	*ret = (int64_t)value;
	return true;
}

/* ---- tasks and CPUs ------------------------------------------------------ */

static struct demo_task *slot_of(struct demo_task *tasks, size_t room,
				 int32_t pid)
{
	size_t i = (uint32_t)pid * 2654435761u & (room - 1);

	while (tasks[i].used && tasks[i].pid != pid)
		i = (i + 1) & (room - 1);
	return &tasks[i];
}

static int grow_tasks(struct demo_analysis *a)
{
	size_t room = a->task_room * 2;
	struct demo_task *tasks = calloc(room, sizeof(*tasks));

	if (!tasks)
		return ENOMEM;
	for (size_t i = 0; i < a->task_room; i++) {
		if (a->tasks[i].used)
			*slot_of(tasks, room, a->tasks[i].pid) = a->tasks[i];
	}
	free(a->tasks);
	a->tasks = tasks;
	a->task_room = room;
	return 0;
}

/* Returns the task with that pid, adding it if new; NULL: out of memory. */
static struct demo_task *task_of(struct demo_analysis *a, int64_t pid)
{
	struct demo_task *task = slot_of(a->tasks, a->task_room, (int32_t)pid);

	if (task->used)
		return task;
	/* At most three in four slots are used, so that searches are short. */
	if (a->nr_tasks >= a->task_room / 4 * 3) {
		if (grow_tasks(a))
			return NULL;
		task = slot_of(a->tasks, a->task_room, (int32_t)pid);
	}
	task->used = true;
	task->pid = (int32_t)pid;
	a->nr_tasks++;
	return task;
}

static void name_task(struct demo_task *task, const struct ringmap_event *event,
		      struct demo_field field)
{
	const uint8_t *bytes = field_of(event, field);
	uint32_t i = 0;

	for (; bytes && i < field.size && i < DEMO_NAME - 1 && bytes[i]; i++)
		task->name[i] = bytes[i] >= ' ' && bytes[i] < 127
					? (char)bytes[i]
					: '?';
	if (i)
		task->name[i] = '\0';
}

/* Returns the state of a CPU; NULL: out of memory, or no such CPU. */
static struct demo_cpu *cpu_of(struct demo_analysis *a, uint32_t cpu)
{
	if (cpu < a->nr_cpus)
		return &a->cpus[cpu];
	if (cpu >= MOST_CPUS)
		return NULL;
	struct demo_cpu *cpus =
		reallocarray(a->cpus, (size_t)cpu + 1, sizeof(*cpus));
	if (!cpus)
		return NULL;
	memset(cpus + a->nr_cpus, 0, (cpu + 1 - a->nr_cpus) * sizeof(*cpus));
	a->cpus = cpus;
	a->nr_cpus = (size_t)cpu + 1;
	return &a->cpus[cpu];
}

/* ---- events ------------------------------------------------------------- */

/* Adds the time up to @ts to the CPU's current task. Returns 0 or ENOMEM. */
static int charge(struct demo_analysis *a, const struct demo_cpu *cpu,
		  uint64_t ts)
{
	uint64_t ran = ts > cpu->since ? ts - cpu->since : 0;

	/* Every CPU has an idle task, and all have pid 0. */
	if (cpu->pid == 0) {
		a->idle_ns += ran;
		return 0;
	}
	struct demo_task *task = task_of(a, cpu->pid);
	if (!task)
		return ENOMEM;
	task->ran_ns += ran;
	return 0;
}

/*
 * Every event contains the pid of the running task. If this is not the task
 * that the last switch put on the CPU, a switch left no event: some kernels do
 * not trace switches out of idle. The task then counts as running from now on.
 */
static int look_who_runs(struct demo_analysis *a,
			 const struct ringmap_event *event,
			 const struct demo_event *format)
{
	struct demo_cpu *cpu = cpu_of(a, event->cpu);
	int64_t pid;

	if (!cpu)
		return ENOMEM;
	if (!load(a, event, format->field[DEMO_COMMON_PID], &pid))
		return 0;
	if (cpu->seen && !event->lost && cpu->pid == (int32_t)pid)
		return 0;
	/* If events were lost, it is unknown which task ran meanwhile. */
	bool unseen = cpu->seen && !event->lost;
	if (unseen && charge(a, cpu, event->ts))
		return ENOMEM;
	*cpu = (struct demo_cpu){
		.seen = true,
		.pid = (int32_t)pid,
		.since = cpu->seen || event->lost ? event->ts : a->first_ts,
	};
	if (!unseen)
		return 0;
	a->unseen++;
	struct demo_task *task = task_of(a, pid);
	if (!task)
		return ENOMEM;
	/* Its wake-up latency is unknown too. */
	task->woken = false;
	return 0;
}

static void count_latency(struct demo_analysis *a, uint64_t ns)
{
	size_t bucket = 0;

	while (bucket < DEMO_BUCKETS - 1 && ns >= 1000ull << bucket)
		bucket++;
	a->latency[bucket]++;
	a->latencies++;
	if (ns > a->longest_ns)
		a->longest_ns = ns;
}

static int add_switch(struct demo_analysis *a,
		      const struct ringmap_event *event,
		      const struct demo_event *format)
{
	const struct demo_field *field = format->field;
	int64_t prev_pid, prev_state, next_pid;

	if (!load(a, event, field[DEMO_PREV_PID], &prev_pid) ||
	    !load(a, event, field[DEMO_PREV_STATE], &prev_state) ||
	    !load(a, event, field[DEMO_NEXT_PID], &next_pid))
		return 0;
	struct demo_cpu *cpu = cpu_of(a, event->cpu);
	struct demo_task *prev = task_of(a, prev_pid);
	if (!cpu || !prev || (cpu->seen && charge(a, cpu, event->ts)))
		return ENOMEM;
	name_task(prev, event, field[DEMO_PREV_COMM]);
	/* The task was woken before it slept, so it did not wait for a CPU. */
	if (!((uint64_t)prev_state & format->sleeping))
		prev->woken = false;

	struct demo_task *next = task_of(a, next_pid);
	if (!next)
		return ENOMEM;
	name_task(next, event, field[DEMO_NEXT_COMM]);
	next->switches++;
	if (next->woken && event->ts >= next->woken_at)
		count_latency(a, event->ts - next->woken_at);
	next->woken = false;
	*cpu = (struct demo_cpu){true, next->pid, event->ts};
	return 0;
}

static int add_wakeup(struct demo_analysis *a,
		      const struct ringmap_event *event,
		      const struct demo_event *format)
{
	int64_t pid;

	/* sched_waking comes first and is closer to the cause. */
	if (format->kind == DEMO_WAKEUP && a->formats->has_waking)
		return 0;
	if (!load(a, event, format->field[DEMO_PID], &pid))
		return 0;
	struct demo_task *task = task_of(a, pid);
	if (!task)
		return ENOMEM;
	if (!task->name[0])
		name_task(task, event, format->field[DEMO_COMM]);
	task->woken = true;
	task->woken_at = event->ts;
	return 0;
}

/* The lost events may contain a wake-up, or the switch after one. */
static void forget_wakeups(struct demo_analysis *a)
{
	for (size_t i = 0; i < a->task_room; i++)
		a->tasks[i].woken = false;
}

int demo_analysis_add(struct demo_analysis *a,
		      const struct ringmap_event *event)
{
	const struct demo_field type = {.offset = 0, .size = 2};
	int64_t id;

	if (!a->events)
		a->first_ts = event->ts;
	if (event->ts > a->last_ts)
		a->last_ts = event->ts;
	a->events++;
	a->bytes += event->size;
	if (event->lost)
		forget_wakeups(a);
	if (!load(a, event, type, &id))
		return 0;
	a->count[id]++;
	const struct demo_event *format =
		demo_formats_find(a->formats, (uint16_t)id);
	if (!format)
		return 0;
	if (look_who_runs(a, event, format))
		return ENOMEM;
	if (format->kind == DEMO_OTHER)
		return 0;
	if (format->kind == DEMO_SWITCH)
		return add_switch(a, event, format);
	return add_wakeup(a, event, format);
}

int demo_analysis_finish(struct demo_analysis *a)
{
	for (size_t i = 0; i < a->nr_cpus; i++) {
		struct demo_cpu *cpu = &a->cpus[i];

		if (!cpu->seen)
			continue;
		if (charge(a, cpu, a->last_ts))
			return ENOMEM;
		cpu->since = a->last_ts;
	}
	return 0;
}

void demo_analysis_name(struct demo_analysis *a, const char *file)
{
	FILE *f = fopen(file, "re");
	char line[64];
	int pid, name;

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%d %n", &pid, &name) != 1)
			continue;
		struct demo_task *task = slot_of(a->tasks, a->task_room, pid);
		if (!task->used || task->name[0])
			continue;
		line[strcspn(line, "\n")] = '\0';
		snprintf(task->name, sizeof(task->name), "%s", line + name);
	}
	fclose(f);
}

uint64_t demo_analysis_duration(const struct demo_analysis *a)
{
	return a->last_ts - a->first_ts;
}

uint64_t demo_analysis_within(const struct demo_analysis *a, double share)
{
	uint64_t below = 0;
	size_t bucket = 0;

	for (; bucket < DEMO_BUCKETS - 1; bucket++) {
		below += a->latency[bucket];
		if ((double)below >= share * (double)a->latencies)
			break;
	}
	/* The last bucket has no end but the longest latency. */
	return bucket == DEMO_BUCKETS - 1 ? a->longest_ns / 1000 + 1
					  : 1ull << bucket;
}
