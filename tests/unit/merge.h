/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * merge.h - recordings of several CPUs, open as a trace
 */
#ifndef RM_TEST_MERGE_H
#define RM_TEST_MERGE_H

#include "tests/unit/recording.h"

#include <ringmap/ringmap.h>

enum {
	RM_MERGE_MAX = 8
};

/* Begins with no recordings: {.count = 0}. */
struct rm_merge {
	struct rm_recording recordings[RM_MERGE_MAX];
	size_t count;
	struct ringmap_trace *trace;
};

/* Adds the recording of one more CPU; then opens the trace of all. */
void rm_merge_record(struct rm_merge *f, const char *const *scripts);
void rm_merge_open(struct rm_merge *f);
void rm_merge_close(struct rm_merge *f);

struct ringmap_event rm_merge_next(struct rm_merge *f);

/* The next events are those with these payloads, one letter each. */
void rm_merge_assert_letters(struct rm_merge *f, const char *letters);

/* There are no more. */
void rm_merge_assert_done(struct rm_merge *f);

struct ringmap_trace_stats rm_merge_stats(const struct rm_merge *f);

#endif
