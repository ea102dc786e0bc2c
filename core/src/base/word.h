/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * word.h - words, and chars of C's identifiers and numbers, independent of the
 * locale
 *
 * Most comparisons fail at the first char, and a call to libc costs more than
 * that: when all formats of a kernel load, there are a million.
 */
#ifndef RM_WORD_H
#define RM_WORD_H

#include <stdbool.h>
#include <stddef.h>

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

/* Returns the text behind @word, or NULL if @at does not begin with it. */
static inline const char *rm_behind(const char *at, const char *word)
{
	for (; *word; at++, word++) {
		if (*at != *word)
			return NULL;
	}
	return at;
}

/* Returns true if the @size chars at @at are @word. */
static inline bool rm_same(const char *at, size_t size, const char *word)
{
	for (size_t i = 0; i < size; i++) {
		if (!word[i] || at[i] != word[i])
			return false;
	}
	return !word[size];
}

/* Returns the first char that is no blank. */
static inline const char *rm_behind_blanks(const char *at)
{
	while (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n')
		at++;
	return at;
}

#endif
