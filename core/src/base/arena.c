/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * arena.c - memory allocated in small pieces and freed in one go
 */
#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Most formats fit into one chunk. */
#define CHUNK 2048

struct rm_chunk {
	struct rm_chunk *next;
	size_t size;
	size_t used;
	alignas(max_align_t) char bytes[];
};

static struct rm_chunk *add_chunk(struct rm_arena *arena, size_t size)
{
	if (size > SIZE_MAX / 2)
		return NULL;
	struct rm_chunk *chunk = calloc(1, sizeof(*chunk) + size);

	if (!chunk)
		return NULL;
	chunk->size = size;
	chunk->next = arena->chunks;
	arena->chunks = chunk;
	return chunk;
}

void *rm_arena_alloc(struct rm_arena *arena, size_t size)
{
	const size_t align = alignof(max_align_t);
	struct rm_chunk *chunk = arena->chunks;

	if (!chunk || size > chunk->size - chunk->used)
		chunk = add_chunk(arena, size > CHUNK ? size : CHUNK);
	if (!chunk)
		return NULL;
	void *ret = chunk->bytes + chunk->used;
	size_t end = (chunk->used + size + align - 1) & ~(align - 1);
	chunk->used = end < chunk->size ? end : chunk->size;
	return ret;
}

char *rm_arena_text(struct rm_arena *arena, const char *text, size_t size)
{
	char *ret = rm_arena_alloc(arena, size + 1);

	if (ret)
		memcpy(ret, text, size);
	return ret;
}

void rm_arena_free(struct rm_arena *arena)
{
	while (arena->chunks) {
		struct rm_chunk *chunk = arena->chunks;

		arena->chunks = chunk->next;
		free(chunk);
	}
}
