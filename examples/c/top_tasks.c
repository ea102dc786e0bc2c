/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Prints the ten tasks that ran longest, from the columns of sched_switch.
 *
 *	top_tasks FILE          reads a trace.dat or a folder of raw captures
 *	top_tasks --live NAME   follows a tracing instance for one second
 */
#include <ringmap/ringmap.h>
#include <stdio.h>
#include <string.h>

enum {
	CPUS = 256,
	PIDS = 1 << 22
}; /* the kernel's limit of pids */

static long long ran_ns[PIDS];
static char names[PIDS][16];
static int32_t running[CPUS];
static int64_t since[CPUS];

/* Charges the time between two switches to the task that ran, if it is known. */
static void charge(struct ArrowArray **c, int64_t rows)
{
	const int64_t *ts = c[0]->buffers[1];
	const uint32_t *cpu = c[1]->buffers[1];
	const int32_t *prev = c[2]->buffers[1], *comm = c[3]->buffers[1];
	const int32_t *next = c[4]->buffers[1];
	const unsigned char *known = c[5]->buffers[0];
	const uint64_t *lost = c[5]->buffers[1];
	const int32_t *at = c[3]->dictionary->buffers[1];
	const char *text = c[3]->dictionary->buffers[2];

	for (int64_t i = 0; i < rows; i++) {
		int32_t pid = running[cpu[i] % CPUS], name = comm[i];
		int whole = (!known || known[i / 8] >> i % 8 & 1) && !lost[i];

		if (whole && pid && pid == prev[i]) {
			ran_ns[pid] += ts[i] - since[cpu[i] % CPUS];
			snprintf(names[pid], 16, "%.*s",
				 at[name + 1] - at[name], text + at[name]);
		}
		running[cpu[i] % CPUS] = next[i];
		since[cpu[i] % CPUS] = ts[i];
	}
}

static int print_top(void)
{
	printf("%-16s %8s %14s\n", "TASK", "PID", "CPU TIME");
	for (int line = 0, top = 0; line < 10; line++, top = 0) {
		for (int pid = 1; pid < PIDS; pid++)
			top = ran_ns[pid] > ran_ns[top] ? pid : top;
		if (top)
			printf("%-16s %8d %5lld.%06lld s\n", names[top], top,
			       ran_ns[top] / 1000000000,
			       ran_ns[top] / 1000 % 1000000);
		ran_ns[top] = 0;
	}
	return 0;
}

int main(int argc, char **argv)
{
	const char *columns[] = {"ts",        "cpu",      "prev_pid",
				 "prev_comm", "next_pid", "lost_before"};
	struct ringmap_table_opts table = {.sz = sizeof(table),
					   .event = "sched:sched_switch",
					   .columns = columns,
					   .nr_columns = 6};
	int live = argc == 3 && !strcmp(argv[1], "--live");
	struct ringmap_trace_opts opts = {.sz = sizeof(opts),
					  .instance = argv[argc - 1]};
	struct ringmap_trace *trace = NULL;
	struct ringmap_reader *reader = NULL;
	struct ringmap_batch batch;
	struct ArrowArray rows;
	struct ringmap_error err;
	enum ringmap_status s =
		live ? ringmap_trace_open(&opts, &trace, &err)
		     : ringmap_trace_open_file(argv[argc - 1], NULL, &trace,
					       &err);

	if (!s)
		s = ringmap_reader_open(trace, NULL, &table, 1, NULL, &reader,
					&err);
	while (!s && !(s = ringmap_reader_next(reader, 1000, &batch, &rows))) {
		charge(rows.children, rows.length);
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
	return s < 0 ? 1 : print_top();
}
