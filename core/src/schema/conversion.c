/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * conversion.c - parses the conversions of the kernel's printf
 */
#include "schema/conversion.h"

#include "base/word.h"

#include <string.h>

static void take_flags(const char **at, const char *end,
		       struct rm_conversion *ret)
{
	for (; *at < end; ++*at) {
		switch (**at) {
		case '-':
			ret->minus = true;
			break;
		case '+':
			ret->plus = true;
			break;
		case ' ':
			ret->space = true;
			break;
		case '#':
			ret->alternate = true;
			break;
		case '0':
			ret->zero = true;
			break;
		default:
			return;
		}
	}
}

/* Takes digits or a star. False: the number exceeds RM_WIDTH_MAX. */
static bool take_width(const char **at, const char *end, bool *star,
		       int32_t *ret)
{
	if (*at < end && **at == '*') {
		*star = true;
		++*at;
		return true;
	}
	for (; *at < end && **at >= '0' && **at <= '9'; ++*at) {
		*ret = *ret * 10 + (**at - '0');
		if (*ret > RM_WIDTH_MAX)
			return false;
	}
	return true;
}

/* Takes the letters that give the number's size, and returns it in bytes. */
static uint8_t take_size(const char **at, const char *end, uint32_t long_size)
{
	const char *begin = *at;

	while (*at < end && strchr("hlLzZtj", **at))
		++*at;
	switch (*at - begin) {
	case 0:
		return 4;
	case 1:
		return *begin == 'h'                    ? 2
		       : *begin == 'L' || *begin == 'j' ? 8
							: (uint8_t)long_size;
	case 2:
		return begin[0] != begin[1] ? 0
		       : begin[0] == 'h'    ? 1
		       : begin[0] == 'l'    ? 8
					    : 0;
	default:
		return 0;
	}
}

/* The kernel skips all letters and digits behind "%p", known or not. */
static bool take_pointer(const char **at, const char *end,
			 struct rm_conversion *ret)
{
	size_t size = 0;

	for (; *at < end && rm_is_word(**at) && **at != '_'; ++*at) {
		if (size == RM_POINTER_LETTERS)
			return false;
		ret->pointer[size++] = **at;
	}
	return true;
}

bool rm_conversion_parse(const char **at, const char *end, uint32_t long_size,
			 struct rm_conversion *ret)
{
	const char *begin = *at;

	*ret = (struct rm_conversion){.precision = -1};
	take_flags(at, end, ret);
	if (!take_width(at, end, &ret->star_width, &ret->width))
		return false;
	if (*at < end && **at == '.') {
		++*at;
		ret->precision = 0;
		if (!take_width(at, end, &ret->star_precision, &ret->precision))
			return false;
	}
	ret->plain = *at == begin;
	const char *size = *at;
	ret->size = take_size(at, end, long_size);
	if (*at == end || !ret->size)
		return false;
	char letter = *(*at)++;
	/* Wide chars, and what would write memory, are not printed. */
	if (strchr("scp", letter) && *at - size != 1)
		return false;
	ret->letter = letter == 'i' ? 'd' : letter;
	if (letter == 'p')
		return take_pointer(at, end, ret);
	return letter && strchr("diuxXocs", letter);
}

/* Takes up to @count digits of an escape. */
static char take_code(const char **at, const char *end, unsigned int base,
		      unsigned int count)
{
	unsigned int code = 0;

	for (; count && *at < end; count--, ++*at) {
		unsigned int digit = rm_digit(**at);

		if (digit >= base)
			break;
		code = code * base + digit;
	}
	return (char)code;
}

char rm_unescape(const char **at, const char *end)
{
	static const char letters[] = "ntrabfve";
	static const char codes[] = "\n\t\r\a\b\f\v\033";
	char c = *(*at)++;

	if (c != '\\' || *at == end)
		return c;
	c = **at;
	if (c >= '0' && c <= '7')
		return take_code(at, end, 8, 3);
	++*at;
	if (c == 'x' && *at < end && rm_digit(**at) < 16)
		return take_code(at, end, 16, 2);
	const char *letter = strchr(letters, c);
	return c && letter ? codes[letter - letters] : c;
}
