/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * format.c - queries on a format and its fields
 */
#include "schema/format.h"

#include "base/opts.h"

void rm_format_free(struct ringmap_format *format)
{
	if (!format)
		return;
	/* The format itself lies in its arena: free it through a copy. */
	struct rm_arena arena = format->arena;
	rm_arena_free(&arena);
}

struct ringmap_field_info *rm_format_find(const struct ringmap_format *format,
					  const char *name)
{
	return rm_name_table_find(&format->by_name, name);
}

enum ringmap_status ringmap_format_info(const struct ringmap_format *format,
					struct ringmap_format_info *ret,
					size_t sz)
{
	if (!format || !ret || !sz)
		return RINGMAP_E_INVAL;
	rm_give(ret, sz, &format->info, sizeof(format->info));
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
	rm_give(ret, sz, &format->fields[i], sizeof(*format->fields));
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
	rm_give(ret, sz, field, sizeof(*field));
	return RINGMAP_OK;
}
