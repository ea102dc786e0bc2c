/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * decode_hand.c - the loop that one would write for four columns of one event
 *
 * It checks nothing, knows its event and its machine, and prefetches: what the
 * library is measured against.
 */
#include "tests/bench/decode.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

enum {
	HEADER = 16,
	PREFETCH = 3072, /* the best of 1024 to 4096 */
	EVENTS_MAX = CAPTURE_SUBBUF / 8,
};

/* One thread's. */
struct loop {
	const struct capture *capture;
	uint32_t *next_cpu; /* that no thread has; atomic, shared by all */
	uint16_t id;
	uint32_t prev_pid; /* offsets */
	uint32_t next_pid;
	struct outcome outcome;
	uint64_t *ts;
	uint32_t *columns[3];
};

static size_t decode_page(const struct loop *l, const uint8_t *subbuf, size_t n)
{
	const uint8_t *at = subbuf + HEADER;
	uint64_t ts, commit;

	memcpy(&ts, subbuf, sizeof(ts));
	memcpy(&commit, subbuf + 8, sizeof(commit));
	const uint8_t *end = at + commit;
	while (at < end) {
		uint32_t word;
		uint16_t id;

		__builtin_prefetch(at + PREFETCH);
		memcpy(&word, at, sizeof(word));
		uint32_t type = word & 31;
		if (type - 1 >= 28)
			errx(1, "the loop by hand knows plain records only");
		ts += word >> 5;
		memcpy(&id, at + 4, sizeof(id));
		if (id == l->id) {
			l->ts[n] = ts;
			memcpy(l->columns[0] + n, at + 4 + 4, 4);
			memcpy(l->columns[1] + n, at + 4 + l->prev_pid, 4);
			memcpy(l->columns[2] + n, at + 4 + l->next_pid, 4);
			n++;
		}
		at += 4 + type * 4;
	}
	return n;
}

static size_t decode_cpu(struct loop *l, const uint8_t *subbufs, size_t n)
{
	for (size_t i = 0; i < l->capture->size; i += CAPTURE_SUBBUF) {
		if (n + EVENTS_MAX > DECODE_ROWS) {
			l->outcome.rows += n;
			n = 0;
		}
		n = decode_page(l, subbufs + i, n);
	}
	return n;
}

static void *run(void *arg)
{
	struct loop *l = arg;
	const struct capture *c = l->capture;
	uint32_t cpu;
	size_t n = 0;

	while ((cpu = __atomic_fetch_add(l->next_cpu, 1, __ATOMIC_RELAXED)) <
	       CAPTURE_CPUS * c->times)
		n = decode_cpu(l, c->cpus[cpu % CAPTURE_CPUS], n);
	l->outcome.rows += n;
	return NULL;
}

static uint32_t offset_of(const struct ringmap_format *format, const char *name)
{
	struct ringmap_field_info field;

	if (ringmap_format_field_by_name(format, name, &field, sizeof(field)))
		errx(1, "no field %s", name);
	return field.offset;
}

static void prepare(struct loop *l, const struct capture *c, uint32_t *next)
{
	const struct ringmap_format *format;
	struct ringmap_format_info info;
	struct ringmap_schema *schema;
	struct ringmap_error error;

	if (ringmap_schema_open(c->folder, &schema, &error) ||
	    ringmap_schema_format(schema, "sched_switch", &format, &error))
		errx(1, "%s", error.text);
	ringmap_format_info(format, &info, sizeof(info));
	*l = (struct loop){
		.capture = c,
		.next_cpu = next,
		.id = (uint16_t)info.id,
		.prev_pid = offset_of(format, "prev_pid"),
		.next_pid = offset_of(format, "next_pid"),
		.ts = calloc(DECODE_ROWS, sizeof(*l->ts)),
	};
	for (int i = 0; i < 3; i++)
		l->columns[i] = calloc(DECODE_ROWS, sizeof(uint32_t));
	ringmap_schema_unref(schema);
	if (!l->ts || !l->columns[0] || !l->columns[1] || !l->columns[2])
		err(1, "no memory for columns");
	/* As a batch that was used before. */
	memset(l->ts, 1, DECODE_ROWS * sizeof(*l->ts));
	for (int i = 0; i < 3; i++)
		memset(l->columns[i], 1, DECODE_ROWS * sizeof(uint32_t));
}

struct outcome decode_hand(const struct work *work, unsigned int threads)
{
	struct loop loops[DECODE_THREADS];
	void *args[DECODE_THREADS] = {NULL};
	struct outcome sum = {0};
	uint32_t next_cpu = 0;

	for (unsigned int i = 0; i < threads; i++) {
		prepare(&loops[i], work->capture, &next_cpu);
		args[i] = &loops[i];
	}
	sum.seconds = decode_in_threads(run, args, threads);
	sum.events = work->capture->events * work->capture->times;
	for (unsigned int i = 0; i < threads; i++) {
		sum.rows += loops[i].outcome.rows;
		free(loops[i].ts);
		for (int k = 0; k < 3; k++)
			free(loops[i].columns[k]);
	}
	return sum;
}
