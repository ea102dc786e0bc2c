/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * utf8.h - checks for UTF-8, and escapes bytes that are not
 */
#ifndef RM_UTF8_H
#define RM_UTF8_H

#include "base/arena.h"

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

/*
 * Stores what rm_utf8_escape() would, as far as whole characters and escapes fit
 * into @cap bytes. Returns the size of all of it.
 */
size_t rm_utf8_escape_to(uint8_t *to, size_t cap, const uint8_t *text,
			 size_t size);

/* Copies @size chars into the arena, escaped if they are not UTF-8. NULL: no
 * memory. */
char *rm_utf8_text(struct rm_arena *arena, const char *text, size_t size);

#endif
