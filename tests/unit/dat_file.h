/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * dat_file.h - a trace.dat from scripts of sub-buffers, opened as a trace
 */
#ifndef RM_TEST_DAT_FILE_H
#define RM_TEST_DAT_FILE_H

#include "tests/support/dat_writer.h"
#include "tests/unit/recording.h"

#include <ringmap/ringmap.h>

enum {
	RM_DAT_FILE_RINGS = 8
};

/*
 * Begins as {.plan = {.version = ...}}. Rings are added to the plan one after
 * the other, then it is written, perhaps changed, and opened.
 */
struct rm_dat_file {
	struct rm_dat_plan plan;
	struct rm_recording recordings[RM_DAT_FILE_RINGS];
	size_t nr_recordings;
	struct rm_dat_written *written;
	struct rm_dat_saved saved;
};

/* Adds a CPU with these sub-buffers to instance @i of the plan. */
void rm_dat_file_ring(struct rm_dat_file *f, size_t i, uint32_t cpu,
		      const char *const *scripts);

void rm_dat_file_write(struct rm_dat_file *f);

/* Saves what is written now, and the path it has. */
const char *rm_dat_file_save(struct rm_dat_file *f);

/* Saves and opens it, which must succeed. */
struct ringmap_trace *rm_dat_file_open(struct rm_dat_file *f,
				       const char *instance);

void rm_dat_file_free(struct rm_dat_file *f);

/* The next events have these letters for payload; then comes the end. */
void rm_dat_assert_letters(struct ringmap_trace *trace, const char *letters);

/*
 * Opening it says so, with the path and all of these words: NULL ends them.
 */
void rm_dat_assert_refused(struct rm_dat_file *f, enum ringmap_status status,
			   const char *const *words);

#define RM_WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* Every version, packing, byte order and size of long; false: no more. */
bool rm_dat_every_kind(size_t i, struct rm_dat_plan *ret);

#endif
