// SPDX-License-Identifier: GPL-2.0-only
/*
 * nested.c - events of the kernel's own, interrupted by others
 *
 * System calls, the scheduler, timers and interrupts write to one ring, each
 * in the middle of what the other was writing; filters take back some of what
 * interrupts wrote. Whatever way GET_READER counts, it must come to what lies
 * on the sub-buffers.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "cases.h"
#include "mapping.h"
#include "page.h"
#include "task.h"

/* Events, and filters that only some of them pass. */
static const char *const events[][2] = {
	{"raw_syscalls/sys_enter", NULL},
	{"raw_syscalls/sys_exit", "ret == 123456789"},
	{"sched/sched_switch", NULL},
	{"sched/sched_waking", "pid == 123456789"},
	{"timer/hrtimer_expire_entry", NULL},
	{"timer/hrtimer_start", "hrtimer == 1"},
	{"irq/softirq_entry", NULL},
	{"irq/softirq_raise", "vec == 123456789"},
	{"irq_vectors/local_timer_entry", "vector == 123456789"},
};

static void write_text(const struct ring *r, const char *event,
		       const char *file, const char *text)
{
	char path[120];

	snprintf(path, sizeof(path), "events/%s/%s", event, file);
	ring_put(r, path, text);
}

/* Returns how many of them this kernel has. */
static unsigned int enable_events(const struct ring *r)
{
	unsigned int enabled = 0;

	for (size_t i = 0; i < sizeof(events) / sizeof(*events); i++) {
		char path[120];

		snprintf(path, sizeof(path), "events/%s/filter", events[i][0]);
		if (!ring_has(r, path))
			continue;
		if (events[i][1])
			write_text(r, events[i][0], "filter", events[i][1]);
		write_text(r, events[i][0], "enable", "1");
		enabled++;
	}
	return enabled;
}

struct noise {
	struct ring ring;
	uint32_t rounds;
};

static void make_noise(void *context)
{
	struct noise *n = context;
	char pid[20];

	/* Nothing of other processes is recorded. */
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	ring_put(&n->ring, "set_event_pid", pid);
	pin_to(n->ring.cpu);
	for (uint32_t i = 0; i < n->rounds; i++) {
		struct timespec time = {.tv_nsec = 1000};

		syscall(SYS_getppid);
		if (i % 16 == 0)
			syscall(SYS_nanosleep, &time, NULL);
		ring_write(&n->ring, i, EVENT_SMALL + i % 5 * 40);
	}
}

/* What a step took by the kernel's count, and what lies there. */
struct place {
	uint32_t id;
	uint64_t stamp;
	uint32_t offset;
	uint64_t read;
};

static bool step(struct place *p, const struct mapping *m)
{
	struct meta meta = get_reader(m);
	const uint8_t *subbuf = subbuf_of(m, meta.reader_id);
	uint64_t stamp = subbuf_stamp(subbuf);
	uint64_t taken = meta.read - p->read;
	uint32_t there;

	if (meta.reader_id != p->id || stamp != p->stamp)
		p->offset = 0;
	const char *wrong =
		page_count(subbuf, p->offset, meta.reader_read, &there);
	EXPECT(!wrong, "sub-buffer %u: %s", meta.reader_id, wrong);
	EXPECT(there == taken,
	       "%u events are in bytes %u to %u of sub-buffer %u, the kernel "
	       "counts %llu",
	       there, p->offset, meta.reader_read, meta.reader_id,
	       (unsigned long long)taken);
	bool news = meta.reader_id != p->id || stamp != p->stamp ||
		    meta.reader_read != p->offset;
	*p = (struct place){meta.reader_id, stamp, meta.reader_read, meta.read};
	return news;
}

static void counted(const void *arg)
{
	unsigned int kb = *(const unsigned int *)arg;
	struct noise n = {.rounds = 5000};
	struct place place = {0};
	struct mapping m;
	int second = ring_second_cpu();

	ring_make(&n.ring, kb, 0);
	need_mapping(&n.ring);
	/* Events of this process's mapping, none of which is wanted. */
	ring_put(&n.ring, "set_event_pid", "999999");
	if (enable_events(&n.ring) < 2)
		SKIP("this kernel has too few events");
	mapping_open(&m, &n.ring);
	place.stamp = subbuf_stamp(subbuf_of(&m, 0));
	pid_t pid = task_start(make_noise, &n);
	pin_to(second);
	while (!task_has_ended(pid))
		step(&place, &m);
	ring_put(&n.ring, "events/enable", "0");
	while (step(&place, &m))
		;
	struct meta meta = meta_of(&m);
	ktap_say("%llu events, %llu of them lost",
		 (unsigned long long)meta.entries,
		 (unsigned long long)meta.overrun);
	EXPECT(meta.entries > n.rounds, "only %llu events",
	       (unsigned long long)meta.entries);
	EXPECT_EQ(meta.entries, meta.read + meta.overrun);
	EXPECT_EQ(ring_stat(&n.ring, "entries"), 0);
	mapping_close(&m);
}

static const unsigned int small = 16, large = 4096;

const struct kcase nested_cases[] = {
	{"nested.counted_in_a_small_ring", counted, &small},
	{"nested.counted_in_a_large_ring", counted, &large},
	{NULL, NULL, NULL},
};
