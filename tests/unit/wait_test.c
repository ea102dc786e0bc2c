/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * wait_test.c - sleeping until there is something, or until told to stop
 *
 * Nothing here depends on how fast the machine is: what is awaited comes, or
 * the case never ends.
 */
#define _GNU_SOURCE
#include "tests/support/rm_check.h"
#include "tests/unit/map_file.h"
#include "tests/unit/recording.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static struct ringmap_error err;

struct fixture {
	struct rm_map_file file;
	struct rm_still still;
	struct ringmap_ring *ring;
	struct ringmap_trace *trace;
};

/* A drained ring in this mode, and a trace of it. */
static void set_up(struct fixture *f, enum ringmap_mode mode)
{
	const struct ringmap_ring_opts opts = {.sz = sizeof(opts),
					       .mode = (uint32_t)mode};
	struct ringmap_page page;

	memset(f, 0, sizeof(*f));
	rm_map_file_make(&f->file, RM_SCRIPTS("TS 1", "TS 10; EVENT 'a'",
					      "TS 5", "TS 6"));
	rm_assert_ok_err(
		rm_still_open(&f->still, &f->file, &opts, &f->ring, &err),
		&err);
	while (ringmap_ring_borrow_page(f->ring, &page) == RINGMAP_OK)
		rm_assert_ok(ringmap_ring_return_page(f->ring, &page));
	rm_assert_ok(ringmap_trace_open_rings(&f->ring, 1, &f->trace, &err));
}

static void tear_down(struct fixture *f)
{
	ringmap_trace_unref(f->trace);
	ringmap_ring_unref(f->ring);
	rm_map_file_free(&f->file);
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

START_TEST(looking_does_not_sleep)
{
	struct fixture f;

	set_up(&f, RINGMAP_MODE_FOLLOW);
	rm_assert_status(ringmap_ring_wait(f.ring, 0), RINGMAP_DONE);
	rm_assert_status(ringmap_trace_wait(f.trace, 0), RINGMAP_DONE);
	tear_down(&f);
}
END_TEST

START_TEST(time_that_is_over_is_done)
{
	struct fixture f;

	set_up(&f, RINGMAP_MODE_FOLLOW);
	int64_t before = now_ms();
	rm_assert_status(ringmap_ring_wait(f.ring, 30), RINGMAP_DONE);
	/* A clock's millisecond may have begun when we looked. */
	ck_assert_int_ge(now_ms() - before, 29);
	before = now_ms();
	rm_assert_status(ringmap_trace_wait(f.trace, 30), RINGMAP_DONE);
	ck_assert_int_ge(now_ms() - before, 29);
	tear_down(&f);
}
END_TEST

START_TEST(waiting_finds_what_was_committed)
{
	struct ringmap_page page;
	struct fixture f;

	set_up(&f, RINGMAP_MODE_FOLLOW);
	rm_map_file_write(&f.file, 2, "TS 20; EVENT 'b'");
	rm_assert_ok(ringmap_ring_wait(f.ring, -1));
	rm_assert_ok(ringmap_ring_borrow_page(f.ring, &page));
	rm_assert_ok(ringmap_ring_return_page(f.ring, &page));
	/* More in the same sub-buffer. */
	rm_map_file_write(&f.file, 2, "TS 20; EVENT 'b'; EVENT +1 'c'");
	rm_assert_ok(ringmap_ring_wait(f.ring, -1));
	rm_assert_ok(ringmap_ring_borrow_page(f.ring, &page));
	ck_assert_uint_eq(page.size, 8);
	ck_assert_uint_eq(page.flags & RINGMAP_PAGE_FIRST, 0);
	rm_assert_ok(ringmap_ring_return_page(f.ring, &page));
	rm_assert_status(ringmap_ring_wait(f.ring, 1), RINGMAP_DONE);
	tear_down(&f);
}
END_TEST

static void *write_later(void *ctx)
{
	struct rm_map_file *file = ctx;
	const struct timespec moment = {.tv_nsec = 20 * 1000 * 1000};

	nanosleep(&moment, NULL);
	rm_map_file_write(file, 2, "TS 20; EVENT 'b'");
	return NULL;
}

START_TEST(waiting_ends_when_something_comes)
{
	struct ringmap_event event;
	struct fixture f;
	pthread_t thread;

	set_up(&f, RINGMAP_MODE_FOLLOW);
	ck_assert(!pthread_create(&thread, NULL, write_later, &f.file));
	rm_assert_ok(ringmap_trace_wait(f.trace, -1));
	ck_assert(!pthread_join(thread, NULL));
	rm_assert_ok(ringmap_trace_next(f.trace, &event));
	ck_assert_uint_eq(event.ts, 20);
	tear_down(&f);
}
END_TEST

START_TEST(stop_ends_the_next_wait_and_only_that)
{
	static const enum ringmap_mode modes[] = {
		RINGMAP_MODE_FOLLOW, RINGMAP_MODE_CONSUME, RINGMAP_MODE_READ};

	for (int i = 0; i < 3; i++) {
		struct fixture f;

		set_up(&f, modes[i]);
		/* Several are one. */
		rm_assert_ok(ringmap_ring_stop(f.ring));
		rm_assert_ok(ringmap_ring_stop(f.ring));
		rm_assert_status(ringmap_ring_wait(f.ring, -1),
				 RINGMAP_STOPPED);
		rm_assert_ok(ringmap_trace_stop(f.trace));
		rm_assert_ok(ringmap_trace_stop(f.trace));
		rm_assert_status(ringmap_trace_wait(f.trace, -1),
				 RINGMAP_STOPPED);
		if (modes[i] == RINGMAP_MODE_FOLLOW) {
			rm_assert_status(ringmap_ring_wait(f.ring, 1),
					 RINGMAP_DONE);
			rm_assert_status(ringmap_trace_wait(f.trace, 1),
					 RINGMAP_DONE);
		}
		tear_down(&f);
	}
}
END_TEST

START_TEST(stop_is_seen_although_there_is_something_to_read)
{
	static const enum ringmap_mode modes[] = {
		RINGMAP_MODE_FOLLOW, RINGMAP_MODE_CONSUME, RINGMAP_MODE_READ};

	for (int i = 0; i < 3; i++) {
		struct ringmap_event event;
		struct ringmap_page page;
		struct fixture f;

		set_up(&f, modes[i]);
		rm_map_file_write(&f.file, 2, "TS 20; EVENT 'b'");
		rm_assert_status(ringmap_ring_borrow_page(f.ring, &page),
				 modes[i] == RINGMAP_MODE_FOLLOW
					 ? RINGMAP_OK
					 : RINGMAP_DONE);
		if (modes[i] == RINGMAP_MODE_FOLLOW)
			rm_assert_ok(ringmap_ring_return_page(f.ring, &page));
		rm_map_file_write(&f.file, 2, "TS 20; EVENT 'b'; EVENT +1 'c'");
		rm_assert_ok(ringmap_ring_stop(f.ring));
		rm_assert_status(ringmap_ring_wait(f.ring, -1),
				 RINGMAP_STOPPED);
		rm_assert_ok(ringmap_trace_stop(f.trace));
		rm_assert_status(ringmap_trace_next(f.trace, &event),
				 RINGMAP_DONE);
		rm_assert_status(ringmap_trace_wait(f.trace, -1),
				 RINGMAP_STOPPED);
		if (modes[i] == RINGMAP_MODE_FOLLOW) {
			rm_assert_ok(ringmap_ring_wait(f.ring, -1));
			rm_assert_ok(ringmap_trace_wait(f.trace, -1));
			rm_assert_ok(ringmap_trace_next(f.trace, &event));
			ck_assert_uint_eq(event.ts, 21);
		}
		tear_down(&f);
	}
}
END_TEST

static void *stop_ring_later(void *ring)
{
	const struct timespec moment = {.tv_nsec = 20 * 1000 * 1000};

	nanosleep(&moment, NULL);
	return ringmap_ring_stop(ring) == RINGMAP_OK ? ring : NULL;
}

static void *stop_trace_later(void *trace)
{
	const struct timespec moment = {.tv_nsec = 20 * 1000 * 1000};

	nanosleep(&moment, NULL);
	return ringmap_trace_stop(trace) == RINGMAP_OK ? trace : NULL;
}

START_TEST(stop_may_come_from_another_thread)
{
	struct fixture f;
	pthread_t thread;
	void *stopped;

	set_up(&f, RINGMAP_MODE_FOLLOW);
	ck_assert(!pthread_create(&thread, NULL, stop_ring_later, f.ring));
	rm_assert_status(ringmap_ring_wait(f.ring, -1), RINGMAP_STOPPED);
	ck_assert(!pthread_join(thread, &stopped));
	ck_assert_ptr_eq(stopped, f.ring);
	ck_assert(!pthread_create(&thread, NULL, stop_trace_later, f.trace));
	rm_assert_status(ringmap_trace_wait(f.trace, -1), RINGMAP_STOPPED);
	ck_assert(!pthread_join(thread, &stopped));
	ck_assert_ptr_eq(stopped, f.trace);
	tear_down(&f);
}
END_TEST

static struct ringmap_ring *stopped_by_signal;

static void on_alarm(int sig)
{
	(void)sig;
	if (stopped_by_signal)
		ringmap_ring_stop(stopped_by_signal);
}

/* A signal each 5 ms: one that comes before the sleep is not the last. */
static void set_alarm(long usec)
{
	const struct itimerval each = {{0, usec}, {0, usec}};
	const struct sigaction action = {.sa_handler = on_alarm};

	ck_assert(!sigaction(SIGALRM, &action, NULL));
	ck_assert(!setitimer(ITIMER_REAL, &each, NULL));
}

START_TEST(signal_ends_a_wait_with_eintr)
{
	struct fixture f;

	set_up(&f, RINGMAP_MODE_FOLLOW);
	stopped_by_signal = NULL;
	set_alarm(5000);
	rm_assert_status(ringmap_ring_wait(f.ring, -1), RINGMAP_E_OS);
	set_alarm(0);
	ringmap_ring_error(f.ring, &err);
	ck_assert_int_eq(err.status, RINGMAP_E_OS);
	ck_assert_int_eq(err.os_errno, EINTR);
	rm_assert_status(ringmap_ring_wait(f.ring, 0), RINGMAP_DONE);
	tear_down(&f);
}
END_TEST

START_TEST(stop_may_come_from_a_signal_handler)
{
	enum ringmap_status s;
	struct fixture f;

	set_up(&f, RINGMAP_MODE_FOLLOW);
	stopped_by_signal = f.ring;
	set_alarm(5000);
	do {
		s = ringmap_ring_wait(f.ring, -1);
		ringmap_ring_error(f.ring, &err);
	} while (s == RINGMAP_E_OS && err.os_errno == EINTR);
	set_alarm(0);
	rm_assert_status(s, RINGMAP_STOPPED);
	tear_down(&f);
}
END_TEST

START_TEST(follow_counts_its_sleeps)
{
	struct ringmap_ring_stats stats;
	struct fixture f;

	set_up(&f, RINGMAP_MODE_FOLLOW);
	rm_assert_status(ringmap_ring_wait(f.ring, 5), RINGMAP_DONE);
	rm_assert_ok(ringmap_ring_stats(f.ring, &stats, sizeof(stats)));
	ck_assert_uint_ge(stats.sleeps, 1);
	/* Without asking the kernel. */
	ck_assert_uint_eq(stats.syscalls, 0);
	tear_down(&f);
}
END_TEST

RM_MAIN(looking_does_not_sleep, time_that_is_over_is_done,
	waiting_finds_what_was_committed, waiting_ends_when_something_comes,
	stop_ends_the_next_wait_and_only_that,
	stop_is_seen_although_there_is_something_to_read,
	stop_may_come_from_another_thread, signal_ends_a_wait_with_eintr,
	stop_may_come_from_a_signal_handler, follow_counts_its_sleeps)
