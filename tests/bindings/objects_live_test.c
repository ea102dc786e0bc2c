// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The objects below all languages on the running kernel: what an image does not
 * have. They skip where no instance can be made.
 */
#include <objects.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/rm_check.h"

#define INSTANCES "/sys/kernel/tracing/instances/"

static struct ringmap_error err;

static void no_error(void)
{
	ck_assert_msg(err.status == RINGMAP_OK, "%s", err.text);
}

/* A session with small rings; NULL: the case skips. */
static struct rmb_session *session(void)
{
	struct ringmap_session_opts *opts = new_ringmap_session_opts();

	if (access(INSTANCES, W_OK))
		return NULL;
	opts->buffer_kb = 64;

	struct rmb_session *made = new_rmb_session(opts, &err);

	no_error();
	delete_ringmap_session_opts(opts);
	return made;
}

#define NO_INSTANCES "no tracing instances can be made here (root?)"

/* How many tasks an instance records: lines of a file of it. */
static unsigned tasks_of(const char *instance)
{
	char path[256];

	snprintf(path, sizeof(path), INSTANCES "%s/set_event_pid", instance);

	FILE *file = fopen(path, "re");
	unsigned lines = 0;

	ck_assert_ptr_nonnull(file);
	for (int c; (c = fgetc(file)) != EOF;)
		lines += c == '\n';
	fclose(file);
	return lines;
}

START_TEST(tasks_are_added_and_the_instance_goes_with_its_object)
{
	struct rmb_session *mine = session();

	if (!mine)
		rm_skip(NO_INSTANCES);

	char *name = rmb_session_instance(mine, &err);
	char path[256];

	snprintf(path, sizeof(path), INSTANCES "%s", name);
	rmb_session_add_pid(mine, getpid(), &err);
	rmb_session_add_pid(mine, 1, &err);
	no_error();
	ck_assert_uint_eq(tasks_of(name), 2);
	rmb_session_clear_pids(mine, &err);
	no_error();
	ck_assert_uint_eq(tasks_of(name), 0);
	ck_assert_int_eq(access(path, F_OK), 0);
	delete_rmb_session(mine);
	ck_assert_int_ne(access(path, F_OK), 0);
	free(name);
}
END_TEST

START_TEST(who_is_stopped_is_told_once_and_it_is_no_error)
{
	struct rmb_session *mine = session();

	if (!mine)
		rm_skip(NO_INSTANCES);

	char *name = rmb_session_instance(mine, &err);
	struct ringmap_trace_opts *opts = new_ringmap_trace_opts();

	opts->instance = strdup(name);

	struct rmb_trace *trace = new_rmb_trace(opts, &err);

	no_error();

	struct rmb_ring *ring = rmb_trace_ring(trace, 0, &err);

	rmb_ring_stop(ring, &err);
	ck_assert(!rmb_ring_wait(ring, -1, &err));
	ck_assert(rmb_ring_stopped_get(ring));
	ck_assert(!rmb_ring_wait(ring, 0, &err));
	ck_assert(!rmb_ring_stopped_get(ring));
	rmb_trace_stop(trace, &err);
	ck_assert(!rmb_trace_wait(trace, -1, &err));
	ck_assert(rmb_trace_stopped_get(trace));
	ck_assert(!rmb_trace_wait(trace, 0, &err));
	ck_assert(!rmb_trace_stopped_get(trace));
	no_error();
	delete_rmb_ring(ring);
	delete_rmb_trace(trace);
	delete_ringmap_trace_opts(opts);
	delete_rmb_session(mine);
	free(name);
}
END_TEST

RM_MAIN(tasks_are_added_and_the_instance_goes_with_its_object,
	who_is_stopped_is_told_once_and_it_is_no_error)
