/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * cells.c - fields of a record as text, the slow way
 */
#define _GNU_SOURCE
#include "tests/support/cells.h"

#include "tests/support/arrow_text.h"

#include <inttypes.h>
#include <string.h>

void rm_cell_declare(const struct rm_cell *f, FILE *out)
{
	const char *loc = f->relative ? "__rel_loc" : "__data_loc";
	char number[16];

	snprintf(number, sizeof(number), "%c%u", f->is_signed ? 's' : 'u',
		 f->elem * 8);
	fputs("\tfield:", out);
	switch (f->kind) {
	case RM_CELL_NUMBER:
		fprintf(out, "%s %s", number, f->name);
		break;
	case RM_CELL_BOOL:
		fprintf(out, "bool %s", f->name);
		break;
	case RM_CELL_CHARS:
		fprintf(out, "char %s[%u]", f->name, f->size);
		break;
	case RM_CELL_ARRAY:
		fprintf(out, "%s %s[%u]", number, f->name, f->size / f->elem);
		break;
	case RM_CELL_BYTES:
		fprintf(out, "struct some_thing %s", f->name);
		break;
	case RM_CELL_TEXT_ELSEWHERE:
		fprintf(out, "%s char[] %s", loc, f->name);
		break;
	case RM_CELL_LIST_ELSEWHERE:
		fprintf(out, "%s %s[] %s", loc, number, f->name);
		break;
	case RM_CELL_TEXTS_ELSEWHERE:
		fprintf(out, "%s char[][%u] %s", loc, f->size / 4, f->name);
		break;
	default:
		fprintf(out, "%s cpumask_t %s", loc, f->name);
	}
	fprintf(out, ";\toffset:%u;\tsize:%u;\tsigned:%d;\n", f->offset,
		f->size, f->is_signed);
}

static uint64_t number_at(const struct rm_cell_record *b, uint32_t offset,
			  uint32_t size)
{
	uint64_t value = 0;

	for (uint32_t i = 0; i < size; i++) {
		uint32_t place = b->big_endian ? i : size - 1 - i;

		value = value << 8 | b->at[offset + place];
	}
	return value;
}

static void show_number(const struct rm_cell_record *b, const struct rm_cell *f,
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

static void show_numbers(const struct rm_cell_record *b,
			 const struct rm_cell *f, uint32_t offset,
			 uint32_t size, FILE *out)
{
	fputc('[', out);
	for (uint32_t at = 0; at < size; at += f->elem) {
		if (at)
			fputc(',', out);
		show_number(b, f, offset + at, out);
	}
	fputc(']', out);
}

static void show_mask(const struct rm_cell_record *b, uint32_t offset,
		      uint32_t size, FILE *out)
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

/* @word: where the u32 is that tells the place. */
static void show_elsewhere(const struct rm_cell_record *b,
			   const struct rm_cell *f, uint32_t word, FILE *out)
{
	bool text = f->kind == RM_CELL_TEXT_ELSEWHERE ||
		    f->kind == RM_CELL_TEXTS_ELSEWHERE;

	if (word + 4 > b->size) {
		fputs("null", out);
		return;
	}
	uint32_t place = (uint32_t)number_at(b, word, 4);
	uint32_t begin = (place & 0xffff) + (f->relative ? word + 4 : 0);
	uint32_t size = place >> 16;

	/* A text without even a NUL is one that could not be read. */
	if (begin + size > b->size || (text ? !size : size % f->elem))
		fputs("null", out);
	else if (text)
		show_text(b->at + begin, size, out);
	else if (f->kind == RM_CELL_LIST_ELSEWHERE)
		show_numbers(b, f, begin, size, out);
	else
		show_mask(b, begin, size, out);
}

static void show_several(const struct rm_cell_record *b,
			 const struct rm_cell *f, FILE *out)
{
	fputc('[', out);
	for (uint32_t at = 0; at < f->size; at += 4) {
		if (at)
			fputc(',', out);
		show_elsewhere(b, f, f->offset + at, out);
	}
	fputc(']', out);
}

void rm_cell_show(const struct rm_cell_record *b, const struct rm_cell *f,
		  FILE *out)
{
	if (f->kind == RM_CELL_TEXTS_ELSEWHERE) {
		show_several(b, f, out);
	} else if (f->offset + f->size > b->size) {
		fputs("null", out);
	} else if (f->kind == RM_CELL_NUMBER) {
		show_number(b, f, f->offset, out);
	} else if (f->kind == RM_CELL_BOOL) {
		fputs(b->at[f->offset] ? "true" : "false", out);
	} else if (f->kind == RM_CELL_CHARS) {
		show_text(b->at + f->offset, f->size, out);
	} else if (f->kind == RM_CELL_ARRAY) {
		show_numbers(b, f, f->offset, f->size, out);
	} else if (f->kind == RM_CELL_BYTES) {
		fputc('x', out);
		for (uint32_t i = 0; i < f->size; i++)
			fprintf(out, "%02x", b->at[f->offset + i]);
	} else {
		show_elsewhere(b, f, f->offset, out);
	}
}
