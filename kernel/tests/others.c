// SPDX-License-Identifier: GPL-2.0-only
/*
 * others.c - several consumers of one mapped ring
 *
 * They compete for the one reader sub-buffer. What each of them gets is right,
 * and together they get all; that nobody gets anything twice is for them to
 * arrange.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cases.h"
#include "consumer.h"
#include "mapping.h"
#include "page.h"
#include "task.h"

enum {
	MOST_SEEN = 20000
};

/* Which events were seen, by anybody. */
struct seen {
	uint32_t count;
	uint8_t times[MOST_SEEN];
};

static void see(void *context, uint32_t seq)
{
	struct seen *seen = context;

	EXPECT(seq < MOST_SEEN, "event %u was never written", seq);
	seen->count += !seen->times[seq];
	if (seen->times[seq] < UINT8_MAX)
		seen->times[seq]++;
}

/* The events of a sub-buffer that read() or splice() gave. */
static void see_copy(struct seen *seen, const uint8_t *copy, size_t size)
{
	uint32_t commit;

	EXPECT(size >= SUBBUF_HEADER, "%zu bytes are no sub-buffer", size);
	memcpy(&commit, copy + 8, sizeof(commit));
	EXPECT((commit & COMMIT_MASK) <= size - SUBBUF_HEADER,
	       "%u bytes of events in %zu", commit & COMMIT_MASK, size);
	const char *wrong = page_walk(copy, 0, commit & COMMIT_MASK, see, seen);
	EXPECT(!wrong, "a copied sub-buffer: %s", wrong);
}

/* Everything on the reader sub-buffer, old and new. */
static void see_reader(struct seen *seen, const struct mapping *m)
{
	struct meta meta = get_reader(m);
	const char *wrong = page_walk(subbuf_of(m, meta.reader_id), 0,
				      meta.reader_read, see, seen);

	EXPECT(!wrong, "sub-buffer %u: %s", meta.reader_id, wrong);
}

/* What read() takes is a copy: what is mapped stays the ring's. */
static void read_copies(const void *arg)
{
	uint8_t copy[4096];
	struct seen *seen = task_shared(sizeof(*seen));
	struct mapping m;
	struct ring r;
	uint32_t seq = 0;

	(void)arg;
	ring_make_small(&r);
	mapping_open(&m, &r);
	for (uint32_t i = 0; i < 300; i++) {
		uint32_t count = i * 7 % 20;
		ssize_t n;

		ring_write_many(&r, seq, count, EVENT_LARGE);
		seq += count;
		while (i % 2 && (n = ring_steal(&r, copy, sizeof(copy))) > 0)
			see_copy(seen, copy, (size_t)n);
		for (uint32_t k = 0; k < m.subbufs + 1; k++)
			see_reader(seen, &m);
		EXPECT_EQ(seen->count, seq);
	}
	EXPECT_EQ(meta_of(&m).overrun, 0);
	mapping_close(&m);
	EXPECT(!ring_try_resize(&r), "the ring cannot be resized any more");
}

/* Of one page in the mapping and in a copy of it, the bytes are the same. */
static void read_copies_the_mapped_page(const void *arg)
{
	uint8_t copy[4096];
	struct mapping m;
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	mapping_open(&m, &r);
	ring_write_many(&r, 0, 4 * (m.subbufs - 1), EVENT_LARGE);
	for (uint32_t id = 1; id < m.subbufs; id++) {
		EXPECT(ring_steal(&r, copy, sizeof(copy)) > 0,
		       "nothing to read");
		const uint8_t *subbuf = subbuf_of(&m, id);
		uint32_t size = subbuf_commit(subbuf) & COMMIT_MASK;
		uint32_t copied;

		memcpy(&copied, copy + 8, sizeof(copied));
		copied &= COMMIT_MASK;
		/* Not the padding, perhaps, but all events. */
		EXPECT(copied > 3000 && copied <= size, "%u of %u bytes",
		       copied, size);
		EXPECT(!memcmp(copy + SUBBUF_HEADER, subbuf + SUBBUF_HEADER,
			       copied),
		       "sub-buffer %u was read with other bytes", id);
	}
	mapping_close(&m);
}

/* Small reads: a part of a page, and then the rest by the ioctl. */
static void read_in_parts(const void *arg)
{
	uint8_t copy[4096];
	struct seen *seen = task_shared(sizeof(*seen));
	struct mapping m;
	struct ring r;
	uint32_t seq = 0;

	(void)arg;
	ring_make_small(&r);
	mapping_open(&m, &r);
	int fd = ring_open(&r, O_RDONLY);
	for (uint32_t i = 0; i < 100; i++) {
		ring_write_many(&r, seq, 20, EVENT_LARGE);
		seq += 20;
		for (uint32_t k = 0; k < i % 5; k++)
			EXPECT(read(fd, copy, 700) > 0, "read: %s",
			       strerrorname_np(errno));
		for (uint32_t k = 0; k < m.subbufs + 1; k++)
			see_reader(seen, &m);
		while (read(fd, copy, sizeof(copy)) > 0)
			;
		EXPECT_EQ(ring_stat(&r, "entries"), 0);
	}
	EXPECT_EQ(get_reader(&m).read, seq);
	EXPECT_EQ(seen->count, seq);
	mapping_close(&m);
}

/* Moves one sub-buffer to a pipe. Returns its size, or -1. */
static ssize_t splice_page(int fd, uint8_t *copy, size_t size)
{
	int pipes[2];

	EXPECT_OK(pipe2(pipes, O_CLOEXEC | O_NONBLOCK));
	ssize_t n = splice(fd, NULL, pipes[1], NULL, size, SPLICE_F_NONBLOCK);
	int error = errno;
	if (n > 0)
		EXPECT_EQ(read(pipes[0], copy, size), n);
	close(pipes[0]);
	close(pipes[1]);
	errno = error;
	return n;
}

/* Sub-buffers that nobody touched yet can be spliced. */
static void splice_fresh_pages(const void *arg)
{
	uint8_t copy[4096];
	struct seen *seen = task_shared(sizeof(*seen));
	struct mapping m;
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	mapping_open(&m, &r);
	int fd = ring_open(&r, O_RDONLY);
	for (uint32_t round = 0; round < 5; round++) {
		ring_reset(&r);
		memset(seen, 0, sizeof(*seen));
		ring_write_many(&r, 0, 13, EVENT_LARGE);
		for (uint32_t page = 1; page <= 3; page++) {
			ssize_t n = splice_page(fd, copy, sizeof(copy));

			EXPECT(n == (ssize_t)sizeof(copy),
			       "splice of sub-buffer %u: %s", page,
			       n < 0 ? strerrorname_np(errno) : "short");
			see_copy(seen, copy, (size_t)n);
			EXPECT_EQ(seen->count, page * 4);
		}
		/* The last event is on the page still written to. */
		for (uint32_t k = 0; k < 4; k++)
			see_reader(seen, &m);
		EXPECT_EQ(seen->count, 13);
		EXPECT_EQ(meta_of(&m).read, 13);
	}
	mapping_close(&m);
	EXPECT(!ring_try_resize(&r), "the ring cannot be resized any more");
}

/* What splice() gave away is a copy: no page of the ring left with it. */
static void splice_copies(const void *arg)
{
	uint8_t before[4096], after[4096];
	struct consumer c;
	struct mapping m;
	struct ring r;
	int pipes[2];

	(void)arg;
	ring_make_small(&r);
	mapping_open(&m, &r);
	int fd = ring_open(&r, O_RDONLY);
	ring_write_many(&r, 0, 20, EVENT_LARGE);
	EXPECT_OK(pipe2(pipes, O_CLOEXEC | O_NONBLOCK));
	ssize_t n = splice(fd, NULL, pipes[1], NULL, 4096, SPLICE_F_NONBLOCK);
	EXPECT(n == 4096, "splice: %s",
	       n < 0 ? strerrorname_np(errno) : "short");
	memcpy(before, subbuf_of(&m, 1), sizeof(before));
	/* Readers and writers go round, and use that sub-buffer again. */
	consumer_init(&c, &m);
	for (uint32_t i = 0; i < 10; i++) {
		ring_write_many(&r, 1000 + i * 20, 20, EVENT_LARGE);
		consumer_drain(&c);
	}
	EXPECT_EQ(read(pipes[0], after, sizeof(after)), n);
	EXPECT(!memcmp(before + SUBBUF_HEADER, after + SUBBUF_HEADER, 3000),
	       "what was spliced changed afterwards");
	EXPECT(memcmp(subbuf_of(&m, 1) + SUBBUF_HEADER, after + SUBBUF_HEADER,
		      3000),
	       "the sub-buffer left the ring");
	mapping_close(&m);
}

static void trace_pipe_beside(const void *arg)
{
	struct mapping m;
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	mapping_open(&m, &r);
	int pipe = ring_open_file(&r, "per_cpu/cpu%d/trace_pipe",
				  O_RDONLY | O_NONBLOCK);
	EXPECT_OK(pipe);
	EXPECT_ERRNO(ring_open_file(&r, "per_cpu/cpu%d/trace_pipe", O_RDONLY),
		     EBUSY);
	close(pipe);
	mapping_close(&m);
}

/* Two processes that take turns, with one memory of how far they came. */
struct turns {
	struct ring ring;
	volatile uint32_t turn;
	struct consumer consumer;
};

static void take_turns(struct turns *t, const struct mapping *m, uint32_t me,
		       pid_t writer)
{
	for (bool last = false; !last;) {
		/* Once more after the writer's end. */
		last = writer ? task_has_ended(writer) : t->turn == 3;
		while (__atomic_load_n(&t->turn, __ATOMIC_ACQUIRE) == !me)
			sched_yield();
		t->consumer.map = m;
		consumer_step(&t->consumer);
		if (t->turn != 3)
			__atomic_store_n(&t->turn, !me, __ATOMIC_RELEASE);
	}
}

static void second_consumer(void *context)
{
	struct turns *t = context;
	struct mapping m;

	mapping_open(&m, &t->ring);
	take_turns(t, &m, 1, 0);
	mapping_close(&m);
}

static void two_processes_in_turn(const void *arg)
{
	struct turns *t = task_shared(sizeof(*t));
	int second = ring_second_cpu();
	struct mapping m;

	(void)arg;
	ring_make(&t->ring, 64, 0);
	mapping_open(&m, &t->ring);
	consumer_init(&t->consumer, &m);
	pid_t writer = task_writer(&t->ring, 10000, 200);
	pin_to(second);
	pid_t other = task_start(second_consumer, t);
	take_turns(t, &m, 0, writer);
	__atomic_store_n(&t->turn, 3, __ATOMIC_RELEASE);
	task_join(other);
	t->consumer.map = &m;
	consumer_drain(&t->consumer);
	struct meta meta = meta_of(&m);
	EXPECT_EQ(meta.entries, 10000);
	EXPECT_EQ(meta.read, t->consumer.events);
	EXPECT_EQ(t->consumer.first + t->consumer.gaps, meta.overrun);
	EXPECT_EQ(t->consumer.last, 9999);
	mapping_close(&m);
}

/* A reader that catches up with a slow writer again and again. */
static void catches_up_again_and_again(const void *arg)
{
	struct consumer c;
	struct mapping m;
	struct ring r;
	int second = ring_second_cpu();

	(void)arg;
	ring_make(&r, 1, 0);
	mapping_open(&m, &r);
	consumer_init(&c, &m);
	for (uint32_t round = 0; round < 20; round++) {
		pid_t writer = task_writer(&r, 100, EVENT_LARGE);

		pin_to(second);
		while (!task_has_ended(writer))
			for (int i = 0; i < 50; i++)
				consumer_step(&c);
		consumer_drain(&c);
		EXPECT_EQ(c.last, 99);
		/* The next writer's numbers begin anew. */
		uint64_t events = c.events;
		c.events = 0;
		EXPECT(events, "nothing was read");
	}
	struct meta meta = meta_of(&m);
	EXPECT_EQ(meta.entries, 2000);
	EXPECT_EQ(meta.read + meta.overrun, 2000);
	mapping_close(&m);
}

const struct kcase others_cases[] = {
	{"others.read_copies", read_copies, NULL},
	{"others.read_copies_the_mapped_page", read_copies_the_mapped_page,
	 NULL},
	{"others.read_in_parts", read_in_parts, NULL},
	{"others.splice_fresh_pages", splice_fresh_pages, NULL},
	{"others.splice_copies", splice_copies, NULL},
	{"others.trace_pipe_beside", trace_pipe_beside, NULL},
	{"others.two_processes_in_turn", two_processes_in_turn, NULL},
	{"others.catches_up_again_and_again", catches_up_again_and_again, NULL},
	{NULL, NULL, NULL},
};
