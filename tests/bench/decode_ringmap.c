/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * decode_ringmap.c - the library's reader
 */
#define _GNU_SOURCE
#include "tests/bench/decode.h"

#include <err.h>
#include <stdlib.h>

enum {
	TABLES_MAX = 32,
};

static void check(enum ringmap_status s, const struct ringmap_error *error)
{
	if (s != RINGMAP_OK)
		errx(1, "%s", error->text);
}

static struct ringmap_reader *open_reader(const struct work *work,
					  struct ringmap_trace *trace,
					  unsigned int threads)
{
	struct ringmap_table_opts tables[TABLES_MAX];
	struct ringmap_reader_opts opts = {.sz = sizeof(opts),
					   .threads = threads};
	struct ringmap_schema *schema;
	struct ringmap_reader *reader;
	struct ringmap_error error;
	size_t columns = 0;
	size_t count = 0;

	while (work->columns && work->columns[columns])
		columns++;
	for (; work->events[count]; count++)
		tables[count] = (struct ringmap_table_opts){
			.sz = sizeof(*tables),
			.event = work->events[count],
			.columns = work->columns,
			.nr_columns = columns,
			.ts_unit = RINGMAP_TS_NS,
		};
	check(ringmap_schema_open(work->capture->folder, &schema, &error),
	      &error);
	check(ringmap_reader_open(trace, schema, tables, count, &opts, &reader,
				  &error),
	      &error);
	ringmap_schema_unref(schema);
	return reader;
}

/* Keeps batches if it is to, so that the next ones need fresh memory. */
struct kept {
	struct ArrowArray *arrays;
	size_t count;
	bool keep;
};

static void let_go(struct kept *kept, struct ArrowArray *array)
{
	if (!kept->keep) {
		array->release(array);
		return;
	}
	kept->arrays = reallocarray(kept->arrays, kept->count + 1,
				    sizeof(*kept->arrays));
	if (!kept->arrays)
		err(1, "no memory");
	kept->arrays[kept->count++] = *array;
}

static struct ringmap_reader_stats stats_of(struct ringmap_reader *reader)
{
	struct ringmap_reader_stats stats;

	ringmap_reader_stats(reader, &stats, sizeof(stats));
	return stats;
}

/*
 * The clock starts behind the first @skip bytes: by then every thread has
 * filled and got back the batches of each table that it needs.
 */
static struct outcome run(struct ringmap_reader *reader, struct kept *kept,
			  uint64_t skip)
{
	struct outcome outcome = {0};
	struct ringmap_batch batch;
	struct ArrowArray array;
	struct ringmap_error error;
	enum ringmap_status s;
	bool skipped = !skip;
	uint64_t before = 0;

	double began = decode_now();
	while ((s = ringmap_reader_next(reader, 0, &batch, &array)) ==
	       RINGMAP_OK) {
		outcome.rows += batch.rows;
		let_go(kept, &array);
		struct ringmap_reader_stats stats = stats_of(reader);
		if (skipped || stats.bytes < skip)
			continue;
		skipped = true;
		before = stats.events;
		began = decode_now();
	}
	outcome.seconds = decode_now() - began;
	outcome.events = stats_of(reader).events - before;
	if (s != RINGMAP_DONE) {
		ringmap_reader_error(reader, &error);
		errx(1, "%s", error.text);
	}
	for (size_t i = 0; i < kept->count; i++)
		kept->arrays[i].release(&kept->arrays[i]);
	free(kept->arrays);
	return outcome;
}

static struct outcome decode(const struct work *work,
			     struct ringmap_trace *trace, unsigned int threads,
			     bool keep)
{
	const struct capture *c = work->capture;
	struct ringmap_reader *reader = open_reader(work, trace, threads);
	struct kept kept = {.keep = keep};
	uint64_t skip = keep ? 0 : c->size / 2 * (size_t)c->nr_cpus * c->times;
	struct outcome outcome = run(reader, &kept, skip);

	ringmap_reader_unref(reader);
	ringmap_trace_unref(trace);
	return outcome;
}

struct outcome decode_ringmap(const struct work *work, unsigned int threads,
			      bool keep)
{
	return decode(work, capture_trace(work->capture), threads, keep);
}

struct outcome decode_ringmap_file(const struct work *work,
				   unsigned int threads)
{
	struct ringmap_trace *trace;
	struct ringmap_error error;

	check(ringmap_trace_open_file(work->capture->folder, NULL, &trace,
				      &error),
	      &error);
	return decode(work, trace, threads, false);
}

struct outcome decode_ringmap_trace(const struct work *work,
				    struct ringmap_trace *trace)
{
	return decode(work, trace, 1, false);
}
