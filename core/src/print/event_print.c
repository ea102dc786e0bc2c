/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * event_print.c - an event as text, through libtraceevent
 */
#define _GNU_SOURCE
#include "print/print_line.h"
#include "print/tep_event.h"

#include "base/error.h"
#include "schema/print_fmt.h"

#include <event-parse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what libtraceevent asks for ---------------------------------------------- */

/* As trace-cmd: behind the last symbol there is nothing but its own start. */
static char *resolve(void *priv, unsigned long long *address, char **module)
{
	struct ringmap_schema *schema = priv;
	const struct rm_symbols *symbols = &schema->symbols;

	if (rm_symbols_load(&schema->symbols, &schema->source))
		return NULL;
	const struct ringmap_symbol *found = rm_symbols_find(symbols, *address);
	if (!found ||
	    (found->start == symbols->symbols[symbols->count - 1].start &&
	     found->start != *address))
		return NULL;
	*address = found->start;
	/* libtraceevent only reads them. */
	*module = (char *)(uintptr_t)found->module;
	return (char *)(uintptr_t)found->name;
}

/* What makes no sense as a format is shown as it stands. */
static void write_printk(struct rm_text *out, const char *text)
{
	struct rm_conversions c;
	size_t size = strlen(text);
	bool sound = rm_print_conversions(text, size, &c) &&
		     !memchr(c.letters, '*', c.count) &&
		     !memchr(c.letters, 'c', c.count);

	/* One newline at the end goes; a lone backslash must not end it. */
	if (size >= 2 && !strcmp(text + size - 2, "\\n"))
		size -= 2;
	rm_text_puts(out, "\"");
	for (size_t i = 0; i < size; i++) {
		if (text[i] == '%' && !sound)
			rm_text_puts(out, "%");
		rm_text_add(out, &text[i], 1);
		if (text[i] == '\\' && i + 1 < size)
			rm_text_add(out, &text[++i], 1);
		else if (text[i] == '\\')
			rm_text_puts(out, "\\");
	}
	rm_text_puts(out, "\\n\"");
}

static enum ringmap_status give_printks(struct ringmap_schema *schema)
{
	const struct rm_printks *p = &schema->printks;

	if (schema->printer->printks_given)
		return RINGMAP_OK;
	enum ringmap_status s =
		rm_printks_load(&schema->printks, &schema->source);
	for (size_t i = 0; !s && i < p->count; i++) {
		struct rm_text text = {.size = 0};

		write_printk(&text, p->printks[i].text);
		if (text.failed ||
		    tep_register_print_string(schema->printer->tep, text.at,
					      p->printks[i].address))
			s = RINGMAP_E_NOMEM;
		rm_text_free(&text);
	}
	schema->printer->printks_given = !s;
	return s;
}

static enum ringmap_status get_ready(struct ringmap_schema *schema,
				     const struct ringmap_format *format)
{
	struct rm_printer *printer = rm_printer_of(schema);

	if (!printer ||
	    tep_set_function_resolver(printer->tep, resolve, schema))
		return RINGMAP_E_NOMEM;
	enum ringmap_status s = give_printks(schema);
	if (!s)
		s = rm_tep_event(schema, format);
	if (!s && !format->print->event)
		s = RINGMAP_E_NOMEM;
	return s;
}

/* ---- printing -------------------------------------------------------------------- */

/* Printing changes flags of fields; the next record must not see that. */
static void swap_flags(struct tep_event *event, unsigned long *saved,
		       bool restore)
{
	struct tep_format_field *field = event->format.fields;

	for (size_t i = 0; field && i < RM_FIELDS_MAX; i++) {
		if (restore)
			field->flags = saved[i];
		else
			saved[i] = field->flags;
		field = field->next;
	}
}

static void print_info(struct ringmap_schema *schema,
		       const struct ringmap_format *format,
		       const struct ringmap_event *event,
		       const struct rm_tep_record *record, bool raw,
		       struct trace_seq *seq)
{
	struct tep_event *tep_event = format->print->event;
	const int flags = tep_event->flags;
	struct tep_record copy = {
		.ts = event->ts,
		.cpu = (int)event->cpu,
		.record_size = (int)record->size,
		.size = (int)record->size,
		.data = record->data,
	};

	/* Then libtraceevent shows the fields instead. */
	if (!format->print->pretty || !rm_tep_is_safe(format, record))
		tep_event->flags |= (int)TEP_EVENT_FL_FAILED;
	swap_flags(tep_event, schema->printer->field_flags, false);
	tep_print_event(schema->printer->tep, seq, &copy, "%s",
			raw ? TEP_PRINT_INFO_RAW : TEP_PRINT_INFO);
	swap_flags(tep_event, schema->printer->field_flags, true);
	tep_event->flags = flags;
}

static enum ringmap_status print(struct ringmap_schema *schema,
				 const struct ringmap_format *format,
				 const struct ringmap_event *event,
				 uint32_t flags, struct trace_seq *seq)
{
	bool raw = flags & RINGMAP_PRINT_RAW;
	struct rm_tep_record record;

	enum ringmap_status s = get_ready(schema, format);
	if (!s && (flags & RINGMAP_PRINT_LINE))
		s = rm_comms_load(&schema->comms, &schema->source);
	if (!s)
		s = rm_tep_record(schema, format, event->data, event->size,
				  &record);
	if (s)
		return s;
	if (flags & RINGMAP_PRINT_LINE)
		rm_print_line(schema, format, event, raw, seq);
	print_info(schema, format, event, &record, raw, seq);
	trace_seq_terminate(seq);
	return seq->state == TRACE_SEQ__GOOD ? RINGMAP_OK : RINGMAP_E_NOMEM;
}

/* ---- the call -------------------------------------------------------------------- */

static void give(const char *text, size_t size, char *buf, size_t cap,
		 size_t *ret)
{
	size_t fits = size < cap ? size : cap - 1;

	if (ret)
		*ret = size;
	if (!cap)
		return;
	memcpy(buf, text, fits);
	buf[fits] = '\0';
}

/* The text without the newline at its end, and the blank before raw fields. */
static void give_seq(const struct trace_seq *seq, uint32_t flags, char *buf,
		     size_t cap, size_t *ret)
{
	const char *text = seq->buffer;
	size_t size = seq->len;

	if (flags == RINGMAP_PRINT_RAW && size && *text == ' ') {
		text++;
		size--;
	}
	if (size && text[size - 1] == '\n')
		size--;
	give(text, size, buf, cap, ret);
}

enum ringmap_status ringmap_event_print(struct ringmap_schema *schema,
					const struct ringmap_event *event,
					uint32_t flags, char *buf, size_t cap,
					size_t *ret)
{
	const uint32_t known = RINGMAP_PRINT_RAW | RINGMAP_PRINT_LINE;
	struct ringmap_format *format;
	struct trace_seq seq;

	if (!schema || !event || (!buf && cap) || (flags & ~known))
		return RINGMAP_E_INVAL;
	if (!event->data || event->size < sizeof(uint16_t))
		return RINGMAP_E_CORRUPT;
	RM_HOLD(schema);
	const uint8_t *id = event->data;
	uint32_t number = (uint32_t)id[!schema->kernel.big_endian] << 8 |
			  id[schema->kernel.big_endian];
	struct ringmap_error err = {.text = ""};
	enum ringmap_status s = rm_schema_by_id(schema, number, &format, &err);
	if (s) {
		give(err.text, strlen(err.text), buf, cap, ret);
		return s;
	}
	trace_seq_init(&seq);
	s = print(schema, format, event, flags, &seq);
	if (!s)
		give_seq(&seq, flags, buf, cap, ret);
	trace_seq_destroy(&seq);
	return s;
}
