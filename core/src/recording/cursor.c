/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * cursor.c - reads numbers and strings in sequence, within bounds
 */
#include "recording/cursor.h"

#include "base/error.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum ringmap_status rm_cursor_fail(struct rm_cursor *c, const char *fmt, ...)
{
	char why[192];
	va_list ap;

	/* Only the first error is meaningful; others may follow from it. */
	if (c->status)
		return c->status;
	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	c->status = RINGMAP_E_CORRUPT;
	if (c->unpacked)
		return rm_fail(c->err, RINGMAP_E_CORRUPT, 0,
			       RM_FILE "byte %" PRIu64
				       " of the data compressed at byte "
				       "%" PRIu64 ": %s",
			       RM_FILE_ARGS(c->file), c->at, c->base, why);
	return rm_fail(c->err, RINGMAP_E_CORRUPT, 0,
		       RM_FILE "byte %" PRIu64 ": %s", RM_FILE_ARGS(c->file),
		       c->base + c->at, why);
}

const uint8_t *rm_cursor_take(struct rm_cursor *c, uint64_t size,
			      const char *what)
{
	if (!c->status && size > c->end - c->at)
		rm_cursor_fail(c,
			       "%s should have %" PRIu64 " bytes, but only "
			       "%" PRIu64 " follow",
			       what, size, c->end - c->at);
	if (c->status)
		return NULL;
	const uint8_t *taken = c->bytes + c->at;
	c->at += size;
	return taken;
}

uint64_t rm_cursor_number(struct rm_cursor *c, uint32_t size, const char *what)
{
	const uint8_t *p = rm_cursor_take(c, size, what);
	uint64_t number = 0;

	for (uint32_t i = 0; p && i < size; i++)
		number = number << 8 | p[c->big_endian ? i : size - 1 - i];
	return number;
}

const char *rm_cursor_string(struct rm_cursor *c, const char *what)
{
	if (c->status)
		return NULL;
	const uint8_t *end =
		memchr(c->bytes + c->at, '\0', (size_t)(c->end - c->at));
	if (!end) {
		rm_cursor_fail(c, "%s has no terminating NUL", what);
		return NULL;
	}
	const char *string = (const char *)c->bytes + c->at;
	c->at = (uint64_t)(end - c->bytes) + 1;
	return string;
}
