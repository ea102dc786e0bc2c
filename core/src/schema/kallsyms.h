/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * kallsyms.h - the symbols of a kernel by address
 */
#ifndef RM_KALLSYMS_H
#define RM_KALLSYMS_H

#include "schema/sorted_text.h"

/* All members are zero until the symbols are read. */
struct rm_symbols {
	struct rm_sorted_text lines;
	const struct ringmap_symbol *symbols; /* the entries, sorted by start */
	size_t count;
};

/* Reads the symbols, see rm_sorted_text_load(). */
enum ringmap_status rm_symbols_load(struct rm_symbols *symbols,
				    const struct rm_schema_source *source);

/* Returns the last symbol that begins at or before @address, or NULL. */
const struct ringmap_symbol *rm_symbols_find(const struct rm_symbols *symbols,
					     uint64_t address);

/*
 * The address of the function or section mark of that name, of @size chars;
 * the address of a variable would say nothing of its value. False: there is
 * none.
 */
bool rm_symbols_address(const struct rm_symbols *symbols, const char *name,
			size_t size, uint64_t *ret);

void rm_symbols_free(struct rm_symbols *symbols);

#endif
