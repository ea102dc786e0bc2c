/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * tracefs_test.c - the folder of an instance
 */
#include "base/tracefs.h"
#include "tests/support/rm_check.h"

#include <errno.h>

static struct ringmap_error err;

START_TEST(an_instance_has_a_folder_below_tracefs)
{
	char path[64];

	rm_assert_ok(rm_instance_path("/t", "one", path, sizeof(path), &err));
	ck_assert_str_eq(path, "/t/instances/one");
	rm_assert_ok(rm_instance_path(NULL, "one", path, sizeof(path), &err));
	ck_assert_str_eq(path, "/sys/kernel/tracing/instances/one");
}
END_TEST

START_TEST(the_top_level_buffer_is_tracefs_itself)
{
	char path[64];

	rm_assert_ok(rm_instance_path("/t", "/", path, sizeof(path), &err));
	ck_assert_str_eq(path, "/t");
}
END_TEST

START_TEST(a_name_never_leads_out_of_the_instances)
{
	static const char *const names[] = {"", ".", "..", "a/b", "../a", "//"};
	char path[64];

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		rm_assert_error(rm_instance_path("/t", names[i], path,
						 sizeof(path), &err),
				RINGMAP_E_INVAL, &err);
	}
}
END_TEST

START_TEST(a_path_without_room_is_refused)
{
	char path[sizeof("/t/instances/one")];

	rm_assert_ok(rm_instance_path("/t", "one", path, sizeof(path), &err));
	rm_assert_error(
		rm_instance_path("/t", "one", path, sizeof(path) - 1, &err),
		RINGMAP_E_INVAL, &err);
	ck_assert_int_eq(err.os_errno, ENAMETOOLONG);
}
END_TEST

RM_MAIN(an_instance_has_a_folder_below_tracefs,
	the_top_level_buffer_is_tracefs_itself,
	a_name_never_leads_out_of_the_instances, a_path_without_room_is_refused)
