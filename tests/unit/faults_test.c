/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * faults_test.c - texts, values and names of small recordings that were once
 * wrong
 *
 * They lie beside this project, where $RINGMAP_SHARED_DATA says; without them
 * the cases are skipped.
 */
#define _GNU_SOURCE
#include "tests/support/arrow_text.h"
#include "tests/support/rm_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define TEXTS_MAX 8

static struct ringmap_error err;

static const char *no_shared_data(void)
{
	const char *dir = getenv("RINGMAP_SHARED_DATA");
	struct stat st;
	char *path;

	if (!dir || !*dir)
		return "RINGMAP_SHARED_DATA is not set";
	ck_assert_int_gt(asprintf(&path, "%s/faults", dir), 0);
	int missing = stat(path, &st);
	free(path);
	return missing ? "RINGMAP_SHARED_DATA has no folder faults" : NULL;
}

static struct ringmap_trace *open_fault(const char *name)
{
	struct ringmap_trace *trace;
	char *path;

	ck_assert_int_gt(asprintf(&path, "%s/faults/%s",
				  getenv("RINGMAP_SHARED_DATA"), name),
			 0);
	rm_assert_ok_err(ringmap_trace_open_file(path, NULL, &trace, &err),
			 &err);
	free(path);
	return trace;
}

/* ---- texts ----------------------------------------------------------------- */

struct fault {
	const char *name;
	uint32_t flags;
	const char *texts[TEXTS_MAX]; /* of the first events */
};

static const struct fault faults[] = {
	{"01/in.dat", 0, {"(401106) a={\"first\",\"second one\",\"\"} n=-17"}},
	{"03/in.dat",
	 0,
	 {"\t=> f0\n\t=> f1\n\t=> f2\n\t=> f3",
	  "\t=> f0\n\t=> f1\n\t=> f2\n\t=> f3\n\t=> f4\n\t=> f5\n\t=> f6\n"
	  "\t=> f7\n\t=> f8\n\t=> f9"}},
	{"07/in.dat",
	 RINGMAP_PRINT_LINE,
	 {"           <...>-42    [000] .....    -0.000000075: ev:         "
	  "          a=0",
	  "           <...>-42    [001] .....    -0.000000025: ev:         "
	  "          a=0",
	  "           <...>-43    [000] .....     0.000000025: ev:         "
	  "          a=1"}},
	{"08/in.dat",
	 RINGMAP_PRINT_LINE,
	 {"           <...>-42    [000] ..... 3122006527511: ev:           "
	  "        a=0"}},
	{"11/in.dat", 0, {"caller=foo+0x10 parent=bar+0x10"}},
	{"12/in.dat", 0, {"flags=TOP|LOW", "flags="}},
	{"14/in.dat",
	 0,
	 {"foo: -5 -6 -1099511627776", "foo: AB 7", "foo:     42|",
	  "foo: 5 -5"}},
	{"19/in.dat", 0, {"(401106) s=(fault)", "(401106) s=\"\""}},
	{"kvm_exit_wrong_names",
	 0,
	 {"vcpu 0 reason EPT_MISCONFIG rip 0xffffffffa0632f49 info1 "
	  "0x0000000000000000 info2 0x0000000000000000 intr_info 0x00000000 "
	  "error_code 0x00000000"}},
	{"aer_event_wrong_names",
	 0,
	 {"0:1.0 PCIe Bus Error: severity=Corrected, Receiver Error, TLP "
	  "Header=Not available",
	  "0:1.0 PCIe Bus Error: severity=Fatal, Undefined, TLP Header=Not "
	  "available",
	  "0:1.0 PCIe Bus Error: severity=Fatal, Poisoned TLP, TLP Header=Not "
	  "available"}},
	{"numpy_Lu",
	 0,
	 {"comm=trace-cmd pid=388 runtime=95279 [ns] vruntime=5984173661 "
	  "[ns]"}},
};

static void assert_texts(const struct fault *fault)
{
	struct ringmap_trace *trace = open_fault(fault->name);
	struct ringmap_schema *schema;
	struct ringmap_event event;
	char text[1024];

	rm_assert_ok_err(ringmap_trace_schema(trace, &schema, &err), &err);
	for (size_t i = 0; i < TEXTS_MAX && fault->texts[i]; i++) {
		rm_assert_ok(ringmap_trace_next(trace, &event));
		rm_assert_ok(ringmap_event_print(schema, &event, fault->flags,
						 text, sizeof(text), NULL));
		ck_assert_msg(!strcmp(text, fault->texts[i]),
			      "%s, event %zu: \"%s\", not \"%s\"", fault->name,
			      i, text, fault->texts[i]);
	}
	ringmap_trace_unref(trace);
}

START_TEST(texts_are_right)
{
	const char *missing = no_shared_data();

	if (missing)
		rm_skip(missing);
	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++)
		assert_texts(&faults[i]);
}
END_TEST

/* ---- values ---------------------------------------------------------------- */

/* The rows of a table that lets the stamps from @from to @to through. */
static char *read_column(const char *name, const char *event,
			 const char *column, int64_t from, int64_t to)
{
	struct ringmap_trace *trace = open_fault(name);
	const struct ringmap_table_opts opts = {.sz = sizeof(opts),
						.event = event,
						.ts_from = (uint64_t)from,
						.ts_to = (uint64_t)to};
	struct ringmap_reader *reader;
	struct ringmap_batch batch;
	struct ArrowSchema schema;
	struct ArrowArray array;
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	rm_assert_ok_err(
		ringmap_reader_open(trace, NULL, &opts, 1, NULL, &reader, &err),
		&err);
	rm_assert_ok(ringmap_reader_schema(reader, 0, &schema));
	while (ringmap_reader_next(reader, -1, &batch, &array) == RINGMAP_OK) {
		rm_arrow_check(&schema, &array);
		for (int64_t row = 0; row < array.length; row++) {
			char *cell =
				rm_arrow_text(&schema, &array, column, row);

			fprintf(out, "%s\n", cell);
			free(cell);
		}
		array.release(&array);
	}
	fclose(out);
	schema.release(&schema);
	ringmap_reader_unref(reader);
	ringmap_trace_unref(trace);
	return text;
}

#define F(n) "1844674407157884" n

static const struct {
	const char *name;
	const char *event;
	const char *column;
	const char *rows;
} values[] = {
	{"01/in.dat", "sarr", "a", "['first','second one','']\n"},
	{"01/in.dat", "sarr", "n", "-17\n"},
	{"01/in.dat", NULL, "event", "'sarr'\n"},
	{"02/in.dat", "print", "buf", "'B|42|step one\n'\n"},
	{"02/in.dat", "raw_data", "buf", "x6162000102fffe00\n"},
	{"02/in.dat", "function", "args", "[11,22]\n"},
	{"03/in.dat", "kernel_stack", "caller",
	 "[" F("5456") "," F("5712") "," F("5968") "," F(
		 "6224") "]\n"
			 "[" F("5456") "," F("5712") "," F("5968") "," F("6224") "," F("6480") "," F(
				 "6736") "," F("6992") "," F("7248") "," F("750"
									   "4") "," F("7760") "]\n"},
	{"19/in.dat", "p1", "s", "null\n''\n"},
};

START_TEST(values_are_right)
{
	const char *missing = no_shared_data();

	if (missing)
		rm_skip(missing);
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		char *rows = read_column(values[i].name, values[i].event,
					 values[i].column, 0, 0);

		ck_assert_msg(!strcmp(rows, values[i].rows),
			      "%s, %s: \"%s\", not \"%s\"", values[i].name,
			      values[i].column, rows, values[i].rows);
		free(rows);
	}
}
END_TEST

/* An offset puts the first stamps of this file before zero. */
START_TEST(times_before_zero_can_be_chosen)
{
	static const struct {
		int64_t from;
		int64_t to;
		const char *rows; /* CPU by CPU */
	} ranges[] = {
		{0, 0, "0\n1\n2\n0\n1\n2\n"},
		{-50, 100, "1\n0\n1\n"},
		{-75, -25, "0\n"},
		{-75, -24, "0\n0\n"},
		{0, -75, ""},
		{1, 0, "1\n2\n1\n2\n"},
		{-24, 0, "1\n2\n1\n2\n"},
		{INT64_MIN, INT64_MIN, ""},
	};
	const char *missing = no_shared_data();

	if (missing)
		rm_skip(missing);
	for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++) {
		char *rows = read_column("07/in.dat", "ev", "a", ranges[i].from,
					 ranges[i].to);

		ck_assert_msg(!strcmp(rows, ranges[i].rows),
			      "%lld to %lld: \"%s\", not \"%s\"",
			      (long long)ranges[i].from,
			      (long long)ranges[i].to, rows, ranges[i].rows);
		free(rows);
	}
}
END_TEST

/* ---- names of values ------------------------------------------------------- */

static void assert_no_names(const char *name, const char *event,
			    const char *field)
{
	struct ringmap_trace *trace = open_fault(name);
	const struct ringmap_format *format;
	struct ringmap_field_info info;
	struct ringmap_schema *schema;

	rm_assert_ok_err(ringmap_trace_schema(trace, &schema, &err), &err);
	rm_assert_ok_err(ringmap_schema_format(schema, event, &format, &err),
			 &err);
	rm_assert_ok(ringmap_format_field_by_name(format, field, &info,
						  sizeof(info)));
	ck_assert_uint_eq(info.kind, RINGMAP_KIND_INT);
	ringmap_trace_unref(trace);
}

START_TEST(uncertain_names_are_numbers)
{
	const char *missing = no_shared_data();

	if (missing)
		rm_skip(missing);
	assert_no_names("kvm_exit_wrong_names", "kvm_exit", "exit_reason");
	assert_no_names("aer_event_wrong_names", "aer_event", "status");
}
END_TEST

RM_MAIN(texts_are_right, values_are_right, times_before_zero_can_be_chosen,
	uncertain_names_are_numbers)
