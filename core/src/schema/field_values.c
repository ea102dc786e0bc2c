/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * field_values.c - names of values, from the tables in a print fmt
 *
 * A field gets names only if the print fmt leaves no doubt about them: whatever
 * other fields hold, it shows the field itself by the same table. A
 * counterexample is kvm_exit, which has one table for each maker of CPUs; another
 * field selects the table.
 */
#include "schema/expr.h"

#include <string.h>

/* Limits the nodes of one print fmt. Kernels have a few hundred. */
#define VISITS_MAX 1000000

/* The way in which a part of the print fmt shows a field. */
enum shown {
	SHOWN_NOT,    /* by no table */
	SHOWN_TABLE,  /* by table, whatever the record */
	SHOWN_UNSURE, /* by different tables, or a table of something else */
};

struct found {
	enum shown shown;
	const struct rm_expr_table *table;
};

struct search {
	const struct ringmap_field_info *field;
	unsigned int visits;
};

/* Skips casts that keep all bits of the field. */
static const struct rm_expr *
without_casts(const struct rm_expr *x, const struct ringmap_field_info *field)
{
	while (x->kind == RM_EXPR_CONVERT && x->operands.size >= field->size)
		x = x->a;
	return x;
}

/* Checks that @x depends on @field or, with @others, on a different field. */
static bool depends(const struct rm_expr *x,
		    const struct ringmap_field_info *field, bool others)
{
	if (!x)
		return false;
	if (x->field)
		return (x->field == field) != others;
	return depends(x->a, field, others) || depends(x->b, field, others) ||
	       depends(x->c, field, others);
}

static bool same_text(const struct rm_span *a, const struct rm_span *b)
{
	return a->size == b->size && !memcmp(a->at, b->at, a->size);
}

static bool same_table(const struct rm_expr_table *a,
		       const struct rm_expr_table *b)
{
	if (a == b)
		return true;
	if (a->flags != b->flags || a->count != b->count ||
	    (a->flags && !same_text(&a->delim, &b->delim)))
		return false;
	for (size_t i = 0; i < a->count; i++) {
		if (a->rows[i].value != b->rows[i].value ||
		    !same_text(&a->rows[i].name, &b->rows[i].name))
			return false;
	}
	return true;
}

/* Combines what two parts of the print fmt show. */
static struct found join(struct found a, struct found b)
{
	if (a.shown == SHOWN_NOT)
		return b;
	if (b.shown == SHOWN_NOT)
		return a;
	if (a.shown == SHOWN_TABLE && b.shown == SHOWN_TABLE &&
	    same_table(a.table, b.table))
		return a;
	return (struct found){.shown = SHOWN_UNSURE};
}

static struct found look(struct search *s, const struct rm_expr *x);

/* Where another field chooses the branch, both must show the same table. */
static struct found look_at_cond(struct search *s, const struct rm_expr *x)
{
	struct found b = look(s, x->b);
	struct found c = look(s, x->c);
	bool one = (b.shown == SHOWN_NOT) != (c.shown == SHOWN_NOT);

	if (one && depends(x->a, s->field, true))
		return (struct found){.shown = SHOWN_UNSURE};
	return join(look(s, x->a), join(b, c));
}

static struct found look(struct search *s, const struct rm_expr *x)
{
	struct found ret = {.shown = SHOWN_NOT};

	if (!x)
		return ret;
	if (++s->visits > VISITS_MAX) {
		ret.shown = SHOWN_UNSURE;
		return ret;
	}
	if (x->kind == RM_EXPR_COND)
		return look_at_cond(s, x);
	if (x->kind != RM_EXPR_SYMBOLIC && x->kind != RM_EXPR_FLAGS)
		return join(look(s, x->a), join(look(s, x->b), look(s, x->c)));
	const struct rm_expr *what = without_casts(x->a, s->field);
	if (what->kind == RM_EXPR_FIELD && what->field == s->field) {
		ret.shown = SHOWN_TABLE;
		ret.table = x->table;
	} else if (depends(what, s->field, false)) {
		ret.shown = SHOWN_UNSURE;
	}
	return ret;
}

/* ---- values ---------------------------------------------------------------- */

/*
 * The value as the field holds it, as a signed number if it is one. False: no
 * such field holds it.
 */
static bool as_held(const struct ringmap_field_info *field, uint64_t value,
		    uint64_t *ret)
{
	bool is_signed = field->flags & RINGMAP_FIELD_SIGNED;
	uint64_t plain = rm_wrap(value, field->size, true);
	uint64_t extended = rm_wrap(value, field->size, false);

	*ret = is_signed ? extended : plain;
	/* 0xffffffff in a table of an int is -1, and the other way round. */
	return plain == value || extended == value;
}

/* Arrow and JSON take these everywhere. */
static bool is_plain(const struct rm_span *name)
{
	for (size_t i = 0; i < name->size; i++) {
		if (name->at[i] < ' ' || name->at[i] > '~')
			return false;
	}
	return true;
}

static bool use_table(struct rm_arena *arena, struct ringmap_field_info *field,
		      const struct rm_expr_table *table)
{
	struct ringmap_value *values =
		rm_arena_alloc(arena, table->count * sizeof(*values));
	char *delim = rm_arena_text(arena, table->flags ? table->delim.at : "",
				    table->flags ? table->delim.size : 0);
	uint32_t count = 0;

	if (!values || !delim)
		return false;
	for (size_t i = 0; i < table->count; i++) {
		const struct rm_expr_row *row = &table->rows[i];
		struct ringmap_value *v = &values[count];

		if (!as_held(field, row->value, &v->value) ||
		    !is_plain(&row->name))
			continue;
		v->name = rm_arena_text(arena, row->name.at, row->name.size);
		if (!v->name)
			return false;
		count++;
	}
	field->kind = table->flags ? RINGMAP_KIND_FLAGS : RINGMAP_KIND_SYMBOL;
	field->delim = table->flags ? delim : NULL;
	field->values = values;
	field->nr_values = count;
	return true;
}

bool rm_field_values(struct ringmap_format *format)
{
	const char *text = format->info.print_fmt;
	struct search s = {.visits = 0};

	if (!text || (!strstr(text, "__print_symbolic") &&
		      !strstr(text, "__print_flags")))
		return true;
	if (!rm_print_fmt_parse(format))
		return false;
	const struct rm_print_fmt *fmt = format->print;
	for (uint32_t i = 0; i < format->info.nr_fields; i++) {
		struct ringmap_field_info *field = &format->fields[i];
		struct found found = {.shown = SHOWN_NOT};

		if (field->kind != RINGMAP_KIND_INT ||
		    (field->flags & RINGMAP_FIELD_ARRAY) ||
		    (fmt->doubtful && fmt->doubtful[i]))
			continue;
		s.field = field;
		for (size_t k = 0; k < fmt->nr_args; k++)
			found = join(found, look(&s, fmt->args[k]));
		if (found.shown == SHOWN_TABLE && found.table->count &&
		    (!found.table->flags || is_plain(&found.table->delim)) &&
		    !use_table(&format->arena, field, found.table))
			return false;
	}
	return true;
}
