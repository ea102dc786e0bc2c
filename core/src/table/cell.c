/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * cell.c - one value: where its record has it, or that it has none
 */
#include "table/gather.h"

#include "ring/layout.h"

#include <string.h>

bool rm_span(const struct rm_column *c, const struct rm_rows *rows, size_t i,
	     struct rm_span *ret)
{
	const uint8_t *record = rows->record[i];

	if (c->place == RM_PLACE_FIXED) {
		*ret = (struct rm_span){record + c->offset, c->size};
		return true;
	}
	if (c->place == RM_PLACE_TAIL) {
		uint32_t rest = rows->size[i] - c->offset;
		/* The record's size is rounded up: half a number is none. */
		uint32_t over = c->elem_size ? rest % c->elem_size : 0;

		*ret = (struct rm_span){record + c->offset, rest - over};
		return true;
	}
	/* The one copy that is checked and used; the writer may change it. */
	uint32_t word = rm_load32(record + c->offset, rows->big_endian);
	uint32_t size = word >> 16;
	uint32_t begin = word & 0xffff;

	if (c->place == RM_PLACE_REL_LOC)
		begin += c->offset + 4;
	if (begin > rows->size[i] || size > rows->size[i] - begin)
		return false;
	*ret = (struct rm_span){record + begin, size};
	return true;
}

RM_RACES void rm_copy_numbers(uint8_t *to, const uint8_t *from, size_t n,
			      uint32_t size, bool swap)
{
	memcpy(to, from, n * size);
	if (!swap || size == 1)
		return;
	for (size_t i = 0; i < n; i++, to += size)
		for (uint32_t low = 0; low < size / 2; low++) {
			uint8_t byte = to[low];

			to[low] = to[size - 1 - low];
			to[size - 1 - low] = byte;
		}
}

void rm_gather_broken(struct rm_gather *g, size_t row)
{
	struct rm_store *s = g->store;

	rm_store_null(s, row, g->room);
	if (s->offsets)
		s->offsets[row + 1] = s->offsets[row];
	else if (rm_column_width(g->column))
		memset(s->data + row * rm_column_width(g->column), 0,
		       rm_column_width(g->column));
	g->broken++;
}
