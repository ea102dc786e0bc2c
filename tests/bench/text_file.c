/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * text_file.c - an uncompressed trace.dat of any size, made of a small one
 *
 * The small file's sched_switch records are packed into sub-buffers as the
 * kernel packs them. Its own beginning has the formats and the names.
 */
#define _GNU_SOURCE
#include "tests/bench/text_file.h"

#include <ringmap/ringmap.h>

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	SUBBUF = 4096,
	HEADER = 16,
	CPUS = 2,
	SUBBUFS_MAX = 256,
};

/* "flyrecord" begins the list of each CPU's offset and size. */
static const char mark[] = "flyrecord";

struct packed {
	uint8_t bytes[SUBBUFS_MAX][SUBBUF];
	uint64_t begin[SUBBUFS_MAX]; /* stamp of each */
	uint32_t used[SUBBUFS_MAX];
	size_t count;
	uint64_t events;
	uint64_t before; /* stamp of the last event */
	uint64_t period;
};

static char *load(const char *path, size_t *size)
{
	FILE *f = fopen(path, "re");
	struct stat st;

	if (!f || fstat(fileno(f), &st))
		err(1, "%s", path);
	*size = (size_t)st.st_size;
	char *bytes = malloc(*size);
	if (!bytes || fread(bytes, 1, *size, f) != *size)
		err(1, "%s", path);
	fclose(f);
	return bytes;
}

static void pack(struct packed *p, const struct ringmap_event *event)
{
	const uint64_t delta = event->ts - p->before;
	const uint32_t longest = (1U << 27) - 1;
	uint32_t word = event->size / 4;

	if (!p->count || p->used[p->count - 1] + 4 + event->size > SUBBUF) {
		if (p->count == SUBBUFS_MAX)
			errx(1, "the small file is too large");
		p->begin[p->count] = p->before;
		p->used[p->count++] = HEADER;
	}
	uint8_t *at = p->bytes[p->count - 1] + p->used[p->count - 1];
	word |= (delta < longest ? (uint32_t)delta : longest) << 5;
	memcpy(at, &word, sizeof(word));
	memcpy(at + 4, event->data, event->size);
	p->used[p->count - 1] += 4 + event->size;
	p->before += delta < longest ? delta : longest;
	p->events++;
}

static void pack_all(struct packed *p, const char *small)
{
	const struct ringmap_format *format;
	struct ringmap_format_info info;
	struct ringmap_schema *schema;
	struct ringmap_event event;
	struct ringmap_trace *trace;
	struct ringmap_error error;
	uint64_t first = 0;

	if (ringmap_trace_open_file(small, NULL, &trace, &error) ||
	    ringmap_trace_schema(trace, &schema, &error) ||
	    ringmap_schema_format(schema, "sched:sched_switch", &format,
				  &error))
		errx(1, "%s", error.text);
	ringmap_format_info(format, &info, sizeof(info));
	while (ringmap_trace_next(trace, &event) == RINGMAP_OK) {
		uint16_t id;

		memcpy(&id, event.data, sizeof(id));
		if (id != info.id)
			continue;
		if (!p->events)
			first = p->before = event.ts;
		pack(p, &event);
	}
	p->period = p->before + 1 - first;
	ringmap_trace_unref(trace);
}

static void write_subbuf(FILE *f, struct packed *p, size_t i, uint64_t shift)
{
	const uint64_t stamp = p->begin[i] + shift;
	const uint64_t commit = p->used[i] - HEADER;

	memcpy(p->bytes[i], &stamp, sizeof(stamp));
	memcpy(p->bytes[i] + 8, &commit, sizeof(commit));
	if (fwrite(p->bytes[i], SUBBUF, 1, f) != 1)
		err(1, "the large file");
}

static void write_cpus(FILE *f, struct packed *p, uint64_t first,
		       uint64_t times)
{
	const uint64_t size = times * p->count * SUBBUF;

	for (uint64_t cpu = 0; cpu < CPUS; cpu++) {
		const uint64_t place[] = {first + cpu * size, size};

		if (fwrite(place, sizeof(place), 1, f) != 1)
			err(1, "the large file");
	}
	for (uint64_t cpu = 0; cpu < CPUS; cpu++) {
		if (fseek(f, (long)(first + cpu * size), SEEK_SET))
			err(1, "the large file");
		for (uint64_t time = 0; time < times; time++)
			for (size_t i = 0; i < p->count; i++)
				write_subbuf(f, p, i, time * p->period);
	}
}

uint64_t text_file_make(const char *small, const char *path, uint64_t events)
{
	struct packed *p = calloc(1, sizeof(*p));
	size_t size;
	char *head = load(small, &size);
	const char *found = memmem(head, size, mark, sizeof(mark));
	FILE *f = fopen(path, "we");

	if (!p || !found || !f)
		err(1, "%s", path);
	pack_all(p, small);
	size_t kept = (size_t)(found - head) + sizeof(mark);
	uint64_t times = events / CPUS / p->events;
	uint64_t first = (kept + 16 * CPUS + SUBBUF - 1) / SUBBUF * SUBBUF;
	times += !times;
	if (fwrite(head, kept, 1, f) != 1)
		err(1, "%s", path);
	write_cpus(f, p, first, times);
	if (fclose(f))
		err(1, "%s", path);
	events = times * p->events * CPUS;
	free(head);
	free(p);
	return events;
}
