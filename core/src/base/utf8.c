/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * utf8.c - checks for UTF-8, and escapes bytes that are not
 */
#include "base/utf8.h"

#include <string.h>

/* Returns the size of the character at @text (RFC 3629); 0: none is there. */
static size_t character(const uint8_t *text, size_t size)
{
	uint8_t first = text[0];
	size_t more;
	uint8_t low = 0x80; /* bounds of the second byte */
	uint8_t high = 0xbf;

	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first > 0xf4)
		return 0;
	if (first < 0xe0) {
		more = 1;
	} else if (first < 0xf0) {
		more = 2;
		if (first == 0xe0)
			low = 0xa0; /* overlong forms are invalid */
		if (first == 0xed)
			high = 0x9f; /* surrogates are invalid */
	} else {
		more = 3;
		if (first == 0xf0)
			low = 0x90;
		if (first == 0xf4)
			high = 0x8f; /* U+10FFFF is the last one */
	}
	if (size <= more || text[1] < low || text[1] > high)
		return 0;
	for (size_t i = 2; i <= more; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	return more + 1;
}

bool rm_utf8_valid(const uint8_t *text, size_t size)
{
	size_t i = 0;

	/* Skip ASCII eight bytes at a time. */
	for (; i + 8 <= size; i += 8) {
		uint64_t eight;

		memcpy(&eight, text + i, sizeof(eight));
		if (eight & 0x8080808080808080ull)
			break;
	}
	while (i < size) {
		size_t n = character(text + i, size - i);

		if (!n)
			return false;
		i += n;
	}
	return true;
}

/* Stores @size bytes behind @used, if there is room; they may overlap. */
static size_t put(uint8_t *to, size_t cap, size_t used, const uint8_t *from,
		  size_t size)
{
	if (used <= cap && size <= cap - used)
		memmove(to + used, from, size);
	return used + size;
}

size_t rm_utf8_escape_to(uint8_t *to, size_t cap, const uint8_t *text,
			 size_t size)
{
	static const char digits[] = "0123456789abcdef";
	size_t used = 0;

	for (size_t i = 0; i < size;) {
		const uint8_t byte = text[i];
		size_t n = character(text + i, size - i);

		if (n && byte != '\\') {
			used = put(to, cap, used, text + i, n);
			i += n;
			continue;
		}
		const uint8_t escape[RM_ESCAPE_BYTES] = {
			'\\', 'x', (uint8_t)digits[byte >> 4],
			(uint8_t)digits[byte & 15]};
		used = put(to, cap, used, escape, sizeof(escape));
		i++;
	}
	return used;
}

size_t rm_utf8_escape(uint8_t *text, size_t size)
{
	const size_t room = size * RM_ESCAPE_BYTES;
	uint8_t *from = text + room - size;

	/* Read from the end of the room: writing never overtakes reading. */
	memmove(from, text, size);
	return rm_utf8_escape_to(text, room, from, size);
}

char *rm_utf8_text(struct rm_arena *arena, const char *text, size_t size)
{
	const bool valid = rm_utf8_valid((const uint8_t *)text, size);
	char *ret = rm_arena_alloc(arena,
				   (valid ? size : size * RM_ESCAPE_BYTES) + 1);

	if (!ret)
		return NULL;
	memcpy(ret, text, size);
	if (!valid)
		ret[rm_utf8_escape((uint8_t *)ret, size)] = '\0';
	return ret;
}
