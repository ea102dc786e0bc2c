/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * lines.h - cuts a text into lines
 *
 * It goes byte by byte: the string functions of the C library may read the
 * whole rest of the text for every line, and the sanitizers make them do so.
 */
#ifndef RM_LINES_H
#define RM_LINES_H

#include <stddef.h>

/* An upper bound of the number of lines. */
static inline size_t rm_count_lines(const char *text)
{
	size_t count = 1;

	for (; *text; text++)
		count += *text == '\n';
	return count;
}

/* Cuts the first line off. NULL: none is left. */
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
