/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * open_test.c - from the name of an instance and a CPU to a ring, or why not
 */
#define _GNU_SOURCE
#include "ring/ring.h"
#include "tests/support/rm_check.h"
#include "tests/unit/map_file.h"
#include "tests/unit/tracefs_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct ringmap_error err;

#define CPU0 "instances/box/per_cpu/cpu0/"

/* A tree with one instance, "box"; CPU 0 has a ring there and at the top. */
static void set_up(struct rm_tree *tree)
{
	rm_tree_make(tree);
	rm_tree_add_instance(tree, "box");
	rm_tree_add_ring(tree, "box", 0, 10);
	rm_tree_add_ring(tree, "/", 0, 10);
}

static struct ringmap_ring_opts options(const struct rm_tree *tree,
					enum ringmap_mode mode)
{
	return (struct ringmap_ring_opts){
		.sz = sizeof(struct ringmap_ring_opts),
		.tracefs = tree->root,
		.instance = "box",
		.mode = (uint32_t)mode,
	};
}

/* Opening fails so, tells @words, and leaves nothing open. */
static void assert_refused(const struct ringmap_ring_opts *opts,
			   enum ringmap_status expected, const char *words)
{
	const int descriptors = rm_open_descriptors();
	struct ringmap_ring *ring = NULL;

	rm_assert_error(ringmap_ring_open(opts, &ring, &err), expected, &err);
	ck_assert_msg(strstr(err.text, words), "\"%s\" does not say \"%s\"",
		      err.text, words);
	ck_assert_ptr_null(ring);
	ck_assert_int_eq(rm_open_descriptors(), descriptors);
}

static struct ringmap_ring *open_ring(const struct ringmap_ring_opts *opts)
{
	struct ringmap_ring *ring;

	rm_assert_ok_err(ringmap_ring_open(opts, &ring, &err), &err);
	return ring;
}

static uint32_t mode_of(const struct ringmap_ring *ring)
{
	struct ringmap_ring_info info;

	rm_assert_ok(ringmap_ring_info(ring, &info, sizeof(info)));
	return info.mode;
}

START_TEST(ring_of_an_instance_is_followed)
{
	const int descriptors = rm_open_descriptors();
	struct ringmap_ring_stats stats;
	struct ringmap_event event;
	struct ringmap_page page;
	struct rm_tree tree;

	set_up(&tree);
	const struct ringmap_ring_opts opts =
		options(&tree, RINGMAP_MODE_FOLLOW);
	struct ringmap_ring *ring = open_ring(&opts);
	/* trace_pipe_raw, stats and the folder of the instance. */
	ck_assert_int_eq(rm_open_descriptors(), descriptors + 3);
	rm_assert_ok(ringmap_ring_borrow_page(ring, &page));
	rm_assert_ok(ringmap_page_next(&page, &event));
	ck_assert_mem_eq(event.data, "abcd", 4);
	ck_assert_uint_eq(event.ts, 10);
	rm_assert_ok(ringmap_ring_return_page(ring, &page));
	rm_assert_status(ringmap_ring_borrow_page(ring, &page), RINGMAP_DONE);
	rm_assert_ok(ringmap_ring_stats(ring, &stats, sizeof(stats)));
	ck_assert_uint_eq(stats.kernel_entries, 1);
	ck_assert_uint_eq(stats.kernel_overrun, 0);
	ck_assert_uint_eq(stats.kernel_dropped, 7);
	ck_assert_uint_eq(stats.kernel_read, 0);
	ck_assert_uint_eq(stats.lost, 0);
	ck_assert(fcntl(ringmap_ring_fd(ring), F_GETFD) & FD_CLOEXEC);
	ringmap_ring_unref(ring);
	rm_tree_free(&tree);
	ck_assert_int_eq(rm_open_descriptors(), descriptors);
}
END_TEST

START_TEST(top_level_buffer_is_named_by_a_slash)
{
	struct rm_tree tree;

	rm_tree_make(&tree);
	rm_tree_add_instance(&tree, "/");
	rm_tree_add_ring(&tree, "/", 2, 10);
	struct ringmap_ring_opts opts = options(&tree, RINGMAP_MODE_FOLLOW);
	opts.cpu = 2;
	assert_refused(&opts, RINGMAP_E_NOENT, "box");
	opts.instance = "/";
	ringmap_ring_unref(open_ring(&opts));
	rm_tree_free(&tree);
}
END_TEST

static struct ringmap_ring_info info_of(const struct rm_tree *tree)
{
	const struct ringmap_ring_opts opts = options(tree, RINGMAP_MODE_READ);
	struct ringmap_ring *ring = open_ring(&opts);
	struct ringmap_ring_info info;

	rm_assert_ok(ringmap_ring_info(ring, &info, sizeof(info)));
	ringmap_ring_unref(ring);
	return info;
}

#define HEADER_PAGE "instances/box/events/header_page"

/* The name of the kernel does not always say it to a 32-bit program. */
START_TEST(size_of_long_is_that_of_header_page)
{
	struct rm_tree tree;
	char text[256];

	set_up(&tree);
	for (uint32_t size = 4; size <= 8; size += 4) {
		snprintf(text, sizeof(text),
			 "\tfield: u64 timestamp;\toffset:0;\tsize:8;\n"
			 "\tfield: local_t commit;\toffset:8;\tsize:%u;\n",
			 size);
		rm_tree_print(&tree, HEADER_PAGE, text);
		const struct ringmap_ring_info info = info_of(&tree);
		ck_assert_uint_eq(info.long_size, size);
		ck_assert_uint_eq(info.data_offset, 8 + size);
	}
	/* Of a text without a size it is not known, as of none. */
	rm_tree_print(&tree, HEADER_PAGE, "field: local_t commit;\n");
	if (sizeof(long) == 8)
		ck_assert_uint_eq(info_of(&tree).long_size, 8);
	rm_tree_free(&tree);
}
END_TEST

/* As setarch(8) does: the name of a 64-bit kernel becomes that of a 32-bit one. */
START_TEST(hidden_name_of_the_kernel_is_not_trusted)
{
	struct rm_tree tree;

	set_up(&tree);
	const struct ringmap_ring_opts opts = options(&tree, RINGMAP_MODE_READ);
	char *header_page = rm_tree_path(&tree, HEADER_PAGE);
	ck_assert(!unlink(header_page));
	free(header_page);
	ck_assert_int_ge(personality(PER_LINUX32), 0);
	/* A 64-bit program runs on a 64-bit kernel only. */
	if (sizeof(long) == 8)
		ck_assert_uint_eq(info_of(&tree).long_size, 8);
	else
		assert_refused(&opts, RINGMAP_E_UNSUPPORTED, "header_page");
	rm_tree_print(&tree, HEADER_PAGE,
		      "\tfield: local_t commit;\toffset:8;\tsize:8;\n");
	ck_assert_uint_eq(info_of(&tree).long_size, 8);
	ck_assert_int_ge(personality(PER_LINUX), 0);
	rm_tree_free(&tree);
}
END_TEST

START_TEST(auto_follows_what_can_be_followed)
{
	struct rm_tree tree;

	set_up(&tree);
	struct ringmap_ring_opts opts = options(&tree, RINGMAP_MODE_AUTO);
	struct ringmap_ring *ring = open_ring(&opts);
	ck_assert_uint_eq(mode_of(ring), RINGMAP_MODE_FOLLOW);
	ck_assert(ringmap_ring_mode_reason(ring)[0]);
	ringmap_ring_unref(ring);
	opts.flags = RINGMAP_RING_CONSUMING;
	ring = open_ring(&opts);
	ck_assert_uint_eq(mode_of(ring), RINGMAP_MODE_READ);
	ck_assert_ptr_nonnull(
		strstr(ringmap_ring_mode_reason(ring), "wants to consume"));
	ck_assert_int_eq(rm_map_file_mappings(), 0);
	ringmap_ring_unref(ring);
	rm_tree_free(&tree);
}
END_TEST

START_TEST(ring_that_does_not_overwrite_is_not_followed)
{
	struct rm_tree tree;

	set_up(&tree);
	rm_tree_print(&tree, "instances/box/options/overwrite", "0\n");
	struct ringmap_ring_opts opts = options(&tree, RINGMAP_MODE_FOLLOW);
	assert_refused(&opts, RINGMAP_E_UNSUPPORTED, "overwrite");
	opts.mode = RINGMAP_MODE_AUTO;
	struct ringmap_ring *ring = open_ring(&opts);
	ck_assert_uint_eq(mode_of(ring), RINGMAP_MODE_READ);
	ck_assert_ptr_nonnull(
		strstr(ringmap_ring_mode_reason(ring), "overwrite"));
	ringmap_ring_unref(ring);
	rm_tree_free(&tree);
}
END_TEST

START_TEST(coarse_clock_is_not_followed)
{
	struct rm_tree tree;

	set_up(&tree);
	rm_tree_print(&tree, "instances/box/trace_clock",
		      "local global counter [uptime] perf mono\n");
	struct ringmap_ring_opts opts = options(&tree, RINGMAP_MODE_FOLLOW);
	assert_refused(&opts, RINGMAP_E_UNSUPPORTED, "clock");
	opts.mode = RINGMAP_MODE_AUTO;
	struct ringmap_ring *ring = open_ring(&opts);
	ck_assert_uint_eq(mode_of(ring), RINGMAP_MODE_READ);
	ringmap_ring_unref(ring);
	rm_tree_free(&tree);
}
END_TEST

START_TEST(what_is_missing_is_named)
{
	struct rm_tree tree;

	set_up(&tree);
	struct ringmap_ring_opts opts = options(&tree, RINGMAP_MODE_FOLLOW);
	opts.cpu = 4;
	assert_refused(&opts, RINGMAP_E_NOENT, "CPU 4");
	opts.instance = "chest";
	assert_refused(&opts, RINGMAP_E_NOENT, "chest");
	char *nowhere = rm_tree_path(&tree, "nowhere");
	opts.tracefs = nowhere;
	assert_refused(&opts, RINGMAP_E_NOENT, "mount");
	free(nowhere);
	/* A file where a folder should be. */
	char *file = rm_tree_path(&tree, "instances/box/trace_clock");
	opts.tracefs = file;
	assert_refused(&opts, RINGMAP_E_NOENT, "tracefs");
	free(file);
	rm_tree_free(&tree);
}
END_TEST

START_TEST(path_that_is_too_long_is_refused)
{
	static char name[8192];
	struct rm_tree tree;

	set_up(&tree);
	memset(name, 'a', sizeof(name) - 1);
	struct ringmap_ring_opts opts = options(&tree, RINGMAP_MODE_FOLLOW);
	opts.instance = name;
	assert_refused(&opts, RINGMAP_E_INVAL, "too long");
	opts.instance = "box";
	opts.tracefs = name;
	assert_refused(&opts, RINGMAP_E_INVAL, "too long");
	rm_tree_free(&tree);
}
END_TEST

/* Root passes over the modes of files: with @on false it does not. */
static void set_override(bool on)
{
	static const uint32_t override =
		1u << CAP_DAC_OVERRIDE | 1u << CAP_DAC_READ_SEARCH;
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	ck_assert(!syscall(SYS_capget, &header, data));
	if (on)
		data[0].effective |= override & data[0].permitted;
	else
		data[0].effective &= ~override;
	ck_assert(!syscall(SYS_capset, &header, data));
}

START_TEST(what_is_forbidden_says_what_to_do)
{
	struct rm_tree tree;

	set_up(&tree);
	const struct ringmap_ring_opts opts =
		options(&tree, RINGMAP_MODE_FOLLOW);
	char *raw = rm_tree_path(&tree, CPU0 "trace_pipe_raw");
	set_override(false);
	ck_assert(!chmod(raw, 0));
	assert_refused(&opts, RINGMAP_E_PERMISSION, "be root");
	ck_assert(!chmod(tree.root, 0));
	assert_refused(&opts, RINGMAP_E_PERMISSION, "gid=");
	ck_assert(!chmod(tree.root, 0755));
	set_override(true);
	free(raw);
	rm_tree_free(&tree);
}
END_TEST

START_TEST(descriptor_finds_the_files_beside_it)
{
	struct ringmap_ring *ring = NULL;
	struct ringmap_ring_stats stats;
	struct rm_tree tree;

	set_up(&tree);
	const struct ringmap_ring_opts opts =
		options(&tree, RINGMAP_MODE_FOLLOW);
	char *raw = rm_tree_path(&tree, CPU0 "trace_pipe_raw");
	int fd = open(raw, O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	const int descriptors = rm_open_descriptors();
	rm_tree_print(&tree, "instances/box/options/overwrite", "0\n");
	rm_assert_error(rm_ring_open_raw(fd, &opts, &ring, &err),
			RINGMAP_E_UNSUPPORTED, &err);
	ck_assert_int_eq(rm_open_descriptors(), descriptors);
	rm_tree_print(&tree, "instances/box/options/overwrite", "1\n");
	rm_assert_ok_err(rm_ring_open_raw(fd, &opts, &ring, &err), &err);
	ck_assert_int_eq(rm_open_descriptors(), descriptors + 2);
	rm_assert_ok(ringmap_ring_stats(ring, &stats, sizeof(stats)));
	ck_assert_uint_eq(stats.kernel_dropped, 7);
	ringmap_ring_unref(ring);
	ck_assert_int_eq(rm_open_descriptors(), descriptors - 1);
	free(raw);
	rm_tree_free(&tree);
}
END_TEST

START_TEST(descriptor_alone_needs_the_word_of_its_sender)
{
	struct ringmap_ring_opts opts = {.sz = sizeof(opts),
					 .mode = RINGMAP_MODE_FOLLOW};
	struct ringmap_ring *ring = NULL;
	struct ringmap_ring_stats stats;
	struct rm_tree tree;

	set_up(&tree);
	char *raw = rm_tree_path(&tree, CPU0 "trace_pipe_raw");
	int fd = open(raw, O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	char *old = rm_tree_path(&tree, "old");
	char *beside = rm_tree_path(&tree, "old/trace_pipe_raw");
	ck_assert(!mkdir(old, 0755));
	ck_assert(!rename(raw, beside));
	rm_assert_error(rm_ring_open_raw(fd, &opts, &ring, &err),
			RINGMAP_E_UNSUPPORTED, &err);
	ck_assert_ptr_nonnull(strstr(err.text, "options/overwrite"));
	opts.flags = RINGMAP_RING_OVERWRITES;
	rm_assert_error(rm_ring_open_raw(fd, &opts, &ring, &err),
			RINGMAP_E_UNSUPPORTED, &err);
	opts.clock = "uptime";
	rm_assert_error(rm_ring_open_raw(fd, &opts, &ring, &err),
			RINGMAP_E_UNSUPPORTED, &err);
	ck_assert_ptr_nonnull(strstr(err.text, "coarse"));
	opts.clock = "mono";
	char *counts = rm_tree_path(&tree, CPU0 "stats");
	opts.stats_fd = open(counts, O_RDONLY | O_CLOEXEC);
	ck_assert_int_gt(opts.stats_fd, 0);
	rm_assert_ok_err(rm_ring_open_raw(fd, &opts, &ring, &err), &err);
	rm_assert_ok(ringmap_ring_stats(ring, &stats, sizeof(stats)));
	ck_assert_uint_eq(stats.kernel_dropped, 7);
	ringmap_ring_unref(ring);
	ck_assert_int_eq(fcntl(opts.stats_fd, F_GETFD), -1);
	free(counts);
	free(beside);
	free(old);
	free(raw);
	rm_tree_free(&tree);
}
END_TEST

START_TEST(descriptors_of_other_files_are_refused)
{
	struct rm_tree tree;
	int pipes[2];

	set_up(&tree);
	char *raw = rm_tree_path(&tree, CPU0 "trace_pipe_raw");
	char *fifo = rm_tree_path(&tree, CPU0 "stats");
	/* If it were opened, that would never return. */
	ck_assert(!unlink(fifo));
	ck_assert(!mkfifo(fifo, 0644));
	ck_assert(!pipe2(pipes, O_CLOEXEC));
	int fds[] = {open(raw, O_RDONLY | O_CLOEXEC),
		     open(tree.root, O_RDONLY | O_CLOEXEC),
		     open("/dev/null", O_RDONLY | O_CLOEXEC), pipes[0],
		     open("/proc/self/stat", O_RDONLY | O_CLOEXEC)};
	for (size_t i = 0; i < sizeof(fds) / sizeof(*fds); i++) {
		ck_assert_int_ge(fds[i], 0);
		const int flags = fcntl(fds[i], F_GETFL);
		for (uint32_t mode = 0; mode <= RINGMAP_MODE_READ; mode++) {
			const struct ringmap_ring_opts opts = {
				.sz = sizeof(opts), .mode = mode};
			struct ringmap_ring *ring = NULL;

			rm_assert_error(ringmap_ring_open_fd(fds[i], &opts,
							     &ring, &err),
					RINGMAP_E_INVAL, &err);
			ck_assert_ptr_null(ring);
		}
		ck_assert_int_eq(fcntl(fds[i], F_GETFL), flags);
		close(fds[i]);
	}
	close(pipes[1]);
	/* By path it is opened, and is no file of counts. */
	struct ringmap_ring_opts opts = options(&tree, RINGMAP_MODE_FOLLOW);
	ringmap_ring_unref(open_ring(&opts));
	free(fifo);
	free(raw);
	rm_tree_free(&tree);
}
END_TEST

START_TEST(facts_that_nobody_can_read_are_not_taken_for_fine)
{
	static const char *const files[] = {"instances/box/options/overwrite",
					    "instances/box/trace_clock"};

	for (int i = 0; i < 2; i++) {
		struct rm_tree tree;

		set_up(&tree);
		char *path = rm_tree_path(&tree, files[i]);
		ck_assert(!unlink(path));
		struct ringmap_ring_opts opts =
			options(&tree, RINGMAP_MODE_FOLLOW);
		assert_refused(&opts, RINGMAP_E_UNSUPPORTED, "cannot be read");
		opts.mode = RINGMAP_MODE_AUTO;
		assert_refused(&opts, RINGMAP_E_UNSUPPORTED, "cannot be read");
		opts.mode = RINGMAP_MODE_CONSUME;
		ringmap_ring_unref(open_ring(&opts));
		/* An empty file says nothing either. */
		rm_tree_print(&tree, files[i], "");
		opts.mode = RINGMAP_MODE_FOLLOW;
		assert_refused(&opts, RINGMAP_E_OS, "cannot be read");
		free(path);
		rm_tree_free(&tree);
	}
}
END_TEST

enum {
	MOST = 64
};

/* Takes all descriptors that the limit leaves. Returns how many. */
static int take_descriptors(int fds[MOST])
{
	const struct rlimit few = {MOST, MOST};
	int count = 0;

	ck_assert(!setrlimit(RLIMIT_NOFILE, &few));
	while (count < MOST && (fds[count] = dup(0)) >= 0)
		count++;
	ck_assert_int_gt(count, 10);
	return count;
}

START_TEST(few_descriptors_do_not_hide_facts)
{
	int fds[MOST];
	struct rm_tree tree;

	set_up(&tree);
	rm_tree_print(&tree, "instances/box/options/overwrite", "0\n");
	rm_tree_print(&tree, "instances/box/trace_clock", "[uptime] mono\n");
	struct ringmap_ring_opts opts = options(&tree, RINGMAP_MODE_FOLLOW);
	int count = take_descriptors(fds);
	enum ringmap_status s = RINGMAP_E_OS;
	for (int left = 0; left < 10; left++) {
		struct ringmap_ring *ring = NULL;

		enum ringmap_status now = ringmap_ring_open(&opts, &ring, &err);
		/* First the limit is named, then the reason. */
		ck_assert(now == s || now == RINGMAP_E_UNSUPPORTED);
		if (now == RINGMAP_E_OS)
			ck_assert_int_eq(err.os_errno, EMFILE);
		s = now;
		ck_assert_ptr_null(ring);
		close(fds[--count]);
	}
	ck_assert_int_eq(s, RINGMAP_E_UNSUPPORTED);
	while (count)
		close(fds[--count]);
	rm_tree_free(&tree);
}
END_TEST

/* A ring that opens has its counts: otherwise its losses would be unknown. */
START_TEST(few_descriptors_do_not_hide_counts)
{
	static const uint32_t modes[] = {
		RINGMAP_MODE_FOLLOW, RINGMAP_MODE_CONSUME, RINGMAP_MODE_READ};
	int fds[MOST];
	struct rm_tree tree;

	set_up(&tree);
	int count = take_descriptors(fds);
	for (int left = 0; left < 10; left++) {
		for (int i = 0; i < 3; i++) {
			struct ringmap_ring_opts opts =
				options(&tree, modes[i]);
			struct ringmap_ring_stats stats;
			struct ringmap_ring *ring;

			if (ringmap_ring_open(&opts, &ring, &err)) {
				ck_assert_int_eq(err.os_errno, EMFILE);
				ck_assert_int_lt(left, 9);
				continue;
			}
			rm_assert_ok(ringmap_ring_stats(ring, &stats,
							sizeof(stats)));
			ck_assert_uint_eq(stats.kernel_entries, 1);
			ringmap_ring_unref(ring);
		}
		close(fds[--count]);
	}
	while (count)
		close(fds[--count]);
	rm_tree_free(&tree);
}
END_TEST

START_TEST(facts_are_for_descriptors_only)
{
	struct rm_tree tree;

	set_up(&tree);
	struct ringmap_ring_opts opts = options(&tree, RINGMAP_MODE_FOLLOW);
	opts.clock = "mono";
	assert_refused(&opts, RINGMAP_E_INVAL, "open_fd");
	opts.clock = NULL;
	opts.flags = RINGMAP_RING_OVERWRITES;
	assert_refused(&opts, RINGMAP_E_INVAL, "open_fd");
	opts.flags = 0;
	opts.stats_fd = 1;
	assert_refused(&opts, RINGMAP_E_INVAL, "open_fd");
	opts.stats_fd = -1;
	assert_refused(&opts, RINGMAP_E_INVAL, "stats_fd");
	rm_tree_free(&tree);
}
END_TEST

/* Of stats like these the kernel's counts are not known. */
static void assert_unknown(const struct rm_tree *tree, const char *text)
{
	const struct ringmap_ring_opts opts =
		options(tree, RINGMAP_MODE_FOLLOW);
	struct ringmap_ring_stats stats;

	if (text)
		rm_tree_print(tree, CPU0 "stats", text);
	struct ringmap_ring *ring = open_ring(&opts);
	rm_assert_ok(ringmap_ring_stats(ring, &stats, sizeof(stats)));
	ck_assert_uint_eq(stats.kernel_entries, RINGMAP_LOST_UNKNOWN);
	ck_assert_uint_eq(stats.kernel_overrun, RINGMAP_LOST_UNKNOWN);
	ck_assert_uint_eq(stats.kernel_dropped, RINGMAP_LOST_UNKNOWN);
	ringmap_ring_unref(ring);
}

START_TEST(stats_that_make_no_sense_are_unknown)
{
	static char large[5000];
	struct rm_tree tree;

	set_up(&tree);
	memset(large, '\n', sizeof(large) - 1);
	assert_unknown(&tree, "");
	assert_unknown(&tree, "entries: 1\n");
	assert_unknown(&tree, "\n\n\nentries: x\noverrun: y\n");
	assert_unknown(&tree, "entries: 1\noverrun: 0\ndropped events: 7\n");
	assert_unknown(&tree, large);
	char *stats = rm_tree_path(&tree, CPU0 "stats");
	ck_assert(!unlink(stats));
	assert_unknown(&tree, NULL);
	/* A folder can be opened and not be read. */
	ck_assert(!mkdir(stats, 0755));
	assert_unknown(&tree, NULL);
	free(stats);
	rm_tree_free(&tree);
}
END_TEST

START_TEST(lines_of_stats_are_found_by_their_whole_names)
{
	struct ringmap_ring_stats stats;
	struct rm_tree tree;

	set_up(&tree);
	rm_tree_print(&tree, CPU0 "stats",
		      "entries now: 9\nread events\nread events: 3\n"
		      "overrun: 2\ndropped events: 4\nentries: 1\n");
	const struct ringmap_ring_opts opts = options(&tree, RINGMAP_MODE_READ);
	struct ringmap_ring *ring = open_ring(&opts);
	rm_assert_ok(ringmap_ring_stats(ring, &stats, sizeof(stats)));
	ck_assert_uint_eq(stats.kernel_entries, 6);
	ck_assert_uint_eq(stats.kernel_overrun, 2);
	ck_assert_uint_eq(stats.kernel_read, 3);
	ck_assert_uint_eq(stats.kernel_dropped, 4);
	ringmap_ring_unref(ring);
	rm_tree_free(&tree);
}
END_TEST

RM_MAIN(ring_of_an_instance_is_followed, top_level_buffer_is_named_by_a_slash,
	size_of_long_is_that_of_header_page,
	hidden_name_of_the_kernel_is_not_trusted,
	auto_follows_what_can_be_followed,
	ring_that_does_not_overwrite_is_not_followed,
	coarse_clock_is_not_followed, what_is_missing_is_named,
	path_that_is_too_long_is_refused, what_is_forbidden_says_what_to_do,
	descriptor_finds_the_files_beside_it,
	descriptor_alone_needs_the_word_of_its_sender,
	descriptors_of_other_files_are_refused,
	facts_that_nobody_can_read_are_not_taken_for_fine,
	few_descriptors_do_not_hide_facts, few_descriptors_do_not_hide_counts,
	facts_are_for_descriptors_only, stats_that_make_no_sense_are_unknown,
	lines_of_stats_are_found_by_their_whole_names)
