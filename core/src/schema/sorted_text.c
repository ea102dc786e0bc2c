/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * sorted_text.c - a text of the kernel with an entry per line, sorted by key
 */
#include "schema/sorted_text.h"

#include "base/lines.h"

#include <stdlib.h>

static enum ringmap_status parse(struct rm_sorted_text *sorted,
				 const struct rm_sorted_kind *kind)
{
	size_t lines = rm_count_lines(sorted->text);
	char *rest = sorted->text;
	char *line;

	sorted->entries = reallocarray(NULL, lines, kind->entry_size);
	if (!sorted->entries)
		return RINGMAP_E_NOMEM;
	char *at = sorted->entries;
	while ((line = rm_cut_line(&rest))) {
		if (!kind->parse(line, at))
			continue;
		at += kind->entry_size;
		sorted->count++;
	}
	qsort(sorted->entries, sorted->count, kind->entry_size, kind->compare);
	return RINGMAP_OK;
}

enum ringmap_status rm_sorted_text_load(struct rm_sorted_text *sorted,
					const struct rm_sorted_kind *kind,
					const struct rm_schema_source *source)
{
	size_t size;

	if (sorted->read)
		return RINGMAP_OK;
	enum ringmap_status s = source->ops->text(source->ctx, kind->which,
						  &sorted->text, &size, NULL);
	if (!s)
		s = parse(sorted, kind);
	if (s == RINGMAP_E_NOMEM) {
		rm_sorted_text_free(sorted);
		return s;
	}
	sorted->read = true;
	return RINGMAP_OK;
}

size_t rm_sorted_text_before(const struct rm_sorted_text *sorted,
			     const struct rm_sorted_kind *kind, const void *key,
			     bool (*before)(const void *entry, const void *key))
{
	const char *entries = sorted->entries;
	size_t low = 0;
	size_t high = sorted->count;

	/* Invariant: before() holds below low, and for no entry from high on. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (before(entries + middle * kind->entry_size, key))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void rm_sorted_text_free(struct rm_sorted_text *sorted)
{
	free(sorted->entries);
	free(sorted->text);
	*sorted = (struct rm_sorted_text){.count = 0};
}
