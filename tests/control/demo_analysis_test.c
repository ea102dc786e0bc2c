/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * demo_analysis_test.c - the demo's arithmetic, on events made by hand
 */
#include "core/tool/demo_analysis.h"
#include "tests/support/rm_check.h"

#include <string.h>

enum {
	SWITCH = 1,
	WAKING,
	WAKEUP,
	WAKEUP_NEW,
	SYSCALL,
	KINDS,
	RUNNING = 0,
	SLEEPING = 1,
	IDLE_SLEEP = 0x80,
	PREEMPTED = 0x100,
	STATES = 0xff,
};

/* Payloads, laid out as no kernel does it. */
struct payload {
	uint16_t type;
	uint16_t reserved;
	int32_t common_pid;
	char comm[16]; /* of a waking */
	int32_t pid;
	int32_t prev_pid;
	char prev_comm[16];
	uint64_t prev_state;
	int32_t next_pid;
	char next_comm[12];
};

#define AT(member)                                                             \
	{                                                                      \
		offsetof(struct payload, member),                              \
			sizeof(((struct payload *)NULL)->member)               \
	}

static const struct demo_field fields[DEMO_FIELDS] = {
	[DEMO_COMMON_PID] = AT(common_pid),
	[DEMO_PID] = AT(pid),
	[DEMO_COMM] = AT(comm),
	[DEMO_PREV_PID] = AT(prev_pid),
	[DEMO_PREV_STATE] = AT(prev_state),
	[DEMO_PREV_COMM] = AT(prev_comm),
	[DEMO_NEXT_PID] = AT(next_pid),
	[DEMO_NEXT_COMM] = AT(next_comm),
};

static struct demo_event events[KINDS];
static struct demo_formats formats;
static struct demo_analysis *analysis;

static void begin(void)
{
	static const enum demo_kind kinds[KINDS] = {
		[SWITCH] = DEMO_SWITCH,
		[WAKING] = DEMO_WAKING,
		[WAKEUP] = DEMO_WAKEUP,
		[WAKEUP_NEW] = DEMO_WAKEUP_NEW,
	};

	for (int i = 1; i < KINDS; i++) {
		strcpy(events[i].name, "a:b");
		events[i].kind = kinds[i];
		memcpy(events[i].field, fields, sizeof(fields));
		events[i].sleeping = i == SWITCH ? STATES : 0;
	}
	formats = (struct demo_formats){
		.by_id = events,
		.count = KINDS,
		.has_waking = true,
	};
	analysis = demo_analysis_new(&formats,
				     __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
	ck_assert_ptr_nonnull(analysis);
}

static void end(void)
{
	ck_assert_int_eq(demo_analysis_finish(analysis), 0);
}

static void add_lossy(uint64_t ts, uint32_t cpu, uint64_t lost,
		      struct payload payload)
{
	struct ringmap_event event = {
		.ts = ts,
		.data = &payload,
		.size = sizeof(payload),
		.cpu = cpu,
		.lost = lost,
	};

	ck_assert_int_eq(demo_analysis_add(analysis, &event), 0);
}

static void add(uint64_t ts, uint32_t cpu, struct payload payload)
{
	add_lossy(ts, cpu, 0, payload);
}

static struct payload switched(int32_t prev, uint64_t state, int32_t next)
{
	return (struct payload){
		.type = SWITCH,
		.common_pid = prev,
		.prev_pid = prev,
		.prev_state = state,
		.next_pid = next,
		.prev_comm = "before",
		.next_comm = "after",
	};
}

static struct payload woken(uint16_t type, int32_t by, int32_t pid)
{
	return (struct payload){
		.type = type,
		.common_pid = by,
		.pid = pid,
		.comm = "sleeper",
	};
}

static struct payload called(int32_t pid)
{
	return (struct payload){.type = SYSCALL, .common_pid = pid};
}

/* NULL if nobody heard of it. */
static const struct demo_task *task(int32_t pid)
{
	for (size_t i = 0; i < analysis->task_room; i++) {
		if (analysis->tasks[i].used && analysis->tasks[i].pid == pid)
			return &analysis->tasks[i];
	}
	return NULL;
}

/* ---- CPU time -------------------------------------------------------------- */

START_TEST(task_runs_from_switch_to_switch)
{
	begin();
	add(1000, 0, switched(7, SLEEPING, 8));
	add(1300, 0, switched(8, RUNNING, 9));
	add(1700, 0, switched(9, SLEEPING, 8));
	add(1800, 0, switched(8, SLEEPING, 0));
	add(2000, 0, switched(0, RUNNING, 7));
	add(2500, 0, called(7));
	end();
	ck_assert_uint_eq(task(8)->ran_ns, 300 + 100);
	ck_assert_uint_eq(task(8)->switches, 2);
	ck_assert_uint_eq(task(9)->ran_ns, 400);
	ck_assert_uint_eq(task(7)->ran_ns, 500);
	ck_assert_uint_eq(analysis->idle_ns, 200);
	ck_assert_uint_eq(demo_analysis_duration(analysis), 1500);
	ck_assert_uint_eq(analysis->unseen, 0);
	ck_assert_str_eq(task(7)->name, "after");
	ck_assert_str_eq(task(8)->name, "before");
	demo_analysis_free(analysis);
}
END_TEST

START_TEST(who_runs_at_the_beginning_runs_since_then)
{
	begin();
	add(1000, 0, called(7));
	add(1400, 1, switched(8, SLEEPING, 0));
	add(1500, 0, switched(7, SLEEPING, 0));
	add(2000, 1, called(0));
	end();
	ck_assert_uint_eq(task(7)->ran_ns, 500);
	ck_assert_uint_eq(task(8)->ran_ns, 400);
	ck_assert_uint_eq(analysis->idle_ns, 500 + 600);
	demo_analysis_free(analysis);
}
END_TEST

START_TEST(switch_without_event_is_noticed)
{
	begin();
	add(1000, 0, switched(7, SLEEPING, 0));
	/* Out of idle, unseen; its wait for the CPU was not seen either. */
	add(1100, 1, woken(WAKING, 9, 8));
	add(1500, 0, called(8));
	add(1800, 0, switched(8, SLEEPING, 0));
	add(2000, 0, switched(0, RUNNING, 8));
	end();
	ck_assert_uint_eq(analysis->unseen, 1);
	ck_assert_uint_eq(task(8)->ran_ns, 300);
	ck_assert_uint_eq(analysis->idle_ns, 500 + 200);
	ck_assert_uint_eq(analysis->latencies, 0);
	demo_analysis_free(analysis);
}
END_TEST

START_TEST(lost_events_leave_time_to_nobody)
{
	begin();
	add(1000, 0, switched(7, SLEEPING, 8));
	add(1100, 0, woken(WAKING, 8, 9));
	add_lossy(5000, 0, 3, called(9));
	add(5100, 0, switched(9, SLEEPING, 8));
	add_lossy(9000, 0, RINGMAP_LOST_UNKNOWN, switched(6, RUNNING, 9));
	end();
	ck_assert_uint_eq(task(8)->ran_ns, 0);
	ck_assert_uint_eq(task(9)->ran_ns, 100);
	ck_assert_uint_eq(task(6)->ran_ns, 0);
	ck_assert_uint_eq(analysis->latencies, 0);
	ck_assert_uint_eq(analysis->unseen, 0);
	demo_analysis_free(analysis);
}
END_TEST

START_TEST(many_tasks_are_told_apart)
{
	enum {
		TASKS = 5000
	};

	begin();
	for (int32_t i = 1; i <= TASKS; i++)
		add((uint64_t)i * 10, 0, switched(i, SLEEPING, i + 1));
	end();
	ck_assert_uint_eq(analysis->nr_tasks, TASKS + 1);
	for (int32_t i = 2; i <= TASKS; i++)
		ck_assert_uint_eq(task(i)->ran_ns, 10);
	demo_analysis_free(analysis);
}
END_TEST

/* ---- latencies ------------------------------------------------------------- */

START_TEST(latency_is_from_waking_to_switch)
{
	begin();
	add(10000, 0, woken(WAKING, 1, 8));
	/* It comes after the waking, and is not the beginning. */
	add(11000, 1, woken(WAKEUP, 2, 8));
	add(15000, 1, switched(2, RUNNING, 8));
	add(16000, 1, switched(8, SLEEPING, 2));
	add(17000, 1, switched(2, RUNNING, 8));
	add(20000, 0, woken(WAKEUP_NEW, 1, 9));
	add(20500, 0, switched(1, RUNNING, 9));
	end();
	ck_assert_uint_eq(analysis->latencies, 2);
	ck_assert_uint_eq(analysis->longest_ns, 5000);
	ck_assert_uint_eq(analysis->latency[0], 1);
	ck_assert_uint_eq(analysis->latency[3], 1);
	demo_analysis_free(analysis);
}
END_TEST

START_TEST(wakeup_counts_where_waking_is_not_recorded)
{
	begin();
	formats.has_waking = false;
	add(11000, 1, woken(WAKEUP, 2, 8));
	add(15000, 1, switched(2, RUNNING, 8));
	end();
	ck_assert_uint_eq(analysis->latencies, 1);
	ck_assert_uint_eq(analysis->longest_ns, 4000);
	demo_analysis_free(analysis);
}
END_TEST

START_TEST(task_woken_before_it_slept_did_not_wait)
{
	begin();
	add(1000, 0, switched(7, SLEEPING, 8));
	add(2000, 1, woken(WAKING, 1, 8));
	add(3000, 0, switched(8, RUNNING, 7));
	add(9000, 0, switched(7, RUNNING, 8));
	/* Woken while it goes to sleep: it waits from the waking on. */
	add(10000, 1, woken(WAKING, 1, 8));
	add(11000, 0, switched(8, SLEEPING, 7));
	add(13000, 0, switched(7, RUNNING, 8));
	end();
	ck_assert_uint_eq(analysis->latencies, 1);
	ck_assert_uint_eq(analysis->longest_ns, 3000);
	demo_analysis_free(analysis);
}
END_TEST

START_TEST(idle_sleep_is_sleep)
{
	static const struct {
		uint64_t state;
		uint64_t latencies;
	} cases[] = {{IDLE_SLEEP, 1}, {PREEMPTED, 0}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		begin();
		add(1000, 1, woken(WAKING, 1, 8));
		add(2000, 0, switched(8, cases[i].state, 7));
		add(3000, 0, switched(7, RUNNING, 8));
		end();
		ck_assert_uint_eq(analysis->latencies, cases[i].latencies);
		demo_analysis_free(analysis);
	}
}
END_TEST

START_TEST(buckets_double)
{
	static const struct {
		uint64_t ns;
		size_t bucket;
	} cases[] = {
		{0, 0},    {999, 0},      {1000, 1},
		{1999, 1}, {2000, 2},     {3999, 2},
		{4000, 3}, {1000000, 10}, {1ull << 50, 23},
	};
	uint64_t ts = 1;

	begin();
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint64_t before = analysis->latency[cases[i].bucket];

		add(ts, 0, woken(WAKING, 1, 8));
		ts += cases[i].ns;
		add(ts, 0, switched(1, RUNNING, 8));
		ck_assert_uint_eq(analysis->latency[cases[i].bucket],
				  before + 1);
		add(++ts, 0, switched(8, SLEEPING, 1));
	}
	ck_assert_uint_eq(demo_analysis_within(analysis, 0.2), 1);
	ck_assert_uint_eq(demo_analysis_within(analysis, 0.5), 4);
	/* The last bucket ends above the longest latency, 2^50 ns. */
	ck_assert_uint_gt(demo_analysis_within(analysis, 1) * 1000, 1ull << 50);
	demo_analysis_free(analysis);
}
END_TEST

/* ---- strange events ---------------------------------------------------------- */

START_TEST(strange_events_are_counted_and_no_more)
{
	struct payload payload = switched(7, SLEEPING, 8);
	struct ringmap_event event = {.ts = 1, .data = &payload};

	begin();
	for (event.size = 0; event.size < sizeof(payload); event.size += 4)
		ck_assert_int_eq(demo_analysis_add(analysis, &event), 0);
	ck_assert_uint_eq(analysis->events, sizeof(payload) / 4);
	ck_assert_uint_eq(analysis->count[SWITCH], sizeof(payload) / 4 - 1);
	payload.type = 60000;
	ck_assert_int_eq(demo_analysis_add(analysis, &event), 0);
	ck_assert_uint_eq(analysis->count[60000], 1);
	/* No kernel has so many CPUs; nobody allocates for them. */
	payload.type = SWITCH;
	event.cpu = UINT32_MAX;
	ck_assert_int_ne(demo_analysis_add(analysis, &event), 0);
	demo_analysis_free(analysis);
}
END_TEST

RM_MAIN(task_runs_from_switch_to_switch,
	who_runs_at_the_beginning_runs_since_then,
	switch_without_event_is_noticed, lost_events_leave_time_to_nobody,
	many_tasks_are_told_apart, latency_is_from_waking_to_switch,
	wakeup_counts_where_waking_is_not_recorded,
	task_woken_before_it_slept_did_not_wait, idle_sleep_is_sleep,
	buckets_double, strange_events_are_counted_and_no_more)
