/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * session_test.c - instances are made, set up and removed as the header says
 */
#define _GNU_SOURCE
#include "tests/control/tracefs.h"
#include "tests/support/rm_check.h"

#include <errno.h>
#include <fcntl.h>
#include <ringmap/ringmap.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct ringmap_error err;

static struct ringmap_session *open_default(void)
{
	struct ringmap_session *session;

	ck_assert_msg(!ringmap_session_open(NULL, &session, &err), "%s",
		      err.text);
	return session;
}

static void close_it(struct ringmap_session *session)
{
	ck_assert_msg(!ringmap_session_close(session, &err), "%s", err.text);
}

static bool says(const char *words)
{
	return strstr(err.text, words) != NULL;
}

/* ---- anywhere ------------------------------------------------------------- */

START_TEST(unknown_options_are_refused)
{
	struct {
		struct ringmap_session_opts known;
		uint64_t unknown;
	} opts = {.known.sz = sizeof(opts), .unknown = 1};
	struct ringmap_session *session;

	ck_assert_int_eq(ringmap_session_open(&opts.known, &session, &err),
			 RINGMAP_E_INVAL);
	ck_assert_int_eq(err.status, RINGMAP_E_INVAL);
	ck_assert_int_eq(ringmap_session_open(NULL, NULL, NULL),
			 RINGMAP_E_INVAL);
}
END_TEST

START_TEST(place_that_is_no_tracefs_is_named)
{
	struct ringmap_session_opts opts = {.sz = sizeof(opts)};
	struct ringmap_session *session;
	const char *const places[] = {"/tmp", "/nowhere/at/all"};

	for (size_t i = 0; i < 2; i++) {
		opts.tracefs = places[i];
		ck_assert_int_eq(ringmap_session_open(&opts, &session, &err),
				 RINGMAP_E_NOENT);
		ck_assert(says("mount -t tracefs nodev") && says(places[i]));
	}
}
END_TEST

START_TEST(closing_nothing_is_fine)
{
	ck_assert_int_eq(ringmap_session_close(NULL, &err), RINGMAP_OK);
}
END_TEST

/* ---- making one -------------------------------------------------------------- */

START_TEST(new_instance_is_quiet)
{
	rm_needs_tracing();
	struct ringmap_session *session = open_default();
	const char *name = ringmap_session_instance(session);
	char prefix[64], text[256];

	snprintf(prefix, sizeof(prefix), "ringmap_%d_", (int)getpid());
	ck_assert_int_eq(strncmp(name, prefix, strlen(prefix)), 0);
	ck_assert_str_eq(rm_read(name, "tracing_on", text), "0");
	ck_assert_str_eq(rm_read(name, "events/enable", text), "0");
	ck_assert_ptr_nonnull(
		strstr(rm_read(name, "trace_clock", text), "[mono]"));
	close_it(session);
}
END_TEST

START_TEST(options_are_followed)
{
	rm_needs_tracing();
	struct ringmap_session_opts opts = {
		.sz = sizeof(opts),
		.tracefs = "/sys/kernel/tracing/",
		.instance = "ringmap_test_options",
		.clock = "boot",
		.buffer_kb = 256,
	};
	struct ringmap_session *session;
	char text[256];

	ck_assert_msg(!ringmap_session_open(&opts, &session, &err), "%s",
		      err.text);
	ck_assert_str_eq(ringmap_session_instance(session), opts.instance);
	ck_assert_ptr_nonnull(
		strstr(rm_read(opts.instance, "trace_clock", text), "[boot]"));
	ck_assert_int_ge(atoi(rm_read(opts.instance, "buffer_size_kb", text)),
			 256);
	close_it(session);
	ck_assert(!rm_exists(opts.instance));
}
END_TEST

START_TEST(taken_name_is_busy_and_stays)
{
	rm_needs_tracing();
	struct ringmap_session *first = open_default(), *second;
	struct ringmap_session_opts opts = {
		.sz = sizeof(opts),
		.instance = ringmap_session_instance(first),
	};

	ck_assert_int_eq(ringmap_session_open(&opts, &second, &err),
			 RINGMAP_E_BUSY);
	ck_assert_int_eq(err.os_errno, EEXIST);
	ck_assert(rm_exists(opts.instance));
	close_it(first);
}
END_TEST

START_TEST(names_that_are_none_are_refused)
{
	rm_needs_tracing();
	const char *const names[] = {"", ".", "..", "a/b", "/"};
	struct ringmap_session_opts opts = {.sz = sizeof(opts)};
	struct ringmap_session *session;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		opts.instance = names[i];
		ck_assert_int_eq(ringmap_session_open(&opts, &session, &err),
				 RINGMAP_E_INVAL);
	}
}
END_TEST

START_TEST(set_up_that_fails_leaves_nothing)
{
	rm_needs_tracing();
	struct ringmap_session_opts opts = {
		.sz = sizeof(opts),
		.instance = "ringmap_test_half",
		.clock = "sundial",
	};
	struct ringmap_session *session;

	ck_assert_int_eq(ringmap_session_open(&opts, &session, &err),
			 RINGMAP_E_UNSUPPORTED);
	ck_assert(says("sundial") && says("mono"));
	ck_assert(!rm_exists(opts.instance));

	opts.clock = NULL;
	opts.buffer_kb = 1ull << 50;
	ck_assert_int_eq(ringmap_session_open(&opts, &session, &err),
			 RINGMAP_E_NOMEM);
	ck_assert(!rm_exists(opts.instance));
	ck_assert_int_eq(rm_children(NULL), 0);
}
END_TEST

START_TEST(user_without_rights_is_told)
{
	rm_needs_tracing();
	struct ringmap_session *session;

	ck_assert(!seteuid(65534));
	ck_assert_int_eq(ringmap_session_open(NULL, &session, &err),
			 RINGMAP_E_PERMISSION);
	ck_assert(says("root"));
	ck_assert(!seteuid(0));
	ck_assert_int_eq(rm_children(NULL), 0);
}
END_TEST

/* ---- events ------------------------------------------------------------------ */

START_TEST(events_are_enabled_by_name_and_by_system)
{
	rm_needs_tracing();
	static const struct {
		const char *event, *file;
	} cases[] = {
		{"sched:sched_switch", "events/sched/sched_switch/enable"},
		{"irq", "events/irq/enable"},
		{"raw_syscalls:*", "events/raw_syscalls/enable"},
	};
	struct ringmap_session *session = open_default();
	const char *name = ringmap_session_instance(session);
	char text[256];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		ck_assert_msg(!ringmap_session_enable(session, cases[i].event,
						      NULL, &err),
			      "%s", err.text);
		ck_assert_str_eq(rm_read(name, cases[i].file, text), "1");
	}
	ck_assert_str_eq(
		rm_read(name, "events/sched/sched_wakeup/enable", text), "0");
	close_it(session);
}
END_TEST

START_TEST(unknown_event_is_named)
{
	rm_needs_tracing();
	const char *const events[] = {
		"sched:sched_nonsense",
		"nonsense:*",
		"nonsense",
		"sched:enable",
		"../..:enable",
		"sched:../irq",
		"sched:",
		":",
		"",
	};
	struct ringmap_session *session = open_default();

	for (size_t i = 0; i < sizeof(events) / sizeof(*events); i++) {
		ck_assert_int_eq(
			ringmap_session_enable(session, events[i], NULL, &err),
			RINGMAP_E_NOENT);
		ck_assert(says(events[i]) && says("available_events"));
	}
	ck_assert_int_eq(ringmap_session_enable(session, NULL, NULL, &err),
			 RINGMAP_E_INVAL);
	close_it(session);
}
END_TEST

START_TEST(filter_is_set_and_taken_away)
{
	rm_needs_tracing();
	static const char file[] = "events/sched/sched_switch/filter";
	struct ringmap_session *session = open_default();
	const char *name = ringmap_session_instance(session);
	char text[256];

	ck_assert_int_eq(ringmap_session_enable(session, "sched:sched_switch",
						"prev_pid == 1", &err),
			 RINGMAP_OK);
	ck_assert_str_eq(rm_read(name, file, text), "prev_pid == 1");
	ck_assert_int_eq(ringmap_session_enable(session, "sched:sched_switch",
						NULL, &err),
			 RINGMAP_OK);
	ck_assert_str_eq(rm_read(name, file, text), "none");
	close_it(session);
}
END_TEST

START_TEST(refused_filter_carries_the_kernels_words)
{
	rm_needs_tracing();
	static const char event[] = "sched:sched_switch";
	static const char enable[] = "events/sched/sched_switch/enable";
	static const struct {
		const char *filter, *words;
	} cases[] = {
		{"prev_pid == 1 || nonsense == 2", "Field not found, at \""},
		{"(prev_pid == 1", "("},
		{"prev_pid", "prev_pid"},
	};
	struct ringmap_session *session = open_default();
	const char *name = ringmap_session_instance(session);
	char text[256];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		/* Without its former filter it would record everything. */
		ck_assert_int_eq(ringmap_session_enable(session, event,
							"prev_pid == 1", NULL),
				 RINGMAP_OK);
		ck_assert_int_eq(ringmap_session_enable(session, event,
							cases[i].filter, &err),
				 RINGMAP_E_INVAL);
		ck_assert_msg(says(cases[i].words), "%s", err.text);
		ck_assert_str_eq(rm_read(name, enable, text), "0");
	}
	close_it(session);
}
END_TEST

/* ---- tasks, on and off --------------------------------------------------------- */

START_TEST(tasks_are_chosen)
{
	rm_needs_tracing();
	enum {
		MANY = 5000
	};
	struct ringmap_session *session = open_default();
	const char *name = ringmap_session_instance(session);
	int32_t pids[MANY];
	char text[256];

	for (int32_t i = 0; i < MANY; i++)
		pids[i] = i + 1;
	ck_assert_msg(!ringmap_session_set_pids(session, pids, MANY, &err),
		      "%s", err.text);
	ck_assert_int_eq(rm_lines(name, "set_event_pid"), MANY);
	ck_assert_int_eq(ringmap_session_set_pids(session, pids + 6, 1, &err),
			 RINGMAP_OK);
	ck_assert_str_eq(rm_read(name, "set_event_pid", text), "7");

	const int32_t wrong[] = {7, -1};
	ck_assert_int_eq(ringmap_session_set_pids(session, wrong, 2, &err),
			 RINGMAP_E_INVAL);
	ck_assert_int_eq(ringmap_session_set_pids(session, NULL, 1, &err),
			 RINGMAP_E_INVAL);
	ck_assert_str_eq(rm_read(name, "set_event_pid", text), "7");

	ck_assert_int_eq(ringmap_session_set_pids(session, NULL, 0, &err),
			 RINGMAP_OK);
	ck_assert_int_eq(rm_lines(name, "set_event_pid"), 0);
	close_it(session);
}
END_TEST

START_TEST(tracing_is_switched)
{
	rm_needs_tracing();
	struct ringmap_session *session = open_default();
	const char *name = ringmap_session_instance(session);
	char text[256];

	ck_assert_int_eq(ringmap_session_start(session, &err), RINGMAP_OK);
	ck_assert_str_eq(rm_read(name, "tracing_on", text), "1");
	ck_assert_int_eq(ringmap_session_stop(session, &err), RINGMAP_OK);
	ck_assert_str_eq(rm_read(name, "tracing_on", text), "0");
	close_it(session);
}
END_TEST

/* What of the machine's own buffer a session could disturb. */
static const char *const top_files[] = {
	"tracing_on", "trace_clock",    "buffer_size_kb",
	"set_event",  "current_tracer", "trace_options",
};

START_TEST(top_level_is_left_alone)
{
	rm_needs_tracing();
	enum {
		FILES = sizeof(top_files) / sizeof(*top_files)
	};
	char before[FILES][4096], after[4096];

	for (size_t i = 0; i < FILES; i++)
		rm_read_sized(NULL, top_files[i], before[i], 4096);
	struct ringmap_session *session = open_default();
	ck_assert_int_eq(ringmap_session_enable(session, "sched", NULL, &err),
			 RINGMAP_OK);
	ck_assert_int_eq(ringmap_session_start(session, &err), RINGMAP_OK);
	close_it(session);
	for (size_t i = 0; i < FILES; i++)
		ck_assert_str_eq(before[i], rm_read_sized(NULL, top_files[i],
							  after, 4096));
}
END_TEST

RM_MAIN(unknown_options_are_refused, place_that_is_no_tracefs_is_named,
	closing_nothing_is_fine, new_instance_is_quiet, options_are_followed,
	taken_name_is_busy_and_stays, names_that_are_none_are_refused,
	set_up_that_fails_leaves_nothing, user_without_rights_is_told,
	events_are_enabled_by_name_and_by_system, unknown_event_is_named,
	filter_is_set_and_taken_away, refused_filter_carries_the_kernels_words,
	tasks_are_chosen, tracing_is_switched, top_level_is_left_alone)
