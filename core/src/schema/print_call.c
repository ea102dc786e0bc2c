/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * print_call.c - the functions that print fmts call
 */
#include "schema/print_parser.h"

#include "base/cleanup.h"
#include "schema/c_type.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* What a field has at most for a name, and ten times what kernels have. */
#define ROWS_MAX 65536

/* ---- tables ---------------------------------------------------------------- */

static bool add_row(struct rm_print_table *table, uint64_t value,
		    struct rm_span name)
{
	size_t n = table->count;

	if (n == ROWS_MAX)
		return false;
	if (!(n & (n - 1))) {
		void *grown = reallocarray(table->rows, n ? 2 * n : 1,
					   sizeof(*table->rows));
		if (!grown)
			return false;
		table->rows = grown;
	}
	table->rows[n].value = value;
	table->rows[n].name = name;
	table->count++;
	return true;
}

/* What libtraceevent compares with: it reads fields without their sign. */
static uint64_t as_read(uint64_t value, const struct ringmap_field_info *field)
{
	return field && field->size < 8
		       ? value & ((UINT64_C(1) << 8 * field->size) - 1)
		       : value;
}

/* "{ 0x1, "NAME" }"; a row of {0, NULL} is the end of some tables. */
static bool parse_row(struct rm_print_parser *p, struct rm_print_table *table)
{
	struct rm_operand value;
	struct rm_operand name;
	size_t begin = p->out.size;

	rm_text_puts(&p->out, ", { ");
	if (!rm_print_take(p, "{") || !rm_print_expr(p, &value) ||
	    !rm_print_take(p, ","))
		return false;
	rm_text_puts(&p->out, ", ");
	if (!rm_print_expr(p, &name) || !rm_print_take(p, "}"))
		return false;
	if (name.kind != RM_OPERAND_STRING &&
	    (name.kind != RM_OPERAND_CONST || name.value))
		return false;
	/* The end, or made of names whose numbers only the kernel knows. */
	if (name.kind == RM_OPERAND_CONST || value.kind == RM_OPERAND_ANY) {
		rm_text_cut(&p->out, begin);
		return true;
	}
	if (value.kind == RM_OPERAND_CONST) {
		rm_text_cut(&p->out, begin);
		rm_text_printf(&p->out, ", { %" PRIu64 ", \"",
			       as_read(value.value, table->field));
		rm_text_add(&p->out, name.text.at, name.text.size);
		rm_text_puts(&p->out, "\"");
		if (!add_row(table, value.value, name.text))
			return false;
	} else if (value.kind != RM_OPERAND_NAME) {
		return false;
	}
	rm_text_puts(&p->out, " }");
	return true;
}

static void free_rows(struct rm_print_table *table)
{
	free(table->rows);
}

static bool parse_table(struct rm_print_parser *p, bool flags)
{
	struct rm_print_table table
		__attribute__((cleanup(free_rows))) = {.flags = flags};
	struct rm_operand what;
	size_t begin;

	rm_text_puts(&p->out, flags ? "__print_flags(" : "__print_symbolic(");
	if (!rm_print_expr(p, &what) || !rm_print_take(p, ","))
		return false;
	if (what.kind == RM_OPERAND_FIELD)
		table.field = what.field;
	if (flags) {
		if (!rm_print_string(p, &table.delim) || !rm_print_take(p, ","))
			return false;
		rm_text_puts(&p->out, ", \"");
		rm_text_add(&p->out, table.delim.at, table.delim.size);
		rm_text_puts(&p->out, "\"");
	}
	begin = p->out.size;
	do {
		unsigned int ops = p->ops;

		if (!parse_row(p, &table))
			return false;
		p->ops = ops;
	} while (rm_print_take(p, ","));
	/* libtraceevent wants one row at least. */
	if (p->out.size == begin)
		rm_text_puts(&p->out, ", { 18446744073709551615, \"\" }");
	if (!rm_print_take(p, ")"))
		return false;
	rm_text_puts(&p->out, ")");
	return !p->table || p->table(p->ctx, &table);
}

/* ---- places in the record ------------------------------------------------- */

static bool is_dynamic(const struct ringmap_field_info *field)
{
	return field->flags & (RINGMAP_FIELD_DATA_LOC | RINGMAP_FIELD_REL_LOC);
}

/* "__get_str(field)" and its like. */
static bool parse_dynamic(struct rm_print_parser *p, const char *function,
			  struct rm_operand *ret)
{
	struct rm_span name;

	if (!rm_print_word(p, &name) || !rm_print_take(p, ")"))
		return false;
	ret->field = rm_print_field(p, &name);
	if (!ret->field || !is_dynamic(ret->field))
		return false;
	rm_text_printf(&p->out, "%s(%s)", function, ret->field->name);
	return true;
}

/* An array to print: a field or dynamic data, without casts. */
static bool parse_place(struct rm_print_parser *p)
{
	struct rm_operand what;

	if (!rm_print_expr(p, &what) || !rm_print_take(p, ","))
		return false;
	rm_text_cut(&p->out, what.begin);
	if (what.kind == RM_OPERAND_FIELD)
		rm_text_printf(&p->out, "REC->%s", what.field->name);
	else if (what.kind == RM_OPERAND_DYNAMIC)
		rm_text_printf(&p->out, "__get_dynamic_array(%s)",
			       what.field->name);
	else
		return false;
	rm_text_puts(&p->out, ", ");
	return true;
}

static bool parse_hex(struct rm_print_parser *p, const char *function)
{
	struct rm_operand size;

	rm_text_printf(&p->out, "%s(", function);
	if (!parse_place(p) || !rm_print_expr(p, &size) ||
	    !rm_print_take(p, ")"))
		return false;
	rm_text_puts(&p->out, ")");
	return true;
}

static bool parse_array(struct rm_print_parser *p)
{
	struct rm_operand count;
	struct rm_operand size;

	rm_text_puts(&p->out, "__print_array(");
	if (!parse_place(p) || !rm_print_expr(p, &count) ||
	    !rm_print_take(p, ","))
		return false;
	rm_text_puts(&p->out, ", ");
	if (!rm_print_expr(p, &size) || !rm_print_take(p, ")"))
		return false;
	rm_text_puts(&p->out, ")");
	return true;
}

/* ---- C's own ---------------------------------------------------------------- */

/* "sizeof(type)" or "sizeof(REC->field)": a constant. */
static bool parse_sizeof(struct rm_print_parser *p, struct rm_operand *ret)
{
	const char *at = p->at;
	struct rm_c_type type;
	struct rm_span name;
	uint32_t size = 0;

	if (rm_print_word(p, &name) && rm_span_is(&name, "REC") &&
	    rm_print_take(p, "->") && rm_print_word(p, &name)) {
		const struct ringmap_field_info *field =
			rm_print_field(p, &name);

		size = field ? field->size : 0;
	} else {
		p->at = at + strcspn(at, ")");
		rm_c_type(at, (size_t)(p->at - at), p->format->long_size,
			  &type);
		size = type.size;
	}
	ret->kind = RM_OPERAND_CONST;
	ret->value = size;
	rm_text_printf(&p->out, "%u", size);
	return size && rm_print_take(p, ")");
}

/* "__builtin_expect(condition, 1)": the condition. */
static bool parse_expect(struct rm_print_parser *p, struct rm_operand *ret)
{
	struct rm_operand expected;

	if (!rm_print_expr(p, ret) || !rm_print_take(p, ","))
		return false;
	size_t end = p->out.size;
	if (!rm_print_expr(p, &expected) || !rm_print_take(p, ")"))
		return false;
	rm_text_cut(&p->out, end);
	return true;
}

/* ---- all ---------------------------------------------------------------------- */

/* Functions of a dynamic field, and what libtraceevent calls them. */
static const struct {
	const char *name;
	const char *known;
	enum rm_operand_kind kind;
} dynamic[] = {
	{"__get_str", "__get_str", RM_OPERAND_ANY},
	{"__get_rel_str", "__get_str", RM_OPERAND_ANY},
	{"__get_bitmask", "__get_bitmask", RM_OPERAND_ANY},
	{"__get_rel_bitmask", "__get_bitmask", RM_OPERAND_ANY},
	{"__get_cpumask", "__get_cpumask", RM_OPERAND_ANY},
	{"__get_rel_cpumask", "__get_cpumask", RM_OPERAND_ANY},
	{"__get_dynamic_array", "__get_dynamic_array", RM_OPERAND_DYNAMIC},
	{"__get_rel_dynamic_array", "__get_dynamic_array", RM_OPERAND_DYNAMIC},
	{"__get_sockaddr", "__get_dynamic_array", RM_OPERAND_DYNAMIC},
	{"__get_rel_sockaddr", "__get_dynamic_array", RM_OPERAND_DYNAMIC},
	{"__get_sockaddr_rel", "__get_dynamic_array", RM_OPERAND_DYNAMIC},
	{"__get_dynamic_array_len", "__get_dynamic_array_len", RM_OPERAND_ANY},
	{"__get_rel_dynamic_array_len", "__get_dynamic_array_len",
	 RM_OPERAND_ANY},
};

bool rm_print_call(struct rm_print_parser *p, const struct rm_span *name,
		   struct rm_operand *ret)
{
	ret->kind = RM_OPERAND_ANY;
	for (size_t i = 0; i < sizeof(dynamic) / sizeof(*dynamic); i++) {
		if (rm_span_is(name, dynamic[i].name)) {
			ret->kind = dynamic[i].kind;
			return parse_dynamic(p, dynamic[i].known, ret);
		}
	}
	if (rm_span_is(name, "__print_symbolic"))
		return parse_table(p, false);
	if (rm_span_is(name, "__print_flags"))
		return parse_table(p, true);
	if (rm_span_is(name, "__print_hex"))
		return parse_hex(p, "__print_hex");
	if (rm_span_is(name, "__print_hex_str"))
		return parse_hex(p, "__print_hex_str");
	if (rm_span_is(name, "__print_array"))
		return parse_array(p);
	if (rm_span_is(name, "sizeof"))
		return parse_sizeof(p, ret);
	return rm_span_is(name, "__builtin_expect") && parse_expect(p, ret);
}
