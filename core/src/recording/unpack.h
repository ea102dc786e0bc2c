/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * unpack.h - zlib and zstd: one block of known size
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

/* By its name in the file. RINGMAP_E_UNSUPPORTED. */
enum ringmap_status rm_packing_of(const char *name, enum rm_packing *ret,
				  struct ringmap_error *err);

/* An unpacker, kept from block to block. */
struct rm_unpacker;

enum ringmap_status rm_unpacker_new(enum rm_packing packing,
				    struct rm_unpacker **ret,
				    struct ringmap_error *err);
void rm_unpacker_free(struct rm_unpacker *u);

/* Two sizes, then that many packed bytes. */
struct rm_block {
	const uint8_t *packed;
	uint32_t packed_size;
	uint32_t size; /* unpacked */
};

/*
 * The block at @c, which is left behind it. What it claims to hold is refused
 * where no compressor could have made so much of it: memory stays in
 * proportion to the file. @slack: what a block may hold in any case.
 */
enum ringmap_status rm_block_at(struct rm_cursor *c, uint32_t slack,
				struct rm_block *ret);

/* False: it does not hold what it claims. */
bool rm_unpack(struct rm_unpacker *u, const struct rm_block *block,
	       uint8_t *ret);

#endif
