/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * arrow_format.c - Arrow's format strings for the types of columns
 */
#include "table/arrow_format.h"

#include <inttypes.h>
#include <stdio.h>

static void letter(char c, char ret[RM_ARROW_FORMAT_MAX])
{
	ret[0] = c;
	ret[1] = 0;
}

void rm_arrow_format(const struct rm_column *c, uint32_t ts_unit,
		     char ret[RM_ARROW_FORMAT_MAX])
{
	uint32_t count = c->inner ? c->count / c->inner : c->count;

	switch (c->what) {
	case RM_COLUMN_TS:
		snprintf(ret, RM_ARROW_FORMAT_MAX, "%s",
			 ts_unit == RINGMAP_TS_NS ? "tsn:" : "L");
		return;
	case RM_COLUMN_LOST:
		letter('L', ret);
		return;
	case RM_COLUMN_CPU:
		letter('I', ret);
		return;
	case RM_COLUMN_EVENT:
	case RM_COLUMN_NAMED:
	case RM_COLUMN_TASK:
		letter('i', ret); /* the codes */
		return;
	case RM_COLUMN_NUMBER:
		letter(c->elem_format, ret);
		return;
	case RM_COLUMN_BOOL:
		letter('b', ret);
		return;
	case RM_COLUMN_ARRAY:
		snprintf(ret, RM_ARROW_FORMAT_MAX, "+w:%" PRIu32, count);
		return;
	case RM_COLUMN_BYTES:
		snprintf(ret, RM_ARROW_FORMAT_MAX, "w:%" PRIu32, c->place.size);
		return;
	case RM_COLUMN_TEXT:
		letter('u', ret);
		return;
	case RM_COLUMN_LIST:
	case RM_COLUMN_BITS:
		snprintf(ret, RM_ARROW_FORMAT_MAX, "+l");
		return;
	case RM_COLUMN_BLOB:
		letter('z', ret);
		return;
	}
}

uint32_t rm_arrow_levels(const struct rm_column *c)
{
	if (c->what == RM_COLUMN_LIST || c->what == RM_COLUMN_BITS)
		return 1;
	if (c->what != RM_COLUMN_ARRAY)
		return 0;
	return c->inner ? 2 : 1;
}

void rm_arrow_inner_format(const struct rm_column *c, uint32_t level,
			   char ret[RM_ARROW_FORMAT_MAX])
{
	if (level < rm_arrow_levels(c))
		snprintf(ret, RM_ARROW_FORMAT_MAX, "+w:%" PRIu32, c->inner);
	else
		letter(c->what == RM_COLUMN_BITS ? 'I' : c->elem_format, ret);
}
