/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * name_table.c - a hash table from names to pointers
 */
#include "base/name_table.h"

#include "base/hash.h"

#include <string.h>

bool rm_name_table_init(struct rm_name_table *table, struct rm_arena *arena,
			uint32_t count)
{
	uint32_t size = 4;

	while (size / 2 < count)
		size *= 2;
	table->slots = rm_arena_alloc(arena, size * sizeof(*table->slots));
	table->mask = size - 1;
	return table->slots;
}

/* Returns the slot of @name, or the free slot where it belongs. */
static uint32_t slot_of(const struct rm_name_table *table, const char *name)
{
	uint32_t slot = rm_hash(name, strlen(name)) & table->mask;

	while (table->slots[slot].name &&
	       strcmp(table->slots[slot].name, name) != 0)
		slot = (slot + 1) & table->mask;
	return slot;
}

void *rm_name_table_add(struct rm_name_table *table, const char *name,
			void *data)
{
	uint32_t slot = slot_of(table, name);

	if (!table->slots[slot].name) {
		table->slots[slot].name = name;
		table->slots[slot].data = data;
	}
	return table->slots[slot].data;
}

void *rm_name_table_find(const struct rm_name_table *table, const char *name)
{
	return table->slots[slot_of(table, name)].data;
}
