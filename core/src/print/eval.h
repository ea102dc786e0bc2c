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
#include "schema/schema.h"

struct rm_eval {
	const struct ringmap_format *format;
	const struct rm_print_fmt *fmt;
	const struct rm_symbols *symbols;
	const struct rm_printks *printks;
	const uint8_t *data; /* the record */
	uint32_t size;
};

/* Bytes of the record. */
struct rm_bytes {
	const uint8_t *at;
	uint32_t size;
};

/* ---- eval.c ---- */

bool rm_eval_number(const struct rm_eval *e, const struct rm_expr *x,
		    uint64_t *ret);

bool rm_eval_place(const struct rm_eval *e, const struct rm_expr *x,
		   struct rm_bytes *ret);

/* The bytes of a field. False: they are not all in the record. */
bool rm_eval_bytes(const struct rm_eval *e,
		   const struct ringmap_field_info *field, uint64_t number,
		   struct rm_bytes *ret);

/* A field that is a number of its format; 0 if there is none. */
uint64_t rm_eval_named(const struct rm_eval *e, const char *name);

/* ---- text.c ---- */

bool rm_eval_text(const struct rm_eval *e, const struct rm_expr *x,
		  struct rm_sink *out);

/* Chars up to the first NUL, or all. */
void rm_put_chars(struct rm_sink *out, const struct rm_bytes *bytes);

/* ---- mask.c ---- */

/* The numbers of the bits that are set: "0,2-3". */
void rm_put_bits(struct rm_sink *out, const struct rm_eval *e,
		 const struct rm_bytes *bytes, uint64_t count);

/* @count bits as one hexadecimal number, with a comma after each 32. */
void rm_put_mask(struct rm_sink *out, const struct rm_eval *e,
		 const struct rm_bytes *bytes, uint64_t count);

/* ---- pointer.c ---- */

/* The symbol at @address, with the offset in it; or the address. */
void rm_put_symbol(struct rm_sink *out, const struct rm_eval *e,
		   uint64_t address, bool offset);

/* "%p" and its letters; @x is what c->pointer takes. */
bool rm_eval_pointer(const struct rm_eval *e, const struct rm_conversion *c,
		     const struct rm_expr *x, struct rm_sink *out);

/* The number that "%p" and letters without a place show. */
void rm_put_pointer(struct rm_sink *out, const struct rm_eval *e,
		    const char *letters, uint64_t value);

/* ---- piece.c ---- */

/* A piece's conversion, with its quotes; not its literal. */
bool rm_eval_piece(const struct rm_eval *e, const struct rm_piece *piece,
		   struct rm_sink *out);

/* ---- bprint.c ---- */

/* The text of ftrace:bprint, by the string that the record names. */
bool rm_eval_bprint(const struct rm_eval *e, struct rm_sink *out);

/* A string of printk_formats, its escapes undone. */
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

/* Task, CPU, context, time and name, as trace-cmd report -t writes them. */
void rm_put_line(struct rm_sink *out, const struct rm_eval *e,
		 const struct ringmap_schema *schema,
		 const struct ringmap_event *event, bool raw);

/* ---- bytes, in the kernel's order ---- */

static inline uint64_t rm_load(const uint8_t *at, uint32_t size,
			       bool big_endian)
{
	const bool swap =
		big_endian != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
	uint64_t v64;
	uint32_t v32;
	uint16_t v16;

	switch (size) {
	case 1:
		return *at;
	case 2:
		memcpy(&v16, at, sizeof(v16));
		return swap ? __builtin_bswap16(v16) : v16;
	case 4:
		memcpy(&v32, at, sizeof(v32));
		return swap ? __builtin_bswap32(v32) : v32;
	case 8:
		memcpy(&v64, at, sizeof(v64));
		return swap ? __builtin_bswap64(v64) : v64;
	default:
		return 0;
	}
}

static inline bool rm_is_number(const struct ringmap_field_info *field)
{
	return field->size == 1 || field->size == 2 || field->size == 4 ||
	       field->size == 8;
}

/* @field is a number. */
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
