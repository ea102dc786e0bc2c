/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * out_text.h - a text in memory that grows
 */
#ifndef RM_OUT_TEXT_H
#define RM_OUT_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* All zeros: an empty text. */
struct rm_text {
	char *at; /* ends with a NUL; NULL: nothing was added yet */
	size_t size;
	size_t room;
	bool failed; /* memory or the limit ran out, and the text is cut */
};

void rm_text_add(struct rm_text *text, const char *what, size_t size);
void rm_text_puts(struct rm_text *text, const char *what);
void rm_text_printf(struct rm_text *text, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Inserts @what at @pos. */
void rm_text_insert(struct rm_text *text, size_t pos, const char *what);

/* Cuts the text off at @pos. */
void rm_text_cut(struct rm_text *text, size_t pos);

void rm_text_free(struct rm_text *text);

#endif
