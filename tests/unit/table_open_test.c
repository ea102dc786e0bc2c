/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * table_open_test.c - which columns a table has, and which it cannot have
 */
#include "tests/support/arrow_text.h"
#include "tests/support/rm_check.h"
#include "tests/unit/records.h"

static const char all_kinds[] = RM_FIELD("u32 number", 8, 4, 0)
	RM_FIELD("s8 small", 12, 1, 1) RM_FIELD("bool yes", 13, 1, 0) RM_FIELD(
		"u16 state", 14, 2, 0) RM_FIELD("void * where", 16, 8, 0)
		RM_FIELD("char text[8]", 24, 8, 0)
			RM_FIELD("char comm[16]", 32, 16, 0)
				RM_FIELD("long list[2]", 48, 16, 1);

static const char more_kinds[] = RM_FIELD("u16 nested[2][3]", 8, 12, 0)
	RM_FIELD("struct thing bytes", 20, 6, 0)
		RM_FIELD("__data_loc char[] string", 28, 4, 1)
			RM_FIELD("__data_loc s16[] numbers", 32, 4, 1)
				RM_FIELD("__rel_loc cpumask_t mask", 36, 4, 0)
					RM_FIELD("__data_loc struct thing[] "
						 "blob",
						 40, 4, 0);

static void make(struct rm_formats *f)
{
	rm_formats_make(f, 8);
	rm_formats_add(f, "sys", "kinds", 300, all_kinds,
		       "\"%s\", __print_symbolic(REC->state, { 1, \"one\" })");
	rm_formats_add(f, "sys", "more", 301, more_kinds, NULL);
	rm_formats_add(f, "sys", "named", 302,
		       RM_FIELD("u32 cpu", 8, 4, 0) RM_FIELD("u64 ts", 16, 8, 0)
			       RM_FIELD("int event", 24, 4, 1)
				       RM_FIELD("int lost_before", 28, 4, 1),
		       NULL);
	rm_formats_add(f, "one", "twin", 303, RM_FIELD("int a", 8, 4, 1), NULL);
	rm_formats_add(f, "two", "twin", 304, RM_FIELD("int a", 8, 4, 1), NULL);
	rm_formats_add(f, "sys", "broken", 305, "\tnonsense\n", NULL);
	rm_formats_open(f);
}

static void expect_shape(const struct rm_formats *f, const char *columns,
			 struct ringmap_table_opts opts, const char *shape)
{
	struct ringmap_table *table = rm_open_table_opts(f, columns, opts);
	struct ArrowSchema schema;

	rm_assert_ok(ringmap_table_schema(table, &schema));
	char *now = rm_arrow_shape(&schema);
	ck_assert_str_eq(now, shape);
	free(now);
	/* The schema does not need the table. */
	ringmap_table_unref(table);
	ck_assert_int_eq(schema.flags, 0);
	schema.release(&schema);
	ck_assert(!schema.release);
}

START_TEST(all_columns_if_none_are_named)
{
	struct rm_formats f;

	make(&f);
	expect_shape(&f, NULL,
		     (struct ringmap_table_opts){.event = "sys:kinds",
						 .ts_unit = RINGMAP_TS_NS},
		     "ts:tsn: cpu:I common_pid:i common_flags:C "
		     "common_preempt_count:C lost_before:L number:I small:c "
		     "yes:b state:i(u) where:L text:u comm:i(u) "
		     "list:+w:2(l)");
	expect_shape(&f, NULL, (struct ringmap_table_opts){.event = "more"},
		     "ts:L cpu:I common_pid:i common_flags:C "
		     "common_preempt_count:C lost_before:L "
		     "nested:+w:2(+w:3(S)) bytes:w:6 string:u numbers:+l(s) "
		     "mask:+l(I) blob:z");
	rm_formats_free(&f);
}
END_TEST

START_TEST(columns_in_the_order_of_their_names)
{
	struct rm_formats f;

	make(&f);
	expect_shape(&f, "comm lost_before common_type event ts cpu",
		     (struct ringmap_table_opts){.event = "kinds",
						 .ts_unit = RINGMAP_TS_COUNTS},
		     "comm:i(u) lost_before:L common_type:S event:i(u) ts:L "
		     "cpu:I");
	expect_shape(&f, "state",
		     (struct ringmap_table_opts){
			     .event = "kinds", .flags = RINGMAP_TABLE_NUMBERS},
		     "state:S");
	rm_formats_free(&f);
}
END_TEST

START_TEST(fields_with_the_tables_own_names_are_renamed)
{
	struct rm_formats f;
	struct ringmap_table_opts opts = {.event = "named"};

	make(&f);
	expect_shape(&f, NULL, opts,
		     "ts:L cpu:I common_pid:i common_flags:C "
		     "common_preempt_count:C lost_before:L field_cpu:I "
		     "field_ts:L field_event:i field_lost_before:i");
	expect_shape(&f, "field_ts cpu field_cpu ts", opts,
		     "field_ts:L cpu:I field_cpu:I ts:L");
	rm_formats_free(&f);
}
END_TEST

START_TEST(a_table_of_every_event_has_common_columns)
{
	struct rm_formats f;
	struct ringmap_table_opts opts = {.event = NULL};

	make(&f);
	expect_shape(&f, NULL, opts,
		     "ts:L cpu:I event:i(u) common_pid:i common_flags:C "
		     "common_preempt_count:C lost_before:L");
	expect_shape(&f, "common_type event", opts, "common_type:S event:i(u)");
	rm_formats_free(&f);
}
END_TEST

/* Opening fails with this status and a text that has @word. */
static void expect_error(const struct rm_formats *f,
			 const struct ringmap_table_opts *opts,
			 enum ringmap_status status, const char *word)
{
	struct ringmap_table *table;
	struct ringmap_error err;

	rm_assert_error(ringmap_table_open(f->schema, opts, &table, &err),
			status, &err);
	ck_assert_msg(strstr(err.text, word), "%s", err.text);
	rm_assert_status(ringmap_table_open(f->schema, opts, &table, NULL),
			 status);
}

START_TEST(what_there_is_not_is_named)
{
	static const char *const unknown[] = {"ts", "nothing"};
	static const char *const field_of_one[] = {"number"};
	static const char *const no_clash[] = {"field_cpu"};
	struct rm_formats f;
	struct ringmap_table_opts opts = {.sz = sizeof(opts)};

	make(&f);
	opts.event = "sys:absent";
	expect_error(&f, &opts, RINGMAP_E_NOENT, "absent");
	opts.event = "twin";
	expect_error(&f, &opts, RINGMAP_E_INVAL, "two");
	opts.event = "sys:broken";
	expect_error(&f, &opts, RINGMAP_E_CORRUPT, "broken");
	opts.event = "kinds";
	opts.columns = unknown;
	opts.nr_columns = 2;
	expect_error(&f, &opts, RINGMAP_E_NOENT, "nothing");
	opts.columns = no_clash;
	opts.nr_columns = 1;
	expect_error(&f, &opts, RINGMAP_E_NOENT, "field_cpu");
	opts.event = NULL;
	opts.columns = field_of_one;
	expect_error(&f, &opts, RINGMAP_E_NOENT, "number");
	rm_formats_free(&f);
}
END_TEST

START_TEST(options_that_make_no_sense_are_refused)
{
	static const char *const twice[] = {"cpu", "ts", "cpu"};
	static const char *const none[] = {"cpu", NULL};
	struct rm_formats f;
	const struct ringmap_table_opts sound = {.sz = sizeof(sound),
						 .event = "kinds"};
	struct ringmap_table_opts opts = sound;
	struct ringmap_table *table;

	make(&f);
	opts.columns = twice;
	opts.nr_columns = 3;
	expect_error(&f, &opts, RINGMAP_E_INVAL, "cpu");
	opts.nr_columns = 0;
	expect_error(&f, &opts, RINGMAP_E_INVAL, "nr_columns is 0");
	opts.columns = none;
	opts.nr_columns = 2;
	expect_error(&f, &opts, RINGMAP_E_INVAL, "column 1 is NULL");
	opts = sound;
	opts.flags = 2;
	expect_error(&f, &opts, RINGMAP_E_INVAL,
		     "no flags 0x2: RINGMAP_TABLE_NUMBERS (0x1)");
	opts = sound;
	opts.ts_unit = 3;
	expect_error(&f, &opts, RINGMAP_E_INVAL,
		     "ts_unit of a table must be 0 to 2 (enum "
		     "ringmap_ts_unit), not 3");
	opts = sound;
	opts.batch_rows = SIZE_MAX;
	expect_error(&f, &opts, RINGMAP_E_INVAL, "268435456 are the most");
	opts.batch_rows = (1 << 28) + 1;
	expect_error(&f, &opts, RINGMAP_E_INVAL, "cannot have 268435457 rows");
	opts = sound;
	opts.sz = 0;
	expect_error(&f, &opts, RINGMAP_E_INVAL, "sz");
	expect_error(&f, NULL, RINGMAP_E_INVAL, "opts");
	opts = sound;
	rm_assert_status(ringmap_table_open(NULL, &opts, &table, NULL),
			 RINGMAP_E_INVAL);
	rm_assert_status(ringmap_table_open(f.schema, &opts, NULL, NULL),
			 RINGMAP_E_INVAL);
	rm_formats_free(&f);
}
END_TEST

START_TEST(a_number_of_columns_without_names_means_all)
{
	struct rm_formats f;
	struct ringmap_table_opts opts = {
		.sz = sizeof(opts), .event = "one:twin", .nr_columns = 2};
	struct ringmap_table *table;
	struct ArrowSchema schema;

	make(&f);
	rm_assert_ok(ringmap_table_open(f.schema, &opts, &table, NULL));
	rm_assert_ok(ringmap_table_schema(table, &schema));
	ck_assert_int_eq(schema.n_children, 7);
	schema.release(&schema);
	ringmap_table_unref(table);
	rm_formats_free(&f);
}
END_TEST

START_TEST(a_table_keeps_its_schema)
{
	static struct rm_records records;
	struct rm_formats f;

	make(&f);
	struct ringmap_table *table = rm_open_table(&f, "kinds", "event state");
	ringmap_schema_unref(f.schema);
	f.schema = NULL;
	rm_records_begin(&records, NULL, "TS 1");
	rm_records_add(&records, 300, 64, 1, 7);
	rm_put(&records, 14, 2, 1);
	rm_autogenerated struct rm_generated *g = rm_records_end(&records);
	rm_assert_ok(rm_append(table, g));
	ck_assert_ptr_eq(ringmap_table_ref(table), table);
	ringmap_table_unref(table);
	rm_assert_table(table, "'kinds' 'one'\n");
	ringmap_table_unref(table);
	ringmap_table_unref(NULL);
	rm_formats_free(&f);
}
END_TEST

START_TEST(children_of_a_schema_can_be_moved_out)
{
	struct rm_formats f;
	struct ArrowSchema schema;

	make(&f);
	struct ringmap_table *table = rm_open_table(&f, "more", "ts nested");
	rm_assert_ok(ringmap_table_schema(table, &schema));
	struct ArrowSchema moved = *schema.children[1];
	schema.children[1]->release = NULL;
	schema.release(&schema);
	ringmap_table_unref(table);
	ck_assert_str_eq(moved.name, "nested");
	ck_assert_str_eq(moved.format, "+w:2");
	ck_assert_str_eq(moved.children[0]->format, "+w:3");
	ck_assert_str_eq(moved.children[0]->children[0]->format, "S");
	moved.release(&moved);
	rm_formats_free(&f);
}
END_TEST

RM_MAIN(all_columns_if_none_are_named, columns_in_the_order_of_their_names,
	fields_with_the_tables_own_names_are_renamed,
	a_table_of_every_event_has_common_columns, what_there_is_not_is_named,
	options_that_make_no_sense_are_refused,
	a_number_of_columns_without_names_means_all, a_table_keeps_its_schema,
	children_of_a_schema_can_be_moved_out)
