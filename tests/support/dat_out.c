/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * dat_out.c - numbers, strings and compressed blocks of a trace.dat to be
 */
#include "tests/support/dat_out.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

void rm_must_write(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "dat_writer: %s\n", what);
	exit(EXIT_FAILURE);
}

void rm_out(struct rm_out *o, const void *bytes, size_t size)
{
	if (o->room - o->size < size) {
		o->room = 2 * (o->size + size) + 4096;
		o->bytes = realloc(o->bytes, o->room);
		rm_must_write(o->bytes, "no memory");
	}
	if (size)
		memcpy(o->bytes + o->size, bytes, size);
	o->size += size;
}

void rm_out_order(uint8_t *ret, uint32_t size, uint64_t number, bool big)
{
	for (uint32_t i = 0; i < size; i++)
		ret[big ? size - 1 - i : i] = (uint8_t)(number >> 8 * i);
}

void rm_out_number(struct rm_out *o, uint32_t size, uint64_t number)
{
	uint8_t bytes[8];

	rm_out_order(bytes, size, number, o->big_endian);
	rm_out(o, bytes, size);
}

void rm_out_string(struct rm_out *o, const char *string)
{
	rm_out(o, string, strlen(string) + 1);
}

void rm_out_text(struct rm_out *o, uint32_t size_bytes, const char *text)
{
	size_t size = text ? strlen(text) : 0;

	rm_out_number(o, size_bytes, size);
	rm_out(o, text, size);
}

void rm_out_align(struct rm_out *o, size_t to)
{
	static const uint8_t zero;

	while (o->size % to)
		rm_out(o, &zero, 1);
}

void rm_out_block(struct rm_out *o, enum rm_dat_packing packing,
		  const uint8_t *bytes, size_t size)
{
	size_t room = compressBound(size) + ZSTD_compressBound(size);
	uint8_t *packed = malloc(room);
	uLongf packed_size = room;

	rm_must_write(packed, "no memory");
	if (packing == RM_DAT_ZLIB)
		rm_must_write(compress(packed, &packed_size, bytes, size) ==
				      Z_OK,
			      "zlib failed");
	else
		packed_size = ZSTD_compress(packed, room, bytes, size, 3);
	rm_must_write(packing != RM_DAT_ZSTD || !ZSTD_isError(packed_size),
		      "zstd failed");
	rm_out_number(o, 4, packed_size);
	rm_out_number(o, 4, size);
	rm_out(o, packed, packed_size);
	free(packed);
}
