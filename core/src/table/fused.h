/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * fused.h - walk and gather in one loop, for the commonest tables
 */
#ifndef RM_FUSED_H
#define RM_FUSED_H

#include <ringmap/ringmap.h>

#include <stdbool.h>
#include <stddef.h>

enum {
	RM_FUSED_MAX = 4 /* columns of a fused loop */
};

/* A number at offset of each record goes to out, from out[begin] on. */
struct rm_fused_column {
	uint32_t offset;
	void *out;
};

/*
 * The wanted event's records of a page. wide: columns of 8 bytes, narrow: of
 * 4; together at most RM_FUSED_MAX. ts, too, is filled from begin on. record
 * and size are filled from 0 on; both may be NULL.
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
 * Walks the rest of a page that a little-endian machine reads without
 * swapping. False: one of the records is shorter than min_size; the page's
 * cursor is where it was, walk it another way. @status: as rm_record_lists_walk().
 */
bool rm_fused_walk(struct rm_fused *f, struct ringmap_page *page,
		   enum ringmap_status *status);

#endif
