/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * trace_open_test.c - which rings a trace has, and its life
 */
#include "tests/support/rm_check.h"
#include "tests/unit/map_file.h"
#include "tests/unit/merge.h"
#include "tests/unit/tracefs_tree.h"

static struct ringmap_error err;

static struct ringmap_trace_opts options(const struct rm_tree *tree)
{
	return (struct ringmap_trace_opts){
		.sz = sizeof(struct ringmap_trace_opts),
		.tracefs = tree->root,
		.instance = "box",
		.mode = RINGMAP_MODE_FOLLOW,
	};
}

static struct ringmap_trace *open_trace(const struct ringmap_trace_opts *opts)
{
	struct ringmap_trace *trace;

	rm_assert_ok_err(ringmap_trace_open(opts, &trace, &err), &err);
	return trace;
}

static uint32_t cpu_of(const struct ringmap_trace *trace, size_t i)
{
	struct ringmap_ring_info info;

	rm_assert_ok(ringmap_ring_info(ringmap_trace_ring(trace, i), &info,
				       sizeof(info)));
	return info.cpu;
}

static uint64_t rings_of(struct ringmap_trace *trace)
{
	struct ringmap_trace_stats stats;

	rm_assert_ok(ringmap_trace_stats(trace, &stats, sizeof(stats)));
	return stats.rings;
}

START_TEST(rings_are_those_of_all_cpus)
{
	static const uint32_t cpus[] = {0, 1, 2, 10, 100};
	const int descriptors = rm_open_descriptors();
	struct ringmap_event event;
	struct rm_tree tree;

	rm_tree_make(&tree);
	rm_tree_add_instance(&tree, "box");
	for (int i = 0; i < 5; i++)
		rm_tree_add_ring(&tree, "box", cpus[i],
				 1000 - (uint64_t)i * 100);
	/* No CPUs. */
	rm_tree_print(&tree, "instances/box/per_cpu/cpu", "");
	rm_tree_print(&tree, "instances/box/per_cpu/cpux/stats", "");
	rm_tree_print(&tree, "instances/box/per_cpu/cpu0x/stats", "");
	rm_tree_print(&tree, "instances/box/per_cpu/cpu02/stats", "");
	rm_tree_print(&tree, "instances/box/per_cpu/gpu1/stats", "");
	const struct ringmap_trace_opts opts = options(&tree);
	struct ringmap_trace *trace = open_trace(&opts);
	ck_assert_uint_eq(rings_of(trace), 5);
	for (size_t i = 0; i < 5; i++)
		ck_assert_uint_eq(cpu_of(trace, i), cpus[i]);
	ck_assert_ptr_null(ringmap_trace_ring(trace, 5));
	ck_assert_ptr_null(ringmap_trace_ring(trace, SIZE_MAX));
	for (int i = 4; i >= 0; i--) {
		rm_assert_ok(ringmap_trace_next(trace, &event));
		ck_assert_uint_eq(event.cpu, cpus[i]);
	}
	rm_assert_status(ringmap_trace_next(trace, &event), RINGMAP_DONE);
	ringmap_trace_unref(trace);
	rm_tree_free(&tree);
	ck_assert_int_eq(rm_open_descriptors(), descriptors);
}
END_TEST

/* A tree whose instance "box" has rings of CPU 0 to @count - 1. */
static void make_cpus(struct rm_tree *tree, uint32_t count)
{
	rm_tree_make(tree);
	rm_tree_add_instance(tree, "box");
	for (uint32_t cpu = 0; cpu < count; cpu++)
		rm_tree_add_ring(tree, "box", cpu, 10);
}

/* One of the instance, one of the trace, which wait made, and of each ring two. */
START_TEST(trace_of_256_cpus_has_514_descriptors)
{
	const int descriptors = rm_open_descriptors();
	struct ringmap_event event;
	struct rm_tree tree;

	make_cpus(&tree, 256);
	const struct ringmap_trace_opts opts = options(&tree);
	struct ringmap_trace *trace = open_trace(&opts);
	ck_assert_uint_eq(rings_of(trace), 256);
	for (int i = 0; i < 256; i++)
		rm_assert_ok(ringmap_trace_next(trace, &event));
	rm_assert_status(ringmap_trace_wait(trace, 0), RINGMAP_DONE);
	ck_assert_int_eq(rm_open_descriptors(), descriptors + 514);
	ringmap_trace_unref(trace);
	ck_assert_int_eq(rm_open_descriptors(), descriptors);
	rm_tree_free(&tree);
}
END_TEST

/* After the trace is closed, the ring still looks at the files of its own CPU. */
START_TEST(ring_that_outlives_its_trace_keeps_its_files)
{
	const int descriptors = rm_open_descriptors();
	struct ringmap_ring_stats stats;
	struct rm_tree tree;

	make_cpus(&tree, 3);
	const struct ringmap_trace_opts opts = options(&tree);
	struct ringmap_trace *trace = open_trace(&opts);
	struct ringmap_ring *ring =
		ringmap_ring_ref(ringmap_trace_ring(trace, 1));
	struct ringmap_ring *other =
		ringmap_ring_ref(ringmap_trace_ring(trace, 2));
	ringmap_trace_unref(trace);
	ck_assert_int_eq(rm_open_descriptors(), descriptors + 5);
	/* A truncation of this file is a reset of the ring of CPU 1 only. */
	rm_tree_print(&tree, "instances/box/per_cpu/cpu1/trace", "");
	rm_assert_ok(ringmap_ring_stats(ring, &stats, sizeof(stats)));
	ck_assert_uint_eq(stats.resets, 1);
	ck_assert_uint_eq(stats.kernel_dropped, 7);
	rm_assert_ok(ringmap_ring_stats(other, &stats, sizeof(stats)));
	ck_assert_uint_eq(stats.resets, 0);
	ringmap_ring_unref(ring);
	rm_tree_print(&tree, "instances/box/trace", "");
	rm_assert_ok(ringmap_ring_stats(other, &stats, sizeof(stats)));
	ck_assert_uint_eq(stats.resets, 1);
	ringmap_ring_unref(other);
	ck_assert_int_eq(rm_open_descriptors(), descriptors);
	rm_tree_free(&tree);
}
END_TEST

START_TEST(top_level_buffer_is_named_by_a_slash)
{
	struct rm_tree tree;

	rm_tree_make(&tree);
	rm_tree_add_instance(&tree, "/");
	rm_tree_add_ring(&tree, "/", 0, 10);
	rm_tree_add_ring(&tree, "/", 1, 20);
	struct ringmap_trace_opts opts = options(&tree);
	opts.instance = "/";
	struct ringmap_trace *trace = open_trace(&opts);
	ck_assert_uint_eq(rings_of(trace), 2);
	ringmap_trace_unref(trace);
	rm_tree_free(&tree);
}
END_TEST

START_TEST(what_is_missing_is_told)
{
	const int descriptors = rm_open_descriptors();
	struct ringmap_trace *trace = NULL;
	struct rm_tree tree;

	rm_tree_make(&tree);
	rm_tree_add_instance(&tree, "box");
	rm_tree_add_instance(&tree, "/");
	rm_tree_add_ring(&tree, "/", 0, 10);
	struct ringmap_trace_opts opts = options(&tree);
	/* An instance without a CPU, and none at all. */
	rm_assert_error(ringmap_trace_open(&opts, &trace, &err),
			RINGMAP_E_NOENT, &err);
	opts.instance = "chest";
	rm_assert_error(ringmap_trace_open(&opts, &trace, &err),
			RINGMAP_E_NOENT, &err);
	ck_assert_ptr_nonnull(strstr(err.text, "chest"));
	ck_assert_ptr_null(trace);
	ck_assert_int_eq(rm_open_descriptors(), descriptors);
	rm_tree_free(&tree);
}
END_TEST

START_TEST(one_broken_ring_opens_none)
{
	const int descriptors = rm_open_descriptors();
	struct ringmap_trace *trace = NULL;
	struct rm_tree tree;
	char zeros[4096] = {0};

	rm_tree_make(&tree);
	rm_tree_add_instance(&tree, "box");
	rm_tree_add_ring(&tree, "box", 0, 10);
	rm_tree_add_ring(&tree, "box", 1, 10);
	rm_tree_write(&tree, "instances/box/per_cpu/cpu1/trace_pipe_raw", zeros,
		      sizeof(zeros));
	const struct ringmap_trace_opts opts = options(&tree);
	rm_assert_error(ringmap_trace_open(&opts, &trace, &err),
			RINGMAP_E_CORRUPT, &err);
	ck_assert_ptr_null(trace);
	ck_assert_int_eq(rm_open_descriptors(), descriptors);
	rm_tree_free(&tree);
}
END_TEST

START_TEST(trace_needs_a_ring_and_a_place_to_go)
{
	struct ringmap_ring *ring;
	struct ringmap_trace *trace = NULL;

	rm_assert_ok(ringmap_ring_open_image(NULL, 0, NULL, &ring, &err));
	rm_assert_error(ringmap_trace_open_rings(NULL, 1, &trace, &err),
			RINGMAP_E_INVAL, &err);
	rm_assert_error(ringmap_trace_open_rings(&ring, 0, &trace, &err),
			RINGMAP_E_INVAL, &err);
	rm_assert_error(ringmap_trace_open_rings(&ring, 1, NULL, &err),
			RINGMAP_E_INVAL, &err);
	rm_assert_status(ringmap_trace_open_rings(&ring, 0, &trace, NULL),
			 RINGMAP_E_INVAL);
	struct ringmap_ring *twice[] = {ring, ring};
	struct ringmap_ring *none[] = {ring, NULL};
	rm_assert_error(ringmap_trace_open_rings(twice, 2, &trace, &err),
			RINGMAP_E_INVAL, &err);
	rm_assert_error(ringmap_trace_open_rings(none, 2, &trace, &err),
			RINGMAP_E_INVAL, &err);
	ck_assert_ptr_null(trace);
	ringmap_ring_unref(ring);
}
END_TEST

START_TEST(trace_lives_as_long_as_a_reference)
{
	const int descriptors = rm_open_descriptors();
	struct rm_merge f = {.count = 0};

	rm_merge_record(&f, RM_SCRIPTS("TS 1; EVENT 'a'", "TS 3; EVENT 'c'"));
	rm_merge_record(&f, RM_SCRIPTS("TS 2; EVENT 'b'"));
	rm_merge_open(&f);
	ck_assert_ptr_eq(ringmap_trace_ref(f.trace), f.trace);
	ringmap_trace_unref(f.trace);
	rm_merge_assert_letters(&f, "abc");
	/* A ring of it may outlive it. */
	struct ringmap_ring *ring =
		ringmap_ring_ref(ringmap_trace_ring(f.trace, 1));
	struct ringmap_ring_info info;
	rm_merge_close(&f);
	rm_assert_ok(ringmap_ring_info(ring, &info, sizeof(info)));
	ck_assert_uint_eq(info.cpu, 1);
	ringmap_ring_unref(ring);
	ck_assert_int_eq(rm_open_descriptors(), descriptors);
}
END_TEST

START_TEST(stats_fit_callers_of_any_age)
{
	struct {
		struct ringmap_trace_stats stats;
		uint64_t newer;
	} large;
	struct rm_merge f = {.count = 0};

	rm_merge_record(&f, RM_SCRIPTS("TS 1; EVENT 'a'"));
	rm_merge_open(&f);
	rm_merge_assert_letters(&f, "a");
	memset(&large, 0xff, sizeof(large));
	rm_assert_ok(ringmap_trace_stats(f.trace, &large.stats, sizeof(large)));
	ck_assert_uint_eq(large.newer, 0);
	ck_assert_uint_eq(large.stats.events, 1);
	memset(&large, 0xff, sizeof(large));
	rm_assert_ok(ringmap_trace_stats(f.trace, &large.stats, 8));
	ck_assert_uint_eq(large.stats.events, 1);
	ck_assert_uint_eq(large.stats.late, UINT64_MAX);
	rm_assert_status(ringmap_trace_stats(f.trace, &large.stats, 0),
			 RINGMAP_E_INVAL);
	rm_assert_status(ringmap_trace_stats(f.trace, NULL, 8),
			 RINGMAP_E_INVAL);
	rm_assert_status(ringmap_trace_stats(NULL, &large.stats, 8),
			 RINGMAP_E_INVAL);
	rm_merge_close(&f);
}
END_TEST

START_TEST(clock_of_a_live_trace_is_that_of_its_instance)
{
	struct ringmap_trace_info info;
	struct rm_tree tree;

	rm_tree_make(&tree);
	rm_tree_add_instance(&tree, "box");
	rm_tree_add_ring(&tree, "box", 0, 10);
	const struct ringmap_trace_opts opts = options(&tree);
	rm_tree_print(&tree, "instances/box/trace_clock",
		      "local global counter [tai] x86-tsc\n");
	struct ringmap_trace *trace = open_trace(&opts);
	rm_assert_ok(ringmap_trace_info(trace, &info, sizeof(info)));
	ck_assert_str_eq(info.clock, "tai");
	ck_assert_uint_eq(info.ts_unit, RINGMAP_TS_NS);
	ck_assert_uint_eq(info.rings, 1);
	ck_assert_uint_eq(info.instances, 1);
	ck_assert_str_eq(ringmap_trace_instance(trace, 0), "");
	ck_assert_ptr_null(ringmap_trace_instance(trace, 1));
	ringmap_trace_unref(trace);
	rm_tree_free(&tree);
}
END_TEST

START_TEST(trace_of_rings_knows_no_clock)
{
	struct {
		struct ringmap_trace_info info;
		uint64_t newer;
	} large;
	struct rm_merge f = {.count = 0};

	rm_merge_record(&f, RM_SCRIPTS("TS 1; EVENT 'a'"));
	rm_merge_record(&f, RM_SCRIPTS("TS 2; EVENT 'b'"));
	rm_merge_open(&f);
	memset(&large, 0xff, sizeof(large));
	rm_assert_ok(ringmap_trace_info(f.trace, &large.info, sizeof(large)));
	ck_assert_uint_eq(large.newer, 0);
	ck_assert_ptr_null(large.info.clock);
	ck_assert_uint_eq(large.info.ts_unit, RINGMAP_TS_UNKNOWN);
	ck_assert_uint_eq(large.info.rings, 2);
	ck_assert_uint_eq(large.info.instances, 1);
	memset(&large, 0xff, sizeof(large));
	rm_assert_ok(ringmap_trace_info(f.trace, &large.info, 8));
	ck_assert_uint_eq(large.info.rings, UINT32_MAX);
	rm_assert_status(ringmap_trace_info(f.trace, &large.info, 0),
			 RINGMAP_E_INVAL);
	rm_assert_status(ringmap_trace_info(f.trace, NULL, 8), RINGMAP_E_INVAL);
	rm_assert_status(ringmap_trace_info(NULL, &large.info, 8),
			 RINGMAP_E_INVAL);
	rm_merge_close(&f);
}
END_TEST

RM_MAIN(rings_are_those_of_all_cpus, trace_of_256_cpus_has_514_descriptors,
	ring_that_outlives_its_trace_keeps_its_files,
	top_level_buffer_is_named_by_a_slash, what_is_missing_is_told,
	one_broken_ring_opens_none, trace_needs_a_ring_and_a_place_to_go,
	trace_lives_as_long_as_a_reference, stats_fit_callers_of_any_age,
	clock_of_a_live_trace_is_that_of_its_instance,
	trace_of_rings_knows_no_clock)
