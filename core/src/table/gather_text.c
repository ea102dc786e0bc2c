/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * gather_text.c - strings: as they are, or as codes of a dictionary
 *
 * The kernel's strings are bytes; Arrow's are UTF-8. What is none is escaped,
 * so that no two strings become one, and counted.
 */
#include "table/gather.h"

#include "table/utf8.h"

#include <assert.h>
#include <string.h>

/* @size bytes up to a NUL, made UTF-8, behind the items. */
static bool append_text(struct rm_gather *g, const uint8_t *bytes, size_t size)
{
	struct rm_store *s = g->store;

	if (!rm_store_grow(s, 1, size * RM_ESCAPE_BYTES))
		return false;
	uint8_t *to = s->items + s->nr_items;
	/* First the copy, which stays as it is; then the look at it. */
	memcpy(to, bytes, size);
	size = strnlen((const char *)to, size);
	if (!rm_utf8_valid(to, size)) {
		size = rm_utf8_escape(to, size);
		g->escaped++;
	}
	s->nr_items += size;
	return true;
}

RM_RACES bool rm_gather_text(struct rm_gather *g, const struct rm_rows *rows)
{
	for (size_t i = 0; i < rows->count; i++) {
		size_t row = g->at + i;
		struct rm_span span;

		if (!rm_span(g->column, rows, i, &span)) {
			rm_gather_broken(g, row);
			continue;
		}
		if (!append_text(g, span.bytes, span.size))
			return false;
		g->store->offsets[row + 1] = (int32_t)g->store->nr_items;
	}
	return true;
}

RM_RACES bool rm_gather_blob(struct rm_gather *g, const struct rm_rows *rows)
{
	struct rm_store *s = g->store;

	for (size_t i = 0; i < rows->count; i++) {
		size_t row = g->at + i;
		struct rm_span span;

		if (!rm_span(g->column, rows, i, &span)) {
			rm_gather_broken(g, row);
			continue;
		}
		if (!rm_store_grow(s, 1, span.size))
			return false;
		memcpy(s->items + s->nr_items, span.bytes, span.size);
		s->nr_items += span.size;
		s->offsets[row + 1] = (int32_t)s->nr_items;
	}
	return true;
}

/* A name of @size bytes, for the first time lately. */
static int32_t task_code(struct rm_gather *g, const char *bytes, size_t size)
{
	uint8_t text[RM_TASK_MAX * RM_ESCAPE_BYTES];

	size = strnlen(bytes, size);
	memcpy(text, bytes, size);
	if (!rm_utf8_valid(text, size)) {
		size = rm_utf8_escape(text, size);
		g->escaped++;
	}
	return rm_dict_code(g->dict, (const char *)text, size);
}

/* The kernel's TASK_COMM_LEN: such names are found by two words. */
static RM_RACES bool tasks16(struct rm_gather *g, const struct rm_rows *rows)
{
	int32_t *out = (int32_t *)g->store->data + g->at;

	for (size_t i = 0; i < rows->count; i++) {
		uint64_t name[2];

		memcpy(name, rows->record[i] + g->column->offset, sizeof(name));
		struct rm_memo_entry *memo =
			rm_memo_at(g->memo, name[0], name[1]);
		if (memo->code < 0 || memo->low != name[0] ||
		    memo->high != name[1]) {
			int32_t code =
				task_code(g, (const char *)name, sizeof(name));

			if (code < 0)
				return false;
			*memo = (struct rm_memo_entry){name[0], name[1], code};
		}
		out[i] = memo->code;
	}
	return true;
}

RM_RACES bool rm_gather_task(struct rm_gather *g, const struct rm_rows *rows)
{
	int32_t *out = (int32_t *)g->store->data + g->at;
	const struct rm_column *c = g->column;
	char name[RM_TASK_MAX];

	if (c->size == 2 * sizeof(uint64_t))
		return tasks16(g, rows);
	for (size_t i = 0; i < rows->count; i++) {
		memcpy(name, rows->record[i] + c->offset, c->size);
		out[i] = task_code(g, name, c->size);
		if (out[i] < 0)
			return false;
	}
	return true;
}
