/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * lines.h - a text line by line
 *
 * Byte by byte: the C library's functions for strings may look at all that is
 * left of the text for every line, and the sanitizers make them do so.
 */
#ifndef RM_LINES_H
#define RM_LINES_H

#include <stddef.h>

/* At least as many as there are. */
static inline size_t rm_count_lines(const char *text)
{
	size_t count = 1;

	for (; *text; text++)
		count += *text == '\n';
	return count;
}

/* Cuts the first line off; NULL: there is none left. */
static inline char *rm_cut_line(char **rest)
{
	char *line = *rest;
	char *end = line;

	if (!*line)
		return NULL;
	while (*end && *end != '\n')
		end++;
	*rest = end + (*end == '\n');
	*end = '\0';
	return line;
}

#endif
