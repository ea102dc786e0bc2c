/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * eval.c - computes the numbers and places of a print fmt from a record
 */
#include "print/eval.h"

/* ---- places ---------------------------------------------------------------- */

bool rm_eval_bytes(const struct rm_eval *e,
		   const struct ringmap_field_info *field, uint64_t number,
		   struct rm_bytes *ret)
{
	const struct rm_place place = rm_field_place(e->format, field);

	return rm_place_find(&place, e->data, e->size, e->format->big_endian,
			     (uint32_t)number, ret);
}

/* Drops the first @count times @size bytes, and all behind the next @keep unless
 * that is 0. Returns false if there are not so many. */
static bool skip(struct rm_bytes *bytes, uint64_t count, uint64_t size,
		 uint64_t keep)
{
	uint64_t skipped;

	if (__builtin_mul_overflow(count, size, &skipped) ||
	    skipped > bytes->size || keep > bytes->size - skipped)
		return false;
	bytes->at += skipped;
	bytes->size -= (uint32_t)skipped;
	if (keep)
		bytes->size = (uint32_t)keep;
	return true;
}

bool rm_eval_place(const struct rm_eval *e, const struct rm_expr *x,
		   struct rm_bytes *ret)
{
	uint64_t number;

	switch (x->kind) {
	case RM_EXPR_BYTES:
		return rm_eval_bytes(e, x->field, 0, ret);
	case RM_EXPR_DYNAMIC:
		return rm_eval_bytes(e, x->field, x->value, ret);
	case RM_EXPR_COND:
		return rm_eval_number(e, x->a, &number) &&
		       rm_eval_place(e, number ? x->b : x->c, ret);
	case RM_EXPR_ROW:
		return rm_eval_place(e, x->a, ret) &&
		       rm_eval_number(e, x->b, &number) &&
		       skip(ret, number, x->value, x->value);
	case RM_EXPR_BEHIND:
		return rm_eval_place(e, x->a, ret) &&
		       rm_eval_number(e, x->b, &number) &&
		       skip(ret, number, x->elements.size, 0);
	default:
		return false;
	}
}

/* ---- numbers --------------------------------------------------------------- */

static bool element_number(const struct rm_eval *e, const struct rm_expr *x,
			   uint64_t *ret)
{
	const struct rm_elements *elements = &x->a->elements;
	struct rm_bytes bytes;
	uint64_t index;

	if (!rm_eval_place(e, x->a, &bytes) ||
	    !rm_eval_number(e, x->b, &index) ||
	    !skip(&bytes, index, elements->size, elements->size))
		return false;
	*ret = rm_wrap(rm_load(bytes.at, elements->size, e->format->big_endian),
		       elements->size, !elements->is_signed);
	return true;
}

/* Most operands are leaves. */
static inline bool operand(const struct rm_eval *e, const struct rm_expr *x,
			   uint64_t *ret)
{
	if (x->kind == RM_EXPR_FIELD)
		return rm_field_number(e, x->field, ret);
	if (x->kind != RM_EXPR_CONST)
		return rm_eval_number(e, x, ret);
	*ret = x->value;
	return true;
}

static bool binary_number(const struct rm_eval *e, const struct rm_expr *x,
			  uint64_t *ret)
{
	uint64_t a;
	uint64_t b;

	if (!operand(e, x->a, &a))
		return false;
	/* C does not evaluate the right operand then. */
	if ((x->op == RM_OP_LOGICAL_AND && !a) ||
	    (x->op == RM_OP_LOGICAL_OR && a)) {
		*ret = x->op == RM_OP_LOGICAL_OR;
		return true;
	}
	if (!operand(e, x->b, &b))
		return false;
	/* This is the most frequent operation. Its operands need no conversion:
	 * the result is cut to its type. */
	if (x->op == RM_OP_AND) {
		*ret = rm_wrap(a & b, x->type.size, x->type.is_unsigned);
		return true;
	}
	return rm_op_compute(x->op, x->operands, a, b, ret);
}

static uint64_t swap(uint64_t value, uint64_t size)
{
	return size == 2   ? __builtin_bswap16((uint16_t)value)
	       : size == 4 ? __builtin_bswap32((uint32_t)value)
			   : __builtin_bswap64(value);
}

/* Applies an operator to its only operand, @a. */
static uint64_t unary(const struct rm_expr *x, uint64_t a)
{
	switch (x->kind) {
	case RM_EXPR_NOT:
		return !a;
	case RM_EXPR_BOOL:
		return a != 0;
	case RM_EXPR_MINUS:
		return rm_wrap(-a, x->type.size, x->type.is_unsigned);
	case RM_EXPR_INVERT:
		return rm_wrap(~a, x->type.size, x->type.is_unsigned);
	case RM_EXPR_SWAP:
		return swap(a, x->value);
	default:
		return rm_wrap(a, x->operands.size, x->operands.is_unsigned);
	}
}

bool rm_eval_number(const struct rm_eval *e, const struct rm_expr *x,
		    uint64_t *ret)
{
	struct rm_bytes bytes;
	uint64_t a;

	switch (x->kind) {
	case RM_EXPR_CONST:
		*ret = x->value;
		return true;
	case RM_EXPR_FIELD:
		return rm_field_number(e, x->field, ret);
	case RM_EXPR_ELEMENT:
		return element_number(e, x, ret);
	case RM_EXPR_LENGTH:
		if (!rm_eval_place(e, x->a, &bytes))
			return false;
		*ret = bytes.size;
		return true;
	case RM_EXPR_BINARY:
		return binary_number(e, x, ret);
	case RM_EXPR_COND:
		if (!rm_eval_number(e, x->a, &a) ||
		    !rm_eval_number(e, a ? x->b : x->c, &a))
			return false;
		*ret = rm_wrap(a, x->type.size, x->type.is_unsigned);
		return true;
	case RM_EXPR_MINUS:
	case RM_EXPR_INVERT:
	case RM_EXPR_NOT:
	case RM_EXPR_CONVERT:
	case RM_EXPR_BOOL:
	case RM_EXPR_SWAP:
		if (!rm_eval_number(e, x->a, &a))
			return false;
		*ret = unary(x, a);
		return true;
	default:
		return false;
	}
}

uint64_t rm_eval_named(const struct rm_eval *e, const char *name)
{
	const struct ringmap_field_info *field =
		rm_format_find(e->format, name);
	uint64_t value;

	return field && rm_is_number(field) && rm_field_number(e, field, &value)
		       ? value
		       : 0;
}
