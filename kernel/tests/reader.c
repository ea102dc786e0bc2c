// SPDX-License-Identifier: GPL-2.0-only
/*
 * reader.c - what GET_READER does, and a consumer that relies on it
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

/* Nothing to read is no error, and changes nothing. */
static void nothing_new(const void *arg)
{
	struct mapping m;
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	mapping_open(&m, &r);
	struct meta empty = meta_of(&m);
	for (int i = 0; i < 100; i++) {
		struct meta meta = get_reader(&m);

		EXPECT(!memcmp(&meta, &empty, sizeof(meta)),
		       "the meta page of an empty ring changed");
	}
	ring_write_many(&r, 0, 10, EVENT_SMALL);
	struct meta read = get_reader(&m);
	EXPECT_EQ(read.reader_id, 1);
	for (int i = 0; i < 100; i++) {
		struct meta meta = get_reader(&m);

		EXPECT_EQ(meta.reader_id, read.reader_id);
		EXPECT_EQ(meta.reader_read, read.reader_read);
		EXPECT_EQ(meta.read, 10);
	}
	mapping_close(&m);
}

/* All bytes of the page count as read when the ioctl returns. */
static void counts_it_all_at_once(const void *arg)
{
	struct mapping m;
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	mapping_open(&m, &r);
	for (uint32_t count = 1; count <= 60; count++) {
		ring_write_many(&r, 0, count, EVENT_SMALL);
		struct meta meta = get_reader(&m);
		const uint8_t *subbuf = subbuf_of(&m, meta.reader_id);

		EXPECT_EQ(meta.entries, count);
		EXPECT_EQ(meta.read, count);
		EXPECT_EQ(meta.overrun, 0);
		EXPECT_EQ(meta.reader_read,
			  subbuf_commit(subbuf) & COMMIT_MASK);
		EXPECT_EQ(ring_stat(&r, "entries"), 0);
		EXPECT_EQ(ring_stat(&r, "read events"), count);
		ring_reset(&r);
	}
	mapping_close(&m);
}

/* A page that grew is read on, even when newer pages wait. */
static void same_page_first(const void *arg)
{
	struct consumer c;
	struct mapping m;
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	mapping_open(&m, &r);
	consumer_init(&c, &m);
	ring_write_many(&r, 0, 1, EVENT_LARGE);
	EXPECT(consumer_step(&c), "nothing new");
	uint32_t id = c.id;
	ring_write_many(&r, 1, 1, EVENT_LARGE);
	EXPECT(consumer_step(&c), "nothing new");
	EXPECT_EQ(c.id, id);
	EXPECT_EQ(c.events, 2);
	/* Four fit: the rest of this page, and two more pages. */
	ring_write_many(&r, 2, 9, EVENT_LARGE);
	EXPECT(consumer_step(&c), "nothing new");
	EXPECT_EQ(c.id, id);
	EXPECT_EQ(c.events, 4);
	EXPECT(consumer_step(&c), "nothing new");
	EXPECT(c.id != id, "it stays on sub-buffer %u", id);
	EXPECT_EQ(c.events, 8);
	EXPECT(consumer_step(&c), "nothing new");
	EXPECT_EQ(c.events, 11);
	EXPECT(!consumer_step(&c), "more than was written");
	EXPECT_EQ(c.gaps, 0);
	mapping_close(&m);
}

/* Reads @lines lines of trace_pipe, one event each. */
static void read_lines(const struct ring *r, unsigned int lines)
{
	int fd = ring_open_file(r, "per_cpu/cpu%d/trace_pipe",
				O_RDONLY | O_NONBLOCK);
	char text[4096];

	EXPECT_OK(fd);
	/* Asked for few bytes it takes one event, and the line's rest later. */
	for (uint64_t before = ring_stat(r, "read events");
	     ring_stat(r, "read events") < before + lines;)
		EXPECT(read(fd, text, 16) > 0, "trace_pipe: %s",
		       strerrorname_np(errno));
	close(fd);
}

/*
 * Others read a part of the reader sub-buffer first: the kernel counts only
 * the rest, and the consumer finds it behind the reader.read of before.
 */
static void partly_read_before(const void *arg)
{
	struct consumer c;
	struct mapping m;
	struct ring r;

	(void)arg;
	for (uint32_t lines = 1; lines < 40; lines += 6) {
		ring_make_small(&r);
		ring_write_many(&r, 0, 50, EVENT_SMALL);
		read_lines(&r, lines);
		uint64_t gone = ring_stat(&r, "read events");
		EXPECT(gone < 50, "trace_pipe read it all");
		mapping_open(&m, &r);
		struct meta before = meta_of(&m);
		EXPECT_EQ(before.reader_id, 0);
		EXPECT_EQ(before.read, gone);
		EXPECT(before.reader_read, "reader.read is 0");
		consumer_init(&c, &m);
		EXPECT(consumer_step(&c), "nothing new");
		EXPECT_EQ(meta_of(&m).reader_id, 0);
		EXPECT_EQ(meta_of(&m).read, 50);
		EXPECT_EQ(c.events, 50 - gone);
		EXPECT_EQ(c.first, gone);
		EXPECT_EQ(ring_stat(&r, "entries"), 0);
		mapping_close(&m);
	}
}

/* The same while it is mapped: trace_pipe takes some, GET_READER the rest. */
static void partly_read_between(const void *arg)
{
	struct mapping m;
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	mapping_open(&m, &r);
	for (uint32_t lines = 1; lines < 40; lines += 6) {
		ring_write_many(&r, 0, 50, EVENT_SMALL);
		read_lines(&r, lines);
		EXPECT_EQ(get_reader(&m).read, 50);
		EXPECT_EQ(get_reader(&m).entries, 50);
		EXPECT_EQ(ring_stat(&r, "entries"), 0);
		ring_reset(&r);
	}
	mapping_close(&m);
}

/* Small events, large ones, few and many: all come, once and in order. */
static void consumes_in_order(const void *arg)
{
	/* Some kernels take no more than 1024 bytes of a raw marker. */
	static const size_t sizes[] = {EVENT_SMALL, 40,          100,
				       120,         EVENT_LARGE, 1024};
	struct consumer c;
	struct mapping m;
	struct ring r;
	uint32_t seq = 0;

	(void)arg;
	ring_make_small(&r);
	mapping_open(&m, &r);
	consumer_init(&c, &m);
	for (uint32_t i = 0; i < 600; i++) {
		size_t size = sizes[i % (sizeof(sizes) / sizeof(*sizes))];
		uint32_t count = i * 5 % 12;

		ring_write_many(&r, seq, count, size);
		seq += count;
		consumer_drain(&c);
		EXPECT_EQ(c.events, seq);
	}
	EXPECT_EQ(c.gaps, 0);
	EXPECT_EQ(c.resets, 0);
	EXPECT_EQ(c.lost_pages, 0);
	mapping_close(&m);
}

/* Events so far apart that time is extended between them. */
static void consumes_extended_times(const void *arg)
{
	struct consumer c;
	struct mapping m;
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	mapping_open(&m, &r);
	consumer_init(&c, &m);
	for (uint32_t i = 0; i < 6; i++) {
		ring_write_many(&r, 2 * i, 2, EVENT_SMALL);
		usleep(150 * 1000); /* 2^27 ns are 134 ms */
		if (i % 2)
			consumer_drain(&c);
	}
	EXPECT_EQ(c.events, 12);
	EXPECT_EQ(c.gaps, 0);
	EXPECT_EQ(meta_of(&m).read, 12);
	mapping_close(&m);
}

struct race {
	unsigned int kb;
	uint32_t events;
	size_t size;
	bool second_cpu; /* the consumer runs beside the writer */
	bool in_meta;    /* the meta page tells of all losses */
};

/* A writer at full speed: all events are read or counted as lost. */
static void races_a_writer(const void *arg)
{
	const struct race *race = arg;
	struct consumer c;
	struct mapping m;
	struct ring r;

	int second = race->second_cpu ? ring_second_cpu() : 0;
	ring_make(&r, race->kb, 0);
	mapping_open(&m, &r);
	consumer_init(&c, &m);
	pid_t writer = task_writer(&r, race->events, race->size);
	pin_to(second);
	while (!task_has_ended(writer))
		consumer_step(&c);
	consumer_drain(&c);
	struct meta meta = meta_of(&m);
	ktap_say("%llu events read, %llu lost in %llu places",
		 (unsigned long long)c.events, (unsigned long long)meta.overrun,
		 (unsigned long long)c.lost_pages);
	EXPECT_EQ(meta.entries, race->events);
	EXPECT_EQ(meta.read, c.events);
	EXPECT_EQ(c.events + meta.overrun, race->events);
	EXPECT_EQ(c.last, race->events - 1);
	/* The kernel lost what we miss, and nothing else. */
	EXPECT_EQ(c.first + c.gaps, meta.overrun);
	/* A page still being written to is not stamped, so not all are there. */
	EXPECT(c.lost_stored <= meta.overrun,
	       "pages tell of %llu lost, not %llu",
	       (unsigned long long)c.lost_stored,
	       (unsigned long long)meta.overrun);
	if (race->in_meta)
		EXPECT_EQ(c.lost_meta, meta.overrun);
	EXPECT_EQ(c.resets, 0);
	mapping_close(&m);
}

static const struct race small_ring = {4, 20000, EVENT_LARGE, true, false};
static const struct race small_events = {8, 60000, EVENT_SMALL, true, false};
static const struct race large_ring = {512, 30000, EVENT_SMALL, true, false};
static const struct race one_cpu = {8, 20000, 200, false, false};
static const struct race losses_in_meta = {4, 20000, EVENT_LARGE, true, true};

const struct kcase reader_cases[] = {
	{"reader.nothing_new", nothing_new, NULL},
	{"reader.counts_it_all_at_once", counts_it_all_at_once, NULL},
	{"reader.same_page_first", same_page_first, NULL},
	{"reader.partly_read_before", partly_read_before, NULL},
	{"reader.partly_read_between", partly_read_between, NULL},
	{"reader.consumes_in_order", consumes_in_order, NULL},
	{"reader.consumes_extended_times", consumes_extended_times, NULL},
	{"reader.races_in_a_small_ring", races_a_writer, &small_ring},
	{"reader.races_with_small_events", races_a_writer, &small_events},
	{"reader.races_in_a_large_ring", races_a_writer, &large_ring},
	{"reader.races_on_one_cpu", races_a_writer, &one_cpu},
	{"reader.races_with_losses_in_meta", races_a_writer, &losses_in_meta},
	{NULL, NULL, NULL},
};
