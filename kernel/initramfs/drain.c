// SPDX-License-Identifier: GPL-2.0-only
/*
 * Read the rings of every CPU, one sub-buffer a read(2), and append the
 * sub-buffers as they came to one file a CPU.
 *
 *	drain PER_CPU_DIR OUT_DIR [ROUNDS BURST PAUSE_MS]
 *
 * With three arguments more it reads at most BURST sub-buffers of each CPU,
 * rests, and does so ROUNDS times: a reader too slow for its writer. Without
 * them it reads until every ring is empty.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* The guest's rings have sub-buffers of one page: the init script checks. */
enum {
	SUBBUF_SIZE = 4096,
	MAX_CPUS = 64
};

struct ring {
	int from;
	int to;
};

static int open_cpu(const char *dir, int cpu, int flags)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/cpu%d/trace_pipe_raw", dir, cpu);
	return open(path, flags | O_CLOEXEC, 0644);
}

/* 1: a sub-buffer was moved, 0: the ring is empty, -1: failed. */
static int move_subbuf(const struct ring *r)
{
	char subbuf[SUBBUF_SIZE];
	ssize_t n = read(r->from, subbuf, sizeof(subbuf));

	if (n < 0)
		return errno == EAGAIN ? 0 : -1;
	/* Anything but whole sub-buffers would make the file undecodable. */
	if (n != SUBBUF_SIZE || write(r->to, subbuf, sizeof(subbuf)) != n)
		return -1;
	return 1;
}

static int move_burst(const struct ring *r, long burst)
{
	for (long i = 0; i < burst; i++) {
		int moved = move_subbuf(r);

		if (moved <= 0)
			return moved;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct ring rings[MAX_CPUS];
	int cpus = 0;

	if (argc != 3 && argc != 6) {
		fprintf(stderr, "usage: drain PER_CPU_DIR OUT_DIR "
				"[ROUNDS BURST PAUSE_MS]\n");
		return 2;
	}
	for (; cpus < MAX_CPUS; cpus++) {
		struct ring *r = &rings[cpus];

		r->from = open_cpu(argv[1], cpus, O_RDONLY | O_NONBLOCK);
		if (r->from < 0 && errno == ENOENT)
			break;
		r->to = open_cpu(argv[2], cpus, O_WRONLY | O_CREAT | O_APPEND);
		if (r->from < 0 || r->to < 0) {
			perror("drain: open");
			return 1;
		}
	}
	long rounds = argc == 6 ? atol(argv[3]) : 1;
	long burst = argc == 6 ? atol(argv[4]) : LONG_MAX;
	long pause_ms = argc == 6 ? atol(argv[5]) : 0;
	struct timespec rest = {
		.tv_sec = pause_ms / 1000,
		.tv_nsec = pause_ms % 1000 * 1000000,
	};

	for (long round = 0; round < rounds; round++) {
		for (int cpu = 0; cpu < cpus; cpu++) {
			if (move_burst(&rings[cpu], burst)) {
				perror("drain: read or write");
				return 1;
			}
		}
		nanosleep(&rest, NULL);
	}
	return cpus ? 0 : 1;
}
