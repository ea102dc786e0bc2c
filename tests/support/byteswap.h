/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * byteswap.h - what a big-endian kernel would have written
 *
 * Turns sub-buffers of a 64-bit little-endian kernel round: headers, event
 * headers, and each field as its format says. Reads formats by itself, with
 * none of the library's code.
 */
#ifndef RM_BYTESWAP_H
#define RM_BYTESWAP_H

#include <stddef.h>
#include <stdint.h>

struct rm_swap_field {
	uint32_t offset;
	uint32_t size;
	uint32_t elem_size; /* 1: bytes stay as they are */
	int dynamic;        /* a u32 tells where the elements are */
};

enum {
	RM_SWAP_FIELDS = 32,
	RM_SWAP_FORMATS = 64
};

struct rm_swap_format {
	uint32_t id;
	struct rm_swap_field fields[RM_SWAP_FIELDS];
	size_t nr_fields;
};

struct rm_swap {
	struct rm_swap_format formats[RM_SWAP_FORMATS];
	size_t count;
};

/* Learns a format from its text. */
void rm_swap_learn(struct rm_swap *swap, const char *text);

/* Turns @size bytes of sub-buffers of @subbuf_size round. */
void rm_swap_subbufs(const struct rm_swap *swap, uint8_t *bytes, size_t size,
		     size_t subbuf_size);

#endif
