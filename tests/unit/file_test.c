/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * file_test.c - small files read whole, and the error if one cannot be read
 */
#define _GNU_SOURCE
#include "base/file.h"
#include "tests/support/rm_check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static struct ringmap_error err;

/* A file in memory of @size bytes: 'a' to 'z', again and again. */
static int file_of(size_t size)
{
	int fd = memfd_create("ringmap_file", MFD_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	for (size_t i = 0; i < size; i++) {
		char c = (char)('a' + i % 26);

		ck_assert_int_eq(write(fd, &c, 1), 1);
	}
	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

START_TEST(a_file_name_names_one_entry_of_a_folder)
{
	static const char *const good[] = {"a", ".a", "...", "a.", "a b"};
	static const char *const bad[] = {"", ".", "..", "/", "a/b", "a/"};

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		ck_assert_msg(rm_is_file_name(good[i]), "%s", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_msg(!rm_is_file_name(bad[i]), "%s", bad[i]);
}
END_TEST

START_TEST(a_text_is_read_from_its_start_each_time)
{
	int fd = file_of(5);
	char text[16];

	for (int i = 0; i < 2; i++) {
		memset(text, 'x', sizeof(text));
		ck_assert_int_eq(rm_read_text(fd, text, sizeof(text)), 5);
		ck_assert_str_eq(text, "abcde");
	}
	close(fd);
}
END_TEST

START_TEST(a_text_is_cut_to_the_room_there_is)
{
	int fd = file_of(5);
	char text[4];

	ck_assert_int_eq(rm_read_text(fd, text, sizeof(text)), 3);
	ck_assert_str_eq(text, "abc");
	close(fd);
}
END_TEST

START_TEST(a_text_that_cannot_be_read_is_an_errno)
{
	char text[4];

	ck_assert_int_eq(rm_read_text(-1, text, sizeof(text)), -EBADF);
	ck_assert_int_eq(
		rm_read_text_at(AT_FDCWD, "/nowhere", text, sizeof(text)),
		-ENOENT);
}
END_TEST

START_TEST(a_fifo_does_not_hold_the_reader_up)
{
	const char *tmp = getenv("TEST_TMPDIR");
	char path[512];
	char text[4];

	snprintf(path, sizeof(path), "%s/ringmap_fifo_XXXXXX",
		 tmp ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(path));
	int dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(dir, 0);
	ck_assert_int_eq(mkfifoat(dir, "fifo", 0600), 0);
	ck_assert_int_le(rm_read_text_at(dir, "fifo", text, sizeof(text)), 0);
	ck_assert_int_eq(unlinkat(dir, "fifo", 0), 0);
	ck_assert_int_eq(rmdir(path), 0);
	close(dir);
}
END_TEST

/* Sizes on both sides of those at which the memory grows. */
START_TEST(all_of_a_file_is_read)
{
	static const size_t sizes[] = {0, 1, 16382, 16383, 16384, 40000};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		int fd = file_of(sizes[i]);
		char *text = NULL;
		size_t size = 77;

		ck_assert_int_eq(rm_read_all(fd, 40000, &text, &size), 0);
		ck_assert_uint_eq(size, sizes[i]);
		ck_assert_uint_eq(strlen(text), sizes[i]);
		for (size_t at = 0; at < size; at++)
			ck_assert_int_eq(text[at], (int)('a' + at % 26));
		free(text);
		close(fd);
	}
}
END_TEST

START_TEST(a_file_over_the_limit_is_refused)
{
	int fd = file_of(100);
	char *text = NULL;
	size_t size;

	ck_assert_int_eq(rm_read_all(fd, 99, &text, &size), EFBIG);
	ck_assert_int_eq(rm_read_all(-1, 99, &text, &size), EBADF);
	ck_assert_ptr_null(text);
	close(fd);
}
END_TEST

START_TEST(an_error_has_a_status_the_path_and_the_remedy)
{
	const struct rm_file_hints hints = {"look", "ask"};

	rm_assert_error(rm_file_fail(&err, ENOENT, &hints, "/a", "b"),
			RINGMAP_E_NOENT, &err);
	ck_assert_str_eq(err.text, "/a/b: there is no such file: look");
	rm_assert_error(rm_file_fail(&err, ENOTDIR, NULL, "/a", NULL),
			RINGMAP_E_NOENT, &err);
	ck_assert_str_eq(err.text, "/a: there is no such file");
	rm_assert_error(rm_file_fail(&err, EACCES, &hints, "/a", "b"),
			RINGMAP_E_PERMISSION, &err);
	ck_assert_str_eq(err.text, "/a/b: not allowed to read it: ask");
	rm_assert_error(rm_file_fail(&err, EPERM, NULL, "/a", "/proc/b"),
			RINGMAP_E_PERMISSION, &err);
	ck_assert_str_eq(err.text, "/proc/b: not allowed to read it");
	rm_assert_error(rm_file_fail(&err, ENOMEM, &hints, "/a", "b"),
			RINGMAP_E_NOMEM, &err);
	rm_assert_error(rm_file_fail(&err, EIO, &hints, "/a", "b"),
			RINGMAP_E_OS, &err);
	ck_assert_str_eq(err.text, "/a/b: Input/output error");
	ck_assert_int_eq(err.os_errno, EIO);
}
END_TEST

RM_MAIN(a_file_name_names_one_entry_of_a_folder,
	a_text_is_read_from_its_start_each_time,
	a_text_is_cut_to_the_room_there_is,
	a_text_that_cannot_be_read_is_an_errno,
	a_fifo_does_not_hold_the_reader_up, all_of_a_file_is_read,
	a_file_over_the_limit_is_refused,
	an_error_has_a_status_the_path_and_the_remedy)
