/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * trace_dat_test.c - one capture in several files, and what trace-cmd says
 *
 * The files of tests/data/trace_dat were written by trace-cmd in a guest. All
 * files of a capture hold the same events: they must give the same tables.
 */
#define _GNU_SOURCE
#include "tests/support/arrow_text.h"
#include "tests/support/rm_check.h"

#include <inttypes.h>
#include <zlib.h>

#define FOLDER "tests/data/trace_dat/"

enum {
	TABLES_MAX = 64,
	LINE_MAX_BYTES = 8192,
	/* Records of the plain capture that are compared as text. */
	PLAIN_TEXTS = 10712,
};

static struct ringmap_error err;

static struct ringmap_trace *open_trace(const char *file, const char *instance)
{
	struct ringmap_trace *trace;
	char path[128];

	snprintf(path, sizeof(path), FOLDER "%s", file);
	rm_assert_ok_err(ringmap_trace_open_file(path, instance, &trace, &err),
			 &err);
	return trace;
}

/* Loads a number: a little-endian machine wrote the recordings. */
static uint32_t little(const void *bytes, uint32_t size)
{
	const uint8_t *p = bytes;
	uint32_t ret = 0;

	for (uint32_t i = size; i > 0; i--)
		ret = ret << 8 | p[i - 1];
	return ret;
}

/* ---- tables -------------------------------------------------------------------- */

/* The events that the trace has, as options for a table each; 0: of every
 * event. Names belong to the trace's schema. */
static size_t used_events(const char *file, const char *instance,
			  char names[TABLES_MAX][96])
{
	struct ringmap_trace *trace = open_trace(file, instance);
	static bool seen[1 << 16];
	struct ringmap_schema *schema;
	struct ringmap_event event;
	size_t count = 0;

	memset(seen, 0, sizeof(seen));
	rm_assert_ok(ringmap_trace_schema(trace, &schema, &err));
	while (ringmap_trace_next(trace, &event) == RINGMAP_OK) {
		const struct ringmap_format *format;
		struct ringmap_format_info info;
		uint16_t id = (uint16_t)little(event.data, 2);

		if (seen[id])
			continue;
		seen[id] = true;
		rm_assert_ok_err(
			ringmap_schema_format_by_id(schema, id, &format, &err),
			&err);
		ringmap_format_info(format, &info, sizeof(info));
		ck_assert_uint_lt(count, TABLES_MAX - 1);
		snprintf(names[count++], sizeof(*names), "%s:%s", info.system,
			 info.name);
	}
	ringmap_trace_unref(trace);
	return count;
}

/* Adds the rows of a batch to its table's text. */
static void add_rows(const struct ringmap_reader *reader, size_t table,
		     struct ArrowArray *array, FILE *out)
{
	struct ArrowSchema schema;

	rm_assert_ok(ringmap_reader_schema(reader, table, &schema));
	rm_arrow_check(&schema, array);
	char *rows = rm_arrow_dump(&schema, array);
	fputs(rows, out);
	free(rows);
	schema.release(&schema);
	array->release(array);
}

/* Every row as text, table by table, because batches may end anywhere; the
 * caller's. */
static char *all_tables(const char *file, const char *instance,
			char names[TABLES_MAX][96], size_t count)
{
	struct ringmap_table_opts tables[TABLES_MAX] = {
		{.sz = sizeof(*tables)}};
	struct ringmap_trace *trace = open_trace(file, instance);
	struct ringmap_reader *reader;
	struct ringmap_batch batch;
	struct ArrowArray array;
	char *texts[TABLES_MAX];
	size_t sizes[TABLES_MAX];
	FILE *outs[TABLES_MAX];
	char *text = NULL;
	size_t size;

	for (size_t i = 0; i <= count; i++) {
		if (i)
			tables[i] = (struct ringmap_table_opts){
				.sz = sizeof(*tables), .event = names[i - 1]};
		outs[i] = open_memstream(&texts[i], &sizes[i]);
		ck_assert_ptr_nonnull(outs[i]);
	}
	rm_assert_ok_err(ringmap_reader_open(trace, NULL, tables, count + 1,
					     NULL, &reader, &err),
			 &err);
	while (ringmap_reader_next(reader, 0, &batch, &array) == RINGMAP_OK)
		add_rows(reader, batch.table, &array, outs[batch.table]);
	FILE *all = open_memstream(&text, &size);
	ck_assert_ptr_nonnull(all);
	for (size_t i = 0; i <= count; i++) {
		fclose(outs[i]);
		fprintf(all, "%s\n%s", i ? names[i - 1] : "*", texts[i]);
		free(texts[i]);
	}
	fclose(all);
	ringmap_reader_unref(reader);
	ringmap_trace_unref(trace);
	return text;
}

static void same_tables(const char *const *files, size_t count,
			const char *instance)
{
	static char names[TABLES_MAX][96];
	size_t events = used_events(files[0], instance, names);
	char *first = all_tables(files[0], instance, names, events);

	ck_assert_uint_gt(events, 1);
	ck_assert_uint_gt(strlen(first), 1000);
	for (size_t i = 1; i < count; i++) {
		char *other = all_tables(files[i], instance, names, events);

		ck_assert_msg(!strcmp(first, other), "%s and %s differ",
			      files[0], files[i]);
		free(other);
	}
	free(first);
}

START_TEST(every_file_of_a_capture_gives_the_same_tables)
{
	static const char *const files[] = {"plain_v6.dat", "plain_v7_none.dat",
					    "plain_v7_zlib.dat",
					    "plain_v7_zstd.dat"};

	same_tables(files, 4, NULL);
}
END_TEST

START_TEST(every_instance_of_a_capture_gives_the_same_tables)
{
	static const char *const files[] = {"instances_v6.dat",
					    "instances_v7_zstd.dat"};
	static const char *const instances[] = {NULL, "ringmap_irq",
						"ringmap_timer"};

	for (size_t i = 0; i < 3; i++)
		same_tables(files, 2, instances[i]);
}
END_TEST

/* ---- text ---------------------------------------------------------------------- */

struct line {
	int32_t pid;
	uint32_t cpu;
	uint64_t ts;
	char event[64];
	char *text; /* behind the name of the event */
};

/* The report's next record; stacks take several lines. False: the end. */
static bool next_record(gzFile report, char *text)
{
	size_t size = 0;

	do {
		if (!gzgets(report, text + size, (int)(LINE_MAX_BYTES - size)))
			break;
		size += strlen(text + size);
		int peek = gzgetc(report);
		if (peek == -1)
			break;
		gzungetc(peek, report);
		if (peek != '\t')
			break;
	} while (size < LINE_MAX_BYTES - 1);
	if (size && text[size - 1] == '\n')
		text[size - 1] = 0;
	return size;
}

static void parse(char *text, struct line *ret)
{
	uint64_t seconds, ns;
	int name_end = 0;

	/* A task's name may hold anything; the CPU comes after its pid. */
	char *cpu = strstr(text, " [");
	ck_assert_ptr_nonnull(cpu);
	char *pid = cpu;
	while (pid > text && pid[-1] != '-')
		pid--;
	ck_assert_msg(sscanf(pid,
			     "%" SCNd32 " [%" SCNu32 "] %" SCNu64 ".%9" SCNu64
			     ": %63[^:]%n",
			     &ret->pid, &ret->cpu, &seconds, &ns, ret->event,
			     &name_end) == 5,
		      "not a record: %.80s", text);
	ret->ts = seconds * 1000000000 + ns;
	ret->text = pid + name_end + 1;
	ret->text += strspn(ret->text, " ");
}

/*
 * Where trace-cmd 3.1.6 shows something else: it takes every flag of
 * timer_start for set, and reads zeros out of the array of opened.
 */
static bool differs(const char *event)
{
	return !strcmp(event, "timer_start") || !strcmp(event, "opened");
}

/*
 * trace-cmd shows as many frames as the format names: the eighth of these
 * stacks, which have seven, it reads from behind their records.
 */
static void drop_eighth_frame(const char *event, char *text)
{
	char *last = strrchr(text, '\n');

	if (strcmp(event, "kernel_stack"))
		return;
	ck_assert_ptr_nonnull(last);
	ck_assert_str_eq(last, "\n\t=> 0x0");
	*last = '\0';
}

static void compare(struct ringmap_schema *schema,
		    const struct ringmap_event *event, const struct line *line,
		    size_t *texts)
{
	static char text[LINE_MAX_BYTES];
	const struct ringmap_format *format;
	struct ringmap_format_info info;
	uint16_t id = (uint16_t)little(event->data, 2);
	int32_t pid = (int32_t)little((const uint8_t *)event->data + 4, 4);
	size_t size;

	ck_assert_uint_eq(event->ts, line->ts);
	ck_assert_uint_eq(event->cpu, line->cpu);
	ck_assert_int_eq(pid, line->pid);
	rm_assert_ok(ringmap_schema_format_by_id(schema, id, &format, &err));
	ringmap_format_info(format, &info, sizeof(info));
	ck_assert_str_eq(info.name, line->event);
	if (differs(info.name))
		return;
	drop_eighth_frame(info.name, line->text);
	rm_assert_ok(ringmap_event_print(schema, event, 0, text, sizeof(text),
					 &size));
	ck_assert_msg(!strcmp(text + strspn(text, " "), line->text),
		      "%s: \"%s\" is \"%s\"", info.name, line->text, text);
	++*texts;
}

START_TEST(records_and_their_text_are_what_trace_cmd_says)
{
	gzFile report = gzopen(FOLDER "plain.report-N-t.txt.gz", "rb");
	struct ringmap_trace *trace = open_trace("plain_v7_zstd.dat", NULL);
	static char text[LINE_MAX_BYTES];
	struct ringmap_schema *schema;
	struct ringmap_event event;
	size_t texts = 0;

	ck_assert_ptr_nonnull(report);
	rm_assert_ok(ringmap_trace_schema(trace, &schema, &err));
	/* The first line counts the CPUs. */
	ck_assert_ptr_nonnull(gzgets(report, text, sizeof(text)));
	while (next_record(report, text)) {
		struct line line;

		parse(text, &line);
		rm_assert_ok(ringmap_trace_next(trace, &event));
		compare(schema, &event, &line, &texts);
	}
	rm_assert_status(ringmap_trace_next(trace, &event), RINGMAP_DONE);
	ck_assert_uint_eq(texts, PLAIN_TEXTS);
	ringmap_trace_unref(trace);
	gzclose(report);
}
END_TEST

RM_MAIN(every_file_of_a_capture_gives_the_same_tables,
	every_instance_of_a_capture_gives_the_same_tables,
	records_and_their_text_are_what_trace_cmd_says)
