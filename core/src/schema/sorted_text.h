/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * sorted_text.h - a text of the kernel with an entry per line, sorted by key
 */
#ifndef RM_SORTED_TEXT_H
#define RM_SORTED_TEXT_H

#include "schema/schema_source.h"

/* The text, and how its lines become entries. */
struct rm_sorted_kind {
	enum rm_schema_text which;
	size_t entry_size;
	/* Returns false if the line is no entry. @ret may point into @line. */
	bool (*parse)(char *line, void *ret);
	/* Orders entries for qsort(3). Equal keys keep the text's order. */
	int (*compare)(const void *a, const void *b);
};

/* All members are zero until the text is read. */
struct rm_sorted_text {
	bool read;
	char *text;    /* the entries point into it */
	void *entries; /* NULL: there is no text */
	size_t count;
};

/*
 * Reads the text on the first call. If the source does not have it, there are no
 * entries, and this is not an error. RINGMAP_E_NOMEM: the next call tries again.
 */
enum ringmap_status rm_sorted_text_load(struct rm_sorted_text *sorted,
					const struct rm_sorted_kind *kind,
					const struct rm_schema_source *source);

/*
 * Returns the number of entries for which @before(entry, key) holds. These must
 * come first in the order.
 */
size_t rm_sorted_text_before(const struct rm_sorted_text *sorted,
			     const struct rm_sorted_kind *kind, const void *key,
			     bool (*before)(const void *entry,
					    const void *key));

void rm_sorted_text_free(struct rm_sorted_text *sorted);

#endif
