/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * expr_node.c - nodes of expressions, and the types that C gives them
 */
#include "schema/expr_parser.h"

#include "base/word.h"
#include "schema/c_type.h"

#include <string.h>

/* The size of what a pointer points to is unknown: nothing can be added to it. */
#define POINTEE_UNKNOWN UINT32_MAX

static const struct rm_number_type type_int = {4, false};

static struct rm_number_type type_ulong(const struct rm_expr_parser *p)
{
	return (struct rm_number_type){(uint8_t)p->format->long_size, true};
}

struct rm_expr *rm_expr_new(struct rm_expr_parser *p, enum rm_expr_kind kind,
			    enum rm_expr_class class, const struct rm_expr *a,
			    const struct rm_expr *b, const struct rm_expr *c)
{
	const struct rm_expr *const below[] = {a, b, c};
	uint16_t depth = 0;

	for (size_t i = 0; i < 3; i++) {
		if (below[i] && below[i]->depth >= depth)
			depth = (uint16_t)(below[i]->depth + 1);
	}
	if (depth > RM_EXPR_DEPTH_MAX)
		return NULL;
	struct rm_expr *x = rm_arena_alloc(&p->format->arena, sizeof(*x));
	p->no_memory |= !x;
	if (!x)
		return NULL;
	*x = (struct rm_expr){.kind = kind,
			      .class = class,
			      .type = type_int,
			      .depth = depth,
			      .a = a,
			      .b = b,
			      .c = c};
	return x;
}

struct rm_expr *rm_expr_const(struct rm_expr_parser *p, uint64_t value,
			      struct rm_number_type type)
{
	struct rm_expr *x = rm_expr_new(p, RM_EXPR_CONST, RM_CLASS_NUMBER, NULL,
					NULL, NULL);

	if (!x)
		return NULL;
	x->type = type;
	x->value = rm_wrap(value, type.size, type.is_unsigned);
	return x;
}

/* ---- operations ------------------------------------------------------------ */

/* Returns the type that C converts two operands to. */
static struct rm_number_type common_type(struct rm_number_type a,
					 struct rm_number_type b)
{
	if (a.size != b.size)
		return a.size > b.size ? a : b;
	return a.is_unsigned ? a : b;
}

static bool less(struct rm_number_type type, uint64_t a, uint64_t b)
{
	return type.is_unsigned ? a < b : (int64_t)a < (int64_t)b;
}

static bool divide(struct rm_number_type type, uint64_t a, uint64_t b,
		   bool modulo, uint64_t *ret)
{
	if (!b)
		return false;
	if (type.is_unsigned)
		*ret = modulo ? a % b : a / b;
	else if ((int64_t)b == -1)
		/* The machine traps where the quotient has no room. */
		*ret = modulo ? 0 : -a;
	else
		*ret = (uint64_t)(modulo ? (int64_t)a % (int64_t)b
					 : (int64_t)a / (int64_t)b);
	return true;
}

static bool shift(struct rm_number_type type, uint64_t a, uint64_t b, bool left,
		  uint64_t *ret)
{
	if (b >= 8U * type.size)
		return false;
	*ret = left               ? a << b
	       : type.is_unsigned ? a >> b
				  : (uint64_t)((int64_t)a >> b);
	return true;
}

static bool compute(enum rm_op op, struct rm_number_type type, uint64_t a,
		    uint64_t b, uint64_t *ret)
{
	switch (op) {
	case RM_OP_LOGICAL_OR:
		*ret = a || b;
		return true;
	case RM_OP_LOGICAL_AND:
		*ret = a && b;
		return true;
	case RM_OP_OR:
		*ret = a | b;
		return true;
	case RM_OP_XOR:
		*ret = a ^ b;
		return true;
	case RM_OP_AND:
		*ret = a & b;
		return true;
	case RM_OP_EQUAL:
		*ret = a == b;
		return true;
	case RM_OP_UNEQUAL:
		*ret = a != b;
		return true;
	case RM_OP_LESS:
		*ret = less(type, a, b);
		return true;
	case RM_OP_GREATER:
		*ret = less(type, b, a);
		return true;
	case RM_OP_LESS_EQUAL:
		*ret = !less(type, b, a);
		return true;
	case RM_OP_GREATER_EQUAL:
		*ret = !less(type, a, b);
		return true;
	case RM_OP_ADD:
		*ret = a + b;
		return true;
	case RM_OP_SUBTRACT:
		*ret = a - b;
		return true;
	case RM_OP_MULTIPLY:
		*ret = a * b;
		return true;
	case RM_OP_DIVIDE:
	case RM_OP_MODULO:
		return divide(type, a, b, op == RM_OP_MODULO, ret);
	case RM_OP_SHIFT_LEFT:
	case RM_OP_SHIFT_RIGHT:
		return shift(type, a, b, op == RM_OP_SHIFT_LEFT, ret);
	}
	return false;
}

static bool is_shift(enum rm_op op)
{
	return op == RM_OP_SHIFT_LEFT || op == RM_OP_SHIFT_RIGHT;
}

/* Its result is an int, whatever it compares. */
static bool is_truth(enum rm_op op)
{
	return op <= RM_OP_LOGICAL_AND ||
	       (op >= RM_OP_EQUAL && op <= RM_OP_GREATER_EQUAL);
}

bool rm_op_compute(enum rm_op op, struct rm_number_type type, uint64_t a,
		   uint64_t b, uint64_t *ret)
{
	uint64_t value;

	if (!is_shift(op)) {
		a = rm_wrap(a, type.size, type.is_unsigned);
		b = rm_wrap(b, type.size, type.is_unsigned);
	}
	if (!compute(op, type, a, b, &value))
		return false;
	*ret = is_truth(op) ? value
			    : rm_wrap(value, type.size, type.is_unsigned);
	return true;
}

/* Converts a number of elements to bytes. */
static const struct rm_expr *scale(struct rm_expr_parser *p,
				   const struct rm_expr *count, uint32_t size)
{
	if (size == 1)
		return count;
	const struct rm_expr *factor = rm_expr_const(p, size, type_ulong(p));
	return factor ? rm_expr_binary(p, RM_OP_MULTIPLY, count, factor) : NULL;
}

/* "place + number" and the like of pointers, whose numbers count elements. */
static struct rm_expr *add_to_pointer(struct rm_expr_parser *p, enum rm_op op,
				      const struct rm_expr *pointer,
				      const struct rm_expr *count)
{
	if (count->class != RM_CLASS_NUMBER || count->elements.size)
		return NULL;
	if (pointer->class == RM_CLASS_PLACE) {
		if (op != RM_OP_ADD || pointer->elements.inner)
			return NULL;
		struct rm_expr *x =
			rm_expr_new(p, RM_EXPR_BEHIND, RM_CLASS_PLACE, pointer,
				    count, NULL);
		if (x)
			x->elements = pointer->elements;
		return x;
	}
	const bool is_known = pointer->elements.size != POINTEE_UNKNOWN;
	const struct rm_expr *bytes =
		is_known ? scale(p, count, pointer->elements.size) : count;
	if (!bytes)
		return NULL;
	struct rm_expr *x =
		rm_expr_new(p, is_known ? RM_EXPR_BINARY : RM_EXPR_UNKNOWN,
			    RM_CLASS_NUMBER, pointer, bytes, NULL);
	if (x) {
		x->op = op;
		x->type = type_ulong(p);
		x->operands = x->type;
		x->elements = pointer->elements;
	}
	return x;
}

static bool is_pointer(const struct rm_expr *x)
{
	return x->class == RM_CLASS_PLACE ||
	       (x->class == RM_CLASS_NUMBER && x->elements.size);
}

struct rm_expr *rm_expr_binary(struct rm_expr_parser *p, enum rm_op op,
			       const struct rm_expr *a, const struct rm_expr *b)
{
	bool sum = op == RM_OP_ADD || op == RM_OP_SUBTRACT;
	uint64_t value;

	if (sum && is_pointer(a))
		return add_to_pointer(p, op, a, b);
	if (op == RM_OP_ADD && is_pointer(b))
		return add_to_pointer(p, op, b, a);
	if (a->class != RM_CLASS_NUMBER || b->class != RM_CLASS_NUMBER ||
	    (sum && is_pointer(b)))
		return NULL;
	struct rm_number_type type =
		is_shift(op) ? a->type : common_type(a->type, b->type);
	if (op <= RM_OP_LOGICAL_AND)
		type = (struct rm_number_type){8, true};
	struct rm_number_type result = is_truth(op) ? type_int : type;
	if (a->kind == RM_EXPR_CONST && b->kind == RM_EXPR_CONST)
		return rm_op_compute(op, type, a->value, b->value, &value)
			       ? rm_expr_const(p, value, result)
			       : NULL;
	/* A division by a constant 0 is wrong in every record. */
	if ((op == RM_OP_DIVIDE || op == RM_OP_MODULO) &&
	    b->kind == RM_EXPR_CONST && !b->value)
		return NULL;
	struct rm_expr *x =
		rm_expr_new(p, RM_EXPR_BINARY, RM_CLASS_NUMBER, a, b, NULL);
	if (x) {
		x->op = op;
		x->type = result;
		x->operands = type;
	}
	return x;
}

struct rm_expr *rm_expr_unary(struct rm_expr_parser *p, char sign,
			      const struct rm_expr *a)
{
	enum rm_expr_kind kind = sign == '-'   ? RM_EXPR_MINUS
				 : sign == '~' ? RM_EXPR_INVERT
					       : RM_EXPR_NOT;
	struct rm_number_type type = sign == '!' ? type_int : a->type;

	if (a->class != RM_CLASS_NUMBER)
		return NULL;
	if (a->kind == RM_EXPR_CONST)
		return rm_expr_const(p,
				     sign == '-'   ? -a->value
				     : sign == '~' ? ~a->value
						   : !a->value,
				     type);
	struct rm_expr *x =
		rm_expr_new(p, kind, RM_CLASS_NUMBER, a, NULL, NULL);
	if (x)
		x->type = type;
	return x;
}

struct rm_expr *rm_expr_cond(struct rm_expr_parser *p, const struct rm_expr *a,
			     struct rm_expr *b, struct rm_expr *c)
{
	if (a->class != RM_CLASS_NUMBER)
		return NULL;
	if (b->class != c->class) {
		b = rm_expr_text(p, b);
		c = b ? rm_expr_text(p, c) : NULL;
		if (!b || !c)
			return NULL;
	}
	struct rm_expr *x = rm_expr_new(p, RM_EXPR_COND, b->class, a, b, c);
	if (!x)
		return NULL;
	x->elements = b->elements;
	if (x->class == RM_CLASS_NUMBER) {
		x->type = common_type(b->type, c->type);
		x->elements = (struct rm_elements){0};
	}
	/* A number that the compiler could have computed is a constant, as in
	 * tables. The branches of others stay, for whoever asks for tables. */
	if (a->kind == RM_EXPR_CONST && x->class == RM_CLASS_NUMBER) {
		const struct rm_expr *taken = a->value ? b : c;

		if (taken->kind == RM_EXPR_CONST)
			return rm_expr_const(p, taken->value, x->type);
	}
	return x;
}

/* ---- fields ---------------------------------------------------------------- */

static bool is_dynamic(const struct ringmap_field_info *field)
{
	return field->flags & (RINGMAP_FIELD_DATA_LOC | RINGMAP_FIELD_REL_LOC);
}

static bool is_number_size(uint32_t size)
{
	return size == 1 || size == 2 || size == 4 || size == 8;
}

/* Returns the size of an element that a pointer of this type points to. */
static uint32_t pointee(const struct rm_expr_parser *p, const char *type,
			size_t size)
{
	struct rm_c_type c;

	while (size && type[size - 1] == ' ')
		size--;
	size -= size && type[size - 1] == '*';
	rm_c_type(type, size, p->format->long_size, &c);
	if (c.size)
		return c.size;
	while (size && type[size - 1] == ' ')
		size--;
	return size >= 4 && !memcmp(type + size - 4, "void", 4)
		       ? 1
		       : POINTEE_UNKNOWN;
}

static struct rm_expr *number_field(struct rm_expr_parser *p,
				    const struct ringmap_field_info *field)
{
	struct rm_expr *x = rm_expr_new(p, RM_EXPR_FIELD, RM_CLASS_NUMBER, NULL,
					NULL, NULL);

	if (!x)
		return NULL;
	x->field = field;
	if (field->kind == RINGMAP_KIND_POINTER)
		x->elements.size = pointee(p, field->type, strlen(field->type));
	if (field->size >= 4)
		x->type = (struct rm_number_type){
			(uint8_t)field->size,
			!(field->flags & RINGMAP_FIELD_SIGNED)};
	return x;
}

struct rm_expr *rm_expr_field(struct rm_expr_parser *p,
			      const struct ringmap_field_info *field)
{
	/* The u32 itself is nothing that a print fmt shows. */
	if (is_dynamic(field))
		return NULL;
	if (!(field->flags & RINGMAP_FIELD_ARRAY) &&
	    is_number_size(field->size))
		return number_field(p, field);
	struct rm_expr *x =
		rm_expr_new(p, RM_EXPR_BYTES, RM_CLASS_PLACE, NULL, NULL, NULL);
	if (!x)
		return NULL;
	x->field = field;
	x->elements = (struct rm_elements){.size = field->elem_size,
					   .inner = field->inner,
					   .is_signed = field->flags &
							RINGMAP_FIELD_SIGNED};
	return x;
}

struct rm_expr *rm_expr_index(struct rm_expr_parser *p, const struct rm_expr *a,
			      const struct rm_expr *b)
{
	const struct rm_elements *e = &a->elements;

	if (a->class != RM_CLASS_PLACE || b->class != RM_CLASS_NUMBER)
		return NULL;
	if (e->inner) {
		struct rm_expr *row =
			rm_expr_new(p, RM_EXPR_ROW, RM_CLASS_PLACE, a, b, NULL);
		if (!row)
			return NULL;
		row->value = (uint64_t)e->size * e->inner;
		row->elements = *e;
		row->elements.inner = 0;
		return row;
	}
	if (!is_number_size(e->size))
		return NULL;
	struct rm_expr *x =
		rm_expr_new(p, RM_EXPR_ELEMENT, RM_CLASS_NUMBER, a, b, NULL);
	if (x && e->size >= 4)
		x->type = (struct rm_number_type){(uint8_t)e->size,
						  !e->is_signed};
	return x;
}

struct rm_expr *rm_expr_place(struct rm_expr_parser *p, struct rm_expr *a)
{
	if (a->class == RM_CLASS_PLACE)
		return a;
	if (a->kind == RM_EXPR_ELEMENT)
		return add_to_pointer(p, RM_OP_ADD, a->a, a->b);
	if (a->kind == RM_EXPR_CONVERT && a->elements.size)
		return rm_expr_place(p, (struct rm_expr *)(uintptr_t)a->a);
	if (a->kind != RM_EXPR_FIELD)
		return NULL;
	struct rm_expr *x =
		rm_expr_new(p, RM_EXPR_BYTES, RM_CLASS_PLACE, NULL, NULL, NULL);
	if (!x)
		return NULL;
	x->field = a->field;
	x->elements = (struct rm_elements){.size = a->field->size,
					   .is_signed = a->field->flags &
							RINGMAP_FIELD_SIGNED};
	return x;
}

/* ---- casts ----------------------------------------------------------------- */

/* The elements at a place, when its pointer has another type. */
static struct rm_expr *cast_place(struct rm_expr_parser *p,
				  const struct rm_span *type,
				  const struct rm_c_type *c, struct rm_expr *a)
{
	struct rm_c_type elem;
	struct rm_expr *x;

	/* The value would be an address in the ring, which is not known. */
	if (!c->pointer)
		return NULL;
	size_t size = type->size;
	while (size && type->at[size - 1] == ' ')
		size--;
	size -= size && type->at[size - 1] == '*';
	rm_c_type(type->at, size, p->format->long_size, &elem);
	if (!elem.size || elem.is_struct)
		return a;
	/* It counts elements of the old type. */
	if (a->kind == RM_EXPR_BEHIND)
		return NULL;
	x = rm_expr_new(p, a->kind, RM_CLASS_PLACE, a->a, a->b, a->c);
	if (!x)
		return NULL;
	*x = *a;
	x->elements = (struct rm_elements){.size = elem.size,
					   .is_signed = elem.sign == RM_SIGNED};
	return x;
}

static struct rm_expr *cast_number(struct rm_expr_parser *p,
				   const struct rm_span *type,
				   const struct rm_c_type *c, struct rm_expr *a)
{
	bool is_unsigned = c->pointer || c->sign != RM_SIGNED;
	bool small = c->size < 4;
	struct rm_number_type result = {small ? 4 : (uint8_t)c->size,
					!small && is_unsigned};
	struct rm_expr *x;

	if (c->is_bool && !c->pointer) {
		if (a->kind == RM_EXPR_CONST)
			return rm_expr_const(p, !!a->value, type_int);
		return rm_expr_new(p, RM_EXPR_BOOL, RM_CLASS_NUMBER, a, NULL,
				   NULL);
	}
	if (a->kind == RM_EXPR_CONST)
		x = rm_expr_const(p, rm_wrap(a->value, c->size, is_unsigned),
				  result);
	else
		x = rm_expr_new(p, RM_EXPR_CONVERT, RM_CLASS_NUMBER, a, NULL,
				NULL);
	if (!x)
		return NULL;
	x->type = result;
	x->operands = (struct rm_number_type){(uint8_t)c->size, is_unsigned};
	if (c->pointer)
		x->elements.size = pointee(p, type->at, type->size);
	return x;
}

struct rm_expr *rm_expr_cast(struct rm_expr_parser *p,
			     const struct rm_span *type, struct rm_expr *a)
{
	struct rm_c_type c;

	rm_c_type(type->at, type->size, p->format->long_size, &c);
	if (a->class == RM_CLASS_TEXT)
		return c.pointer ? a : NULL;
	if (a->class == RM_CLASS_PLACE)
		return cast_place(p, type, &c, a);
	/* Types of unknown size leave values alone, as do enums. */
	if (c.is_struct && !c.pointer)
		return NULL;
	if (!c.size || (c.sign == RM_SIGN_UNKNOWN && !c.is_char && !c.pointer))
		return a;
	return cast_number(p, type, &c, a);
}

/* ---- texts ----------------------------------------------------------------- */

static struct rm_expr *text_of(struct rm_expr_parser *p, enum rm_expr_kind kind,
			       struct rm_expr *a)
{
	return rm_expr_new(p, kind, RM_CLASS_TEXT, a, NULL, NULL);
}

struct rm_expr *rm_expr_text(struct rm_expr_parser *p, struct rm_expr *a)
{
	struct rm_expr *x;

	switch (a->class) {
	case RM_CLASS_TEXT:
		return a;
	case RM_CLASS_PLACE:
		return text_of(p, RM_EXPR_CHARS, a);
	case RM_CLASS_NUMBER:
		break;
	}
	if (a->kind == RM_EXPR_CONST && !a->value) {
		x = rm_expr_new(p, RM_EXPR_STRING, RM_CLASS_TEXT, NULL, NULL,
				NULL);
		if (x)
			x->text = (struct rm_span){"(null)", strlen("(null)")};
		return x;
	}
	/* A pointer; old formats call some of them unsigned long. */
	if (a->type.size != p->format->long_size || !a->type.is_unsigned)
		return NULL;
	return text_of(p, RM_EXPR_POINTED, a);
}
