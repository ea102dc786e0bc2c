/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * arrow_text.h - Arrow arrays, checked against their specification and shown
 *
 * Written from the text of the Arrow C data interface, with none of the
 * library's code. Cells are shown so that no two values look alike:
 *
 *	17  -1  true  null  'text'  [1,2]  [[1,2],[3,4]]  x00ff
 *
 * Codes of a dictionary are shown as the strings they stand for.
 */
#ifndef RM_ARROW_TEXT_H
#define RM_ARROW_TEXT_H

#include <ringmap/ringmap.h>

#include <stdbool.h>
#include <stdio.h>

/* The array, its children and dictionaries are sound, or the program dies. */
void rm_arrow_check(const struct ArrowSchema *schema,
		    const struct ArrowArray *array);

/* One value of a column. */
void rm_arrow_cell(const struct ArrowSchema *schema,
		   const struct ArrowArray *array, int64_t row, FILE *out);
bool rm_arrow_is_null(const struct ArrowArray *array, int64_t row);

/* Number of the child with that name; there must be one. */
int64_t rm_arrow_find(const struct ArrowSchema *schema, const char *name);

/* A cell of a struct array, as text; the caller's. */
char *rm_arrow_text(const struct ArrowSchema *schema,
		    const struct ArrowArray *array, const char *column,
		    int64_t row);

/* All rows of a struct array, cells with a blank between them, one row a
 * line; the caller's. */
char *rm_arrow_dump(const struct ArrowSchema *schema,
		    const struct ArrowArray *array);

/* Name and format of each column: "ts:tsn: cpu:I comm:i(u) list:+l(c)". */
char *rm_arrow_shape(const struct ArrowSchema *schema);

/* The bytes are UTF-8, as RFC 3629 has it. */
bool rm_is_utf8(const uint8_t *bytes, size_t size);

#endif
