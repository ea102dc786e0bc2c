/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * arrow_format.h - Arrow's format strings for the types of columns
 */
#ifndef RM_ARROW_FORMAT_H
#define RM_ARROW_FORMAT_H

#include "table/column.h"

enum {
	RM_ARROW_FORMAT_MAX = 16
};

/* Writes the format of the column itself. @ts_unit: enum ringmap_ts_unit. */
void rm_arrow_format(const struct rm_column *c, uint32_t ts_unit,
		     char ret[RM_ARROW_FORMAT_MAX]);

/* Returns how many types are nested in the column, which itself is level 0. */
uint32_t rm_arrow_levels(const struct rm_column *c);

/* Writes the format of the type at @level > 0. */
void rm_arrow_inner_format(const struct rm_column *c, uint32_t level,
			   char ret[RM_ARROW_FORMAT_MAX]);

/* Returns the values of @level in one row of a column of fixed size. */
static inline uint64_t rm_arrow_per_row(const struct rm_column *c,
					uint32_t level)
{
	if (!level)
		return 1;
	return c->inner && level == 1 ? c->count / c->inner : c->count;
}

#endif
