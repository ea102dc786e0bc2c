/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * format_corrupt_test.c - texts that are no formats
 */
#define _GNU_SOURCE
#include "tests/support/rm_check.h"
#include "tests/support/text_source.h"

static struct ringmap_error err;

static enum ringmap_status try_text(const char *text)
{
	const struct rm_text_event event = {"test", "event", text};
	struct rm_text_source source = {.events = &event, .count = 1};
	struct ringmap_schema *schema = rm_text_schema(&source);
	const struct ringmap_format *format;

	memset(&err, 0, sizeof(err));
	enum ringmap_status s =
		ringmap_schema_format(schema, "event", &format, &err);
	ringmap_schema_unref(schema);
	return s;
}

static const char *const texts[] = {
	"",
	"name: event\n",
	"name: event\nID: 1\nformat:\n",
	"name: \nID: 1\nformat:\n" RM_COMMON,
	"name: event\nID: 65536\nformat:\n" RM_COMMON,
	"name: event\nID: -1\nformat:\n" RM_COMMON,
	"name: event\nID: 99999999999999999999\nformat:\n" RM_COMMON,
	"ID: 1\nname: event\nformat:\n" RM_COMMON,
	/* The id must be where records have it. */
	"name: event\nID: 1\nformat:\n" RM_FIELD("int common_pid", 4, 4, 1),
	"name: event\nID: 1\nformat:\n" RM_FIELD("int common_type", 0, 4, 1),
	"name: event\nID: 1\nformat:\n" RM_FIELD("u16 common_type", 2, 2, 1),
	RM_FIELDS("event", 1, "rubbish\n"),
};

START_TEST(texts_that_make_no_sense_are_corrupt)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		enum ringmap_status s = try_text(texts[i]);

		ck_assert_msg(s == RINGMAP_E_CORRUPT, "%s: %s",
			      ringmap_status_name(s), texts[i]);
		ck_assert_ptr_nonnull(strstr(err.text, "test:event"));
		ck_assert_ptr_nonnull(strstr(err.text, "at byte"));
	}
}
END_TEST

/* Each is the line of a field that is not understood. */
static const char *const lines[] = {
	/* These lie outside any record. */
	RM_FIELD("int a", 65536, 4, 1),
	RM_FIELD("int a", 65533, 4, 1),
	RM_FIELD("char a[65537]", 0, 65537, 1),
	RM_FIELD("int a", 4294967295, 4, 1),
	RM_FIELD("int a", -8, 4, 1),
	RM_FIELD("int a", 8, -4, 1),
	/* These declare nothing. */
	RM_FIELD("", 8, 4, 1),
	RM_FIELD("int", 8, 4, 1),
	RM_FIELD("int [4]", 8, 16, 1),
	RM_FIELD("int a]", 8, 4, 1),
	RM_FIELD("int 4", 8, 4, 1),
	RM_FIELD("* a", 8, 4, 1),
	RM_FIELD("int; a", 8, 4, 1),
	RM_FIELD("int\"a", 8, 4, 1),
	/* Words that locate data have other sizes. */
	RM_FIELD("__data_loc char[] a", 8, 1, 1),
	RM_FIELD("__rel_loc char[] a", 8, 8, 1),
	RM_FIELD("__data_loc", 8, 4, 1),
	RM_FIELD("__data_loc char[] a", 8, 0, 1),
	RM_FIELD("* a", 8, 0, 1),
	/* These are no whole lines. */
	"\tfield:int a;\toffset:8;\tsize:4\n",
	"\tfield:int a;\toffset:8;\n",
	"\tfield:int a;\tsize:4;\toffset:8;\n",
	"\tfield:int a;\toffset:8;\tsize:4;\tsigned:2;\n",
	"\tfield:int a;\toffset:8;\tsize:4;\tsigned:1; more\n",
	"\tfield\n",
	"\tfield:\n",
};

START_TEST(a_field_that_makes_no_sense_costs_no_other)
{
	static const char behind[] = RM_FIELD("u32 z", 12, 4, 0);
	static const char begin[] = RM_FIELDS("event", 1, "");
	char text[1024];

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		const struct rm_text_event event = {"test", "event", text};
		struct rm_text_source source = {.events = &event, .count = 1};
		struct ringmap_schema *schema = rm_text_schema(&source);
		const struct ringmap_format *format;
		struct ringmap_format_info info;
		struct ringmap_field_info field;

		snprintf(text, sizeof(text), "%s%s%s", begin, lines[i], behind);
		rm_assert_ok_err(
			ringmap_schema_format(schema, "event", &format, &err),
			&err);
		rm_assert_ok(ringmap_format_info(format, &info, sizeof(info)));
		ck_assert_msg(info.nr_unknown == 1, "%u unknown: %s",
			      info.nr_unknown, lines[i]);
		rm_assert_ok(ringmap_format_field_by_name(format, "z", &field,
							  sizeof(field)));
		ck_assert_uint_eq(field.offset, 12);
		rm_assert_ok(ringmap_format_field_by_name(
			format, "common_pid", &field, sizeof(field)));
		ck_assert_uint_eq(field.offset, 4);
		/* Arrow has no values of no bytes. */
		if (!ringmap_format_field_by_name(format, "a", &field,
						  sizeof(field)))
			ck_assert_uint_gt(field.size, 0);
		ringmap_schema_unref(schema);
	}
}
END_TEST

/* Cut anywhere it is refused, or a format of fewer fields. */
START_TEST(texts_may_be_cut_anywhere)
{
	static const char whole[] = RM_FORMAT(
		"event", 1,
		RM_FIELD("u32 a", 8, 4, 0)
			RM_FIELD("__data_loc char[] b", 12, 4, 1),
		"\"%s %s\", __print_symbolic(REC->a, {1, \"one\"}, {(2 | 4), "
		"\"six\"}), __get_str(b)");
	char text[sizeof(whole)];

	for (size_t size = 0; size < sizeof(whole); size++) {
		memcpy(text, whole, size);
		text[size] = '\0';
		enum ringmap_status s = try_text(text);
		ck_assert(s == RINGMAP_OK || s == RINGMAP_E_CORRUPT);
	}
	rm_assert_ok(try_text(whole));
}
END_TEST

START_TEST(a_text_of_more_than_a_megabyte_is_refused)
{
	static const char begin[] = RM_FORMAT("event", 1, "", "\"\"");
	const size_t size = (1 << 20) + 1;
	char *text = malloc(size + 1);

	ck_assert_ptr_nonnull(text);
	memset(text, '\n', size);
	memcpy(text, begin, sizeof(begin) - 1);
	text[size] = '\0';
	rm_assert_status(try_text(text), RINGMAP_E_CORRUPT);
	text[size - 1] = '\0';
	rm_assert_ok(try_text(text));
	free(text);
}
END_TEST

START_TEST(more_fields_than_a_record_can_hold_are_refused)
{
	static const char line[] = RM_FIELD("u8 a", 8, 1, 0);
	static const char begin[] = RM_FIELDS("event", 1, "");
	const size_t count = 5000;
	char *text = malloc(sizeof(begin) + count * sizeof(line));

	ck_assert_ptr_nonnull(text);
	strcpy(text, begin);
	char *at = text + strlen(text);
	for (size_t i = 0; i < count; i++)
		at = stpcpy(at, line);
	rm_assert_status(try_text(text), RINGMAP_E_CORRUPT);
	free(text);
}
END_TEST

/* Print fmts without end, depth or sense: the fields still count. */
START_TEST(print_fmts_that_make_no_sense_do_no_harm)
{
	static const char *const print_fmts[] = {
		"(((((((((((((((((((",
		"\"%d\", ",
		"\"%s\", __print_symbolic(",
		"\"%s\", __print_symbolic(REC->none, {1, \"x\"})",
		"\"%s\", __print_flags(REC->a, \"|\", {1/0, \"x\"})",
		"\"%s\", __print_symbolic(REC->a, {1 % 0, \"x\"}, {",
		"\"",
		"\"%s\", __print_symbolic(REC->a, {\"x\", 1})",
	};
	char text[1024];

	for (size_t i = 0; i < sizeof(print_fmts) / sizeof(*print_fmts); i++) {
		snprintf(text, sizeof(text), "%s\nprint fmt: %s\n",
			 RM_FIELDS("event", 1, RM_FIELD("u32 a", 8, 4, 0)),
			 print_fmts[i]);
		rm_assert_ok(try_text(text));
	}
}
END_TEST

START_TEST(deep_print_fmts_do_no_harm)
{
	static const char begin[] =
		RM_FIELDS("event", 1,
			  RM_FIELD("u32 a", 8, 4,
				   0)) "\nprint fmt: \"%s\", __print_symbolic(";
	const size_t size = 1 << 20;
	char *text = malloc(size + 1);

	ck_assert_ptr_nonnull(text);
	for (const char *c = "(-!~+"; *c; c++) {
		memset(text, *c, size);
		memcpy(text, begin, sizeof(begin) - 1);
		text[size] = '\0';
		rm_assert_ok(try_text(text));
	}
	free(text);
}
END_TEST

RM_MAIN(texts_that_make_no_sense_are_corrupt,
	a_field_that_makes_no_sense_costs_no_other, texts_may_be_cut_anywhere,
	a_text_of_more_than_a_megabyte_is_refused,
	more_fields_than_a_record_can_hold_are_refused,
	print_fmts_that_make_no_sense_do_no_harm, deep_print_fmts_do_no_harm)
