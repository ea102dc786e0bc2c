/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * gather.c - copies values of listed records into the columns of a batch
 *
 * There is one loop for each kind and width of value, so that no loop decides
 * anything per value. Records that are shorter than the columns need are rare;
 * if there is one, each record is checked.
 */
#include "table/gather.h"

#include "base/utf8.h"
#include "ring/layout.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool swapped(const struct rm_record_list *records)
{
	return records->big_endian != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
}

/* ---- the bytes of a field ------------------------------------------------ */

/* Finds the value of record @i; returns false if it leaves the record. */
static bool find_bytes(const struct rm_column *c,
		       const struct rm_record_list *records, size_t i,
		       struct rm_bytes *ret)
{
	return rm_place_find(&c->place, records->record[i], records->size[i],
			     records->big_endian, 0, ret);
}

/* Copies @n numbers of @size bytes, which need not be aligned. */
static RM_RACES void copy_numbers(uint8_t *to, const uint8_t *from, size_t n,
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

/* Makes row @row null. */
static void store_null(struct rm_gather *g, size_t row)
{
	struct rm_store *s = g->store;

	rm_store_null(s, row, g->room);
	if (s->offsets)
		s->offsets[row + 1] = s->offsets[row];
	else if (rm_column_width(g->column))
		memset(s->data + row * rm_column_width(g->column), 0,
		       rm_column_width(g->column));
}

/* Makes row @row null, because its record does not hold the value. */
static void store_broken(struct rm_gather *g, size_t row)
{
	store_null(g, row);
	g->broken++;
}

static uint64_t number_at(const uint8_t *p, uint32_t size, bool big_endian)
{
	switch (size) {
	case 1:
		return *p;
	case 2:
		return rm_load16(p, big_endian);
	case 4:
		return rm_load32(p, big_endian);
	default:
		return rm_load64(p, big_endian);
	}
}

/* ---- lists and bitmasks -------------------------------------------------- */

static bool gather_list(struct rm_gather *g,
			const struct rm_record_list *records)
{
	const struct rm_column *c = g->column;
	struct rm_store *s = g->store;

	for (size_t i = 0; i < records->count; i++) {
		size_t row = g->at + i;
		struct rm_bytes bytes;

		if (!find_bytes(c, records, i, &bytes) ||
		    !rm_column_whole(c, &bytes)) {
			store_broken(g, row);
			continue;
		}
		if (!rm_store_grow(s, c->elem_size, bytes.size))
			return false;
		copy_numbers(s->items + s->nr_items * c->elem_size, bytes.at,
			     bytes.size / c->elem_size, c->elem_size,
			     swapped(records));
		s->nr_items += bytes.size / c->elem_size;
		s->offsets[row + 1] = (int32_t)s->nr_items;
	}
	return true;
}

static bool gather_bits(struct rm_gather *g,
			const struct rm_record_list *records)
{
	const struct rm_column *c = g->column;
	struct rm_store *s = g->store;

	for (size_t i = 0; i < records->count; i++) {
		size_t row = g->at + i;
		struct rm_bytes bytes;

		if (!find_bytes(c, records, i, &bytes) ||
		    !rm_column_whole(c, &bytes)) {
			store_broken(g, row);
			continue;
		}
		if (!rm_store_grow(s, 4, bytes.size * 8ul * 4))
			return false;
		for (uint32_t at = 0; at < bytes.size; at += c->elem_size) {
			uint64_t word = number_at(bytes.at + at, c->elem_size,
						  records->big_endian);
			s->nr_items +=
				rm_set_bits((uint32_t *)s->items + s->nr_items,
					    word, at * 8);
		}
		s->offsets[row + 1] = (int32_t)s->nr_items;
	}
	return true;
}

/* ---- numbers that have names, as codes of a dictionary ------------------- */

enum {
	/* Longer names are cut; those of the kernel are short. */
	NAME_MAX_BYTES = 1024
};

/* Tables of names hold C values: 0xff may be listed as -1. */
static uint64_t low_bytes(uint64_t value, uint32_t size)
{
	return size == 8 ? value : value & ((1ull << size * 8) - 1);
}

/* Writes the value's name or, as the kernel does, a number if it has none. */
static size_t name_of(const struct rm_column *c, uint64_t value, char *name)
{
	for (uint32_t i = 0; i < c->nr_values; i++)
		if (low_bytes(c->values[i].value, c->place.size) == value)
			return (size_t)snprintf(name, NAME_MAX_BYTES, "%s",
						c->values[i].name);
	return (size_t)snprintf(name, NAME_MAX_BYTES, "0x%" PRIx64, value);
}

/* Writes the names of the bits in the table's order, then other bits as hex. */
static size_t names_of(const struct rm_column *c, uint64_t value, char *name)
{
	uint64_t rest = value;
	size_t used = 0;

	name[0] = 0;
	for (uint32_t i = 0; i < c->nr_values && used < NAME_MAX_BYTES; i++) {
		uint64_t bits = low_bytes(c->values[i].value, c->place.size);

		if (value ? !bits || (rest & bits) != bits : bits)
			continue;
		rest &= ~bits;
		used += (size_t)snprintf(name + used, NAME_MAX_BYTES - used,
					 "%s%s", used ? c->delim : "",
					 c->values[i].name);
		if (!rest)
			break;
	}
	if (rest && used < NAME_MAX_BYTES)
		used += (size_t)snprintf(name + used, NAME_MAX_BYTES - used,
					 "%s0x%" PRIx64, used ? c->delim : "",
					 rest);
	return used;
}

static int32_t code_of(struct rm_gather *g, uint64_t value)
{
	char name[NAME_MAX_BYTES];
	size_t size = g->column->flags ? names_of(g->column, value, name)
				       : name_of(g->column, value, name);

	return rm_dict_code(g->dict, name,
			    size < sizeof(name) ? size : sizeof(name) - 1);
}

static bool gather_named(struct rm_gather *g,
			 const struct rm_record_list *records)
{
	const struct rm_column *c = g->column;
	int32_t *out = (int32_t *)g->store->data + g->at;

	for (size_t i = 0; i < records->count; i++) {
		uint64_t value = number_at(records->record[i] + c->place.offset,
					   c->place.size, records->big_endian);
		struct rm_memo_entry *memo = rm_memo_at(g->memo, value, 0);

		if (memo->code < 0 || memo->low != value) {
			int32_t code = code_of(g, value);

			if (code < 0)
				return false;
			*memo = (struct rm_memo_entry){value, 0, code};
		}
		out[i] = memo->code;
	}
	return true;
}

static bool gather_event(struct rm_gather *g,
			 const struct rm_record_list *records)
{
	int32_t *out = (int32_t *)g->store->data + g->at;

	for (size_t i = 0; i < records->count; i++) {
		uint16_t id;

		/* The record is too short for an id. */
		if (records->size[i] < sizeof(id)) {
			store_broken(g, g->at + i);
			continue;
		}
		id = rm_load16(records->record[i], records->big_endian);
		struct rm_memo_entry *memo = rm_memo_at(g->memo, id, 0);

		if (memo->code < 0 || memo->low != id) {
			const char *name = g->names->name(g->names->ctx, id);
			int32_t code =
				name ? rm_dict_code(g->dict, name, strlen(name))
				     : -1;

			if (!name) {
				store_broken(g, g->at + i);
				continue;
			}
			if (code < 0)
				return false;
			*memo = (struct rm_memo_entry){id, 0, code};
		}
		out[i] = memo->code;
	}
	return true;
}

/* ---- strings, as they are or as codes of a dictionary -------------------- */

/* Appends @size bytes up to a NUL to the items, escaped if not UTF-8. */
static bool append_text(struct rm_gather *g, const uint8_t *bytes, size_t size)
{
	struct rm_store *s = g->store;

	if (!rm_store_grow(s, 1, size * RM_ESCAPE_BYTES))
		return false;
	uint8_t *to = s->items + s->nr_items;
	/* Copy before the check: the copy cannot change, the page can. */
	memcpy(to, bytes, size);
	size = strnlen((const char *)to, size);
	if (!rm_utf8_valid(to, size)) {
		size = rm_utf8_escape(to, size);
		g->escaped++;
	}
	s->nr_items += size;
	return true;
}

static RM_RACES bool gather_text(struct rm_gather *g,
				 const struct rm_record_list *records)
{
	for (size_t i = 0; i < records->count; i++) {
		size_t row = g->at + i;
		struct rm_bytes bytes;

		if (!find_bytes(g->column, records, i, &bytes)) {
			store_broken(g, row);
			continue;
		}
		/* The kernel could not read the string. */
		if (!bytes.size && rm_column_may_fault(g->column)) {
			store_null(g, row);
			continue;
		}
		if (!append_text(g, bytes.at, bytes.size))
			return false;
		g->store->offsets[row + 1] = (int32_t)g->store->nr_items;
	}
	return true;
}

static RM_RACES bool gather_blob(struct rm_gather *g,
				 const struct rm_record_list *records)
{
	struct rm_store *s = g->store;

	for (size_t i = 0; i < records->count; i++) {
		size_t row = g->at + i;
		struct rm_bytes bytes;

		if (!find_bytes(g->column, records, i, &bytes)) {
			store_broken(g, row);
			continue;
		}
		if (!rm_store_grow(s, 1, bytes.size))
			return false;
		memcpy(s->items + s->nr_items, bytes.at, bytes.size);
		s->nr_items += bytes.size;
		s->offsets[row + 1] = (int32_t)s->nr_items;
	}
	return true;
}

/* Returns the dictionary's code for a name of up to @size bytes. */
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

/* Gathers names of 16 bytes, TASK_COMM_LEN, with two words as memo key. */
static RM_RACES bool tasks16(struct rm_gather *g,
			     const struct rm_record_list *records)
{
	int32_t *out = (int32_t *)g->store->data + g->at;

	for (size_t i = 0; i < records->count; i++) {
		uint64_t name[2];

		memcpy(name, records->record[i] + g->column->place.offset,
		       sizeof(name));
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

static RM_RACES bool gather_task(struct rm_gather *g,
				 const struct rm_record_list *records)
{
	int32_t *out = (int32_t *)g->store->data + g->at;
	const struct rm_column *c = g->column;
	char name[RM_TASK_MAX];

	if (c->place.size == 2 * sizeof(uint64_t))
		return tasks16(g, records);
	for (size_t i = 0; i < records->count; i++) {
		memcpy(name, records->record[i] + c->place.offset,
		       c->place.size);
		out[i] = task_code(g, name, c->place.size);
		if (out[i] < 0)
			return false;
	}
	return true;
}

/* ---- numbers, and every kind --------------------------------------------- */

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
	const uint32_t offset = c->place.offset;

	switch (c->place.size) {
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
	const uint32_t offset = c->place.offset;

	switch (c->place.size) {
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

/* Copies arrays of numbers, or plain bytes, as elements of size 1. */
static RM_RACES void arrays(uint8_t *to, const struct rm_record_list *records,
			    const struct rm_column *c)
{
	uint32_t width = rm_column_width(c);
	bool swap = c->what == RM_COLUMN_ARRAY && swapped(records);

	for (size_t i = 0; i < records->count; i++)
		copy_numbers(
			to + i * width, records->record[i] + c->place.offset,
			swap ? c->count : width, swap ? c->elem_size : 1, swap);
}

static RM_RACES void bools(uint8_t *bits, size_t at,
			   const struct rm_record_list *records,
			   uint32_t offset)
{
	for (size_t i = 0; i < records->count; i++, at++) {
		uint8_t bit = (uint8_t)(1u << at % 8);

		if (records->record[i][offset])
			bits[at / 8] |= bit;
		else
			bits[at / 8] &= (uint8_t)~bit;
	}
}

static void cpus(uint32_t *to, const struct rm_record_list *records)
{
	for (size_t i = 0; i < records->count; i++)
		to[i] = records->cpus ? records->cpus[i] : records->cpu;
}

/* Gathers records that are long enough for the column. */
static bool gather_whole(struct rm_gather *g,
			 const struct rm_record_list *records)
{
	const struct rm_column *c = g->column;
	uint8_t *to = NULL;

	if (g->store->data)
		to = g->store->data + g->at * rm_column_width(c);
	switch (c->what) {
	case RM_COLUMN_TS:
		memcpy(to, records->ts, records->count * sizeof(*records->ts));
		return true;
	case RM_COLUMN_CPU:
		cpus((uint32_t *)to, records);
		return true;
	case RM_COLUMN_LOST: /* see rm_table_store_losses() */
		memset(to, 0, records->count * sizeof(uint64_t));
		return true;
	case RM_COLUMN_NUMBER:
		if (swapped(records))
			numbers_swapped(to, records->record, records->count, c);
		else
			numbers(to, records->record, records->count, c);
		return true;
	case RM_COLUMN_BOOL:
		bools(g->store->data, g->at, records, c->place.offset);
		return true;
	case RM_COLUMN_ARRAY:
	case RM_COLUMN_BYTES:
		arrays(to, records, c);
		return true;
	case RM_COLUMN_EVENT:
		return gather_event(g, records);
	case RM_COLUMN_NAMED:
		return gather_named(g, records);
	case RM_COLUMN_TASK:
		return gather_task(g, records);
	case RM_COLUMN_TEXT:
		return gather_text(g, records);
	case RM_COLUMN_LIST:
		return gather_list(g, records);
	case RM_COLUMN_BITS:
		return gather_bits(g, records);
	case RM_COLUMN_BLOB:
		return gather_blob(g, records);
	}
	return false;
}

static bool gather_each(struct rm_gather *g,
			const struct rm_record_list *records)
{
	const size_t at = g->at;
	bool good = true;

	for (size_t i = 0; good && i < records->count; i++) {
		struct rm_record_list row = {
			.record = records->record + i,
			.ts = records->ts + i,
			.size = records->size + i,
			.cpus = records->cpus ? records->cpus + i : NULL,
			.cpu = records->cpu,
			.big_endian = records->big_endian,
			.whole = true,
			.count = 1,
		};

		g->at = at + i;
		if (records->size[i] < rm_column_end(g->column))
			store_broken(g, g->at);
		else
			good = gather_whole(g, &row);
	}
	g->at = at;
	return good;
}

/*
 * Gathers several dynamic values of each row, one by one. Only probes have
 * them, so that nothing is gained from a faster loop.
 */
static bool gather_repeated(struct rm_gather *g,
			    const struct rm_record_list *records)
{
	const struct rm_column *all = g->column;
	struct rm_column each = *all;
	const size_t at = g->at;
	bool good = true;

	g->column = &each;
	for (size_t i = 0; good && i < records->count * all->repeat; i++) {
		struct rm_record_list row = *records;

		row.record += i / all->repeat;
		row.size += i / all->repeat;
		row.count = 1;
		each.place.offset =
			all->place.offset +
			(uint32_t)(i % all->repeat) * all->place.word;
		g->at = at * all->repeat + i;
		/* This makes null what a short record does not hold. */
		good = gather_whole(g, &row);
	}
	g->column = all;
	g->at = at;
	return good;
}

bool rm_gather(struct rm_gather *g, const struct rm_record_list *records)
{
	if (g->column->repeat)
		return gather_repeated(g, records);
	if (records->whole)
		return gather_whole(g, records);
	return gather_each(g, records);
}
