// SPDX-License-Identifier: GPL-2.0-only
/*
 * errors.c - every refusal of mmap(2), on a fresh and on a mapped ring
 *
 * Fresh and mapped take different ways through the kernel, and a refusal must
 * leave nothing behind: afterwards the ring can be mapped, and resized when
 * nobody maps it (upstream's 9ba0e1755a40 and de4cbd704731 were about that).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "cases.h"
#include "mapping.h"

/* Where an attempt begins and how long it is, in pages of the whole ring. */
enum place {
	AT_START,
	AT_END,       /* the first page that is not there */
	PAST_END,     /* the second */
	FAR_PAST_END, /* 1 GiB */
	NO_FILE_THERE /* more than any file may have */
};

struct attempt {
	int open_flags;
	int prot;
	int flags;
	enum place place;
	long extra_pages; /* of one page, or of all where @whole is set */
	bool whole;
	long extra_bytes; /* to the offset */
	long size;        /* instead; -1: zero bytes */
	int expected;     /* errno, or 0 */
};

#define READ_SHARED .prot = PROT_READ, .flags = MAP_SHARED

static const struct attempt private_ = {
	.prot = PROT_READ, .flags = MAP_PRIVATE, .expected = EPERM};
static const struct attempt write_rdwr = {.open_flags = O_RDWR,
					  .prot = PROT_READ | PROT_WRITE,
					  .flags = MAP_SHARED,
					  .expected = EPERM};
static const struct attempt write_only_rdwr = {.open_flags = O_RDWR,
					       .prot = PROT_WRITE,
					       .flags = MAP_SHARED,
					       .expected = EPERM};
static const struct attempt write_rdonly = {.prot = PROT_READ | PROT_WRITE,
					    .flags = MAP_SHARED,
					    .expected = EACCES};
static const struct attempt write_private = {.prot = PROT_READ | PROT_WRITE,
					     .flags = MAP_PRIVATE,
					     .expected = EPERM};
static const struct attempt wronly = {
	.open_flags = O_WRONLY, READ_SHARED, .expected = EACCES};
static const struct attempt exec = {
	.prot = PROT_READ | PROT_EXEC, .flags = MAP_SHARED, .expected = EPERM};
static const struct attempt exec_alone = {
	.prot = PROT_EXEC, .flags = MAP_SHARED, .expected = EPERM};
static const struct attempt hugetlb = {.prot = PROT_READ,
				       .flags = MAP_SHARED | MAP_HUGETLB,
				       .expected = EINVAL};
static const struct attempt zero_length = {READ_SHARED, .size = -1,
					   .expected = EINVAL};
static const struct attempt unaligned = {READ_SHARED, .extra_bytes = 512,
					 .expected = EINVAL};
static const struct attempt at_end = {READ_SHARED, .place = AT_END,
				      .expected = EINVAL};
static const struct attempt past_end = {READ_SHARED, .place = PAST_END,
					.expected = EINVAL};
static const struct attempt far_past_end = {READ_SHARED, .place = FAR_PAST_END,
					    .expected = EINVAL};
static const struct attempt whole_past_end = {
	READ_SHARED, .place = PAST_END, .whole = true, .expected = EINVAL};
static const struct attempt too_long = {READ_SHARED, .whole = true,
					.extra_pages = 1, .expected = EINVAL};
static const struct attempt much_too_long = {
	READ_SHARED, .whole = true, .extra_pages = 10000, .expected = EINVAL};
static const struct attempt no_file_there = {
	READ_SHARED, .place = NO_FILE_THERE, .expected = EOVERFLOW};
static const struct attempt none = {.prot = PROT_NONE, .flags = MAP_SHARED};
static const struct attempt shared_validate = {.prot = PROT_READ,
					       .flags = MAP_SHARED_VALIDATE};
static const struct attempt populate = {.prot = PROT_READ,
					.flags = MAP_SHARED | MAP_POPULATE};
static const struct attempt locked = {.prot = PROT_READ,
				      .flags = MAP_SHARED | MAP_LOCKED};
static const struct attempt read_rdwr = {.open_flags = O_RDWR, READ_SHARED};

/* The whole ring's length, told without leaving it mapped. */
static size_t whole_size(const struct ring *r)
{
	struct mapping m;

	mapping_open(&m, r);
	size_t size = m.size;
	mapping_close(&m);
	return size;
}

static uint64_t offset_of(enum place place, size_t whole)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	switch (place) {
	case AT_END:
		return whole;
	case PAST_END:
		return whole + page;
	case FAR_PAST_END:
		return UINT64_C(1) << 30;
	case NO_FILE_THERE:
		return (UINT64_C(1) << 63) - page;
	case AT_START:
		break;
	}
	return 0;
}

static void try(const struct ring *r, const struct attempt *a, size_t whole)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t size = (a->whole ? whole : page) + (size_t)a->extra_pages * page;
	int fd = ring_open_file(r, "per_cpu/cpu%d/trace_pipe_raw",
				a->open_flags | O_NONBLOCK);

	EXPECT_OK(fd);
	if (a->size)
		size = 0;
	void *address =
		map_raw(size, a->prot, a->flags, fd,
			offset_of(a->place, whole) + (uint64_t)a->extra_bytes);
	int error = address == MAP_FAILED ? errno : 0;
	EXPECT(error == a->expected, "mmap: %s, not %s",
	       error ? strerrorname_np(error) : "success",
	       a->expected ? strerrorname_np(a->expected) : "success");
	if (address != MAP_FAILED)
		EXPECT_OK(munmap(address, size));
	close(fd);
}

/* The VFS would refuse what the driver is asked to refuse here. */
static void need_exec(const struct ring *r, const struct attempt *a)
{
	struct statvfs fs;

	if (!(a->prot & PROT_EXEC))
		return;
	EXPECT_OK(statvfs(r->dir, &fs));
	if (fs.f_flag & ST_NOEXEC)
		SKIP("tracefs is mounted noexec");
}

/* A ring that nobody holds: it maps, and resizes. */
static void expect_free(const struct ring *r)
{
	EXPECT(!ring_try_resize(r), "the ring cannot be resized any more");
	EXPECT(whole_size(r), "the ring cannot be mapped any more");
	EXPECT(!ring_try_resize(r), "the ring cannot be resized any more");
}

static void on_fresh(const void *arg)
{
	struct ring r;

	ring_make_small(&r);
	need_exec(&r, arg);
	size_t whole = whole_size(&r);
	/* Twice: what the first leaves behind the second may meet. */
	try(&r, arg, whole);
	try(&r, arg, whole);
	expect_free(&r);
}

static void on_mapped(const void *arg)
{
	struct mapping m;
	struct ring r;

	ring_make_small(&r);
	need_exec(&r, arg);
	mapping_open(&m, &r);
	try(&r, arg, m.size);
	try(&r, arg, m.size);
	/* The first mapping is what it was. */
	EXPECT_EQ(ring_try_resize(&r), EBUSY);
	ring_write_many(&r, 7, 1, EVENT_SMALL);
	EXPECT_EQ(get_reader(&m).entries, 1);
	mapping_close(&m);
	expect_free(&r);
}

/* Pages beyond a ring of the smallest size; KASAN saw a kernel read there. */
static void beyond_smallest(const void *arg)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct ring r;

	(void)arg;
	ring_make(&r, 1, 0);
	size_t whole = whole_size(&r);
	EXPECT_EQ(whole, 4 * page);
	int fd = ring_open(&r, O_RDONLY);
	for (uint64_t pgoff = 4; pgoff < 600; pgoff++) {
		EXPECT_ERRNO((long)map_raw(page, PROT_READ, MAP_SHARED, fd,
					   pgoff * page),
			     EINVAL);
		EXPECT_ERRNO((long)map_raw(pgoff * page, PROT_READ, MAP_SHARED,
					   fd, pgoff * page),
			     EINVAL);
	}
	close(fd);
	expect_free(&r);
}

/* Beyond the smallest ring, while it is mapped. */
static void beyond_smallest_mapped(const void *arg)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct mapping m;
	struct ring r;

	(void)arg;
	ring_make(&r, 1, 0);
	mapping_open(&m, &r);
	for (uint64_t pgoff = 4; pgoff < 600; pgoff++)
		EXPECT_ERRNO((long)map_raw(page, PROT_READ, MAP_SHARED, m.fd,
					   pgoff * page),
			     EINVAL);
	mapping_close(&m);
	expect_free(&r);
}

/* A mapping may be had by a descriptor that is already closed. */
static void without_descriptor(const void *arg)
{
	struct mapping m;
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	mapping_open(&m, &r);
	EXPECT_OK(close(m.fd));
	EXPECT_EQ(ring_try_resize(&r), EBUSY);
	EXPECT_ERRNO(rmdir(r.dir), EBUSY);
	EXPECT_EQ(meta_of(&m).nr_subbufs, m.subbufs);
	EXPECT_OK(munmap(m.base, m.size));
	EXPECT(!ring_try_resize(&r), "the ring cannot be resized any more");
}

#define BOTH(name, attempt)                                                    \
	{"errors." name "_fresh", on_fresh, &(attempt)},                       \
	{                                                                      \
		"errors." name "_mapped", on_mapped, &(attempt)                \
	}

const struct kcase errors_cases[] = {
	BOTH("private", private_),
	BOTH("write_rdwr", write_rdwr),
	BOTH("write_only_rdwr", write_only_rdwr),
	BOTH("write_rdonly", write_rdonly),
	BOTH("write_private", write_private),
	BOTH("wronly", wronly),
	BOTH("exec", exec),
	BOTH("exec_alone", exec_alone),
	BOTH("hugetlb", hugetlb),
	BOTH("zero_length", zero_length),
	BOTH("unaligned", unaligned),
	BOTH("at_end", at_end),
	BOTH("past_end", past_end),
	BOTH("far_past_end", far_past_end),
	BOTH("whole_past_end", whole_past_end),
	BOTH("too_long", too_long),
	BOTH("much_too_long", much_too_long),
	BOTH("no_file_there", no_file_there),
	BOTH("prot_none_is_fine", none),
	BOTH("shared_validate_is_fine", shared_validate),
	BOTH("populate_is_fine", populate),
	BOTH("locked_is_fine", locked),
	BOTH("rdwr_descriptor_is_fine", read_rdwr),
	{"errors.beyond_smallest_fresh", beyond_smallest, NULL},
	{"errors.beyond_smallest_mapped", beyond_smallest_mapped, NULL},
	{"errors.descriptor_may_be_closed", without_descriptor, NULL},
	{NULL, NULL, NULL},
};
