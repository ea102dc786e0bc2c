// SPDX-License-Identifier: GPL-2.0-only
/*
 * split.c - a mapping stays in one piece
 *
 * A part that goes, or goes another way, would end twice what began once
 * (upstream's b042fdf18e89); so the kernel refuses to split. What moves or is
 * forked as a whole is counted (e39bb9e02b68).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cases.h"
#include "mapping.h"

/* Which pages of the mapping are asked for. */
enum part {
	HEAD,
	MIDDLE,
	TAIL
};

struct split {
	enum part part;
	int (*call)(uint8_t *at, size_t size);
};

static int call_munmap(uint8_t *at, size_t size)
{
	return munmap(at, size);
}

static int call_mprotect(uint8_t *at, size_t size)
{
	return mprotect(at, size, PROT_NONE);
}

static int call_dofork(uint8_t *at, size_t size)
{
	return madvise(at, size, MADV_DOFORK);
}

static int call_random(uint8_t *at, size_t size)
{
	return madvise(at, size, MADV_RANDOM);
}

static int call_map_fixed(uint8_t *at, size_t size)
{
	void *over = mmap(at, size, PROT_READ,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	return over == MAP_FAILED ? -1 : 0;
}

static int call_mremap_part(uint8_t *at, size_t size)
{
	void *moved = mremap(at, size, size, MREMAP_MAYMOVE | MREMAP_FIXED,
			     at + (UINT64_C(1) << 30));

	return moved == MAP_FAILED ? -1 : 0;
}

static void is_refused(const void *arg)
{
	const struct split *split = arg;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct mapping m;
	struct ring r;

	ring_make_small(&r);
	mapping_open(&m, &r);
	uint8_t *at = m.base;
	if (split->part == MIDDLE)
		at += 2 * page;
	if (split->part == TAIL)
		at += m.size - page;
	int error = split->call(at, page) ? errno : 0;
	/* Before 6.2 mmap() says ENOMEM whatever the munmap() in it said. */
	EXPECT(error == EINVAL ||
		       (error == ENOMEM && split->call == call_map_fixed),
	       "%s, not EINVAL", error ? strerrorname_np(error) : "success");
	/* All of it is still there, and ours. */
	ring_write_many(&r, 0, 1, EVENT_SMALL);
	EXPECT_EQ(get_reader(&m).entries, 1);
	EXPECT_EQ(meta_of(&m).nr_subbufs, m.subbufs);
	(void)*(volatile uint8_t *)(m.base + m.size - 1);
	EXPECT_EQ(ring_try_resize(&r), EBUSY);
	mapping_close(&m);
	EXPECT(!ring_try_resize(&r), "the ring cannot be resized any more");
	/* Nothing was counted twice: the next life of the mapping is sound. */
	mapping_open(&m, &r);
	EXPECT_OK(ioctl(m.fd, GET_READER));
	EXPECT_EQ(ring_try_resize(&r), EBUSY);
	mapping_close(&m);
}

static const struct split munmap_head = {HEAD, call_munmap};
static const struct split munmap_middle = {MIDDLE, call_munmap};
static const struct split munmap_tail = {TAIL, call_munmap};
static const struct split mprotect_head = {HEAD, call_mprotect};
static const struct split mprotect_middle = {MIDDLE, call_mprotect};
static const struct split mprotect_tail = {TAIL, call_mprotect};
static const struct split dofork_middle = {MIDDLE, call_dofork};
static const struct split random_middle = {MIDDLE, call_random};
static const struct split map_fixed_head = {HEAD, call_map_fixed};
static const struct split map_fixed_middle = {MIDDLE, call_map_fixed};
static const struct split mremap_middle = {MIDDLE, call_mremap_part};

static void grow_is_refused(const void *arg)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct mapping m;
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	mapping_open(&m, &r);
	EXPECT_ERRNO(
		(long)mremap(m.base, m.size, m.size + page, MREMAP_MAYMOVE),
		EFAULT);
	EXPECT_ERRNO((long)mremap(m.base, 0, m.size, MREMAP_MAYMOVE), EFAULT);
	mapping_close(&m);
	EXPECT(!ring_try_resize(&r), "the ring cannot be resized any more");
}

static void shrink_is_refused(const void *arg)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct mapping m;
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	mapping_open(&m, &r);
	EXPECT_ERRNO((long)mremap(m.base, m.size, m.size - page, 0), EINVAL);
	EXPECT_ERRNO(
		(long)mremap(m.base, m.size, m.size - page, MREMAP_MAYMOVE),
		EINVAL);
	(void)*(volatile uint8_t *)(m.base + m.size - 1);
	mapping_close(&m);
	EXPECT(!ring_try_resize(&r), "the ring cannot be resized any more");
}

static void dontunmap_is_refused(const void *arg)
{
	struct mapping m;
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	mapping_open(&m, &r);
	EXPECT_ERRNO((long)mremap(m.base, m.size, m.size,
				  MREMAP_MAYMOVE | MREMAP_DONTUNMAP),
		     EINVAL);
	mapping_close(&m);
	EXPECT(!ring_try_resize(&r), "the ring cannot be resized any more");
}

static void moves_as_a_whole(const void *arg)
{
	struct mapping m;
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	mapping_open(&m, &r);
	for (uint32_t i = 0; i < 20; i++) {
		uint8_t *to = mmap(NULL, m.size, PROT_NONE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		EXPECT(to != MAP_FAILED, "no memory");
		EXPECT(mremap(m.base, m.size, m.size,
			      MREMAP_MAYMOVE | MREMAP_FIXED, to) == to,
		       "move %u: %s", i, strerrorname_np(errno));
		m.base = to;
		ring_write_many(&r, i, 1, EVENT_SMALL);
		EXPECT_EQ(get_reader(&m).entries, i + 1);
		EXPECT_EQ(ring_try_resize(&r), EBUSY);
	}
	mapping_close(&m);
	EXPECT(!ring_try_resize(&r), "the ring cannot be resized any more");
}

const struct kcase split_cases[] = {
	{"split.munmap_head", is_refused, &munmap_head},
	{"split.munmap_middle", is_refused, &munmap_middle},
	{"split.munmap_tail", is_refused, &munmap_tail},
	{"split.mprotect_head", is_refused, &mprotect_head},
	{"split.mprotect_middle", is_refused, &mprotect_middle},
	{"split.mprotect_tail", is_refused, &mprotect_tail},
	{"split.dofork_middle", is_refused, &dofork_middle},
	{"split.random_middle", is_refused, &random_middle},
	{"split.map_fixed_head", is_refused, &map_fixed_head},
	{"split.map_fixed_middle", is_refused, &map_fixed_middle},
	{"split.mremap_middle", is_refused, &mremap_middle},
	{"split.grow_is_refused", grow_is_refused, NULL},
	{"split.shrink_is_refused", shrink_is_refused, NULL},
	{"split.dontunmap_is_refused", dontunmap_is_refused, NULL},
	{"split.moves_as_a_whole", moves_as_a_whole, NULL},
	{NULL, NULL, NULL},
};
