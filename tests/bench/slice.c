/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * slice.c - writers at full speed for a short while, and a reader or none
 */
#include "tests/bench/slice.h"

#include <err.h>
#include <pthread.h>
#include <semaphore.h>
#include <time.h>

#include "tests/bench/syscalls.h"

struct reading {
	const struct rm_rig *rig;
	const struct slice_opts *opts;
	sem_t ready;
	atomic_bool finish;
	uint64_t last_ns; /* when the last drain ended */
	struct slice *slice;
};

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/*
 * Whatever the writers do after the last drain is not read: so the work that
 * is timed is all done beside running writers.
 */
static void read_until_finished(struct reading *reading, void *reader)
{
	const struct reader_kind *kind = reading->opts->kind;
	struct tally tally = {0};

	while (!atomic_load(&reading->finish)) {
		kind->wait(reader);
		kind->drain(reader, &reading->finish, &tally);
		reading->last_ns = clock_ns(CLOCK_MONOTONIC);
	}
	reading->slice->events = tally.events;
}

static void *read_slice(void *argument)
{
	struct reading *reading = argument;
	const struct slice_opts *opts = reading->opts;
	struct slice *slice = reading->slice;
	void *reader = opts->kind->open(reading->rig, opts->interval_us);
	uint64_t start_ns = 0;
	int counter = -1;

	if (opts->count_syscalls) {
		/* The call that says ready may be one: it is made before. */
		sem_post(&reading->ready);
		counter = syscalls_count();
		if (counter < 0)
			err(1, "cannot count system calls");
	} else {
		start_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
		sem_post(&reading->ready);
	}
	read_until_finished(reading, reader);
	if (opts->count_syscalls)
		slice->syscalls = syscalls_counted(counter);
	else
		slice->cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) - start_ns;
	slice->account = opts->kind->account(reader);
	opts->kind->close(reader);
	return NULL;
}

static void write_slice(struct rm_rig *rig, double seconds, struct slice *ret)
{
	struct timespec moment = {.tv_sec = (time_t)seconds};
	struct rm_load_run run;

	moment.tv_nsec = (long)((seconds - (double)moment.tv_sec) * 1e9);
	rm_rig_go(rig, RM_LOAD_FOREVER);
	nanosleep(&moment, NULL);
	rm_rig_halt(rig);
	run = rm_rig_wait(rig);
	ret->written = run.written;
	ret->writer_ns = run.ns;
}

void slice_run(struct rm_rig *rig, const struct slice_opts *opts,
	       struct slice *ret)
{
	struct reading reading = {.rig = rig, .opts = opts, .slice = ret};
	pthread_t thread;
	uint64_t start_ns;

	*ret = (struct slice){0};
	rm_rig_reset(rig);
	if (!opts->kind) {
		write_slice(rig, opts->seconds, ret);
		return;
	}
	sem_init(&reading.ready, 0, 0);
	if (pthread_create(&thread, NULL, read_slice, &reading))
		errx(1, "cannot start a thread");
	sem_wait(&reading.ready);
	start_ns = clock_ns(CLOCK_MONOTONIC);
	write_slice(rig, opts->seconds, ret);
	atomic_store(&reading.finish, true);
	pthread_join(thread, NULL);
	sem_destroy(&reading.ready);
	ret->wall_ns = reading.last_ns - start_ns;
}

double slice_writer_rate(const struct slice *slice)
{
	return (double)slice->written * 1e9 / (double)slice->writer_ns;
}
