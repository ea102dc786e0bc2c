/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * out_text.c - a text in memory that grows
 */
#include "base/out_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* About ten times the longest text that goes in. */
#define TEXT_MAX ((size_t)16 << 20)

static bool make_room(struct rm_text *text, size_t size)
{
	if (size > TEXT_MAX - text->size)
		text->failed = true;
	if (text->failed)
		return false;
	size_t need = text->size + size + 1;
	if (need <= text->room)
		return true;
	size_t room = need < 256 ? 512 : 2 * need;
	char *grown = realloc(text->at, room);
	if (!grown) {
		text->failed = true;
		return false;
	}
	text->at = grown;
	text->room = room;
	return true;
}

void rm_text_add(struct rm_text *text, const char *what, size_t size)
{
	if (!make_room(text, size))
		return;
	memcpy(text->at + text->size, what, size);
	text->size += size;
	text->at[text->size] = '\0';
}

void rm_text_puts(struct rm_text *text, const char *what)
{
	rm_text_add(text, what, strlen(what));
}

void rm_text_printf(struct rm_text *text, const char *fmt, ...)
{
	char line[1024];
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(line))
		text->failed = true;
	else
		rm_text_add(text, line, (size_t)n);
}

void rm_text_insert(struct rm_text *text, size_t pos, const char *what)
{
	size_t size = strlen(what);

	if (!make_room(text, size))
		return;
	memmove(text->at + pos + size, text->at + pos, text->size - pos + 1);
	memcpy(text->at + pos, what, size);
	text->size += size;
}

void rm_text_cut(struct rm_text *text, size_t pos)
{
	if (pos < text->size) {
		text->size = pos;
		text->at[pos] = '\0';
	}
}

void rm_text_free(struct rm_text *text)
{
	free(text->at);
	*text = (struct rm_text){.size = 0};
}
