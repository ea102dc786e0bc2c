/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * printk_formats.h - the strings of the kernel to which records point
 */
#ifndef RM_PRINTK_FORMATS_H
#define RM_PRINTK_FORMATS_H

#include "schema/sorted_text.h"

struct rm_printk {
	uint64_t address;
	const char *text; /* with C's escapes, without the quotes */
};

/* All members are zero until the strings are read. */
struct rm_printks {
	struct rm_sorted_text lines;
	const struct rm_printk *printks; /* the entries, sorted by address */
	size_t count;
};

/* Reads the strings, see rm_sorted_text_load(). */
enum ringmap_status rm_printks_load(struct rm_printks *printks,
				    const struct rm_schema_source *source);

/* NULL: no string of the kernel has that address. */
const char *rm_printks_find(const struct rm_printks *printks, uint64_t address);

void rm_printks_free(struct rm_printks *printks);

#endif
