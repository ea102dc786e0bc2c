/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * utf8.h - checks for UTF-8, and escapes bytes that are not
 */
#ifndef RM_UTF8_H
#define RM_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	RM_ESCAPE_BYTES = 4 /* the length of \xNN */
};

bool rm_utf8_valid(const uint8_t *text, size_t size);

/*
 * Replaces each byte that belongs to no character by \xNN, in place, and each
 * backslash as well, so that no two strings become one. There must be room for
 * RM_ESCAPE_BYTES times @size. Returns the new size.
 */
size_t rm_utf8_escape(uint8_t *text, size_t size);

#endif
