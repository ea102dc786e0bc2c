/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * gather_named.c - numbers that have names, as codes of a dictionary
 */
#include "table/gather.h"

#include "ring/layout.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
	/* Names are cut behind this many bytes; the kernel's are short. */
	NAME_MAX_BYTES = 1024
};

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

/* A table of names holds values as C has them: -1 for 0xff, too. */
static uint64_t low_bytes(uint64_t value, uint32_t size)
{
	return size == 8 ? value : value & ((1ull << size * 8) - 1);
}

/* The name, or as the kernel shows a value that has none. */
static size_t name_of(const struct rm_column *c, uint64_t value, char *name)
{
	for (uint32_t i = 0; i < c->nr_values; i++)
		if (low_bytes(c->values[i].value, c->size) == value)
			return (size_t)snprintf(name, NAME_MAX_BYTES, "%s",
						c->values[i].name);
	return (size_t)snprintf(name, NAME_MAX_BYTES, "0x%" PRIx64, value);
}

/* The names of the bits, in the table's order, and the rest as a number. */
static size_t names_of(const struct rm_column *c, uint64_t value, char *name)
{
	uint64_t rest = value;
	size_t used = 0;

	name[0] = 0;
	for (uint32_t i = 0; i < c->nr_values && used < NAME_MAX_BYTES; i++) {
		uint64_t bits = low_bytes(c->values[i].value, c->size);

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

bool rm_gather_named(struct rm_gather *g, const struct rm_rows *rows)
{
	const struct rm_column *c = g->column;
	int32_t *out = (int32_t *)g->store->data + g->at;

	for (size_t i = 0; i < rows->count; i++) {
		uint64_t value = number_at(rows->record[i] + c->offset, c->size,
					   rows->big_endian);
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

bool rm_gather_event(struct rm_gather *g, const struct rm_rows *rows)
{
	int32_t *out = (int32_t *)g->store->data + g->at;

	for (size_t i = 0; i < rows->count; i++) {
		uint16_t id;

		/* Too short to say what it is. */
		if (rows->size[i] < sizeof(id)) {
			rm_gather_broken(g, g->at + i);
			continue;
		}
		id = rm_load16(rows->record[i], rows->big_endian);
		struct rm_memo_entry *memo = rm_memo_at(g->memo, id, 0);

		if (memo->code < 0 || memo->low != id) {
			const char *name = g->names->name(g->names->ctx, id);
			int32_t code =
				name ? rm_dict_code(g->dict, name, strlen(name))
				     : -1;

			if (!name) {
				rm_gather_broken(g, g->at + i);
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
