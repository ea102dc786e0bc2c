/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * unpack.c - decompresses blocks of known size, by zlib or zstd
 */
#include "recording/unpack.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

enum {
	/* deflate reaches 1,032 to 1 at most; zstd exceeds that only on data
	 * that is nearly empty. */
	RATIO_MAX = 1100,
	SIZE_MAX_UNPACKED = 64 << 20
};

struct rm_unpacker {
	enum rm_packing packing;
	z_stream zlib;
	ZSTD_DCtx *zstd;
};

bool rm_packing_of(const char *name, enum rm_packing *ret)
{
	static const char *const names[] = {
		[RM_PACKING_NONE] = "none",
		[RM_PACKING_ZLIB] = "zlib",
		[RM_PACKING_ZSTD] = "zstd",
	};

	for (int i = RM_PACKING_NONE; i <= RM_PACKING_ZSTD; i++)
		if (!strcmp(name, names[i])) {
			*ret = (enum rm_packing)i;
			return true;
		}
	return false;
}

enum ringmap_status rm_unpacker_new(enum rm_packing packing,
				    struct rm_unpacker **ret,
				    struct ringmap_error *err)
{
	struct rm_unpacker *u = calloc(1, sizeof(*u));
	bool made = false;

	if (u && packing == RM_PACKING_ZLIB)
		made = inflateInit(&u->zlib) == Z_OK;
	else if (u && packing == RM_PACKING_ZSTD)
		made = (u->zstd = ZSTD_createDCtx());
	if (!made) {
		free(u);
		return rm_fail(err, RINGMAP_E_NOMEM, 0,
			       "no memory to decompress");
	}
	u->packing = packing;
	*ret = u;
	return RINGMAP_OK;
}

void rm_unpacker_free(struct rm_unpacker *u)
{
	if (!u)
		return;
	if (u->packing == RM_PACKING_ZLIB)
		inflateEnd(&u->zlib);
	ZSTD_freeDCtx(u->zstd);
	free(u);
}

enum ringmap_status rm_block_at(struct rm_cursor *c, uint32_t slack,
				struct rm_block *ret)
{
	ret->packed_size = rm_cursor_u32(c, "size of a compressed block");
	ret->size = rm_cursor_u32(c, "decompressed size of a block");
	uint64_t most = (uint64_t)ret->packed_size * RATIO_MAX + slack;

	if (!c->status && (ret->size > most || ret->size > SIZE_MAX_UNPACKED))
		rm_cursor_fail(c, "%u compressed bytes cannot hold %u",
			       ret->packed_size, ret->size);
	ret->packed = rm_cursor_take(c, ret->packed_size, "a compressed block");
	return c->status;
}

static bool unpack_zlib(z_stream *z, const struct rm_block *block, uint8_t *ret)
{
	/* zlib declares next_in without const but does not write there. */
	z->next_in = (Bytef *)(uintptr_t)block->packed;
	z->avail_in = block->packed_size;
	z->next_out = ret;
	z->avail_out = block->size;
	return inflateReset(z) == Z_OK &&
	       inflate(z, Z_FINISH) == Z_STREAM_END && !z->avail_out;
}

bool rm_unpack(struct rm_unpacker *u, const struct rm_block *block,
	       uint8_t *ret)
{
	if (u->packing == RM_PACKING_ZLIB)
		return unpack_zlib(&u->zlib, block, ret);
	return ZSTD_decompressDCtx(u->zstd, ret, block->size, block->packed,
				   block->packed_size) == block->size;
}
