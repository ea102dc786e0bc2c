/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * conversion.h - parses the conversions of the kernel's printf
 */
#ifndef RM_CONVERSION_H
#define RM_CONVERSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The widest column, and the longest piece of a string for "%.*s". */
#define RM_WIDTH_MAX 4096

/* Letters behind "%p"; the longest of the kernel are "ISpfsc" and an order. */
#define RM_POINTER_LETTERS 8

struct rm_conversion {
	char letter;  /* one of "duxXocsp"; 0: none */
	uint8_t size; /* of a number: 1, 2, 4 or 8 bytes */
	bool minus;
	bool plus;
	bool space;
	bool alternate; /* '#' */
	bool zero;
	bool plain;          /* none of these, and no width or precision */
	bool star_width;     /* an argument is the width */
	bool star_precision; /* an argument is the precision */
	int32_t width;
	int32_t precision; /* -1: none */
	char pointer[RM_POINTER_LETTERS + 1];
};

/*
 * The conversion behind the percent sign before *@at; *@at is behind it then.
 * False: the kernel has no such conversion, or it goes too far.
 */
bool rm_conversion_parse(const char **at, const char *end, uint32_t long_size,
			 struct rm_conversion *ret);

/*
 * The char that *@at begins with, an escape of C or itself; *@at is behind it
 * then. *@at is before @end.
 */
char rm_unescape(const char **at, const char *end);

#endif
