/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * expr_parser.h - parses the C expressions of a print fmt
 *
 * Every function that returns a node returns NULL if it does not understand the
 * text or has no memory; no_memory distinguishes the two.
 */
#ifndef RM_EXPR_PARSER_H
#define RM_EXPR_PARSER_H

#include "schema/expr.h"

struct rm_expr_parser {
	const char *at; /* ends with a NUL */
	struct ringmap_format *format;
	struct rm_named *named; /* found so far */
	unsigned int depth;     /* of brackets and the like */
	bool in_row;            /* of a table, where names are enumerators */
	bool no_memory;
};

/* ---- expr_parse.c ---- */

struct rm_expr *rm_parse_expr(struct rm_expr_parser *p);

/* ---- expr_call.c ---- */

/* "function(...)", whose name was read, and its bracket. */
struct rm_expr *rm_parse_call(struct rm_expr_parser *p,
			      const struct rm_span *name);

/* ---- expr_node.c ---- */

/* Makes a node above @a, @b and @c, which may be NULL. */
struct rm_expr *rm_expr_new(struct rm_expr_parser *p, enum rm_expr_kind kind,
			    enum rm_expr_class class, const struct rm_expr *a,
			    const struct rm_expr *b, const struct rm_expr *c);

/* These are constants where their operands are. */
struct rm_expr *rm_expr_const(struct rm_expr_parser *p, uint64_t value,
			      struct rm_number_type type);
struct rm_expr *rm_expr_unary(struct rm_expr_parser *p, char sign,
			      const struct rm_expr *a);
struct rm_expr *rm_expr_binary(struct rm_expr_parser *p, enum rm_op op,
			       const struct rm_expr *a,
			       const struct rm_expr *b);
struct rm_expr *rm_expr_cond(struct rm_expr_parser *p, const struct rm_expr *a,
			     struct rm_expr *b, struct rm_expr *c);

/* "REC->name": a number, or a place if it is an array. */
struct rm_expr *rm_expr_field(struct rm_expr_parser *p,
			      const struct ringmap_field_info *field);

/* "a[b]": a number, or a place of an array of arrays. */
struct rm_expr *rm_expr_index(struct rm_expr_parser *p, const struct rm_expr *a,
			      const struct rm_expr *b);

/* Makes a cast, "(type)a". */
struct rm_expr *rm_expr_cast(struct rm_expr_parser *p,
			     const struct rm_span *type, struct rm_expr *a);

/* Makes a place of "&a", or of an argument that the kernel takes for a pointer
 * to bytes. */
struct rm_expr *rm_expr_place(struct rm_expr_parser *p, struct rm_expr *a);

/* Makes a text of an argument that the kernel takes for a string. */
struct rm_expr *rm_expr_text(struct rm_expr_parser *p, struct rm_expr *a);

/* ---- token.c ---- */

/* Tokens, after blanks. A string is the chars between its quotes, unescaped;
 * strings beside each other are one. */
bool rm_take(struct rm_expr_parser *p, const char *token);
bool rm_take_word(struct rm_expr_parser *p, struct rm_span *ret);
bool rm_take_string(struct rm_expr_parser *p, struct rm_span *ret);

/* Returns the field that @word names, or NULL. */
struct ringmap_field_info *rm_word_field(const struct rm_expr_parser *p,
					 const struct rm_span *word);

bool rm_span_is(const struct rm_span *span, const char *text);

#endif
