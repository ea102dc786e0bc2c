/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * name_table.h - a hash table from names to pointers
 *
 * The hash of glibc's hsearch(3) depends on the first eight chars only, so that
 * the names of all system calls would collide.
 */
#ifndef RM_NAME_TABLE_H
#define RM_NAME_TABLE_H

#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>

/* At least half of the slots are free. */
struct rm_name_table {
	struct {
		const char *name; /* NULL: free */
		void *data;
	} * slots;
	uint32_t mask;
};

/* Makes room for @count names. False: no memory. */
bool rm_name_table_init(struct rm_name_table *table, struct rm_arena *arena,
			uint32_t count);

/* Adds @name unless it is there, and returns the pointer that it has now. */
void *rm_name_table_add(struct rm_name_table *table, const char *name,
			void *data);

/* NULL: the name is not there. */
void *rm_name_table_find(const struct rm_name_table *table, const char *name);

#endif
