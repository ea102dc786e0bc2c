/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * sorted_text.h - a text of the kernel, one entry a line, sorted for look-ups
 */
#ifndef RM_SORTED_TEXT_H
#define RM_SORTED_TEXT_H

#include "schema/schema_source.h"

/* How the lines of one text become entries. */
struct rm_sorted_kind {
	enum rm_schema_text which;
	size_t entry_size;
	/* False: the line holds no entry. An entry may point into @line. */
	bool (*parse)(char *line, void *ret);
	/* As for qsort(3); entries of one key in the order of the text. */
	int (*compare)(const void *a, const void *b);
};

/* All zeros: not read yet. */
struct rm_sorted_text {
	bool read;
	char *text;    /* what the entries point into */
	void *entries; /* NULL if there are none */
	size_t count;
};

/*
 * Reads the text, unless that was done before. A source without the text
 * leaves no entries. RINGMAP_E_NOMEM: as if it had not been called.
 */
enum ringmap_status rm_sorted_text_load(struct rm_sorted_text *sorted,
					const struct rm_sorted_kind *kind,
					const struct rm_schema_source *source);

/*
 * How many entries come before @key: @before(entry, key) holds for these, and
 * for none after them.
 */
size_t rm_sorted_text_before(const struct rm_sorted_text *sorted,
			     const struct rm_sorted_kind *kind, const void *key,
			     bool (*before)(const void *entry,
					    const void *key));

void rm_sorted_text_free(struct rm_sorted_text *sorted);

#endif
