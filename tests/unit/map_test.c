/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * map_test.c - the header of a mapped sub-buffer, and whether it changed
 */
#include "ring/map.h"

#include "tests/support/rm_check.h"
#include "tests/unit/map_file.h"
#include "tests/unit/recording.h"

static struct ringmap_error err;

struct fixture {
	struct rm_map_file file;
	struct rm_map map;
};

static void set_up(struct fixture *f, const char *script)
{
	memset(f, 0, sizeof(*f));
	rm_map_file_make(&f->file, RM_SCRIPTS("TS 1", script, "TS 3"));
	rm_assert_ok_err(rm_map_open(&f->map, f->file.fd, NULL, &err), &err);
}

static void tear_down(struct fixture *f)
{
	rm_map_close(&f->map);
	rm_map_file_free(&f->file);
}

START_TEST(head_is_stamp_commit_and_mark)
{
	struct fixture f;

	set_up(&f, "TS 0x123456789abcdef0; EVENT 'abcd'; LONG 20");
	struct rm_head head = rm_map_head(&f.map, &f.file.layout, 1);
	ck_assert_uint_eq(head.ts, UINT64_C(0x123456789abcdef0));
	ck_assert_uint_eq(head.commit, 36);
	ck_assert(!head.missed);
	rm_map_file_write(&f.file, 1, "TS 7; EVENT 'abcd'; LOST ?");
	head = rm_map_head(&f.map, &f.file.layout, 1);
	ck_assert_uint_eq(head.commit, 8);
	ck_assert(head.missed);
	rm_map_file_write(&f.file, 1, "TS 7; EVENT 'a'; FLAGS 0x40000000");
	head = rm_map_head(&f.map, &f.file.layout, 1);
	ck_assert_uint_eq(head.commit, 8);
	ck_assert(!head.missed);
	/* A claim beyond the sub-buffer is told as it is. */
	rm_map_file_write(&f.file, 1, "TS 7; COMMIT 0x3fffffff");
	head = rm_map_head(&f.map, &f.file.layout, 1);
	ck_assert_uint_eq(head.commit, 0x3fffffff);
	tear_down(&f);
}
END_TEST

START_TEST(low_half_of_commit_is_found_in_every_shape)
{
	static const struct rm_layout layouts[] = {
		{8, 16, false}, {8, 16, true}, {4, 12, false}, {4, 12, true}};
	static const uint32_t offsets[] = {8, 12, 8, 8};

	for (int i = 0; i < 4; i++)
		ck_assert_uint_eq(rm_commit_low(&layouts[i]), offsets[i]);
}
END_TEST

START_TEST(unchanged_fill_is_intact)
{
	struct fixture f;

	set_up(&f, "TS 100; EVENT 'abcd'; EVENT 'efgh'");
	for (uint32_t end = 0; end <= 16; end += 4)
		ck_assert(rm_map_intact(&f.map, &f.file.layout, 1, 100, end));
	ck_assert(!rm_map_intact(&f.map, &f.file.layout, 1, 100, 20));
	tear_down(&f);
}
END_TEST

START_TEST(fill_that_grew_is_intact)
{
	struct fixture f;

	set_up(&f, "TS 100; EVENT 'abcd'");
	rm_map_file_write(&f.file, 1, "TS 100; EVENT 'abcd'; EVENT 'efgh'");
	ck_assert(rm_map_intact(&f.map, &f.file.layout, 1, 100, 8));
	/* A consumer's mark changes no event. */
	rm_map_file_write(&f.file, 1, "TS 100; EVENT 'abcd'; LOST 5");
	ck_assert(rm_map_intact(&f.map, &f.file.layout, 1, 100, 8));
	tear_down(&f);
}
END_TEST

START_TEST(fill_that_was_emptied_or_replaced_is_not_intact)
{
	struct fixture f;

	set_up(&f, "TS 100; EVENT 'abcd'; EVENT 'efgh'");
	/* Emptied, with the old stamp; then a new fill, small and large. */
	rm_map_file_write(&f.file, 1, "TS 100");
	ck_assert(!rm_map_intact(&f.map, &f.file.layout, 1, 100, 16));
	rm_map_file_write(&f.file, 1, "TS 200; EVENT 'abcd'");
	ck_assert(!rm_map_intact(&f.map, &f.file.layout, 1, 100, 16));
	ck_assert(!rm_map_intact(&f.map, &f.file.layout, 1, 100, 8));
	rm_map_file_write(&f.file, 1, "TS 200; EVENT 'abcd'; EVENT 'efgh'");
	ck_assert(!rm_map_intact(&f.map, &f.file.layout, 1, 100, 16));
	rm_map_file_write(&f.file, 1, "TS 0x100000064; EVENT 'a'; EVENT 'e'");
	ck_assert(!rm_map_intact(&f.map, &f.file.layout, 1, 100, 16));
	tear_down(&f);
}
END_TEST

RM_MAIN(head_is_stamp_commit_and_mark,
	low_half_of_commit_is_found_in_every_shape, unchanged_fill_is_intact,
	fill_that_grew_is_intact,
	fill_that_was_emptied_or_replaced_is_not_intact)
