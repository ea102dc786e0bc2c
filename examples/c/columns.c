/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Counts how often each task was switched to, from columns of sched_switch.
 *
 *	columns FILE          reads a trace.dat or a folder of raw captures
 *	columns --live NAME   follows a tracing instance for one second
 */
#include <inttypes.h>
#include <ringmap/ringmap.h>
#include <stdio.h>
#include <string.h>

/* Counts the switches to each task; a column is an array. */
static void count(const struct ArrowArray *batch, uint64_t switches[], int cap)
{
	const int32_t *next = batch->children[1]->buffers[1];
	const struct ArrowArray *names = batch->children[1]->dictionary;

	for (int64_t row = 0; row < batch->length; row++)
		if (next[row] < cap)
			switches[next[row]]++;
	const int32_t *at = names->buffers[1];
	const char *text = names->buffers[2];
	printf("%" PRId64 " rows; so far:\n", batch->length);
	for (int64_t i = 0; i < names->length && i < cap; i++)
		printf("%8" PRIu64 "  %.*s\n", switches[i], at[i + 1] - at[i],
		       text + at[i]);
}

int main(int argc, char **argv)
{
	const char *columns[] = {"ts", "next_comm", "lost_before"};
	struct ringmap_table_opts table = {.sz = sizeof(table),
					   .event = "sched:sched_switch",
					   .columns = columns,
					   .nr_columns = 3};
	struct ringmap_trace_opts opts = {.sz = sizeof(opts)};
	int live = argc == 3 && !strcmp(argv[1], "--live");
	uint64_t switches[256] = {0};
	struct ringmap_trace *trace = NULL;
	struct ringmap_reader *reader = NULL;
	struct ringmap_batch batch;
	struct ArrowArray rows;
	struct ringmap_error err = {.text = "usage: columns FILE | "
					    "columns --live NAME"};
	enum ringmap_status s = RINGMAP_E_INVAL;

	opts.instance = live ? argv[2] : NULL;
	if (live)
		s = ringmap_trace_open(&opts, &trace, &err);
	else if (argc == 2)
		s = ringmap_trace_open_file(argv[1], NULL, &trace, &err);
	if (!s)
		s = ringmap_reader_open(trace, NULL, &table, 1, NULL, &reader,
					&err);
	while (!s && !(s = ringmap_reader_next(reader, 1000, &batch, &rows))) {
		count(&rows, switches, 256);
		rows.release(&rows);
		if (live)
			s = RINGMAP_DONE;
	}
	if (reader && s < 0)
		ringmap_reader_error(reader, &err);
	if (s < 0)
		fprintf(stderr, "%s\n", err.text);
	ringmap_reader_unref(reader);
	ringmap_trace_unref(trace);
	return s < 0;
}
