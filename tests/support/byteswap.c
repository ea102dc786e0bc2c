/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * byteswap.c - what a big-endian kernel would have written
 */
#include "tests/support/byteswap.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	HEADER = 16, /* of a sub-buffer: u64 stamp, u64 commit */
	PADDING = 29,
	TIME_EXTEND = 30,
	MISSED_STORED = 1 << 30
};

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "byteswap: %s\n", what);
	exit(EXIT_FAILURE);
}

/* ---- formats -------------------------------------------------------------- */

/* Bytes of an element of that type; what is no number stays as it is. */
static uint32_t elem_size_of(const char *type)
{
	static const struct {
		const char *word;
		uint32_t size;
	} words[] = {
		{"char", 1},     {"bool", 1},  {"u8", 1},  {"s8", 1},
		{"long", 8},     {"u64", 8},   {"s64", 8}, {"cpumask_t", 8},
		{"sector_t", 8}, {"short", 2}, {"u16", 2}, {"s16", 2},
		{"int", 4},      {"u32", 4},   {"s32", 4}, {"pid_t", 4},
		{"unsigned", 4}, {"enum", 4},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strstr(type, words[i].word))
			return words[i].size;
	return 1;
}

static void learn_field(struct rm_swap_format *f, const char *line)
{
	struct rm_swap_field field = {.elem_size = 1};
	char declared[128];

	if (sscanf(line, " field:%127[^;]; offset:%u; size:%u;", declared,
		   &field.offset, &field.size) != 3)
		return;
	must(f->nr_fields < RM_SWAP_FIELDS, "too many fields");
	/* The name may look like a type: it is what comes last. */
	char *name = strrchr(declared, ' ');
	must(name, "a field without a name");
	bool array = strchr(name, '[');
	*name = '\0';
	field.dynamic = strstr(declared, "__data_loc") != NULL;
	/* "char[] name" has the brackets with the type. */
	if (field.dynamic || array || strchr(declared, '['))
		field.elem_size = elem_size_of(declared);
	else if (field.size <= 8 && !(field.size & (field.size - 1)))
		field.elem_size = field.size;
	f->fields[f->nr_fields++] = field;
}

void rm_swap_learn(struct rm_swap *swap, const char *text)
{
	must(swap->count < RM_SWAP_FORMATS, "too many formats");
	struct rm_swap_format *f = &swap->formats[swap->count++];
	const char *id = strstr(text, "\nID: ");

	*f = (struct rm_swap_format){.nr_fields = 0};
	must(id && sscanf(id, " ID: %u", &f->id) == 1, "a format without ID");
	for (const char *line = text; line;
	     line = strstr(line + 1, "\n\tfield:"))
		learn_field(f, line);
}

/* ---- sub-buffers ------------------------------------------------------------ */

static uint64_t load(const uint8_t *p, uint32_t size)
{
	uint64_t number = 0;

	for (uint32_t i = size; i > 0; i--)
		number = number << 8 | p[i - 1];
	return number;
}

static void turn(uint8_t *p, uint32_t size)
{
	for (uint32_t i = 0; i < size / 2; i++) {
		uint8_t byte = p[i];

		p[i] = p[size - 1 - i];
		p[size - 1 - i] = byte;
	}
}

static void turn_all(uint8_t *p, uint32_t bytes, uint32_t elem_size)
{
	for (uint32_t at = 0; at + elem_size <= bytes; at += elem_size)
		turn(p + at, elem_size);
}

static void swap_record(const struct rm_swap *swap, uint8_t *record,
			uint32_t size)
{
	const struct rm_swap_format *f = NULL;
	uint32_t id = (uint32_t)load(record, 2);

	for (size_t i = 0; i < swap->count; i++)
		if (swap->formats[i].id == id)
			f = &swap->formats[i];
	must(f, "a record without a format");
	for (size_t i = 0; i < f->nr_fields; i++) {
		const struct rm_swap_field *field = &f->fields[i];
		uint8_t *p = record + field->offset;

		must(field->offset + field->size <= size, "a short record");
		if (!field->dynamic) {
			turn_all(p, field->size, field->elem_size);
			continue;
		}
		uint32_t place = (uint32_t)load(p, 4);
		must((place & 0xffff) + (place >> 16) <= size,
		     "data outside its record");
		turn_all(record + (place & 0xffff), place >> 16,
			 field->elem_size);
		turn(p, 4);
	}
}

/* Turns the event's header round; how long the event is, 0: the last. */
static uint32_t swap_event(const struct rm_swap *swap, uint8_t *p)
{
	uint32_t word = (uint32_t)load(p, 4);
	uint32_t type = word & 31;
	uint32_t delta = word >> 5;
	uint32_t turned = type << 27 | delta;
	uint32_t array0;

	memcpy(p, &turned, 4);
	if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
		turn(p, 4);
	if (type && type < PADDING) {
		swap_record(swap, p + 4, 4 * type);
		return 4 + 4 * type;
	}
	if (type == PADDING && !delta)
		return 0;
	array0 = (uint32_t)load(p + 4, 4);
	turn(p + 4, 4);
	if (type >= TIME_EXTEND)
		return 8;
	if (!type)
		swap_record(swap, p + 8, array0 - 4);
	return 4 + array0;
}

void rm_swap_subbufs(const struct rm_swap *swap, uint8_t *bytes, size_t size,
		     size_t subbuf_size)
{
	for (uint8_t *p = bytes; p < bytes + size; p += subbuf_size) {
		uint32_t commit = (uint32_t)load(p + 8, 4);
		uint32_t used = commit & (MISSED_STORED - 1);
		uint32_t length;

		must(HEADER + used <= subbuf_size, "a broken commit");
		for (uint32_t at = 0; at < used; at += length) {
			length = swap_event(swap, p + HEADER + at);
			if (!length)
				break;
		}
		if (commit & MISSED_STORED)
			turn(p + HEADER + used, 8);
		turn(p, 8);
		turn(p + 8, 8);
	}
}
