/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * print_expr.c - C expressions as print fmts have them
 */
#include "schema/print_parser.h"

#include "schema/c_type.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* libtraceevent calls itself for each, when parsing and when printing. */
#define DEPTH_MAX 64
#define OPS_MAX 200

/* Loosest first; of two with one beginning the longer one first. */
static const struct op {
	const char *token;
	unsigned int prio;
} ops[] = {
	{"||", 1}, {"&&", 2}, {"|", 3},  {"&", 5},  {"==", 6}, {"!=", 6},
	{"<<", 8}, {">>", 8}, {"<=", 7}, {">=", 7}, {"<", 7},  {">", 7},
	{"+", 9},  {"-", 9},  {"*", 10}, {"/", 10}, {"%", 10},
};

static bool parse_unary(struct rm_print_parser *p, struct rm_operand *ret);

static void skip_blanks(struct rm_print_parser *p)
{
	rm_print_take(p, "");
}

/* Writes a constant over what was written of its operands. */
static void set_const(struct rm_print_parser *p, struct rm_operand *o,
		      uint64_t value)
{
	o->kind = RM_OPERAND_CONST;
	o->value = value;
	rm_text_cut(&p->out, o->begin);
	rm_text_printf(&p->out, "%" PRIu64, value);
}

/* ---- operations ----------------------------------------------------------- */

/* False: it divides by 0. */
static bool compute(const struct op *op, uint64_t a, uint64_t b, uint64_t *ret)
{
	switch (op->token[0]) {
	case '|':
		*ret = op->token[1] ? a || b : a | b;
		break;
	case '&':
		*ret = op->token[1] ? a && b : a & b;
		break;
	case '=':
		*ret = a == b;
		break;
	case '!':
		*ret = a != b;
		break;
	case '<':
		*ret = op->token[1] == '<'   ? (b < 64 ? a << b : 0)
		       : op->token[1] == '=' ? (int64_t)a <= (int64_t)b
					     : (int64_t)a < (int64_t)b;
		break;
	case '>':
		*ret = op->token[1] == '>'   ? (b < 64 ? a >> b : 0)
		       : op->token[1] == '=' ? (int64_t)a >= (int64_t)b
					     : (int64_t)a > (int64_t)b;
		break;
	case '+':
		*ret = a + b;
		break;
	case '-':
		*ret = a - b;
		break;
	case '*':
		*ret = a * b;
		break;
	case '/':
		*ret = b ? a / b : 0;
		return b;
	default:
		*ret = b ? a % b : 0;
		return b;
	}
	return true;
}

static bool join(struct rm_print_parser *p, const struct op *op,
		 struct rm_operand *left, const struct rm_operand *right)
{
	bool divides = op->token[0] == '/' || op->token[0] == '%';

	if (left->kind == RM_OPERAND_CONST && right->kind == RM_OPERAND_CONST) {
		uint64_t value;

		if (!compute(op, left->value, right->value, &value))
			return false;
		set_const(p, left, value);
		return true;
	}
	/* libtraceevent divides at once, and takes a name for 0. */
	if (divides && (right->kind == RM_OPERAND_NAME ||
			(right->kind == RM_OPERAND_CONST && !right->value)))
		return false;
	if (++p->ops > OPS_MAX)
		return false;
	/* It would tear an operation on the right apart, brackets or not. */
	if (!p->out.failed && p->out.at[right->begin] == '(')
		rm_text_insert(&p->out, right->begin, "(u64)");
	rm_text_insert(&p->out, left->begin, "(");
	rm_text_puts(&p->out, ")");
	left->kind = RM_OPERAND_ANY;
	return true;
}

static const struct op *peek_op(struct rm_print_parser *p)
{
	skip_blanks(p);
	for (size_t i = 0; i < sizeof(ops) / sizeof(*ops); i++) {
		if (!strncmp(p->at, ops[i].token, strlen(ops[i].token)))
			return &ops[i];
	}
	return NULL;
}

static bool parse_binary(struct rm_print_parser *p, unsigned int prio,
			 struct rm_operand *ret)
{
	const struct op *op;

	if (!parse_unary(p, ret))
		return false;
	while ((op = peek_op(p)) && op->prio >= prio) {
		struct rm_operand right;

		p->at += strlen(op->token);
		rm_text_printf(&p->out, " %s ", op->token);
		if (!parse_binary(p, op->prio + 1, &right) ||
		    !join(p, op, ret, &right))
			return false;
	}
	return true;
}

bool rm_print_expr(struct rm_print_parser *p, struct rm_operand *ret)
{
	struct rm_operand side;

	if (++p->depth > DEPTH_MAX || !parse_binary(p, 1, ret))
		return false;
	if (rm_print_take(p, "?")) {
		rm_text_insert(&p->out, ret->begin, "(");
		rm_text_puts(&p->out, " ? ");
		if (!rm_print_expr(p, &side) || !rm_print_take(p, ":"))
			return false;
		rm_text_puts(&p->out, " : ");
		if (!rm_print_expr(p, &side) || ++p->ops > OPS_MAX)
			return false;
		rm_text_puts(&p->out, ")");
		ret->kind = RM_OPERAND_ANY;
	}
	p->depth--;
	return !p->out.failed;
}

/* ---- casts ------------------------------------------------------------------ */

struct cast {
	struct rm_span type; /* between the brackets */
	struct rm_c_type c;
};

/* Behind a bracket: words, stars, a bracket, and then an operand. */
static bool take_cast(struct rm_print_parser *p, struct cast *ret)
{
	static const char words[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
	static const char signs[] = "-~!";
	const char *at = p->at + strspn(p->at, " ");
	size_t size = strspn(at, words);

	if (!size || (*at >= '0' && *at <= '9') || !strncmp(at, "REC", 3))
		return false;
	while (at[size] == ' ' || at[size] == '*')
		size += strspn(at + size, " *") +
			strspn(at + size + strspn(at + size, " *"), words);
	if (at[size] != ')')
		return false;
	const char *next = at + size + 1;
	next += strspn(next, " ");
	rm_c_type(at, size, p->format->long_size, &ret->c);
	bool known = ret->c.size;
	if (!*next || !(strchr(words, *next) || strchr("(\"'", *next) ||
			(known && strchr(signs, *next))))
		return false;
	ret->type = (struct rm_span){at, size};
	p->at = at + size + 1;
	return true;
}

/* "(unsigned long)", "(struct page *)", with one star at most. */
static void write_cast(struct rm_print_parser *p, const struct cast *cast)
{
	const char *end = cast->type.at + cast->type.size;
	const char *gap = "";

	rm_text_puts(&p->out, "(");
	for (const char *at = cast->type.at; at < end;) {
		size_t size = strcspn(at, " *)");

		if (size) {
			rm_text_puts(&p->out, gap);
			rm_text_add(&p->out, at, size);
			gap = " ";
		}
		at += size + strspn(at + size, " *");
	}
	rm_text_puts(&p->out, cast->c.pointer ? " *)" : ")");
}

static uint64_t convert(uint64_t value, const struct rm_c_type *type)
{
	unsigned int unused = 64 - 8 * type->size;

	if (!type->size || type->size >= 8 || type->pointer)
		return value;
	value <<= unused;
	return type->sign == RM_SIGNED ? (uint64_t)((int64_t)value >> unused)
				       : value >> unused;
}

static bool parse_cast(struct rm_print_parser *p, const struct cast *cast,
		       struct rm_operand *ret)
{
	size_t begin = p->out.size;

	rm_text_puts(&p->out, "(");
	write_cast(p, cast);
	if (++p->depth > DEPTH_MAX || !parse_unary(p, ret))
		return false;
	p->depth--;
	rm_text_puts(&p->out, ")");
	ret->begin = begin;
	if (ret->kind == RM_OPERAND_CONST)
		set_const(p, ret, convert(ret->value, &cast->c));
	else if (ret->kind == RM_OPERAND_NAME || ret->kind == RM_OPERAND_STRING)
		ret->kind = RM_OPERAND_ANY;
	return true;
}

/* ---- operands --------------------------------------------------------------- */

/* "0x10UL"; also 'x'. */
static bool parse_number(struct rm_print_parser *p, struct rm_operand *ret)
{
	char *end;

	if (*p->at == '\'') {
		if (p->at[1] < ' ' || p->at[1] > '~' || p->at[1] == '\\' ||
		    p->at[2] != '\'')
			return false;
		set_const(p, ret, (uint64_t)p->at[1]);
		p->at += 3;
		return true;
	}
	uint64_t value = strtoull(p->at, &end, 0);
	p->at = end + strspn(end, "uUlL");
	set_const(p, ret, value);
	return true;
}

/* "(REC)->field" and "REC->field", behind REC. */
static bool parse_field(struct rm_print_parser *p, struct rm_operand *ret)
{
	struct rm_span name;

	if (!rm_print_take(p, "->") || !rm_print_word(p, &name))
		return false;
	ret->kind = RM_OPERAND_FIELD;
	ret->field = rm_print_field(p, &name);
	rm_text_puts(&p->out, "REC->");
	rm_text_add(&p->out, name.at, name.size);
	return ret->field;
}

/* Numbers that old kernels wrote by name. */
static bool known_name(const struct rm_span *name, uint64_t *ret)
{
	static const struct {
		const char *name;
		uint64_t value;
	} known[] = {
		{"HI_SOFTIRQ", 0},           {"TIMER_SOFTIRQ", 1},
		{"NET_TX_SOFTIRQ", 2},       {"NET_RX_SOFTIRQ", 3},
		{"BLOCK_SOFTIRQ", 4},        {"IRQ_POLL_SOFTIRQ", 5},
		{"BLOCK_IOPOLL_SOFTIRQ", 5}, {"TASKLET_SOFTIRQ", 6},
		{"SCHED_SOFTIRQ", 7},        {"HRTIMER_SOFTIRQ", 8},
		{"RCU_SOFTIRQ", 9},          {"HRTIMER_NORESTART", 0},
		{"HRTIMER_RESTART", 1},      {"NULL", 0},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (rm_span_is(name, known[i].name)) {
			*ret = known[i].value;
			return true;
		}
	}
	return false;
}

static bool parse_name(struct rm_print_parser *p, struct rm_operand *ret)
{
	static const char macro[] = "_PR_FMT";
	struct rm_span name;
	uint64_t value;

	if (!rm_print_word(p, &name))
		return false;
	if (rm_span_is(&name, "REC"))
		return parse_field(p, ret);
	if (rm_print_take(p, "("))
		return rm_print_call(p, &name, ret);
	if (known_name(&name, &value)) {
		set_const(p, ret, value);
		return true;
	}
	/* libtraceevent replaces some macros of these names by strings. */
	if (name.size >= strlen(macro) &&
	    !memcmp(name.at + name.size - strlen(macro), macro, strlen(macro)))
		return false;
	ret->kind = RM_OPERAND_NAME;
	rm_text_add(&p->out, name.at, name.size);
	return true;
}

static bool parse_string(struct rm_print_parser *p, struct rm_operand *ret)
{
	ret->kind = RM_OPERAND_STRING;
	if (!rm_print_string(p, &ret->text))
		return false;
	rm_text_puts(&p->out, "\"");
	rm_text_add(&p->out, ret->text.at, ret->text.size);
	rm_text_puts(&p->out, "\"");
	return true;
}

static bool parse_bracket(struct rm_print_parser *p, struct rm_operand *ret)
{
	const char *at = p->at;
	struct rm_span word;
	struct cast cast;

	if (take_cast(p, &cast))
		return parse_cast(p, &cast, ret);
	if (rm_print_word(p, &word) && rm_span_is(&word, "REC") &&
	    rm_print_take(p, ")"))
		return parse_field(p, ret);
	p->at = at;
	return rm_print_expr(p, ret) && rm_print_take(p, ")");
}

static bool parse_primary(struct rm_print_parser *p, struct rm_operand *ret)
{
	skip_blanks(p);
	*ret = (struct rm_operand){.begin = p->out.size};
	if (*p->at == '"')
		return parse_string(p, ret);
	if ((*p->at >= '0' && *p->at <= '9') || *p->at == '\'')
		return parse_number(p, ret);
	if (!rm_print_take(p, "("))
		return parse_name(p, ret);
	size_t begin = ret->begin;
	if (!parse_bracket(p, ret))
		return false;
	ret->begin = begin;
	return true;
}

/* "[index]", of an array in the record. */
static bool parse_index(struct rm_print_parser *p, struct rm_operand *array)
{
	struct rm_operand index;

	if (array->kind != RM_OPERAND_FIELD &&
	    array->kind != RM_OPERAND_DYNAMIC)
		return false;
	/* libtraceevent takes a bracket behind its own function wrong. */
	rm_text_insert(&p->out, array->begin, "((");
	rm_text_puts(&p->out, ")[");
	if (!rm_print_expr(p, &index) || !rm_print_take(p, "]") ||
	    ++p->ops > OPS_MAX)
		return false;
	rm_text_puts(&p->out, "])");
	array->kind = RM_OPERAND_ANY;
	return true;
}

static bool parse_unary(struct rm_print_parser *p, struct rm_operand *ret)
{
	static const char signs[] = "!~-+";

	skip_blanks(p);
	if (*p->at && strchr(signs, *p->at)) {
		char sign[] = {'(', *p->at++, '\0'};
		size_t begin = p->out.size;

		rm_text_puts(&p->out, sign);
		if (++p->depth > DEPTH_MAX || ++p->ops > OPS_MAX ||
		    !parse_unary(p, ret))
			return false;
		p->depth--;
		rm_text_puts(&p->out, ")");
		ret->begin = begin;
		if (ret->kind != RM_OPERAND_CONST)
			ret->kind = RM_OPERAND_ANY;
		else
			set_const(p, ret,
				  sign[1] == '!'   ? !ret->value
				  : sign[1] == '~' ? ~ret->value
				  : sign[1] == '-' ? -ret->value
						   : ret->value);
		return true;
	}
	return parse_primary(p, ret) &&
	       (!rm_print_take(p, "[") || parse_index(p, ret));
}
