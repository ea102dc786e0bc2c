/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * convert.h - numbers as text
 *
 * printf is not used: a process can give its modifiers other meanings, as
 * libquadmath does with %L, and it is several times as slow.
 */
#ifndef RM_CONVERT_H
#define RM_CONVERT_H

#include "print/sink.h"
#include "schema/conversion.h"

enum {
	/* Chars of a decimal number of 64 bits, with a sign. */
	RM_DECIMAL_MAX = 21
};

/* These write the digits of @value, and return the end of the text. */

char *rm_write_decimal(char *at, uint64_t value);

/* @digits: at least so many, with zeros before; at most RM_DECIMAL_MAX. */
char *rm_write_padded(char *at, uint64_t value, unsigned int digits);

/* Nine digits; @value is less than a second. */
char *rm_write_nanoseconds(char *at, uint32_t value);

char *rm_write_hex(char *at, uint64_t value);

/* Puts at least @digits digits. */
void rm_put_padded(struct rm_sink *out, uint64_t value, unsigned int digits);

static inline void rm_put_decimal(struct rm_sink *out, uint64_t value)
{
	rm_put_padded(out, value, 1);
}

void rm_put_signed(struct rm_sink *out, int64_t value);

/* Puts hexadecimal digits, at least @digits of them. */
void rm_put_hex(struct rm_sink *out, uint64_t value, unsigned int digits);

/*
 * Converts the low c->size bytes of @value as one of the letters "duxXo" says.
 * Like the kernel, and unlike C, %#x puts "0x" before 0 too.
 */
void rm_put_number(struct rm_sink *out, const struct rm_conversion *c,
		   uint64_t value);

#endif
