/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * format.c - what a format tells
 */
#include "schema/format.h"

#include <string.h>

void rm_format_free(struct ringmap_format *format)
{
	if (!format)
		return;
	/* The format lies in its own arena. */
	struct rm_arena arena = format->arena;
	rm_arena_free(&arena);
}

struct ringmap_field_info *rm_format_find(const struct ringmap_format *format,
					  const char *name)
{
	return rm_name_table_find(&format->by_name, name);
}

static void give(const void *what, size_t size, void *ret, size_t sz)
{
	memset(ret, 0, sz);
	memcpy(ret, what, sz < size ? sz : size);
}

enum ringmap_status ringmap_format_info(const struct ringmap_format *format,
					struct ringmap_format_info *ret,
					size_t sz)
{
	if (!format || !ret || !sz)
		return RINGMAP_E_INVAL;
	give(&format->info, sizeof(format->info), ret, sz);
	return RINGMAP_OK;
}

enum ringmap_status ringmap_format_field(const struct ringmap_format *format,
					 size_t i,
					 struct ringmap_field_info *ret,
					 size_t sz)
{
	if (!format || !ret || !sz)
		return RINGMAP_E_INVAL;
	if (i >= format->info.nr_fields)
		return RINGMAP_E_NOENT;
	give(&format->fields[i], sizeof(*format->fields), ret, sz);
	return RINGMAP_OK;
}

enum ringmap_status
ringmap_format_field_by_name(const struct ringmap_format *format,
			     const char *name, struct ringmap_field_info *ret,
			     size_t sz)
{
	if (!format || !name || !ret || !sz)
		return RINGMAP_E_INVAL;
	const struct ringmap_field_info *field = rm_format_find(format, name);
	if (!field)
		return RINGMAP_E_NOENT;
	give(field, sizeof(*field), ret, sz);
	return RINGMAP_OK;
}
