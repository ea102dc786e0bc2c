/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * word.h - chars of C's identifiers and numbers, independent of the locale
 */
#ifndef RM_WORD_H
#define RM_WORD_H

#include <stdbool.h>

/* Returns true if @c can be part of an identifier. */
static inline bool rm_is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_';
}

/* Returns the value of @c as a digit, or 16 if it is not one. */
static inline unsigned int rm_digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned int)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned int)(c - 'a') + 10;
	return c >= 'A' && c <= 'F' ? (unsigned int)(c - 'A') + 10 : 16;
}

#endif
