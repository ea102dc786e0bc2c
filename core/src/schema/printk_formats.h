/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * printk_formats.h - the strings of the kernel to which records point
 */
#ifndef RM_PRINTK_FORMATS_H
#define RM_PRINTK_FORMATS_H

#include "schema/sorted_text.h"

struct rm_printk {
	uint64_t address;
	const char *text; /* as C would write it, without quotes */
};

/* All zeros: not read yet. */
struct rm_printks {
	struct rm_sorted_text lines;
	const struct rm_printk *printks; /* the entries, by address */
	size_t count;
};

/* As rm_sorted_text_load(). */
enum ringmap_status rm_printks_load(struct rm_printks *printks,
				    const struct rm_schema_source *source);

/* NULL: no string of the kernel has that address. */
const char *rm_printks_find(const struct rm_printks *printks, uint64_t address);

void rm_printks_free(struct rm_printks *printks);

#endif
