/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * dict_test.c - one number for each string, and always the same
 */
#include "table/dict.h"

#include "tests/support/rm_check.h"

#include <pthread.h>

static int32_t code_of(struct rm_dict *dict, const char *text)
{
	return rm_dict_code(dict, text, strlen(text));
}

static void expect_string(const struct rm_strings *strings, uint32_t code,
			  const char *text)
{
	int32_t begin = strings->offsets[code];
	int32_t end = strings->offsets[code + 1];

	ck_assert_int_eq(end - begin, (int32_t)strlen(text));
	ck_assert(!memcmp(strings->bytes + begin, text, strlen(text)));
}

START_TEST(codes_count_up_from_0_and_stay)
{
	struct rm_dict *dict = rm_dict_new();
	char text[32];
	uint32_t count;

	for (int round = 0; round < 3; round++)
		for (int i = 0; i < 5000; i++) {
			snprintf(text, sizeof(text), "%d", i);
			ck_assert_int_eq(code_of(dict, text), i);
		}
	struct rm_strings *strings = rm_dict_strings(dict, &count);
	ck_assert_uint_eq(count, 5000);
	for (uint32_t i = 0; i < count; i++) {
		snprintf(text, sizeof(text), "%u", i);
		expect_string(strings, i, text);
	}
	rm_strings_unref(strings);
	rm_dict_unref(dict);
}
END_TEST

START_TEST(strings_are_bytes_of_any_length)
{
	struct rm_dict *dict = rm_dict_new();
	static char large[100000];
	uint32_t count;

	memset(large, 'x', sizeof(large));
	ck_assert_int_eq(rm_dict_code(dict, "a\0b", 3), 0);
	ck_assert_int_eq(rm_dict_code(dict, "a\0c", 3), 1);
	ck_assert_int_eq(rm_dict_code(dict, "a", 1), 2);
	ck_assert_int_eq(rm_dict_code(dict, "", 0), 3);
	ck_assert_int_eq(rm_dict_code(dict, large, sizeof(large)), 4);
	ck_assert_int_eq(rm_dict_code(dict, large, sizeof(large) - 1), 5);
	ck_assert_int_eq(rm_dict_code(dict, "a\0bc", 3), 0);
	ck_assert_int_eq(rm_dict_code(dict, "", 0), 3);
	ck_assert_int_eq(rm_dict_code(dict, large, sizeof(large)), 4);
	struct rm_strings *strings = rm_dict_strings(dict, &count);
	ck_assert_uint_eq(count, 6);
	rm_strings_unref(strings);
	rm_dict_unref(dict);
}
END_TEST

START_TEST(strings_that_were_handed_out_stay_as_they_are)
{
	struct rm_dict *dict = rm_dict_new();
	struct rm_strings *early[12];
	uint32_t counts[12];
	char text[32];

	for (uint32_t i = 0; i < 12; i++) {
		for (uint32_t n = i ? 1u << i : 0; n < 2u << i; n++) {
			snprintf(text, sizeof(text), "%u", n);
			code_of(dict, text);
		}
		early[i] = rm_dict_strings(dict, &counts[i]);
	}
	rm_dict_unref(dict);
	for (uint32_t i = 0; i < 12; i++) {
		ck_assert_uint_eq(counts[i], 2u << i);
		for (uint32_t n = 0; n < counts[i]; n++) {
			snprintf(text, sizeof(text), "%u", n);
			expect_string(early[i], n, text);
		}
		rm_strings_unref(early[i]);
	}
	rm_strings_unref(NULL);
	rm_dict_unref(NULL);
}
END_TEST

START_TEST(more_than_65536_strings_are_enough)
{
	struct rm_dict *dict = rm_dict_new();

	for (uint32_t n = 0; n < 65536; n++)
		rm_dict_code(dict, (const char *)&n, sizeof(n));
	ck_assert(!rm_dict_full(dict));
	ck_assert_int_eq(code_of(dict, "one more"), 65536);
	ck_assert(rm_dict_full(dict));
	/* Full is a hint: a batch that was begun can be ended. */
	ck_assert_int_eq(code_of(dict, "two more"), 65537);
	rm_dict_unref(dict);
}
END_TEST

struct caller {
	pthread_t thread;
	struct rm_dict *dict;
	int32_t codes[3000];
};

static void *ask(void *arg)
{
	struct caller *c = arg;
	char text[32];

	for (int i = 0; i < 3000; i++) {
		snprintf(text, sizeof(text), "%d", i);
		c->codes[i] = code_of(c->dict, text);
	}
	rm_dict_unref(c->dict);
	return NULL;
}

START_TEST(all_threads_are_told_the_same)
{
	static struct caller callers[4];
	struct rm_dict *dict = rm_dict_new();

	for (int i = 0; i < 4; i++) {
		callers[i].dict = rm_dict_ref(dict);
		ck_assert(!pthread_create(&callers[i].thread, NULL, ask,
					  &callers[i]));
	}
	/* Others read what is there while it grows. */
	for (int i = 0; i < 200; i++) {
		uint32_t count;
		struct rm_strings *s = rm_dict_strings(dict, &count);

		if (count)
			ck_assert_int_gt(s->offsets[count], 0);
		rm_strings_unref(s);
	}
	for (int i = 0; i < 4; i++)
		ck_assert(!pthread_join(callers[i].thread, NULL));
	for (int i = 1; i < 4; i++)
		ck_assert(!memcmp(callers[i].codes, callers[0].codes,
				  sizeof(callers[0].codes)));
	rm_dict_unref(dict);
}
END_TEST

START_TEST(a_cleared_memo_knows_nothing)
{
	static struct rm_memo memo;
	bool used[RM_MEMO_SIZE] = {false};
	size_t count = 0;

	rm_memo_clear(&memo);
	for (uint64_t i = 0; i < 4096; i++) {
		struct rm_memo_entry *e = rm_memo_at(&memo, i, i * 3);
		size_t at = (size_t)(e - memo.entries);

		ck_assert_uint_lt(at, RM_MEMO_SIZE);
		ck_assert_int_eq(e->code, -1);
		count += !used[at];
		used[at] = true;
	}
	/* And its places are used. */
	ck_assert_uint_gt(count, RM_MEMO_SIZE / 2);
}
END_TEST

RM_MAIN(codes_count_up_from_0_and_stay, strings_are_bytes_of_any_length,
	strings_that_were_handed_out_stay_as_they_are,
	more_than_65536_strings_are_enough, all_threads_are_told_the_same,
	a_cleared_memo_knows_nothing)
