/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * eval.h - evaluates the expressions of a print fmt for a record
 *
 * Nothing is read outside of the record, whatever it holds. All functions
 * return false if the print fmt cannot be followed: a number has no value in C,
 * or bytes lie outside of the record. Their caller then cuts off the text that
 * they put into the sink (rm_sink_cut()).
 */
#ifndef RM_EVAL_H
#define RM_EVAL_H

#include "print/sink.h"
#include "schema/expr.h"
#include "schema/place.h"
#include "schema/schema.h"

struct rm_eval {
	const struct ringmap_format *format;
	const struct rm_print_fmt *fmt;
	const struct rm_symbols *symbols;
	const struct rm_printks *printks;
	const uint8_t *data; /* the record */
	uint32_t size;
};

/* ---- eval.c ---- */

bool rm_eval_number(const struct rm_eval *e, const struct rm_expr *x,
		    uint64_t *ret);

bool rm_eval_place(const struct rm_eval *e, const struct rm_expr *x,
		   struct rm_bytes *ret);

/* Finds the bytes of a field. Returns false if the record ends before them. */
bool rm_eval_bytes(const struct rm_eval *e,
		   const struct ringmap_field_info *field, uint64_t number,
		   struct rm_bytes *ret);

/* Loads a field that is a number; returns 0 if the format has none. */
uint64_t rm_eval_named(const struct rm_eval *e, const char *name);

/* ---- text.c ---- */

bool rm_eval_text(const struct rm_eval *e, const struct rm_expr *x,
		  struct rm_sink *out);

/*
 * Copies the chars before the first NUL, or all; @to has room for all of them.
 * Returns how many they are.
 */
uint32_t rm_copy_chars(char *to, const uint8_t *at, uint32_t size);

/* Puts the chars up to the first NUL, or all of them. */
void rm_put_chars(struct rm_sink *out, const struct rm_bytes *bytes);

/* ---- mask.c ---- */

/* Puts the numbers of the bits that are set: "0,2-3". */
void rm_put_bits(struct rm_sink *out, const struct rm_eval *e,
		 const struct rm_bytes *bytes, uint64_t count);

/* Puts @count bits as one hexadecimal number, a comma between words of 32. */
void rm_put_mask(struct rm_sink *out, const struct rm_eval *e,
		 const struct rm_bytes *bytes, uint64_t count);

/* ---- pointer.c ---- */

/* Puts the symbol at @address and the offset in it, or else the address. */
void rm_put_symbol(struct rm_sink *out, const struct rm_eval *e,
		   uint64_t address, bool offset);

/* Puts "%p" with its letters; @x is the argument that c->pointer takes. */
bool rm_eval_pointer(const struct rm_eval *e, const struct rm_conversion *c,
		     const struct rm_expr *x, struct rm_sink *out);

/* Puts the number that "%p" and letters without a place show. */
void rm_put_pointer(struct rm_sink *out, const struct rm_eval *e,
		    const char *letters, uint64_t value);

/* ---- piece.c ---- */

/* Puts the conversion of a piece and its quotes, without its literal. */
bool rm_eval_piece(const struct rm_eval *e, const struct rm_piece *piece,
		   struct rm_sink *out);

/* Puts all pieces of the print fmt. The record has the required size. */
bool rm_eval_pieces(const struct rm_eval *e, struct rm_sink *out);

/* ---- bprint.c ---- */

/* Puts the text of ftrace:bprint by the string that the record names. */
bool rm_eval_bprint(const struct rm_eval *e, struct rm_sink *out);

/* Puts a string of printk_formats with its escapes undone. */
void rm_put_printk(struct rm_sink *out, const char *text);

/* ---- tracers.c ---- */

bool rm_eval_special(const struct rm_eval *e, struct rm_sink *out);

/* ---- fields.c ---- */

/*
 * "name=value" for each field that is not common, with blanks in between and,
 * with @blank, before the first. @shown: by its conversion in the print fmt,
 * where there is one.
 */
void rm_eval_fields(const struct rm_eval *e, bool shown, bool blank,
		    struct rm_sink *out);

/* ---- line.c ---- */

/* Puts task, CPU, context and time as trace-cmd report -t does. The format may
 * be that of another event: these are common fields. */
void rm_put_start(struct rm_sink *out, const struct rm_eval *e,
		  const struct ringmap_schema *schema,
		  const struct ringmap_event *event, bool raw);

/* ---- numbers ---- */

static inline bool rm_is_number(const struct ringmap_field_info *field)
{
	return field->size == 1 || field->size == 2 || field->size == 4 ||
	       field->size == 8;
}

/* Loads @field, which is a number. */
static inline bool rm_field_number(const struct rm_eval *e,
				   const struct ringmap_field_info *field,
				   uint64_t *ret)
{
	if (field->offset > e->size || field->size > e->size - field->offset)
		return false;
	*ret = rm_wrap(rm_load(e->data + field->offset, field->size,
			       e->format->big_endian),
		       field->size, !(field->flags & RINGMAP_FIELD_SIGNED));
	return true;
}

#endif
