/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * name_table.h - what is found by its name
 *
 * hsearch(3) looks at the first eight chars only: all names of system calls
 * are one to it.
 */
#ifndef RM_NAME_TABLE_H
#define RM_NAME_TABLE_H

#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>

/* Half of the slots at least are free. */
struct rm_name_table {
	struct {
		const char *name; /* NULL: free */
		void *data;
	} * slots;
	uint32_t mask;
};

/* Room for @count names. False without memory. */
bool rm_name_table_init(struct rm_name_table *table, struct rm_arena *arena,
			uint32_t count);

/* Adds a name that is not there yet; what stands under it now. */
void *rm_name_table_add(struct rm_name_table *table, const char *name,
			void *data);

/* NULL: nothing has that name. */
void *rm_name_table_find(const struct rm_name_table *table, const char *name);

#endif
