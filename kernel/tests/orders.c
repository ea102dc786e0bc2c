// SPDX-License-Identifier: GPL-2.0-only
/*
 * orders.c - sub-buffers of several pages
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cases.h"
#include "consumer.h"
#include "mapping.h"
#include "task.h"

#define SIZE_FILE "buffer_subbuf_size_kb"

static void make_with_orders(struct ring *r, unsigned int kb, const char *size)
{
	ring_make(r, kb, 0);
	if (!ring_has(r, SIZE_FILE))
		SKIP("this kernel has sub-buffers of one page only");
	need_mapping(r);
	ring_put(r, SIZE_FILE, size);
}

/* The meta page takes as much room as a sub-buffer, so that these align. */
static void meta_page(const void *arg)
{
	static const char *const sizes[] = {"4", "8", "16", "64", "4"};
	static const uint32_t bytes[] = {4096, 8192, 16384, 65536, 4096};
	struct ring r;
	struct mapping m;

	(void)arg;
	make_with_orders(&r, 512, "4");
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		ring_put(&r, SIZE_FILE, sizes[i]);
		mapping_open(&m, &r);
		EXPECT_EQ(m.subbuf_size, bytes[i]);
		EXPECT(m.meta_size == bytes[i] || m.meta_size == 4096,
		       "meta_page_size is %u", m.meta_size);
		for (size_t k = sizeof(struct meta); k < m.meta_size; k++)
			EXPECT(!m.base[k], "byte %zu is %#x", k, m.base[k]);
		EXPECT(m.subbufs >= 3, "%u sub-buffers", m.subbufs);
		mapping_close(&m);
	}
}

static void consumes(const void *arg)
{
	struct consumer c;
	struct mapping m;
	struct ring r;
	uint32_t seq = 0;

	make_with_orders(&r, 256, arg);
	mapping_open(&m, &r);
	consumer_init(&c, &m);
	for (uint32_t i = 0; i < 200; i++) {
		ring_write_many(&r, seq, i % 40, 1000);
		seq += i % 40;
		consumer_drain(&c);
		EXPECT_EQ(c.events, seq);
	}
	EXPECT_EQ(c.gaps, 0);
	/* And with losses. */
	ring_write_many(&r, seq, 1000, 1000);
	seq += 1000;
	consumer_drain(&c);
	struct meta meta = meta_of(&m);
	EXPECT(meta.overrun, "nothing was lost");
	EXPECT_EQ(c.gaps, meta.overrun);
	EXPECT_EQ(c.events + meta.overrun, seq);
	mapping_close(&m);
}

/* Windows begin where sub-buffers do. They may end anywhere. */
static void windows(const void *arg)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct mapping m;
	struct ring r;

	(void)arg;
	make_with_orders(&r, 64, "8");
	mapping_open(&m, &r);
	size_t pages = m.size / page, skew = m.meta_size / page % 2;
	for (size_t at = 0; at <= pages; at++) {
		for (size_t count = 1; count <= 5; count++) {
			bool inside = at + count <= pages && at < pages;
			bool aligned = at == 0 || at % 2 == skew;
			void *part = map_raw(count * page, PROT_READ,
					     MAP_SHARED, m.fd, at * page);

			EXPECT((part != MAP_FAILED) == (inside && aligned),
			       "%zu pages at page %zu of %zu: %s", count, at,
			       pages,
			       part == MAP_FAILED ? "refused" : "mapped");
			if (part == MAP_FAILED) {
				EXPECT_EQ(errno, EINVAL);
				continue;
			}
			EXPECT(!memcmp(part, m.base + at * page, count * page),
			       "page %zu shows other bytes", at);
			EXPECT_OK(munmap(part, count * page));
		}
	}
	mapping_close(&m);
	EXPECT(!ring_try_resize(&r), "the ring cannot be resized any more");
}

static void no_change_while_mapped(const void *arg)
{
	struct mapping m;
	struct ring r;

	(void)arg;
	make_with_orders(&r, 64, "4");
	mapping_open(&m, &r);
	EXPECT_EQ(ring_try(&r, SIZE_FILE, "8"), EBUSY);
	EXPECT_EQ(ring_try(&r, SIZE_FILE, "64"), EBUSY);
	EXPECT_EQ(ring_try(&r, SIZE_FILE, "4"), 0);
	ring_write_many(&r, 0, 3, EVENT_SMALL);
	EXPECT_EQ(get_reader(&m).entries, 3);
	mapping_close(&m);
	EXPECT_EQ(ring_try(&r, SIZE_FILE, "8"), 0);
}

/* Another CPU's ring is mapped: the size is that of all. */
static void no_change_while_another_is_mapped(const void *arg)
{
	int second = ring_second_cpu();
	struct mapping m;
	struct ring r;

	(void)arg;
	make_with_orders(&r, 64, "4");
	struct ring other = ring_of(&r, second);
	mapping_open(&m, &other);
	EXPECT_EQ(ring_try(&r, SIZE_FILE, "8"), EBUSY);
	mapping_close(&m);
	EXPECT_EQ(ring_try(&r, SIZE_FILE, "8"), 0);
}

struct changer {
	struct ring ring;
	volatile bool stop;
};

static void change_size(void *context)
{
	struct changer *c = context;

	for (unsigned int i = 0; !c->stop; i++) {
		int error = ring_try(&c->ring, SIZE_FILE, i % 2 ? "4" : "8");

		EXPECT(!error || error == EBUSY, "%s: %s", SIZE_FILE,
		       strerrorname_np(error));
	}
}

/* Refused changes are never seen, not even for a moment. */
static void refused_change_is_not_seen(const void *arg)
{
	struct changer *c = task_shared(sizeof(*c));
	struct mapping m, again;

	(void)arg;
	make_with_orders(&c->ring, 64, "4");
	mapping_open(&m, &c->ring);
	pid_t pid = task_start(change_size, c);
	for (int i = 0; i < 3000; i++) {
		mapping_again(&again, &m);
		EXPECT_EQ(again.subbuf_size, 4096);
		EXPECT_EQ(again.meta_size, 4096);
		EXPECT_EQ(again.size, m.size);
		mapping_close(&again);
	}
	c->stop = true;
	task_join(pid);
	mapping_close(&m);
}

static void read_on(void *context)
{
	struct changer *c = context;
	static uint8_t copy[65536];

	while (!c->stop) {
		int fd = ring_open(&c->ring, O_RDONLY);

		for (int i = 0; i < 20; i++)
			if (read(fd, copy, sizeof(copy)) < 0)
				break;
		close(fd);
	}
}

static void map_on(void *context)
{
	struct changer *c = context;

	while (!c->stop) {
		size_t page = (size_t)sysconf(_SC_PAGESIZE);
		int fd = ring_open(&c->ring, O_RDONLY);
		struct meta *meta = map_raw(page, PROT_READ, MAP_SHARED, fd, 0);

		EXPECT(meta != MAP_FAILED, "cannot map: %s",
		       strerrorname_np(errno));
		/* While it is mapped its geometry is one. */
		uint32_t size = meta->subbuf_size, count = meta->nr_subbufs;
		EXPECT(size == 4096 || size == 8192, "subbuf_size %u", size);
		size_t all = meta->meta_page_size + (size_t)size * count;
		void *whole = map_raw(all, PROT_READ, MAP_SHARED, fd, 0);
		EXPECT(whole != MAP_FAILED, "cannot map %zu bytes: %s", all,
		       strerrorname_np(errno));
		EXPECT_EQ(meta->subbuf_size, size);
		EXPECT_OK(munmap(whole, all));
		EXPECT_OK(munmap(meta, page));
		close(fd);
	}
}

/* Readers and mappers come and go while the size changes and events come. */
static void change_against_others(const void *arg)
{
	struct changer *c = task_shared(sizeof(*c));

	(void)arg;
	make_with_orders(&c->ring, 64, "4");
	pid_t changer = task_start(change_size, c);
	pid_t reader = task_start(read_on, c);
	pid_t mapper = task_start(map_on, c);
	for (uint32_t i = 0; i < 10000; i++)
		ring_write(&c->ring, i, 200);
	c->stop = true;
	task_join(changer);
	task_join(reader);
	task_join(mapper);
	ring_put(&c->ring, SIZE_FILE, "16");
	struct mapping m;
	mapping_open(&m, &c->ring);
	EXPECT_EQ(m.subbuf_size, 16384);
	mapping_close(&m);
}

static void sizes_are_checked(const void *arg)
{
	struct ring r;
	char text[20];

	(void)arg;
	make_with_orders(&r, 64, "4");
	EXPECT_EQ(ring_try(&r, SIZE_FILE, "0"), EINVAL);
	EXPECT_EQ(ring_try(&r, SIZE_FILE, "1024"), EINVAL);
	EXPECT_EQ(ring_try(&r, SIZE_FILE, "5"), 0);
	ring_get(&r, SIZE_FILE, text, sizeof(text));
	EXPECT(!strcmp(text, "8"), "5 KiB became %s", text);
}

const struct kcase orders_cases[] = {
	{"orders.meta_page", meta_page, NULL},
	{"orders.consumes_8_kib", consumes, "8"},
	{"orders.consumes_64_kib", consumes, "64"},
	{"orders.windows", windows, NULL},
	{"orders.no_change_while_mapped", no_change_while_mapped, NULL},
	{"orders.no_change_while_another_is_mapped",
	 no_change_while_another_is_mapped, NULL},
	{"orders.refused_change_is_not_seen", refused_change_is_not_seen, NULL},
	{"orders.change_against_others", change_against_others, NULL},
	{"orders.sizes_are_checked", sizes_are_checked, NULL},
	{NULL, NULL, NULL},
};
