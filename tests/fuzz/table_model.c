/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * table_model.c - the rows that the tables of a reader must hold
 */
#define _GNU_SOURCE
#include "tests/fuzz/table_model.h"

#include "tests/support/cells.h"
#include "tests/support/must.h"
#include "tests/support/text_source.h"

#include <inttypes.h>
#include <string.h>

enum {
	FIELDS = 12
};

/* ---- formats ------------------------------------------------------------- */

#define CELL(name, kind, offset, size, elem, ...)                              \
	{                                                                      \
		name, RM_CELL_##kind, offset, size, elem, __VA_ARGS__          \
	}

#define COMMON                                                                 \
	CELL("common_type", NUMBER, 0, 2, 2, false, false),                    \
		CELL("common_flags", NUMBER, 2, 1, 1, false, false),           \
		CELL("common_preempt_count", NUMBER, 3, 1, 1, false, false),   \
		CELL("common_pid", NUMBER, 4, 4, 4, true, false)

static const struct event {
	const char *name;
	const char *print_fmt;
	struct rm_cell cells[FIELDS];
} events[MODEL_EVENTS] = {
	{
		"numbers",
		"\"%d\", REC->a",
		{
			COMMON,
			CELL("a", NUMBER, 8, 8, 8, false, false),
			CELL("b", NUMBER, 16, 4, 4, false, false),
			CELL("c", NUMBER, 20, 4, 4, true, false),
			CELL("d", NUMBER, 24, 8, 8, true, false),
			CELL("e", NUMBER, 32, 2, 2, true, false),
			CELL("f", NUMBER, 34, 1, 1, false, false),
			CELL("g", BOOL, 35, 1, 1, false, false),
		},
	},
	{
		"elsewhere",
		"\"%s\", __get_str(text)",
		{
			COMMON,
			CELL("a_comm", CHARS, 8, 16, 1, false, false),
			CELL("text", TEXT_ELSEWHERE, 24, 4, 1, false, false),
			CELL("near", TEXT_ELSEWHERE, 28, 4, 1, false, true),
			CELL("list", LIST_ELSEWHERE, 32, 4, 2, false, false),
			CELL("next", LIST_ELSEWHERE, 36, 4, 4, true, true),
			CELL("mask", MASK_ELSEWHERE, 40, 4, 8, false, false),
			CELL("texts", TEXTS_ELSEWHERE, 44, 8, 1, false, false),
		},
	},
	{
		"arrays",
		"\"%s %s\", "
		"__print_symbolic(REC->named, {1, \"one\"}, {2, \"two\"}), "
		"__print_flags(REC->flags, \"|\", {1, \"A\"}, {6, \"B\"})",
		{
			COMMON,
			CELL("array", ARRAY, 8, 6, 2, false, false),
			CELL("bytes", BYTES, 14, 5, 1, false, false),
			CELL("longs", ARRAY, 20, 16, 8, true, false),
			CELL("chars", CHARS, 36, 7, 1, false, false),
			CELL("named", NUMBER, 44, 4, 4, false, false),
			CELL("flags", NUMBER, 48, 4, 4, false, false),
		},
	},
};

static char *text_of(const struct event *e)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	rm_must(out);
	fprintf(out, "name: %s\nID: %td\nformat:\n", e->name, e - events + 1);
	for (int i = 0; i < FIELDS && e->cells[i].size; i++)
		rm_cell_declare(&e->cells[i], out);
	fprintf(out, "\nprint fmt: %s\n", e->print_fmt);
	rm_must(!fclose(out));
	return text;
}

const char *model_event(uint32_t number)
{
	return number < MODEL_EVENTS ? events[number].name : NULL;
}

struct ringmap_schema *model_schema(void)
{
	static struct rm_text_event texts[MODEL_EVENTS];
	static struct rm_text_source source = {.events = texts,
					       .count = MODEL_EVENTS};
	static struct ringmap_schema *schema;

	for (int i = 0; !schema && i < MODEL_EVENTS; i++)
		texts[i] = (struct rm_text_event){"fuzz", events[i].name,
						  text_of(&events[i])};
	if (!schema)
		schema = rm_text_schema(&source);
	return schema;
}

/* ---- what the tables must hold --------------------------------------------- */

void rows_begin(struct rows *r)
{
	for (int t = 0; t < MODEL_TABLES; t++)
		for (int c = 0; c < MODEL_CPUS; c++) {
			r->out[t][c] =
				open_memstream(&r->text[t][c], &r->size[t][c]);
			rm_must(r->out[t][c]);
		}
}

void rows_end(struct rows *r)
{
	for (int t = 0; t < MODEL_TABLES; t++)
		for (int c = 0; c < MODEL_CPUS; c++)
			rm_must(!fclose(r->out[t][c]));
}

void rows_free(struct rows *r)
{
	for (int t = 0; t < MODEL_TABLES; t++)
		for (int c = 0; c < MODEL_CPUS; c++)
			free(r->text[t][c]);
}

static uint32_t number_at(const struct rm_cell_record *r, uint32_t offset,
			  uint32_t size)
{
	uint32_t value = 0;

	for (uint32_t i = 0; i < size; i++)
		value = value << 8 |
			r->at[offset + (r->big_endian ? i : size - 1 - i)];
	return value;
}

/* Of which events, by number; MODEL_EVENTS: of none that has a format. */
static uint32_t event_of(const struct rm_cell_record *r)
{
	uint32_t id = r->size >= 2 ? number_at(r, 0, 2) : 0;

	return id - 1 < MODEL_EVENTS ? id - 1 : MODEL_EVENTS;
}

static bool wanted(const struct choice *c, const struct ringmap_event *event,
		   const struct rm_cell_record *r, uint32_t number)
{
	if (number < MODEL_EVENTS && event_of(r) != number)
		return false;
	if (c->by_cpu && event->cpu != c->cpu)
		return false;
	if (c->by_ts && (event->ts < c->from || (c->to && event->ts >= c->to)))
		return false;
	return !c->by_pid ||
	       (r->size >= 8 && (int32_t)number_at(r, 4, 4) == c->pid);
}

static void show_flags(uint32_t value, FILE *out)
{
	uint32_t rest = value & ~((value & 1) | ((value & 6) == 6 ? 6 : 0));
	const char *a = value & 1 ? "A" : "";
	const char *b = (value & 6) == 6 ? "B" : "";
	const char *bar = *a && *b ? "|" : "";

	fprintf(out, "'%s%s%s", a, bar, b);
	if (rest)
		fprintf(out, "%s0x%x", *a || *b ? "|" : "", rest);
	fputc('\'', out);
}

static void show_field(const struct rm_cell_record *r, const char *name,
		       uint32_t number, FILE *out)
{
	const struct rm_cell *cell = events[number % MODEL_EVENTS].cells;

	while (strcmp(cell->name, name))
		cell++;
	bool whole = cell->offset + cell->size <= r->size;
	if (!strcmp(name, "flags") && whole) {
		show_flags(number_at(r, cell->offset, 4), out);
	} else if (!strcmp(name, "named") && whole) {
		uint32_t value = number_at(r, cell->offset, 4);

		if (value - 1 < 2)
			fprintf(out, "'%s'", value == 1 ? "one" : "two");
		else
			fprintf(out, "'0x%x'", value);
	} else {
		rm_cell_show(r, cell, out);
	}
}

static void show_column(const struct ringmap_event *event, uint64_t lost,
			const struct rm_cell_record *r, const char *name,
			uint32_t number, FILE *out)
{
	uint32_t which = event_of(r);

	if (!strcmp(name, "ts"))
		fprintf(out, "%" PRIu64, event->ts);
	else if (!strcmp(name, "cpu"))
		fprintf(out, "%u", event->cpu);
	else if (!strcmp(name, "lost_before"))
		lost == RINGMAP_LOST_UNKNOWN ? fputs("null", out)
					     : fprintf(out, "%" PRIu64, lost);
	else if (strcmp(name, "event"))
		show_field(r, name, number, out);
	else if (which < MODEL_EVENTS)
		fprintf(out, "'%s'", events[which].name);
	else
		fputs("null", out);
}

struct model {
	const struct choice *choice;
	const struct ArrowSchema *schemas;       /* of each table */
	uint64_t lost[MODEL_TABLES][MODEL_CPUS]; /* not told by a row yet */
	struct rows *rows;
};

static void show_row(const struct ringmap_event *event, uint64_t lost,
		     const struct rm_cell_record *r,
		     const struct ArrowSchema *schema, uint32_t number,
		     FILE *out)
{
	for (int64_t i = 0; i < schema->n_children; i++) {
		fputs(i ? " " : "", out);
		show_column(event, lost, r, schema->children[i]->name, number,
			    out);
	}
	fputc('\n', out);
}

static void add_event(struct model *m, const struct ringmap_event *event)
{
	const struct choice *c = m->choice;
	const struct rm_cell_record r = {event->data, event->size,
					 c->shape.big_endian};

	for (uint32_t t = 0; t < c->tables; t++) {
		uint32_t number = c->first + t;
		uint64_t *lost = &m->lost[t][event->cpu];
		FILE *out = m->rows->out[t][c->ordered ? 0 : event->cpu];

		if (__builtin_add_overflow(*lost, event->lost, lost))
			*lost = RINGMAP_LOST_UNKNOWN;
		if (!wanted(c, event, &r, number))
			continue;
		show_row(event, *lost, &r, &m->schemas[t], number, out);
		*lost = 0;
	}
}

uint64_t model_walk(const struct choice *choice, struct ringmap_trace *trace,
		    const struct ArrowSchema *schemas, struct rows *rows)
{
	struct model m = {choice, schemas, {{0}}, rows};
	struct ringmap_event event;
	enum ringmap_status s;
	uint64_t corrupt = 0;

	rows_begin(rows);
	while ((s = ringmap_trace_next(trace, &event)) != RINGMAP_DONE) {
		rm_must(s == RINGMAP_OK || s == RINGMAP_E_CORRUPT);
		rm_must(s == RINGMAP_OK || ++corrupt < STATUSES_MAX);
		if (s == RINGMAP_OK)
			add_event(&m, &event);
	}
	rows_end(rows);
	return corrupt;
}
