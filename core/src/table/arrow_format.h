/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * arrow_format.h - a column's type in Arrow's words
 */
#ifndef RM_ARROW_FORMAT_H
#define RM_ARROW_FORMAT_H

#include "table/column.h"

enum {
	RM_ARROW_FORMAT_MAX = 16
};

/* Of the column itself. @ts_unit: enum ringmap_ts_unit. */
void rm_arrow_format(const struct rm_column *c, uint32_t ts_unit,
		     char ret[RM_ARROW_FORMAT_MAX]);

/* How many types are nested in it, and how many of the next one each holds;
 * 0: any number. Level 0 is the column itself. */
uint32_t rm_arrow_levels(const struct rm_column *c);

/* The type at @level > 0. */
void rm_arrow_inner_format(const struct rm_column *c, uint32_t level,
			   char ret[RM_ARROW_FORMAT_MAX]);

/* Values of @level in one row; for columns of fixed size. */
static inline uint64_t rm_arrow_per_row(const struct rm_column *c,
					uint32_t level)
{
	if (!level)
		return 1;
	return c->inner && level == 1 ? c->count / c->inner : c->count;
}

#endif
