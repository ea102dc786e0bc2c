/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * load.c - a process that writes numbered events
 */
#define _GNU_SOURCE
#include "tests/support/load.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/numbered.h"

#define NS_PER_S UINT64_C(1000000000)

/* Shorter sleeps would be mostly the timer's own slack. */
#define PACE_NS UINT64_C(200000)

/* One page that parent and child see. */
struct shared {
	atomic_bool halt; /* set by the parent, cleared by it before a run */
	atomic_uint_fast64_t written; /* the child's; read by the parent */
};

/* Pipes, because kernels without CONFIG_NET have no sockets. */
struct rm_load {
	pid_t pid;
	int orders[2];  /* uint64_t; the parent keeps both ends: no SIGPIPE */
	int answers[2]; /* a byte when it is ready, then struct rm_load_run */
	struct shared *shared;
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static void sleep_until(uint64_t ns)
{
	struct timespec when = {.tv_sec = (time_t)(ns / NS_PER_S),
				.tv_nsec = (long)(ns % NS_PER_S)};

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL);
}

/* The child's own view of itself. */
struct writer {
	const struct rm_load_opts *opts;
	struct shared *shared;
	int marker;    /* opened by the first run: the instance is younger */
	uint64_t next; /* the number of its next event */
};

static _Noreturn void give_up(const char *what, const char *file)
{
	warn("%s %s", what, file);
	_exit(1);
}

static void no_op(int signal)
{
	(void)signal;
}

/* Timer interrupts on the writer's CPU, while it writes. */
static void interrupt_every(uint32_t us)
{
	const struct itimerval every = {
		.it_interval = {.tv_usec = (suseconds_t)us},
		.it_value = {.tv_usec = (suseconds_t)us},
	};

	setitimer(ITIMER_REAL, &every, NULL);
}

/*
 * Returns false if the ring refused the event, as it does while tracing is off
 * and while it is being emptied.
 */
static bool mark(const struct writer *writer)
{
	_Alignas(8) uint8_t payload[RM_LOAD_LARGEST];
	const struct rm_load_opts *opts = writer->opts;

	rm_numbered_fill(payload,
			 (uint64_t)opts->writer << RM_LOAD_WRITER_SHIFT |
				 writer->next,
			 0, opts->size);
	if (write(writer->marker, payload + RM_NUMBERED_ENTRY,
		  opts->size - RM_NUMBERED_ENTRY) > 0)
		return true;
	if (errno != EBADF)
		give_up("cannot write to", opts->marker);
	return false;
}

static bool emit(const struct writer *writer)
{
	if (writer->opts->marker)
		return mark(writer);
	syscall(RM_LOAD_SYSCALL, writer->next, RM_LOAD_MAGIC,
		(uint64_t)writer->opts->writer, UINT64_C(0), UINT64_C(0),
		UINT64_C(0));
	return true;
}

/* Returns how many it wrote: @count, or less when it was halted. */
static uint64_t write_burst(struct writer *writer, uint64_t count)
{
	struct shared *shared = writer->shared;
	uint64_t done = 0;

	while (done < count) {
		if (atomic_load_explicit(&shared->halt, memory_order_relaxed))
			break;
		if (!emit(writer))
			continue;
		done++;
		writer->next++;
		/* Pairs with the acquire in rm_load_written(). */
		atomic_store_explicit(&shared->written, writer->next,
				      memory_order_release);
	}
	return done;
}

/* Small bursts, each as large as what is due by then. */
static uint64_t write_paced(struct writer *writer, uint64_t count)
{
	uint64_t start = now_ns();
	uint64_t done = 0;

	while (done < count) {
		uint64_t elapsed = now_ns() - start;
		uint64_t due = elapsed / 1000 * writer->opts->rate / 1000000;
		uint64_t burst = due > done ? due - done : 0;
		uint64_t wrote;

		if (burst > count - done)
			burst = count - done;
		wrote = write_burst(writer, burst);
		done += wrote;
		if (wrote < burst || atomic_load(&writer->shared->halt))
			break;
		sleep_until(start + elapsed + PACE_NS);
	}
	return done;
}

static void open_marker(struct writer *writer)
{
	const char *path = writer->opts->marker;

	if (!path || writer->marker >= 0)
		return;
	writer->marker = open(path, O_WRONLY | O_CLOEXEC);
	if (writer->marker < 0)
		give_up("cannot open", path);
}

static struct rm_load_run run(struct writer *writer, uint64_t count)
{
	uint64_t start = now_ns();
	struct rm_load_run run;

	interrupt_every(writer->opts->interrupted);
	if (writer->opts->rate)
		run.written = write_paced(writer, count);
	else
		run.written = write_burst(writer, count);
	interrupt_every(0);
	run.ns = now_ns() - start;
	return run;
}

static _Noreturn void serve(const struct rm_load_opts *opts,
			    const struct rm_load *load)
{
	struct sigaction action = {.sa_handler = no_op, .sa_flags = SA_RESTART};
	struct writer writer = {
		.opts = opts, .shared = load->shared, .marker = -1};
	uint64_t count;

	sigaction(SIGALRM, &action, NULL);
	while (read(load->orders[0], &count, sizeof(count)) == sizeof(count)) {
		struct rm_load_run done;

		open_marker(&writer);
		done = run(&writer, count);
		if (write(load->answers[1], &done, sizeof(done)) < 0)
			break;
	}
	_exit(0);
}

static _Noreturn void child(const struct rm_load_opts *opts, pid_t parent,
			    const struct rm_load *load)
{
	cpu_set_t set;
	char ready = 1;

	/* A full-speed writer must not outlive a killed test. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	CPU_ZERO(&set);
	CPU_SET(opts->cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		_exit(1);
	if (write(load->answers[1], &ready, 1) != 1)
		_exit(1);
	serve(opts, load);
}

struct rm_load *rm_load_spawn(const struct rm_load_opts *opts)
{
	struct rm_load *load = calloc(1, sizeof(*load));
	pid_t parent = getpid();
	char ready;

	if (opts->marker && (opts->size < RM_NUMBERED_MIN ||
			     opts->size > RM_LOAD_LARGEST || opts->size % 4))
		errx(1, "a payload of %u bytes is not possible", opts->size);
	if (!load)
		err(1, "no memory for the load");
	load->shared = mmap(NULL, sizeof(*load->shared), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (load->shared == MAP_FAILED)
		err(1, "no memory for the load");
	if (pipe2(load->orders, O_CLOEXEC) || pipe2(load->answers, O_CLOEXEC))
		err(1, "cannot talk to the load");
	load->pid = fork();
	if (load->pid < 0)
		err(1, "cannot fork the load");
	if (load->pid == 0)
		child(opts, parent, load);
	close(load->answers[1]);
	if (read(load->answers[0], &ready, 1) != 1)
		errx(1, "the load did not start: is CPU %u there?", opts->cpu);
	return load;
}

pid_t rm_load_pid(const struct rm_load *load)
{
	return load->pid;
}

void rm_load_go(struct rm_load *load, uint64_t count)
{
	atomic_store(&load->shared->halt, false);
	if (write(load->orders[1], &count, sizeof(count)) < 0)
		err(1, "the load is gone");
}

uint64_t rm_load_written(const struct rm_load *load)
{
	/* Pairs with the release in write_burst(). */
	return atomic_load_explicit(&load->shared->written,
				    memory_order_acquire);
}

void rm_load_halt(struct rm_load *load)
{
	atomic_store(&load->shared->halt, true);
}

struct rm_load_run rm_load_wait(struct rm_load *load)
{
	struct rm_load_run run;
	ssize_t got;

	do {
		got = read(load->answers[0], &run, sizeof(run));
	} while (got < 0 && errno == EINTR);
	if (got != (ssize_t)sizeof(run))
		errx(1, "the load is gone");
	return run;
}

void rm_load_end(struct rm_load *load)
{
	if (!load)
		return;
	kill(load->pid, SIGKILL);
	waitpid(load->pid, NULL, 0);
	close(load->orders[0]);
	close(load->orders[1]);
	close(load->answers[0]);
	munmap(load->shared, sizeof(*load->shared));
	free(load);
}
