/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * kallsyms.h - symbols of a kernel and where they begin
 */
#ifndef RM_KALLSYMS_H
#define RM_KALLSYMS_H

#include "schema/schema_source.h"

/* All zeros: not read yet. */
struct rm_symbols {
	bool read;
	char *text;                     /* what the names point into */
	struct ringmap_symbol *symbols; /* by start */
	size_t count;
};

/*
 * Reads them, unless that was done. Where there is no text there are none.
 * RINGMAP_E_NOMEM.
 */
enum ringmap_status rm_symbols_load(struct rm_symbols *symbols,
				    const struct rm_schema_source *source);

/* The last one that begins at or before @address, or NULL. */
const struct ringmap_symbol *rm_symbols_find(const struct rm_symbols *symbols,
					     uint64_t address);

void rm_symbols_free(struct rm_symbols *symbols);

#endif
