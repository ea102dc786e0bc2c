/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * meta_test.c - a meta page is believed only as far as it can be true
 */
#define _GNU_SOURCE
#include "ring/ring.h"
#include "tests/support/probe.h"
#include "tests/support/rm_check.h"
#include "tests/unit/map_file.h"
#include "tests/unit/recording.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

static struct ringmap_error err;

static void make(struct rm_map_file *file)
{
	rm_map_file_make(file, RM_SCRIPTS("TS 1", "TS 2; EVENT 'a'",
					  "TS 3; EVENT 'b'", "TS 4"));
}

static uint32_t page_size(void)
{
	return (uint32_t)sysconf(_SC_PAGESIZE);
}

/* Opening the map fails so, by all ways, and leaves nothing behind. */
static void assert_refused(int fd, enum ringmap_status expected)
{
	const int descriptors = rm_open_descriptors();
	const int mappings = rm_map_file_mappings();
	const int flags = fcntl(fd, F_GETFL);
	struct rm_map map = {.addr = NULL};

	rm_assert_error(rm_map_open(&map, fd, NULL, &err), expected, &err);
	ck_assert_ptr_null(map.addr);
	for (uint32_t mode = 0; mode <= RINGMAP_MODE_CONSUME; mode++) {
		const struct ringmap_ring_opts opts = {
			.sz = sizeof(opts),
			.mode = mode,
			.flags = RINGMAP_RING_OVERWRITES,
			.clock = "mono"};
		struct ringmap_ring *ring = NULL;

		/* Without a map auto reads, where the ring may be sound. */
		if (mode == RINGMAP_MODE_AUTO &&
		    expected == RINGMAP_E_UNSUPPORTED)
			continue;
		rm_assert_error(rm_ring_open_raw(fd, &opts, &ring, &err),
				expected, &err);
		ck_assert_ptr_null(ring);
	}
	ck_assert_int_eq(fcntl(fd, F_GETFL), flags);
	ck_assert_int_eq(rm_open_descriptors(), descriptors);
	ck_assert_int_eq(rm_map_file_mappings(), mappings);
}

START_TEST(sound_meta_page_is_mapped)
{
	struct rm_map_file file;
	struct rm_map map = {.addr = NULL};

	make(&file);
	rm_assert_ok_err(rm_map_open(&map, file.fd, NULL, &err), &err);
	ck_assert_int_eq(rm_map_file_mappings(), 1);
	ck_assert_uint_eq(map.nr_subbufs, 4);
	ck_assert_uint_eq(map.subbuf_size, page_size());
	ck_assert_uint_eq(map.meta_size, page_size());
	ck_assert_uint_eq(map.size, file.size);
	for (uint32_t id = 0; id < 4; id++)
		ck_assert_mem_eq(rm_map_subbuf(&map, id),
				 file.mem + (id + 1) * page_size(),
				 page_size());
	rm_map_close(&map);
	ck_assert_ptr_null(map.addr);
	rm_map_close(&map);
	ck_assert_int_eq(rm_map_file_mappings(), 0);
	rm_map_file_free(&file);
}
END_TEST

/* One field of the meta page, and what it must not be. */
struct absurd {
	size_t offset;
	uint32_t values[16];
	size_t count;
};

#define FIELD(name) offsetof(struct rm_meta_page, name)

START_TEST(absurd_geometry_is_corrupt)
{
	const uint32_t page = page_size();
	const struct absurd absurd[] = {
		{FIELD(meta_page_size),
		 {0, 1, 79, 80, page / 2, page - 1, page + 1, page + page / 2,
		  (1u << 20) + page, 1u << 31, 0u - page, UINT32_MAX},
		 12},
		{FIELD(meta_struct_len),
		 {0, 1, 79, page + 1, 1u << 31, UINT32_MAX},
		 6},
		{FIELD(subbuf_size),
		 {0, 1, 16, page / 2, page - 1, page + 1, 3 * page, 1u << 21,
		  1u << 31, 0u - page, UINT32_MAX},
		 11},
		{FIELD(nr_subbufs), {0, 1, 1u << 30, 1u << 31, UINT32_MAX}, 5},
	};
	struct rm_map_file file;

	make(&file);
	for (size_t i = 0; i < sizeof(absurd) / sizeof(*absurd); i++) {
		uint32_t *field = (void *)(file.mem + absurd[i].offset);
		uint32_t sound = *field;

		for (size_t k = 0; k < absurd[i].count; k++) {
			*field = absurd[i].values[k];
			assert_refused(file.fd, RINGMAP_E_CORRUPT);
		}
		*field = sound;
	}
	rm_map_file_free(&file);
}
END_TEST

START_TEST(absurd_reader_is_corrupt)
{
	const uint32_t room = page_size() - 8 - (uint32_t)sizeof(long);
	const uint32_t ids[] = {4, 5, 1u << 31, UINT32_MAX};
	const uint32_t reads[] = {room + 1, page_size(), 1u << 31, UINT32_MAX};
	struct rm_map_file file;
	struct rm_map map = {.addr = NULL};
	struct rm_meta meta;

	make(&file);
	rm_assert_ok(rm_map_open(&map, file.fd, NULL, &err));
	for (int i = 0; i < 4; i++) {
		file.meta->reader_id = ids[i];
		rm_assert_error(rm_map_meta(&map, &file.layout, &meta, &err),
				RINGMAP_E_CORRUPT, &err);
		file.meta->reader_id = 3;
		file.meta->reader_read = reads[i];
		rm_assert_error(rm_map_meta(&map, &file.layout, &meta, &err),
				RINGMAP_E_CORRUPT, &err);
		file.meta->reader_read = room;
		rm_assert_ok(rm_map_meta(&map, &file.layout, &meta, &err));
	}
	ck_assert_uint_eq(meta.reader_id, 3);
	ck_assert_uint_eq(meta.reader_read, room);
	rm_map_close(&map);
	rm_map_file_free(&file);
}
END_TEST

START_TEST(counters_are_taken_as_they_are)
{
	struct rm_map_file file;
	struct rm_map map = {.addr = NULL};
	struct rm_meta meta;

	make(&file);
	file.meta->entries = UINT64_MAX;
	file.meta->overrun = UINT64_C(1) << 63;
	file.meta->read = 5;
	rm_assert_ok(rm_map_open(&map, file.fd, NULL, &err));
	rm_assert_ok(rm_map_meta(&map, &file.layout, &meta, &err));
	ck_assert_uint_eq(meta.entries, UINT64_MAX);
	ck_assert_uint_eq(meta.overrun, UINT64_C(1) << 63);
	ck_assert_uint_eq(meta.read, 5);
	rm_map_close(&map);
	rm_map_file_free(&file);
}
END_TEST

START_TEST(geometry_is_read_once)
{
	struct rm_map_file file;
	struct rm_map map = {.addr = NULL};

	make(&file);
	rm_assert_ok(rm_map_open(&map, file.fd, NULL, &err));
	file.meta->nr_subbufs = UINT32_MAX;
	file.meta->subbuf_size = UINT32_MAX;
	file.meta->meta_page_size = UINT32_MAX;
	ck_assert_mem_eq(rm_map_subbuf(&map, 3), file.mem + 4 * page_size(),
			 page_size());
	ck_assert_uint_eq(map.nr_subbufs, 4);
	rm_map_close(&map);
	ck_assert_int_eq(rm_map_file_mappings(), 0);
	rm_map_file_free(&file);
}
END_TEST

START_TEST(meta_page_of_a_newer_kernel_is_mapped)
{
	static const uint32_t lengths[] = {80, 88, 1024, 4096};
	struct rm_map_file file;

	make(&file);
	for (int i = 0; i < 4; i++) {
		struct rm_map map = {.addr = NULL};

		file.meta->meta_struct_len = lengths[i];
		rm_assert_ok_err(rm_map_open(&map, file.fd, NULL, &err), &err);
		rm_map_close(&map);
	}
	rm_map_file_free(&file);
}
END_TEST

START_TEST(sub_buffers_larger_than_a_page_are_mapped)
{
	struct rm_map_file file;
	struct rm_map map = {.addr = NULL};
	const uint32_t two = 2 * page_size();

	/* Linux 6.12 and later pad the meta page to the same size. */
	rm_map_file_make(&file, RM_SCRIPTS("TS 1", "TS 2", "TS 3", "TS 4",
					   "TS 5", "TS 6", "TS 7"));
	file.meta->meta_page_size = two;
	file.meta->subbuf_size = two;
	file.meta->nr_subbufs = 3;
	rm_assert_ok_err(rm_map_open(&map, file.fd, NULL, &err), &err);
	ck_assert_uint_eq(map.size, 4 * two);
	ck_assert_ptr_eq(rm_map_subbuf(&map, 2), map.addr + 3 * two);
	rm_map_close(&map);
	/* 6.10 does not. */
	file.meta->meta_page_size = page_size();
	rm_assert_ok_err(rm_map_open(&map, file.fd, NULL, &err), &err);
	ck_assert_ptr_eq(rm_map_subbuf(&map, 0), map.addr + page_size());
	rm_map_close(&map);
	rm_map_file_free(&file);
}
END_TEST

/* Its size has more bits than a size_t of 32-bit programs. */
START_TEST(file_of_4_gib_is_not_too_small)
{
	struct rm_map map = {.addr = NULL};
	struct rm_map_file file;

	make(&file);
	ck_assert(!ftruncate(file.fd, (off_t)1 << 32));
	rm_assert_ok_err(rm_map_open(&map, file.fd, NULL, &err), &err);
	ck_assert_uint_eq(map.size, file.size);
	rm_map_close(&map);
	rm_map_file_free(&file);
}
END_TEST

START_TEST(file_that_is_too_small_is_refused)
{
	static const size_t sizes[] = {0, 1, 79, 80};
	struct rm_map_file file;

	make(&file);
	/* The meta page speaks of more than there is. */
	for (uint32_t more = 5; more < 1u << 30; more *= 8) {
		file.meta->nr_subbufs = more;
		/* No program of 32 bits could map so much. */
		assert_refused(file.fd, more < SIZE_MAX / page_size()
						? RINGMAP_E_INVAL
						: RINGMAP_E_CORRUPT);
	}
	file.meta->nr_subbufs = 4;
	ck_assert(!ftruncate(file.fd, (off_t)file.size - 1));
	assert_refused(file.fd, RINGMAP_E_INVAL);
	ck_assert(!ftruncate(file.fd, (off_t)page_size()));
	assert_refused(file.fd, RINGMAP_E_INVAL);
	ck_assert(!ftruncate(file.fd, (off_t)page_size() - 1));
	assert_refused(file.fd, RINGMAP_E_INVAL);
	for (int i = 0; i < 4; i++) {
		ck_assert(!ftruncate(file.fd, (off_t)sizes[i]));
		assert_refused(file.fd, RINGMAP_E_INVAL);
	}
	rm_map_file_free(&file);
}
END_TEST

START_TEST(what_is_no_ring_is_refused)
{
	int pipes[2];
	int sockets[2];

	ck_assert(!pipe2(pipes, O_CLOEXEC));
	assert_refused(pipes[0], RINGMAP_E_INVAL);
	assert_refused(pipes[1], RINGMAP_E_INVAL);
	ck_assert(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets));
	assert_refused(sockets[0], RINGMAP_E_INVAL);
	static const char *const files[] = {"/dev/null", "/dev/zero",
					    "/proc/self/maps"};
	for (int i = 0; i < 3; i++) {
		int fd = open(files[i], O_RDONLY | O_CLOEXEC);

		ck_assert_int_ge(fd, 0);
		assert_refused(fd, RINGMAP_E_INVAL);
		close(fd);
	}
	for (int i = 0; i < 2; i++) {
		close(pipes[i]);
		close(sockets[i]);
	}
}
END_TEST

START_TEST(file_of_zeros_is_corrupt)
{
	struct rm_map_file file;

	make(&file);
	memset(file.mem, 0, file.size);
	assert_refused(file.fd, RINGMAP_E_CORRUPT);
	memset(file.mem, 0xff, file.size);
	assert_refused(file.fd, RINGMAP_E_CORRUPT);
	rm_map_file_free(&file);
}
END_TEST

START_TEST(descriptor_that_cannot_be_read_is_told)
{
	struct rm_map_file file;
	char path[64];

	make(&file);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file.fd);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	assert_refused(fd, RINGMAP_E_PERMISSION);
	close(fd);
	rm_map_file_free(&file);
}
END_TEST

START_TEST(descriptor_that_is_not_open_is_told)
{
	struct ringmap_ring *ring = NULL;
	struct rm_map map = {.addr = NULL};

	for (int fd = -1; fd < 1000; fd += 1000) {
		rm_assert_error(rm_map_open(&map, fd, NULL, &err), RINGMAP_E_OS,
				&err);
		rm_assert_error(ringmap_ring_open_fd(fd, NULL, &ring, &err),
				RINGMAP_E_INVAL, &err);
	}
	ck_assert_ptr_null(ring);
}
END_TEST

START_TEST(random_meta_pages_do_no_harm)
{
	uint64_t state = 0x452821e638d01377;
	struct rm_map_file file;

	make(&file);
	const struct rm_meta_page sound = *file.meta;
	for (int round = 0; round < 20000; round++) {
		struct rm_map map = {.addr = NULL};
		uint32_t *words = (void *)file.meta;

		*file.meta = sound;
		for (int i = 0; i < 2; i++) {
			state ^= state << 13;
			state ^= state >> 7;
			state ^= state << 17;
			words[state % 4] =
				(uint32_t)(state >> 20) >> (state >> 8) % 32;
		}
		if (rm_map_open(&map, file.fd, NULL, &err) == RINGMAP_OK) {
			ck_assert_uint_le(map.size, file.size);
			/* All of it is there. */
			ck_assert_uint_eq(map.addr[map.size - 1],
					  file.mem[map.size - 1]);
			rm_map_close(&map);
		}
	}
	ck_assert_int_eq(rm_map_file_mappings(), 0);
	rm_map_file_free(&file);
}
END_TEST

/* The test unmaps its file first, so that the ring's mapping is the first one. */
static enum ringmap_status open_first(uint64_t read, uint64_t read_at_numbering,
				      uint32_t mode)
{
	const struct ringmap_ring_opts opts = {.sz = sizeof(opts),
					       .mode = mode};
	struct rm_still still = {.stats = {.entries = 9, .read = read}};
	struct ringmap_ring *ring = NULL;
	struct rm_map_file file;

	make(&file);
	file.meta->read = read_at_numbering;
	ck_assert(!munmap(file.mem, file.size));
	enum ringmap_status s =
		rm_still_open(&still, &file, &opts, &ring, &err);
	ringmap_ring_unref(ring);
	ck_assert_int_eq(rm_map_file_mappings(), 0);
	close(file.fd);
	return s;
}

START_TEST(ring_that_is_read_while_it_is_numbered_is_refused)
{
	RM_NEEDS_PAGEMAP();
	for (uint32_t mode = 0; mode <= RINGMAP_MODE_CONSUME; mode++) {
		rm_assert_ok(open_first(5, 5, mode));
		rm_assert_status(open_first(6, 5, mode), RINGMAP_E_BUSY);
		ck_assert_int_eq(err.os_errno, 0);
		ck_assert_ptr_nonnull(strstr(err.text, "consumer"));
	}
}
END_TEST

RM_MAIN(sound_meta_page_is_mapped, absurd_geometry_is_corrupt,
	absurd_reader_is_corrupt, counters_are_taken_as_they_are,
	geometry_is_read_once, meta_page_of_a_newer_kernel_is_mapped,
	sub_buffers_larger_than_a_page_are_mapped,
	file_of_4_gib_is_not_too_small, file_that_is_too_small_is_refused,
	what_is_no_ring_is_refused, file_of_zeros_is_corrupt,
	descriptor_that_cannot_be_read_is_told,
	descriptor_that_is_not_open_is_told, random_meta_pages_do_no_harm,
	ring_that_is_read_while_it_is_numbered_is_refused)
