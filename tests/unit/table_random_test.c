/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * table_random_test.c - random formats and records, decoded twice
 *
 * Once by a table, and once here: byte by byte, cell by cell, with none of the
 * library's code. Seeds are fixed, so every run is the same.
 */
#define _GNU_SOURCE
#include "tests/support/rm_check.h"
#include "tests/unit/arrow_text.h"
#include "tests/unit/records.h"
#include "tests/unit/walk.h"

#include <inttypes.h>

enum kind {
	NUMBER,
	BOOL,
	CHARS,
	ARRAY,
	BYTES,
	TEXT_ELSEWHERE,
	LIST_ELSEWHERE,
	MASK_ELSEWHERE,
	KINDS,
};

struct field {
	enum kind kind;
	uint32_t offset;
	uint32_t size; /* in the record */
	uint32_t elem;
	bool is_signed;
	bool relative;
};

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

static struct field random_field(uint32_t *at)
{
	struct field f = {.kind = (enum kind)pick(KINDS),
			  .elem = 1u << pick(4),
			  .is_signed = pick(2),
			  .relative = pick(2)};

	f.size = f.elem;
	if (f.kind == BOOL)
		f.size = f.elem = 1;
	if (f.kind == CHARS)
		f.size = pick(3) ? 1 + pick(20) : 16;
	if (f.kind == ARRAY)
		f.size = f.elem * (1 + pick(5));
	if (f.kind == BYTES)
		f.size = 1 + pick(12);
	if (f.kind == MASK_ELSEWHERE)
		f.elem = 8;
	if (f.kind >= TEXT_ELSEWHERE)
		f.size = 4;
	/* As a compiler lays it out, or closer. */
	uint32_t align = f.kind >= TEXT_ELSEWHERE ? 4 : pick(2) ? f.elem : 1;
	f.offset = (*at + align - 1) / align * align;
	*at = f.offset + f.size;
	return f;
}

static void print_field(const struct field *f, int i, FILE *out)
{
	const char *loc = f->relative ? "__rel_loc" : "__data_loc";
	char number[16];

	snprintf(number, sizeof(number), "%c%u", f->is_signed ? 's' : 'u',
		 f->elem * 8);
	fputs("\tfield:", out);
	switch (f->kind) {
	case NUMBER:
		fprintf(out, "%s f%d", number, i);
		break;
	case BOOL:
		fprintf(out, "bool f%d", i);
		break;
	case CHARS:
		fprintf(out, "char f%d%s[%u]", i, i % 2 ? "" : "_comm",
			f->size);
		break;
	case ARRAY:
		fprintf(out, "%s f%d[%u]", number, i, f->size / f->elem);
		break;
	case BYTES:
		fprintf(out, "struct some_thing f%d", i);
		break;
	case TEXT_ELSEWHERE:
		fprintf(out, "%s char[] f%d", loc, i);
		break;
	case LIST_ELSEWHERE:
		fprintf(out, "%s %s[] f%d", loc, number, i);
		break;
	default:
		fprintf(out, "%s cpumask_t f%d", loc, i);
	}
	fprintf(out, ";\toffset:%u;\tsize:%u;\tsigned:%d;\n", f->offset,
		f->size, f->is_signed);
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

static void add_record(const struct field *fields, uint32_t fixed)
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
		const struct field *f = &fields[i];
		uint32_t from = f->relative ? f->offset + 4 : 0;

		if (f->kind < TEXT_ELSEWHERE || f->offset + 4 > size ||
		    !pick(5))
			continue;
		uint32_t begin = from + pick(size - from + 1);
		uint32_t room = size - begin + (pick(8) ? 0 : 3);
		uint32_t count = pick(room + 1) / f->elem * f->elem;

		if (f->kind == MASK_ELSEWHERE)
			begin &= ~3u;
		rm_put(&records, f->offset, 4,
		       (f->kind == TEXT_ELSEWHERE ? pick(room + 1) : count)
				       << 16 |
			       (begin - from));
	}
}

/* ---- the slow way --------------------------------------------------------------- */

struct bytes {
	const uint8_t *at;
	uint32_t size;
	bool big_endian;
};

static uint64_t number_at(const struct bytes *b, uint32_t offset, uint32_t size)
{
	uint64_t value = 0;

	for (uint32_t i = 0; i < size; i++) {
		uint32_t place = b->big_endian ? i : size - 1 - i;

		value = value << 8 | b->at[offset + place];
	}
	return value;
}

static void show_number(const struct bytes *b, const struct field *f,
			uint32_t offset, FILE *out)
{
	uint64_t value = number_at(b, offset, f->elem);

	if (!f->is_signed) {
		fprintf(out, "%" PRIu64, value);
		return;
	}
	uint32_t unused = 64 - 8 * f->elem;
	fprintf(out, "%" PRId64, (int64_t)(value << unused) >> unused);
}

static void show_numbers(const struct bytes *b, const struct field *f,
			 uint32_t offset, uint32_t size, FILE *out)
{
	fputc('[', out);
	for (uint32_t at = 0; at < size; at += f->elem) {
		if (at)
			fputc(',', out);
		show_number(b, f, offset + at, out);
	}
	fputc(']', out);
}

static void show_mask(const struct bytes *b, uint32_t offset, uint32_t size,
		      FILE *out)
{
	const char *comma = "";

	fputc('[', out);
	for (uint32_t bit = 0; bit < size * 8; bit++) {
		uint64_t word = number_at(b, offset + bit / 64 * 8, 8);

		if (!(word >> bit % 64 & 1))
			continue;
		fprintf(out, "%s%u", comma, bit);
		comma = ",";
	}
	fputc(']', out);
}

/* Bytes of the character at @at; 0: there is none. */
static uint32_t character(const uint8_t *at, uint32_t size)
{
	for (uint32_t n = 1; n <= 4 && n <= size; n++)
		if (rm_is_utf8(at, n))
			return n;
	return 0;
}

static void show_text(const uint8_t *at, uint32_t size, FILE *out)
{
	size = (uint32_t)strnlen((const char *)at, size);
	bool whole = rm_is_utf8(at, size);

	fputc('\'', out);
	for (uint32_t i = 0; i < size;) {
		uint32_t n = whole ? size : character(at + i, size - i);

		if (!n || (!whole && at[i] == '\\')) {
			fprintf(out, "\\x%02x", at[i++]);
			continue;
		}
		fwrite(at + i, 1, n, out);
		i += n;
	}
	fputc('\'', out);
}

static void show_elsewhere(const struct bytes *b, const struct field *f,
			   FILE *out)
{
	uint32_t word = (uint32_t)number_at(b, f->offset, 4);
	uint32_t begin = (word & 0xffff) + (f->relative ? f->offset + 4 : 0);
	uint32_t size = word >> 16;

	if (begin + size > b->size ||
	    (f->kind != TEXT_ELSEWHERE && size % f->elem) ||
	    (f->kind == MASK_ELSEWHERE && begin % 4))
		fputs("null", out);
	else if (f->kind == TEXT_ELSEWHERE)
		show_text(b->at + begin, size, out);
	else if (f->kind == LIST_ELSEWHERE)
		show_numbers(b, f, begin, size, out);
	else
		show_mask(b, begin, size, out);
}

static void show_field(const struct bytes *b, const struct field *f, FILE *out)
{
	if (f->offset + f->size > b->size) {
		fputs("null", out);
	} else if (f->kind == NUMBER) {
		show_number(b, f, f->offset, out);
	} else if (f->kind == BOOL) {
		fputs(b->at[f->offset] ? "true" : "false", out);
	} else if (f->kind == CHARS) {
		show_text(b->at + f->offset, f->size, out);
	} else if (f->kind == ARRAY) {
		show_numbers(b, f, f->offset, f->size, out);
	} else if (f->kind == BYTES) {
		fputc('x', out);
		for (uint32_t i = 0; i < f->size; i++)
			fprintf(out, "%02x", b->at[f->offset + i]);
	} else {
		show_elsewhere(b, f, out);
	}
}

static char *slow_text(const struct rm_generated *g, const struct field *fields)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	for (size_t i = 0; i < g->count; i++) {
		struct bytes b = {g->subbuf + g->opts.data_offset +
					  g->events[i].offset,
				  g->events[i].size, g->opts.big_endian};

		fprintf(out, "%" PRIu64, g->events[i].ts);
		for (int k = 0; k < FIELDS; k++) {
			fputc(' ', out);
			show_field(&b, &fields[k], out);
		}
		fputc('\n', out);
	}
	fclose(out);
	return text;
}

/* ---- both ------------------------------------------------------------------------ */

static uint32_t random_event(struct rm_formats *f, struct field *fields)
{
	uint32_t at = RM_ENTRY;
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	for (int i = 0; i < FIELDS; i++) {
		fields[i] = random_field(&at);
		print_field(&fields[i], i, out);
	}
	fclose(out);
	rm_formats_make(f, 8);
	rm_formats_add(f, "sys", "ev", 300, text, NULL);
	rm_formats_open(f);
	free(text);
	return at;
}

static char *column_names(const struct field *fields)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	fputs("ts", out);
	for (int i = 0; i < FIELDS; i++)
		fprintf(out, " f%d%s", i,
			fields[i].kind == CHARS && i % 2 == 0 ? "_comm" : "");
	fclose(out);
	return text;
}

static void run_one(uint64_t seed, const struct ringmap_image_opts *shape)
{
	struct field fields[FIELDS];
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
		size_t same = 0;

		while (text[same] && text[same] == slow[same])
			same++;
		ck_assert_msg(!strcmp(text, slow),
			      "seed %#" PRIx64 ": \"%.60s\", not \"%.60s\"",
			      seed, text + same, slow + same);
		free(text);
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
