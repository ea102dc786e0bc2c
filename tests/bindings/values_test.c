// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The fields of one event as the languages get them: all of a list, nothing
 * where the record has nothing.
 */
#define _GNU_SOURCE
#include <objects.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/rm_check.h"
#include "tests/unit/tracefs_tree.h"

#define ID 300
#define DATA_LOC(AT, SIZE) ((uint32_t)(SIZE) << 16 | (uint32_t)(AT))

static const char format[] =
	"name: lists\nID: 300\nformat:\n"
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"
	"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;"
	"\tsigned:0;\n"
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
	"\tfield:short pair[2];\toffset:8;\tsize:4;\tsigned:1;\n"
	"\tfield:unsigned char grid[2][3];\toffset:12;\tsize:6;\tsigned:0;\n"
	"\tfield:bool yes;\toffset:18;\tsize:1;\tsigned:0;\n"
	"\tfield:__data_loc char[][3] names;\toffset:20;\tsize:12;\tsigned:0;\n"
	"\tfield:__data_loc int[] numbers;\toffset:32;\tsize:4;\tsigned:1;\n"
	"\tfield:__data_loc char[] text;\toffset:36;\tsize:4;\tsigned:0;\n"
	"\tfield:__data_loc char[] fault;\toffset:40;\tsize:4;\tsigned:0;\n"
	"\tfield:__data_loc int[] none;\toffset:44;\tsize:4;\tsigned:1;\n"
	"\tfield:char raw[4];\toffset:48;\tsize:4;\tsigned:0;\n"
	"\tfield:__data_loc cpumask_t cpus;\toffset:52;\tsize:4;\tsigned:0;\n"
	"\tfield:unsigned long wide[1];\toffset:56;\tsize:8;\tsigned:0;\n"
	"\nprint fmt: \"%d\", REC->yes\n";

struct record {
	uint16_t type;
	uint16_t flags;
	int32_t pid;
	int16_t pair[2];
	uint8_t grid[2][3];
	uint8_t yes;
	uint8_t pad;
	uint32_t names[3];
	uint32_t numbers;
	uint32_t text;
	uint32_t fault;
	uint32_t none;
	char raw[4];
	uint32_t cpus;
	uint64_t wide;
	char one[4];
	char three[8];
	int32_t integers[3];
};

#define AT(MEMBER) offsetof(struct record, MEMBER)

static const struct record record = {
	.type = ID,
	.pid = 42,
	.pair = {-1, 300},
	.grid = {{1, 2, 3}, {4, 5, 255}},
	.yes = 1,
	.names = {DATA_LOC(AT(one), 4), DATA_LOC(AT(one), 0),
		  DATA_LOC(AT(three), 6)},
	.numbers = DATA_LOC(AT(integers), 12),
	.text = DATA_LOC(AT(three), 6),
	.fault = DATA_LOC(AT(three), 0),
	.none = DATA_LOC(AT(integers), 0),
	.raw = "abcd",
	.cpus = DATA_LOC(AT(wide), 8),
	.wide = 1ULL << 63 | 5,
	.one = "one",
	.three = "three",
	.integers = {7, -8, INT32_MAX},
};

static struct ringmap_error err;
static struct rm_tree tree;
static struct rmb_format *lists;

static void no_error(void)
{
	ck_assert_msg(err.status == RINGMAP_OK, "%s", err.text);
}

static void open_format(void)
{
	rm_tree_make(&tree);
	rm_tree_print(&tree, "events/header_page",
		      "\tfield: local_t commit;\toffset:8;\tsize:8;"
		      "\tsigned:1;\n");
	rm_tree_print(&tree, "events/test/lists/format", format);

	struct rmb_schema *schema = new_rmb_schema(tree.root, &err);

	no_error();
	lists = rmb_schema_format(schema, "test:lists", &err);
	no_error();
	delete_rmb_schema(schema);
}

static void close_format(void)
{
	delete_rmb_format(lists);
	rm_tree_free(&tree);
}

/* The only event of a sub-buffer, with the record's first @size bytes. */
static struct rmb_event *event_of(size_t size)
{
	bool big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
	/* type_len 0: a word with the length follows, which counts itself. */
	uint32_t header[2] = {0, (uint32_t)size + 4};
	uint64_t sub_buffer[512] = {1, sizeof(header) + size};
	struct ringmap_image_opts *opts = new_ringmap_image_opts();

	opts->long_size = 8;
	opts->big_endian = big_endian;
	memcpy(sub_buffer + 2, header, sizeof(header));
	memcpy(sub_buffer + 3, &record, size);

	struct rmb_ring *ring = rmb_ring_open_image(
		(const char *)sub_buffer, sizeof(sub_buffer), opts, &err);
	no_error();
	struct rmb_page *page = rmb_ring_next_page(ring, &err);
	no_error();
	struct rmb_event *event = rmb_page_next_event(page, &err);

	no_error();
	ck_assert_uint_eq(rmb_event_size_get(event), size);
	delete_rmb_page(page);
	delete_rmb_ring(ring);
	delete_ringmap_image_opts(opts);
	return event;
}

static struct rmb_column *read_field(const char *name, size_t size)
{
	struct rmb_field *field = rmb_format_field(lists, name, &err);
	no_error();
	struct rmb_event *event = event_of(size);
	struct rmb_column *column = rmb_field_read(field, event, &err);

	no_error();
	ck_assert_uint_eq(rmb_column_length_get(column), 1);
	ck_assert_str_eq(rmb_column_name_get(column), name);
	delete_rmb_event(event);
	delete_rmb_field(field);
	return column;
}

static void print(FILE *out, struct rmb_column *column, uint64_t row);

static void print_list(FILE *out, struct rmb_column *column, uint64_t row)
{
	struct rmb_column *items = rmb_column_items(column, &err);
	uint64_t begin = rmb_column_list_begin(column, row, &err);
	uint64_t length = rmb_column_list_length(column, row, &err);

	no_error();
	fputc('[', out);
	for (uint64_t i = 0; i < length; i++) {
		fputs(i ? " " : "", out);
		print(out, items, begin + i);
	}
	fputc(']', out);
	delete_rmb_column(items);
}

static void print(FILE *out, struct rmb_column *column, uint64_t row)
{
	const char *kind = rmb_column_kind_get(column);

	if (rmb_column_is_null(column, row, &err)) {
		fputs("null", out);
	} else if (!strcmp(kind, "list")) {
		print_list(out, column, row);
	} else if (!strcmp(kind, "text") || !strcmp(kind, "bytes")) {
		struct rmb_bytes bytes = rmb_column_bytes(column, row, &err);

		fprintf(out, "%s %.*s", kind, (int)bytes.size,
			(const char *)bytes.data);
		rmb_unref(bytes.owner);
	} else {
		fprintf(out, "%s %lld", kind,
			(long long)rmb_column_number(column, row, &err));
	}
	no_error();
}

static void assert_printed(struct rmb_column *column, const char *want)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	print(out, column, 0);
	fclose(out);
	ck_assert_str_eq(text, want);
	free(text);
	delete_rmb_column(column);
}

static void assert_value(const char *name, const char *want)
{
	assert_printed(read_field(name, sizeof(record)), want);
}

START_TEST(a_list_comes_whole)
{
	open_format();
	assert_value("pair", "[int -1 int 300]");
	assert_value("numbers", "[int 7 int -8 int 2147483647]");
	assert_value("none", "[]");
	assert_value("cpus", "[uint 0 uint 2 uint 63]");
	assert_value("wide", "[uint -9223372036854775803]");
	close_format();
}
END_TEST

START_TEST(lists_of_lists_and_of_texts_come_whole)
{
	open_format();
	assert_value("grid",
		     "[[uint 1 uint 2 uint 3] [uint 4 uint 5 uint 255]]");
	assert_value("names", "[text one null text three]");
	close_format();
}
END_TEST

START_TEST(what_is_no_list_is_one_value)
{
	open_format();
	assert_value("common_pid", "int 42");
	assert_value("common_type", "uint 300");
	assert_value("yes", "bool 1");
	assert_value("text", "text three");
	assert_value("raw", "text abcd");
	assert_value("fault", "null");
	close_format();
}
END_TEST

START_TEST(a_value_outlives_all_that_it_comes_from)
{
	open_format();

	struct rmb_column *names = read_field("names", sizeof(record));
	struct rmb_column *grid = read_field("grid", sizeof(record));
	struct rmb_column *rows = rmb_column_items(grid, &err);

	no_error();
	delete_rmb_column(grid);
	delete_rmb_format(lists);
	lists = NULL;
	ck_assert_str_eq(rmb_column_name_get(names), "names");
	assert_printed(names, "[text one null text three]");
	assert_printed(rows, "[uint 1 uint 2 uint 3]");
	close_format();
}
END_TEST

START_TEST(a_record_that_is_too_short_has_no_value)
{
	static const char *const names[] = {"pair", "grid",    "yes", "names",
					    "text", "numbers", "raw"};

	open_format();
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct rmb_column *column = read_field(names[i], 8);

		/* A number of what is null can be taken: it is 0. */
		if (strcmp(rmb_column_kind_get(column), "list") &&
		    strcmp(rmb_column_kind_get(column), "text"))
			ck_assert_int_eq(rmb_column_number(column, 0, &err), 0);
		assert_printed(column, strcmp(names[i], "names")
					       ? "null"
					       : "[null null null]");
	}
	close_format();
}
END_TEST

RM_MAIN(a_list_comes_whole, lists_of_lists_and_of_texts_come_whole,
	what_is_no_list_is_one_value, a_value_outlives_all_that_it_comes_from,
	a_record_that_is_too_short_has_no_value)
