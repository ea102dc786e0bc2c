/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * printed.c - prints a record in every way, and checks what comes
 */
#include "tests/fuzz/printed.h"

#include "tests/support/must.h"

#include <stdlib.h>
#include <string.h>

#define PIECE 64

/* A cut text is a prefix of the whole one, and both calls return its length. */
static void print(struct ringmap_schema *schema,
		  const struct ringmap_event *event, uint32_t flags)
{
	char piece[PIECE];
	size_t piece_size;
	size_t size;

	enum ringmap_status s =
		ringmap_event_print(schema, event, flags, NULL, 0, &size);
	rm_must(s == RINGMAP_OK || s == RINGMAP_E_CORRUPT ||
		s == RINGMAP_E_NOENT);
	if (s)
		return;
	char *text = malloc(size + 1);
	rm_must(text);
	rm_must(!ringmap_event_print(schema, event, flags, text, size + 1,
				     &piece_size));
	rm_must(piece_size == size);
	rm_must(strlen(text) == size);
	rm_must(!ringmap_event_print(schema, event, flags, piece, sizeof(piece),
				     &piece_size));
	rm_must(piece_size == size);
	rm_must(strlen(piece) == (size < PIECE ? size : PIECE - 1));
	rm_must(!strncmp(piece, text, PIECE - 1));
	free(text);
}

void rm_printed(struct ringmap_schema *schema, uint32_t id, bool big_endian,
		const uint8_t *data, size_t size)
{
	uint8_t *record = malloc(size ? size : 1);
	const struct ringmap_event event = {
		.ts = 1234567890, .data = record, .size = (uint32_t)size};

	rm_must(record);
	if (size)
		memcpy(record, data, size);
	if (size >= 2) {
		record[big_endian] = (uint8_t)id;
		record[!big_endian] = (uint8_t)(id >> 8);
	}
	print(schema, &event, 0);
	print(schema, &event, RINGMAP_PRINT_RAW);
	print(schema, &event, RINGMAP_PRINT_LINE);
	print(schema, &event, RINGMAP_PRINT_LINE | RINGMAP_PRINT_RAW);
	free(record);
}
