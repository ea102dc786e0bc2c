/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * gather.c - a list of records into the columns of a batch
 *
 * One loop for each kind and width of value, so that nothing is asked for each
 * value again. Rows whose record is too short for its columns are rare: then
 * each row is looked at.
 */
#include "table/gather.h"

#include <string.h>

static inline uint8_t swap8(uint8_t v)
{
	return v;
}

#define NUMBERS(bits, convert)                                                 \
	do {                                                                   \
		uint##bits##_t *out = (uint##bits##_t *)to;                    \
		for (size_t i = 0; i < n; i++) {                               \
			uint##bits##_t v;                                      \
			memcpy(&v, record[i] + offset, sizeof(v));             \
			out[i] = convert(v);                                   \
		}                                                              \
	} while (0)

static RM_RACES void numbers(uint8_t *to, const uint8_t *const *record,
			     size_t n, const struct rm_column *c)
{
	const uint32_t offset = c->offset;

	switch (c->size) {
	case 1:
		NUMBERS(8, );
		return;
	case 2:
		NUMBERS(16, );
		return;
	case 4:
		NUMBERS(32, );
		return;
	default:
		NUMBERS(64, );
		return;
	}
}

static RM_RACES void numbers_swapped(uint8_t *to, const uint8_t *const *record,
				     size_t n, const struct rm_column *c)
{
	const uint32_t offset = c->offset;

	switch (c->size) {
	case 1:
		NUMBERS(8, swap8);
		return;
	case 2:
		NUMBERS(16, __builtin_bswap16);
		return;
	case 4:
		NUMBERS(32, __builtin_bswap32);
		return;
	default:
		NUMBERS(64, __builtin_bswap64);
		return;
	}
}

/* Numbers one after the other, or bytes that are none (elem_size 1). */
static RM_RACES void arrays(uint8_t *to, const struct rm_rows *rows,
			    const struct rm_column *c)
{
	uint32_t width = rm_column_width(c);
	bool swap = c->what == RM_COLUMN_ARRAY && rm_swapped(rows);

	for (size_t i = 0; i < rows->count; i++)
		rm_copy_numbers(to + i * width, rows->record[i] + c->offset,
				swap ? c->count : width,
				swap ? c->elem_size : 1, swap);
}

static RM_RACES void bools(uint8_t *bits, size_t at, const struct rm_rows *rows,
			   uint32_t offset)
{
	for (size_t i = 0; i < rows->count; i++, at++) {
		uint8_t bit = (uint8_t)(1u << at % 8);

		if (rows->record[i][offset])
			bits[at / 8] |= bit;
		else
			bits[at / 8] &= (uint8_t)~bit;
	}
}

static void cpus(uint32_t *to, const struct rm_rows *rows)
{
	for (size_t i = 0; i < rows->count; i++)
		to[i] = rows->cpus ? rows->cpus[i] : rows->cpu;
}

/* Rows are enough for the column. */
static bool gather_whole(struct rm_gather *g, const struct rm_rows *rows)
{
	const struct rm_column *c = g->column;
	uint8_t *to = NULL;

	if (g->store->data)
		to = g->store->data + g->at * rm_column_width(c);
	switch (c->what) {
	case RM_COLUMN_TS:
		memcpy(to, rows->ts, rows->count * sizeof(*rows->ts));
		return true;
	case RM_COLUMN_CPU:
		cpus((uint32_t *)to, rows);
		return true;
	case RM_COLUMN_LOST: /* table.c puts the marks where they belong */
		memset(to, 0, rows->count * sizeof(uint64_t));
		return true;
	case RM_COLUMN_NUMBER:
		if (rm_swapped(rows))
			numbers_swapped(to, rows->record, rows->count, c);
		else
			numbers(to, rows->record, rows->count, c);
		return true;
	case RM_COLUMN_BOOL:
		bools(g->store->data, g->at, rows, c->offset);
		return true;
	case RM_COLUMN_ARRAY:
	case RM_COLUMN_BYTES:
		arrays(to, rows, c);
		return true;
	case RM_COLUMN_EVENT:
		return rm_gather_event(g, rows);
	case RM_COLUMN_NAMED:
		return rm_gather_named(g, rows);
	case RM_COLUMN_TASK:
		return rm_gather_task(g, rows);
	case RM_COLUMN_TEXT:
		return rm_gather_text(g, rows);
	case RM_COLUMN_LIST:
		return rm_gather_list(g, rows);
	case RM_COLUMN_BITS:
		return rm_gather_bits(g, rows);
	case RM_COLUMN_BLOB:
		return rm_gather_blob(g, rows);
	}
	return false;
}

static bool gather_each(struct rm_gather *g, const struct rm_rows *rows)
{
	const size_t at = g->at;
	bool good = true;

	for (size_t i = 0; good && i < rows->count; i++) {
		struct rm_rows row = {
			.record = rows->record + i,
			.ts = rows->ts + i,
			.size = rows->size + i,
			.cpus = rows->cpus ? rows->cpus + i : NULL,
			.cpu = rows->cpu,
			.big_endian = rows->big_endian,
			.whole = true,
			.count = 1,
		};

		g->at = at + i;
		if (rows->size[i] < rm_column_end(g->column))
			rm_gather_broken(g, g->at);
		else
			good = gather_whole(g, &row);
	}
	g->at = at;
	return good;
}

bool rm_gather(struct rm_gather *g, const struct rm_rows *rows)
{
	if (rows->whole)
		return gather_whole(g, rows);
	return gather_each(g, rows);
}
