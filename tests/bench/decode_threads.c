/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * decode_threads.c - a work of several threads, and its time
 */
#include "tests/bench/decode.h"

#include <err.h>
#include <pthread.h>

double decode_in_threads(void *(*run)(void *), void *const *args,
			 unsigned int threads)
{
	pthread_t thread[DECODE_THREADS];

	double began = decode_now();
	for (unsigned int i = 1; i < threads; i++)
		if (pthread_create(&thread[i], NULL, run, args[i]))
			err(1, "no thread");
	run(args[0]);
	for (unsigned int i = 1; i < threads; i++)
		pthread_join(thread[i], NULL);
	return decode_now() - began;
}
