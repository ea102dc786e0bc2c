/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * format_fuzzer.c - any text as a format file, any bytes as its record
 *
 * The first byte chooses the kernel; then come, each ended by a NUL, the
 * format, printk_formats, saved_cmdlines and kallsyms; the rest is a record.
 * What is told of fields must make sense, and printing must end.
 */
#include "tests/fuzz/fuzzer.h"
#include "tests/fuzz/printed.h"
#include "tests/support/text_source.h"

#include <string.h>

enum {
	RECORD_MAX = 1 << 16
};

/* The words of dynamic values have four bytes each, or two. */
static bool are_words(const struct ringmap_field_info *f)
{
	uint64_t words = f->count ? f->count : 1;

	return f->flags & RINGMAP_FIELD_ARRAY &&
	       (f->size == 2 * words || f->size == 4 * words);
}

static void check_field(const struct ringmap_format *format,
			const struct ringmap_field_info *f, uint32_t size)
{
	const uint32_t loc = RINGMAP_FIELD_DATA_LOC | RINGMAP_FIELD_REL_LOC;
	struct ringmap_field_info same;

	rm_must(f->name && *f->name && f->type);
	rm_must(*f->type || f->flags & RINGMAP_FIELD_UNKNOWN);
	rm_must(f->offset <= RECORD_MAX && f->size <= RECORD_MAX);
	rm_must(f->offset + f->size <= size);
	rm_must(f->elem_size > 0);
	rm_must((f->flags & loc) != loc);
	if (f->flags & loc)
		rm_must(are_words(f));
	else
		rm_must((uint64_t)f->elem_size * f->count == f->size ||
			!f->size);
	rm_must(!f->inner || f->count % f->inner == 0);
	rm_must(f->kind != RINGMAP_KIND_BOOL || f->elem_size == 1);
	rm_must((f->kind == RINGMAP_KIND_FLAGS) == (f->delim != NULL));
	rm_must(!f->nr_values || f->kind == RINGMAP_KIND_FLAGS ||
		f->kind == RINGMAP_KIND_SYMBOL);
	for (uint32_t i = 0; i < f->nr_values; i++)
		rm_must(f->values[i].name);
	rm_must(ringmap_format_field_by_name(format, f->name, &same,
					     sizeof(same)) == RINGMAP_OK);
	rm_must(!strcmp(same.name, f->name));
}

static void check_format(const struct ringmap_format *format)
{
	struct ringmap_format_info info;
	struct ringmap_field_info field;
	size_t i = 0;

	rm_must(!ringmap_format_info(format, &info, sizeof(info)));
	rm_must(info.size <= RECORD_MAX && info.id <= UINT16_MAX);
	while (!ringmap_format_field(format, i, &field, sizeof(field))) {
		check_field(format, &field, info.size);
		i++;
	}
	rm_must(i == info.nr_fields);
}

/* The text up to the next NUL; @at is behind it then. */
static const char *next_text(const uint8_t **at, const uint8_t *end)
{
	const uint8_t *begin = *at;
	const uint8_t *nul = memchr(begin, 0, (size_t)(end - begin));

	if (!nul)
		return NULL;
	*at = nul + 1;
	return (const char *)begin;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct ringmap_format *format;
	struct ringmap_format_info info;
	struct ringmap_schema *schema;
	const uint8_t *at = data + 1;
	const uint8_t *end = data + size;

	if (!size)
		return 0;
	struct rm_text_event event = {.system = data[0] & 4 ? "ftrace" : "fuzz",
				      .event = "event"};
	struct rm_text_source source = {
		.long_size = data[0] & 1 ? 4 : 8,
		.big_endian = data[0] & 2,
		.events = &event,
		.count = 1,
	};
	event.text = next_text(&at, end);
	source.printk_formats = next_text(&at, end);
	source.saved_cmdlines = next_text(&at, end);
	source.kallsyms = next_text(&at, end);
	schema = rm_text_schema(&source);
	if (!ringmap_schema_format(schema, "event", &format, NULL)) {
		check_format(format);
		ringmap_format_info(format, &info, sizeof(info));
		rm_printed(schema, info.id, source.big_endian, at,
			   (size_t)(end - at));
	}
	ringmap_schema_unref(schema);
	return 0;
}
