/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * arrow_text.c - Arrow arrays, checked against their specification and shown
 */
#define _GNU_SOURCE
#include "tests/support/arrow_text.h"

#include "tests/support/must.h"

#include <inttypes.h>
#include <string.h>

/* ---- the specification ------------------------------------------------------ */

/* Bytes of a value of a primitive type; 0: it is none. */
static size_t width_of(const char *format)
{
	static const char letters[] = "cCsSiIlL";
	const char *at = strchr(letters, format[0]);

	if (!strcmp(format, "tsn:"))
		return 8;
	return at && !format[1] ? (size_t)1 << ((at - letters) / 2) : 0;
}

static int64_t size_after(const char *format, const char *prefix)
{
	size_t n = strlen(prefix);

	if (strncmp(format, prefix, n))
		return -1;
	rm_must(format[n] >= '0' && format[n] <= '9');
	return strtoll(format + n, NULL, 10);
}

static bool is_text(const char *format)
{
	return !strcmp(format, "u") || !strcmp(format, "z");
}

static int64_t expected_buffers(const char *format)
{
	if (!strcmp(format, "+s") || size_after(format, "+w:") >= 0)
		return 1;
	return is_text(format) ? 3 : 2;
}

bool rm_is_utf8(const uint8_t *bytes, size_t size)
{
	static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};

	for (size_t i = 0; i < size;) {
		uint8_t first = bytes[i++];
		int more = first < 0x80           ? 0
			   : (first >> 5) == 6    ? 1
			   : (first >> 4) == 0xe  ? 2
			   : (first >> 3) == 0x1e ? 3
						  : -1;
		if (more < 0 || (size_t)more > size - i)
			return false;
		uint32_t code = more ? first & (0x3fu >> more) : first;
		for (int k = 0; k < more; k++, i++) {
			if (bytes[i] >> 6 != 2)
				return false;
			code = code << 6 | (bytes[i] & 0x3f);
		}
		if (code < least[more] || code > 0x10ffff ||
		    (code >= 0xd800 && code <= 0xdfff))
			return false;
	}
	return true;
}

bool rm_arrow_is_null(const struct ArrowArray *array, int64_t row)
{
	const uint8_t *bits = array->buffers[0];

	return bits && !(bits[row / 8] >> row % 8 & 1);
}

static void check_nulls(const struct ArrowSchema *schema,
			const struct ArrowArray *array)
{
	int64_t nulls = 0;

	for (int64_t i = 0; i < array->length; i++)
		nulls += rm_arrow_is_null(array, i);
	rm_must(nulls == array->null_count);
	rm_must(!nulls || schema->flags & ARROW_FLAG_NULLABLE);
}

/* Offsets never fall; what they enclose is the last one's. */
static int64_t check_offsets(const struct ArrowArray *array)
{
	const int32_t *offsets = array->buffers[1];

	rm_must(offsets[0] == 0);
	for (int64_t i = 0; i < array->length; i++)
		rm_must(offsets[i] <= offsets[i + 1]);
	return offsets[array->length];
}

static void check_text(const char *format, const struct ArrowArray *array)
{
	const int32_t *offsets = array->buffers[1];
	const uint8_t *bytes = array->buffers[2];

	check_offsets(array);
	for (int64_t i = 0; *format == 'u' && i < array->length; i++)
		rm_must(rm_is_utf8(bytes + offsets[i],
				   (size_t)(offsets[i + 1] - offsets[i])));
}

static void check_codes(const struct ArrowSchema *schema,
			const struct ArrowArray *array)
{
	const int32_t *codes = array->buffers[1];

	rm_must(!strcmp(schema->format, "i"));
	rm_must(array->dictionary);
	rm_arrow_check(schema->dictionary, array->dictionary);
	for (int64_t i = 0; i < array->length; i++) {
		if (rm_arrow_is_null(array, i))
			continue;
		rm_must(codes[i] >= 0);
		rm_must(codes[i] < array->dictionary->length);
	}
}

static void check_children(const struct ArrowSchema *schema,
			   const struct ArrowArray *array)
{
	int64_t each = size_after(schema->format, "+w:");

	rm_must(schema->n_children == array->n_children);
	for (int64_t i = 0; i < array->n_children; i++)
		rm_arrow_check(schema->children[i], array->children[i]);
	if (!strcmp(schema->format, "+s")) {
		for (int64_t i = 0; i < array->n_children; i++)
			rm_must(array->children[i]->length == array->length);
		return;
	}
	bool list = !strcmp(schema->format, "+l");
	rm_must(array->n_children == list || each >= 0);
	if (list)
		rm_must(array->children[0]->length == check_offsets(array));
	if (each >= 0)
		rm_must(array->children[0]->length == array->length * each);
}

void rm_arrow_check(const struct ArrowSchema *schema,
		    const struct ArrowArray *array)
{
	rm_must(schema->release);
	rm_must(array->release);
	rm_must(array->length >= 0);
	rm_must(array->offset == 0);
	rm_must(array->n_buffers == expected_buffers(schema->format));
	/* Only a validity buffer may be missing. */
	for (int64_t i = 1; i < array->n_buffers; i++)
		rm_must(array->buffers[i]);
	for (int64_t i = 0; i < array->n_buffers; i++)
		rm_must((uintptr_t)array->buffers[i] % 8 == 0);
	check_nulls(schema, array);
	check_children(schema, array);
	if (is_text(schema->format))
		check_text(schema->format, array);
	rm_must(!schema->dictionary == !array->dictionary);
	if (schema->dictionary)
		check_codes(schema, array);
}

/* ---- cells ------------------------------------------------------------------- */

static void show_number(const char *format, const void *data, int64_t row,
			FILE *out)
{
	size_t width = width_of(format);
	uint64_t value = 0;

	uint8_t *low = (uint8_t *)&value;

	rm_must(width && width <= sizeof(value));
	if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
		low += sizeof(value) - width;
	memcpy(low, (const uint8_t *)data + (size_t)row * width, width);
	/* Small letters are signed, but for the t of a time. */
	if (strchr("csil", format[0])) {
		unsigned int unused = (unsigned int)(64 - width * 8);

		fprintf(out, "%" PRId64, (int64_t)(value << unused) >> unused);
		return;
	}
	fprintf(out, "%" PRIu64, value);
}

static void show_text(const char *format, const struct ArrowArray *array,
		      int64_t row, FILE *out)
{
	const int32_t *offsets = array->buffers[1];
	const uint8_t *bytes = array->buffers[2];
	const uint8_t *at = bytes + offsets[row];
	int32_t size = offsets[row + 1] - offsets[row];

	if (*format == 'u') {
		fputc('\'', out);
		fwrite(at, 1, (size_t)size, out);
		fputc('\'', out);
		return;
	}
	fputc('x', out);
	for (int32_t i = 0; i < size; i++)
		fprintf(out, "%02x", at[i]);
}

static void show_items(const struct ArrowSchema *schema,
		       const struct ArrowArray *array, int64_t begin,
		       int64_t end, FILE *out)
{
	fputc('[', out);
	for (int64_t i = begin; i < end; i++) {
		if (i > begin)
			fputc(',', out);
		rm_arrow_cell(schema->children[0], array->children[0], i, out);
	}
	fputc(']', out);
}

void rm_arrow_cell(const struct ArrowSchema *schema,
		   const struct ArrowArray *array, int64_t row, FILE *out)
{
	const char *format = schema->format;
	int64_t each = size_after(format, "+w:");
	int64_t bytes = size_after(format, "w:");
	const int32_t *words = array->n_buffers > 1 ? array->buffers[1] : NULL;

	if (rm_arrow_is_null(array, row)) {
		fputs("null", out);
	} else if (schema->dictionary) {
		rm_arrow_cell(schema->dictionary, array->dictionary, words[row],
			      out);
	} else if (!strcmp(format, "b")) {
		const uint8_t *bits = array->buffers[1];

		fputs(bits[row / 8] >> row % 8 & 1 ? "true" : "false", out);
	} else if (is_text(format)) {
		show_text(format, array, row, out);
	} else if (!strcmp(format, "+l")) {
		show_items(schema, array, words[row], words[row + 1], out);
	} else if (each >= 0) {
		show_items(schema, array, row * each, row * each + each, out);
	} else if (bytes >= 0) {
		const uint8_t *at = array->buffers[1];

		fputc('x', out);
		for (int64_t i = 0; i < bytes; i++)
			fprintf(out, "%02x", at[row * bytes + i]);
	} else {
		show_number(format, array->buffers[1], row, out);
	}
}

/* ---- tables ------------------------------------------------------------------- */

int64_t rm_arrow_find(const struct ArrowSchema *schema, const char *name)
{
	int64_t i = 0;

	while (i < schema->n_children &&
	       strcmp(schema->children[i]->name, name))
		i++;
	rm_must(i < schema->n_children); /* there is that column */
	return i;
}

char *rm_arrow_text(const struct ArrowSchema *schema,
		    const struct ArrowArray *array, const char *column,
		    int64_t row)
{
	int64_t i = rm_arrow_find(schema, column);
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	rm_must(row < array->length);
	rm_arrow_cell(schema->children[i], array->children[i], row, out);
	fclose(out);
	return text;
}

char *rm_arrow_dump(const struct ArrowSchema *schema,
		    const struct ArrowArray *array)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	for (int64_t row = 0; row < array->length; row++)
		for (int64_t i = 0; i < array->n_children; i++) {
			rm_arrow_cell(schema->children[i], array->children[i],
				      row, out);
			fputc(i + 1 < array->n_children ? ' ' : '\n', out);
		}
	fclose(out);
	return text;
}

static void show_format(const struct ArrowSchema *schema, FILE *out)
{
	const struct ArrowSchema *inner =
		schema->dictionary   ? schema->dictionary
		: schema->n_children ? schema->children[0]
				     : NULL;

	fputs(schema->format, out);
	if (!inner)
		return;
	fputc('(', out);
	show_format(inner, out);
	fputc(')', out);
}

char *rm_arrow_shape(const struct ArrowSchema *schema)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	rm_must(!strcmp(schema->format, "+s"));
	for (int64_t i = 0; i < schema->n_children; i++) {
		fprintf(out, "%s%s:", i ? " " : "", schema->children[i]->name);
		show_format(schema->children[i], out);
	}
	fclose(out);
	return text;
}
