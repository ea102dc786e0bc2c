// SPDX-License-Identifier: GPL-2.0-only
/*
 * meta.c - what the meta page says, and when it is written
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

static void of_a_fresh_ring(const void *arg)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct mapping m;
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	mapping_open(&m, &r);
	struct meta meta = meta_of(&m);
	EXPECT_EQ(meta.meta_page_size, page);
	EXPECT_EQ(meta.meta_struct_len, sizeof(meta));
	EXPECT_EQ(meta.subbuf_size, page);
	/* 28 KiB in sub-buffers with 4080 bytes of data, and the reader's. */
	EXPECT_EQ(meta.nr_subbufs, (28 * 1024 + 4079) / 4080 + 1);
	EXPECT_EQ(meta.reader_id, 0);
	EXPECT_EQ(meta.reader_read, 0);
	EXPECT_EQ(meta.reader_lost_events, 0);
	EXPECT_EQ(meta.entries, 0);
	EXPECT_EQ(meta.overrun, 0);
	EXPECT_EQ(meta.read, 0);
	EXPECT_EQ(meta.flags, 0);
	mapping_close(&m);
}

/* Nothing else of the kernel's lies on it. */
static void rest_is_zero(const void *arg)
{
	struct mapping m;
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	mapping_open(&m, &r);
	ring_write_many(&r, 0, 300, EVENT_SMALL);
	get_reader(&m);
	for (size_t i = sizeof(struct meta); i < m.meta_size; i++)
		EXPECT(!m.base[i], "byte %zu of the meta page is %#x", i,
		       m.base[i]);
	mapping_close(&m);
}

/* The smallest ring: two sub-buffers and the reader's. */
static void of_the_smallest_ring(const void *arg)
{
	struct consumer c;
	struct mapping m;
	struct ring r;

	(void)arg;
	ring_make(&r, 1, 0);
	mapping_open(&m, &r);
	EXPECT_EQ(m.subbufs, 3);
	consumer_init(&c, &m);
	for (uint32_t i = 0; i < 100; i++) {
		ring_write_many(&r, i * 5, 5, EVENT_LARGE);
		consumer_drain(&c);
	}
	EXPECT_EQ(c.events, 500);
	EXPECT_EQ(c.gaps, 0);
	mapping_close(&m);
}

static void expect_unchanged(const struct mapping *m, const struct meta *before,
			     const char *after)
{
	struct meta now = meta_of(m);

	EXPECT(!memcmp(&now, before, sizeof(now)), "it changed by %s", after);
}

/* Writers, other readers and other mappers leave it alone. */
static void not_by_others(const void *arg)
{
	uint8_t subbuf[4096];
	struct mapping m, again;
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	mapping_open(&m, &r);
	ring_write_many(&r, 0, 10, EVENT_LARGE);
	struct meta meta = get_reader(&m);
	ring_write_many(&r, 10, 10, EVENT_LARGE);
	expect_unchanged(&m, &meta, "new events");
	mapping_again(&again, &m);
	expect_unchanged(&m, &meta, "another mapping");
	EXPECT(ring_steal(&r, subbuf, sizeof(subbuf)) > 0, "nothing to read");
	expect_unchanged(&m, &meta, "read()");
	int fd = ring_open_file(&r, "per_cpu/cpu%d/trace_pipe",
				O_RDONLY | O_NONBLOCK);
	EXPECT(read(fd, subbuf, sizeof(subbuf)) > 0, "trace_pipe is empty");
	close(fd);
	expect_unchanged(&m, &meta, "trace_pipe");
	mapping_close(&again);
	expect_unchanged(&m, &meta, "the end of another mapping");
	EXPECT_EQ(get_reader(&m).entries, 20);
	mapping_close(&m);
}

/* Mapped late: the counters tell what was before. */
static void of_a_used_ring(const void *arg)
{
	uint8_t subbuf[4096];
	struct mapping m;
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	ring_write_many(&r, 0, 60, EVENT_LARGE);
	EXPECT(ring_steal(&r, subbuf, sizeof(subbuf)) > 0, "nothing to read");
	mapping_open(&m, &r);
	struct meta meta = meta_of(&m);
	EXPECT_EQ(meta.reader_id, 0);
	EXPECT_EQ(meta.entries, 60);
	EXPECT_EQ(meta.overrun, ring_stat(&r, "overrun"));
	EXPECT_EQ(meta.read, ring_stat(&r, "read events"));
	EXPECT(meta.read, "read() read nothing");
	mapping_close(&m);
}

/* Every event is read, lost or still there. */
static void adds_up(const void *arg)
{
	uint8_t subbuf[4096];
	struct mapping m;
	struct ring r;
	uint32_t seq = 0;

	(void)arg;
	ring_make_small(&r);
	mapping_open(&m, &r);
	for (uint32_t i = 0; i < 200; i++) {
		uint32_t count = i * 7 % 23;

		ring_write_many(&r, seq, count, i % 3 ? EVENT_LARGE : 100);
		seq += count;
		if (i % 5 == 0)
			ring_steal(&r, subbuf, sizeof(subbuf));
		struct meta meta = get_reader(&m);
		EXPECT_EQ(meta.entries, seq);
		EXPECT_EQ(meta.entries,
			  meta.read + meta.overrun + ring_stat(&r, "entries"));
		EXPECT_EQ(meta.overrun, ring_stat(&r, "overrun"));
		EXPECT_EQ(meta.read, ring_stat(&r, "read events"));
	}
	EXPECT(meta_of(&m).overrun, "nothing was lost");
	mapping_close(&m);
}

/* Given anew by the first mapping after the last one is gone. */
static void ids_are_given_anew(const void *arg)
{
	struct consumer c;
	struct mapping m;
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	for (uint32_t life = 0; life < 10; life++) {
		mapping_open(&m, &r);
		EXPECT_EQ(meta_of(&m).reader_id, 0);
		consumer_init(&c, &m);
		ring_write_many(&r, life * 20, life + 3, EVENT_LARGE);
		consumer_drain(&c);
		EXPECT_EQ(c.events, life + 3);
		EXPECT_EQ(c.last, life * 20 + life + 2);
		mapping_close(&m);
	}
}

/* A ring never read: its sub-buffers come in the order of their ids. */
static void ids_in_ring_order(const void *arg)
{
	struct mapping m;
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	ring_count_time(&r);
	mapping_open(&m, &r);
	ring_write_many(&r, 0, 4 * (m.subbufs - 1), EVENT_LARGE);
	for (uint32_t id = 1; id < m.subbufs; id++) {
		EXPECT_EQ(get_reader(&m).reader_id, id);
		if (id > 1)
			EXPECT(subbuf_stamp(subbuf_of(&m, id)) >
				       subbuf_stamp(subbuf_of(&m, id - 1)),
			       "sub-buffer %u is older than the one before",
			       id);
	}
	/* The reader's first one took the place of id 1, and so on. */
	ring_write_many(&r, 0, 4 * (m.subbufs - 2), EVENT_LARGE);
	uint32_t id = get_reader(&m).reader_id;
	if (id == m.subbufs - 1) /* its padding was news */
		id = get_reader(&m).reader_id;
	EXPECT_EQ(id, 0);
	mapping_close(&m);
}

const struct kcase meta_cases[] = {
	{"meta.of_a_fresh_ring", of_a_fresh_ring, NULL},
	{"meta.rest_is_zero", rest_is_zero, NULL},
	{"meta.of_the_smallest_ring", of_the_smallest_ring, NULL},
	{"meta.not_by_others", not_by_others, NULL},
	{"meta.of_a_used_ring", of_a_used_ring, NULL},
	{"meta.adds_up", adds_up, NULL},
	{"meta.ids_are_given_anew", ids_are_given_anew, NULL},
	{"meta.ids_in_ring_order", ids_in_ring_order, NULL},
	{NULL, NULL, NULL},
};
