/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * table_fuzzer.c - any bytes as rings whose events go into tables
 *
 * Four bytes choose the rings' shape, the reader and the tables; the rest are
 * sub-buffers. The tables of a reader hold just what ringmap_trace_next() and
 * a slow decoder of cells find, in that order, whatever the batches, threads,
 * columns and filters; and a batch does not change while it is held.
 */
#define _GNU_SOURCE
#include "tests/fuzz/fuzzer.h"
#include "tests/fuzz/table_model.h"
#include "tests/support/arrow_text.h"

#include <stdlib.h>
#include <string.h>

enum {
	PREFIX = 4,
	COLUMNS = 8
};

/* ---- what they hold ---------------------------------------------------------- */

/* A batch that was shown, and is kept until the next one was. */
struct held {
	struct ArrowArray array;
	const struct ArrowSchema *schema;
	char *text;
};

static void let_go(struct held *h)
{
	if (!h->text)
		return;
	char *now = rm_arrow_dump(h->schema, &h->array);
	rm_must(!strcmp(now, h->text));
	h->array.release(&h->array);
	free(now);
	free(h->text);
}

static void show_row(const struct held *h, int64_t row, FILE *out)
{
	for (int64_t i = 0; i < h->array.n_children; i++) {
		fputs(i ? " " : "", out);
		rm_arrow_cell(h->schema->children[i], h->array.children[i], row,
			      out);
	}
	fputc('\n', out);
}

/* Its rows go to their CPU's; the cpu column tells where there are two. */
static void sort_out(const struct choice *c, const struct held *h,
		     FILE *const *out)
{
	bool told = c->cpus > 1 && !c->ordered;
	int64_t i = told ? rm_arrow_find(h->schema, "cpu") : 0;
	const uint32_t *cpus = h->array.children[i]->buffers[1];

	for (int64_t row = 0; row < h->array.length; row++) {
		uint32_t cpu = told ? cpus[row] : 0;

		rm_must(cpu < MODEL_CPUS);
		show_row(h, row, out[cpu]);
	}
}

static void read_all(const struct choice *c, struct ringmap_reader *reader,
		     const struct ArrowSchema *schemas, struct rows *rows,
		     uint64_t *corrupt)
{
	struct held held = {.text = NULL};
	struct ringmap_batch batch;
	struct ringmap_reader_stats stats;
	struct ArrowArray array;
	enum ringmap_status s;
	uint64_t count = 0;

	rows_begin(rows);
	while ((s = ringmap_reader_next(reader, 0, &batch, &array)) !=
	       RINGMAP_DONE) {
		rm_must(s == RINGMAP_OK || s == RINGMAP_E_CORRUPT);
		rm_must(s == RINGMAP_OK || ++*corrupt < STATUSES_MAX);
		if (s != RINGMAP_OK)
			continue;
		rm_must(batch.table < c->tables && batch.rows);
		rm_must(array.length == (int64_t)batch.rows);
		const struct ArrowSchema *schema = &schemas[batch.table];
		rm_arrow_check(schema, &array);
		struct held next = {array, schema,
				    rm_arrow_dump(schema, &array)};
		sort_out(c, &next, rows->out[batch.table]);
		let_go(&held);
		held = next;
		count += batch.rows;
	}
	let_go(&held);
	rows_end(rows);
	rm_must(!ringmap_reader_stats(reader, &stats, sizeof(stats)));
	rm_must(stats.rows == count && stats.corrupt == *corrupt);
	rm_must(!stats.undone);
}

/* ---- the target ---------------------------------------------------------------- */

/* In each list a cpu is first, which is left out where one ring is alone. */
static const char *const columns[][MODEL_TABLES][COLUMNS] = {
	{{NULL}},
	/* Numbers only: one loop walks and gathers, no record is kept. */
	{{"cpu", "ts", "a", "b", "c", "d"},
	 {"cpu", "ts", "list"},
	 {"cpu", "ts", "named", "flags"},
	 {"cpu", "ts", "common_pid"}},
	/* What is neither taken by that loop nor ts. */
	{{"cpu", "lost_before", "e", "a", "g", "b"},
	 {"cpu", "text", "near", "lost_before", "mask"},
	 {"cpu", "bytes", "array", "chars"},
	 {"cpu", "event", "lost_before"}},
	{{"cpu", "common_type", "ts"},
	 {"cpu", "a_comm", "next"},
	 {"cpu", "longs"},
	 {"cpu", "ts"}},
};

static struct choice choose(const uint8_t *prefix)
{
	static const uint32_t sizes[] = {128, 256, 1024, 4096};
	uint8_t a = prefix[0], b = prefix[1], c = prefix[2];
	uint8_t d = prefix[3] & 7;

	return (struct choice){
		.shape = {.sz = sizeof(struct ringmap_image_opts),
			  .long_size = a & 1 ? 4 : 8,
			  .big_endian = a >> 1 & 1,
			  .subbuf_size = sizes[a >> 2 & 3]},
		.cpus = a & 16 ? 2 : 1,
		.ordered = a & 32,
		.threads = a >> 6 == 3 ? 2 : 1,
		.columns = b & 3,
		.by_cpu = b & 4,
		.by_pid = b & 8,
		.by_ts = b & 16,
		.batch_rows = (size_t)(b >> 5) * 3,
		.cpu = c & 1,
		.pid = c & 15,
		.from = c,
		.to = c & 2 ? c + 64u : 0,
		.first = d < MODEL_TABLES ? d : 0,
		.tables = d < MODEL_TABLES ? 1 : MODEL_TABLES,
	};
}

static struct ringmap_trace *open_trace(const struct choice *c,
					const uint8_t *image, size_t size)
{
	struct ringmap_image_opts shape = c->shape;
	struct ringmap_ring *rings[MODEL_CPUS];
	struct ringmap_trace *trace;
	size_t first = size / shape.subbuf_size / c->cpus * shape.subbuf_size;

	for (uint32_t i = 0; i < c->cpus; i++) {
		bool last = i == c->cpus - 1;

		shape.cpu = i;
		rm_must(!ringmap_ring_open_image(
			image + i * first, last ? size - i * first : first,
			&shape, &rings[i], NULL));
	}
	rm_must(!ringmap_trace_open_rings(rings, c->cpus, &trace, NULL));
	for (uint32_t i = 0; i < c->cpus; i++)
		ringmap_ring_unref(rings[i]);
	return trace;
}

static struct ringmap_reader *open_reader(const struct choice *c,
					  struct ringmap_trace *trace)
{
	const struct ringmap_reader_opts opts = {
		.sz = sizeof(opts),
		.threads = c->ordered ? 1 : c->threads,
		.flags = c->ordered ? RINGMAP_READER_ORDERED : 0};
	struct ringmap_table_opts tables[MODEL_TABLES];
	struct ringmap_reader *reader;
	bool all = !c->columns;

	for (uint32_t t = 0; t < c->tables; t++) {
		const char *const *names = columns[c->columns][c->first + t];
		size_t count = 0;

		while (!all && names[count])
			count++;
		/* The first one: see above. */
		size_t skip = !all && c->cpus == 1;
		tables[t] = (struct ringmap_table_opts){
			.sz = sizeof(*tables),
			.event = model_event(c->first + t),
			.columns = all ? NULL : names + skip,
			.nr_columns = count - skip,
			.pids = c->by_pid ? &c->pid : NULL,
			.nr_pids = c->by_pid,
			.cpus = c->by_cpu ? &c->cpu : NULL,
			.nr_cpus = c->by_cpu,
			.ts_from = c->by_ts ? c->from : 0,
			.ts_to = c->by_ts ? c->to : 0,
			.batch_rows = c->batch_rows,
		};
	}
	rm_must(!ringmap_reader_open(trace, model_schema(), tables, c->tables,
				     &opts, &reader, NULL));
	return reader;
}

/* Dies, with both texts, where they differ. */
static void must_be_same(const struct rows *rows, const struct rows *expected,
			 uint32_t table, uint32_t cpu)
{
	const char *text = rows->text[table][cpu];
	const char *other = expected->text[table][cpu];
	size_t size = rows->size[table][cpu];
	bool same = size == expected->size[table][cpu] &&
		    !memcmp(text, other, size);

	if (!same)
		fprintf(stderr, "table %u of CPU %u:\n%snot\n%s", table, cpu,
			text, other);
	rm_must(same);
}

static void compare(const struct choice *c, const uint8_t *image, size_t size)
{
	struct ringmap_trace *slow = open_trace(c, image, size);
	struct ringmap_trace *fast = open_trace(c, image, size);
	struct ringmap_reader *reader = open_reader(c, fast);
	struct ArrowSchema schemas[MODEL_TABLES];
	struct rows expected;
	struct rows rows;
	uint64_t corrupt = 0;

	for (uint32_t t = 0; t < c->tables; t++)
		rm_must(!ringmap_reader_schema(reader, t, &schemas[t]));
	read_all(c, reader, schemas, &rows, &corrupt);
	rm_must(corrupt == model_walk(c, slow, schemas, &expected));
	for (uint32_t t = 0; t < c->tables; t++) {
		for (uint32_t i = 0; i < MODEL_CPUS; i++)
			must_be_same(&rows, &expected, t, i);
		schemas[t].release(&schemas[t]);
	}
	rows_free(&rows);
	rows_free(&expected);
	ringmap_reader_unref(reader);
	ringmap_trace_unref(fast);
	ringmap_trace_unref(slow);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < PREFIX)
		return 0;
	const struct choice c = choose(data);
	size -= PREFIX;
	/* The last sub-buffer ends with zeros. */
	size_t whole = (size + c.shape.subbuf_size - 1) / c.shape.subbuf_size *
		       c.shape.subbuf_size;
	uint8_t *image = calloc(1, whole ? whole : 1);
	rm_must(image);
	memcpy(image, data + PREFIX, size);
	compare(&c, image, whole);
	free(image);
	return 0;
}
