// SPDX-License-Identifier: GPL-2.0-only
/*
 * reset.c - a mapped ring is emptied, and its meta page says so at once
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cases.h"
#include "consumer.h"
#include "mapping.h"

struct way {
	const char *file;
	const char *text;
};

static const struct way truncate_trace = {"trace", ""};
static const struct way truncate_cpu = {"per_cpu/cpu%d/trace", ""};
static const struct way change_clock = {"trace_clock", "global"};

/* Nothing is committed anywhere, and nothing is counted. */
static void expect_empty(const struct mapping *m, const struct meta *before)
{
	struct meta meta = meta_of(m);

	EXPECT_EQ(meta.entries, 0);
	EXPECT_EQ(meta.overrun, 0);
	EXPECT_EQ(meta.read, 0);
	EXPECT_EQ(meta.reader_read, 0);
	EXPECT_EQ(meta.reader_lost_events, 0);
	EXPECT_EQ(meta.reader_id, before->reader_id);
	EXPECT_EQ(meta.nr_subbufs, before->nr_subbufs);
	EXPECT_EQ(meta.subbuf_size, before->subbuf_size);
	for (uint32_t id = 0; id < m->subbufs; id++)
		EXPECT(!(subbuf_commit(subbuf_of(m, id)) & COMMIT_MASK),
		       "sub-buffer %u has bytes after the reset", id);
}

static void empties(const void *arg)
{
	const struct way *way = arg;
	struct mapping m;
	struct ring r;

	ring_make_small(&r);
	mapping_open(&m, &r);
	/* Enough that some are lost, some read and some neither. */
	for (uint32_t round = 0; round < 5; round++) {
		ring_write_many(&r, 0, 60 + round, EVENT_LARGE);
		get_reader(&m);
		struct meta before = get_reader(&m);
		EXPECT(before.overrun, "nothing was lost");
		ring_put(&r, way->file, way->text);
		expect_empty(&m, &before);
		EXPECT_EQ(ring_stat(&r, "entries"), 0);
		EXPECT_EQ(ring_stat(&r, "overrun"), 0);
		get_reader(&m);
		expect_empty(&m, &before);
		if (way == &change_clock)
			ring_put(&r, "trace_clock", "local");
	}
	mapping_close(&m);
	EXPECT(!ring_try_resize(&r), "the ring cannot be resized any more");
}

/* A consumer goes on after it, with the new events and no losses from before. */
static void consumer_goes_on(const void *arg)
{
	struct consumer c;
	struct mapping m;
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	mapping_open(&m, &r);
	for (uint32_t round = 0; round < 20; round++) {
		uint32_t first = round * 1000, count = 3 + round * 5;

		ring_write_many(&r, first, 60, EVENT_LARGE);
		get_reader(&m);
		ring_reset(&r);
		consumer_init(&c, &m);
		ring_write_many(&r, first + 500, count % 20 + 1, EVENT_LARGE);
		consumer_drain(&c);
		EXPECT_EQ(c.events, count % 20 + 1);
		EXPECT_EQ(c.first, first + 500);
		EXPECT_EQ(c.gaps, 0);
		EXPECT_EQ(c.lost_pages, 0);
	}
	mapping_close(&m);
}

/* The other CPUs' rings are not touched by the reset of one. */
static void one_cpu_alone(const void *arg)
{
	int second = ring_second_cpu();
	struct mapping m;
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	mapping_open(&m, &r);
	ring_write_many(&r, 0, 10, EVENT_SMALL);
	struct ring other = ring_of(&r, second);
	ring_put(&other, "per_cpu/cpu%d/trace", "");
	EXPECT_EQ(get_reader(&m).entries, 10);
	mapping_close(&m);
}

/* Ids are the sub-buffers' names for as long as the ring is mapped. */
static void ids_survive(const void *arg)
{
	struct consumer c;
	struct mapping m;
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	mapping_open(&m, &r);
	consumer_init(&c, &m);
	for (uint32_t i = 0; i < 40; i++) {
		ring_write_many(&r, i * 10, 10, EVENT_LARGE);
		if (i % 3)
			consumer_step(&c);
		uint32_t id = meta_of(&m).reader_id;
		ring_reset(&r);
		EXPECT_EQ(meta_of(&m).reader_id, id);
		/* What is written next lies where its id says. */
		consumer_init(&c, &m);
		ring_write_many(&r, i * 10 + 5, 3, EVENT_LARGE);
		consumer_drain(&c);
		EXPECT_EQ(c.events, 3);
		EXPECT_EQ(c.last, i * 10 + 7);
	}
	mapping_close(&m);
}

const struct kcase reset_cases[] = {
	{"reset.by_trace", empties, &truncate_trace},
	{"reset.by_the_cpus_trace", empties, &truncate_cpu},
	{"reset.by_trace_clock", empties, &change_clock},
	{"reset.consumer_goes_on", consumer_goes_on, NULL},
	{"reset.one_cpu_alone", one_cpu_alone, NULL},
	{"reset.ids_survive", ids_survive, NULL},
	{NULL, NULL, NULL},
};
