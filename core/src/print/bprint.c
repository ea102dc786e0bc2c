/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * bprint.c - the text of trace_printk(), by the format string of its call
 *
 * The record has the address of that string, which printk_formats lists, and
 * the arguments. A number is stored in its own size and aligned to its size,
 * to 4 bytes at most; a string is stored with its NUL. An argument whose
 * conversion makes the kernel follow a pointer is stored as a string.
 */
#include "print/convert.h"
#include "print/eval.h"

#include <stdlib.h>

/* The arguments lie in the record; at is the offset of the next one. */
struct args {
	const struct rm_eval *e;
	struct rm_bytes bytes;
	uint32_t at;
};

static bool take_number(struct args *args, uint32_t size, uint64_t *ret)
{
	const uint32_t align = size < 4 ? size : 4;
	uint32_t at = (args->at + align - 1) & ~(align - 1);

	if (at > args->bytes.size || size > args->bytes.size - at)
		return false;
	/* Numbers of 8 bytes are two words in the order of the machine. */
	*ret = rm_load(args->bytes.at + at, size, args->e->format->big_endian);
	args->at = at + size;
	return true;
}

static bool take_string(struct args *args, struct rm_bytes *ret)
{
	if (args->at > args->bytes.size)
		return false;
	const uint8_t *at = args->bytes.at + args->at;
	uint32_t left = args->bytes.size - args->at;
	size_t size = strnlen((const char *)at, left);

	if (size == left)
		return false;
	*ret = (struct rm_bytes){at, (uint32_t)size};
	args->at += (uint32_t)size + 1;
	return true;
}

/* Takes the int that stands for a star. */
static bool take_star(struct args *args, int32_t *ret)
{
	uint64_t value;

	if (!take_number(args, 4, &value))
		return false;
	*ret = (int32_t)value;
	return true;
}

static bool take_stars(struct args *args, struct rm_conversion *c)
{
	if (c->star_width) {
		if (!take_star(args, &c->width) || c->width < -RM_WIDTH_MAX ||
		    c->width > RM_WIDTH_MAX)
			return false;
		c->minus |= c->width < 0;
		c->width = abs(c->width);
	}
	if (c->star_precision) {
		if (!take_star(args, &c->precision))
			return false;
		if (c->precision < 0)
			c->precision = 0;
	}
	return c->letter == 's' || c->precision <= RM_WIDTH_MAX;
}

static void put_padded(struct rm_sink *out, const struct rm_conversion *c,
		       const struct rm_bytes *text)
{
	const size_t begin = out->size;
	size_t size = text->size;

	if (c->precision >= 0 && (size_t)c->precision < size)
		size = (size_t)c->precision;
	rm_put(out, (const char *)text->at, size);
	if (c->width)
		rm_put_pad(out, begin, (size_t)c->width, c->minus);
}

/* The record holds addresses as numbers; the kernel writes everything else that
 * "%p" can show as a string. */
static bool put_pointer(struct args *args, const struct rm_conversion *c,
			struct rm_sink *out)
{
	const size_t begin = out->size;
	struct rm_bytes text;
	uint64_t value;

	if (c->pointer[0] && !strchr("SsFfxKe", c->pointer[0])) {
		if (!take_string(args, &text))
			return false;
		rm_put(out, (const char *)text.at, text.size);
		return true;
	}
	if (!take_number(args, args->e->format->long_size, &value))
		return false;
	rm_put_pointer(out, args->e, c->pointer, value);
	if (c->width)
		rm_put_pad(out, begin, (size_t)c->width, c->minus);
	return true;
}

static bool put_conversion(struct args *args, struct rm_conversion *c,
			   struct rm_sink *out)
{
	struct rm_bytes text;
	uint64_t value;

	if (!take_stars(args, c))
		return false;
	switch (c->letter) {
	case 'p':
		return put_pointer(args, c, out);
	case 's':
		if (!take_string(args, &text))
			return false;
		put_padded(out, c, &text);
		return true;
	case 'c':
		if (!take_number(args, 1, &value))
			return false;
		text = (struct rm_bytes){(const uint8_t *)&(char){(char)value},
					 value != 0};
		c->precision = -1;
		put_padded(out, c, &text);
		return true;
	default:
		if (!take_number(args, c->size, &value))
			return false;
		rm_put_number(out, c, value);
		return true;
	}
}

/* Checks that the kernel could have printed with this string. */
static bool is_sound(const char *at, const char *end, uint32_t long_size)
{
	struct rm_conversion c;

	while (at < end) {
		if (rm_unescape(&at, end) != '%')
			continue;
		if (at < end && *at == '%')
			at++;
		else if (!rm_conversion_parse(&at, end, long_size, &c))
			return false;
	}
	return true;
}

static bool put_by(struct args *args, const char *at, const char *end,
		   struct rm_sink *out)
{
	struct rm_conversion c;

	while (at < end) {
		const char *begin = at;

		while (at < end && *at != '%' && *at != '\\')
			at++;
		rm_put(out, begin, (size_t)(at - begin));
		if (at == end)
			break;
		char byte = rm_unescape(&at, end);
		if (byte != '%') {
			if (byte)
				rm_put_char(out, byte);
		} else if (at < end && *at == '%') {
			rm_put_char(out, *at++);
		} else if (!rm_conversion_parse(
				   &at, end, args->e->format->long_size, &c) ||
			   !put_conversion(args, &c, out)) {
			return false;
		}
	}
	return true;
}

void rm_put_printk(struct rm_sink *out, const char *text)
{
	const char *end = text + strlen(text);

	while (text < end) {
		char byte = rm_unescape(&text, end);

		if (byte)
			rm_put_char(out, byte);
	}
}

bool rm_eval_bprint(const struct rm_eval *e, struct rm_sink *out)
{
	const struct ringmap_field_info *buf = rm_format_find(e->format, "buf");
	uint64_t address = rm_eval_named(e, "fmt");
	struct args args = {.e = e};

	rm_put_symbol(out, e, rm_eval_named(e, "ip"), false);
	rm_put_string(out, ": ");
	const char *text =
		e->printks ? rm_printks_find(e->printks, address) : NULL;
	if (!text) {
		rm_put_string(out, "(NO FORMAT FOUND at ");
		rm_put_hex(out, address, 1);
		rm_put_char(out, ')');
		return true;
	}
	const char *end = text + strlen(text);
	if (!is_sound(text, end, e->format->long_size)) {
		rm_put_printk(out, text);
		return true;
	}
	return rm_eval_bytes(e, buf, 0, &args.bytes) &&
	       put_by(&args, text, end, out);
}
