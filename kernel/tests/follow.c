// SPDX-License-Identifier: GPL-2.0-only
/*
 * follow.c - reading mapped sub-buffers without consuming them
 *
 * Any number of observers may walk the sub-buffers behind the writer. They
 * rely on the order in which the kernel writes: commit becomes 0 before a
 * sub-buffer is used again (rb_tail_page_update()), its time stamp changes
 * before the first commit, and a commit follows its data. So bytes that lay
 * between two looks at the same stamp and a commit that did not shrink are
 * those of one fill.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cases.h"
#include "mapping.h"
#include "page.h"
#include "task.h"

struct follower {
	const struct mapping *map;
	uint32_t id; /* where it is */
	uint64_t stamp;
	uint32_t offset;
	uint64_t events;
	uint64_t gaps;
	uint32_t last;
	uint64_t lapses; /* what it was at is gone */
	uint64_t jumps;  /* the next sub-buffer was not that of the next id */
	uint8_t copy[4096];
};

static void see(void *context, uint32_t seq)
{
	struct follower *f = context;

	if (f->events++) {
		EXPECT(seq > f->last, "event %u comes after event %u", seq,
		       f->last);
		f->gaps += seq - f->last - 1;
	}
	f->last = seq;
}

/* The oldest sub-buffer with events that is newer than @stamp; or none. */
static bool find_newer(const struct mapping *m, uint64_t stamp, uint32_t *ret)
{
	uint64_t best = UINT64_MAX;

	for (uint32_t id = 0; id < m->subbufs; id++) {
		const uint8_t *subbuf = subbuf_of(m, id);
		uint64_t its = subbuf_stamp(subbuf);

		if (its <= stamp || its >= best)
			continue;
		if (!(subbuf_commit(subbuf) & COMMIT_MASK))
			continue;
		best = its;
		*ret = id;
	}
	return best != UINT64_MAX;
}

/* Goes to the newest sub-buffer there is: all others may be gone soon. */
static void resync(struct follower *f)
{
	uint32_t id;

	f->lapses++;
	while (find_newer(f->map, f->stamp, &id)) {
		f->id = id;
		f->stamp = subbuf_stamp(subbuf_of(f->map, id));
		f->offset = 0;
	}
}

/* Reads what is new where it is. False: nothing is. */
static bool read_here(struct follower *f)
{
	const uint8_t *subbuf = subbuf_of(f->map, f->id);
	uint64_t stamp = subbuf_stamp(subbuf);
	uint32_t commit = subbuf_commit(subbuf) & COMMIT_MASK;

	if (!f->offset && commit) {
		/* Its first events: both are of one fill, or it is tried again. */
		if (subbuf_stamp(subbuf) != stamp)
			return true;
		f->stamp = stamp;
	}
	if (stamp != f->stamp || commit < f->offset) {
		resync(f);
		return true;
	}
	if (commit == f->offset)
		return false;
	EXPECT(commit <= f->map->subbuf_size - SUBBUF_HEADER,
	       "sub-buffer %u has %u bytes", f->id, commit);
	memcpy(f->copy, subbuf, SUBBUF_HEADER + commit);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	if (subbuf_stamp(subbuf) != stamp ||
	    (subbuf_commit(subbuf) & COMMIT_MASK) < commit) {
		resync(f);
		return true;
	}
	const char *wrong = page_walk(f->copy, f->offset, commit, see, f);
	EXPECT(!wrong, "sub-buffer %u, bytes %u to %u: %s", f->id, f->offset,
	       commit, wrong);
	f->offset = commit;
	return true;
}

/* One step. False: it is at the end. */
static bool follow(struct follower *f)
{
	uint32_t next;
	/* Looked for first: then this sub-buffer is complete if there is one. */
	bool newer = find_newer(f->map, f->stamp, &next);

	if (read_here(f))
		return true;
	if (!newer)
		return false;
	f->jumps += next != f->id % (f->map->subbufs - 1) + 1;
	f->id = next;
	f->stamp = subbuf_stamp(subbuf_of(f->map, next));
	f->offset = 0;
	return true;
}

/* At the sub-buffer that a fresh ring is written to first. */
static struct follower *make_follower(const struct mapping *m)
{
	struct follower *f = task_shared(sizeof(*f));

	f->map = m;
	f->id = 1;
	return f;
}

struct flow {
	unsigned int kb;
	uint32_t events;
	size_t size;
};

static void say(const struct follower *f)
{
	ktap_say("%llu events seen, %llu not, lapped %llu times",
		 (unsigned long long)f->events, (unsigned long long)f->gaps,
		 (unsigned long long)f->lapses);
}

/* Behind a writer at full speed. */
static void behind_a_writer(const void *arg)
{
	const struct flow *flow = arg;
	int second = ring_second_cpu();
	struct mapping m;
	struct ring r;

	ring_make(&r, flow->kb, 0);
	ring_count_time(&r);
	mapping_open(&m, &r);
	struct meta before = meta_of(&m);
	struct follower *f = make_follower(&m);
	pid_t writer = task_writer(&r, flow->events, flow->size);
	pin_to(second);
	while (!task_has_ended(writer))
		follow(f);
	while (follow(f))
		;
	say(f);
	EXPECT_EQ(f->last, flow->events - 1);
	EXPECT(f->lapses || f->gaps == 0, "%llu events are missing",
	       (unsigned long long)f->gaps);
	EXPECT(f->lapses || f->jumps == 0,
	       "sub-buffers are not in the order of their ids");
	/* Nobody was told, and nothing was consumed. */
	struct meta after = meta_of(&m);
	EXPECT(!memcmp(&before, &after, sizeof(before)),
	       "following changed the meta page");
	EXPECT_EQ(ring_stat(&r, "read events"), 0);
	mapping_close(&m);
}

static const struct flow in_large_ring = {2048, 30000, EVENT_SMALL};
static const struct flow in_small_ring = {28, 60000, EVENT_SMALL};
static const struct flow in_smallest_ring = {1, 60000, 200};

/* A ring that holds it all: nothing is missing, whoever is slow. */
static void sees_everything(const void *arg)
{
	struct mapping m;
	struct ring r;

	(void)arg;
	ring_make(&r, 512, 0);
	ring_count_time(&r);
	mapping_open(&m, &r);
	struct follower *f = make_follower(&m);
	for (uint32_t i = 0; i < 200; i++) {
		ring_write_many(&r, i * 50, 50, EVENT_SMALL);
		while (i % 3 == 0 && follow(f))
			;
	}
	while (follow(f))
		;
	EXPECT_EQ(f->events, 10000);
	EXPECT_EQ(f->gaps, 0);
	EXPECT_EQ(f->lapses, 0);
	EXPECT_EQ(f->jumps, 0);
	mapping_close(&m);
}

struct pest {
	struct ring ring;
	struct mapping map;
	volatile bool stop;
};

static void reset_now_and_then(void *context)
{
	struct pest *p = context;

	while (!p->stop) {
		ring_put(&p->ring, "per_cpu/cpu%d/trace", "");
		usleep(3000);
	}
}

static void steal_now_and_then(void *context)
{
	struct pest *p = context;
	uint8_t copy[4096];

	while (!p->stop) {
		ring_steal(&p->ring, copy, sizeof(copy));
		usleep(300);
	}
}

static void consume_now_and_then(void *context)
{
	struct pest *p = context;
	int fd = ring_open(&p->ring, O_RDONLY);

	while (!p->stop) {
		EXPECT_OK(ioctl(fd, GET_READER));
		usleep(300);
	}
}

struct disturbance {
	void (*first)(void *);
	void (*second)(void *);
};

static void write_on(void *context)
{
	struct pest *p = context;

	pin_to(p->ring.cpu);
	/* During a reset all are dropped. */
	for (uint32_t i = 0, taken = 0; taken < 20000; i++)
		if (ring_write(&p->ring, i, 100))
			taken++;
		else
			sched_yield();
}

/* What is seen may be little, but it is never wrong. */
static void disturbed(const void *arg)
{
	const struct disturbance *d = arg;
	struct pest *p = task_shared(sizeof(*p));
	int second = ring_second_cpu();
	pid_t pests[2] = {0};

	ring_make(&p->ring, 64, 0);
	ring_count_time(&p->ring);
	mapping_open(&p->map, &p->ring);
	struct follower *f = make_follower(&p->map);
	pests[0] = task_start(d->first, p);
	if (d->second)
		pests[1] = task_start(d->second, p);
	pid_t writer = task_start(write_on, p);
	pin_to(second);
	while (!task_has_ended(writer))
		follow(f);
	p->stop = true;
	task_join(pests[0]);
	if (d->second)
		task_join(pests[1]);
	say(f);
	/* Now that it is quiet, what comes next is seen. */
	pin_to(0);
	ring_write_many(&p->ring, 1000 * 1000 * 1000, 10, 100);
	while (follow(f))
		;
	EXPECT_EQ(f->last, 1000 * 1000 * 1000 + 9);
	mapping_close(&p->map);
	EXPECT(!ring_try_resize(&p->ring),
	       "the ring cannot be resized any more");
}

static const struct disturbance resets = {reset_now_and_then, NULL};
static const struct disturbance thefts = {steal_now_and_then, NULL};
static const struct disturbance consumers = {consume_now_and_then, NULL};
static const struct disturbance resets_and_thefts = {reset_now_and_then,
						     steal_now_and_then};

const struct kcase follow_cases[] = {
	{"follow.sees_everything", sees_everything, NULL},
	{"follow.behind_a_writer", behind_a_writer, &in_large_ring},
	{"follow.lapped", behind_a_writer, &in_small_ring},
	{"follow.lapped_in_the_smallest_ring", behind_a_writer,
	 &in_smallest_ring},
	{"follow.during_resets", disturbed, &resets},
	{"follow.during_thefts", disturbed, &thefts},
	{"follow.beside_consumers", disturbed, &consumers},
	{"follow.during_resets_and_thefts", disturbed, &resets_and_thefts},
	{NULL, NULL, NULL},
};
