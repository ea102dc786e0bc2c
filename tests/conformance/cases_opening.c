/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * cases_opening.c - which mode one gets, and what refuses to open
 */
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/conformance/cases.h"
#include "tests/conformance/stage_live.h"
#include "tests/conformance/witness.h"

enum {
	NOBODY = 65534
};

static enum ringmap_status open_mode(struct stage *stage,
				     enum ringmap_mode mode,
				     struct ringmap_ring **ret,
				     struct ringmap_error *err)
{
	const struct ringmap_ring_opts opts = {.sz = sizeof(opts),
					       .mode = mode};

	return stage->backend->open(stage, &opts, ret, err);
}

static uint32_t mode_of(struct ringmap_ring *ring)
{
	struct ringmap_ring_info info;

	rm_assert_ok(ringmap_ring_info(ring, &info, sizeof(info)));
	return info.mode;
}

START_TEST(auto_follows)
{
	struct ringmap_ring *ring;

	NOT_RECORDED();
	STAGE(stage);
	rm_assert_ok(open_mode(stage, RINGMAP_MODE_AUTO, &ring, NULL));
	ck_assert_uint_eq(mode_of(ring), RINGMAP_MODE_FOLLOW);
	ringmap_ring_unref(ring);
	stage_free(stage);
}
END_TEST

static void cannot_follow(struct stage *stage, const char *word)
{
	struct ringmap_ring *ring = NULL;
	struct ringmap_error err;

	rm_assert_error(open_mode(stage, RINGMAP_MODE_FOLLOW, &ring, &err),
			RINGMAP_E_UNSUPPORTED, &err);
	ck_assert_ptr_null(ring);
	ck_assert_msg(strstr(err.text, word), "%s", err.text);
	rm_assert_ok(open_mode(stage, RINGMAP_MODE_AUTO, &ring, NULL));
	ck_assert_uint_ne(mode_of(ring), RINGMAP_MODE_FOLLOW);
	ck_assert_msg(strstr(ringmap_ring_mode_reason(ring), word), "%s",
		      ringmap_ring_mode_reason(ring));
	stage_write(stage, 50);
	struct witness w = {.ring = ring, .clock_moves = true};
	witness_drain(&w);
	ck_assert_msg(!w.wrong[0], "%s", w.wrong);
	ck_assert_uint_eq(w.seen, 50);
	ringmap_ring_unref(ring);
}

START_TEST(a_ring_that_does_not_overwrite_is_not_followed)
{
	NOT_RECORDED();
	STAGE(stage, .overwrite_off = true);
	cannot_follow(stage, "overwrite");
	stage_free(stage);
}
END_TEST

START_TEST(a_coarse_clock_is_not_followed)
{
	NOT_RECORDED();
	STAGE(stage, .coarse_clock = true);
	cannot_follow(stage, "clock");
	stage_free(stage);
}
END_TEST

START_TEST(unknown_options_are_refused)
{
	struct ringmap_ring *ring = NULL;
	struct ringmap_error err;
	struct ringmap_ring_opts opts = {.sz = sizeof(opts)};

	NOT_RECORDED();
	STAGE(stage);
	opts.mode = RINGMAP_MODE_IMAGE;
	opts.instance = "x";
	rm_assert_error(ringmap_ring_open(&opts, &ring, &err), RINGMAP_E_INVAL,
			&err);
	opts.mode = RINGMAP_MODE_AUTO;
	opts.flags = 1u << 31;
	rm_assert_error(ringmap_ring_open(&opts, &ring, &err), RINGMAP_E_INVAL,
			&err);
	ck_assert_ptr_null(ring);
	stage_free(stage);
}
END_TEST

static enum ringmap_status open_live(const char *instance, uint32_t cpu,
				     struct ringmap_error *err)
{
	struct ringmap_ring *ring = NULL;
	const struct ringmap_ring_opts opts = {
		.sz = sizeof(opts), .instance = instance, .cpu = cpu};
	enum ringmap_status s = ringmap_ring_open(&opts, &ring, err);

	ringmap_ring_unref(ring);
	return s;
}

START_TEST(what_is_missing_is_named)
{
	struct ringmap_error err;

	LIVE_ONLY();
	STAGE(stage);
	rm_assert_error(open_live("ringmap_no_such", 0, &err), RINGMAP_E_NOENT,
			&err);
	ck_assert_msg(strstr(err.text, "ringmap_no_such"), "%s", err.text);
	rm_assert_error(open_live(stage_live_instance(stage), 99999, &err),
			RINGMAP_E_NOENT, &err);
	ck_assert_msg(strstr(err.text, "99999"), "%s", err.text);
	rm_assert_error(open_live("a/b", 0, &err), RINGMAP_E_INVAL, &err);
	rm_assert_error(open_live(NULL, 0, &err), RINGMAP_E_INVAL, &err);
	stage_free(stage);
}
END_TEST

START_TEST(who_may_not_is_told_what_to_do)
{
	struct ringmap_error err = {0};
	int status;

	LIVE_ONLY();
	STAGE(stage);
	pid_t pid = fork();
	ck_assert_int_ge(pid, 0);
	if (!pid) {
		if (setuid(NOBODY))
			_exit(2);
		_exit(open_live(stage_live_instance(stage), 0, &err) !=
			      RINGMAP_E_PERMISSION ||
		      !strstr(err.text, "root"));
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	stage_free(stage);
}
END_TEST

START_TEST(a_ring_owns_the_descriptor_it_was_given)
{
	struct ringmap_ring *ring;
	struct ringmap_error err;

	LIVE_ONLY();
	STAGE(stage);
	stage_write(stage, 20);
	int fd = stage_live_open_raw(stage);
	ck_assert_int_ge(fd, 0);
	struct ringmap_ring_opts opts = {.sz = sizeof(opts), .mode = 99};
	rm_assert_error(ringmap_ring_open_fd(fd, &opts, &ring, &err),
			RINGMAP_E_INVAL, &err);
	ck_assert_int_ge(fcntl(fd, F_GETFD), 0);
	rm_assert_ok(ringmap_ring_open_fd(fd, NULL, &ring, &err));
	ck_assert_int_eq(ringmap_ring_fd(ring), fd);
	ck_assert_uint_eq(mode_of(ring), RINGMAP_MODE_FOLLOW);
	struct witness w = {.ring = ring};
	witness_drain(&w);
	ck_assert_uint_eq(w.seen, 20);
	witness_account(&w, 0, 20, true);
	ck_assert_msg(!w.wrong[0], "%s", w.wrong);
	ringmap_ring_unref(ring);
	ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
	stage_free(stage);
}
END_TEST

START_TEST(no_descriptor_leaks_into_programs)
{
	enum ringmap_mode mode;

	LIVE_ONLY();
	for (unsigned int i = 0; stage_mode(i, &mode); i++) {
		STAGE(stage);
		struct ringmap_ring *ring = stage_open(stage, mode);
		for (int fd = 3; fd < 64; fd++) {
			int flags = fcntl(fd, F_GETFD);
			char link[64], path[256] = "";

			snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
			if (flags < 0 || readlink(link, path, 255) < 0 ||
			    !strstr(path, "/tracing/"))
				continue;
			ck_assert_msg(flags & FD_CLOEXEC, "%s", path);
		}
		ringmap_ring_unref(ring);
		stage_free(stage);
	}
}
END_TEST

START_TEST(a_trace_opens_every_cpu)
{
	struct ringmap_trace *trace;
	struct ringmap_error err = {0};
	struct ringmap_event event;
	uint64_t seen = 0;

	LIVE_ONLY();
	STAGE(stage);
	const struct ringmap_trace_opts opts = {
		.sz = sizeof(opts), .instance = stage_live_instance(stage)};
	rm_assert_ok_err(ringmap_trace_open(&opts, &trace, &err), &err);
	ck_assert_ptr_nonnull(ringmap_trace_ring(trace, 0));
	ck_assert_ptr_null(ringmap_trace_ring(trace, 100000));
	stage_write(stage, 200);
	rm_assert_ok(ringmap_trace_wait(trace, 10000));
	while (ringmap_trace_next(trace, &event) == RINGMAP_OK)
		seen += event.cpu == LIVE_CPU;
	ck_assert_uint_eq(seen, 200);
	ringmap_trace_unref(trace);
	stage_free(stage);
}
END_TEST

size_t cases_opening(const TTest **ret)
{
	const TTest *const cases[] = {
		auto_follows,
		a_ring_that_does_not_overwrite_is_not_followed,
		a_coarse_clock_is_not_followed,
		unknown_options_are_refused,
		what_is_missing_is_named,
		who_may_not_is_told_what_to_do,
		a_ring_owns_the_descriptor_it_was_given,
		no_descriptor_leaks_into_programs,
		a_trace_opens_every_cpu,
	};

	memcpy(ret, cases, sizeof(cases));
	return sizeof(cases) / sizeof(*cases);
}
