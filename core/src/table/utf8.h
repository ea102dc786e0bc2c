/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * utf8.h - is it UTF-8, and what to do if not
 */
#ifndef RM_UTF8_H
#define RM_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	RM_ESCAPE_BYTES = 4 /* of one byte's \xNN */
};

bool rm_utf8_valid(const uint8_t *text, size_t size);

/*
 * Turns each byte that belongs to no character into \xNN, in place, and each
 * backslash too, so that no two strings become one: there must be room for
 * RM_ESCAPE_BYTES times @size. Returns the new size.
 */
size_t rm_utf8_escape(uint8_t *text, size_t size);

#endif
