/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * expr_call.c - parses calls of the kernel's functions in a print fmt
 */
#define _GNU_SOURCE
#include "schema/expr_parser.h"

#include "base/word.h"
#include "schema/c_type.h"

#include <stdlib.h>
#include <string.h>

/* ---- tables ---------------------------------------------------------------- */

/* Grows while a table is read; the arena has the rows afterwards. */
struct rows {
	struct rm_expr_row *rows;
	size_t count;
	size_t room;
};

static void free_rows(struct rows *rows)
{
	free(rows->rows);
}

static bool add_row(struct rm_expr_parser *p, struct rows *rows, uint64_t value,
		    const struct rm_span *name)
{
	if (rows->count == rows->room) {
		size_t room = rows->room ? 2 * rows->room : 16;
		void *grown =
			reallocarray(rows->rows, room, sizeof(*rows->rows));

		p->no_memory |= !grown;
		if (!grown)
			return false;
		rows->rows = grown;
		rows->room = room;
	}
	rows->rows[rows->count++] = (struct rm_expr_row){value, *name};
	return true;
}

/* Most values are plain numbers: then a node would only cost memory. */
static bool take_plain(struct rm_expr_parser *p, uint64_t *ret)
{
	const char *at = p->at;
	uint64_t value = 0;

	at += strspn(at, " ");
	/* A leading 0 would make the number octal. */
	if (rm_digit(*at) >= 10 || (*at == '0' && rm_is_word(at[1])))
		return false;
	for (; rm_digit(*at) < 10; at++)
		value = value * 10 + rm_digit(*at);
	if (at - p->at > 9 || *at != ',')
		return false;
	p->at = at + 1;
	*ret = value;
	return true;
}

/* Takes the value of a row and the comma. False: it is not understood. @known:
 * the value is a constant. */
static bool take_value(struct rm_expr_parser *p, uint64_t *ret, bool *known)
{
	struct rm_expr *value;

	*known = true;
	if (take_plain(p, ret))
		return true;
	p->in_row = true;
	value = rm_parse_expr(p);
	p->in_row = false;
	if (!value || value->class != RM_CLASS_NUMBER || !rm_take(p, ","))
		return false;
	/* Enumerators that the kernel left by name have unknown values. */
	*known = value->kind == RM_EXPR_CONST;
	*ret = value->value;
	return true;
}

/* "{ 0x1, "NAME" }"; a row of {0, NULL} is the end of some tables. */
static bool parse_row(struct rm_expr_parser *p, struct rows *rows)
{
	struct rm_span name;
	uint64_t value;
	bool known;

	if (!rm_take(p, "{"))
		return false;
	/* The table belongs to an option that this kernel was built without. */
	if (rm_take(p, "}"))
		return true;
	if (!take_value(p, &value, &known))
		return false;
	if (!rm_take(p, "\"")) {
		struct rm_expr *end = rm_parse_expr(p);

		return end && end->kind == RM_EXPR_CONST && !end->value &&
		       rm_take(p, "}");
	}
	p->at--;
	if (!rm_take_string(p, &name) || !rm_take(p, "}"))
		return false;
	return !known || add_row(p, rows, value, &name);
}

static bool parse_rows(struct rm_expr_parser *p, struct rm_expr_table *table)
{
	struct rows rows __attribute__((cleanup(free_rows))) = {.rows = NULL};

	do {
		if (!parse_row(p, &rows))
			return false;
	} while (rm_take(p, ","));
	size_t size = rows.count * sizeof(*rows.rows);
	struct rm_expr_row *kept = rm_arena_alloc(&p->format->arena, size);
	p->no_memory |= !kept;
	if (!kept)
		return false;
	if (size)
		memcpy(kept, rows.rows, size);
	/* The kernel passes all as unsigned long, if not as u64. */
	uint32_t width = table->is_u64 ? 8 : p->format->long_size;
	for (size_t i = 0; i < rows.count; i++)
		kept[i].value = rm_wrap(kept[i].value, width, true);
	table->rows = kept;
	table->count = rows.count;
	return rm_take(p, ")");
}

static struct rm_expr *parse_table(struct rm_expr_parser *p, bool flags,
				   bool is_u64)
{
	struct rm_expr_table *table =
		rm_arena_alloc(&p->format->arena, sizeof(*table));

	p->no_memory |= !table;
	if (!table)
		return NULL;
	*table = (struct rm_expr_table){.flags = flags, .is_u64 = is_u64};
	struct rm_expr *what = rm_parse_expr(p);
	if (!what || what->class != RM_CLASS_NUMBER || !rm_take(p, ","))
		return NULL;
	if (flags && (!rm_take_string(p, &table->delim) || !rm_take(p, ",")))
		return NULL;
	if (!parse_rows(p, table))
		return NULL;
	struct rm_expr *x =
		rm_expr_new(p, flags ? RM_EXPR_FLAGS : RM_EXPR_SYMBOLIC,
			    RM_CLASS_TEXT, what, NULL, NULL);
	if (x)
		x->table = table;
	return x;
}

/* ---- places in the record -------------------------------------------------- */

static bool is_dynamic(const struct ringmap_field_info *field)
{
	return field->flags & (RINGMAP_FIELD_DATA_LOC | RINGMAP_FIELD_REL_LOC);
}

/* "field)" or, of an array of places, "field[2])". */
static struct rm_expr *parse_dynamic(struct rm_expr_parser *p)
{
	struct rm_expr *index = NULL;
	struct rm_span name;

	if (!rm_take_word(p, &name))
		return NULL;
	if (rm_take(p, "[")) {
		index = rm_parse_expr(p);
		if (!index || index->kind != RM_EXPR_CONST || !rm_take(p, "]"))
			return NULL;
	}
	const struct ringmap_field_info *field = rm_word_field(p, &name);
	if (!rm_take(p, ")") || !field || !is_dynamic(field))
		return NULL;
	uint64_t number = index ? index->value : 0;
	if (number && number >= field->count)
		return NULL;
	struct rm_expr *x = rm_expr_new(p, RM_EXPR_DYNAMIC, RM_CLASS_PLACE,
					NULL, NULL, NULL);
	if (!x)
		return NULL;
	x->field = field;
	x->value = number;
	x->elements = (struct rm_elements){.size = field->elem_size,
					   .is_signed = field->flags &
							RINGMAP_FIELD_SIGNED};
	return x;
}

static struct rm_expr *parse_above_dynamic(struct rm_expr_parser *p,
					   enum rm_expr_kind kind)
{
	struct rm_expr *place = parse_dynamic(p);

	if (!place || kind == RM_EXPR_DYNAMIC)
		return place;
	if (kind == RM_EXPR_CHARS) {
		place->elements = (struct rm_elements){.size = 1};
		return place;
	}
	if (kind != RM_EXPR_LENGTH)
		return rm_expr_new(p, kind, RM_CLASS_TEXT, place, NULL, NULL);
	struct rm_expr *x =
		rm_expr_new(p, kind, RM_CLASS_NUMBER, place, NULL, NULL);
	if (x)
		x->type.is_unsigned = true;
	return x;
}

/* The first of several arguments: an array. */
static struct rm_expr *parse_place(struct rm_expr_parser *p)
{
	struct rm_expr *what = rm_parse_expr(p);

	return what && rm_take(p, ",") ? rm_expr_place(p, what) : NULL;
}

static struct rm_expr *parse_number_then(struct rm_expr_parser *p,
					 const char *end)
{
	struct rm_expr *x = rm_parse_expr(p);

	return x && x->class == RM_CLASS_NUMBER && rm_take(p, end) ? x : NULL;
}

static struct rm_expr *parse_hex(struct rm_expr_parser *p,
				 enum rm_expr_kind kind)
{
	struct rm_expr *place = parse_place(p);
	struct rm_expr *size = place ? parse_number_then(p, ")") : NULL;

	return size ? rm_expr_new(p, kind, RM_CLASS_TEXT, place, size, NULL)
		    : NULL;
}

static struct rm_expr *parse_array(struct rm_expr_parser *p)
{
	struct rm_expr *place = parse_place(p);
	struct rm_expr *count = place ? parse_number_then(p, ",") : NULL;
	struct rm_expr *size = count ? parse_number_then(p, ")") : NULL;

	return size ? rm_expr_new(p, RM_EXPR_ARRAY, RM_CLASS_TEXT, place, count,
				  size)
		    : NULL;
}

/* "__print_dynamic_array(field, size)" */
static struct rm_expr *parse_dynamic_array(struct rm_expr_parser *p)
{
	struct rm_span name;

	if (!rm_take_word(p, &name) || !rm_take(p, ","))
		return NULL;
	struct rm_expr *size = parse_number_then(p, ")");
	const struct ringmap_field_info *field = rm_word_field(p, &name);
	if (!size || !field || !is_dynamic(field))
		return NULL;
	struct rm_expr *place = rm_expr_new(p, RM_EXPR_DYNAMIC, RM_CLASS_PLACE,
					    NULL, NULL, NULL);
	if (!place)
		return NULL;
	place->field = field;
	place->elements.size = field->elem_size;
	struct rm_expr *length = rm_expr_new(p, RM_EXPR_LENGTH, RM_CLASS_NUMBER,
					     place, NULL, NULL);
	if (!length)
		return NULL;
	length->type.is_unsigned = true;
	struct rm_expr *count = rm_expr_binary(p, RM_OP_DIVIDE, length, size);
	return count ? rm_expr_new(p, RM_EXPR_ARRAY, RM_CLASS_TEXT, place,
				   count, size)
		     : NULL;
}

static bool take_const(struct rm_expr_parser *p, const char *end, uint64_t *ret)
{
	struct rm_expr *x = parse_number_then(p, end);

	if (!x || x->kind != RM_EXPR_CONST)
		return false;
	*ret = x->value;
	return true;
}

/* "__print_hex_dump(prefix, type, row, group, place, size, ascii)" */
static struct rm_expr *parse_hex_dump(struct rm_expr_parser *p)
{
	struct rm_hex_dump dump = {.offsets = false};
	uint64_t type;
	uint64_t row;
	uint64_t group;
	uint64_t ascii;

	if (!rm_take_string(p, &dump.prefix) || !rm_take(p, ",") ||
	    !take_const(p, ",", &type) || !take_const(p, ",", &row) ||
	    !take_const(p, ",", &group))
		return NULL;
	struct rm_expr *place = parse_place(p);
	struct rm_expr *size = place ? parse_number_then(p, ",") : NULL;
	/* Addresses in the ring are not known. */
	if (!size || !take_const(p, ")", &ascii) || (type && type != 2))
		return NULL;
	dump.offsets = type;
	dump.row_size = row == 32 ? 32 : 16;
	dump.group_size =
		group == 2 || group == 4 || group == 8 ? (uint32_t)group : 1;
	dump.ascii = ascii;
	struct rm_hex_dump *kept =
		rm_arena_alloc(&p->format->arena, sizeof(*kept));
	p->no_memory |= !kept;
	struct rm_expr *x = kept ? rm_expr_new(p, RM_EXPR_HEX_DUMP,
					       RM_CLASS_TEXT, place, size, NULL)
				 : NULL;
	if (!x)
		return NULL;
	*kept = dump;
	x->dump = kept;
	return x;
}

/* ---- C's own, and the kernel's --------------------------------------------- */

/* These structs are the same in every kernel. */
static uint32_t struct_size(const char *at, size_t size)
{
	static const struct {
		const char *name;
		uint32_t size;
	} known[] = {
		{"struct in_addr", 4},       {"struct in6_addr", 16},
		{"struct sockaddr", 16},     {"struct sockaddr_in", 16},
		{"struct sockaddr_in6", 28}, {"struct sockaddr_storage", 128},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (strlen(known[i].name) == size &&
		    !memcmp(known[i].name, at, size))
			return known[i].size;
	}
	return 0;
}

/* "sizeof(type)" or "sizeof(REC->field)": a constant. */
static struct rm_expr *parse_sizeof(struct rm_expr_parser *p)
{
	const char *at = p->at;
	struct rm_c_type type;
	struct rm_span name;
	uint32_t size = 0;

	if (!rm_take(p, "(REC)") &&
	    (!rm_take_word(p, &name) || !rm_span_is(&name, "REC"))) {
		p->at = at + strcspn(at, ")");
		at += strspn(at, " ");
		rm_c_type(at, (size_t)(p->at - at), p->format->long_size,
			  &type);
		size = type.size ? type.size
				 : struct_size(at, (size_t)(p->at - at));
	} else if (rm_take(p, "->") && rm_take_word(p, &name)) {
		const struct ringmap_field_info *field =
			rm_word_field(p, &name);

		size = field ? field->size : 0;
	}
	if (!size || !rm_take(p, ")"))
		return NULL;
	return rm_expr_const(
		p, size,
		(struct rm_number_type){(uint8_t)p->format->long_size, true});
}

/* "__builtin_expect(condition, 1)": the condition. */
static struct rm_expr *parse_expect(struct rm_expr_parser *p)
{
	struct rm_expr *condition = parse_number_then(p, ",");

	return condition && parse_number_then(p, ")") ? condition : NULL;
}

/* "__builtin_constant_p(x)": no field of a record is a constant. */
static struct rm_expr *parse_constant_p(struct rm_expr_parser *p)
{
	struct rm_expr *x = rm_parse_expr(p);

	if (!x || !rm_take(p, ")"))
		return NULL;
	return rm_expr_const(p, x->kind == RM_EXPR_CONST,
			     (struct rm_number_type){4, false});
}

/* Swaps the bytes, unless the kernel already has that order. */
static struct rm_expr *parse_swap(struct rm_expr_parser *p, uint32_t size,
				  bool swaps)
{
	struct rm_expr *a = parse_number_then(p, ")");

	if (!a)
		return NULL;
	struct rm_expr *x =
		rm_expr_new(p, swaps ? RM_EXPR_SWAP : RM_EXPR_CONVERT,
			    RM_CLASS_NUMBER, a, NULL, NULL);
	if (!x)
		return NULL;
	x->value = size;
	x->operands = (struct rm_number_type){(uint8_t)size, true};
	x->type = (struct rm_number_type){size == 8 ? 8 : 4, size != 2};
	return x;
}

/* "__print_ns_to_secs(value)" and "__print_ns_without_secs(value)". */
static struct rm_expr *parse_ns(struct rm_expr_parser *p, enum rm_op op)
{
	const struct rm_span u64 = {"u64", strlen("u64")};
	const struct rm_span u32 = {"u32", strlen("u32")};
	struct rm_expr *value = parse_number_then(p, ")");
	struct rm_expr *ns = value ? rm_expr_cast(p, &u64, value) : NULL;
	struct rm_expr *per_second =
		rm_expr_const(p, 1000000000, (struct rm_number_type){8, true});

	if (!ns || !per_second)
		return NULL;
	struct rm_expr *x = rm_expr_binary(p, op, ns, per_second);
	return x && op == RM_OP_MODULO ? rm_expr_cast(p, &u32, x) : x;
}

/* ---- all ------------------------------------------------------------------- */

static const struct {
	const char *name;
	enum rm_expr_kind kind;
} dynamic[] = {
	{"__get_str", RM_EXPR_CHARS},
	{"__get_rel_str", RM_EXPR_CHARS},
	{"__get_bitmask", RM_EXPR_BITMASK},
	{"__get_rel_bitmask", RM_EXPR_BITMASK},
	{"__get_cpumask", RM_EXPR_CPUMASK},
	{"__get_rel_cpumask", RM_EXPR_CPUMASK},
	{"__get_dynamic_array", RM_EXPR_DYNAMIC},
	{"__get_rel_dynamic_array", RM_EXPR_DYNAMIC},
	{"__get_sockaddr", RM_EXPR_DYNAMIC},
	{"__get_rel_sockaddr", RM_EXPR_DYNAMIC},
	{"__get_sockaddr_rel", RM_EXPR_DYNAMIC},
	{"__get_dynamic_array_len", RM_EXPR_LENGTH},
	{"__get_rel_dynamic_array_len", RM_EXPR_LENGTH},
};

/* Functions that swap bytes, on little-endian kernels or on big-endian ones. */
static const struct {
	const char *name;
	uint8_t size;
	bool on_little;
	bool on_big;
} swaps[] = {
	{"__builtin_bswap16", 2, true, true}, {"__fswab16", 2, true, true},
	{"__builtin_bswap32", 4, true, true}, {"__fswab32", 4, true, true},
	{"__builtin_bswap64", 8, true, true}, {"__fswab64", 8, true, true},
	{"__swab16", 2, true, true},          {"ntohs", 2, true, false},
	{"__swab32", 4, true, true},          {"ntohl", 4, true, false},
	{"__swab64", 8, true, true},          {"htons", 2, true, false},
	{"be16_to_cpu", 2, true, false},      {"htonl", 4, true, false},
	{"be32_to_cpu", 4, true, false},      {"le16_to_cpu", 2, false, true},
	{"be64_to_cpu", 8, true, false},      {"le32_to_cpu", 4, false, true},
	{"__be16_to_cpu", 2, true, false},    {"le64_to_cpu", 8, false, true},
	{"__be32_to_cpu", 4, true, false},    {"__le16_to_cpu", 2, false, true},
	{"__be64_to_cpu", 8, true, false},    {"__le32_to_cpu", 4, false, true},
	{"__le64_to_cpu", 8, false, true},
};

/* Parses the functions that have a syntax of their own. */
static struct rm_expr *parse_other(struct rm_expr_parser *p,
				   const struct rm_span *name)
{
	if (rm_span_is(name, "__print_symbolic"))
		return parse_table(p, false, false);
	if (rm_span_is(name, "__print_symbolic_u64"))
		return parse_table(p, false, true);
	if (rm_span_is(name, "__print_flags"))
		return parse_table(p, true, false);
	if (rm_span_is(name, "__print_flags_u64"))
		return parse_table(p, true, true);
	if (rm_span_is(name, "__print_hex"))
		return parse_hex(p, RM_EXPR_HEX);
	if (rm_span_is(name, "__print_hex_str"))
		return parse_hex(p, RM_EXPR_HEX_STR);
	if (rm_span_is(name, "__print_array"))
		return parse_array(p);
	if (rm_span_is(name, "__print_dynamic_array"))
		return parse_dynamic_array(p);
	if (rm_span_is(name, "__print_hex_dump"))
		return parse_hex_dump(p);
	if (rm_span_is(name, "__print_ns_to_secs"))
		return parse_ns(p, RM_OP_DIVIDE);
	if (rm_span_is(name, "__print_ns_without_secs"))
		return parse_ns(p, RM_OP_MODULO);
	if (rm_span_is(name, "sizeof"))
		return parse_sizeof(p);
	if (rm_span_is(name, "__builtin_expect"))
		return parse_expect(p);
	if (rm_span_is(name, "__builtin_constant_p"))
		return parse_constant_p(p);
	return NULL;
}

struct rm_expr *rm_parse_call(struct rm_expr_parser *p,
			      const struct rm_span *name)
{
	for (size_t i = 0; i < sizeof(dynamic) / sizeof(*dynamic); i++) {
		if (rm_span_is(name, dynamic[i].name))
			return parse_above_dynamic(p, dynamic[i].kind);
	}
	for (size_t i = 0; i < sizeof(swaps) / sizeof(*swaps); i++) {
		if (rm_span_is(name, swaps[i].name))
			return parse_swap(p, swaps[i].size,
					  p->format->big_endian
						  ? swaps[i].on_big
						  : swaps[i].on_little);
	}
	return parse_other(p, name);
}
