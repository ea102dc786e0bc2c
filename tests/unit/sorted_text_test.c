/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * sorted_text_test.c - a text of the kernel, sorted by the number of each line
 */
#include "schema/sorted_text.h"
#include "tests/support/rm_check.h"

#include <stdlib.h>
#include <string.h>

struct entry {
	int number;
	const char *name;
};

/* "7 name"; a line that begins with '#' has no entry. */
static bool parse(char *line, void *ret)
{
	struct entry *entry = ret;

	if (*line == '#')
		return false;
	entry->number = (int)strtol(line, &line, 10);
	entry->name = line + (*line == ' ');
	return true;
}

static int compare(const void *a, const void *b)
{
	const struct entry *x = a;
	const struct entry *y = b;

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return x->name < y->name ? -1 : x->name > y->name;
}

static bool smaller(const void *entry, const void *key)
{
	return ((const struct entry *)entry)->number < *(const int *)key;
}

static const struct rm_sorted_kind kind = {
	.which = RM_TEXT_SAVED_CMDLINES,
	.entry_size = sizeof(struct entry),
	.parse = parse,
	.compare = compare,
};

/* A source with one text, which may be absent. */
struct one_text {
	const char *text;
	enum ringmap_status status;
	int asked;
};

static enum ringmap_status give(void *ctx, enum rm_schema_text which,
				char **ret, size_t *size,
				struct ringmap_error *err)
{
	struct one_text *one = ctx;

	(void)err;
	one->asked++;
	ck_assert_int_eq(which, kind.which);
	if (one->status != RINGMAP_OK)
		return one->status;
	*ret = strdup(one->text);
	*size = strlen(one->text);
	return RINGMAP_OK;
}

static const struct rm_schema_source_ops ops = {.text = give};

static enum ringmap_status load(struct rm_sorted_text *sorted,
				struct one_text *one)
{
	const struct rm_schema_source source = {.ops = &ops, .ctx = one};

	return rm_sorted_text_load(sorted, &kind, &source);
}

static size_t before(const struct rm_sorted_text *sorted, int key)
{
	return rm_sorted_text_before(sorted, &kind, &key, smaller);
}

START_TEST(lines_are_sorted_and_equal_ones_keep_their_order)
{
	struct one_text one = {.text = "5 e\n#\n1 a\n\n5 d\n3 c"};
	struct rm_sorted_text sorted = {.count = 0};

	rm_assert_ok(load(&sorted, &one));
	const struct entry *e = sorted.entries;
	ck_assert_uint_eq(sorted.count, 5);
	ck_assert_int_eq(e[0].number, 0);
	ck_assert_str_eq(e[0].name, "");
	ck_assert_str_eq(e[1].name, "a");
	ck_assert_str_eq(e[2].name, "c");
	ck_assert_str_eq(e[3].name, "e");
	ck_assert_str_eq(e[4].name, "d");
	rm_sorted_text_free(&sorted);
}
END_TEST

START_TEST(a_key_divides_the_entries)
{
	struct one_text one = {.text = "1 a\n3 b\n3 c\n9 d\n"};
	struct rm_sorted_text sorted = {.count = 0};

	rm_assert_ok(load(&sorted, &one));
	ck_assert_uint_eq(before(&sorted, 0), 0);
	ck_assert_uint_eq(before(&sorted, 1), 0);
	ck_assert_uint_eq(before(&sorted, 2), 1);
	ck_assert_uint_eq(before(&sorted, 3), 1);
	ck_assert_uint_eq(before(&sorted, 4), 3);
	ck_assert_uint_eq(before(&sorted, 9), 3);
	ck_assert_uint_eq(before(&sorted, 10), 4);
	rm_sorted_text_free(&sorted);
}
END_TEST

START_TEST(the_text_is_read_once)
{
	struct one_text one = {.text = "1 a"};
	struct rm_sorted_text sorted = {.count = 0};

	rm_assert_ok(load(&sorted, &one));
	rm_assert_ok(load(&sorted, &one));
	ck_assert_int_eq(one.asked, 1);
	rm_sorted_text_free(&sorted);
	ck_assert(!sorted.read);
}
END_TEST

START_TEST(a_text_that_is_not_there_has_no_entries)
{
	struct one_text one = {.status = RINGMAP_E_NOENT};
	struct rm_sorted_text sorted = {.count = 0};

	rm_assert_ok(load(&sorted, &one));
	rm_assert_ok(load(&sorted, &one));
	ck_assert_int_eq(one.asked, 1);
	ck_assert_uint_eq(before(&sorted, 5), 0);
	rm_sorted_text_free(&sorted);
}
END_TEST

START_TEST(after_a_lack_of_memory_it_is_read_again)
{
	struct one_text one = {.text = "1 a", .status = RINGMAP_E_NOMEM};
	struct rm_sorted_text sorted = {.count = 0};

	rm_assert_status(load(&sorted, &one), RINGMAP_E_NOMEM);
	ck_assert(!sorted.read);
	one.status = RINGMAP_OK;
	rm_assert_ok(load(&sorted, &one));
	ck_assert_uint_eq(sorted.count, 1);
	rm_sorted_text_free(&sorted);
}
END_TEST

RM_MAIN(lines_are_sorted_and_equal_ones_keep_their_order,
	a_key_divides_the_entries, the_text_is_read_once,
	a_text_that_is_not_there_has_no_entries,
	after_a_lack_of_memory_it_is_read_again)
