/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * unpack.h - decompresses blocks of known size, by zlib or zstd
 */
#ifndef RM_UNPACK_H
#define RM_UNPACK_H

#include "recording/cursor.h"

#include <ringmap/ringmap.h>

#include <stddef.h>

enum rm_packing {
	RM_PACKING_NONE,
	RM_PACKING_ZLIB,
	RM_PACKING_ZSTD
};

/* Finds a compression by its name in the file; false: it is not supported. */
bool rm_packing_of(const char *name, enum rm_packing *ret);

/* The state of a decompressor, reused from block to block. */
struct rm_unpacker;

enum ringmap_status rm_unpacker_new(enum rm_packing packing,
				    struct rm_unpacker **ret,
				    struct ringmap_error *err);
void rm_unpacker_free(struct rm_unpacker *u);

/* In the file: packed_size, size, then packed_size bytes. */
struct rm_block {
	const uint8_t *packed;
	uint32_t packed_size;
	uint32_t size; /* decompressed */
};

/*
 * Reads the block at @c and steps over it. Refuses a size that no compressor
 * could reach with so many bytes, which keeps the memory in proportion to the
 * file. A size up to @slack is always accepted.
 */
enum ringmap_status rm_block_at(struct rm_cursor *c, uint32_t slack,
				struct rm_block *ret);

/* Returns false if the block does not decompress to exactly its size. */
bool rm_unpack(struct rm_unpacker *u, const struct rm_block *block,
	       uint8_t *ret);

#endif
