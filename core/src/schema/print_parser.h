/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * print_parser.h - C expressions as print fmts have them
 *
 * What is understood is written again for libtraceevent, in a form that its
 * parser takes without fault: constants computed, each operation in brackets,
 * functions by the names it knows. The rest is refused.
 */
#ifndef RM_PRINT_PARSER_H
#define RM_PRINT_PARSER_H

#include "base/out_text.h"
#include "schema/format.h"

struct rm_span {
	const char *at;
	size_t size;
};

enum rm_operand_kind {
	RM_OPERAND_ANY,
	RM_OPERAND_CONST,   /* value */
	RM_OPERAND_NAME,    /* of an enumerator that the kernel left there */
	RM_OPERAND_STRING,  /* text: between its quotes */
	RM_OPERAND_FIELD,   /* REC->name */
	RM_OPERAND_DYNAMIC, /* what a dynamic field tells the place of */
};

struct rm_operand {
	enum rm_operand_kind kind;
	uint64_t value;
	struct rm_span text;
	struct ringmap_field_info *field;
	size_t begin; /* where it stands in the parser's out */
};

/* One __print_symbolic() or __print_flags(). */
struct rm_print_table {
	struct ringmap_field_info *field; /* NULL: of something else */
	bool flags;
	struct rm_span delim;
	struct {
		uint64_t value;
		struct rm_span name;
	} * rows;
	size_t count;
};

struct rm_print_parser {
	const char *at;
	const struct ringmap_format *format;
	struct rm_text out;
	struct rm_arena arena; /* strings */
	unsigned int depth;    /* of brackets and the like */
	unsigned int ops;      /* of this argument */
	/* Tables go there; false ends it all. */
	bool (*table)(void *ctx, const struct rm_print_table *table);
	void *ctx;
};

/* An expression. False: it is not understood. */
bool rm_print_expr(struct rm_print_parser *p, struct rm_operand *ret);

/* "function(...)", whose name was read, up to its closing bracket. */
bool rm_print_call(struct rm_print_parser *p, const struct rm_span *name,
		   struct rm_operand *ret);

void rm_print_parser_free(struct rm_print_parser *p);

/* Tokens, after blanks. A string is what stands between its quotes. */
bool rm_print_take(struct rm_print_parser *p, const char *token);
bool rm_print_word(struct rm_print_parser *p, struct rm_span *ret);
bool rm_print_string(struct rm_print_parser *p, struct rm_span *ret);

/* What @word names, in the format; NULL: no field. */
struct ringmap_field_info *rm_print_field(const struct rm_print_parser *p,
					  const struct rm_span *word);

bool rm_span_is(const struct rm_span *span, const char *text);

#endif
