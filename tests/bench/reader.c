/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * reader.c - what the readers share
 */
#include "tests/bench/reader.h"

#include <time.h>
#include <unistd.h>

const char *reader_never_missing(void)
{
	return NULL;
}

uint64_t reader_subbuf_events(void)
{
	const uint64_t header = 16, event = 4 + sizeof(struct rm_load_event);

	return ((uint64_t)sysconf(_SC_PAGESIZE) - header) / event;
}

struct reader_chase reader_chase_begin(void)
{
	return (struct reader_chase){.small = reader_subbuf_events() / 2};
}

void reader_sleep_us(uint64_t us)
{
	struct timespec moment = {.tv_sec = (time_t)(us / 1000000),
				  .tv_nsec = (long)(us % 1000000 * 1000)};

	clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, NULL);
}
