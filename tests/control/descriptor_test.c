/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * descriptor_test.c - rings of descriptors that somebody else has opened
 */
#define _GNU_SOURCE
#include "tests/control/tracefs.h"
#include "tests/support/rm_check.h"

#include <errno.h>
#include <fcntl.h>
#include <ringmap/ringmap.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRACEFS "/sys/kernel/tracing"

static struct ringmap_error err;

static struct ringmap_session *open_session(void)
{
	struct ringmap_session *session;

	ck_assert_msg(!ringmap_session_open(NULL, &session, &err), "%s",
		      err.text);
	return session;
}

static void close_session(struct ringmap_session *session)
{
	ck_assert_msg(!ringmap_session_close(session, &err), "%s", err.text);
}

static const char *path_of(struct ringmap_session *session, const char *file)
{
	static char path[512];

	snprintf(path, sizeof(path), TRACEFS "/instances/%s/%s",
		 ringmap_session_instance(session), file);
	return path;
}

/* Without O_CLOEXEC, which the library has to set. */
static int open_file(struct ringmap_session *session, const char *file)
{
	int fd = open(path_of(session, file), O_RDONLY);

	ck_assert_msg(fd >= 0, "%s", path_of(session, file));
	return fd;
}

static bool can_map(void)
{
	struct ringmap_session *session = open_session();
	struct ringmap_ring_opts opts = {
		.sz = sizeof(opts),
		.instance = ringmap_session_instance(session),
		.mode = RINGMAP_MODE_FOLLOW,
	};
	struct ringmap_ring *ring = NULL;
	enum ringmap_status s = ringmap_ring_open(&opts, &ring, &err);

	ringmap_ring_unref(ring);
	close_session(session);
	return s == RINGMAP_OK;
}

/* A macro, since rm_skip() returns from the case. */
#define NEEDS_MAPPING()                                                        \
	do {                                                                   \
		rm_needs_tracing();                                            \
		if (!can_map())                                                \
			rm_skip("this kernel cannot map rings");               \
	} while (0)

START_TEST(other_files_of_tracefs_are_refused)
{
	rm_needs_tracing();
	static const char *const files[] = {"per_cpu/cpu0/stats",
					    "per_cpu/cpu0/trace_pipe",
					    "trace_clock", "per_cpu/cpu0"};
	struct ringmap_session *session = open_session();

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		int fd = open_file(session, files[i]);

		for (uint32_t mode = 0; mode <= RINGMAP_MODE_READ; mode++) {
			const struct ringmap_ring_opts opts = {
				.sz = sizeof(opts), .mode = mode};
			struct ringmap_ring *ring = NULL;

			ck_assert_int_eq(
				ringmap_ring_open_fd(fd, &opts, &ring, &err),
				RINGMAP_E_INVAL);
			ck_assert_ptr_null(ring);
		}
		ck_assert_int_eq(fcntl(fd, F_GETFD), 0);
		close(fd);
	}
	close_session(session);
}
END_TEST

START_TEST(stats_of_another_ring_are_refused)
{
	rm_needs_tracing();
	struct ringmap_session *session = open_session();
	struct ringmap_session *other = open_session();
	struct ringmap_ring_opts opts = {.sz = sizeof(opts),
					 .mode = RINGMAP_MODE_READ};
	struct ringmap_ring *ring = NULL;
	int raw = open_file(session, "per_cpu/cpu0/trace_pipe_raw");
	int foreign[] = {open_file(other, "per_cpu/cpu0/stats"),
			 open_file(session, "trace_clock"),
			 open("/dev/null", O_RDONLY)};

	for (size_t i = 0; i < sizeof(foreign) / sizeof(*foreign); i++) {
		opts.stats_fd = foreign[i];
		ck_assert_int_eq(ringmap_ring_open_fd(raw, &opts, &ring, &err),
				 RINGMAP_E_INVAL);
		ck_assert_int_eq(fcntl(foreign[i], F_GETFD), 0);
		close(foreign[i]);
	}
	opts.stats_fd = open_file(session, "per_cpu/cpu0/stats");
	ck_assert_int_eq(ringmap_ring_open_fd(raw, &opts, &ring, &err),
			 RINGMAP_OK);
	ck_assert_int_eq(fcntl(raw, F_GETFD), FD_CLOEXEC);
	ringmap_ring_unref(ring);
	close_session(other);
	close_session(session);
}
END_TEST

START_TEST(o_nonblock_of_a_shared_file_is_left_alone_by_follow)
{
	NEEDS_MAPPING();
	struct ringmap_session *session = open_session();
	struct ringmap_ring_opts opts = {.sz = sizeof(opts)};
	struct ringmap_ring *ring;

	for (uint32_t mode = RINGMAP_MODE_AUTO; mode <= RINGMAP_MODE_READ;
	     mode++) {
		int fd = open_file(session, "per_cpu/cpu0/trace_pipe_raw");
		int shared = dup(fd);

		opts.mode = mode;
		ck_assert_msg(!ringmap_ring_open_fd(fd, &opts, &ring, &err),
			      "%s", err.text);
		ck_assert_int_eq(!(fcntl(shared, F_GETFL) & O_NONBLOCK),
				 mode <= RINGMAP_MODE_FOLLOW);
		close(shared);
		ringmap_ring_unref(ring);
	}
	close_session(session);
}
END_TEST

/* The path of the descriptor leads to another instance's files. */
static int follow_under_another_mount(struct ringmap_session *session,
				      struct ringmap_session *other)
{
	struct ringmap_ring_opts opts = {.sz = sizeof(opts)};
	int fd = open_file(session, "per_cpu/cpu0/trace_pipe_raw");
	struct ringmap_ring *ring = NULL;
	char from[512];

	strcpy(from, path_of(other, ""));
	if (unshare(CLONE_NEWNS) ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount(from, path_of(session, ""), NULL, MS_BIND, NULL))
		return 1;
	/* With the other's overwrite and clock it could be followed. */
	if (ringmap_ring_open_fd(fd, &opts, &ring, &err) !=
	    RINGMAP_E_UNSUPPORTED)
		return 2;
	if (!strstr(err.text, "cannot be read"))
		return 3;
	return 0;
}

START_TEST(files_of_another_instance_are_not_asked)
{
	NEEDS_MAPPING();
	struct ringmap_session *session = open_session();
	struct ringmap_session *other = open_session();
	int status;
	int fd = open(path_of(session, "options/overwrite"), O_WRONLY);

	ck_assert_int_eq(write(fd, "0", 1), 1);
	close(fd);
	pid_t pid = fork();
	if (!pid)
		_exit(follow_under_another_mount(session, other));
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	close_session(other);
	close_session(session);
}
END_TEST

/* What a user can do with the descriptors alone. */
static int follow_without_rights(int raw, int stats)
{
	struct ringmap_ring_opts opts = {.sz = sizeof(opts)};
	struct ringmap_ring_stats counts;
	struct ringmap_ring *ring = NULL;

	if (setgid(65534) || setuid(65534))
		return 1;
	if (ringmap_ring_open_fd(raw, &opts, &ring, &err) !=
	    RINGMAP_E_UNSUPPORTED)
		return 2;
	opts.clock = "mono";
	if (ringmap_ring_open_fd(raw, &opts, &ring, &err) !=
	    RINGMAP_E_UNSUPPORTED)
		return 3;
	opts.flags = RINGMAP_RING_OVERWRITES;
	opts.stats_fd = stats;
	if (ringmap_ring_open_fd(raw, &opts, &ring, &err))
		return 4;
	if (ringmap_ring_stats(ring, &counts, sizeof(counts)) ||
	    counts.kernel_entries == RINGMAP_LOST_UNKNOWN)
		return 5;
	ringmap_ring_unref(ring);
	return 0;
}

START_TEST(user_without_rights_takes_the_word_of_the_sender)
{
	NEEDS_MAPPING();
	struct ringmap_session *session = open_session();
	int raw = open_file(session, "per_cpu/cpu0/trace_pipe_raw");
	int stats = open_file(session, "per_cpu/cpu0/stats");
	int status;

	pid_t pid = fork();
	if (!pid)
		_exit(follow_without_rights(raw, stats));
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(WEXITSTATUS(status), 0);
	close(raw);
	close(stats);
	close_session(session);
}
END_TEST

START_TEST(rings_of_a_trace_have_two_descriptors_each)
{
	rm_needs_tracing();
	struct ringmap_session *session = open_session();
	struct ringmap_trace_opts opts = {
		.sz = sizeof(opts),
		.instance = ringmap_session_instance(session),
	};
	int before = rm_descriptors(getpid());
	struct ringmap_trace *trace;
	struct ringmap_trace_info info;

	ck_assert_msg(!ringmap_trace_open(&opts, &trace, &err), "%s", err.text);
	ck_assert_int_eq(ringmap_trace_wait(trace, 0), RINGMAP_DONE);
	ck_assert(!ringmap_trace_info(trace, &info, sizeof(info)));
	/* And the folder of the instance, and what stop writes to. */
	ck_assert_int_eq(rm_descriptors(getpid()) - before,
			 2 * (int)info.rings + 2);
	ringmap_trace_unref(trace);
	ck_assert_int_eq(rm_descriptors(getpid()), before);
	close_session(session);
}
END_TEST

RM_MAIN(other_files_of_tracefs_are_refused, stats_of_another_ring_are_refused,
	o_nonblock_of_a_shared_file_is_left_alone_by_follow,
	files_of_another_instance_are_not_asked,
	user_without_rights_takes_the_word_of_the_sender,
	rings_of_a_trace_have_two_descriptors_each)
