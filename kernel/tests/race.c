// SPDX-License-Identifier: GPL-2.0-only
/*
 * race.c - the first mapping against readers that swap sub-buffers
 *
 * Upstream records which page has which id, lets go of the lock, inserts the
 * pages, and only then tells readers not to swap pages out any more. What
 * read() takes meanwhile stays mapped under its id for good, and is not in the
 * ring: the mapper reads old events there, or none.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cases.h"
#include "consumer.h"
#include "mapping.h"
#include "task.h"

struct reader {
	struct ring ring;
	volatile bool stop;
	volatile unsigned int pages;
	bool splice;
	int cpu; /* not the mapper's */
};

/* Takes whole sub-buffers, as fast as it can. */
static void read_on(void *context)
{
	struct reader *r = context;
	uint8_t copy[4096];
	int fd = ring_open(&r->ring, O_RDONLY);
	int pipes[2];

	pin_to(r->cpu);
	EXPECT_OK(pipe2(pipes, O_CLOEXEC | O_NONBLOCK));
	while (!r->stop) {
		ssize_t n;

		if (r->splice && splice(fd, NULL, pipes[1], NULL, sizeof(copy),
					SPLICE_F_NONBLOCK) > 0)
			n = read(pipes[0], copy, sizeof(copy));
		else
			n = read(fd, copy, sizeof(copy));
		r->pages += n > 0;
	}
}

/*
 * Every sub-buffer that is mapped is one of the ring: it is found with the
 * events that the ring has, all of them, and none else.
 */
static void check_mapped(const struct mapping *m, uint32_t events)
{
	struct consumer c;

	consumer_init(&c, m);
	for (bool more = true; more;) {
		more = consumer_step(&c);
		struct meta meta = meta_of(m);
		const uint8_t *subbuf = subbuf_of(m, meta.reader_id);
		uint32_t size = subbuf_commit(subbuf) & COMMIT_MASK;

		EXPECT(size == meta.reader_read,
		       "sub-buffer %u has %u bytes; the kernel read %u",
		       meta.reader_id, size, meta.reader_read);
	}
	struct meta meta = meta_of(m);
	EXPECT_EQ(meta.read, events);
	EXPECT_EQ(c.events, events);
	EXPECT_EQ(c.last, events - 1);
}

/* One first mapping beside a reader; of all at once, which takes longest. */
static void map_once(struct reader *r, const struct mapping *like)
{
	uint32_t events = (like->subbufs - 2) * 4;
	struct mapping m = *like;

	ring_reset(&r->ring);
	ring_write_many(&r->ring, 0, events, EVENT_LARGE);
	r->stop = false;
	r->pages = 0;
	pid_t pid = task_start(read_on, r);
	while (r->pages < 3)
		;
	m.fd = ring_open(&r->ring, O_RDONLY);
	m.base = map_raw(m.size, PROT_READ, MAP_SHARED, m.fd, 0);
	EXPECT(m.base != MAP_FAILED, "cannot map: %s", strerrorname_np(errno));
	r->stop = true;
	task_join(pid);
	/* New events, which come to lie on every sub-buffer. */
	ring_reset(&r->ring);
	ring_write_many(&r->ring, 0, events, EVENT_LARGE);
	check_mapped(&m, events);
	mapping_close(&m);
}

static void race(bool splice, unsigned int rounds)
{
	struct mapping like;
	struct reader *r = task_shared(sizeof(*r));

	r->cpu = ring_second_cpu();
	r->splice = splice;
	ring_make(&r->ring, 1024, 0);
	mapping_open(&like, &r->ring);
	mapping_close(&like);
	for (unsigned int i = 0; i < rounds; i++)
		map_once(r, &like);
}

static void against_reads(const void *arg)
{
	(void)arg;
	race(false, 60);
}

static void against_splices(const void *arg)
{
	(void)arg;
	race(true, 60);
}

const struct kcase race_cases[] = {
	{"race.first_mapping_against_reads", against_reads, NULL},
	{"race.first_mapping_against_splices", against_splices, NULL},
	{NULL, NULL, NULL},
};
