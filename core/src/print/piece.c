/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * piece.c - converts one argument of a print fmt
 */
#include "print/convert.h"
#include "print/eval.h"

/* Width is an int, as in the kernel; a negative one aligns to the left. */
static bool star_width(const struct rm_eval *e, const struct rm_expr *x,
		       struct rm_conversion *c)
{
	uint64_t value;

	if (!rm_eval_number(e, x, &value))
		return false;
	int32_t width = (int32_t)value;
	if (width < -RM_WIDTH_MAX || width > RM_WIDTH_MAX)
		return false;
	c->minus |= width < 0;
	c->width = width < 0 ? -width : width;
	return true;
}

/* A negative precision counts as 0 in the kernel, unlike in C. */
static bool star_precision(const struct rm_eval *e, const struct rm_expr *x,
			   struct rm_conversion *c)
{
	uint64_t value;

	if (!rm_eval_number(e, x, &value))
		return false;
	c->precision = (int32_t)value < 0 ? 0 : (int32_t)value;
	return c->letter == 's' || c->precision <= RM_WIDTH_MAX;
}

static bool put_string(const struct rm_eval *e, const struct rm_conversion *c,
		       const struct rm_expr *x, struct rm_sink *out)
{
	const size_t begin = out->size;
	const size_t end = out->end;
	bool done;

	if (c->precision >= 0 && (size_t)c->precision < end - begin)
		rm_sink_end(out, begin + (size_t)c->precision);
	done = rm_eval_text(e, x, out);
	rm_sink_end(out, end);
	if (done && c->width)
		rm_put_pad(out, begin, (size_t)c->width, c->minus);
	return done;
}

/* A string of a probe: the kernel failed to read one of no bytes at all. */
static bool put_quoted(const struct rm_eval *e, const struct rm_expr *x,
		       struct rm_sink *out)
{
	struct rm_bytes bytes;

	if (!rm_eval_place(e, x->a, &bytes))
		return false;
	if (!bytes.size) {
		rm_put_string(out, "(fault)");
		return true;
	}
	rm_put_char(out, '"');
	rm_put_chars(out, &bytes);
	rm_put_char(out, '"');
	return true;
}

static void put_char(const struct rm_conversion *c, char value,
		     struct rm_sink *out)
{
	const size_t begin = out->size;

	/* A text holds no NUL. */
	if (value)
		rm_put_char(out, value);
	if (c->width)
		rm_put_pad(out, begin, (size_t)c->width, c->minus);
}

static bool put_pointer(const struct rm_eval *e, const struct rm_conversion *c,
			const struct rm_expr *x, struct rm_sink *out)
{
	const size_t begin = out->size;
	/* For these the width is the number of elements shown. */
	bool counts = c->pointer[0] == 'h' || c->pointer[0] == 'b';

	if (!rm_eval_pointer(e, c, x, out))
		return false;
	if (c->width && !counts)
		rm_put_pad(out, begin, (size_t)c->width, c->minus);
	return true;
}

/* Most of them have neither flags nor width. */
static bool put_plain(const struct rm_eval *e, const struct rm_piece *piece,
		      struct rm_sink *out)
{
	const struct rm_conversion *c = &piece->conversion;
	uint64_t value;

	if (c->letter == 's')
		return piece->quoted ? put_quoted(e, piece->arg, out)
				     : rm_eval_text(e, piece->arg, out);
	if (c->letter == 'p')
		return rm_eval_pointer(e, c, piece->arg, out);
	if (piece->arg->kind == RM_EXPR_FIELD
		    ? !rm_field_number(e, piece->arg->field, &value)
		    : !rm_eval_number(e, piece->arg, &value))
		return false;
	if (c->letter == 'd')
		rm_put_signed(out, (int64_t)rm_wrap(value, c->size, false));
	else if (c->letter == 'u')
		rm_put_decimal(out, rm_wrap(value, c->size, true));
	else if (c->letter == 'x')
		rm_put_hex(out, rm_wrap(value, c->size, true), 1);
	else if (c->letter == 'c')
		put_char(c, (char)value, out);
	else
		rm_put_number(out, c, value);
	return true;
}

/* Writes the field of a quick piece, and returns the end of its text. */
static inline char *write_quick(char *at, const struct rm_eval *e,
				const struct rm_quick *quick)
{
	const uint8_t *from = e->data + quick->offset;

	if (quick->kind == RM_QUICK_CHARS)
		return at + rm_copy_chars(at, from, quick->size);
	uint64_t value =
		rm_wrap(rm_load(from, quick->size, e->format->big_endian),
			quick->kept, !quick->is_signed);
	if (quick->kind == RM_QUICK_HEX)
		return rm_write_hex(at, value);
	if (quick->is_signed && (int64_t)value < 0) {
		*at++ = '-';
		value = -value;
	}
	return rm_write_decimal(at, value);
}

/* Copies a literal in steps; what stands behind it is written over. */
static inline void copy_literal(char *to, const struct rm_span *literal)
{
	for (size_t i = 0; i < literal->size; i += RM_LITERAL_STEP)
		memcpy(to + i, literal->at + i, RM_LITERAL_STEP);
}

bool rm_eval_pieces(const struct rm_eval *e, struct rm_sink *out)
{
	const struct rm_piece *piece = e->fmt->pieces;
	const struct rm_piece *end = piece + e->fmt->nr_pieces;

	for (; piece < end; piece++) {
		const struct rm_quick *quick = &piece->quick;
		char *at = quick->kind ? rm_sink_room(out, quick->room) : NULL;

		if (at) {
			copy_literal(at, &piece->literal);
			at = write_quick(at + piece->literal.size, e, quick);
			out->size = (size_t)(at - out->at);
			continue;
		}
		rm_put(out, piece->literal.at, piece->literal.size);
		if (piece->conversion.letter && !rm_eval_piece(e, piece, out))
			return false;
	}
	return true;
}

bool rm_eval_piece(const struct rm_eval *e, const struct rm_piece *piece,
		   struct rm_sink *out)
{
	const struct rm_conversion *c = &piece->conversion;
	struct rm_conversion starred;
	uint64_t value;

	if (c->plain)
		return put_plain(e, piece, out);
	if (piece->width || piece->precision) {
		starred = *c;
		if (piece->width && !star_width(e, piece->width, &starred))
			return false;
		if (piece->precision &&
		    !star_precision(e, piece->precision, &starred))
			return false;
		c = &starred;
	}
	switch (c->letter) {
	case 's':
		return piece->quoted ? put_quoted(e, piece->arg, out)
				     : put_string(e, c, piece->arg, out);
	case 'p':
		return put_pointer(e, c, piece->arg, out);
	default:
		break;
	}
	if (!rm_eval_number(e, piece->arg, &value))
		return false;
	if (c->letter == 'c')
		put_char(c, (char)value, out);
	else
		rm_put_number(out, c, value);
	return true;
}
