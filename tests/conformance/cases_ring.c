/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * cases_ring.c - borrowing, waiting, forking: what a ring is as an object
 */
#include <sys/wait.h>
#include <unistd.h>

#include "tests/conformance/cases.h"
#include "tests/conformance/stage.h"
#include "tests/support/probe.h"

START_TEST(one_page_at_a_time)
{
	struct ringmap_page page, other;
	struct ringmap_error err;
	enum ringmap_mode mode;

	for (unsigned int i = 0; stage_mode(i, &mode); i++) {
		STAGE(stage);
		stage_write(stage, 200);
		struct ringmap_ring *ring = stage_open(stage, mode);
		rm_assert_ok(ringmap_ring_borrow_page(ring, &page));
		rm_assert_status(ringmap_ring_borrow_page(ring, &other),
				 RINGMAP_E_BUSY);
		ringmap_ring_error(ring, &err);
		ck_assert_int_eq(err.status, RINGMAP_E_BUSY);
		other = page;
		other.seq++;
		rm_assert_status(ringmap_ring_return_page(ring, &other),
				 RINGMAP_E_STALE);
		rm_assert_ok(ringmap_ring_return_page(ring, &page));
		rm_assert_status(ringmap_ring_return_page(ring, &page),
				 RINGMAP_E_STALE);
		rm_assert_ok(ringmap_ring_borrow_page(ring, &page));
		ringmap_ring_unref(ring);
		stage_free(stage);
	}
}
END_TEST

START_TEST(a_ring_says_what_it_is)
{
	struct ringmap_ring_info info;
	enum ringmap_mode mode;

	for (unsigned int i = 0; stage_mode(i, &mode); i++) {
		STAGE(stage);
		stage_write(stage, 10);
		struct ringmap_ring *ring = stage_open(stage, mode);
		rm_assert_ok(ringmap_ring_info(ring, &info, sizeof(info)));
		ck_assert_uint_eq(info.mode, mode);
		ck_assert_uint_eq(info.long_size, sizeof(long));
		ck_assert_uint_eq(info.data_offset, 8 + sizeof(long));
		if (mode != RINGMAP_MODE_READ) {
			ck_assert_uint_eq(info.subbuf_size, 4096);
			ck_assert_uint_gt(info.nr_subbufs, 0);
		}
		ck_assert_uint_gt(strlen(ringmap_ring_mode_reason(ring)), 0);
		ck_assert_int_eq(ringmap_ring_fd(ring) >= 0,
				 mode != RINGMAP_MODE_IMAGE);
		ringmap_ring_unref(ring);
		stage_free(stage);
	}
}
END_TEST

START_TEST(waiting_ends_when_there_is_something)
{
	enum ringmap_mode mode;
	struct ringmap_page page;

	for (unsigned int i = 0; stage_mode(i, &mode); i++) {
		STAGE(stage);
		stage_write(stage, 100);
		struct ringmap_ring *ring = stage_open(stage, mode);
		rm_assert_ok(ringmap_ring_wait(ring, 10000));
		rm_assert_ok(ringmap_ring_borrow_page(ring, &page));
		rm_assert_ok(ringmap_ring_return_page(ring, &page));
		while (ringmap_ring_borrow_page(ring, &page) == RINGMAP_OK)
			rm_assert_ok(ringmap_ring_return_page(ring, &page));
		if (mode == RINGMAP_MODE_FOLLOW || mode == RINGMAP_MODE_IMAGE)
			rm_assert_status(ringmap_ring_wait(ring, 0),
					 RINGMAP_DONE);
		ringmap_ring_unref(ring);
		stage_free(stage);
	}
}
END_TEST

START_TEST(stop_ends_the_next_wait)
{
	enum ringmap_mode mode;
	struct ringmap_page page;

	NOT_RECORDED();
	for (unsigned int i = 0; stage_mode(i, &mode); i++) {
		STAGE(stage);
		struct ringmap_ring *ring = stage_open(stage, mode);
		rm_assert_status(ringmap_ring_borrow_page(ring, &page),
				 RINGMAP_DONE);
		rm_assert_ok(ringmap_ring_stop(ring));
		rm_assert_ok(ringmap_ring_stop(ring));
		rm_assert_status(ringmap_ring_wait(ring, -1), RINGMAP_STOPPED);
		ringmap_ring_unref(ring);
		stage_free(stage);
	}
}
END_TEST

/* Everything in the child; 0: as the contract says. */
static int child(struct ringmap_ring *ring)
{
	struct ringmap_page page;
	struct ringmap_ring_stats stats;
	struct ringmap_ring_info info;

	if (ringmap_ring_borrow_page(ring, &page) != RINGMAP_E_FORKED)
		return 1;
	if (ringmap_ring_wait(ring, 0) != RINGMAP_E_FORKED)
		return 2;
	if (ringmap_ring_stats(ring, &stats, sizeof(stats)) != RINGMAP_E_FORKED)
		return 3;
	if (ringmap_ring_info(ring, &info, sizeof(info)) != RINGMAP_E_FORKED)
		return 4;
	if (ringmap_ring_stop(ring) != RINGMAP_E_FORKED)
		return 5;
	ringmap_ring_unref(ring);
	return 0;
}

START_TEST(a_child_is_told_that_it_is_one)
{
	enum ringmap_mode mode;
	struct ringmap_page page;
	int status;

	RM_NEEDS_WIPE_ON_FORK();
	for (unsigned int i = 0; stage_mode(i, &mode); i++) {
		STAGE(stage);
		stage_write(stage, 100);
		struct ringmap_ring *ring = stage_open(stage, mode);
		pid_t pid = fork();
		ck_assert_int_ge(pid, 0);
		if (!pid)
			_exit(child(ring));
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert_int_eq(status, 0);
		/* The parent's ring is what it was. */
		rm_assert_ok(ringmap_ring_borrow_page(ring, &page));
		rm_assert_ok(ringmap_ring_return_page(ring, &page));
		ringmap_ring_unref(ring);
		stage_free(stage);
	}
}
END_TEST

START_TEST(memory_stays_while_a_reference_lives)
{
	enum ringmap_mode mode;
	struct ringmap_page page;
	struct ringmap_event event;

	for (unsigned int i = 0; stage_mode(i, &mode); i++) {
		STAGE(stage);
		stage_write(stage, 100);
		struct ringmap_ring *ring = stage_open(stage, mode);
		ck_assert_ptr_eq(ringmap_ring_ref(ring), ring);
		rm_assert_ok(ringmap_ring_borrow_page(ring, &page));
		ringmap_ring_unref(ring);
		rm_assert_ok(ringmap_page_next(&page, &event));
		rm_assert_ok(ringmap_ring_return_page(ring, &page));
		ringmap_ring_unref(ring);
		stage_free(stage);
	}
}
END_TEST

size_t cases_ring(const TTest **ret)
{
	const TTest *const cases[] = {
		one_page_at_a_time,
		a_ring_says_what_it_is,
		waiting_ends_when_there_is_something,
		stop_ends_the_next_wait,
		a_child_is_told_that_it_is_one,
		memory_stays_while_a_reference_lives,
	};

	memcpy(ret, cases, sizeof(cases));
	return sizeof(cases) / sizeof(*cases);
}
