/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * trappy_test.c - trace.dat files of another project, and what trace-cmd says
 *
 * They lie beside this project, where $RINGMAP_SHARED_DATA says; without them
 * the cases are skipped. trace-cmd's report is here once by print fmt and once
 * with raw fields, each after a line of its own.
 */
#define _GNU_SOURCE
#include "tests/support/rm_check.h"

#include <inttypes.h>
#include <sys/stat.h>

static struct ringmap_error err;

static const struct {
	const char *name;
	size_t records;
	uint32_t long_size;
} files[] = {{"raw_trace", 757, 8}, {"trace", 525, 4}};

#define FILES (sizeof(files) / sizeof(*files))

/* Path of a file of the shared data; the caller's. */
static char *shared(const char *name, const char *suffix)
{
	char *path;

	ck_assert_int_gt(asprintf(&path, "%s/trace-dat/trappy/%s%s",
				  getenv("RINGMAP_SHARED_DATA"), name, suffix),
			 0);
	return path;
}

/* Why this machine has no shared data; NULL if it has. */
static const char *no_shared_data(void)
{
	const char *dir = getenv("RINGMAP_SHARED_DATA");
	struct stat st;

	if (!dir || !*dir)
		return "RINGMAP_SHARED_DATA is not set";
	char *path = shared("", "");
	int missing = stat(path, &st);
	free(path);
	return missing ? "RINGMAP_SHARED_DATA has no folder trace-dat" : NULL;
}

/* The report behind its first line; the caller frees what @memory gets. */
static const char *load_report(const char *name, const char *suffix,
			       char **memory)
{
	char *path = shared(name, suffix);
	FILE *stream = fopen(path, "re");
	struct stat st;

	ck_assert_msg(stream && !fstat(fileno(stream), &st), "%s: missing",
		      path);
	*memory = calloc(1, (size_t)st.st_size + 1);
	ck_assert_ptr_nonnull(*memory);
	ck_assert_uint_eq(fread(*memory, 1, (size_t)st.st_size, stream),
			  (size_t)st.st_size);
	fclose(stream);
	free(path);
	const char *line = strchr(*memory, '\n');
	ck_assert_ptr_nonnull(line);
	return line + 1;
}

static struct ringmap_trace *open_trace(const char *name)
{
	struct ringmap_trace *trace;
	char *path = shared(name, ".dat");

	rm_assert_ok_err(ringmap_trace_open_file(path, NULL, &trace, &err),
			 &err);
	free(path);
	return trace;
}

/* What a line of the raw report says of its record. */
struct line {
	int32_t pid;
	uint32_t cpu;
	uint64_t ts;
	char event[64];
};

static struct line parse(const char *text)
{
	struct line line;
	uint64_t seconds, ns;

	/* A task's name may hold anything; the CPU comes after its pid. */
	const char *cpu = strstr(text, " [");
	ck_assert_ptr_nonnull(cpu);
	const char *pid = cpu;
	while (pid > text && pid[-1] != '-')
		pid--;
	ck_assert_msg(sscanf(pid,
			     "%" SCNd32 " [%" SCNu32 "]%*s %" SCNu64
			     ".%9" SCNu64 ": %63[^:]",
			     &line.pid, &line.cpu, &seconds, &ns,
			     line.event) == 5,
		      "not a record: %.80s", text);
	line.ts = seconds * 1000000000 + ns;
	return line;
}

START_TEST(records_come_when_and_where_trace_cmd_says)
{
	const char *reason = no_shared_data();

	if (reason)
		rm_skip(reason);
	for (size_t i = 0; i < FILES; i++) {
		char *memory;
		const char *text = load_report(files[i].name,
					       ".report-N-R-t.txt", &memory);
		struct ringmap_trace *trace = open_trace(files[i].name);
		struct ringmap_schema *schema;
		struct ringmap_event event;
		size_t count = 0;

		rm_assert_ok_err(ringmap_trace_schema(trace, &schema, &err),
				 &err);
		for (; *text; count++, text = strchr(text, '\n') + 1) {
			const struct line line = parse(text);
			const struct ringmap_format *format;
			struct ringmap_format_info info;
			uint16_t id;
			int32_t pid;

			rm_assert_ok(ringmap_trace_next(trace, &event));
			memcpy(&id, event.data, sizeof(id));
			memcpy(&pid, (const uint8_t *)event.data + 4,
			       sizeof(pid));
			ck_assert_uint_eq(event.ts, line.ts);
			ck_assert_uint_eq(event.cpu, line.cpu);
			ck_assert_int_eq(pid, line.pid);
			rm_assert_ok_err(ringmap_schema_format_by_id(
						 schema, id, &format, &err),
					 &err);
			rm_assert_ok(ringmap_format_info(format, &info,
							 sizeof(info)));
			ck_assert_str_eq(info.name, line.event);
		}
		ck_assert_uint_eq(count, files[i].records);
		rm_assert_status(ringmap_trace_next(trace, &event),
				 RINGMAP_DONE);
		ringmap_trace_unref(trace);
		free(memory);
	}
}
END_TEST

/* Every record's text is what the report goes on with. */
static void assert_report(size_t i, const char *suffix, uint32_t flags)
{
	char *memory;
	const char *text = load_report(files[i].name, suffix, &memory);
	struct ringmap_trace *trace = open_trace(files[i].name);
	struct ringmap_schema *schema;
	struct ringmap_event event;
	size_t values = 0;
	size_t count = 0;

	rm_assert_ok_err(ringmap_trace_schema(trace, &schema, &err), &err);
	for (; *text; count++) {
		char line[4096];
		size_t length;

		rm_assert_ok(ringmap_trace_next(trace, &event));
		rm_assert_ok(ringmap_event_print(schema, &event, flags, line,
						 sizeof(line) - 1, &length));
		ck_assert_uint_lt(length, sizeof(line) - 1);
		strcpy(line + length, "\n");
		ck_assert_msg(!strncmp(text, line, length + 1),
			      "%s, record %zu: is\n%s, not\n%.*s",
			      files[i].name, count, line, (int)length + 1,
			      text);
		text += length + 1;
		for (const char *c = strchr(line, '='); c; c = strchr(c, '='))
			values++, c++;
	}
	printf("# %s%s: %zu records, %zu values\n", files[i].name, suffix,
	       count, values);
	ck_assert_uint_eq(count, files[i].records);
	rm_assert_status(ringmap_trace_next(trace, &event), RINGMAP_DONE);
	ringmap_trace_unref(trace);
	free(memory);
}

START_TEST(raw_fields_are_those_of_trace_cmd)
{
	const char *reason = no_shared_data();

	if (reason)
		rm_skip(reason);
	for (size_t i = 0; i < FILES; i++)
		assert_report(i, ".report-N-R-t.txt",
			      RINGMAP_PRINT_LINE | RINGMAP_PRINT_RAW);
}
END_TEST

START_TEST(texts_are_those_of_trace_cmd)
{
	const char *reason = no_shared_data();

	if (reason)
		rm_skip(reason);
	for (size_t i = 0; i < FILES; i++)
		assert_report(i, ".report-N-t.txt", RINGMAP_PRINT_LINE);
}
END_TEST

START_TEST(rings_are_those_of_the_recorded_machine)
{
	const char *reason = no_shared_data();

	if (reason)
		rm_skip(reason);
	for (size_t i = 0; i < FILES; i++) {
		struct ringmap_trace *trace = open_trace(files[i].name);
		struct ringmap_ring_info ring;
		struct ringmap_trace_info info;

		rm_assert_ok(ringmap_trace_info(trace, &info, sizeof(info)));
		ck_assert_str_eq(info.clock, "local");
		ck_assert_uint_eq(info.ts_unit, RINGMAP_TS_NS);
		ck_assert_uint_eq(info.instances, 1);
		rm_assert_ok(ringmap_ring_info(ringmap_trace_ring(trace, 0),
					       &ring, sizeof(ring)));
		ck_assert_uint_eq(ring.long_size, files[i].long_size);
		ck_assert_uint_eq(ring.subbuf_size, 4096);
		ringmap_trace_unref(trace);
	}
}
END_TEST

RM_MAIN(records_come_when_and_where_trace_cmd_says,
	raw_fields_are_those_of_trace_cmd, texts_are_those_of_trace_cmd,
	rings_are_those_of_the_recorded_machine)
