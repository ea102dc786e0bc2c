/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * arena.h - memory that is asked for piece by piece and freed at once
 */
#ifndef RM_ARENA_H
#define RM_ARENA_H

#include <stddef.h>

/* All zeros is an empty one. */
struct rm_arena {
	struct rm_chunk *chunks;
};

/* Zeros, aligned for any type; NULL without memory. */
void *rm_arena_alloc(struct rm_arena *arena, size_t size);

/* A copy of @size chars, with a NUL; NULL without memory. */
char *rm_arena_text(struct rm_arena *arena, const char *text, size_t size);

void rm_arena_free(struct rm_arena *arena);

#endif
