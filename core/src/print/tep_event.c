/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * tep_event.c - a format, and records of it, as libtraceevent can take them
 *
 * libtraceevent 1.7 trusts both. So it gets neither as they came: the format
 * is written again from what was understood of it, and a record is checked
 * field by field and copied.
 */
#define _GNU_SOURCE
#include "print/tep_event.h"

#include "schema/print_fmt.h"

#include <event-parse.h>
#include <stdlib.h>
#include <string.h>

/* Beyond the largest record: whatever a field may reach over its end. */
#define PADDING 4096

/*
 * libtraceevent parses with variables of its own that all threads share, so
 * one schema's lock is not enough.
 */
static pthread_mutex_t parsing = PTHREAD_MUTEX_INITIALIZER;

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_';
}

static bool is_dynamic(const struct ringmap_field_info *field)
{
	return field->flags & (RINGMAP_FIELD_DATA_LOC | RINGMAP_FIELD_REL_LOC);
}

/* ---- the printer ------------------------------------------------------------- */

static void free_printer(struct rm_printer *printer)
{
	tep_free(printer->tep);
	free(printer->record);
	free(printer);
}

static struct rm_printer *new_printer(const struct rm_kernel *kernel)
{
	struct rm_printer *printer = calloc(1, sizeof(*printer));

	if (!printer)
		return NULL;
	printer->tep = tep_alloc();
	printer->record = calloc(1, 2 * RM_RECORD_MAX + PADDING);
	if (!printer->tep || !printer->record) {
		free_printer(printer);
		return NULL;
	}
	tep_set_long_size(printer->tep, (int)kernel->long_size);
	tep_set_file_bigendian(printer->tep, kernel->big_endian
						     ? TEP_BIG_ENDIAN
						     : TEP_LITTLE_ENDIAN);
	tep_set_local_bigendian(printer->tep, tep_is_bigendian()
						      ? TEP_BIG_ENDIAN
						      : TEP_LITTLE_ENDIAN);
	/* Neither this library nor libtraceevent writes to stderr. */
	tep_set_loglevel(TEP_LOG_NONE);
	return printer;
}

struct rm_printer *rm_printer_of(struct ringmap_schema *schema)
{
	if (!schema->printer)
		schema->printer = new_printer(&schema->kernel);
	schema->free_printer = free_printer;
	return schema->printer;
}

/* ---- the format -------------------------------------------------------------- */

/*
 * Words, and what @also allows, out of the first @size bytes; @other for the
 * rest. libtraceevent takes VIF_PR_FMT and its like for macros of wireless
 * drivers, and leaks the type in which they stand: they are written small.
 */
static void write_words(struct rm_text *out, const char *text, size_t size,
			char also, const char *other)
{
	static const char macro[] = "_PR_FMT";

	for (size_t i = 0; i < size; i++) {
		bool plain = is_word(text[i]) || text[i] == also;

		if (size - i >= strlen(macro) &&
		    !strncmp(text + i, macro, strlen(macro))) {
			rm_text_puts(out, "_pr_fmt");
			i += strlen(macro) - 1;
		} else {
			rm_text_add(out, plain ? &text[i] : other, 1);
		}
	}
}

/* Words and stars of a type, without brackets. */
static void write_base(struct rm_text *out, const char *type)
{
	write_words(out, type, strcspn(type, "["), '*', " ");
}

/* Names come from the text, and need not be words. */
static void write_name(struct rm_text *out, const char *name)
{
	write_words(out, name, strlen(name), '_', "_");
}

/*
 * One line. Brackets only where the kernel wrote some: fields are shown
 * otherwise without. All dynamic data is told of in one way.
 */
static void write_field(struct rm_text *out,
			const struct ringmap_field_info *field)
{
	const char *type = field->type;
	bool brackets = strchr(type, '[');

	rm_text_puts(out, "\tfield:");
	if (is_dynamic(field)) {
		type += strcspn(type, " ");
		rm_text_puts(out, "__data_loc ");
		write_base(out, type);
		rm_text_puts(out, brackets ? "[] " : " ");
		write_name(out, field->name);
	} else {
		write_base(out, type);
		rm_text_puts(out, " ");
		write_name(out, field->name);
		if (brackets && field->count)
			rm_text_printf(out, "[%u]", field->count);
		else if (brackets)
			rm_text_puts(out, "[]");
	}
	rm_text_printf(out, ";\toffset:%u;\tsize:%u;\tsigned:%d;\n",
		       field->offset, field->size,
		       !!(field->flags & RINGMAP_FIELD_SIGNED));
}

/*
 * libtraceevent prints this one in a way of its own, and dies if a field is
 * missing.
 */
static bool is_bprint(const struct ringmap_format *format)
{
	static const char *const needed[] = {"ip", "fmt", "buf"};

	if (strcmp(format->info.system, "ftrace") ||
	    strcmp(format->info.name, "bprint"))
		return false;
	for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++) {
		if (!rm_format_find(format, needed[i]))
			return false;
	}
	return true;
}

static void write_format(struct rm_text *out,
			 const struct ringmap_format *format, unsigned int id,
			 const char *print_fmt)
{
	bool common = true;

	/* Names are printed by us, so no other name matters. */
	rm_text_printf(out, "name: %s\nID: %u\nformat:\n",
		       is_bprint(format) ? "bprint" : "event", id);
	for (uint32_t i = 0; i < format->info.nr_fields; i++) {
		const struct ringmap_field_info *field = &format->fields[i];

		if (common && !(field->flags & RINGMAP_FIELD_COMMON)) {
			common = false;
			rm_text_puts(out, "\n");
		}
		write_field(out, field);
	}
	/* A blank line ends each kind, even if there is none. */
	rm_text_puts(out, common ? "\n\nprint fmt: " : "\nprint fmt: ");
	rm_text_puts(out, print_fmt);
	rm_text_puts(out, "\n");
}

enum ringmap_status rm_tep_event(struct ringmap_schema *schema,
				 const struct ringmap_format *format)
{
	struct rm_print *print = format->print;
	struct rm_text fmt = {.size = 0};
	struct rm_text text = {.size = 0};

	if (print->tried)
		return RINGMAP_OK;
	print->pretty = rm_print_fmt(format, &fmt);
	write_format(&text, format, schema->printer->events,
		     print->pretty ? fmt.at : "\"\"");
	rm_text_free(&fmt);
	if (!text.failed && schema->printer->events <= UINT16_MAX) {
		pthread_mutex_lock(&parsing);
		tep_parse_format(schema->printer->tep, &print->event, text.at,
				 text.size, format->info.system);
		pthread_mutex_unlock(&parsing);
	}
	rm_text_free(&text);
	print->tried = true;
	if (!print->event)
		return RINGMAP_OK;
	schema->printer->events++;
	if (print->event->flags & (int)TEP_EVENT_FL_FAILED)
		print->pretty = false;
	return RINGMAP_OK;
}

/* ---- records ------------------------------------------------------------------ */

static uint32_t read_u32(const uint8_t *at, bool big_endian)
{
	return big_endian ? (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
				    (uint32_t)at[2] << 8 | at[3]
			  : (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 |
				    (uint32_t)at[1] << 8 | at[0];
}

static void write_u32(uint8_t *at, uint32_t value, bool big_endian)
{
	for (unsigned int i = 0; i < 4; i++)
		at[big_endian ? 3 - i : i] = (uint8_t)(value >> 8 * i);
}

/*
 * Writes the place of the field's data as libtraceevent reads it. False: it is
 * not all inside the record, or cannot be told.
 */
static bool place_data(const struct ringmap_format *format,
		       const struct ringmap_field_info *field, uint32_t end,
		       struct rm_tep_record *record)
{
	uint8_t *at = record->data + field->offset;
	uint32_t word = read_u32(at, format->big_endian);
	uint32_t place = word & 0xffff;
	uint32_t size = word >> 16;

	if (field->flags & RINGMAP_FIELD_REL_LOC)
		place += field->offset + field->size;
	if (place > end || size > end - place)
		return false;
	if (!size && field->kind == RINGMAP_KIND_BITMASK) {
		/* It asks for 3 GB to show no bits, so it gets some zeros. */
		place = end;
		size = format->long_size;
		record->size = end + size;
	}
	/* At the end of the largest record, where nothing is. */
	if (!size && place > UINT16_MAX)
		place = 0;
	write_u32(at, size << 16 | place, format->big_endian);
	return place <= UINT16_MAX;
}

/* Fields may overlap, so that to write one changed another. */
static bool is_placed(const struct ringmap_format *format,
		      const struct ringmap_field_info *field,
		      const struct rm_tep_record *record)
{
	uint32_t word =
		read_u32(record->data + field->offset, format->big_endian);
	uint32_t place = word & 0xffff;
	uint32_t size = word >> 16;

	return place <= record->size && size <= record->size - place &&
	       (size || field->kind != RINGMAP_KIND_BITMASK);
}

enum ringmap_status rm_tep_record(struct ringmap_schema *schema,
				  const struct ringmap_format *format,
				  const void *data, uint32_t size,
				  struct rm_tep_record *ret)
{
	const uint32_t id = (uint32_t)format->print->event->id;
	struct rm_printer *printer = schema->printer;

	if (size < format->required || size > RM_RECORD_MAX)
		return RINGMAP_E_CORRUPT;
	*ret = (struct rm_tep_record){printer->record, size};
	memcpy(ret->data, data, size);
	/* What a longer one left. */
	if (printer->record_used > size)
		memset(ret->data + size, 0, printer->record_used - size);
	/* And room for the zeros of masks. */
	printer->record_used = size + 8;
	for (uint32_t i = 0; i < format->info.nr_fields; i++) {
		const struct ringmap_field_info *field = &format->fields[i];

		if (is_dynamic(field) && !place_data(format, field, size, ret))
			return RINGMAP_E_CORRUPT;
	}
	ret->data[format->big_endian] = (uint8_t)id;
	ret->data[!format->big_endian] = (uint8_t)(id >> 8);
	for (uint32_t i = 0; i < format->info.nr_fields; i++) {
		const struct ringmap_field_info *field = &format->fields[i];

		if (is_dynamic(field) && !is_placed(format, field, ret))
			return RINGMAP_E_CORRUPT;
	}
	return RINGMAP_OK;
}
