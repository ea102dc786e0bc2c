// SPDX-License-Identifier: GPL-2.0-only
/*
 * What trace-cmd calls of libzstd, done with zlib.
 *
 * The distribution's trace-cmd is built without zlib. With this in libzstd's
 * place it writes what one with zlib writes, but for the algorithm's name in
 * the file's head, which trace_dat.sh puts right.
 */
#include <stddef.h>
#include <zlib.h>

/* zstd tells errors by sizes that no buffer has. */
#define FAILED ((size_t)-1)

static char context;

void *ZSTD_createCCtx(void)
{
	return &context;
}

size_t ZSTD_freeCCtx(void *ctx)
{
	(void)ctx;
	return 0;
}

void *ZSTD_createDCtx(void)
{
	return &context;
}

size_t ZSTD_freeDCtx(void *ctx)
{
	(void)ctx;
	return 0;
}

size_t ZSTD_CCtx_setParameter(void *ctx, int parameter, int value)
{
	(void)ctx;
	(void)parameter;
	(void)value;
	return 0;
}

unsigned int ZSTD_isError(size_t code)
{
	return code == FAILED;
}

const char *ZSTD_versionString(void)
{
	return zlibVersion();
}

size_t ZSTD_compressBound(size_t size)
{
	return compressBound(size);
}

size_t ZSTD_compress2(void *ctx, void *to, size_t cap, const void *from,
		      size_t size)
{
	uLongf length = cap;

	(void)ctx;
	if (compress2(to, &length, from, size, Z_BEST_COMPRESSION) != Z_OK)
		return FAILED;
	return length;
}

size_t ZSTD_decompressDCtx(void *ctx, void *to, size_t cap, const void *from,
			   size_t size)
{
	uLongf length = cap;

	(void)ctx;
	if (uncompress(to, &length, from, size) != Z_OK)
		return FAILED;
	return length;
}
