/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * dat_schema_test.c - the texts in a trace.dat, and the schema made of them
 */
#include "tests/support/rm_check.h"
#include "tests/unit/dat_file.h"
#include "tests/unit/tracefs_tree.h"

#include <recording/dat.h>

static struct ringmap_error err;

/* An event's text, with one field beside the usual ones. */
#define FORMAT(name, id)                                                       \
	"name: " name "\nID: " #id "\nformat:\n"                               \
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n" \
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n" \
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"           \
	"\tfield:int pulse;\toffset:8;\tsize:4;\tsigned:1;\n\n"                \
	"print fmt: \"pulse=%d\", REC->pulse\n"

static const struct rm_dat_format formats[] = {
	{"heart", FORMAT("beat", 301)},
	{"ftrace", FORMAT("print", 5)},
	{"lung", FORMAT("breath", 303)},
	{"heart", FORMAT("attack", 302)},
	{"heart", FORMAT("beat", 999)},
	{"lung", "no kernel wrote this\n"},
	{"lung", "name: \n"},
};

static void make(struct rm_dat_file *f)
{
	f->plan.kallsyms = "ffffffff81000000 T _stext\n";
	f->plan.printk_formats = "0xffffffff82000000 : \"hello\"\n";
	f->plan.saved_cmdlines = "1 init\n2 kthreadd\n";
	memcpy(f->plan.formats, formats, sizeof(formats));
	f->plan.nr_formats = sizeof(formats) / sizeof(*formats);
	rm_dat_file_ring(f, 0, 0, RM_SCRIPTS("TS 1; EVENT 'a'"));
	rm_dat_file_write(f);
}

static struct rm_schema_source open_source(struct rm_dat_file *f)
{
	struct rm_schema_source source;

	rm_assert_ok_err(
		rm_dat_schema_source(rm_dat_file_save(f), &source, &err), &err);
	return source;
}

static void assert_format(const struct rm_schema_source *s, const char *system,
			  const char *event, const char *wanted)
{
	char *text = NULL;
	size_t size = 0;

	rm_assert_ok_err(
		s->ops->format(s->ctx, system, event, &text, &size, &err),
		&err);
	ck_assert_str_eq(text, wanted);
	ck_assert_uint_eq(size, strlen(wanted));
	free(text);
}

static void assert_text(const struct rm_schema_source *s,
			enum rm_schema_text which, const char *wanted)
{
	char *text = NULL;
	size_t size = 0;

	rm_assert_ok_err(s->ops->text(s->ctx, which, &text, &size, &err), &err);
	ck_assert_str_eq(text, wanted);
	ck_assert_uint_eq(size, strlen(wanted));
	free(text);
}

struct list {
	char names[512];
	int left;
};

static enum ringmap_status found(void *arg, const char *system,
				 const char *event)
{
	struct list *list = arg;
	size_t used = strlen(list->names);

	snprintf(list->names + used, sizeof(list->names) - used, "%s:%s ",
		 system, event);
	return --list->left ? RINGMAP_OK : RINGMAP_E_NOMEM;
}

START_TEST(texts_are_found_in_files_of_every_kind)
{
	struct rm_dat_file f = {.nr_recordings = 0};

	for (size_t i = 0; rm_dat_every_kind(i, &f.plan); i++) {
		make(&f);
		struct rm_schema_source s = open_source(&f);

		ck_assert(s.order_known);
		ck_assert_int_eq(s.big_endian, f.plan.big_endian);
		ck_assert_uint_eq(s.long_size, f.plan.long_size);
		assert_format(&s, "heart", "beat", formats[0].text);
		assert_format(&s, "ftrace", "print", formats[1].text);
		assert_format(&s, "lung", "breath", formats[2].text);
		assert_format(&s, "heart", "attack", formats[3].text);
		assert_text(&s, RM_TEXT_KALLSYMS, f.plan.kallsyms);
		assert_text(&s, RM_TEXT_PRINTK_FORMATS, f.plan.printk_formats);
		assert_text(&s, RM_TEXT_SAVED_CMDLINES, f.plan.saved_cmdlines);
		char *text;
		size_t size;
		rm_assert_ok(s.ops->text(s.ctx, RM_TEXT_HEADER_PAGE, &text,
					 &size, &err));
		ck_assert_ptr_nonnull(strstr(text, "local_t commit"));
		free(text);
		s.ops->free(s.ctx);
		rm_dat_file_free(&f);
		f = (struct rm_dat_file){.nr_recordings = 0};
	}
}
END_TEST

START_TEST(events_are_listed_and_unknown_ones_are_told)
{
	struct rm_dat_file f = {.plan = {.version = 7}};
	struct list list = {.left = 100};
	char *text = NULL;
	size_t size;

	make(&f);
	struct rm_schema_source s = open_source(&f);
	rm_assert_ok(s.ops->list(s.ctx, found, &list, &err));
	ck_assert_str_eq(list.names, "ftrace:print heart:attack heart:beat "
				     "heart:beat lung:breath ");
	list = (struct list){.left = 2};
	rm_assert_status(s.ops->list(s.ctx, found, &list, &err),
			 RINGMAP_E_NOMEM);
	ck_assert_str_eq(list.names, "ftrace:print heart:attack ");
	static const char *const unknown[][2] = {
		{"heart", "bea"}, {"heart", "beats"}, {"hear", "beat"},
		{"", ""},         {"zebra", "zoo"},   {"lung", "beat"}};
	for (size_t i = 0; i < sizeof(unknown) / sizeof(*unknown); i++)
		rm_assert_error(s.ops->format(s.ctx, unknown[i][0],
					      unknown[i][1], &text, &size,
					      &err),
				RINGMAP_E_NOENT, &err);
	ck_assert_ptr_null(text);
	s.ops->free(s.ctx);
	rm_dat_file_free(&f);
}
END_TEST

START_TEST(texts_that_are_missing_are_told)
{
	for (int version = 6; version <= 7; version++) {
		struct rm_dat_file f = {.plan = {.version = version}};
		char *text = NULL;
		size_t size;

		rm_dat_file_ring(&f, 0, 0, RM_SCRIPTS("TS 1; EVENT 'a'"));
		rm_dat_file_write(&f);
		struct rm_schema_source s = open_source(&f);
		for (int which = RM_TEXT_PRINTK_FORMATS;
		     which <= RM_TEXT_KALLSYMS; which++)
			rm_assert_error(s.ops->text(s.ctx,
						    (enum rm_schema_text)which,
						    &text, &size, &err),
					RINGMAP_E_NOENT, &err);
		ck_assert_ptr_null(text);
		s.ops->free(s.ctx);
		rm_dat_file_free(&f);
	}
}
END_TEST

START_TEST(sections_may_be_missing)
{
	struct rm_dat_file f = {.plan = {.version = 7}};
	struct list list = {.left = 100};
	char *text = NULL;
	size_t size;

	/* No option names them any more. */
	make(&f);
	for (int id = 16; id <= 21; id++)
		rm_dat_put(f.written, f.written->option_at[id] - 6, 2, 200);
	struct rm_schema_source s = open_source(&f);
	rm_assert_ok(s.ops->list(s.ctx, found, &list, &err));
	ck_assert_str_eq(list.names, "");
	ck_assert_uint_eq(s.long_size, 8);
	for (int which = RM_TEXT_HEADER_PAGE; which <= RM_TEXT_KALLSYMS;
	     which++)
		rm_assert_error(s.ops->text(s.ctx, (enum rm_schema_text)which,
					    &text, &size, &err),
				RINGMAP_E_NOENT, &err);
	s.ops->free(s.ctx);
	rm_dat_file_free(&f);
}
END_TEST

START_TEST(broken_formats_are_refused)
{
	struct rm_schema_source source;
	struct rm_dat_file f = {.plan = {.version = 7}};

	make(&f);
	size_t section = f.written->section_at[18];
	rm_dat_put(f.written, section + 16, 4, UINT32_MAX);
	rm_assert_error(
		rm_dat_schema_source(rm_dat_file_save(&f), &source, &err),
		RINGMAP_E_CORRUPT, &err);
	ck_assert_ptr_nonnull(strstr(err.text, "byte "));
	rm_dat_put(f.written, section, 2, 17);
	rm_assert_error(
		rm_dat_schema_source(rm_dat_file_save(&f), &source, &err),
		RINGMAP_E_CORRUPT, &err);
	rm_assert_error(
		rm_dat_schema_source("/nowhere/trace.dat", &source, &err),
		RINGMAP_E_NOENT, &err);
	rm_dat_file_free(&f);
}
END_TEST

START_TEST(section_that_does_not_unpack_is_refused)
{
	for (int packing = RM_DAT_ZLIB; packing <= RM_DAT_ZSTD; packing++) {
		struct rm_schema_source source;
		struct rm_dat_file f = {
			.plan = {.version = 7,
				 .packing = (enum rm_dat_packing)packing}};

		make(&f);
		rm_dat_put(f.written, f.written->section_at[18] + 16 + 8, 4, 0);
		rm_assert_error(rm_dat_schema_source(rm_dat_file_save(&f),
						     &source, &err),
				RINGMAP_E_CORRUPT, &err);
		ck_assert_ptr_nonnull(strstr(err.text, "byte "));
		rm_dat_file_free(&f);
	}
}
END_TEST

START_TEST(trace_has_its_schema)
{
	struct rm_dat_file f = {.nr_recordings = 0};

	for (size_t i = 0; rm_dat_every_kind(i, &f.plan); i++) {
		const struct ringmap_format *format;
		struct ringmap_format_info info;
		struct ringmap_schema *schema, *again;

		make(&f);
		struct ringmap_trace *trace = rm_dat_file_open(&f, NULL);
		rm_assert_ok_err(ringmap_trace_schema(trace, &schema, &err),
				 &err);
		rm_assert_ok_err(ringmap_trace_schema(trace, &again, &err),
				 &err);
		ck_assert_ptr_eq(schema, again);
		rm_assert_ok_err(ringmap_schema_format(schema, "heart:attack",
						       &format, &err),
				 &err);
		/* A reference of its own outlives the trace. */
		ringmap_schema_ref(schema);
		ringmap_trace_unref(trace);
		rm_assert_ok(ringmap_format_info(format, &info, sizeof(info)));
		ck_assert_uint_eq(info.id, 302);
		ck_assert_str_eq(info.system, "heart");
		ringmap_schema_unref(schema);
		rm_dat_file_free(&f);
		f = (struct rm_dat_file){.nr_recordings = 0};
	}
}
END_TEST

START_TEST(trace_of_rings_has_no_schema)
{
	struct ringmap_schema *schema = NULL;
	struct ringmap_trace *trace;
	struct ringmap_ring *ring;

	rm_assert_ok(ringmap_ring_open_image(NULL, 0, NULL, &ring, &err));
	rm_assert_ok(ringmap_trace_open_rings(&ring, 1, &trace, &err));
	rm_assert_error(ringmap_trace_schema(trace, &schema, &err),
			RINGMAP_E_UNSUPPORTED, &err);
	rm_assert_error(ringmap_trace_schema(trace, NULL, &err),
			RINGMAP_E_INVAL, &err);
	rm_assert_error(ringmap_trace_schema(NULL, &schema, &err),
			RINGMAP_E_INVAL, &err);
	ck_assert_ptr_null(schema);
	ringmap_trace_unref(trace);
	ringmap_ring_unref(ring);
}
END_TEST

START_TEST(live_trace_and_folder_have_the_schema_beside_them)
{
	const struct ringmap_format *format;
	struct ringmap_schema *schema;
	struct ringmap_trace *trace;
	struct rm_tree tree;

	rm_tree_make(&tree);
	rm_tree_add_instance(&tree, "box");
	rm_tree_add_ring(&tree, "box", 0, 10);
	rm_tree_print(&tree, "events/heart/beat/format", formats[0].text);
	rm_tree_print(&tree, "events/header_page",
		      "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
		      "\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;"
		      "\n\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;"
		      "\n\tfield: char data;\toffset:16;\tsize:4080;\tsigned:1;"
		      "\n");
	rm_tree_print(&tree, "per_cpu/cpu0/trace_pipe_raw", "");
	const struct ringmap_trace_opts opts = {
		.sz = sizeof(opts),
		.tracefs = tree.root,
		.instance = "box",
		.mode = RINGMAP_MODE_FOLLOW,
	};
	for (int live = 0; live < 2; live++) {
		rm_assert_ok_err(live ? ringmap_trace_open(&opts, &trace, &err)
				      : ringmap_trace_open_file(tree.root, NULL,
								&trace, &err),
				 &err);
		rm_assert_ok_err(ringmap_trace_schema(trace, &schema, &err),
				 &err);
		rm_assert_ok_err(
			ringmap_schema_format(schema, "beat", &format, &err),
			&err);
		ringmap_trace_unref(trace);
	}
	rm_tree_free(&tree);
}
END_TEST

RM_MAIN(texts_are_found_in_files_of_every_kind,
	events_are_listed_and_unknown_ones_are_told,
	texts_that_are_missing_are_told, sections_may_be_missing,
	broken_formats_are_refused, section_that_does_not_unpack_is_refused,
	trace_has_its_schema, trace_of_rings_has_no_schema,
	live_trace_and_folder_have_the_schema_beside_them)
