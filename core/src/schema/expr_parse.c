/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * expr_parse.c - parses the C expressions of a print fmt
 */
#include "schema/expr_parser.h"

#include "base/word.h"
#include "schema/c_type.h"

#include <string.h>

/* Limits how deep brackets and signs nest. Kernels have a dozen. */
#define NESTING_MAX 64

static struct rm_expr *parse_unary(struct rm_expr_parser *p);

/* ---- operations ------------------------------------------------------------ */

/* An operator comes after those that begin with it and are longer. */
static const struct op {
	const char *token;
	unsigned int prio; /* loosest first */
	enum rm_op op;
} ops[] = {
	{"||", 1, RM_OP_LOGICAL_OR},
	{"&&", 2, RM_OP_LOGICAL_AND},
	{"|", 3, RM_OP_OR},
	{"^", 4, RM_OP_XOR},
	{"&", 5, RM_OP_AND},
	{"==", 6, RM_OP_EQUAL},
	{"!=", 6, RM_OP_UNEQUAL},
	{"<<", 8, RM_OP_SHIFT_LEFT},
	{">>", 8, RM_OP_SHIFT_RIGHT},
	{"<=", 7, RM_OP_LESS_EQUAL},
	{">=", 7, RM_OP_GREATER_EQUAL},
	{"<", 7, RM_OP_LESS},
	{">", 7, RM_OP_GREATER},
	{"+", 9, RM_OP_ADD},
	{"-", 9, RM_OP_SUBTRACT},
	{"*", 10, RM_OP_MULTIPLY},
	{"/", 10, RM_OP_DIVIDE},
	{"%", 10, RM_OP_MODULO},
};

static const struct op *peek_op(struct rm_expr_parser *p)
{
	rm_take(p, "");
	for (size_t i = 0; i < sizeof(ops) / sizeof(*ops); i++) {
		if (rm_behind(p->at, ops[i].token))
			return &ops[i];
	}
	return NULL;
}

static struct rm_expr *parse_binary(struct rm_expr_parser *p, unsigned int prio)
{
	struct rm_expr *left = parse_unary(p);
	const struct op *op;

	while (left && (op = peek_op(p)) && op->prio >= prio) {
		p->at += strlen(op->token);
		struct rm_expr *right = parse_binary(p, op->prio + 1);
		if (!right)
			return NULL;
		left = rm_expr_binary(p, op->op, left, right);
	}
	return left;
}

/* Parses what follows "a ?": "b : c" or, as GNU C allows, ": c" for "a : c". */
static struct rm_expr *parse_cond(struct rm_expr_parser *p, struct rm_expr *a)
{
	struct rm_expr *b = a;

	if (!rm_take(p, ":")) {
		b = rm_parse_expr(p);
		if (!b || !rm_take(p, ":"))
			return NULL;
	}
	struct rm_expr *c = rm_parse_expr(p);
	return c ? rm_expr_cond(p, a, b, c) : NULL;
}

struct rm_expr *rm_parse_expr(struct rm_expr_parser *p)
{
	if (++p->depth > NESTING_MAX)
		return NULL;
	struct rm_expr *x = parse_binary(p, 1);
	if (x && rm_take(p, "?"))
		x = parse_cond(p, x);
	p->depth--;
	return x;
}

/* ---- casts ----------------------------------------------------------------- */

/* Stars, and the words between them; how many chars of @at. */
static size_t type_size(const char *at)
{
	size_t size = 0;

	while (rm_is_word(at[size]) || at[size] == ' ' || at[size] == '*')
		size++;
	return size;
}

/* Takes a type and the closing bracket, if an operand follows. */
static bool take_cast(struct rm_expr_parser *p, struct rm_span *ret)
{
	const char *at = p->at + strspn(p->at, " ");
	size_t size = type_size(at);
	struct rm_c_type c;

	if (!rm_is_word(*at) || rm_digit(*at) < 10 || at[size] != ')')
		return false;
	if (!strncmp(at, "REC", 3) && !rm_is_word(at[3]))
		return false;
	const char *next = at + size + 1;
	next += strspn(next, " \t\r\n");
	rm_c_type(at, size, p->format->long_size, &c);
	/* "(NAME) - 1" is no cast of -1, but "(int) - 1" is. */
	bool sign = *next && strchr("-~!*&", *next);
	if (!*next ||
	    !(rm_is_word(*next) || strchr("(\"'", *next) || (sign && c.size)))
		return false;
	*ret = (struct rm_span){at, size};
	p->at = next;
	return true;
}

/* ---- operands -------------------------------------------------------------- */

/* Returns the type of an integer constant by its suffix and its size. */
static struct rm_number_type constant_type(const struct rm_expr_parser *p,
					   uint64_t value, bool decimal,
					   unsigned int us, unsigned int ls)
{
	uint32_t size = ls == 1 ? p->format->long_size : ls ? 8 : 4;
	bool is_unsigned = us;

	if (size == 4 && value > UINT32_MAX)
		size = 8;
	if (size == 4 && value > INT32_MAX && !is_unsigned) {
		is_unsigned = !decimal;
		size = decimal ? 8 : 4;
	}
	if (size == 8 && value > INT64_MAX)
		is_unsigned = true;
	return (struct rm_number_type){(uint8_t)size, is_unsigned};
}

/* Parses a number such as "0x10UL". */
static struct rm_expr *parse_number(struct rm_expr_parser *p)
{
	unsigned int base = 10;
	unsigned int us = 0;
	unsigned int ls = 0;
	uint64_t value = 0;

	if (p->at[0] == '0' && (p->at[1] | 0x20) == 'x') {
		base = 16;
		p->at += 2;
	} else if (p->at[0] == '0') {
		base = 8;
	}
	for (; rm_digit(*p->at) < base; p->at++) {
		if (value > (UINT64_MAX - rm_digit(*p->at)) / base)
			return NULL;
		value = value * base + rm_digit(*p->at);
	}
	for (; *p->at && strchr("uUlL", *p->at); p->at++) {
		us += (*p->at | 0x20) == 'u';
		ls += (*p->at | 0x20) == 'l';
	}
	if (us > 1 || ls > 2 || rm_is_word(*p->at) || *p->at == '.')
		return NULL;
	return rm_expr_const(p, value,
			     constant_type(p, value, base == 10, us, ls));
}

/* Parses a char such as "'x'". */
static struct rm_expr *parse_char(struct rm_expr_parser *p)
{
	const char *end = p->at + strlen(p->at);

	p->at++;
	if (p->at == end || *p->at == '\'')
		return NULL;
	char c = rm_unescape(&p->at, end);
	if (*p->at != '\'')
		return NULL;
	p->at++;
	return rm_expr_const(p, (uint8_t)c, (struct rm_number_type){4, false});
}

static struct rm_expr *parse_string(struct rm_expr_parser *p)
{
	struct rm_span text;

	if (!rm_take_string(p, &text))
		return NULL;
	struct rm_expr *x =
		rm_expr_new(p, RM_EXPR_STRING, RM_CLASS_TEXT, NULL, NULL, NULL);
	if (x)
		x->text = text;
	return x;
}

/* "(REC)->field" and "REC->field", behind REC. */
static struct rm_expr *parse_field(struct rm_expr_parser *p)
{
	struct ringmap_field_info *field;
	struct rm_span name;

	if (!rm_take(p, "->") || !rm_take_word(p, &name))
		return NULL;
	field = rm_word_field(p, &name);
	return field ? rm_expr_field(p, field) : NULL;
}

/* Kernels leave these numbers in a print fmt by name. */
static bool known_name(const struct rm_span *name, uint64_t *ret)
{
	static const struct {
		const char *name;
		uint64_t value;
	} known[] = {
		{"HI_SOFTIRQ", 0},
		{"TIMER_SOFTIRQ", 1},
		{"NET_TX_SOFTIRQ", 2},
		{"NET_RX_SOFTIRQ", 3},
		{"BLOCK_SOFTIRQ", 4},
		{"IRQ_POLL_SOFTIRQ", 5},
		{"BLOCK_IOPOLL_SOFTIRQ", 5},
		{"TASKLET_SOFTIRQ", 6},
		{"SCHED_SOFTIRQ", 7},
		{"HRTIMER_SOFTIRQ", 8},
		{"RCU_SOFTIRQ", 9},
		{"HRTIMER_NORESTART", 0},
		{"HRTIMER_RESTART", 1},
		{"NULL", 0},
		{"DUMP_PREFIX_NONE", 0},
		{"DUMP_PREFIX_ADDRESS", 1},
		{"DUMP_PREFIX_OFFSET", 2},
		{"false", 0},
		{"true", 1},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (rm_span_is(name, known[i].name)) {
			*ret = known[i].value;
			return true;
		}
	}
	return false;
}

/* A name in a table is an enumerator; elsewhere it is a symbol to look up. */
static struct rm_expr *parse_symbol(struct rm_expr_parser *p,
				    const struct rm_span *name)
{
	struct rm_expr *x = rm_expr_new(p, RM_EXPR_SYMBOL, RM_CLASS_NUMBER,
					NULL, NULL, NULL);

	if (!x)
		return NULL;
	x->text = *name;
	x->type = (struct rm_number_type){(uint8_t)p->format->long_size, true};
	if (p->in_row)
		return x;
	struct rm_named *named =
		rm_arena_alloc(&p->format->arena, sizeof(*named));
	p->no_memory |= !named;
	if (!named)
		return NULL;
	*named = (struct rm_named){p->named, x};
	p->named = named;
	return x;
}

static struct rm_expr *parse_name(struct rm_expr_parser *p)
{
	struct rm_span name;
	uint64_t value;

	if (!rm_take_word(p, &name))
		return NULL;
	if (rm_span_is(&name, "REC"))
		return parse_field(p);
	if (rm_take(p, "("))
		return rm_parse_call(p, &name);
	if (known_name(&name, &value))
		return rm_expr_const(p, value,
				     (struct rm_number_type){4, false});
	return parse_symbol(p, &name);
}

static struct rm_expr *parse_bracket(struct rm_expr_parser *p)
{
	const char *at = p->at;
	struct rm_span type;
	struct rm_span word;

	if (take_cast(p, &type)) {
		struct rm_expr *a = parse_unary(p);
		return a ? rm_expr_cast(p, &type, a) : NULL;
	}
	if (rm_take_word(p, &word) && rm_span_is(&word, "REC") &&
	    rm_take(p, ")"))
		return parse_field(p);
	p->at = at;
	struct rm_expr *x = rm_parse_expr(p);
	return x && rm_take(p, ")") ? x : NULL;
}

static struct rm_expr *parse_primary(struct rm_expr_parser *p)
{
	rm_take(p, "");
	if (*p->at == '"')
		return parse_string(p);
	if (*p->at == '\'')
		return parse_char(p);
	if (rm_digit(*p->at) < 10)
		return parse_number(p);
	return rm_take(p, "(") ? parse_bracket(p) : parse_name(p);
}

static struct rm_expr *parse_postfix(struct rm_expr_parser *p)
{
	struct rm_expr *x = parse_primary(p);

	while (x && rm_take(p, "[")) {
		struct rm_expr *index = rm_parse_expr(p);

		if (!index || !rm_take(p, "]"))
			return NULL;
		x = rm_expr_index(p, x, index);
	}
	return x;
}

static struct rm_expr *parse_sign(struct rm_expr_parser *p, char sign)
{
	struct rm_expr *zero;
	struct rm_expr *x = parse_unary(p);

	if (!x)
		return NULL;
	switch (sign) {
	case '+':
		return x->class == RM_CLASS_NUMBER ? x : NULL;
	case '&':
		return rm_expr_place(p, x);
	case '*':
		zero = rm_expr_const(p, 0, (struct rm_number_type){4, false});
		return zero ? rm_expr_index(p, x, zero) : NULL;
	default:
		return rm_expr_unary(p, sign, x);
	}
}

static struct rm_expr *parse_unary(struct rm_expr_parser *p)
{
	rm_take(p, "");
	if (!*p->at || !strchr("!~-+&*", *p->at) || !strncmp(p->at, "&&", 2))
		return parse_postfix(p);
	if (++p->depth > NESTING_MAX)
		return NULL;
	char sign = *p->at++;
	struct rm_expr *x = parse_sign(p, sign);
	p->depth--;
	return x;
}
