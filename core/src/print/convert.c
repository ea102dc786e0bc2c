/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * convert.c - numbers as text
 */
#include "print/convert.h"

#include "schema/expr.h"

/* Octal digits of 64 bits; decimal and hexadecimal ones are fewer. */
#define DIGITS_MAX 22

static const char pairs[] = "00010203040506070809"
			    "10111213141516171819"
			    "20212223242526272829"
			    "30313233343536373839"
			    "40414243444546474849"
			    "50515253545556575859"
			    "60616263646566676869"
			    "70717273747576777879"
			    "80818283848586878889"
			    "90919293949596979899";

static const char lower[] = "0123456789abcdef";
static const char upper[] = "0123456789ABCDEF";

/* These write before @end, and return where the digits begin. */

/* Divisions of 32 bits are cheaper, and most numbers are small. */
static char *decimal_32(char *end, uint32_t value)
{
	while (value >= 100) {
		end -= 2;
		memcpy(end, pairs + 2 * (value % 100), 2);
		value /= 100;
	}
	if (value >= 10) {
		end -= 2;
		memcpy(end, pairs + 2 * value, 2);
		return end;
	}
	*--end = (char)('0' + value);
	return end;
}

static char *decimal(char *end, uint64_t value)
{
	while (value > UINT32_MAX) {
		end -= 2;
		memcpy(end, pairs + 2 * (value % 100), 2);
		value /= 100;
	}
	return decimal_32(end, (uint32_t)value);
}

static char *power_of_two(char *end, uint64_t value, unsigned int shift,
			  const char *digits)
{
	do {
		*--end = digits[value & ((1U << shift) - 1)];
		value >>= shift;
	} while (value);
	return end;
}

/* Returns how many decimal digits @value has. */
static unsigned int digits_of(uint64_t value)
{
	static const uint64_t powers[] = {0,
					  10,
					  100,
					  1000,
					  10000,
					  100000,
					  1000000,
					  10000000,
					  100000000,
					  1000000000,
					  10000000000,
					  100000000000,
					  1000000000000,
					  10000000000000,
					  100000000000000,
					  1000000000000000,
					  10000000000000000,
					  100000000000000000,
					  1000000000000000000,
					  10000000000000000000ULL};
	const unsigned int bits = 64 - (unsigned int)__builtin_clzll(value | 1);
	/* log10(2) is 1233 / 4096; the result is right or one too small. */
	const unsigned int low = bits * 1233 >> 12;

	return low + (value >= powers[low]);
}

static void write_pair(char *at, uint32_t value)
{
	memcpy(at, pairs + 2 * value, 2);
}

/* Most numbers are small: priorities, tasks, CPUs. */
char *rm_write_decimal(char *at, uint64_t value)
{
	if (value >= 10000) {
		char *end = at + digits_of(value);

		decimal(end, value);
		return end;
	}
	const uint32_t high = (uint32_t)value / 100;
	const uint32_t low = (uint32_t)value % 100;
	if (high >= 10) {
		write_pair(at, high);
		at += 2;
	} else if (high) {
		*at++ = (char)('0' + high);
	} else if (low < 10) {
		*at = (char)('0' + low);
		return at + 1;
	}
	write_pair(at, low);
	return at + 2;
}

char *rm_write_padded(char *at, uint64_t value, unsigned int digits)
{
	const unsigned int needed = digits_of(value);

	for (; digits > needed; digits--)
		*at++ = '0';
	return rm_write_decimal(at, value);
}

char *rm_write_nanoseconds(char *at, uint32_t value)
{
	const uint32_t high = value / 10000; /* 5 digits */
	const uint32_t low = value % 10000;

	*at = (char)('0' + high / 10000);
	write_pair(at + 1, high / 100 % 100);
	write_pair(at + 3, high % 100);
	write_pair(at + 5, low / 100);
	write_pair(at + 7, low % 100);
	return at + 9;
}

char *rm_write_hex(char *at, uint64_t value)
{
	const unsigned int bits = 64 - (unsigned int)__builtin_clzll(value | 1);
	char *end = at + (bits + 3) / 4;

	power_of_two(end, value, 4, lower);
	return end;
}

void rm_put_padded(struct rm_sink *out, uint64_t value, unsigned int digits)
{
	char text[RM_DECIMAL_MAX];
	char *at = rm_sink_room(out, sizeof(text));

	if (at) {
		char *end = rm_write_padded(at, value, digits);

		out->size += (size_t)(end - at);
	} else {
		char *end = rm_write_padded(text, value, digits);

		rm_put_slow(out, text, (size_t)(end - text));
	}
}

void rm_put_signed(struct rm_sink *out, int64_t value)
{
	if (value < 0)
		rm_put_char(out, '-');
	rm_put_decimal(out, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

void rm_put_hex(struct rm_sink *out, uint64_t value, unsigned int digits)
{
	char text[DIGITS_MAX];
	char *end = text + sizeof(text);
	char *begin = power_of_two(end, value, 4, lower);

	while ((unsigned int)(end - begin) < digits && begin > text)
		*--begin = '0';
	rm_put(out, begin, (size_t)(end - begin));
}

/* ---- conversions ----------------------------------------------------------- */

/* A number as its parts: sign, prefix and digits. */
struct parts {
	char prefix[3]; /* a sign, or the base's mark */
	size_t prefix_size;
	char text[DIGITS_MAX];
	const char *digits;
	size_t count;
};

static void take_apart(const struct rm_conversion *c, uint64_t value,
		       struct parts *ret)
{
	char *end = ret->text + sizeof(ret->text);
	const char *begin;

	ret->prefix_size = 0;
	if (c->letter == 'd') {
		int64_t number = (int64_t)rm_wrap(value, c->size, false);
		char sign = number < 0 ? '-'
			    : c->plus  ? '+'
			    : c->space ? ' '
				       : '\0';

		if (sign)
			ret->prefix[ret->prefix_size++] = sign;
		begin = decimal(end, number < 0 ? -(uint64_t)number
						: (uint64_t)number);
	} else {
		value = rm_wrap(value, c->size, true);
		begin = c->letter == 'u'   ? decimal(end, value)
			: c->letter == 'o' ? power_of_two(end, value, 3, lower)
			: c->letter == 'x' ? power_of_two(end, value, 4, lower)
					   : power_of_two(end, value, 4, upper);
	}
	ret->digits = begin;
	ret->count = (size_t)(end - begin);
	if (!c->alternate || c->letter == 'd' || c->letter == 'u')
		return;
	if (c->letter != 'o' || value)
		ret->prefix[ret->prefix_size++] = '0';
	if (c->letter != 'o')
		ret->prefix[ret->prefix_size++] = c->letter;
}

void rm_put_number(struct rm_sink *out, const struct rm_conversion *c,
		   uint64_t value)
{
	struct parts parts;

	take_apart(c, value, &parts);
	size_t zeros = 0;
	size_t width = (size_t)c->width;
	if (c->precision >= 0 && (size_t)c->precision > parts.count)
		zeros = (size_t)c->precision - parts.count;
	size_t size = parts.prefix_size + zeros + parts.count;
	if (c->zero && !c->minus && c->precision < 0 && width > size) {
		zeros += width - size;
		size = width;
	}
	if (width > size && !c->minus)
		rm_put_fill(out, ' ', width - size);
	rm_put(out, parts.prefix, parts.prefix_size);
	rm_put_fill(out, '0', zeros);
	rm_put(out, parts.digits, parts.count);
	if (width > size && c->minus)
		rm_put_fill(out, ' ', width - size);
}
