// SPDX-License-Identifier: GPL-2.0-only
/*
 * refusal.c - what a kernel, a file or an ioctl that cannot do it answers
 *
 * The only cases that run on a kernel without the feature, where all others
 * skip themselves: it must refuse cleanly.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cases.h"
#include "mapping.h"

static bool maps(const struct ring *r)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	int fd = ring_open(r, O_RDONLY);
	void *address = map_raw(page, PROT_READ, MAP_SHARED, fd, 0);

	if (address == MAP_FAILED) {
		/* Without the feature this, and nothing else, is the answer. */
		EXPECT_EQ(errno, ENODEV);
		close(fd);
		return false;
	}
	EXPECT_OK(munmap(address, page));
	close(fd);
	return true;
}

/* The kernel maps rings, or it says the same ENODEV to every attempt. */
static void mmap_works_or_enodev(const void *arg)
{
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	bool first = maps(&r);
	ring_write_many(&r, 0, 300, EVENT_SMALL);
	EXPECT_EQ(maps(&r), first);
	EXPECT(!ring_try_resize(&r), "the ring cannot be resized any more");
}

/* Nobody maps the ring: no reader to get, with data or without. */
static void get_reader_unmapped(const void *arg)
{
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	int expected = maps(&r) ? ENODEV : ENOTTY;
	int fd = ring_open(&r, O_RDONLY);
	EXPECT(ioctl(fd, GET_READER) == -1 && errno == expected,
	       "GET_READER of an empty unmapped ring: %s",
	       strerrorname_np(errno));
	ring_write_many(&r, 0, 300, EVENT_SMALL);
	EXPECT(ioctl(fd, GET_READER) == -1 && errno == expected,
	       "GET_READER of an unmapped ring: %s", strerrorname_np(errno));
	EXPECT_EQ(ring_stat(&r, "read events"), 0);
}

static const unsigned long unknown_ioctls[] = {
	3,           /* 1 is FIBMAP, which the VFS answers */
	_IO('T', 1), /* GET_READER's number in 6.10-rc1 to -rc6 */
	_IO('R', 0x1f),
	_IO('R', 0x21),
	_IO('R', 0x2f),
	_IOR('R', 0x20, int),
	_IOW('R', 0x20, int),
	_IOWR('R', 0x20, long),
	0xffffffff,
};

static void expect_no_such_ioctl(int fd)
{
	size_t count = sizeof(unknown_ioctls) / sizeof(*unknown_ioctls);
	int buffer[16] = {0};

	for (size_t i = 0; i < count; i++) {
		int ret = ioctl(fd, unknown_ioctls[i], buffer);

		EXPECT(ret == -1 && errno == ENOTTY, "ioctl %#lx: %s",
		       unknown_ioctls[i],
		       ret ? strerrorname_np(errno) : "success");
	}
}

static void unknown_ioctls_fresh(const void *arg)
{
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	expect_no_such_ioctl(ring_open(&r, O_RDONLY));
}

static void unknown_ioctls_mapped(const void *arg)
{
	struct mapping m;
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	mapping_open(&m, &r);
	ring_write_many(&r, 0, 300, EVENT_SMALL);
	struct meta before = meta_of(&m);
	expect_no_such_ioctl(m.fd);
	struct meta after = meta_of(&m);
	EXPECT(!memcmp(&before, &after, sizeof(before)),
	       "an unknown ioctl changed the meta page");
	mapping_close(&m);
}

static void ioctl_zero_wakes(const void *arg)
{
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	EXPECT_OK(ioctl(ring_open(&r, O_RDONLY), 0));
}

/* Only trace_pipe_raw is mapped, and only it has a reader to get. */
static void other_files(const void *arg)
{
	static const char *const files[] = {
		"per_cpu/cpu%d/trace",
		"per_cpu/cpu%d/trace_pipe",
		"per_cpu/cpu%d/stats",
		"per_cpu/cpu%d/buffer_size_kb",
		"trace",
		"per_cpu/cpu%d/snapshot_raw",
	};
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		int fd = ring_open_file(&r, files[i], O_RDONLY | O_NONBLOCK);

		if (fd < 0) /* a kernel without snapshots has no such file */
			continue;
		EXPECT(map_raw(page, PROT_READ, MAP_SHARED, fd, 0) ==
				       MAP_FAILED &&
			       errno == ENODEV,
		       "mmap of %s: %s", files[i], strerrorname_np(errno));
		int ret = ioctl(fd, GET_READER);
		EXPECT(ret == -1 && errno == ENOTTY, "GET_READER of %s: %s",
		       files[i], ret ? strerrorname_np(errno) : "success");
		close(fd);
	}
}

static void no_seeking_no_writing(const void *arg)
{
	struct ring r;
	char byte = 0;

	(void)arg;
	ring_make_small(&r);
	int fd = ring_open(&r, O_RDWR);
	EXPECT_ERRNO(lseek(fd, 0, SEEK_SET), ESPIPE);
	EXPECT_ERRNO(pread(fd, &byte, 1, 0), ESPIPE);
	EXPECT_ERRNO(write(fd, &byte, 1), EINVAL);
}

const struct kcase refusal_cases[] = {
	{"refusal.mmap_works_or_enodev", mmap_works_or_enodev, NULL},
	{"refusal.get_reader_unmapped", get_reader_unmapped, NULL},
	{"refusal.unknown_ioctls_fresh", unknown_ioctls_fresh, NULL},
	{"refusal.unknown_ioctls_mapped", unknown_ioctls_mapped, NULL},
	{"refusal.ioctl_zero_wakes", ioctl_zero_wakes, NULL},
	{"refusal.other_files", other_files, NULL},
	{"refusal.no_seeking_no_writing", no_seeking_no_writing, NULL},
	{NULL, NULL, NULL},
};
