// SPDX-License-Identifier: GPL-2.0-only
/*
 * zeroed.c - nothing of the kernel's or of others is seen in the ring
 *
 * A mapping shows whole sub-buffers, also what was never written to. So they
 * must be zeroed when they are allocated: at the ring's making and resizing,
 * and when a reader of another kind gives one of its own into the ring.
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

#define DIRT UINT64_C(0xd1e7d1e7a5c35a3c)

enum {
	DIRT_BYTES = 24 << 20
};

/* Leaves free pages behind that show where they end up. */
static void spread_dirt(void)
{
	uint64_t *dirt = mmap(NULL, DIRT_BYTES, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	EXPECT(dirt != MAP_FAILED, "no memory");
	/* One by one: huge pages would come back as such. */
	madvise(dirt, DIRT_BYTES, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < DIRT_BYTES / sizeof(*dirt); i++)
		dirt[i] = DIRT;
	EXPECT_OK(munmap(dirt, DIRT_BYTES));
}

/* All data of all sub-buffers is zero: nothing was written yet. */
static void expect_all_zero(const struct mapping *m)
{
	for (uint32_t id = 0; id < m->subbufs; id++) {
		const uint8_t *subbuf = subbuf_of(m, id);

		EXPECT(!subbuf_commit(subbuf), "sub-buffer %u has %u bytes", id,
		       subbuf_commit(subbuf));
		for (uint32_t i = SUBBUF_HEADER; i < m->subbuf_size; i++)
			EXPECT(!subbuf[i], "byte %u of sub-buffer %u is %#x", i,
			       id, subbuf[i]);
	}
}

static void expect_no_dirt(const struct mapping *m)
{
	for (size_t i = 0; i + 8 <= m->size; i += 8) {
		uint64_t word;

		memcpy(&word, m->base + i, sizeof(word));
		EXPECT(word != DIRT, "memory of another is at %zu", i);
	}
}

static void in_a_new_ring(const void *arg)
{
	struct mapping m;
	struct ring r;

	(void)arg;
	spread_dirt();
	ring_make(&r, 1024, 0);
	mapping_open(&m, &r);
	expect_all_zero(&m);
	mapping_close(&m);
}

static void in_a_grown_ring(const void *arg)
{
	struct mapping m;
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	for (int round = 0; round < 3; round++) {
		ring_put(&r, "buffer_size_kb", "16");
		spread_dirt();
		ring_put(&r, "buffer_size_kb", "1024");
		mapping_open(&m, &r);
		expect_all_zero(&m);
		mapping_close(&m);
	}
}

/* The size of one CPU's ring is changed in another way. */
static void in_a_grown_ring_of_a_cpu(const void *arg)
{
	const char *file = "per_cpu/cpu%d/buffer_size_kb";
	struct mapping m;
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	for (int round = 0; round < 3; round++) {
		ring_put(&r, file, "16");
		spread_dirt();
		ring_put(&r, file, "1024");
		mapping_open(&m, &r);
		expect_all_zero(&m);
		mapping_close(&m);
	}
}

/* read() of an unmapped ring swaps a page of its own in. */
static void after_reads(const void *arg)
{
	uint8_t copy[4096];
	struct mapping m;
	struct ring r;

	(void)arg;
	ring_make(&r, 256, 0);
	for (uint32_t i = 0; i < 60; i++) {
		ring_write_many(&r, i * 4, 4, EVENT_LARGE);
		if (i % 10 == 0)
			spread_dirt();
		/* Each open file brings a spare page. */
		ring_steal(&r, copy, sizeof(copy));
	}
	mapping_open(&m, &r);
	expect_no_dirt(&m);
	mapping_close(&m);
}

/* splice() gives the ring's page away, and puts a new one in its place. */
static void after_splices(const void *arg)
{
	struct mapping m;
	struct ring r;
	int pipes[2];

	(void)arg;
	ring_make(&r, 256, 0);
	for (uint32_t i = 0; i < 20; i++) {
		ring_write_many(&r, i * 8, 8, EVENT_LARGE);
		int fd = ring_open(&r, O_RDONLY);
		EXPECT_OK(pipe2(pipes, O_CLOEXEC | O_NONBLOCK));
		if (i % 5 == 0)
			spread_dirt();
		splice(fd, NULL, pipes[1], NULL, 8192, SPLICE_F_NONBLOCK);
		close(fd);
		close(pipes[0]);
		close(pipes[1]);
	}
	mapping_open(&m, &r);
	expect_no_dirt(&m);
	mapping_close(&m);
}

/* Nor in a copy: what follows the events of a sub-buffer is zero. */
static void behind_what_read_gives(const void *arg)
{
	uint8_t copy[4096];
	struct mapping m;
	struct ring r;
	uint32_t commit;

	(void)arg;
	ring_make_small(&r);
	mapping_open(&m, &r);
	for (uint32_t i = 0; i < 50; i++) {
		memset(copy, 0xee, sizeof(copy));
		ring_write_many(&r, i * 3, 3, EVENT_SMALL);
		if (ring_steal(&r, copy, sizeof(copy)) <= 0)
			continue;
		memcpy(&commit, copy + 8, sizeof(commit));
		for (uint32_t k = (commit & COMMIT_MASK) + SUBBUF_HEADER;
		     k < sizeof(copy); k++)
			EXPECT(!copy[k], "byte %u is %#x", k, copy[k]);
	}
	mapping_close(&m);
}

/* The meta page is a page, too; freed and made again. */
static void in_the_meta_page(const void *arg)
{
	struct mapping m;
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	for (int round = 0; round < 8; round++) {
		spread_dirt();
		mapping_open(&m, &r);
		for (size_t i = sizeof(struct meta); i < m.meta_size; i++)
			EXPECT(!m.base[i], "byte %zu is %#x", i, m.base[i]);
		mapping_close(&m);
	}
}

const struct kcase zeroed_cases[] = {
	{"zeroed.in_a_new_ring", in_a_new_ring, NULL},
	{"zeroed.in_a_grown_ring", in_a_grown_ring, NULL},
	{"zeroed.in_a_grown_ring_of_a_cpu", in_a_grown_ring_of_a_cpu, NULL},
	{"zeroed.after_reads", after_reads, NULL},
	{"zeroed.after_splices", after_splices, NULL},
	{"zeroed.behind_what_read_gives", behind_what_read_gives, NULL},
	{"zeroed.in_the_meta_page", in_the_meta_page, NULL},
	{NULL, NULL, NULL},
};
