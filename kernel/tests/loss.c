// SPDX-License-Identifier: GPL-2.0-only
/*
 * loss.c - events that were overwritten are told of, and how many
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cases.h"
#include "consumer.h"
#include "mapping.h"

/* Writes until some are lost, and reads to the end. */
static struct meta lose(const struct ring *r, struct consumer *c,
			uint32_t first, uint32_t count, size_t size)
{
	ring_write_many(r, first, count, size);
	consumer_drain(c);
	struct meta meta = meta_of(c->map);
	EXPECT(meta.overrun, "nothing was lost");
	return meta;
}

/* Room behind the last event: the count lies there. */
static void counted_on_the_page(const void *arg)
{
	struct consumer c;
	struct mapping m;
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	mapping_open(&m, &r);
	consumer_init(&c, &m);
	struct meta meta = lose(&r, &c, 0, 100, EVENT_LARGE);
	EXPECT_EQ(c.lost_pages, 1);
	EXPECT_EQ(c.lost_uncounted, 0);
	EXPECT_EQ(c.lost_stored, meta.overrun);
	EXPECT_EQ(c.first, meta.overrun);
	EXPECT_EQ(c.events + meta.overrun, 100);
	mapping_close(&m);
}

/* Each gap has its count; together they are the overrun. */
static void counts_add_up(const void *arg)
{
	struct consumer c;
	struct mapping m;
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	mapping_open(&m, &r);
	consumer_init(&c, &m);
	for (uint32_t i = 0; i < 10; i++) {
		struct meta meta = lose(&r, &c, i * 100, 100, EVENT_LARGE);

		EXPECT_EQ(c.lost_pages, i + 1);
		EXPECT_EQ(c.lost_stored, meta.overrun);
		EXPECT_EQ(c.first + c.gaps, meta.overrun);
	}
	EXPECT_EQ(c.lost_uncounted, 0);
	mapping_close(&m);
}

/*
 * No room behind the last event: the flag stands alone. Whether a page is full
 * depends on the clock (extended times), so pages are looked at one by one.
 */
static void flagged_without_room(const void *arg)
{
	struct mapping m;
	struct ring r;
	unsigned int full = 0;

	(void)arg;
	ring_make_small(&r);
	need_mapping(&r);
	/* 4080 bytes are 51 events of 80. */
	size_t size = 80 - ring_event_overhead(&r);
	mapping_open(&m, &r);
	for (uint32_t i = 0; i < 20; i++) {
		ring_write_many(&r, 0, 800, size);
		struct meta meta = get_reader(&m);
		uint32_t commit = subbuf_commit(subbuf_of(&m, meta.reader_id));

		EXPECT(meta.overrun, "nothing was lost");
		EXPECT(commit & MISSED_EVENTS, "losses, but commit is %#x",
		       commit);
		bool room = (commit & COMMIT_MASK) + 8 <=
			    m.subbuf_size - SUBBUF_HEADER;
		EXPECT_EQ(!!(commit & MISSED_STORED), room);
		full += !room;
		ring_reset(&r);
	}
	EXPECT(full, "no page was full");
	mapping_close(&m);
}

/* Both kinds of page, and a consumer that misses what the kernel lost. */
static void exact_by_overrun(const void *arg)
{
	struct consumer c;
	struct mapping m;
	struct ring r;
	uint32_t seq = 0;

	(void)arg;
	ring_make_small(&r);
	need_mapping(&r);
	size_t size = 80 - ring_event_overhead(&r);
	mapping_open(&m, &r);
	consumer_init(&c, &m);
	for (uint32_t i = 0; i < 50; i++) {
		uint32_t count = 300 + i * 37 % 500;

		ring_write_many(&r, seq, count, size);
		seq += count;
		for (uint32_t step = 0; step < i % 7 + 1; step++)
			consumer_step(&c);
	}
	consumer_drain(&c);
	struct meta meta = meta_of(&m);
	EXPECT_EQ(c.first + c.gaps, meta.overrun);
	EXPECT_EQ(c.events + meta.overrun, seq);
	EXPECT(c.lost_stored <= meta.overrun, "more lost than overwritten");
	EXPECT(c.lost_pages, "no page told of losses");
	mapping_close(&m);
}

/* The meta page tells the count with the sub-buffer that has the gap. */
static void in_the_meta_page(const void *arg)
{
	struct mapping m;
	struct ring r;
	uint64_t overrun = 0;

	(void)arg;
	ring_make_small(&r);
	mapping_open(&m, &r);
	for (uint32_t i = 0; i < 10; i++) {
		ring_write_many(&r, i * 100, 100, EVENT_LARGE);
		uint32_t id = meta_of(&m).reader_id;
		struct meta meta = get_reader(&m);
		while (meta.reader_id == id) /* its own rest came first */
			meta = get_reader(&m);
		EXPECT_EQ(meta.reader_lost_events, meta.overrun - overrun);
		overrun = meta.overrun;
		/* The next sub-buffer follows without a gap. */
		meta = get_reader(&m);
		EXPECT_EQ(meta.reader_lost_events, 0);
		do {
			id = meta.reader_read;
			meta = get_reader(&m);
		} while (meta.reader_read != id);
	}
	mapping_close(&m);
}

/* The same where the page has no room for a count. */
static void in_the_meta_page_without_room(const void *arg)
{
	struct mapping m;
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	need_mapping(&r);
	size_t size = 80 - ring_event_overhead(&r);
	mapping_open(&m, &r);
	for (uint32_t i = 0; i < 10; i++) {
		ring_write_many(&r, 0, 800, size);
		struct meta meta = get_reader(&m);

		EXPECT(meta.overrun, "nothing was lost");
		EXPECT_EQ(meta.reader_lost_events, meta.overrun);
		ring_reset(&r);
		EXPECT_EQ(meta_of(&m).reader_lost_events, 0);
	}
	mapping_close(&m);
}

/* Flags, and no sign of how they came there. */
static void upper_half_is_clear(const void *arg)
{
	struct mapping m;
	struct ring r;
	uint64_t commit;

	(void)arg;
	ring_make_small(&r);
	mapping_open(&m, &r);
	ring_write_many(&r, 0, 100, EVENT_LARGE);
	const uint8_t *subbuf = subbuf_of(&m, get_reader(&m).reader_id);
	memcpy(&commit, subbuf + 8, sizeof(commit));
	EXPECT(commit & MISSED_EVENTS, "losses, but commit is %#llx",
	       (unsigned long long)commit);
	EXPECT(!(commit >> 32), "commit is %#llx", (unsigned long long)commit);
	mapping_close(&m);
}

/* Padding that gives way to the count is no unread byte. */
static void bytes_come_to_zero(const void *arg)
{
	struct consumer c;
	struct mapping m;
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	mapping_open(&m, &r);
	consumer_init(&c, &m);
	for (uint32_t i = 0; i < 5; i++) {
		lose(&r, &c, i * 100, 100, EVENT_LARGE);
		EXPECT_EQ(ring_stat(&r, "entries"), 0);
		EXPECT_EQ(ring_stat(&r, "bytes"), 0);
	}
	mapping_close(&m);
}

/*
 * Somebody looked at the sub-buffer after the gap, and took nothing: the gap is
 * still in front of that one. trace_pipe of all CPUs looks at each, and takes
 * the oldest event.
 */
static void found_by_a_look(const void *arg)
{
	int second = ring_second_cpu();
	struct consumer c;
	struct mapping m;
	struct ring r;
	char line[4096];

	(void)arg;
	ring_make_small(&r);
	ring_count_time(&r);
	mapping_open(&m, &r);
	pin_to(second);
	ring_write_many(&r, 5000, 1, EVENT_SMALL);
	pin_to(0);
	consumer_init(&c, &m);
	ring_write_many(&r, 0, 100, EVENT_LARGE);
	int fd = ring_open_file(&r, "trace_pipe", O_RDONLY | O_NONBLOCK);
	EXPECT(read(fd, line, 16) > 0, "trace_pipe: %s",
	       strerrorname_np(errno));
	close(fd);
	EXPECT_EQ(ring_stat(&r, "read events"), 0);
	EXPECT(consumer_step(&c), "nothing new");
	EXPECT_EQ(c.first, meta_of(&m).overrun);
	EXPECT_EQ(c.lost_pages, 1);
	EXPECT_EQ(c.lost_stored, meta_of(&m).overrun);
	consumer_drain(&c);
	EXPECT_EQ(c.lost_pages, 1);
	EXPECT_EQ(c.gaps, 0);
	mapping_close(&m);
}

/* Without losses there is no sign of any. */
static void none_where_nothing_was_lost(const void *arg)
{
	struct consumer c;
	struct mapping m;
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	mapping_open(&m, &r);
	consumer_init(&c, &m);
	for (uint32_t i = 0; i < 100; i++) {
		ring_write_many(&r, i * 20, 20, EVENT_LARGE);
		consumer_drain(&c);
	}
	EXPECT_EQ(c.events, 2000);
	EXPECT_EQ(c.lost_pages, 0);
	EXPECT_EQ(c.lost_meta, 0);
	EXPECT_EQ(meta_of(&m).overrun, 0);
	mapping_close(&m);
}

/* Another reader took the page that told of them. */
static void told_to_the_other_reader(const void *arg)
{
	uint8_t subbuf[4096];
	struct consumer c;
	struct mapping m;
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	mapping_open(&m, &r);
	ring_write_many(&r, 0, 100, EVENT_LARGE);
	EXPECT(ring_steal(&r, subbuf, sizeof(subbuf)) > 0, "nothing to read");
	uint32_t commit;
	memcpy(&commit, subbuf + 8, sizeof(commit));
	EXPECT(commit & MISSED_EVENTS, "read() tells no losses: %#x", commit);
	get_reader(&m); /* the rest of that page, if there is one */
	consumer_init(&c, &m);
	consumer_drain(&c);
	EXPECT_EQ(c.lost_pages, 0);
	EXPECT_EQ(c.gaps, 0);
	EXPECT_EQ(c.last, 99);
	mapping_close(&m);
}

/* A ring that keeps its old events drops the new, and says so elsewhere. */
static void dropped_are_not_overwritten(const void *arg)
{
	struct consumer c;
	struct mapping m;
	struct ring r;
	uint32_t taken = 0;

	(void)arg;
	ring_make_small(&r);
	mapping_open(&m, &r);
	ring_put(&r, "options/overwrite", "0");
	consumer_init(&c, &m);
	for (uint32_t i = 0; i < 100; i++)
		taken += ring_write(&r, i, EVENT_LARGE);
	EXPECT(taken < 100, "nothing was dropped");
	consumer_drain(&c);
	struct meta meta = meta_of(&m);
	EXPECT_EQ(meta.overrun, 0);
	EXPECT_EQ(meta.entries, taken);
	EXPECT_EQ(c.events, taken);
	EXPECT_EQ(c.lost_pages, 0);
	EXPECT_EQ(c.last, taken - 1);
	EXPECT(ring_stat(&r, "dropped events") >= 100 - taken,
	       "stats tells of fewer dropped events");
	/* There is room again. */
	ring_write_many(&r, 200, 4, EVENT_LARGE);
	consumer_drain(&c);
	EXPECT_EQ(c.last, 203);
	mapping_close(&m);
}

const struct kcase loss_cases[] = {
	{"loss.counted_on_the_page", counted_on_the_page, NULL},
	{"loss.counts_add_up", counts_add_up, NULL},
	{"loss.flagged_without_room", flagged_without_room, NULL},
	{"loss.exact_by_overrun", exact_by_overrun, NULL},
	{"loss.in_the_meta_page", in_the_meta_page, NULL},
	{"loss.in_the_meta_page_without_room", in_the_meta_page_without_room,
	 NULL},
	{"loss.upper_half_is_clear", upper_half_is_clear, NULL},
	{"loss.bytes_come_to_zero", bytes_come_to_zero, NULL},
	{"loss.found_by_a_look", found_by_a_look, NULL},
	{"loss.none_where_nothing_was_lost", none_where_nothing_was_lost, NULL},
	{"loss.told_to_the_other_reader", told_to_the_other_reader, NULL},
	{"loss.dropped_are_not_overwritten", dropped_are_not_overwritten, NULL},
	{NULL, NULL, NULL},
};
