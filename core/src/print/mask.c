/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * mask.c - masks of bits as text: lists and hexadecimal numbers
 */
#include "print/convert.h"
#include "print/eval.h"

/* The kernel's masks are arrays of longs, whose lowest bits come first. */
static bool is_set(const struct rm_eval *e, const struct rm_bytes *bytes,
		   uint64_t bit)
{
	uint64_t byte = bit / 8;

	if (e->format->big_endian)
		byte = (byte | (e->format->long_size - 1)) -
		       byte % e->format->long_size;
	return byte < bytes->size && bytes->at[byte] >> bit % 8 & 1;
}

void rm_put_bits(struct rm_sink *out, const struct rm_eval *e,
		 const struct rm_bytes *bytes, uint64_t count)
{
	bool first = true;

	for (uint64_t bit = 0; bit < count; bit++) {
		uint64_t begin = bit;

		while (bit < count && is_set(e, bytes, bit))
			bit++;
		if (bit == begin)
			continue;
		if (!first)
			rm_put_char(out, ',');
		first = false;
		rm_put_decimal(out, begin);
		if (bit - begin > 1) {
			rm_put_char(out, '-');
			rm_put_decimal(out, bit - 1);
		}
	}
}

void rm_put_mask(struct rm_sink *out, const struct rm_eval *e,
		 const struct rm_bytes *bytes, uint64_t count)
{
	/* Pieces of 32 bits, the highest first. */
	for (uint64_t piece = (count + 31) / 32; piece--;) {
		uint64_t bits =
			count - 32 * piece < 32 ? count - 32 * piece : 32;
		uint32_t value = 0;

		for (uint64_t i = 0; i < bits; i++)
			value |= (uint32_t)is_set(e, bytes, 32 * piece + i)
				 << i;
		rm_put_hex(out, value, (unsigned int)(bits + 3) / 4);
		if (piece)
			rm_put_char(out, ',');
	}
}
