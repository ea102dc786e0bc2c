// SPDX-License-Identifier: GPL-2.0-only
/*
 * snapshot.c - snapshots and mappings keep each other out
 *
 * A snapshot swaps the rings' memory; who maps them would be left with the
 * old one. It is all rings of the instance or none.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cases.h"
#include "consumer.h"
#include "mapping.h"
#include "task.h"

#define TRIGGER "events/sched/sched_switch/trigger"

static void make_with_snapshots(struct ring *r)
{
	ring_make_small(r);
	if (!ring_has(r, "snapshot"))
		SKIP("this kernel has no snapshots");
	need_mapping(r);
}

static void need_triggers(const struct ring *r)
{
	if (!ring_has(r, TRIGGER))
		SKIP("this kernel has no triggers");
}

static int try_to_map(const struct ring *r)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	int fd = ring_open(r, O_RDONLY);
	void *address = map_raw(page, PROT_READ, MAP_SHARED, fd, 0);
	int error = address == MAP_FAILED ? errno : 0;

	if (!error)
		EXPECT_OK(munmap(address, page));
	close(fd);
	return error;
}

/* Both ways are open: nobody holds anything. */
static void expect_free(const struct ring *r)
{
	EXPECT_EQ(try_to_map(r), 0);
	EXPECT_EQ(ring_try(r, "snapshot", "1"), 0);
	EXPECT_EQ(ring_try(r, "snapshot", "0"), 0);
	EXPECT_EQ(try_to_map(r), 0);
	EXPECT(!ring_try_resize(r), "the ring cannot be resized any more");
}

static void excluded_by_mapping(const void *arg)
{
	struct mapping m;
	struct ring r;

	(void)arg;
	make_with_snapshots(&r);
	mapping_open(&m, &r);
	for (int i = 0; i < 3; i++)
		EXPECT_EQ(ring_try(&r, "snapshot", "1"), EBUSY);
	ring_write_many(&r, 0, 3, EVENT_SMALL);
	EXPECT_EQ(get_reader(&m).entries, 3);
	mapping_close(&m);
	expect_free(&r);
}

/* Of one CPU, mapped or not. */
static void of_a_cpu_excluded_by_mapping(const void *arg)
{
	const char *file = "per_cpu/cpu%d/snapshot";
	int second = ring_second_cpu();
	struct mapping m;
	struct ring r;

	(void)arg;
	make_with_snapshots(&r);
	struct ring other = ring_of(&r, second);
	/* EINVAL: a kernel that swaps no single rings. */
	int unmapped = ring_try(&r, file, "1");
	EXPECT(!unmapped || unmapped == EINVAL,
	       "snapshot of an unmapped ring: %s", strerrorname_np(unmapped));
	ring_put(&r, "snapshot", "0");
	mapping_open(&m, &r);
	int error = ring_try(&r, file, "1");
	EXPECT(error == EBUSY || (unmapped && error == EINVAL), "snapshot: %s",
	       error ? strerrorname_np(error) : "success");
	error = ring_try(&other, file, "1");
	EXPECT(error == EBUSY || (unmapped && error == EINVAL), "snapshot: %s",
	       error ? strerrorname_np(error) : "success");
	mapping_close(&m);
	expect_free(&r);
}

/* A mapping of any CPU's ring excludes a snapshot of all. */
static void excluded_by_any_cpu(const void *arg)
{
	int second = ring_second_cpu();
	struct mapping m;
	struct ring r;

	(void)arg;
	make_with_snapshots(&r);
	struct ring other = ring_of(&r, second);
	mapping_open(&m, &other);
	EXPECT_EQ(ring_try(&r, "snapshot", "1"), EBUSY);
	mapping_close(&m);
	expect_free(&r);
}

/* Nobody takes one meanwhile: to clear and to free it are no harm. */
static void clearing_is_allowed(const void *arg)
{
	struct mapping m;
	struct ring r;

	(void)arg;
	make_with_snapshots(&r);
	EXPECT_EQ(ring_try(&r, "snapshot", "1"), 0);
	mapping_open(&m, &r);
	EXPECT_EQ(ring_try(&r, "snapshot", "2"), 0);
	EXPECT_EQ(ring_try(&r, "snapshot", "0"), 0);
	EXPECT_OK(ioctl(m.fd, GET_READER));
	mapping_close(&m);
	expect_free(&r);
}

/* Memory for a snapshot is no snapshot. */
static void allocated_is_not_armed(const void *arg)
{
	struct mapping m;
	struct ring r;

	(void)arg;
	make_with_snapshots(&r);
	ring_write_many(&r, 0, 20, EVENT_LARGE);
	EXPECT_EQ(ring_try(&r, "snapshot", "1"), 0);
	mapping_open(&m, &r);
	EXPECT_EQ(ring_try(&r, "snapshot", "1"), EBUSY);
	ring_write_many(&r, 0, 3, EVENT_SMALL);
	EXPECT_EQ(get_reader(&m).entries, 3);
	mapping_close(&m);
	expect_free(&r);
}

static void trigger_excluded_by_mapping(const void *arg)
{
	struct mapping m;
	struct ring r;

	(void)arg;
	make_with_snapshots(&r);
	need_triggers(&r);
	mapping_open(&m, &r);
	for (int i = 0; i < 3; i++)
		EXPECT_EQ(ring_try(&r, TRIGGER, "snapshot"), EBUSY);
	EXPECT_EQ(ring_try(&r, TRIGGER, "snapshot:5"), EBUSY);
	mapping_close(&m);
	expect_free(&r);
}

static void mapping_excluded_by_trigger(const void *arg)
{
	struct ring r;

	(void)arg;
	make_with_snapshots(&r);
	need_triggers(&r);
	for (int i = 0; i < 3; i++) {
		ring_put(&r, TRIGGER, "snapshot if prev_pid == 123456789");
		EXPECT_EQ(try_to_map(&r), EBUSY);
		EXPECT_EQ(try_to_map(&r), EBUSY);
		ring_put(&r, TRIGGER, "!snapshot");
		EXPECT_EQ(try_to_map(&r), 0);
	}
	expect_free(&r);
}

/* A second trigger of the kind is refused, and arms nothing more. */
static void refused_trigger_arms_nothing(const void *arg)
{
	struct ring r;

	(void)arg;
	make_with_snapshots(&r);
	need_triggers(&r);
	ring_put(&r, TRIGGER, "snapshot if prev_pid == 123456789");
	EXPECT(ring_try(&r, TRIGGER, "snapshot if prev_pid == 1"),
	       "two triggers of the kind");
	EXPECT_EQ(try_to_map(&r), EBUSY);
	ring_put(&r, TRIGGER, "!snapshot");
	EXPECT_EQ(try_to_map(&r), 0);
	/* One that cannot even be understood. */
	EXPECT(ring_try(&r, TRIGGER, "snapshot if no_such_field == 1"),
	       "a filter on a field that is not there");
	EXPECT(ring_try(&r, TRIGGER, "snapshot:what"), "a count of \"what\"");
	EXPECT_EQ(try_to_map(&r), 0);
	expect_free(&r);
}

/* Two events' triggers: armed until the last of them is gone. */
static void counted_triggers(const void *arg)
{
	const char *other = "events/sched/sched_wakeup/trigger";
	struct ring r;

	(void)arg;
	make_with_snapshots(&r);
	need_triggers(&r);
	ring_put(&r, TRIGGER, "snapshot if prev_pid == 123456789");
	ring_put(&r, other, "snapshot if pid == 123456789");
	ring_put(&r, TRIGGER, "!snapshot");
	EXPECT_EQ(try_to_map(&r), EBUSY);
	ring_put(&r, other, "!snapshot");
	EXPECT_EQ(try_to_map(&r), 0);
	expect_free(&r);
}

/* A trigger goes with its instance, which was armed by it. */
static void removed_while_armed(const void *arg)
{
	struct ring r;

	(void)arg;
	make_with_snapshots(&r);
	need_triggers(&r);
	ring_put(&r, TRIGGER, "snapshot if prev_pid == 123456789");
	close(r.marker);
	EXPECT_OK(rmdir(r.dir));
}

/* The first of these tracers, which swap rings, that there is. */
static const char *swapping_tracer(const struct ring *r)
{
	static const char *const names[] = {"wakeup", "irqsoff", "preemptoff",
					    "wakeup_rt"};
	char all[400];

	ring_get(r, "available_tracers", all, sizeof(all));
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *at = strstr(all, names[i]);

		if (at && strchr(" \n", at[strlen(names[i])]))
			return names[i];
	}
	SKIP("this kernel has no tracer that swaps rings");
}

static void mapping_excluded_by_tracer(const void *arg)
{
	struct ring r;

	(void)arg;
	make_with_snapshots(&r);
	const char *name = swapping_tracer(&r);
	for (int i = 0; i < 3; i++) {
		ring_put(&r, "current_tracer", name);
		EXPECT_EQ(try_to_map(&r), EBUSY);
		ring_put(&r, "current_tracer", "nop");
		EXPECT_EQ(try_to_map(&r), 0);
	}
	expect_free(&r);
}

/* From one such tracer to another: armed once, not twice. */
static void tracers_in_turn(const void *arg)
{
	static const char *const names[] = {"wakeup", "irqsoff", "wakeup",
					    "preemptoff", "wakeup_rt"};
	struct ring r;

	(void)arg;
	make_with_snapshots(&r);
	swapping_tracer(&r);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!ring_try(&r, "current_tracer", names[i]))
			EXPECT_EQ(try_to_map(&r), EBUSY);
	ring_put(&r, "current_tracer", "nop");
	expect_free(&r);
}

static void tracer_excluded_by_mapping(const void *arg)
{
	struct mapping m;
	struct ring r;

	(void)arg;
	make_with_snapshots(&r);
	const char *name = swapping_tracer(&r);
	mapping_open(&m, &r);
	EXPECT_EQ(ring_try(&r, "current_tracer", name), EBUSY);
	EXPECT_OK(ioctl(m.fd, GET_READER));
	mapping_close(&m);
	expect_free(&r);
}

/* A hist trigger's snapshot action is one more user. */
#define ONCHANGE                                                               \
	"hist:keys=prev_pid:x=prev_state:onchange($x).snapshot() "             \
	"if prev_pid == 123456789"

static void hist_action(const void *arg)
{
	struct mapping m;
	struct ring r;

	(void)arg;
	make_with_snapshots(&r);
	if (!ring_has(&r, "events/sched/sched_switch/hist"))
		SKIP("this kernel has no hist triggers");
	ring_put(&r, TRIGGER, ONCHANGE);
	EXPECT_EQ(try_to_map(&r), EBUSY);
	ring_put(&r, TRIGGER, "!" ONCHANGE);
	EXPECT_EQ(try_to_map(&r), 0);
	mapping_open(&m, &r);
	EXPECT_EQ(ring_try(&r, TRIGGER, ONCHANGE), EBUSY);
	mapping_close(&m);
	expect_free(&r);
}

/* "function:snapshot" in set_ftrace_filter. */
static void function_probe(const void *arg)
{
	struct mapping m;
	struct ring r;

	(void)arg;
	make_with_snapshots(&r);
	if (!ring_has(&r, "set_ftrace_filter"))
		SKIP("this kernel traces no functions in instances");
	mapping_open(&m, &r);
	int error = ring_try(&r, "set_ftrace_filter", "schedule:snapshot:1\n");
	EXPECT_EQ(error, EBUSY);
	mapping_close(&m);
	expect_free(&r);
}

struct rivals {
	struct ring ring;
	volatile bool stop;
	volatile unsigned int snapshots;
};

static void snapshot_on(void *context)
{
	struct rivals *r = context;

	while (!r->stop) {
		int error = ring_try(&r->ring, "snapshot", "1");

		EXPECT(!error || error == EBUSY, "snapshot: %s",
		       strerrorname_np(error));
		r->snapshots += !error;
	}
}

/* The meta page, as soon as no snapshot is being taken. */
static void *map_in_between(const struct ring *r)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	int fd = ring_open(r, O_RDONLY);
	void *foot;

	do {
		foot = map_raw(page, PROT_READ, MAP_SHARED, fd, 0);
		EXPECT(foot != MAP_FAILED || errno == EBUSY, "mmap: %s",
		       strerrorname_np(errno));
		sched_yield();
	} while (foot == MAP_FAILED);
	close(fd);
	return foot;
}

/* Who comes first keeps the other out for as long as he is there. */
static void against_mapping(const void *arg)
{
	struct rivals *r = task_shared(sizeof(*r));
	struct consumer c;
	struct mapping m;

	(void)arg;
	make_with_snapshots(&r->ring);
	pid_t pid = task_start(snapshot_on, r);
	for (uint32_t i = 0; i < 100; i++) {
		void *foot = map_in_between(&r->ring);

		mapping_open(&m, &r->ring);
		/* A swap would take the events away, or the mapping. */
		unsigned int before = r->snapshots;
		ring_reset(&r->ring);
		consumer_init(&c, &m);
		ring_write_many(&r->ring, 0, 10, EVENT_LARGE);
		consumer_drain(&c);
		EXPECT_EQ(c.events, 10);
		/* One may have ended just before the mapping. */
		EXPECT(r->snapshots <= before + 1,
		       "snapshots while the ring is mapped");
		mapping_close(&m);
		EXPECT_OK(munmap(foot, (size_t)sysconf(_SC_PAGESIZE)));
	}
	r->stop = true;
	task_join(pid);
	expect_free(&r->ring);
}

const struct kcase snapshot_cases[] = {
	{"snapshot.excluded_by_mapping", excluded_by_mapping, NULL},
	{"snapshot.of_a_cpu_excluded_by_mapping", of_a_cpu_excluded_by_mapping,
	 NULL},
	{"snapshot.excluded_by_any_cpu", excluded_by_any_cpu, NULL},
	{"snapshot.clearing_is_allowed", clearing_is_allowed, NULL},
	{"snapshot.allocated_is_not_armed", allocated_is_not_armed, NULL},
	{"snapshot.trigger_excluded_by_mapping", trigger_excluded_by_mapping,
	 NULL},
	{"snapshot.mapping_excluded_by_trigger", mapping_excluded_by_trigger,
	 NULL},
	{"snapshot.refused_trigger_arms_nothing", refused_trigger_arms_nothing,
	 NULL},
	{"snapshot.counted_triggers", counted_triggers, NULL},
	{"snapshot.removed_while_armed", removed_while_armed, NULL},
	{"snapshot.mapping_excluded_by_tracer", mapping_excluded_by_tracer,
	 NULL},
	{"snapshot.tracers_in_turn", tracers_in_turn, NULL},
	{"snapshot.tracer_excluded_by_mapping", tracer_excluded_by_mapping,
	 NULL},
	{"snapshot.hist_action", hist_action, NULL},
	{"snapshot.function_probe", function_probe, NULL},
	{"snapshot.against_mapping", against_mapping, NULL},
	{NULL, NULL, NULL},
};
