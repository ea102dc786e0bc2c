/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * text.c - computes the strings of a print fmt from a record
 */
#include "print/convert.h"
#include "print/eval.h"

/* ---- tables ---------------------------------------------------------------- */

static void put_span(struct rm_sink *out, const struct rm_span *span)
{
	rm_put(out, span->at, span->size);
}

/* Evaluates a number in the type that the kernel's function takes. */
static bool table_value(const struct rm_eval *e, const struct rm_expr *x,
			uint64_t *ret)
{
	if (!rm_eval_number(e, x->a, ret))
		return false;
	if (!x->table->is_u64)
		*ret = rm_wrap(*ret, e->format->long_size, true);
	return true;
}

static bool put_symbolic(const struct rm_eval *e, const struct rm_expr *x,
			 struct rm_sink *out)
{
	const struct rm_expr_table *table = x->table;
	uint64_t value;

	if (!table_value(e, x, &value))
		return false;
	for (size_t i = 0; i < table->count; i++) {
		if (table->rows[i].value == value) {
			put_span(out, &table->rows[i].name);
			return true;
		}
	}
	rm_put(out, "0x", 2);
	rm_put_hex(out, value, 1);
	return true;
}

static bool put_flags(const struct rm_eval *e, const struct rm_expr *x,
		      struct rm_sink *out)
{
	const struct rm_expr_table *table = x->table;
	bool first = true;
	uint64_t value;

	if (!table_value(e, x, &value))
		return false;
	for (size_t i = 0; i < table->count && value; i++) {
		const struct rm_expr_row *row = &table->rows[i];

		if (!row->value || (value & row->value) != row->value)
			continue;
		if (!first)
			put_span(out, &table->delim);
		first = false;
		put_span(out, &row->name);
		value &= ~row->value;
	}
	if (!value)
		return true;
	if (!first)
		put_span(out, &table->delim);
	rm_put(out, "0x", 2);
	rm_put_hex(out, value, 1);
	return true;
}

/* ---- bytes ----------------------------------------------------------------- */

static void put_byte(struct rm_sink *out, uint8_t byte)
{
	static const char digits[] = "0123456789abcdef";
	const char text[2] = {digits[byte >> 4], digits[byte & 15]};

	rm_put(out, text, sizeof(text));
}

/* Finds the first x->b bytes at x->a; a negative count means no bytes. */
static bool counted_bytes(const struct rm_eval *e, const struct rm_expr *x,
			  struct rm_bytes *ret)
{
	uint64_t count;

	if (!rm_eval_place(e, x->a, ret) || !rm_eval_number(e, x->b, &count) ||
	    count > ret->size)
		return false;
	ret->size = (uint32_t)count;
	return true;
}

static bool put_hex(const struct rm_eval *e, const struct rm_expr *x,
		    struct rm_sink *out)
{
	struct rm_bytes bytes;

	if (!counted_bytes(e, x, &bytes))
		return false;
	for (uint32_t i = 0; i < bytes.size; i++) {
		if (i && x->kind == RM_EXPR_HEX)
			rm_put_char(out, ' ');
		put_byte(out, bytes.at[i]);
	}
	return true;
}

static bool put_array(const struct rm_eval *e, const struct rm_expr *x,
		      struct rm_sink *out)
{
	struct rm_bytes bytes;
	uint64_t count;
	uint64_t size;

	if (!rm_eval_place(e, x->a, &bytes) ||
	    !rm_eval_number(e, x->b, &count) || !rm_eval_number(e, x->c, &size))
		return false;
	if ((size != 1 && size != 2 && size != 4 && size != 8) ||
	    count > bytes.size / size)
		return false;
	rm_put_char(out, '{');
	for (uint64_t i = 0; i < count; i++) {
		if (i)
			rm_put_char(out, ',');
		rm_put(out, "0x", 2);
		rm_put_hex(out,
			   rm_load(bytes.at + i * size, (uint32_t)size,
				   e->format->big_endian),
			   1);
	}
	rm_put_char(out, '}');
	return true;
}

/* Puts one line without its offset and its newline. */
static void put_dump_line(struct rm_sink *out, const struct rm_eval *e,
			  const struct rm_hex_dump *dump, const uint8_t *at,
			  uint32_t size)
{
	const size_t begin = out->size;
	/* Groups that the line does not fill are shown as bytes. */
	uint32_t group = size % dump->group_size ? 1 : dump->group_size;

	for (uint32_t i = 0; i < size; i += group) {
		if (i)
			rm_put_char(out, ' ');
		rm_put_hex(out, rm_load(at + i, group, e->format->big_endian),
			   2 * group);
	}
	if (!dump->ascii)
		return;
	rm_put_pad(out, begin, 2 * dump->row_size + dump->row_size / group + 1,
		   true);
	for (uint32_t i = 0; i < size; i++)
		rm_put_char(out,
			    at[i] < ' ' || at[i] > '~' ? '.' : (char)at[i]);
}

/* Begins with a newline, so that all lines begin in the same column. */
static bool put_dump(const struct rm_eval *e, const struct rm_expr *x,
		     struct rm_sink *out)
{
	const struct rm_hex_dump *dump = x->dump;
	struct rm_bytes bytes;

	if (!counted_bytes(e, x, &bytes))
		return false;
	rm_put_char(out, '\n');
	for (uint32_t at = 0; at < bytes.size; at += dump->row_size) {
		uint32_t left = bytes.size - at;

		put_span(out, &dump->prefix);
		if (dump->offsets) {
			rm_put_hex(out, at, 8);
			rm_put(out, ": ", 2);
		}
		put_dump_line(out, e, dump, bytes.at + at,
			      left < dump->row_size ? left : dump->row_size);
		rm_put_char(out, '\n');
	}
	return true;
}

/* ---- masks ----------------------------------------------------------------- */

static bool put_mask(const struct rm_eval *e, const struct rm_expr *x,
		     struct rm_sink *out)
{
	struct rm_bytes bytes;

	if (!rm_eval_place(e, x->a, &bytes))
		return false;
	if (x->kind == RM_EXPR_BITMASK)
		rm_put_mask(out, e, &bytes, 8ULL * bytes.size);
	else
		rm_put_bits(out, e, &bytes, 8ULL * bytes.size);
	return true;
}

/* ---- strings --------------------------------------------------------------- */

/* Returns the number of the first byte of @word that is 0; 8: none is. */
static uint32_t first_nul(uint64_t word)
{
	const uint64_t ones = 0x0101010101010101;
	uint64_t zeros;

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	/* The lowest bit that is set is that of the first zero. */
	zeros = (word - ones) & ~word & (ones << 7);
	return zeros ? (uint32_t)__builtin_ctzll(zeros) / 8 : 8;
}

uint32_t rm_copy_chars(char *to, const uint8_t *at, uint32_t size)
{
	uint32_t i = 0;

	for (; size - i >= 8; i += 8) {
		uint64_t word;

		memcpy(&word, at + i, sizeof(word));
		memcpy(to + i, &word, sizeof(word));
		uint32_t chars = first_nul(word);
		if (chars < 8)
			return i + chars;
	}
	for (; i < size && at[i]; i++)
		to[i] = (char)at[i];
	return i;
}

void rm_put_chars(struct rm_sink *out, const struct rm_bytes *bytes)
{
	char *to = rm_sink_room(out, bytes->size);

	if (to)
		out->size += rm_copy_chars(to, bytes->at, bytes->size);
	else
		rm_put(out, (const char *)bytes->at,
		       strnlen((const char *)bytes->at, bytes->size));
}

static bool put_chars(const struct rm_eval *e, const struct rm_expr *x,
		      struct rm_sink *out)
{
	struct rm_bytes bytes;

	if (!rm_eval_place(e, x->a, &bytes))
		return false;
	rm_put_chars(out, &bytes);
	return true;
}

/* A string of the kernel that is not known is shown by its address. */
static bool put_pointed(const struct rm_eval *e, const struct rm_expr *x,
			struct rm_sink *out)
{
	uint64_t address;

	if (!rm_eval_number(e, x->a, &address))
		return false;
	const char *text =
		e->printks ? rm_printks_find(e->printks, address) : NULL;
	if (text)
		rm_put_printk(out, text);
	else
		rm_put_hex(out, address, 1);
	return true;
}

bool rm_eval_text(const struct rm_eval *e, const struct rm_expr *x,
		  struct rm_sink *out)
{
	uint64_t number;

	switch (x->kind) {
	case RM_EXPR_STRING:
		put_span(out, &x->text);
		return true;
	case RM_EXPR_CHARS:
		return put_chars(e, x, out);
	case RM_EXPR_POINTED:
		return put_pointed(e, x, out);
	case RM_EXPR_SYMBOLIC:
		return put_symbolic(e, x, out);
	case RM_EXPR_FLAGS:
		return put_flags(e, x, out);
	case RM_EXPR_HEX:
	case RM_EXPR_HEX_STR:
		return put_hex(e, x, out);
	case RM_EXPR_ARRAY:
		return put_array(e, x, out);
	case RM_EXPR_HEX_DUMP:
		return put_dump(e, x, out);
	case RM_EXPR_BITMASK:
	case RM_EXPR_CPUMASK:
		return put_mask(e, x, out);
	case RM_EXPR_COND:
		return rm_eval_number(e, x->a, &number) &&
		       rm_eval_text(e, number ? x->b : x->c, out);
	default:
		return false;
	}
}
