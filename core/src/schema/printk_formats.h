/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * printk_formats.h - strings of the kernel that records tell by address
 */
#ifndef RM_PRINTK_FORMATS_H
#define RM_PRINTK_FORMATS_H

#include "schema/schema_source.h"

struct rm_printk {
	uint64_t address;
	const char *text; /* as C would write it, without quotes */
};

/* All zeros: not read yet. */
struct rm_printks {
	bool read;
	char *text;
	struct rm_printk *printks; /* by address */
	size_t count;
};

/* As rm_symbols_load(). */
enum ringmap_status rm_printks_load(struct rm_printks *printks,
				    const struct rm_schema_source *source);

void rm_printks_free(struct rm_printks *printks);

#endif
