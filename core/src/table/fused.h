/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * fused.h - walks and gathers in one loop, for the most common tables
 */
#ifndef RM_FUSED_H
#define RM_FUSED_H

#include <ringmap/ringmap.h>

#include <stdbool.h>
#include <stddef.h>

enum {
	RM_FUSED_MAX = 4 /* columns of a fused loop */
};

/* The number at offset in each record is stored in out, from begin on. */
struct rm_fused_column {
	uint32_t offset;
	void *out;
};

/*
 * The loop stores the records of one event. wide are columns of 8 bytes, narrow
 * of 4; together there are at most RM_FUSED_MAX. ts, too, is filled from begin
 * on. record and size are filled from 0 on; both may be NULL.
 */
struct rm_fused {
	struct rm_fused_column wide[RM_FUSED_MAX];
	struct rm_fused_column narrow[RM_FUSED_MAX];
	uint32_t nr_wide;
	uint32_t nr_narrow;
	uint64_t *ts;
	const uint8_t **record;
	uint32_t *size;
	uint32_t min_size; /* bytes that the table's columns need */
	uint16_t id;
	size_t begin;
	size_t count; /* out: records found */
};

/*
 * Walks the rest of a page that a little-endian machine reads without swapping.
 * Returns false if a record is shorter than min_size: then the cursor has not
 * moved, and the page must be walked another way. @status is as in
 * rm_record_lists_walk().
 */
bool rm_fused_walk(struct rm_fused *f, struct ringmap_page *page,
		   enum ringmap_status *status);

#endif
