// SPDX-License-Identifier: GPL-2.0-only
/*
 * accounting.c - a ring is held by as many mappings as there are
 *
 * Mappings come into being by mmap(), by fork() after MADV_DOFORK and by
 * mremap(), and they end in many ways. Whatever counts them must come out even:
 * one too few, and a snapshot or resize takes the memory away under a mapping;
 * one too many, and the ring can never be resized again.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cases.h"
#include "mapping.h"
#include "task.h"

static void make_inheritable(struct ring *r, struct mapping *m)
{
	ring_make_small(r);
	mapping_open(m, r);
	EXPECT_OK(madvise(m->base, m->size, MADV_DOFORK));
}

static void expect_held(const struct ring *r)
{
	EXPECT_EQ(ring_try_resize(r), EBUSY);
}

static void expect_free(const struct ring *r)
{
	EXPECT(!ring_try_resize(r), "the ring cannot be resized any more");
}

/* Holds the inherited mapping until it is told to go on. */
struct holder {
	struct mapping map;
	volatile int stage;
};

static void hold(void *context)
{
	struct holder *h = context;

	EXPECT_EQ(meta_of(&h->map).meta_struct_len, sizeof(struct meta));
	h->stage = 1;
	while (h->stage == 1)
		usleep(1000);
	EXPECT_OK(ioctl(h->map.fd, GET_READER));
	EXPECT_EQ(meta_of(&h->map).meta_struct_len, sizeof(struct meta));
}

static struct holder *make_holder(struct ring *r, pid_t *pid)
{
	struct holder *h = task_shared(sizeof(*h));

	make_inheritable(r, &h->map);
	*pid = task_start(hold, h);
	while (!h->stage)
		usleep(1000);
	return h;
}

static void child_ends_first(const void *arg)
{
	struct ring r;
	pid_t pid;

	(void)arg;
	struct holder *h = make_holder(&r, &pid);
	expect_held(&r);
	h->stage = 2;
	task_join(pid);
	expect_held(&r);
	ring_write_many(&r, 0, 1, EVENT_SMALL);
	EXPECT_EQ(get_reader(&h->map).entries, 1);
	mapping_close(&h->map);
	expect_free(&r);
}

static void parent_ends_first(const void *arg)
{
	struct ring r;
	pid_t pid;

	(void)arg;
	struct holder *h = make_holder(&r, &pid);
	mapping_close(&h->map);
	expect_held(&r);
	h->stage = 2;
	task_join(pid);
	expect_free(&r);
}

static void child_is_killed(const void *arg)
{
	struct ring r;
	pid_t pid;

	(void)arg;
	struct holder *h = make_holder(&r, &pid);
	task_kill(pid);
	expect_held(&r);
	mapping_close(&h->map);
	expect_free(&r);
}

/* exec() ends a mapping as exit() does. */
static void execute(void *context)
{
	/* This very program, which a guest has for certain. */
	char *const argv[] = {"kcases", "--list", "refusal", NULL};
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	(void)context;
	EXPECT_OK(dup2(null, STDOUT_FILENO));
	execv("/proc/self/exe", argv);
	FAIL("cannot execute this program: %s", strerrorname_np(errno));
}

static void child_executes(const void *arg)
{
	struct mapping m;
	struct ring r;

	(void)arg;
	make_inheritable(&r, &m);
	for (int i = 0; i < 5; i++)
		task_join(task_start(execute, NULL));
	expect_held(&r);
	mapping_close(&m);
	expect_free(&r);
}

static void do_nothing(void *context)
{
	(void)context;
}

static void many_children(const void *arg)
{
	struct mapping m;
	struct ring r;
	pid_t pids[20];

	(void)arg;
	make_inheritable(&r, &m);
	for (int round = 0; round < 5; round++) {
		for (int i = 0; i < 20; i++)
			pids[i] = task_start(do_nothing, NULL);
		for (int i = 0; i < 20; i++)
			task_join(pids[i]);
		expect_held(&r);
	}
	EXPECT_OK(ioctl(m.fd, GET_READER));
	mapping_close(&m);
	expect_free(&r);
}

/* Two mappings of a process, both inherited, and one of them moved. */
static void move_in_child(void *context)
{
	struct mapping *m = context;
	void *to = mremap(m->base, m->size, m->size, MREMAP_MAYMOVE);

	EXPECT(to == m->base, "it moved without need");
	uint8_t *place = mmap(NULL, m->size, PROT_NONE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	EXPECT(place != MAP_FAILED, "no memory");
	EXPECT(mremap(m->base, m->size, m->size, MREMAP_MAYMOVE | MREMAP_FIXED,
		      place) == place,
	       "cannot move: %s", strerrorname_np(errno));
	EXPECT_EQ(((struct meta *)(void *)place)->meta_struct_len,
		  sizeof(struct meta));
	EXPECT_OK(munmap(place, m->size));
}

static void moved_in_a_child(const void *arg)
{
	struct mapping m, again;
	struct ring r;

	(void)arg;
	make_inheritable(&r, &m);
	mapping_again(&again, &m);
	EXPECT_OK(madvise(again.base, again.size, MADV_DOFORK));
	task_join(task_start(move_in_child, &again));
	expect_held(&r);
	mapping_close(&again);
	expect_held(&r);
	mapping_close(&m);
	expect_free(&r);
}

/* A move over a part of oneself, or over another mapping. */
static void moved_over_another(const void *arg)
{
	struct mapping m, again;
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	mapping_open(&m, &r);
	mapping_again(&again, &m);
	EXPECT(mremap(m.base, m.size, m.size, MREMAP_MAYMOVE | MREMAP_FIXED,
		      again.base) == again.base,
	       "cannot move: %s", strerrorname_np(errno));
	/* One went with the place, the other is there. */
	expect_held(&r);
	ring_write_many(&r, 0, 1, EVENT_SMALL);
	EXPECT_EQ(get_reader(&again).entries, 1);
	close(m.fd);
	mapping_close(&again);
	expect_free(&r);
}

/* Snapshots swap whole rings: impossible as long as one of them is mapped. */
static void need_snapshots(const struct ring *r)
{
	if (!ring_has(r, "snapshot"))
		SKIP("this kernel has no snapshots");
}

static void expect_no_snapshot(const struct ring *r)
{
	EXPECT_EQ(ring_try(r, "snapshot", "1"), EBUSY);
}

static void no_snapshot_after_a_move(const void *arg)
{
	struct mapping m;
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	need_snapshots(&r);
	mapping_open(&m, &r);
	uint8_t *to = mmap(NULL, m.size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);
	EXPECT(to != MAP_FAILED, "no memory");
	EXPECT(mremap(m.base, m.size, m.size, MREMAP_MAYMOVE | MREMAP_FIXED,
		      to) == to,
	       "cannot move: %s", strerrorname_np(errno));
	m.base = to;
	expect_no_snapshot(&r);
	EXPECT_OK(ioctl(m.fd, GET_READER));
	mapping_close(&m);
	EXPECT_EQ(ring_try(&r, "snapshot", "1"), 0);
	EXPECT_EQ(ring_try(&r, "snapshot", "0"), 0);
	mapping_open(&m, &r);
	mapping_close(&m);
}

static void no_snapshot_after_a_fork(const void *arg)
{
	struct mapping m;
	struct ring r;

	(void)arg;
	make_inheritable(&r, &m);
	need_snapshots(&r);
	task_join(task_start(do_nothing, NULL));
	expect_no_snapshot(&r);
	EXPECT_OK(ioctl(m.fd, GET_READER));
	mapping_close(&m);
	EXPECT_EQ(ring_try(&r, "snapshot", "1"), 0);
	EXPECT_EQ(ring_try(&r, "snapshot", "0"), 0);
}

/* The child alone still has it. */
static void no_snapshot_under_a_child(const void *arg)
{
	struct ring r;
	pid_t pid;

	(void)arg;
	struct holder *h = make_holder(&r, &pid);
	need_snapshots(&r);
	mapping_close(&h->map);
	expect_no_snapshot(&r);
	h->stage = 2;
	task_join(pid);
	EXPECT_EQ(ring_try(&r, "snapshot", "1"), 0);
	EXPECT_EQ(ring_try(&r, "snapshot", "0"), 0);
}

const struct kcase accounting_cases[] = {
	{"accounting.child_ends_first", child_ends_first, NULL},
	{"accounting.parent_ends_first", parent_ends_first, NULL},
	{"accounting.child_is_killed", child_is_killed, NULL},
	{"accounting.child_executes", child_executes, NULL},
	{"accounting.many_children", many_children, NULL},
	{"accounting.moved_in_a_child", moved_in_a_child, NULL},
	{"accounting.moved_over_another", moved_over_another, NULL},
	{"accounting.no_snapshot_after_a_move", no_snapshot_after_a_move, NULL},
	{"accounting.no_snapshot_after_a_fork", no_snapshot_after_a_fork, NULL},
	{"accounting.no_snapshot_under_a_child", no_snapshot_under_a_child,
	 NULL},
	{NULL, NULL, NULL},
};
