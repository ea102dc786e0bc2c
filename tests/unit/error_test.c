/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * error_test.c - statuses have names, and errors a sentence that fits
 */
#include "base/error.h"

#include "tests/support/rm_check.h"

static const struct {
	enum ringmap_status status;
	const char *name;
} statuses[] = {
	{RINGMAP_OK, "RINGMAP_OK"},
	{RINGMAP_DONE, "RINGMAP_DONE"},
	{RINGMAP_STOPPED, "RINGMAP_STOPPED"},
	{RINGMAP_E_INVAL, "RINGMAP_E_INVAL"},
	{RINGMAP_E_NOMEM, "RINGMAP_E_NOMEM"},
	{RINGMAP_E_OS, "RINGMAP_E_OS"},
	{RINGMAP_E_UNSUPPORTED, "RINGMAP_E_UNSUPPORTED"},
	{RINGMAP_E_BUSY, "RINGMAP_E_BUSY"},
	{RINGMAP_E_CORRUPT, "RINGMAP_E_CORRUPT"},
	{RINGMAP_E_STALE, "RINGMAP_E_STALE"},
	{RINGMAP_E_OVERWRITTEN, "RINGMAP_E_OVERWRITTEN"},
	{RINGMAP_E_FORKED, "RINGMAP_E_FORKED"},
	{RINGMAP_E_PERMISSION, "RINGMAP_E_PERMISSION"},
	{RINGMAP_E_NOENT, "RINGMAP_E_NOENT"},
};

enum {
	COUNT = sizeof(statuses) / sizeof(*statuses)
};

START_TEST(every_status_has_its_own_name)
{
	for (int i = 0; i < COUNT; i++)
		ck_assert_str_eq(ringmap_status_name(statuses[i].status),
				 statuses[i].name);
}
END_TEST

START_TEST(other_values_have_no_name)
{
	int named = 0;

	for (int value = -1000; value <= 1000; value++) {
		const char *name =
			ringmap_status_name((enum ringmap_status)value);

		named += strcmp(name, "RINGMAP_E_?") != 0;
	}
	/* The table above has all that the library knows. */
	ck_assert_int_eq(named, COUNT);
}
END_TEST

START_TEST(every_mode_has_its_own_name)
{
	static const char *const names[] = {"auto", "follow", "consume", "read",
					    "image"};

	for (int mode = 0; mode < 5; mode++)
		ck_assert_str_eq(ringmap_mode_name((enum ringmap_mode)mode),
				 names[mode]);
	ck_assert_str_eq(ringmap_mode_name((enum ringmap_mode)5), "?");
	ck_assert_str_eq(ringmap_mode_name((enum ringmap_mode)99), "?");
}
END_TEST

START_TEST(version_is_that_of_the_header)
{
	ck_assert_uint_eq(ringmap_version() >> 16, RINGMAP_VERSION_MAJOR);
	ck_assert_uint_eq(ringmap_version() >> 8 & 255, RINGMAP_VERSION_MINOR);
	ck_assert_uint_eq(ringmap_version() & 255, RINGMAP_VERSION_PATCH);
}
END_TEST

START_TEST(failing_returns_the_status_and_fills_the_detail)
{
	struct ringmap_error err;

	memset(&err, 0xff, sizeof(err));
	rm_assert_status(rm_fail(&err, RINGMAP_E_OS, 5, "%s %d", "number", 7),
			 RINGMAP_E_OS);
	ck_assert_int_eq(err.status, RINGMAP_E_OS);
	ck_assert_int_eq(err.os_errno, 5);
	ck_assert_str_eq(err.text, "number 7");
	rm_assert_status(rm_fail(NULL, RINGMAP_E_BUSY, 0, "%s", "nobody asks"),
			 RINGMAP_E_BUSY);
}
END_TEST

START_TEST(long_sentence_is_cut)
{
	struct {
		struct ringmap_error err;
		char behind[8];
	} room;
	char text[1000];

	memset(&room, 'x', sizeof(room));
	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	rm_fail(&room.err, RINGMAP_E_INVAL, 0, "%s", text);
	ck_assert_uint_eq(strlen(room.err.text), sizeof(room.err.text) - 1);
	ck_assert_mem_eq(room.behind, "xxxxxxxx", 8);
}
END_TEST

RM_MAIN(every_status_has_its_own_name, other_values_have_no_name,
	every_mode_has_its_own_name, version_is_that_of_the_header,
	failing_returns_the_status_and_fills_the_detail, long_sentence_is_cut)
