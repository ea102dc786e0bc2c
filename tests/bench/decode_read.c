/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * decode_read.c - how fast the memory can be looked at, and no more
 *
 * One word of each cache line, so that the memory is all there is to wait for.
 * About what a loop that decodes can come to: one that asks for memory ahead,
 * as this does not, has been 4 % faster in two threads.
 */
#include "tests/bench/decode.h"

enum {
	LINE = 64,
};

/* One thread's. */
struct look {
	const struct capture *capture;
	uint32_t *next_cpu; /* that no thread has; atomic, shared by all */
	uint64_t sum;
};

static void *look(void *arg)
{
	struct look *l = arg;
	const struct capture *c = l->capture;
	uint64_t sum = 0;
	uint32_t cpu;

	while ((cpu = __atomic_fetch_add(l->next_cpu, 1, __ATOMIC_RELAXED)) <
	       CAPTURE_CPUS * c->times)
		for (size_t i = 0; i < c->size; i += LINE)
			sum += *(const volatile uint64_t
					 *)(c->cpus[cpu % CAPTURE_CPUS] + i);
	l->sum = sum;
	return NULL;
}

struct outcome decode_read(const struct work *work, unsigned int threads)
{
	struct look looks[DECODE_THREADS];
	void *args[DECODE_THREADS] = {NULL};
	uint32_t next_cpu = 0;

	for (unsigned int i = 0; i < threads; i++) {
		looks[i] = (struct look){work->capture, &next_cpu, 0};
		args[i] = &looks[i];
	}
	return (struct outcome){
		.seconds = decode_in_threads(look, args, threads),
		.events = work->capture->events * work->capture->times};
}
