/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * readahead_test.c - how much of a mapped file is in memory while it is read
 */
#define _GNU_SOURCE
#include "tests/support/probe.h"
#include "tests/support/rm_check.h"
#include "tests/unit/dat_file.h"

#include <ring/readahead.h>

#include <fcntl.h>
#include <unistd.h>

enum {
	SUBBUF = 4096,
	FILE_SIZE = 32 << 20,
	/* Both windows, and what is not theirs. */
	MOST = RM_READAHEAD_SHARED / 4 + (4 << 20)
};

/* Bytes of files that this process has in memory. */
static size_t resident(void)
{
	FILE *status = fopen("/proc/self/status", "re");
	char line[256];
	size_t sum = 0;
	size_t kb;

	ck_assert_ptr_nonnull(status);
	while (fgets(line, sizeof(line), status))
		if (sscanf(line, "RssFile: %zu kB", &kb) == 1 ||
		    sscanf(line, "RssShmem: %zu kB", &kb) == 1)
			sum += kb << 10;
	fclose(status);
	return sum;
}

/* A file of that size, mapped. */
static const uint8_t *map_file(size_t size, int *fd)
{
	*fd = memfd_create("ringmap_window", MFD_CLOEXEC);
	ck_assert(*fd >= 0 && !ftruncate(*fd, (off_t)size));
	const uint8_t *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, *fd, 0);
	ck_assert(bytes != MAP_FAILED);
	return bytes;
}

START_TEST(no_window_never_moves)
{
	struct rm_readahead w;

	rm_readahead_none(&w);
	rm_readahead_pass(&w, 0);
	rm_readahead_pass(&w, SIZE_MAX - 1);
	ck_assert_uint_eq(w.next, SIZE_MAX);
}
END_TEST

START_TEST(windows_share_what_there_is)
{
	static const size_t rings[] = {0, 1, 7, 8, 9, 100, 1000};

	for (size_t i = 0; i < sizeof(rings) / sizeof(*rings); i++) {
		struct rm_readahead w;

		rm_readahead_open(&w, "", 1, rings[i]);
		ck_assert_uint_ge(w.step, RM_READAHEAD_MIN);
		ck_assert_uint_le(w.step, RM_READAHEAD_MAX);
		if (rings[i] <= RM_READAHEAD_SHARED / 2 / RM_READAHEAD_MIN)
			ck_assert_uint_le(2 * w.step * rings[i],
					  RM_READAHEAD_SHARED);
	}
}
END_TEST

START_TEST(walk_over_a_large_file_keeps_little_of_it)
{
	const size_t before = resident();
	size_t most = 0;
	struct rm_readahead w;
	int fd;

	const uint8_t *bytes = map_file(FILE_SIZE, &fd);
	rm_readahead_open(&w, bytes, FILE_SIZE, 1);
	for (size_t at = 0; at < FILE_SIZE; at += SUBBUF) {
		rm_readahead_pass(&w, at);
		ck_assert_uint_eq(*(const volatile uint8_t *)(bytes + at), 0);
		if (at % (1 << 20) == 0 && resident() > most)
			most = resident();
	}
	rm_readahead_pass(&w, FILE_SIZE);
	ck_assert_uint_lt(most, before + MOST);
	/* At the end all is given back. */
	ck_assert_uint_lt(resident(), before + (2 << 20));
	munmap((void *)(uintptr_t)bytes, FILE_SIZE);
	close(fd);
}
END_TEST

START_TEST(part_of_a_file_that_begins_anywhere_is_passed_too)
{
	struct rm_readahead w;
	int fd;

	/* Neither end is that of a page; steps are as they come. */
	const uint8_t *bytes = map_file(8 << 20, &fd);
	const size_t size = (6 << 20) + 1236;
	for (size_t step = 4; step < 3 << 20; step = step * 3 + 4) {
		rm_readahead_open(&w, bytes + 100, size, 100);
		for (size_t at = 0; at < size; at += step) {
			rm_readahead_pass(&w, at);
			ck_assert_uint_eq(
				*(const volatile uint8_t *)(bytes + 100 + at),
				0);
		}
		rm_readahead_pass(&w, size);
		ck_assert_uint_eq(w.next, SIZE_MAX);
	}
	munmap((void *)(uintptr_t)bytes, 8 << 20);
	close(fd);
}
END_TEST

START_TEST(file_that_was_cut_is_noticed_before_it_is_read)
{
	struct rm_readahead w;
	int fd;

	if (!rm_probe_populates())
		rm_skip("MADV_POPULATE_READ has no effect here");
	const uint8_t *bytes = map_file(FILE_SIZE, &fd);
	rm_readahead_open(&w, bytes, FILE_SIZE, 1);
	size_t at = 0;
	for (; at < FILE_SIZE; at += SUBBUF) {
		if (at == FILE_SIZE / 4)
			ck_assert(!ftruncate(fd, FILE_SIZE / 2));
		if (!rm_readahead_pass(&w, at))
			break;
		ck_assert_uint_eq(*(const volatile uint8_t *)(bytes + at), 0);
	}
	/* Two windows ahead, and never behind the new end. */
	ck_assert_uint_le(at, FILE_SIZE / 2);
	ck_assert_uint_ge(at, FILE_SIZE / 2 - 3 * RM_READAHEAD_MAX);
	munmap((void *)(uintptr_t)bytes, FILE_SIZE);
	close(fd);
}
END_TEST

/* A file whose CPU has many sub-buffers, each 64th with an event. */
static void make_large(struct rm_dat_file *f, uint8_t *bytes)
{
	static const char *const scripts[] = {"TS 1; EVENT 'a'", NULL};
	struct rm_recording *r = &f->recordings[f->nr_recordings++];

	rm_record(r, NULL, scripts);
	for (size_t at = 0; at < FILE_SIZE; at += 64 * SUBBUF)
		memcpy(bytes + at, r->bytes, SUBBUF);
	f->plan.buffers[0] = (struct rm_dat_buffer){
		.name = "",
		.rings = {{bytes, FILE_SIZE, 0}},
		.nr_rings = 1,
	};
	f->plan.nr_buffers = 1;
	f->plan.chunk_subbufs = 10;
	rm_dat_file_write(f);
}

START_TEST(trace_of_a_large_file_keeps_little_of_it)
{
	for (int kind = 0; kind < 3; kind++) {
		struct rm_dat_file f = {
			.plan = {.version = kind ? 7 : 6,
				 .packing = kind == 2 ? RM_DAT_ZSTD
						      : RM_DAT_NONE}};
		uint8_t *bytes = calloc(FILE_SIZE, 1);
		struct ringmap_event event;
		size_t events = 0;
		size_t most = 0;

		ck_assert_ptr_nonnull(bytes);
		make_large(&f, bytes);
		free(bytes);
		const size_t before = resident();
		struct ringmap_trace *trace = rm_dat_file_open(&f, NULL);
		while (ringmap_trace_next(trace, &event) == RINGMAP_OK) {
			ck_assert_int_eq(*(const char *)event.data, 'a');
			if (events++ % 8 == 0 && resident() > most)
				most = resident();
		}
		ck_assert_uint_eq(events, FILE_SIZE / SUBBUF / 64);
		ck_assert_uint_lt(most, before + MOST);
		ringmap_trace_unref(trace);
		rm_dat_file_free(&f);
	}
}
END_TEST

RM_MAIN(file_that_was_cut_is_noticed_before_it_is_read, no_window_never_moves,
	windows_share_what_there_is, walk_over_a_large_file_keeps_little_of_it,
	part_of_a_file_that_begins_anywhere_is_passed_too,
	trace_of_a_large_file_keeps_little_of_it)
