/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * utf8_test.c - what is UTF-8, and what becomes of the rest
 */
#include "base/utf8.h"

#include "tests/support/arrow_text.h"
#include "tests/support/rm_check.h"

static bool is_valid(const void *text, size_t size)
{
	/* In memory of just that size, for the sanitizer. */
	uint8_t *copy = calloc(1, size ? size : 1);

	memcpy(copy, text, size);
	bool valid = rm_utf8_valid(copy, size);
	free(copy);
	return valid;
}

static size_t put_character(uint8_t *to, uint32_t code)
{
	if (code < 0x80) {
		to[0] = (uint8_t)code;
		return 1;
	}
	size_t more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
	static const uint8_t heads[] = {0, 0xc0, 0xe0, 0xf0};
	to[0] = (uint8_t)(heads[more] | code >> 6 * more);
	for (size_t i = 1; i <= more; i++)
		to[i] = (uint8_t)(0x80 | (code >> 6 * (more - i) & 0x3f));
	return more + 1;
}

START_TEST(every_character_is_valid)
{
	uint8_t text[16] = "abcdefg";

	for (uint32_t code = 0; code < 0x120000; code++) {
		bool character =
			code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
		size_t size = put_character(text + 7, code);

		if (rm_utf8_valid(text, 7 + size) != character ||
		    rm_utf8_valid(text + 7, size) != character)
			ck_abort_msg("U+%x", code);
		/* And nothing is, when its last byte is missing. */
		if (size > 1 && rm_utf8_valid(text, 6 + size))
			ck_abort_msg("the beginning of U+%x", code);
	}
}
END_TEST

START_TEST(all_pairs_of_bytes_are_judged_as_the_standard_does)
{
	uint8_t text[4] = "ab";

	for (uint32_t pair = 0; pair < 1 << 24; pair += 7) {
		text[0] = (uint8_t)(pair >> 16);
		text[1] = (uint8_t)(pair >> 8);
		text[2] = (uint8_t)pair;
		for (size_t size = 1; size <= 3; size++)
			if (rm_utf8_valid(text, size) != rm_is_utf8(text, size))
				ck_abort_msg("%06x, %zu of its bytes", pair,
					     size);
	}
}
END_TEST

START_TEST(nothing_is_read_behind_the_end)
{
	ck_assert(is_valid("", 0));
	ck_assert(is_valid("abcdefgh", 8));
	ck_assert(!is_valid("abcdefg\xe2\x82", 9));
	ck_assert(!is_valid("abcdefgh\xf0", 9));
	ck_assert(is_valid("abcdefghijk\xf0\x9f\x90\xa7", 15));
	ck_assert(!is_valid("abcdefgh\0\x80", 10));
}
END_TEST

static void expect_escaped(const char *from, size_t size, const char *to)
{
	uint8_t *text = malloc(size * RM_ESCAPE_BYTES);

	memcpy(text, from, size);
	size_t now = rm_utf8_escape(text, size);
	ck_assert_uint_eq(now, strlen(to));
	ck_assert(!memcmp(text, to, now));
	free(text);
}

START_TEST(bytes_of_no_character_are_escaped)
{
	expect_escaped("\xff", 1, "\\xff");
	expect_escaped("a\x80z", 3, "a\\x80z");
	expect_escaped("\xe2\x82\xac\xe2\x82", 5, "\xe2\x82\xac\\xe2\\x82");
	expect_escaped("\xed\xa0\x80", 3, "\\xed\\xa0\\x80");
	expect_escaped("\xc0\xaf", 2, "\\xc0\\xaf");
	expect_escaped("\xf4\x90\x80\x80", 4, "\\xf4\\x90\\x80\\x80");
	expect_escaped("\x0a\xfe\x0a", 3, "\n\\xfe\n");
}
END_TEST

START_TEST(what_was_escaped_is_utf8_and_can_be_told_apart)
{
	/* All strings of two bytes out of these, one of them no UTF-8. */
	static const char *const parts[] = {"\xff", "\xfe", "\\xff", "\\xfe",
					    "\\",   "xff",  "\\x5c", "x"};
	char seen[64][32];
	size_t count = 0;

	for (size_t i = 0; i < 64; i++) {
		char text[64] = {0};

		strcat(strcpy(text, parts[i / 8]), parts[i % 8]);
		if (rm_utf8_valid((uint8_t *)text, strlen(text)))
			continue;
		size_t size = rm_utf8_escape((uint8_t *)text, strlen(text));
		text[size] = '\0';
		ck_assert(rm_utf8_valid((uint8_t *)text, size));
		for (size_t k = 0; k < count; k++)
			ck_assert_str_ne(text, seen[k]);
		strcpy(seen[count++], text);
	}
	ck_assert_uint_eq(count, 2 * 8 + 6 * 2);
}
END_TEST

RM_MAIN(every_character_is_valid,
	all_pairs_of_bytes_are_judged_as_the_standard_does,
	nothing_is_read_behind_the_end, bytes_of_no_character_are_escaped,
	what_was_escaped_is_utf8_and_can_be_told_apart)
