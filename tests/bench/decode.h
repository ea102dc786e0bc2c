/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * decode.h - the ways to turn sub-buffers into columns that are compared
 */
#ifndef DECODE_H
#define DECODE_H

#include "tests/bench/decode_capture.h"
#include "tests/bench/report.h"

#include <ringmap/ringmap.h>

#include <stdbool.h>
#include <stdint.h>

enum {
	DECODE_ROWS = 65536, /* of a batch */
	DECODE_THREADS = 2   /* at most */
};

/* What to decode. */
struct work {
	const char *name;
	const struct capture *capture;
	const char *const *events;  /* NULL-terminated */
	const char *const *columns; /* NULL-terminated; NULL: all */
};

/* What came of it. */
struct outcome {
	uint64_t rows;
	uint64_t events; /* decoded in that time */
	double seconds;
};

/*
 * @keep: no batch is released before the clock stops, so each needs memory
 * that was never used. Otherwise the clock starts at half of the capture, when
 * every thread uses its batches again.
 */
struct outcome decode_ringmap(const struct work *work, unsigned int threads,
			      bool keep);

/* The same over a trace, whose reference it takes over. */
struct outcome decode_ringmap_trace(const struct work *work,
				    struct ringmap_trace *trace);

/* The same from the folder, through a mapped file. */
struct outcome decode_ringmap_file(const struct work *work,
				   unsigned int threads);

/* ts, common_pid, prev_pid and next_pid of sched_switch only. */
struct outcome decode_hand(const struct work *work, unsigned int threads);

/* Calls run(args[i]) in so many threads, of which the caller's is one; the
 * seconds until all are done. */
double decode_in_threads(void *(*run)(void *), void *const *args,
			 unsigned int threads);

/* No decoding: a look at each line of the memory. What the machine gives. */
struct outcome decode_read(const struct work *work, unsigned int threads);

/* kbuffer and tep_read_number_field(). */
struct outcome decode_tep(const struct work *work);

/* Peak memory of reading the folder in a process of its own, in MB. */
double decode_peak(const struct work *work, uint64_t *rows);

/* What that process does: prints rows and peak. */
int decode_peak_child(const char *folder);

/* A live ring that stands still; false, with the reason, where none is to be
 * had. */
bool decode_live(unsigned int rounds, uint64_t ring_kb, struct report *report,
		 char *why, size_t size);

double decode_now(void);

#endif
