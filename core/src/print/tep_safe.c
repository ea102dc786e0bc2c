/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * tep_safe.c - whether printing a record stays inside it
 *
 * Widths, counts, indices and divisors may be fields of the record, or made
 * of them, and libtraceevent 1.7 uses most of them as they are.
 */
#include "print/tep_event.h"

#include "schema/print_fmt.h"

#include <event-parse.h>
#include <stdlib.h>
#include <string.h>

/* The widest column, the longest text of an argument for "%.*s". */
#define WIDTH_MAX 4096

struct eval {
	const struct rm_tep_record *record;
	struct tep_event *event;
	bool safe; /* nothing depends on what we cannot know */
};

static bool check(struct eval *e, const struct tep_print_arg *arg);
static uint64_t value_of(struct eval *e, const struct tep_print_arg *arg);

/* ---- values, as libtraceevent has them -------------------------------------- */

static uint64_t read_at(const struct eval *e, uint64_t offset, uint64_t size)
{
	if (offset > e->record->size || size > e->record->size - offset)
		return 0;
	return tep_read_number(e->event->tep, e->record->data + offset,
			       (int)size);
}

static const struct tep_format_field *field_of(const struct eval *e,
					       const struct tep_print_arg *arg)
{
	return arg->field.field ? arg->field.field
				: tep_find_any_field(e->event, arg->field.name);
}

static uint64_t field_value(const struct eval *e,
			    const struct tep_format_field *field)
{
	return field ? read_at(e, (uint64_t)field->offset,
			       (uint64_t)field->size)
		     : 0;
}

/* The types that it cuts values to; all others it leaves alone. */
static uint64_t cast_to(const char *type, uint64_t value)
{
	static const struct {
		const char *name;
		uint64_t mask;
	} types[] = {
		{"u8", 0xff},        {"s8", 0xff},
		{"char", 0xff},      {"unsigned char", 0xff},
		{"u16", 0xffff},     {"s16", 0xffff},
		{"short", 0xffff},   {"unsigned short", 0xffff},
		{"u32", 0xffffffff}, {"s32", 0xffffffff},
		{"int", 0xffffffff}, {"unsigned int", 0xffffffff},
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		if (!strcmp(type, types[i].name))
			return value & types[i].mask;
	}
	return value;
}

/* The array, under casts, and the cast next to the index. */
static const struct tep_print_arg *array_of(const struct tep_print_arg *arg,
					    const char **cast)
{
	*cast = NULL;
	while (arg->type == TEP_PRINT_TYPE) {
		if (!*cast)
			*cast = arg->typecast.type;
		arg = arg->typecast.item;
	}
	return arg;
}

/* Where an element is and its size; false: of no array. */
static bool element(struct eval *e, const struct tep_print_arg *array,
		    uint64_t index, uint64_t *offset, uint64_t *size)
{
	const struct tep_format_field *field;

	if (array->type == TEP_PRINT_DYNAMIC_ARRAY) {
		/* Its index counts bytes. */
		field = array->dynarray.field;
		*size = field->elementsize
				? field->elementsize
				: (uint64_t)tep_get_long_size(e->event->tep);
		*offset = (field_value(e, field) & 0xffff) + index;
		return true;
	}
	if (array->type != TEP_PRINT_FIELD)
		return false;
	field = field_of(e, array);
	*size = field ? field->elementsize : 0;
	*offset = field ? (uint64_t)field->offset + index * *size : 0;
	return field;
}

static uint64_t index_value(struct eval *e, const struct tep_print_arg *arg)
{
	const char *cast;
	const struct tep_print_arg *array = array_of(arg->op.left, &cast);
	uint64_t offset;
	uint64_t size;

	if (!element(e, array, value_of(e, arg->op.right), &offset, &size))
		return 0;
	return read_at(e, offset, size);
}

static uint64_t op_value(struct eval *e, const struct tep_print_arg *arg)
{
	const char *op = arg->op.op;

	if (op[0] == '[')
		return index_value(e, arg);
	uint64_t left = value_of(e, arg->op.left);
	if (op[0] == '?')
		return value_of(e, left ? arg->op.right->op.left
					: arg->op.right->op.right);
	uint64_t right = value_of(e, arg->op.right);
	switch (op[0]) {
	case '!':
		return op[1] ? left != right : !right;
	case '~':
		return ~right;
	case '|':
		return op[1] ? left || right : left | right;
	case '&':
		return op[1] ? left && right : left & right;
	case '<':
		return op[1] == '<'   ? left << (right & 63)
		       : op[1] == '=' ? left <= right
				      : left < right;
	case '>':
		return op[1] == '>'   ? left >> (right & 63)
		       : op[1] == '=' ? left >= right
				      : left > right;
	case '=':
		return left == right;
	case '-':
		return left - right;
	case '+':
		return left + right;
	case '*':
		return left * right;
	case '/':
		return right ? left / right : 0;
	case '%':
		return right ? left % right : 0;
	}
	return 0;
}

static uint64_t value_of(struct eval *e, const struct tep_print_arg *arg)
{
	switch (arg->type) {
	case TEP_PRINT_ATOM:
		return strtoull(arg->atom.atom, NULL, 0);
	case TEP_PRINT_FIELD:
		return field_value(e, field_of(e, arg));
	case TEP_PRINT_TYPE:
		return cast_to(arg->typecast.type,
			       value_of(e, arg->typecast.item));
	case TEP_PRINT_OP:
		return op_value(e, arg);
	case TEP_PRINT_DYNAMIC_ARRAY_LEN:
		return field_value(e, arg->dynarray.field) >> 16 & 0xffff;
	case TEP_PRINT_DYNAMIC_ARRAY:
		/* An address: what is made of it must not matter. */
		e->safe = false;
		return 0;
	default:
		return 0;
	}
}

/* ---- what is done with them ---------------------------------------------------- */

static bool check_index(struct eval *e, const struct tep_print_arg *arg)
{
	const char *cast;
	const struct tep_print_arg *array = array_of(arg->op.left, &cast);
	uint64_t index = value_of(e, arg->op.right);
	uint64_t offset;
	uint64_t size;

	return check(e, arg->op.right) && index <= RM_RECORD_MAX &&
	       element(e, array, index, &offset, &size) &&
	       size <= e->record->size && offset <= e->record->size - size;
}

static bool check_op(struct eval *e, const struct tep_print_arg *arg)
{
	const char *op = arg->op.op;

	if (op[0] == '[')
		return check_index(e, arg);
	if (!check(e, arg->op.left))
		return false;
	if (op[0] == '?')
		return check(e, value_of(e, arg->op.left)
					? arg->op.right->op.left
					: arg->op.right->op.right);
	if ((op[0] == '/' || op[0] == '%') && !value_of(e, arg->op.right))
		return false;
	return check(e, arg->op.right);
}

/* @count elements from where @array begins. */
static bool check_bytes(const struct eval *e, const struct tep_print_arg *array,
			uint64_t count, uint64_t size)
{
	uint64_t begin;

	if (array->type == TEP_PRINT_DYNAMIC_ARRAY) {
		begin = field_value(e, array->dynarray.field) & 0xffff;
	} else if (array->type == TEP_PRINT_FIELD && field_of(e, array)) {
		begin = (uint64_t)field_of(e, array)->offset;
	} else {
		return false;
	}
	/* Elements of other sizes are printed byte by byte. */
	if (size != 2 && size != 4 && size != 8)
		size = 1;
	return begin <= e->record->size &&
	       count <= (e->record->size - begin) / size;
}

static bool check(struct eval *e, const struct tep_print_arg *arg)
{
	switch (arg->type) {
	case TEP_PRINT_TYPE:
		return check(e, arg->typecast.item);
	case TEP_PRINT_FLAGS:
		return check(e, arg->flags.field);
	case TEP_PRINT_SYMBOL:
		return check(e, arg->symbol.field);
	case TEP_PRINT_HEX:
	case TEP_PRINT_HEX_STR:
		return check(e, arg->hex.size) &&
		       check_bytes(e, arg->hex.field,
				   value_of(e, arg->hex.size), 1);
	case TEP_PRINT_INT_ARRAY:
		return check(e, arg->int_array.count) &&
		       check(e, arg->int_array.el_size) &&
		       check_bytes(e, arg->int_array.field,
				   value_of(e, arg->int_array.count),
				   value_of(e, arg->int_array.el_size));
	case TEP_PRINT_OP:
		return check_op(e, arg);
	case TEP_PRINT_FUNC:
		return false;
	default:
		return true;
	}
}

bool rm_tep_is_safe(const struct ringmap_format *format,
		    const struct rm_tep_record *record)
{
	/* A kernel's stack may have fewer entries than its format; what is
	 * missing reads as the zeros behind the record. */
	uint32_t whole = format->info.size <= RM_RECORD_MAX ? format->info.size
							    : record->size;
	struct rm_tep_record padded = {
		record->data, record->size > whole ? record->size : whole};
	struct eval e = {&padded, format->print->event, true};
	const struct tep_print_fmt *fmt = &e.event->print_fmt;
	const struct tep_print_arg *arg = fmt->args;
	struct rm_conversions c;

	if (!fmt->format ||
	    !rm_print_conversions(fmt->format, strlen(fmt->format), &c))
		return false;
	for (size_t i = 0; arg; arg = arg->next, i++) {
		bool width = i < c.count && c.letters[i] == '*';

		if (!check(&e, arg) || (width && value_of(&e, arg) > WIDTH_MAX))
			return false;
	}
	return e.safe;
}
