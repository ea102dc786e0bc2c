/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * header_page.c - the text of events/header_page
 */
#define _GNU_SOURCE
#include "base/header_page.h"

#include "base/word.h"

#include <stddef.h>
#include <string.h>

/* No sub-buffer is as large. */
#define VALUE_MAX (1U << 28)

/* "offset:16;" in the line at @line. */
static bool take_value(const char *line, size_t size, const char *name,
		       uint32_t *ret)
{
	const char *end = line + size;
	const char *at = memmem(line, size, name, strlen(name));

	if (!at)
		return false;
	at += strlen(name);
	*ret = 0;
	if (at == end || rm_digit(*at) >= 10)
		return false;
	for (; at < end && rm_digit(*at) < 10; at++) {
		*ret = *ret * 10 + rm_digit(*at);
		if (*ret > VALUE_MAX)
			return false;
	}
	return at < end && *at == ';';
}

/* The line of the field @name, which stands before a semicolon. */
static bool take_field(const char *text, const char *name, uint32_t *offset,
		       uint32_t *size)
{
	const char *line = text;

	while (*line) {
		size_t length = strcspn(line, "\n");
		const char *semicolon = memchr(line, ';', length);
		size_t name_size = strlen(name);

		if (semicolon && (size_t)(semicolon - line) > name_size &&
		    !memcmp(semicolon - name_size, name, name_size) &&
		    !rm_is_word(semicolon[-(ptrdiff_t)name_size - 1]))
			return take_value(line, length, "offset:", offset) &&
			       take_value(line, length, "size:", size);
		line += length + (line[length] == '\n');
	}
	return false;
}

bool rm_page_header_long(const char *text, uint32_t *ret)
{
	uint32_t offset;

	return take_field(text, "commit", &offset, ret) &&
	       (*ret == 4 || *ret == 8);
}

bool rm_page_header_parse(const char *text, struct rm_page_header *ret)
{
	uint32_t offset;

	return take_field(text, "timestamp", &offset, &ret->stamp_size) &&
	       rm_page_header_long(text, &ret->long_size) &&
	       take_field(text, "data", &ret->data_offset, &ret->data_size);
}
