// SPDX-License-Identifier: GPL-2.0-only
/*
 * windows.c - any part of the ring may be mapped, and any number of times
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cases.h"
#include "mapping.h"

/* Every page-aligned window of the ring, judged by where it ends. */
static void every_window(const void *arg)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct mapping m;
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	mapping_open(&m, &r);
	size_t pages = m.size / page;
	for (size_t at = 0; at <= pages; at++) {
		for (size_t count = 1; count <= pages + 2; count++) {
			void *part = map_raw(count * page, PROT_READ,
					     MAP_SHARED, m.fd, at * page);
			bool inside = at < pages && at + count <= pages;

			EXPECT((part != MAP_FAILED) == inside,
			       "%zu pages at page %zu of %zu: %s", count, at,
			       pages, inside ? "refused" : "mapped");
			if (part == MAP_FAILED) {
				EXPECT_EQ(errno, EINVAL);
				continue;
			}
			EXPECT_OK(munmap(part, count * page));
		}
	}
	mapping_close(&m);
	EXPECT(!ring_try_resize(&r), "the ring cannot be resized any more");
}

/* A window shows the bytes that the whole ring shows there. */
static void same_bytes(const void *arg)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct mapping m;
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	mapping_open(&m, &r);
	ring_write_many(&r, 0, 300, EVENT_SMALL);
	get_reader(&m);
	for (size_t at = 0; at < m.size / page; at++) {
		void *part =
			map_raw(page, PROT_READ, MAP_SHARED, m.fd, at * page);

		EXPECT(part != MAP_FAILED, "page %zu: %s", at,
		       strerrorname_np(errno));
		EXPECT(!memcmp(part, m.base + at * page, page),
		       "page %zu shows other bytes", at);
		EXPECT_OK(munmap(part, page));
	}
	mapping_close(&m);
}

/* Only sub-buffers, no meta page: that is a mapping of the ring all the same. */
static void without_meta_page(const void *arg)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	need_mapping(&r);
	int fd = ring_open(&r, O_RDONLY);
	uint8_t *part = map_raw(2 * page, PROT_READ, MAP_SHARED, fd, page);
	EXPECT(part != MAP_FAILED, "%s", strerrorname_np(errno));
	EXPECT_EQ(ring_try_resize(&r), EBUSY);
	ring_write_many(&r, 0, 1, EVENT_SMALL);
	EXPECT_OK(ioctl(fd, GET_READER));
	/* Ids are given from the reader sub-buffer on: the event is in 1. */
	EXPECT(subbuf_commit(part + page), "nothing was committed to id 1");
	EXPECT_OK(munmap(part, 2 * page));
	EXPECT(!ring_try_resize(&r), "the ring cannot be resized any more");
}

/* munmap() of two neighbours at once counts both. */
static void one_munmap_of_two(const void *arg)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	need_mapping(&r);
	int fd = ring_open(&r, O_RDONLY);
	uint8_t *place = mmap(NULL, 4 * page, PROT_NONE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	EXPECT(place != MAP_FAILED, "no memory");
	EXPECT(mmap(place, page, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0) ==
		       place,
	       "%s", strerrorname_np(errno));
	EXPECT(mmap(place + page, 3 * page, PROT_READ, MAP_SHARED | MAP_FIXED,
		    fd, (off_t)page) == place + page,
	       "%s", strerrorname_np(errno));
	EXPECT_EQ(ring_try_resize(&r), EBUSY);
	EXPECT_OK(munmap(place, 4 * page));
	EXPECT(!ring_try_resize(&r), "the ring cannot be resized any more");
	EXPECT_ERRNO(ioctl(fd, GET_READER), ENODEV);
}

/* Many mappings: the last one out frees the ring, and none before it. */
static void many_times(const void *arg)
{
	enum {
		TIMES = 100
	};
	static void *parts[TIMES];
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	need_mapping(&r);
	int fd = ring_open(&r, O_RDONLY);
	for (size_t i = 0; i < TIMES; i++) {
		parts[i] = map_raw(page, PROT_READ, MAP_SHARED, fd, 0);
		EXPECT(parts[i] != MAP_FAILED, "mapping %zu: %s", i,
		       strerrorname_np(errno));
	}
	for (size_t i = 0; i < TIMES; i++) {
		EXPECT_EQ(ring_try_resize(&r), EBUSY);
		EXPECT_OK(ioctl(fd, GET_READER));
		EXPECT_OK(munmap(parts[i * 37 % TIMES], page));
	}
	EXPECT_ERRNO(ioctl(fd, GET_READER), ENODEV);
	EXPECT(!ring_try_resize(&r), "the ring cannot be resized any more");
}

/* A caller without a mapping of its own has the reader of another's. */
static void get_reader_for_others(const void *arg)
{
	struct mapping m;
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	mapping_open(&m, &r);
	ring_write_many(&r, 0, 1, EVENT_SMALL);
	EXPECT_OK(ioctl(ring_open(&r, O_RDONLY), GET_READER));
	EXPECT_EQ(meta_of(&m).entries, 1);
	EXPECT_EQ(meta_of(&m).read, 1);
	mapping_close(&m);
}

/* Two CPUs' rings of one instance know nothing of each other. */
static void cpus_apart(const void *arg)
{
	int second = ring_second_cpu();
	struct mapping m;
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	mapping_open(&m, &r);
	struct ring other = ring_of(&r, second);
	EXPECT_ERRNO(ioctl(ring_open(&other, O_RDONLY), GET_READER), ENODEV);
	pin_to(second);
	ring_write_many(&other, 0, 5, EVENT_SMALL);
	EXPECT_EQ(get_reader(&m).entries, 0);
	EXPECT_EQ(ring_stat(&other, "entries"), 5);
	mapping_close(&m);
}

const struct kcase windows_cases[] = {
	{"windows.every_window", every_window, NULL},
	{"windows.same_bytes", same_bytes, NULL},
	{"windows.without_meta_page", without_meta_page, NULL},
	{"windows.one_munmap_of_two", one_munmap_of_two, NULL},
	{"windows.many_times", many_times, NULL},
	{"windows.get_reader_for_others", get_reader_for_others, NULL},
	{"windows.cpus_apart", cpus_apart, NULL},
	{NULL, NULL, NULL},
};
