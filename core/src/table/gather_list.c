/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * gather_list.c - arrays of any length, and bitmasks
 */
#include "table/gather.h"

#include "ring/layout.h"

#include <string.h>

bool rm_gather_list(struct rm_gather *g, const struct rm_rows *rows)
{
	const struct rm_column *c = g->column;
	struct rm_store *s = g->store;

	for (size_t i = 0; i < rows->count; i++) {
		size_t row = g->at + i;
		struct rm_span span;

		if (!rm_span(c, rows, i, &span) || span.size % c->elem_size) {
			rm_gather_broken(g, row);
			continue;
		}
		if (!rm_store_grow(s, c->elem_size, span.size))
			return false;
		rm_copy_numbers(s->items + s->nr_items * c->elem_size,
				span.bytes, span.size / c->elem_size,
				c->elem_size, rm_swapped(rows));
		s->nr_items += span.size / c->elem_size;
		s->offsets[row + 1] = (int32_t)s->nr_items;
	}
	return true;
}

/* The numbers of the bits in a word that begins with bit @first. */
static size_t set_bits(uint32_t *to, uint64_t word, uint32_t first)
{
	size_t n = 0;

	for (; word; word &= word - 1)
		to[n++] = first + (uint32_t)__builtin_ctzll(word);
	return n;
}

bool rm_gather_bits(struct rm_gather *g, const struct rm_rows *rows)
{
	const struct rm_column *c = g->column;
	struct rm_store *s = g->store;

	for (size_t i = 0; i < rows->count; i++) {
		size_t row = g->at + i;
		struct rm_span span;

		/* Longs, and where they begin, are aligned to 4 at least. */
		if (!rm_span(c, rows, i, &span) || span.size % c->elem_size ||
		    (uintptr_t)span.bytes % 4) {
			rm_gather_broken(g, row);
			continue;
		}
		if (!rm_store_grow(s, 4, span.size * 8ul * 4))
			return false;
		for (uint32_t at = 0; at < span.size; at += c->elem_size) {
			const uint8_t *p = span.bytes + at;
			uint64_t word =
				c->elem_size == 8
					? rm_load64(p, rows->big_endian)
					: rm_load32(p, rows->big_endian);
			s->nr_items +=
				set_bits((uint32_t *)s->items + s->nr_items,
					 word, at * 8);
		}
		s->offsets[row + 1] = (int32_t)s->nr_items;
	}
	return true;
}
