/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * field_column.c - the type of a field's values
 */
#include "table/field_column.h"

#include <string.h>

static bool is_number(const struct ringmap_field_info *f)
{
	bool size = f->elem_size == 1 || f->elem_size == 2 ||
		    f->elem_size == 4 || f->elem_size == 8;

	return size && f->kind != RINGMAP_KIND_BYTES &&
	       f->kind != RINGMAP_KIND_STRING &&
	       f->kind != RINGMAP_KIND_BITMASK;
}

/* Returns Arrow's letter for a number; capitals are unsigned. */
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

struct rm_column rm_field_column(const struct ringmap_format *format,
				 const struct ringmap_field_info *field,
				 bool numbers)
{
	const struct rm_place place = rm_field_place(format, field);
	struct rm_column c = {
		.what = place.where == RM_WHERE_FIXED ? fixed(field, numbers)
						      : varying(field),
		.place = place,
		.elem_size = field->elem_size,
		.count = field->count,
		.inner = field->inner,
		.flags = field->kind == RINGMAP_KIND_FLAGS,
		.elem_format = number_format(field),
		.values = field->values,
		.nr_values = field->nr_values,
		.delim = field->delim ? field->delim : "|",
	};

	/* A bitmask consists of longs, whatever its declaration says. */
	if (c.what == RM_COLUMN_BITS && c.elem_size != 4)
		c.elem_size = 8;
	if (c.inner && c.count % c.inner)
		c.inner = 0;
	if (place.where == RM_WHERE_DATA_LOC || place.where == RM_WHERE_REL_LOC)
		c.repeat = field->count;
	return c;
}
