/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * decode_tep.c - the established way: kbuffer and tep_read_number_field()
 *
 * As well as it can be used: formats and fields are looked up once, values go
 * into arrays that are used again.
 */
#define _GNU_SOURCE
#include "tests/bench/decode.h"

#include <err.h>
#include <event-parse.h>
#include <kbuffer.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	IDS = 1 << 16,
	FIELDS_MAX = 16,
	TEXT = 64,
};

/* One event's fields and where they go. */
struct table {
	size_t count;
	struct tep_format_field *fields[FIELDS_MAX];
	unsigned long long *numbers[FIELDS_MAX];
	char *texts[FIELDS_MAX];
	unsigned long long *ts;
	size_t rows;
};

struct decoder {
	struct tep_handle *tep;
	struct kbuffer *kbuffer;
	struct table **by_id;
};

static char *read_file(const char *folder, const char *path, size_t *size)
{
	char name[256];
	char *text = malloc(65536);

	snprintf(name, sizeof(name), "%s/%s", folder, path);
	FILE *file = fopen(name, "re");
	if (!file || !text)
		err(1, "%s", name);
	*size = fread(text, 1, 65535, file);
	text[*size] = 0;
	fclose(file);
	return text;
}

static void add_field(struct table *t, struct tep_format_field *field)
{
	if (t->count == FIELDS_MAX)
		errx(1, "too many fields");
	t->fields[t->count] = field;
	if (field->flags & TEP_FIELD_IS_STRING)
		t->texts[t->count] = calloc(DECODE_ROWS, TEXT);
	else
		t->numbers[t->count] = calloc(DECODE_ROWS, sizeof(uint64_t));
	t->count++;
}

static struct table *make_table(const struct work *work,
				struct tep_event *event)
{
	struct table *t = calloc(1, sizeof(*t));

	t->ts = calloc(DECODE_ROWS, sizeof(*t->ts));
	for (size_t i = 0; work->columns && work->columns[i]; i++)
		if (strcmp(work->columns[i], "ts"))
			add_field(t,
				  tep_find_any_field(event, work->columns[i]));
	if (work->columns)
		return t;
	add_field(t, tep_find_any_field(event, "common_pid"));
	for (struct tep_format_field *f = event->format.fields; f; f = f->next)
		add_field(t, f);
	return t;
}

static void open_decoder(struct decoder *d, const struct work *work)
{
	d->tep = tep_alloc();
	d->kbuffer = kbuffer_alloc(KBUFFER_LSIZE_8, KBUFFER_ENDIAN_LITTLE);
	d->by_id = calloc(IDS, sizeof(*d->by_id));
	if (!d->tep || !d->kbuffer || !d->by_id)
		err(1, "no memory");
	for (size_t i = 0; work->events[i]; i++) {
		const char *name = strchr(work->events[i], ':') + 1;
		int system = (int)(name - work->events[i] - 1);
		struct tep_event *event;
		char path[128];
		char sys[32];
		size_t size;

		snprintf(sys, sizeof(sys), "%.*s", system, work->events[i]);
		snprintf(path, sizeof(path), "events/%s/%s/format", sys, name);
		char *text = read_file(work->capture->folder, path, &size);
		if (tep_parse_event(d->tep, text, size, sys))
			errx(1, "libtraceevent refuses %s", path);
		event = tep_find_event_by_name(d->tep, sys, name);
		d->by_id[event->id] = make_table(work, event);
		free(text);
	}
}

static void close_decoder(struct decoder *d)
{
	for (size_t id = 0; id < IDS; id++) {
		struct table *t = d->by_id[id];

		for (size_t i = 0; t && i < t->count; i++) {
			free(t->numbers[i]);
			free(t->texts[i]);
		}
		if (t)
			free(t->ts);
		free(t);
	}
	free(d->by_id);
	kbuffer_free(d->kbuffer);
	tep_free(d->tep);
}

static void take_text(char *to, const struct tep_format_field *f,
		      const char *record)
{
	const char *from = record + f->offset;
	size_t size = (size_t)f->size;

	if (f->flags & TEP_FIELD_IS_DYNAMIC) {
		uint32_t word;

		memcpy(&word, from, sizeof(word));
		from = record + (word & 0xffff);
		size = word >> 16;
	}
	size = size < TEXT ? size : TEXT;
	memcpy(to, from, size);
}

static void take(struct table *t, const char *record, unsigned long long ts)
{
	size_t row = t->rows++ % DECODE_ROWS;

	t->ts[row] = ts;
	for (size_t i = 0; i < t->count; i++) {
		if (t->texts[i])
			take_text(t->texts[i] + row * TEXT, t->fields[i],
				  record);
		else
			tep_read_number_field(t->fields[i], record,
					      &t->numbers[i][row]);
	}
}

static void walk(struct decoder *d, uint8_t *subbufs, size_t size)
{
	for (size_t at = 0; at < size; at += CAPTURE_SUBBUF) {
		unsigned long long ts;
		const char *record;

		if (kbuffer_load_subbuffer(d->kbuffer, subbufs + at))
			errx(1, "kbuffer refuses a sub-buffer");
		while ((record = kbuffer_read_event(d->kbuffer, &ts))) {
			uint16_t id;

			memcpy(&id, record, sizeof(id));
			if (d->by_id[id])
				take(d->by_id[id], record, ts);
			kbuffer_next_event(d->kbuffer, NULL);
		}
	}
}

struct outcome decode_tep(const struct work *work)
{
	const struct capture *c = work->capture;
	struct outcome outcome = {0};
	struct decoder d;

	open_decoder(&d, work);
	double began = decode_now();
	for (unsigned int i = 0; i < c->times; i++)
		for (int cpu = 0; cpu < c->nr_cpus; cpu++)
			walk(&d, c->cpus[cpu], c->size);
	outcome.seconds = decode_now() - began;
	outcome.events = c->events * c->times;
	for (size_t id = 0; id < IDS; id++)
		outcome.rows += d.by_id[id] ? d.by_id[id]->rows : 0;
	close_decoder(&d);
	return outcome;
}
