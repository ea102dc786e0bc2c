/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * table_random_test.c - random formats and records, decoded three times
 *
 * A table decodes them, ringmap_format_read() value by value, and cells.h the
 * slow way. Seeds are fixed, so every run is the same.
 */
#define _GNU_SOURCE
#include "tests/support/arrow_text.h"
#include "tests/support/cells.h"
#include "tests/support/rm_check.h"
#include "tests/unit/records.h"
#include "tests/unit/walk.h"

#include <inttypes.h>

enum {
	FIELDS = 12,
	RECORDS = 24,
	TAIL = 64, /* bytes behind the fields, for what lies elsewhere */
};

static struct rm_records records;
static uint64_t state;

/* xorshift64: the same values in every run. */
static uint32_t pick(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 16) % below;
}

/* ---- formats ---------------------------------------------------------------- */

static struct rm_cell random_field(uint32_t *at)
{
	struct rm_cell f = {.kind = (enum rm_cell_kind)pick(RM_CELL_KINDS),
			    .elem = 1u << pick(4),
			    .is_signed = pick(2),
			    .relative = pick(2)};

	f.size = f.elem;
	if (f.kind == RM_CELL_BOOL)
		f.size = f.elem = 1;
	if (f.kind == RM_CELL_CHARS)
		f.size = pick(3) ? 1 + pick(20) : 16;
	if (f.kind == RM_CELL_ARRAY)
		f.size = f.elem * (1 + pick(5));
	if (f.kind == RM_CELL_BYTES)
		f.size = 1 + pick(12);
	if (f.kind == RM_CELL_MASK_ELSEWHERE)
		f.elem = 8;
	if (f.kind >= RM_CELL_TEXT_ELSEWHERE)
		f.size = 4;
	if (f.kind == RM_CELL_TEXTS_ELSEWHERE)
		f.size = 4 * (1 + pick(4));
	/* As a compiler lays it out, or closer. */
	uint32_t align = f.kind >= RM_CELL_TEXT_ELSEWHERE ? 4
			 : pick(2)                        ? f.elem
							  : 1;
	f.offset = (*at + align - 1) / align * align;
	*at = f.offset + f.size;
	return f;
}

/* ---- records ----------------------------------------------------------------- */

/* A byte of a text: often ASCII, at times the end, at times anything. */
static uint8_t random_byte(void)
{
	static const char parts[] = "\xc3\xa4\xe2\x82\xac\\xff";

	switch (pick(8)) {
	case 0:
		return (uint8_t)pick(256);
	case 1:
		return (uint8_t)parts[pick(sizeof(parts) - 1)];
	case 2:
		return (uint8_t)(pick(3) ? 'x' : 0);
	default:
		return (uint8_t)('a' + pick(26));
	}
}

/* Puts the place of data at @word, or leaves what is there. */
static void put_place(const struct rm_cell *f, uint32_t word, uint32_t size)
{
	bool text = f->kind == RM_CELL_TEXT_ELSEWHERE ||
		    f->kind == RM_CELL_TEXTS_ELSEWHERE;
	uint32_t from = f->relative ? word + 4 : 0;

	if (word + 4 > size || !pick(5))
		return;
	uint32_t begin = from + pick(size - from + 1);
	uint32_t room = size - begin + (pick(8) ? 0 : 3);
	uint32_t count = pick(room + 1);

	rm_put(&records, word, 4,
	       (text ? count : count / f->elem * f->elem) << 16 |
		       (begin - from));
}

static void add_record(const struct rm_cell *fields, uint32_t fixed)
{
	/* Most hold all fields. */
	uint32_t size = pick(6) ? fixed + pick(TAIL) : 4 + pick(fixed);

	rm_records_add(&records, 300, size, pick(100), (int32_t)pick(9));
	size = records.sizes[records.count - 1];
	for (uint32_t at = RM_ENTRY; at < size; at++) {
		uint8_t byte = random_byte();

		rm_put_bytes(&records, at, &byte, 1);
	}
	for (int i = 0; i < FIELDS; i++) {
		const struct rm_cell *f = &fields[i];

		if (f->kind < RM_CELL_TEXT_ELSEWHERE)
			continue;
		for (uint32_t at = 0; at < f->size; at += 4)
			put_place(f, f->offset + at, size);
	}
}

/* ---- the slow way --------------------------------------------------------------- */

static char *slow_text(const struct rm_generated *g,
		       const struct rm_cell *fields)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	for (size_t i = 0; i < g->count; i++) {
		struct rm_cell_record b = {
			g->subbuf + g->opts.data_offset + g->events[i].offset,
			g->events[i].size, g->opts.big_endian};

		fprintf(out, "%" PRIu64, g->events[i].ts);
		for (int k = 0; k < FIELDS; k++) {
			fputc(' ', out);
			rm_cell_show(&b, &fields[k], out);
		}
		fputc('\n', out);
	}
	fclose(out);
	return text;
}

/* ---- value by value ---------------------------------------------------------- */

static void show_bytes(const struct ringmap_cell *cell, const uint8_t *bytes,
		       FILE *out)
{
	fputc('x', out);
	for (size_t i = 0; i < cell->size; i++)
		fprintf(out, "%02x", bytes[i]);
}

static void show_number(const struct ringmap_cell *cell, uint64_t number,
			FILE *out)
{
	if (cell->kind == RINGMAP_KIND_BOOL)
		fputs(number ? "true" : "false", out);
	else if (cell->flags & RINGMAP_CELL_SIGNED)
		fprintf(out, "%" PRId64, (int64_t)number);
	else
		fprintf(out, "%" PRIu64, number);
}

static void show_list(const struct ringmap_cell *cell, const uint8_t *bytes,
		      FILE *out)
{
	ck_assert_uint_eq(cell->size, cell->count * sizeof(uint64_t));
	fputc('[', out);
	for (uint32_t i = 0; i < cell->count; i++) {
		uint64_t number;

		memcpy(&number, bytes + i * sizeof(number), sizeof(number));
		if (i)
			fputc(',', out);
		show_number(cell, number, out);
	}
	fputc(']', out);
}

static void show_cell(const struct ringmap_cell *cell, const uint8_t *bytes,
		      FILE *out)
{
	if (cell->flags & RINGMAP_CELL_NULL)
		fputs("null", out);
	else if (cell->flags & RINGMAP_CELL_LIST)
		show_list(cell, bytes, out);
	else if (cell->kind == RINGMAP_KIND_STRING)
		fprintf(out, "'%s'", (const char *)bytes);
	else if (cell->kind == RINGMAP_KIND_BYTES)
		show_bytes(cell, bytes, out);
	else
		show_number(cell, cell->number, out);
}

/* Reads into memory of just the size that the value needs. */
static void read_cell(const struct ringmap_format *format, size_t i,
		      size_t number, const struct ringmap_event *event,
		      FILE *out)
{
	struct ringmap_cell cell;
	struct ringmap_cell again;

	rm_assert_ok(ringmap_format_read(format, i, number, event, &cell,
					 sizeof(cell), NULL, 0));
	bool nul = cell.kind == RINGMAP_KIND_STRING;
	uint8_t *bytes = malloc(cell.size + nul);
	ck_assert_ptr_nonnull(bytes);
	rm_assert_ok(ringmap_format_read(format, i, number, event, &again,
					 sizeof(again), bytes,
					 cell.size + nul));
	ck_assert(!memcmp(&again, &cell, sizeof(cell)));
	show_cell(&again, bytes, out);
	free(bytes);
}

static char *read_text(const struct rm_generated *g, const struct rm_formats *f)
{
	const struct ringmap_format *format;
	struct ringmap_page page = rm_page_on(g);
	struct ringmap_field_info field;
	struct ringmap_event event;
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	rm_assert_ok(ringmap_schema_format(f->schema, "ev", &format, NULL));
	while (ringmap_page_next(&page, &event) == RINGMAP_OK) {
		fprintf(out, "%" PRIu64, event.ts);
		for (size_t i = 4;
		     !ringmap_format_field(format, i, &field, sizeof(field));
		     i++) {
			bool dynamic = field.flags & (RINGMAP_FIELD_DATA_LOC |
						      RINGMAP_FIELD_REL_LOC);
			bool several = dynamic && field.count;

			fputs(several ? " [" : " ", out);
			for (uint32_t k = 0; k < (several ? field.count : 1);
			     k++) {
				if (k)
					fputc(',', out);
				read_cell(format, i, k, &event, out);
			}
			fputs(several ? "]" : "", out);
		}
		fputc('\n', out);
	}
	fclose(out);
	return text;
}

/* ---- all three -------------------------------------------------------------------- */

static void assert_same(const char *text, const char *slow, uint64_t seed)
{
	size_t same = 0;

	while (text[same] && text[same] == slow[same])
		same++;
	ck_assert_msg(!strcmp(text, slow),
		      "seed %#" PRIx64 ": \"%.60s\", not \"%.60s\"", seed,
		      text + same, slow + same);
}

static uint32_t random_event(struct rm_formats *f, struct rm_cell *fields)
{
	uint32_t at = RM_ENTRY;
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	for (int i = 0; i < FIELDS; i++) {
		fields[i] = random_field(&at);
		snprintf(fields[i].name, sizeof(fields[i].name), "f%d%s", i,
			 i % 2 ? "" : "_comm");
		rm_cell_declare(&fields[i], out);
	}
	fclose(out);
	rm_formats_make(f, 8);
	rm_formats_add(f, "sys", "ev", 300, text, NULL);
	rm_formats_open(f);
	free(text);
	return at;
}

static char *column_names(const struct rm_cell *fields)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	fputs("ts", out);
	for (int i = 0; i < FIELDS; i++)
		fprintf(out, " %s", fields[i].name);
	fclose(out);
	return text;
}

static void run_one(uint64_t seed, const struct ringmap_image_opts *shape)
{
	struct rm_cell fields[FIELDS];
	struct rm_formats f;

	state = seed;
	uint32_t fixed = random_event(&f, fields);
	char *names = column_names(fields);
	struct ringmap_table *table = rm_open_table(&f, "ev", names);
	/* Twice: the second batch is in the memory of the first one. */
	for (int again = 0; again < 2; again++) {
		rm_records_begin(&records, shape, "TS 1000");
		for (int i = 0; i < RECORDS - 20 * again; i++)
			add_record(fields, fixed);
		rm_autogenerated struct rm_generated *g =
			rm_records_end(&records);
		char *slow = slow_text(g, fields);
		rm_assert_ok(rm_append(table, g));
		char *text = rm_table_text(table);
		assert_same(text, slow, seed);
		free(text);
		if (shape->big_endian ==
		    (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)) {
			text = read_text(g, &f);
			assert_same(text, slow, seed);
			free(text);
		}
		free(slow);
	}
	ringmap_table_unref(table);
	free(names);
	rm_formats_free(&f);
}

START_TEST(tables_hold_what_a_slow_decoder_finds)
{
	uint64_t seed = 0x9216d5d98979fb1b;

	for (int i = 0; i < 40 * RM_SHAPES; i++) {
		/* Room for the largest records that there may be. */
		struct ringmap_image_opts shape = rm_shapes[i % RM_SHAPES];

		shape.subbuf_size = 65536;
		run_one(seed, &shape);
		seed = seed * 6364136223846793005u + 1442695040888963407u;
	}
}
END_TEST

RM_MAIN(tables_hold_what_a_slow_decoder_finds)
