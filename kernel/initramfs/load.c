// SPDX-License-Identifier: GPL-2.0-only
/*
 * One task, or a small group of tasks, of the recorded workload.
 *
 *	load ROLE COUNT PAUSE_US
 *
 * Each role does a fixed amount of work instead of running for a fixed time,
 * so that the number of events hardly depends on how fast the emulator is.
 */
#define _GNU_SOURCE
#include <linux/membarrier.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct role {
	const char *name;
	int (*run)(long count, long pause_us);
};

/* What the two crunchers share: the lock they contend for, and their orders. */
struct crunch {
	pthread_mutex_t lock;
	long count;
	long pause_us;
};

/* The scheduler's events show this name, so every task gets its own. */
static void name_task(const char *name)
{
	prctl(PR_SET_NAME, name);
}

/* 0 when the task may run on this CPU alone from now on. */
static int pin_to(size_t cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set);
}

static void pause_for(long us)
{
	struct timespec t = {
		.tv_sec = us / 1000000,
		.tv_nsec = us % 1000000 * 1000,
	};

	if (us > 0)
		clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL);
}

/* Pass one byte on; 0 when the other side has gone. */
static int relay(int from, int to)
{
	char byte;

	return read(from, &byte, 1) == 1 && write(to, &byte, 1) == 1;
}

static int reap(pid_t child)
{
	int status;

	if (waitpid(child, &status, 0) != child)
		return 1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/*
 * Two tasks that wake each other through a pair of pipes: one on each of the
 * guest's CPUs, so that no ring stays empty, however the rest is spread.
 */
static int run_pingpong(long count, long pause_us)
{
	int there[2], back[2];
	pid_t child;

	if (pipe(there) || pipe(back))
		return 1;
	child = fork();
	if (child < 0)
		return 1;
	if (!child) {
		name_task("pong");
		if (pin_to(1))
			_exit(1);
		close(there[1]);
		close(back[0]);
		while (relay(there[0], back[1]))
			;
		_exit(0);
	}
	name_task("ping");
	if (pin_to(0))
		return 1;
	close(there[0]);
	close(back[1]);
	if (write(there[1], "!", 1) != 1)
		return 1;
	for (long i = 1; i < count; i++) {
		/* Volleys with rests between them, not one long burst. */
		if (i % 16 == 0)
			pause_for(pause_us);
		if (!relay(back[0], there[1]))
			return 1;
	}
	close(there[1]);
	return reap(child);
}

/* A task that a timer wakes. */
static int run_sleeper(long count, long pause_us)
{
	char name[16];

	snprintf(name, sizeof(name), "every-%ldus", pause_us);
	name_task(name);
	for (long i = 0; i < count; i++)
		pause_for(pause_us);
	return 0;
}

/* Short-lived children: fork, exec, exit. */
static int run_spawner(long count, long pause_us)
{
	name_task("spawner");
	for (long i = 0; i < count; i++) {
		pid_t child = fork();

		if (child < 0)
			return 1;
		if (!child) {
			execl("/bin/true", "true", (char *)NULL);
			_exit(127);
		}
		if (reap(child))
			return 1;
		pause_for(pause_us);
	}
	return 0;
}

/* Lines to a serial port, whose interrupts are the only device's here. */
static int run_logger(long count, long pause_us)
{
	static const char line[] = "logger: one more line of this log\n";

	name_task("logger");
	for (long i = 0; i < count; i++) {
		if (write(STDOUT_FILENO, line, strlen(line)) < 0)
			return 1;
		pause_for(pause_us);
	}
	return 0;
}

/* Some work under the lock, so that the other thread must wait for it. */
static void crunch_loop(struct crunch *c)
{
	volatile unsigned long sum = 0;

	for (long i = 0; i < c->count; i++) {
		pthread_mutex_lock(&c->lock);
		for (unsigned long n = 0; n < 100000; n++)
			sum += n * n;
		pthread_mutex_unlock(&c->lock);
		pause_for(c->pause_us);
	}
}

static void *crunch_thread(void *arg)
{
	name_task("crunch-b");
	crunch_loop(arg);
	return NULL;
}

/* Two threads of one process that contend for a lock. */
static int run_cruncher(long count, long pause_us)
{
	struct crunch c = {
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.count = count,
		.pause_us = pause_us,
	};
	pthread_t other;

	name_task("crunch-a");
	if (pthread_create(&other, NULL, crunch_thread, &c))
		return 1;
	crunch_loop(&c);
	return pthread_join(other, NULL) ? 1 : 0;
}

/* A CPU that is kept busy until @over. */
struct spin {
	size_t cpu;
	atomic_bool over;
	pthread_t thread;
};

static void *spin_thread(void *arg)
{
	struct spin *spin = arg;

	name_task("spinner");
	if (pin_to(spin->cpu))
		return spin;
	while (!atomic_load(&spin->over))
		;
	return NULL;
}

static int membarrier(int command)
{
	return (int)syscall(SYS_membarrier, command, 0, 0);
}

/*
 * Barriers that a thread asks for while others run on all other CPUs, which
 * are told by an interrupt: by one call if they are several.
 */
static int run_fencer(long count, long pause_us)
{
	struct spin spins[3] = {{.cpu = 1}, {.cpu = 2}, {.cpu = 3}};
	const long others = sysconf(_SC_NPROCESSORS_ONLN) - 1;
	int bad = 0;

	name_task("fencer");
	if (others > 3 || pin_to(0) ||
	    membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED))
		return 1;
	for (long i = 0; i < others; i++) {
		if (pthread_create(&spins[i].thread, NULL, spin_thread,
				   &spins[i]))
			return 1;
	}
	for (long i = 0; i < count && !bad; i++) {
		pause_for(pause_us);
		bad = membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
	}
	for (long i = 0; i < others; i++) {
		void *failed = NULL;

		atomic_store(&spins[i].over, true);
		bad |= pthread_join(spins[i].thread, &failed) || failed;
	}
	return bad;
}

static const struct role roles[] = {
	{"pingpong", run_pingpong}, {"sleeper", run_sleeper},
	{"spawner", run_spawner},   {"logger", run_logger},
	{"cruncher", run_cruncher}, {"fencer", run_fencer},
};

int main(int argc, char **argv)
{
	if (argc == 4) {
		for (size_t i = 0; i < sizeof(roles) / sizeof(*roles); i++) {
			if (strcmp(argv[1], roles[i].name))
				continue;
			return roles[i].run(atol(argv[2]), atol(argv[3]));
		}
	}
	fprintf(stderr, "usage: load ROLE COUNT PAUSE_US\n");
	return 2;
}
