/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * follow_test.c - a follower passes what is broken, and reads nothing beyond
 */
#include "tests/support/probe.h"
#include "tests/support/rm_check.h"
#include "tests/unit/map_file.h"
#include "tests/unit/recording.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

static struct ringmap_error err;

struct fixture {
	struct rm_map_file file;
	struct rm_still still;
	struct ringmap_ring *ring;
};

static void set_up(struct fixture *f, enum ringmap_start start,
		   const char *const *scripts)
{
	const struct ringmap_ring_opts opts = {.sz = sizeof(opts),
					       .mode = RINGMAP_MODE_FOLLOW,
					       .start = (uint32_t)start};

	memset(f, 0, sizeof(*f));
	rm_map_file_make(&f->file, scripts);
	rm_assert_ok_err(
		rm_still_open(&f->still, &f->file, &opts, &f->ring, &err),
		&err);
}

static void tear_down(struct fixture *f)
{
	ringmap_ring_unref(f->ring);
	rm_map_file_free(&f->file);
}

static struct ringmap_page take_page(struct fixture *f)
{
	struct ringmap_page page;

	rm_assert_ok(ringmap_ring_borrow_page(f->ring, &page));
	rm_assert_ok(ringmap_ring_return_page(f->ring, &page));
	return page;
}

START_TEST(sub_buffer_with_a_broken_commit_is_told_once_and_passed)
{
	struct ringmap_page page;
	struct fixture f;

	set_up(&f, RINGMAP_START_OLDEST,
	       RM_SCRIPTS("TS 1", "TS 10; EVENT 'a'", "TS 20; COMMIT 70000",
			  "TS 30; EVENT 'b'"));
	take_page(&f);
	rm_assert_status(ringmap_ring_borrow_page(f.ring, &page),
			 RINGMAP_E_CORRUPT);
	ck_assert_uint_eq(take_page(&f).lost, RINGMAP_LOST_UNKNOWN);
	rm_assert_status(ringmap_ring_borrow_page(f.ring, &page), RINGMAP_DONE);
	tear_down(&f);
}
END_TEST

START_TEST(trace_goes_on_beside_a_broken_sub_buffer)
{
	struct ringmap_ring *rings[2];
	struct ringmap_trace *trace;
	struct ringmap_event event;
	struct fixture f[2];
	enum ringmap_status s;
	int corrupt = 0;
	int events = 0;

	set_up(&f[0], RINGMAP_START_OLDEST,
	       RM_SCRIPTS("TS 1", "TS 10; COMMIT 70000", "TS 5"));
	set_up(&f[1], RINGMAP_START_OLDEST,
	       RM_SCRIPTS("TS 1", "TS 11; EVENT 'a'; EVENT +5 'b'", "TS 5"));
	rings[0] = f[0].ring;
	rings[1] = f[1].ring;
	rm_assert_ok(ringmap_trace_open_rings(rings, 2, &trace, &err));
	while ((s = ringmap_trace_next(trace, &event)) != RINGMAP_DONE) {
		events += s == RINGMAP_OK;
		corrupt += s == RINGMAP_E_CORRUPT;
		ck_assert_int_lt(events + corrupt, 10);
	}
	ck_assert_int_eq(events, 2);
	ck_assert_int_eq(corrupt, 1);
	ringmap_trace_unref(trace);
	tear_down(&f[0]);
	tear_down(&f[1]);
}
END_TEST

/* Whoever believes the commit goes on a gigabyte behind the sub-buffer. */
START_TEST(newest_sub_buffer_with_a_broken_commit_is_not_walked)
{
	struct ringmap_page page;
	struct fixture f;

	set_up(&f, RINGMAP_START_NEWEST,
	       RM_SCRIPTS("TS 1", "TS 10; EVENT 'a'",
			  "TS 30; HEADER 0 +1; RAW 0x3fffff00; "
			  "COMMIT 0x3ffffffc"));
	rm_assert_status(ringmap_ring_borrow_page(f.ring, &page),
			 RINGMAP_E_CORRUPT);
	tear_down(&f);
}
END_TEST

static uint64_t lost_now(struct fixture *f)
{
	struct ringmap_ring_stats stats;

	rm_assert_ok(ringmap_ring_stats(f->ring, &stats, sizeof(stats)));
	return stats.lost;
}

static void drain(struct fixture *f)
{
	struct ringmap_page page;

	while (ringmap_ring_borrow_page(f->ring, &page) == RINGMAP_OK)
		rm_assert_ok(ringmap_ring_return_page(f->ring, &page));
}

/* Some lie where the map does not show them, or one is still being written. */
START_TEST(events_that_are_counted_and_never_come_are_told)
{
	struct fixture f;

	set_up(&f, RINGMAP_START_OLDEST,
	       RM_SCRIPTS("TS 1", "TS 10; EVENT 'a'; EVENT +1 'b'", "TS 5"));
	f.still.stats.entries = 2;
	drain(&f);
	ck_assert_uint_eq(lost_now(&f), 0);
	f.still.stats.entries = 5;
	ck_assert_uint_eq(lost_now(&f), RINGMAP_LOST_UNKNOWN);
	ck_assert_uint_eq(lost_now(&f), RINGMAP_LOST_UNKNOWN);
	/* They came late. */
	rm_map_file_write(&f.file, 1,
			  "TS 10; EVENT 'a'; EVENT +1 'b'; EVENT +1 'c'; "
			  "EVENT +1 'd'; EVENT +1 'e'");
	drain(&f);
	ck_assert_uint_eq(lost_now(&f), 0);
	/* These do not come, and a newer one does. */
	f.still.stats.entries = 9;
	ck_assert_uint_eq(lost_now(&f), RINGMAP_LOST_UNKNOWN);
	rm_map_file_write(&f.file, 2, "TS 20; EVENT 'f'");
	drain(&f);
	ck_assert_uint_eq(lost_now(&f), 3);
	tear_down(&f);
}
END_TEST

/* Without the kernel's counts nothing proves that the map shows the ring. */
START_TEST(without_counts_each_sub_buffer_may_follow_a_gap)
{
	struct fixture f;
	const struct ringmap_ring_opts opts = {.sz = sizeof(opts),
					       .mode = RINGMAP_MODE_FOLLOW};

	memset(&f, 0, sizeof(f));
	f.still.stats_error = ENOENT;
	rm_map_file_make(&f.file,
			 RM_SCRIPTS("TS 1", "TS 10; EVENT 'a'",
				    "TS 20; EVENT 'b'", "TS 30; EVENT 'c'"));
	rm_assert_ok_err(rm_still_open(&f.still, &f.file, &opts, &f.ring, &err),
			 &err);
	ck_assert_uint_eq(take_page(&f).lost, 0);
	ck_assert_uint_eq(take_page(&f).lost, RINGMAP_LOST_UNKNOWN);
	/* Also where older sub-buffers are still in sight. */
	ck_assert_uint_eq(take_page(&f).lost, RINGMAP_LOST_UNKNOWN);
	ck_assert_uint_eq(lost_now(&f), RINGMAP_LOST_UNKNOWN);
	tear_down(&f);
}
END_TEST

/* The test unmaps its file first, so that the ring's mapping is the first one. */
static void open_first(struct fixture *f, const char *const *scripts,
		       uint64_t read)
{
	const struct ringmap_ring_opts opts = {.sz = sizeof(opts),
					       .mode = RINGMAP_MODE_FOLLOW};

	memset(f, 0, sizeof(*f));
	f->still.stats.entries = 5;
	f->still.stats.read = read;
	rm_map_file_make(&f->file, scripts);
	f->file.meta->read = read;
	ck_assert(!munmap(f->file.mem, f->file.size));
	rm_assert_ok_err(
		rm_still_open(&f->still, &f->file, &opts, &f->ring, &err),
		&err);
}

static void expect_page(struct fixture *f, uint64_t ts, uint64_t lost)
{
	struct ringmap_page page = take_page(f);

	ck_assert_uint_eq(page.ts, ts);
	ck_assert_uint_eq(page.lost, lost);
}

static void expect_end(struct fixture *f)
{
	struct ringmap_page page;

	rm_assert_status(ringmap_ring_borrow_page(f->ring, &page),
			 RINGMAP_DONE);
	ringmap_ring_unref(f->ring);
	close(f->file.fd);
}

/* A walk by id would go from 20 to 40. Between 10 and 20 one was given away. */
START_TEST(what_was_consumed_before_the_reader_sub_buffer_is_passed)
{
	struct fixture f;

	RM_NEEDS_PAGEMAP();
	open_first(&f,
		   RM_SCRIPTS("TS 30; EVENT 'c'", "TS 40; EVENT 'd'",
			      "TS 10; EVENT 'a'", "TS 5; EVENT 'x'; COMMIT 0",
			      "TS 20; EVENT 'b'"),
		   2);
	expect_page(&f, 30, 0);
	expect_page(&f, 40, 0);
	expect_end(&f);
}
END_TEST

START_TEST(what_was_consumed_before_the_head_is_passed)
{
	struct fixture f;

	RM_NEEDS_PAGEMAP();
	open_first(&f,
		   RM_SCRIPTS("TS 15; EVENT 'x'; COMMIT 0", "TS 40; EVENT 'd'",
			      "TS 50; EVENT 'e'", "TS 10; EVENT 'a'",
			      "TS 20; EVENT 'b'"),
		   2);
	expect_page(&f, 40, 0);
	expect_page(&f, 50, 0);
	expect_end(&f);
}
END_TEST

/* The head is empty: it is not known what was consumed, nor where a hole is. */
START_TEST(what_may_have_been_consumed_may_have_gaps)
{
	struct fixture f;

	open_first(&f,
		   RM_SCRIPTS("TS 1; EVENT 'x'; COMMIT 0",
			      "TS 2; EVENT 'x'; COMMIT 0", "TS 10; EVENT 'a'",
			      "TS 20; EVENT 'b'"),
		   2);
	expect_page(&f, 10, 0);
	expect_page(&f, 20, RINGMAP_LOST_UNKNOWN);
	expect_end(&f);
}
END_TEST

START_TEST(what_nobody_consumed_is_all_there)
{
	struct fixture f;

	open_first(&f,
		   RM_SCRIPTS("TS 0", "TS 40; EVENT 'x'; COMMIT 0",
			      "TS 10; EVENT 'a'", "TS 20; EVENT 'b'"),
		   0);
	expect_page(&f, 10, 0);
	expect_page(&f, 20, 0);
	expect_end(&f);
}
END_TEST

RM_MAIN(what_was_consumed_before_the_reader_sub_buffer_is_passed,
	what_was_consumed_before_the_head_is_passed,
	what_may_have_been_consumed_may_have_gaps,
	what_nobody_consumed_is_all_there,
	sub_buffer_with_a_broken_commit_is_told_once_and_passed,
	trace_goes_on_beside_a_broken_sub_buffer,
	newest_sub_buffer_with_a_broken_commit_is_not_walked,
	events_that_are_counted_and_never_come_are_told,
	without_counts_each_sub_buffer_may_follow_a_gap)
