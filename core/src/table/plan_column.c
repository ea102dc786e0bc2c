/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * plan_column.c - what a field of a record becomes in a table
 */
#include "table/plan.h"

#include <string.h>

bool rm_own_column(const char *name, struct rm_column *ret)
{
	static const struct {
		const char *name;
		enum rm_column_what what;
	} own[] = {
		{"ts", RM_COLUMN_TS},
		{"cpu", RM_COLUMN_CPU},
		{"event", RM_COLUMN_EVENT},
		{"lost_before", RM_COLUMN_LOST},
	};

	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++) {
		if (strcmp(own[i].name, name))
			continue;
		*ret = (struct rm_column){.what = own[i].what};
		return true;
	}
	return false;
}

static bool is_number(const struct ringmap_field_info *f)
{
	bool size = f->elem_size == 1 || f->elem_size == 2 ||
		    f->elem_size == 4 || f->elem_size == 8;

	return size && f->kind != RINGMAP_KIND_BYTES &&
	       f->kind != RINGMAP_KIND_STRING &&
	       f->kind != RINGMAP_KIND_BITMASK;
}

/* Arrow's letter for a number: capitals are unsigned. */
static char number_format(const struct ringmap_field_info *f)
{
	const char *letters = f->flags & RINGMAP_FIELD_SIGNED ? "csil" : "CSIL";

	switch (f->elem_size) {
	case 1:
		return letters[0];
	case 2:
		return letters[1];
	case 4:
		return letters[2];
	default:
		return letters[3];
	}
}

static enum rm_column_place place_of(const struct ringmap_field_info *f,
				     bool last_of_ftrace)
{
	if (f->flags & RINGMAP_FIELD_DATA_LOC)
		return RM_PLACE_DATA_LOC;
	if (f->flags & RINGMAP_FIELD_REL_LOC)
		return RM_PLACE_REL_LOC;
	/* The last array of print, bprint, kernel_stack, ... is as long as the
	 * record is, whatever their format says. */
	if (f->flags & RINGMAP_FIELD_ARRAY && (last_of_ftrace || !f->size))
		return RM_PLACE_TAIL;
	return RM_PLACE_FIXED;
}

static bool is_task(const struct ringmap_field_info *f)
{
	size_t size = strlen(f->name);

	return f->size <= RM_TASK_MAX && size >= 4 &&
	       !strcmp(f->name + size - 4, "comm");
}

static enum rm_column_what varying(const struct ringmap_field_info *f)
{
	if (f->kind == RINGMAP_KIND_STRING)
		return RM_COLUMN_TEXT;
	if (f->kind == RINGMAP_KIND_BITMASK)
		return RM_COLUMN_BITS;
	return is_number(f) ? RM_COLUMN_LIST : RM_COLUMN_BLOB;
}

static enum rm_column_what fixed(const struct ringmap_field_info *f,
				 bool numbers)
{
	if (f->kind == RINGMAP_KIND_STRING)
		return is_task(f) ? RM_COLUMN_TASK : RM_COLUMN_TEXT;
	if (f->kind == RINGMAP_KIND_BITMASK)
		return RM_COLUMN_BITS;
	if (!is_number(f))
		return RM_COLUMN_BYTES;
	if (f->flags & RINGMAP_FIELD_ARRAY)
		return (uint64_t)f->elem_size * f->count == f->size
			       ? RM_COLUMN_ARRAY
			       : RM_COLUMN_BYTES;
	if (f->elem_size != f->size)
		return RM_COLUMN_BYTES;
	if (f->kind == RINGMAP_KIND_BOOL && f->size == 1)
		return RM_COLUMN_BOOL;
	if (!numbers &&
	    (f->kind == RINGMAP_KIND_SYMBOL || f->kind == RINGMAP_KIND_FLAGS))
		return RM_COLUMN_NAMED;
	return RM_COLUMN_NUMBER;
}

struct rm_column rm_field_column(const struct ringmap_field_info *field,
				 bool last_of_ftrace, bool numbers)
{
	enum rm_column_place place = place_of(field, last_of_ftrace);
	struct rm_column c = {
		.what = place == RM_PLACE_FIXED ? fixed(field, numbers)
						: varying(field),
		.place = place,
		.offset = field->offset,
		.size = field->size,
		.elem_size = field->elem_size,
		.count = field->count,
		.inner = field->inner,
		.flags = field->kind == RINGMAP_KIND_FLAGS,
		.elem_format = number_format(field),
		.values = field->values,
		.nr_values = field->nr_values,
		.delim = field->delim ? field->delim : "|",
	};

	/* A mask is of longs, whatever its declaration calls it. */
	if (c.what == RM_COLUMN_BITS && c.elem_size != 4)
		c.elem_size = 8;
	if (c.inner && c.count % c.inner)
		c.inner = 0;
	return c;
}
