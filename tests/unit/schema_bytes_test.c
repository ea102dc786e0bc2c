/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * schema_bytes_test.c - a schema that is saved, and opened from its bytes
 */
#define _GNU_SOURCE
#include "tests/support/rm_check.h"
#include "tests/support/text_source.h"

#include <stdlib.h>
#include <string.h>

static struct ringmap_error err;

static const struct rm_text_event events[] = {
	{"sched", "switch", RM_FORMAT("switch", 30, "", "\"on %d\", REC->x")},
	{"irq", "entry",
	 RM_FORMAT("entry", 20, RM_FIELD("int irq", 8, 4, 1), "\"\"")},
	{"irq", "exit", RM_FORMAT("exit", 21, "", "\"\"")},
	{"xen", "exit", RM_FORMAT("exit", 22, "", "\"\"")},
};

static struct rm_text_source full_source(void)
{
	return (struct rm_text_source){
		.events = events,
		.count = sizeof(events) / sizeof(*events),
		.printk_formats = "0xffffffff81000010 : \"hello\"\n",
		.saved_cmdlines = "42 answer\n",
		.kallsyms = "ffffffff81000000 T start_kernel\n",
	};
}

/* The bytes of a schema; the caller's. */
static char *save(struct ringmap_schema *schema, uint32_t flags, size_t *size)
{
	size_t again;

	rm_assert_ok_err(
		ringmap_schema_save(schema, flags, NULL, 0, size, &err), &err);
	char *bytes = malloc(*size);
	ck_assert_ptr_nonnull(bytes);
	rm_assert_error(ringmap_schema_save(schema, flags, bytes, *size - 1,
					    &again, &err),
			RINGMAP_E_INVAL, &err);
	rm_assert_ok_err(
		ringmap_schema_save(schema, flags, bytes, *size, &again, &err),
		&err);
	ck_assert_uint_eq(again, *size);
	return bytes;
}

/* Saves the source's schema and opens it, when both are gone. */
static struct ringmap_schema *reopen(struct rm_text_source *source,
				     uint32_t flags)
{
	struct ringmap_schema *schema = rm_text_schema(source);
	struct ringmap_schema *ret;
	size_t size;
	char *bytes = save(schema, flags, &size);

	ringmap_schema_unref(schema);
	rm_assert_ok_err(ringmap_schema_open_bytes(bytes, size, &ret, &err),
			 &err);
	memset(bytes, 0, size);
	free(bytes);
	return ret;
}

START_TEST(bytes_have_what_the_schema_has)
{
	struct rm_text_source source = full_source();
	struct ringmap_schema *schema = reopen(&source, 0);
	const struct ringmap_format *format;
	struct ringmap_format_info info;
	struct ringmap_symbol symbol;
	size_t count;

	ck_assert(source.freed);
	rm_assert_ok_err(ringmap_schema_load(schema, &count, &err), &err);
	ck_assert_uint_eq(count, 4);
	rm_assert_ok(ringmap_schema_format_by_id(schema, 30, &format, &err));
	rm_assert_ok(ringmap_format_info(format, &info, sizeof(info)));
	ck_assert_str_eq(info.system, "sched");
	ck_assert_str_eq(info.print_fmt, "\"on %d\", REC->x");
	rm_assert_ok(ringmap_schema_format(schema, "irq:entry", &format, &err));
	rm_assert_ok(ringmap_format_info(format, &info, sizeof(info)));
	ck_assert_uint_eq(info.nr_fields, 5);
	rm_assert_error(ringmap_schema_format(schema, "exit", &format, &err),
			RINGMAP_E_INVAL, &err);
	rm_assert_error(ringmap_schema_format(schema, "a:b", &format, &err),
			RINGMAP_E_NOENT, &err);
	ck_assert_str_eq(ringmap_schema_comm(schema, 42), "answer");
	ck_assert_str_eq(ringmap_schema_printk(schema, 0xffffffff81000010),
			 "hello");
	rm_assert_ok(
		ringmap_schema_symbol(schema, 0xffffffff81000004, &symbol));
	ck_assert_str_eq(symbol.name, "start_kernel");
	ringmap_schema_unref(schema);
}
END_TEST

START_TEST(addresses_are_left_out_on_request)
{
	struct rm_text_source source = full_source();
	struct ringmap_schema *live = rm_text_schema(&source);
	struct ringmap_symbol symbol;
	size_t size;
	char *bytes = save(live, RINGMAP_SCHEMA_NO_ADDRESSES, &size);

	ck_assert_ptr_null(memmem(bytes, size, "ffffffff8", 9));
	ck_assert_ptr_nonnull(memmem(bytes, size, "answer", 6));
	free(bytes);
	/* The flags are not those of the call before. */
	bytes = save(live, 0, &size);
	ck_assert_ptr_nonnull(memmem(bytes, size, "ffffffff8", 9));
	free(bytes);
	ringmap_schema_unref(live);
	struct ringmap_schema *schema =
		reopen(&source, RINGMAP_SCHEMA_NO_ADDRESSES);
	ck_assert_str_eq(ringmap_schema_comm(schema, 42), "answer");
	ck_assert_ptr_null(ringmap_schema_printk(schema, 0xffffffff81000010));
	rm_assert_status(
		ringmap_schema_symbol(schema, 0xffffffff81000004, &symbol),
		RINGMAP_E_NOENT);
	ringmap_schema_unref(schema);
}
END_TEST

/* Ends the bytes with their first line. They have no NUL. */
static char *first_line(char *bytes, size_t size)
{
	char *end = memchr(bytes, '\n', size);

	ck_assert_ptr_nonnull(end);
	*end = '\0';
	return bytes;
}

START_TEST(byte_order_and_size_of_long_are_kept)
{
	for (int i = 0; i < 4; i++) {
		struct rm_text_source source = full_source();
		size_t first, second;

		source.big_endian = i & 1;
		source.long_size = i & 2 ? 4 : 8;
		struct ringmap_schema *schema = reopen(&source, 0);
		struct ringmap_schema *live = rm_text_schema(&source);
		char *a = save(schema, 0, &first);
		char *b = save(live, 0, &second);
		/* Only the order of the formats may differ. */
		ck_assert_uint_eq(first, second);
		ck_assert_str_eq(first_line(a, first), first_line(b, second));
		ck_assert_ptr_nonnull(strstr(a, i & 1 ? "big" : "little"));
		ck_assert_int_eq(a[strlen(a) - 1], i & 2 ? '4' : '8');
		free(a);
		free(b);
		ringmap_schema_unref(schema);
		ringmap_schema_unref(live);
	}
}
END_TEST

START_TEST(texts_that_are_missing_stay_so)
{
	struct rm_text_source source = full_source();

	source.printk_formats = source.saved_cmdlines = source.kallsyms = NULL;
	struct ringmap_schema *schema = reopen(&source, 0);
	ck_assert_ptr_null(ringmap_schema_comm(schema, 42));
	ck_assert_ptr_null(ringmap_schema_printk(schema, 0xffffffff81000010));
	ringmap_schema_unref(schema);
}
END_TEST

START_TEST(bytes_that_are_cut_or_changed_are_refused_or_harmless)
{
	struct rm_text_source source = full_source();
	struct ringmap_schema *live = rm_text_schema(&source);
	struct ringmap_schema *schema;
	size_t size, count, good = 0;
	char *bytes = save(live, 0, &size);

	for (size_t cut = 0; cut < size; cut++) {
		/* Of its own, so that a sanitizer sees the end. */
		char *part = malloc(cut + 1);

		memcpy(part, bytes, cut);
		enum ringmap_status s =
			ringmap_schema_open_bytes(part, cut, &schema, &err);
		free(part);
		if (s == RINGMAP_OK) {
			good++;
			ringmap_schema_unref(schema);
			continue;
		}
		rm_assert_status(s, RINGMAP_E_CORRUPT);
	}
	/* Only a cut between two texts leaves something whole: after the head,
	 * and after all but the last of four formats and three texts. */
	ck_assert_uint_eq(good, 7);
	for (size_t i = 0; i < size; i++) {
		const char was = bytes[i];

		for (int change = 0; change < 3; change++) {
			bytes[i] = change == 0 ? '\n' : change == 1 ? '9' : '/';
			if (ringmap_schema_open_bytes(bytes, size, &schema,
						      &err))
				continue;
			ringmap_schema_load(schema, &count, &err);
			ringmap_schema_comm(schema, 42);
			ringmap_schema_unref(schema);
		}
		bytes[i] = was;
	}
	free(bytes);
	ringmap_schema_unref(live);
}
END_TEST

START_TEST(absurd_bytes_are_refused)
{
	static const char *const texts[] = {
		"",
		"ringmap schema 1 ",
		"ringmap schema 1 little 8",
		"ringmap schema 1 middle 8\n",
		"ringmap schema 1 little 16\n",
		"ringmap schema 2 little 8\n",
		"ringmap schema 1 little 8\n0 1\nx\n",
		"ringmap schema 1 little 8\n-1 1\nx\n",
		"ringmap schema 1 little 8\n1 18446744073709551615\nx\n",
		"ringmap schema 1 little 8\n18446744073709551616 1\nx\n",
		"ringmap schema 1 little 8\n1 1\nabX",
		"ringmap schema 1 little 8\n1 1\nab\n1 1\nac\n",
	};
	struct ringmap_schema *schema = NULL;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		rm_assert_error(ringmap_schema_open_bytes(texts[i],
							  strlen(texts[i]),
							  &schema, &err),
				RINGMAP_E_CORRUPT, &err);
	rm_assert_error(ringmap_schema_open_bytes(NULL, 0, &schema, &err),
			RINGMAP_E_INVAL, &err);
	rm_assert_error(ringmap_schema_open_bytes("", 0, NULL, &err),
			RINGMAP_E_INVAL, &err);
	ck_assert_ptr_null(schema);
}
END_TEST

START_TEST(flags_that_do_not_exist_are_refused)
{
	struct rm_text_source source = full_source();
	struct ringmap_schema *schema = rm_text_schema(&source);
	size_t size;

	rm_assert_error(ringmap_schema_save(schema, 2, NULL, 0, &size, &err),
			RINGMAP_E_INVAL, &err);
	rm_assert_error(ringmap_schema_save(schema, 0, NULL, 0, NULL, &err),
			RINGMAP_E_INVAL, &err);
	rm_assert_error(ringmap_schema_save(NULL, 0, NULL, 0, &size, &err),
			RINGMAP_E_INVAL, &err);
	ringmap_schema_unref(schema);
}
END_TEST

START_TEST(event_that_is_gone_is_left_out)
{
	static const struct rm_text_event gone[] = {
		{"irq", "gone", NULL},
		{"irq", "exit", RM_FORMAT("exit", 21, "", "\"\"")},
	};
	struct rm_text_source source = {.events = gone, .count = 2};
	struct ringmap_schema *schema = reopen(&source, 0);
	size_t count;

	rm_assert_ok(ringmap_schema_load(schema, &count, &err));
	ck_assert_uint_eq(count, 1);
	ringmap_schema_unref(schema);
}
END_TEST

RM_MAIN(bytes_have_what_the_schema_has, addresses_are_left_out_on_request,
	byte_order_and_size_of_long_are_kept, texts_that_are_missing_stay_so,
	bytes_that_are_cut_or_changed_are_refused_or_harmless,
	absurd_bytes_are_refused, flags_that_do_not_exist_are_refused,
	event_that_is_gone_is_left_out)
