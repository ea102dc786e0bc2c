/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * opts_test.c - options of older, newer and careless callers
 */
#define _GNU_SOURCE
#include "base/opts.h"
#include "tests/support/rm_check.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct ringmap_error err;

struct known {
	size_t sz;
	uint64_t a;
	uint64_t b;
};

struct newer {
	struct known known;
	uint8_t more[40];
};

START_TEST(options_of_the_same_size_are_copied)
{
	const struct known from = {sizeof(from), 1, 2};
	struct known to = {.sz = 0};

	rm_assert_ok(rm_opts_copy(&to, sizeof(to), &from, &err));
	ck_assert_mem_eq(&to, &from, sizeof(to));
}
END_TEST

START_TEST(what_an_older_caller_leaves_out_keeps_its_default)
{
	const struct known from = {offsetof(struct known, b), 1, 2};
	struct known to = {.b = 77};

	rm_assert_ok(rm_opts_copy(&to, sizeof(to), &from, &err));
	ck_assert_uint_eq(to.a, 1);
	ck_assert_uint_eq(to.b, 77);
}
END_TEST

START_TEST(size_must_hold_itself)
{
	for (size_t sz = 0; sz < sizeof(size_t); sz++) {
		const struct known from = {sz, 1, 2};
		struct known to = {.a = 5};

		rm_assert_error(rm_opts_copy(&to, sizeof(to), &from, &err),
				RINGMAP_E_INVAL, &err);
		ck_assert_uint_eq(to.a, 5);
	}
}
END_TEST

START_TEST(unknown_bytes_must_be_zero)
{
	struct newer from = {.known = {sizeof(from), 1, 2}};
	struct known to = {.sz = 0};

	rm_assert_ok(rm_opts_copy(&to, sizeof(to), &from, &err));
	ck_assert_uint_eq(to.b, 2);
	for (size_t i = 0; i < sizeof(from.more); i++) {
		from.more[i] = 0x80;
		rm_assert_error(rm_opts_copy(&to, sizeof(to), &from, &err),
				RINGMAP_E_INVAL, &err);
		from.more[i] = 0;
	}
	/* Behind what the caller calls its own they do not count. */
	from.more[8] = 1;
	from.known.sz = sizeof(struct known) + 8;
	rm_assert_ok(rm_opts_copy(&to, sizeof(to), &from, &err));
}
END_TEST

START_TEST(size_that_no_options_have_is_not_looked_through)
{
	/* The byte behind this page cannot be read. */
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint8_t *mem = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct known to = {.sz = 0};

	ck_assert_ptr_ne(mem, MAP_FAILED);
	ck_assert(!mprotect(mem + page, page, PROT_NONE));
	struct known *from = (void *)(mem + page - sizeof(*from));
	from->sz = SIZE_MAX;
	rm_assert_error(rm_opts_copy(&to, sizeof(to), from, &err),
			RINGMAP_E_INVAL, &err);
	from->sz = 1 << 20;
	rm_assert_error(rm_opts_copy(&to, sizeof(to), from, &err),
			RINGMAP_E_INVAL, &err);
	munmap(mem, 2 * page);
}
END_TEST

/* All ways to open a live ring refuse these options. */
static void assert_refused(const struct ringmap_ring_opts *opts)
{
	struct ringmap_ring *ring = NULL;

	rm_assert_error(ringmap_ring_open(opts, &ring, &err), RINGMAP_E_INVAL,
			&err);
	rm_assert_error(ringmap_ring_open_fd(0, opts, &ring, &err),
			RINGMAP_E_INVAL, &err);
	rm_assert_status(ringmap_ring_open(opts, &ring, NULL), RINGMAP_E_INVAL);
	ck_assert_ptr_null(ring);
}

START_TEST(ring_options_are_checked)
{
	struct ringmap_ring_opts sound = {.sz = sizeof(sound),
					  .instance = "ringmap_none"};
	struct ringmap_ring_opts o;

	o = sound;
	o.sz = 0;
	assert_refused(&o);
	for (uint32_t mode = RINGMAP_MODE_IMAGE; mode < 1000; mode *= 3) {
		o = sound;
		o.mode = mode;
		assert_refused(&o);
	}
	o = sound;
	o.start = 2;
	assert_refused(&o);
	for (uint32_t flag = 2; flag; flag <<= 1) {
		o = sound;
		o.flags = flag;
		assert_refused(&o);
	}
	o = sound;
	o.flags = RINGMAP_RING_CONSUMING | 0x40;
	assert_refused(&o);
	/* Only the flag that does not exist is named as such. */
	ck_assert_ptr_nonnull(strstr(err.text, "no flags 0x40:"));
}
END_TEST

START_TEST(ring_needs_an_instance_and_a_place_to_go)
{
	struct ringmap_ring_opts o = {.sz = sizeof(o)};
	struct ringmap_ring *ring = NULL;

	rm_assert_error(ringmap_ring_open(NULL, &ring, &err), RINGMAP_E_INVAL,
			&err);
	rm_assert_error(ringmap_ring_open(&o, &ring, &err), RINGMAP_E_INVAL,
			&err);
	o.instance = "ringmap_none";
	rm_assert_error(ringmap_ring_open(&o, NULL, &err), RINGMAP_E_INVAL,
			&err);
	rm_assert_error(ringmap_ring_open_fd(0, NULL, NULL, &err),
			RINGMAP_E_INVAL, &err);
	static const char *const names[] = {"", ".", "..", "a/b", "/a", "a/"};
	for (int i = 0; i < 6; i++) {
		o.instance = names[i];
		rm_assert_error(ringmap_ring_open(&o, &ring, &err),
				RINGMAP_E_INVAL, &err);
	}
	ck_assert_ptr_null(ring);
}
END_TEST

START_TEST(trace_options_are_checked)
{
	struct ringmap_trace *trace = NULL;
	struct ringmap_trace_opts sound = {.sz = sizeof(sound),
					   .instance = "ringmap_none"};
	struct ringmap_trace_opts absurd[] = {sound, sound, sound, sound,
					      sound, sound, sound};

	absurd[0].sz = 0;
	absurd[1].instance = NULL;
	absurd[2].reserved = 1;
	absurd[3].mode = RINGMAP_MODE_IMAGE;
	absurd[4].start = 2;
	absurd[5].flags = 2;
	absurd[6].instance = "a/b";
	for (int i = 0; i < 7; i++)
		rm_assert_error(ringmap_trace_open(&absurd[i], &trace, &err),
				RINGMAP_E_INVAL, &err);
	rm_assert_error(ringmap_trace_open(NULL, &trace, &err), RINGMAP_E_INVAL,
			&err);
	rm_assert_error(ringmap_trace_open(&sound, NULL, &err), RINGMAP_E_INVAL,
			&err);
	ck_assert_ptr_null(trace);
}
END_TEST

START_TEST(a_caller_is_given_no_more_than_it_has_room_for)
{
	const struct known from = {sizeof(from), 1, 2};
	struct known to = {3, 4, 5};

	rm_give(&to, offsetof(struct known, b), &from, sizeof(from));
	ck_assert_uint_eq(to.sz, sizeof(from));
	ck_assert_uint_eq(to.a, 1);
	ck_assert_uint_eq(to.b, 5);
}
END_TEST

START_TEST(what_a_newer_caller_knows_and_we_do_not_is_zero)
{
	const struct known from = {sizeof(from), 1, 2};
	static const uint8_t zeros[sizeof(((struct newer *)0)->more)];
	struct newer to;

	memset(&to, 0xaa, sizeof(to));
	rm_give(&to, sizeof(to), &from, sizeof(from));
	ck_assert_mem_eq(&to.known, &from, sizeof(from));
	ck_assert_mem_eq(to.more, zeros, sizeof(zeros));
}
END_TEST

RM_MAIN(options_of_the_same_size_are_copied,
	what_an_older_caller_leaves_out_keeps_its_default,
	size_must_hold_itself, unknown_bytes_must_be_zero,
	size_that_no_options_have_is_not_looked_through,
	a_caller_is_given_no_more_than_it_has_room_for,
	what_a_newer_caller_knows_and_we_do_not_is_zero,
	ring_options_are_checked, ring_needs_an_instance_and_a_place_to_go,
	trace_options_are_checked)
