/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * field_values.c - names of values, from the tables in a print fmt
 */
#include "schema/print_fmt.h"

#include "schema/print_parser.h"

#include <string.h>

struct target {
	struct ringmap_format *format;
	bool no_memory;
};

/*
 * The value as the field holds it, as a signed number if it is one. False: no
 * such field holds it.
 */
static bool as_held(const struct ringmap_field_info *field, uint64_t value,
		    uint64_t *ret)
{
	unsigned int unused = 64 - 8 * field->size;
	bool is_signed = field->flags & RINGMAP_FIELD_SIGNED;
	uint64_t held = value << unused;

	*ret = is_signed ? (uint64_t)((int64_t)held >> unused) : held >> unused;
	/* 0xffffffff in a table of an int is -1, and the other way round. */
	return *ret == value || held >> unused == value ||
	       (uint64_t)((int64_t)held >> unused) == value;
}

/* Only the first table of a field counts. */
static bool use_table(void *ctx, const struct rm_print_table *table)
{
	struct target *target = ctx;
	struct rm_arena *arena = &target->format->arena;
	struct ringmap_field_info *field = table->field;
	uint32_t count = 0;

	if (!field || field->kind != RINGMAP_KIND_INT || !table->count ||
	    (field->flags & RINGMAP_FIELD_ARRAY))
		return true;
	struct ringmap_value *values =
		rm_arena_alloc(arena, table->count * sizeof(*values));
	char *delim = rm_arena_text(arena, table->flags ? table->delim.at : "",
				    table->delim.size);
	target->no_memory = !values || !delim;
	for (size_t i = 0; !target->no_memory && i < table->count; i++) {
		struct ringmap_value *v = &values[count];

		if (!as_held(field, table->rows[i].value, &v->value))
			continue;
		v->name = rm_arena_text(arena, table->rows[i].name.at,
					table->rows[i].name.size);
		target->no_memory = !v->name;
		count++;
	}
	if (target->no_memory)
		return false;
	field->kind = table->flags ? RINGMAP_KIND_FLAGS : RINGMAP_KIND_SYMBOL;
	field->delim = table->flags ? delim : NULL;
	field->values = values;
	field->nr_values = count;
	return true;
}

bool rm_field_values(struct ringmap_format *format)
{
	static const char *const functions[] = {"__print_symbolic(",
						"__print_flags("};
	struct target target = {.format = format};
	const char *text = format->info.print_fmt;

	/* Each call alone: the rest may be beyond us. */
	for (size_t i = 0; text && i < 2; i++) {
		for (const char *at = text;
		     !target.no_memory && (at = strstr(at, functions[i]));
		     at++) {
			struct rm_print_parser p = {
				.at = at,
				.format = format,
				.table = use_table,
				.ctx = &target,
			};
			struct rm_operand unused;

			rm_print_expr(&p, &unused);
			rm_print_parser_free(&p);
		}
	}
	return !target.no_memory;
}
