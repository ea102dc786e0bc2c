/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * arena.h - memory allocated in small pieces and freed in one go
 */
#ifndef RM_ARENA_H
#define RM_ARENA_H

#include <stddef.h>

/* All zeros: an empty arena. */
struct rm_arena {
	struct rm_chunk *chunks;
};

/* Allocates zeroed memory, aligned for any type. NULL: no memory. */
void *rm_arena_alloc(struct rm_arena *arena, size_t size);

/* Copies @size chars and adds a NUL. NULL: no memory. */
char *rm_arena_text(struct rm_arena *arena, const char *text, size_t size);

void rm_arena_free(struct rm_arena *arena);

#endif
