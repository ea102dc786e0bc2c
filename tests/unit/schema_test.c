/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * schema_test.c - formats found by name and number, and what else there is
 */
#include "tests/support/rm_check.h"
#include "tests/support/text_source.h"
#include "tests/unit/tracefs_tree.h"

#include <errno.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

static struct ringmap_error err;

static const struct rm_text_event events[] = {
	{"sched", "switch", RM_FORMAT("switch", 30, "", "\"\"")},
	{"irq", "entry", RM_FORMAT("entry", 20, "", "\"\"")},
	{"irq", "exit", RM_FORMAT("exit", 21, "", "\"\"")},
	{"xen", "exit", RM_FORMAT("exit", 22, "", "\"\"")},
	{"irq", "broken", "name: broken\nID: x\n"},
	{"irq", "gone", NULL},
};

static struct rm_text_source source_of_events(void)
{
	return (struct rm_text_source){
		.events = events,
		.count = sizeof(events) / sizeof(*events),
	};
}

static uint32_t id_of(const struct ringmap_format *format)
{
	struct ringmap_format_info info;

	rm_assert_ok(ringmap_format_info(format, &info, sizeof(info)));
	return info.id;
}

START_TEST(only_formats_that_are_asked_for_are_read)
{
	struct rm_text_source source = source_of_events();
	struct ringmap_schema *schema = rm_text_schema(&source);
	const struct ringmap_format *format;
	const struct ringmap_format *same;

	rm_assert_ok(ringmap_schema_format(schema, "switch", &format, &err));
	rm_assert_ok(
		ringmap_schema_format(schema, "sched:switch", &same, &err));
	ck_assert_ptr_eq(format, same);
	ck_assert_uint_eq(id_of(format), 30);
	rm_assert_ok(ringmap_schema_format_by_id(schema, 30, &same, &err));
	ck_assert_ptr_eq(format, same);
	ck_assert_uint_eq(source.asked, 1);
	ck_assert_ptr_null(ringmap_schema_format_at(schema, 0));
	ringmap_schema_unref(schema);
}
END_TEST

START_TEST(a_name_of_several_systems_needs_one)
{
	struct rm_text_source source = source_of_events();
	struct ringmap_schema *schema = rm_text_schema(&source);
	const struct ringmap_format *format;

	rm_assert_error(ringmap_schema_format(schema, "exit", &format, &err),
			RINGMAP_E_INVAL, &err);
	ck_assert_ptr_nonnull(strstr(err.text, "irq:exit"));
	ck_assert_ptr_nonnull(strstr(err.text, "xen:exit"));
	rm_assert_ok(ringmap_schema_format(schema, "xen:exit", &format, &err));
	ck_assert_uint_eq(id_of(format), 22);
	ringmap_schema_unref(schema);
}
END_TEST

START_TEST(what_is_not_there_is_told)
{
	struct rm_text_source source = source_of_events();
	struct ringmap_schema *schema = rm_text_schema(&source);
	const struct ringmap_format *format;

	rm_assert_error(ringmap_schema_format(schema, "wakeup", &format, &err),
			RINGMAP_E_NOENT, &err);
	rm_assert_error(
		ringmap_schema_format(schema, "sched:entry", &format, &err),
		RINGMAP_E_NOENT, &err);
	rm_assert_status(ringmap_schema_format(schema, "gone", &format, NULL),
			 RINGMAP_E_NOENT);
	rm_assert_error(ringmap_schema_format(schema, "broken", &format, &err),
			RINGMAP_E_CORRUPT, &err);
	rm_assert_error(ringmap_schema_format_by_id(schema, 99, &format, &err),
			RINGMAP_E_NOENT, &err);
	rm_assert_error(
		ringmap_schema_format_by_id(schema, 1 << 20, &format, &err),
		RINGMAP_E_NOENT, &err);
	rm_assert_error(ringmap_schema_format(schema, NULL, &format, &err),
			RINGMAP_E_INVAL, &err);
	ringmap_schema_unref(schema);
}
END_TEST

START_TEST(load_sorts_and_leaves_out_what_makes_no_sense)
{
	static const uint32_t ids[] = {20, 21, 30, 22};
	struct rm_text_source source = source_of_events();
	struct ringmap_schema *schema = rm_text_schema(&source);
	const struct ringmap_format *format;
	size_t count;

	rm_assert_ok(ringmap_schema_format(schema, "switch", &format, &err));
	rm_assert_ok(ringmap_schema_load(schema, &count, &err));
	ck_assert_uint_eq(count, 4);
	for (size_t i = 0; i < count; i++)
		ck_assert_uint_eq(id_of(ringmap_schema_format_at(schema, i)),
				  ids[i]);
	ck_assert_ptr_null(ringmap_schema_format_at(schema, count));
	ck_assert_ptr_eq(ringmap_schema_format_at(schema, 2), format);
	unsigned int asked = source.asked;
	rm_assert_ok(ringmap_schema_load(schema, &count, &err));
	ck_assert_uint_eq(source.asked, asked);
	ringmap_schema_unref(schema);
}
END_TEST

/* Names from hostile files reach Arrow arrays and Python, which want UTF-8. */
START_TEST(names_that_are_no_utf8_are_escaped)
{
	static const struct rm_text_event hostile = {
		"s\xfe", "e\xff", RM_FORMAT("e\xff", 30, "", "\"\"")};
	struct rm_text_source source = {.events = &hostile, .count = 1};
	struct ringmap_schema *schema = rm_text_schema(&source);
	const struct ringmap_format *format;
	const struct ringmap_format *same;
	struct ringmap_format_info info;

	rm_assert_ok_err(
		ringmap_schema_format(schema, "s\\xfe:e\\xff", &format, &err),
		&err);
	rm_assert_ok(ringmap_format_info(format, &info, sizeof(info)));
	ck_assert_str_eq(info.system, "s\\xfe");
	ck_assert_str_eq(info.name, "e\\xff");
	rm_assert_ok(ringmap_schema_format(schema, "e\\xff", &same, &err));
	ck_assert_ptr_eq(format, same);
	ringmap_schema_unref(schema);
}
END_TEST

START_TEST(a_number_is_found_by_reading_all)
{
	struct rm_text_source source = source_of_events();
	struct ringmap_schema *schema = rm_text_schema(&source);
	const struct ringmap_format *format;

	rm_assert_ok(ringmap_schema_format_by_id(schema, 21, &format, &err));
	ck_assert_uint_eq(id_of(format), 21);
	ringmap_schema_unref(schema);
}
END_TEST

START_TEST(the_last_reference_frees)
{
	struct rm_text_source source = source_of_events();
	struct ringmap_schema *schema = rm_text_schema(&source);

	ck_assert_ptr_eq(ringmap_schema_ref(schema), schema);
	ringmap_schema_unref(schema);
	ck_assert(!source.freed);
	ringmap_schema_unref(schema);
	ck_assert(source.freed);
	ringmap_schema_unref(NULL);
}
END_TEST

/* ---- threads ------------------------------------------------------------------ */

#define ASKERS 4

struct asker {
	struct ringmap_schema *schema;
	const struct ringmap_format *found[4];
	size_t failures;
	pthread_t thread;
};

static void *ask(void *arg)
{
	static const char *const names[] = {"irq:entry", "irq:exit", "switch",
					    "xen:exit"};
	static const uint16_t ids[] = {20, 21, 30, 22};
	struct asker *asker = arg;

	for (size_t i = 0; i < 2000; i++) {
		const struct ringmap_format *format = NULL;
		const uint16_t record[4] = {ids[i % 4]};
		const struct ringmap_event event = {.data = record, .size = 8};
		char text[64];

		if (ringmap_schema_format(asker->schema, names[i % 4], &format,
					  NULL))
			asker->failures++;
		if (asker->found[i % 4] && asker->found[i % 4] != format)
			asker->failures++;
		asker->found[i % 4] = format;
		if (ringmap_schema_format_by_id(asker->schema, ids[i % 4],
						&format, NULL) ||
		    format != asker->found[i % 4])
			asker->failures++;
		if (ringmap_event_print(asker->schema, &event, (uint32_t)i % 4,
					text, sizeof(text), NULL))
			asker->failures++;
		if (!ringmap_schema_comm(asker->schema, 1))
			asker->failures++;
	}
	return NULL;
}

START_TEST(threads_find_the_same_formats)
{
	struct rm_text_source source = source_of_events();
	struct asker askers[ASKERS] = {{0}};

	source.saved_cmdlines = "1 init\n";
	/* The records are of this machine. */
	source.big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
	struct ringmap_schema *schema = rm_text_schema(&source);
	for (int i = 0; i < ASKERS; i++) {
		askers[i].schema = ringmap_schema_ref(schema);
		ck_assert(!pthread_create(&askers[i].thread, NULL, ask,
					  &askers[i]));
	}
	for (int i = 0; i < ASKERS; i++) {
		pthread_join(askers[i].thread, NULL);
		ck_assert_uint_eq(askers[i].failures, 0);
		ck_assert(!memcmp(askers[i].found, askers[0].found,
				  sizeof(askers[0].found)));
		ringmap_schema_unref(schema);
	}
	ringmap_schema_unref(schema);
}
END_TEST

/* ---- tasks, symbols, strings -------------------------------------------------- */

START_TEST(tasks_have_names)
{
	struct rm_text_source source = source_of_events();

	source.saved_cmdlines = "4734 trace-cmd\n18 migration/2\n7 two words\n"
				"x\n99999999999 far\n5 \n";
	struct ringmap_schema *schema = rm_text_schema(&source);
	ck_assert_str_eq(ringmap_schema_comm(schema, 18), "migration/2");
	ck_assert_str_eq(ringmap_schema_comm(schema, 4734), "trace-cmd");
	ck_assert_str_eq(ringmap_schema_comm(schema, 7), "two words");
	ck_assert_ptr_null(ringmap_schema_comm(schema, 5));
	ck_assert_ptr_null(ringmap_schema_comm(schema, 19));
	ck_assert_ptr_null(ringmap_schema_comm(schema, -1));
	ringmap_schema_unref(schema);
}
END_TEST

START_TEST(addresses_have_symbols)
{
	struct rm_text_source source = source_of_events();
	struct ringmap_symbol symbol;

	source.kallsyms = "ffffffff81002000 T second\n"
			  "ffffffff81001000 T first\n"
			  "ffffffff81001000 T alias\n"
			  "ffffffff81001800 A per_cpu_offset\n"
			  "ffffffff81001900 t $d\n"
			  "ffffffffc0201000 t in_module\t[xfs]\n"
			  "0000000000000000 T hidden\nrubbish\n";
	struct ringmap_schema *schema = rm_text_schema(&source);
	rm_assert_ok(
		ringmap_schema_symbol(schema, 0xffffffff81001fff, &symbol));
	ck_assert_str_eq(symbol.name, "first");
	ck_assert_ptr_null(symbol.module);
	ck_assert_uint_eq(symbol.start, 0xffffffff81001000);
	rm_assert_ok(
		ringmap_schema_symbol(schema, 0xffffffff81002000, &symbol));
	ck_assert_str_eq(symbol.name, "second");
	rm_assert_ok(ringmap_schema_symbol(schema, UINT64_MAX, &symbol));
	ck_assert_str_eq(symbol.name, "in_module");
	ck_assert_str_eq(symbol.module, "xfs");
	rm_assert_status(
		ringmap_schema_symbol(schema, 0xffffffff81000fff, &symbol),
		RINGMAP_E_NOENT);
	ringmap_schema_unref(schema);
}
END_TEST

START_TEST(without_privileges_there_are_no_symbols)
{
	struct rm_text_source source = source_of_events();
	struct ringmap_symbol symbol;

	source.kallsyms = "0000000000000000 T first\n"
			  "0000000000000000 T second\n";
	struct ringmap_schema *schema = rm_text_schema(&source);
	rm_assert_status(ringmap_schema_symbol(schema, 4096, &symbol),
			 RINGMAP_E_NOENT);
	ringmap_schema_unref(schema);
}
END_TEST

START_TEST(strings_have_addresses)
{
	struct rm_text_source source = source_of_events();

	source.printk_formats = "0xffffffff82b7a1c0 : \"woke %d\\n\"\n"
				"0xc044504c : \"x\"\nffff : bare\n";
	struct ringmap_schema *schema = rm_text_schema(&source);
	ck_assert_str_eq(ringmap_schema_printk(schema, 0xffffffff82b7a1c0),
			 "woke %d\\n");
	ck_assert_str_eq(ringmap_schema_printk(schema, 0xc044504c), "x");
	ck_assert_str_eq(ringmap_schema_printk(schema, 0xffff), "bare");
	ck_assert_ptr_null(ringmap_schema_printk(schema, 1));
	ringmap_schema_unref(schema);
}
END_TEST

START_TEST(what_no_text_tells_is_not_known)
{
	struct rm_text_source source = source_of_events();
	struct ringmap_schema *schema = rm_text_schema(&source);
	struct ringmap_symbol symbol;

	ck_assert_ptr_null(ringmap_schema_comm(schema, 1));
	ck_assert_ptr_null(ringmap_schema_printk(schema, 1));
	rm_assert_status(ringmap_schema_symbol(schema, 1, &symbol),
			 RINGMAP_E_NOENT);
	ringmap_schema_unref(schema);
}
END_TEST

/* ---- folders ------------------------------------------------------------------- */

static const char header_page_32[] =
	"\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
	"\tfield: local_t commit;\toffset:8;\tsize:4;\tsigned:1;\n";

START_TEST(a_folder_is_read_like_tracefs)
{
	const struct ringmap_format *format;
	struct ringmap_field_info field;
	struct ringmap_schema *schema;
	struct rm_tree tree;
	size_t count;

	rm_tree_make(&tree);
	rm_tree_print(&tree, "events/header_page", header_page_32);
	rm_tree_print(&tree, "events/enable", "X\n");
	rm_tree_print(&tree, "events/irq/entry/format",
		      RM_FORMAT("entry", 20,
				RM_FIELD("unsigned long a[]", 8, 0, 0),
				"\"\""));
	rm_tree_print(&tree, "events/irq/filter", "none\n");
	rm_tree_print(&tree, "events/irq/no_event/other", "\n");
	rm_tree_print(&tree, "saved_cmdlines", "9 nine\n");
	rm_assert_ok_err(ringmap_schema_open(tree.root, &schema, &err), &err);
	rm_assert_ok_err(ringmap_schema_load(schema, &count, &err), &err);
	ck_assert_uint_eq(count, 1);
	rm_assert_ok(ringmap_schema_format(schema, "irq:entry", &format, &err));
	rm_assert_ok(ringmap_format_field(format, 4, &field, sizeof(field)));
	ck_assert_uint_eq(field.elem_size, 4);
	ck_assert_str_eq(ringmap_schema_comm(schema, 9), "nine");
	ringmap_schema_unref(schema);
	rm_tree_free(&tree);
}
END_TEST

static void assert_open_fails(const char *path, enum ringmap_status status)
{
	struct ringmap_schema *schema;

	rm_assert_error(ringmap_schema_open(path, &schema, &err), status, &err);
}

START_TEST(what_is_no_folder_of_formats_is_refused)
{
	struct ringmap_schema *schema;
	const struct ringmap_format *format;
	struct rm_tree tree;

	assert_open_fails("/nowhere/at/all", RINGMAP_E_NOENT);
	rm_tree_make(&tree);
	assert_open_fails(tree.root, RINGMAP_E_NOENT);
	rm_tree_print(&tree, "events/irq/entry/format", "\n");
	assert_open_fails(tree.root, RINGMAP_E_NOENT);
	ck_assert_ptr_nonnull(strstr(err.text, "header_page"));
	rm_tree_print(&tree, "events/header_page", "commit; size:5;");
	assert_open_fails(tree.root, RINGMAP_E_CORRUPT);
	rm_tree_print(&tree, "events/header_page", header_page_32);
	rm_assert_ok(ringmap_schema_open(tree.root, &schema, &err));
	rm_assert_error(ringmap_schema_format(schema, "entry", &format, &err),
			RINGMAP_E_CORRUPT, &err);
	rm_assert_error(
		ringmap_schema_format(schema, "../irq:entry", &format, &err),
		RINGMAP_E_NOENT, &err);
	ringmap_schema_unref(schema);
	rm_tree_free(&tree);
}
END_TEST

/* While descriptors are short, that is the reason: the event is there. */
START_TEST(folders_that_cannot_be_opened_are_not_left_out)
{
	enum {
		MOST = 64
	};
	const struct ringmap_format *format;
	struct ringmap_schema *schema;
	struct rlimit before, few;
	int fds[MOST];
	int count = 0;
	int refused = 0;
	struct rm_tree tree;

	rm_tree_make(&tree);
	rm_tree_print(&tree, "events/header_page", header_page_32);
	rm_tree_print(&tree, "events/irq/entry/format",
		      RM_FORMAT("entry", 20, "", "\"\""));
	rm_assert_ok_err(ringmap_schema_open(tree.root, &schema, &err), &err);
	ck_assert(!getrlimit(RLIMIT_NOFILE, &before));
	few = (struct rlimit){MOST, before.rlim_max};
	ck_assert(!setrlimit(RLIMIT_NOFILE, &few));
	while (count < MOST && (fds[count] = dup(0)) >= 0)
		count++;
	ck_assert_int_gt(count, 10);
	while (ringmap_schema_format(schema, "entry", &format, &err)) {
		rm_assert_status(err.status, RINGMAP_E_OS);
		ck_assert_int_eq(err.os_errno, EMFILE);
		ck_assert_int_gt(count, 0);
		close(fds[--count]);
		refused++;
	}
	/* Those of all systems and of one are open at the same time. */
	ck_assert_int_ge(refused, 2);
	while (count)
		close(fds[--count]);
	ck_assert(!setrlimit(RLIMIT_NOFILE, &before));
	ringmap_schema_unref(schema);
	rm_tree_free(&tree);
}
END_TEST

RM_MAIN(only_formats_that_are_asked_for_are_read,
	a_name_of_several_systems_needs_one, what_is_not_there_is_told,
	load_sorts_and_leaves_out_what_makes_no_sense,
	names_that_are_no_utf8_are_escaped, a_number_is_found_by_reading_all,
	the_last_reference_frees, threads_find_the_same_formats,
	tasks_have_names, addresses_have_symbols,
	without_privileges_there_are_no_symbols, strings_have_addresses,
	what_no_text_tells_is_not_known, a_folder_is_read_like_tracefs,
	what_is_no_folder_of_formats_is_refused,
	folders_that_cannot_be_opened_are_not_left_out)
