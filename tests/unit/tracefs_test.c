/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * tracefs_test.c - the folder of an instance
 */
#include "base/tracefs.h"
#include "tests/support/rm_check.h"
#include "tests/unit/map_file.h"
#include "tests/unit/tracefs_tree.h"

#include <errno.h>
#include <fcntl.h>

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

START_TEST(cpus_have_a_number_as_the_kernel_writes_it)
{
	static const char *const names[] = {
		"cpu10", "cpu2",  "cpu0",  "cpu4294967295", "cpu4294967296",
		"cpu02", "cpu+3", "cpu 4", "cpu5x",         "cpu",
		"cpux",  "CPU6",  "node7", "cpu-8",
	};
	static const uint32_t expected[] = {0, 2, 10, UINT32_MAX};
	struct rm_tree tree;
	uint32_t *cpus = NULL;
	size_t count = 0;

	rm_tree_make(&tree);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char path[64];

		snprintf(path, sizeof(path), "per_cpu/%s/stats", names[i]);
		rm_tree_print(&tree, path, "");
	}
	char *dir = rm_tree_path(&tree, "per_cpu");
	const int descriptors = rm_open_descriptors();
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(rm_list_cpus(fd, &cpus, &count), 0);
	ck_assert_uint_eq(count, 4);
	ck_assert_mem_eq(cpus, expected, sizeof(expected));
	free(cpus);
	/* No folder: the error is returned, and the descriptor closed. */
	free(dir);
	dir = rm_tree_path(&tree, "per_cpu/cpu0/stats");
	fd = open(dir, O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(rm_list_cpus(fd, &cpus, &count), ENOTDIR);
	ck_assert_int_eq(rm_open_descriptors(), descriptors);
	free(dir);
	rm_tree_free(&tree);
}
END_TEST

RM_MAIN(an_instance_has_a_folder_below_tracefs,
	the_top_level_buffer_is_tracefs_itself,
	a_name_never_leads_out_of_the_instances, a_path_without_room_is_refused,
	cpus_have_a_number_as_the_kernel_writes_it)
