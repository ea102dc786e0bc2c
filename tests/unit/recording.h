/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * recording.h - sub-buffers from scripts, one after the other
 */
#ifndef RM_TEST_RECORDING_H
#define RM_TEST_RECORDING_H

#include "tests/support/pagegen.h"

#include <ringmap/ringmap.h>

enum {
	RM_RECORDING_MAX = 16
};

/* A list of scripts, one for each sub-buffer, as rm_record() takes it. */
#define RM_SCRIPTS(...) ((const char *const[]){__VA_ARGS__, NULL})

struct rm_recording {
	uint8_t *bytes; /* the byte behind them cannot be read */
	size_t size;
	struct ringmap_image_opts opts;
	struct rm_generated *subbufs[RM_RECORDING_MAX];
	size_t count;
	void *mapping;
	size_t mapping_size;
};

/* @scripts: one for each sub-buffer, then NULL. */
void rm_record(struct rm_recording *ret, const struct ringmap_image_opts *shape,
	       const char *const *scripts);
void rm_recording_free(struct rm_recording *recording);

/* The recording as a ring; the caller's. */
struct ringmap_ring *rm_recording_open(const struct rm_recording *recording);

#endif
