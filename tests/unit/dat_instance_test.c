/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * dat_instance_test.c - which instances a file has, and what is said of them
 */
#include "tests/support/rm_check.h"
#include "tests/unit/dat_file.h"
#include "tests/unit/tracefs_tree.h"

static struct ringmap_error err;

static struct ringmap_trace_info info_of(const struct ringmap_trace *trace)
{
	struct ringmap_trace_info info;

	rm_assert_ok(ringmap_trace_info(trace, &info, sizeof(info)));
	return info;
}

static void add_instances(struct rm_dat_file *f)
{
	rm_dat_file_ring(f, 0, 0, RM_SCRIPTS("TS 1; EVENT 'a'"));
	rm_dat_file_ring(f, 0, 1, RM_SCRIPTS("TS 2; EVENT 'b'"));
	f->plan.buffers[1] =
		(struct rm_dat_buffer){.name = "box", .clock = "mono"};
	rm_dat_file_ring(f, 1, 0, RM_SCRIPTS("TS 3; EVENT 'c'"));
	rm_dat_file_ring(f, 1, 1, RM_SCRIPTS("TS 4; EVENT 'd'"));
	f->plan.buffers[2] =
		(struct rm_dat_buffer){.name = "chest", .clock = "counter"};
	rm_dat_file_ring(f, 2, 0, RM_SCRIPTS("TS 5; EVENT 'e'"));
	rm_dat_file_write(f);
}

static void assert_instance(struct rm_dat_file *f, const char *name,
			    const char *letters)
{
	struct ringmap_trace *trace = rm_dat_file_open(f, name);

	ck_assert_uint_eq(info_of(trace).instances, 3);
	ck_assert_str_eq(ringmap_trace_instance(trace, 0), "");
	ck_assert_str_eq(ringmap_trace_instance(trace, 1), "box");
	ck_assert_str_eq(ringmap_trace_instance(trace, 2), "chest");
	ck_assert_ptr_null(ringmap_trace_instance(trace, 3));
	ck_assert_ptr_null(ringmap_trace_instance(trace, SIZE_MAX));
	rm_dat_assert_letters(trace, letters);
	ringmap_trace_unref(trace);
}

START_TEST(each_instance_is_a_trace_of_its_own)
{
	struct rm_dat_file f = {.nr_recordings = 0};

	for (size_t i = 0; rm_dat_every_kind(i, &f.plan); i++) {
		add_instances(&f);
		assert_instance(&f, NULL, "ab");
		assert_instance(&f, "", "ab");
		assert_instance(&f, "box", "cd");
		assert_instance(&f, "chest", "e");
		rm_dat_file_free(&f);
		f = (struct rm_dat_file){.nr_recordings = 0};
	}
}
END_TEST

START_TEST(clock_is_that_of_the_instance)
{
	struct rm_dat_file f = {.plan = {.version = 7}};

	add_instances(&f);
	struct ringmap_trace *trace = rm_dat_file_open(&f, NULL);
	ck_assert_str_eq(info_of(trace).clock, "local");
	ck_assert_uint_eq(info_of(trace).ts_unit, RINGMAP_TS_NS);
	ringmap_trace_unref(trace);
	trace = rm_dat_file_open(&f, "box");
	ck_assert_str_eq(info_of(trace).clock, "mono");
	ck_assert_uint_eq(info_of(trace).ts_unit, RINGMAP_TS_NS);
	ringmap_trace_unref(trace);
	trace = rm_dat_file_open(&f, "chest");
	ck_assert_str_eq(info_of(trace).clock, "counter");
	ck_assert_uint_eq(info_of(trace).ts_unit, RINGMAP_TS_COUNTS);
	ringmap_trace_unref(trace);
	rm_dat_file_free(&f);
}
END_TEST

START_TEST(instances_may_have_sub_buffers_of_their_own_size)
{
	const struct ringmap_image_opts shape = {.subbuf_size = 16384};
	struct rm_dat_file f = {.plan = {.version = 7}};
	struct ringmap_ring_info ring;
	struct rm_recording r;

	rm_record(&r, &shape, RM_SCRIPTS("TS 1; LONG 9000; EVENT 'b'; REST"));
	rm_dat_file_ring(&f, 0, 0, RM_SCRIPTS("TS 1; EVENT 'a'"));
	f.plan.buffers[1] = (struct rm_dat_buffer){
		.name = "large",
		.subbuf_size = 16384,
		.rings = {{r.bytes, r.size, 0}},
		.nr_rings = 1,
	};
	f.plan.nr_buffers = 2;
	rm_dat_file_write(&f);
	struct ringmap_trace *trace = rm_dat_file_open(&f, "large");
	rm_assert_ok(ringmap_ring_info(ringmap_trace_ring(trace, 0), &ring,
				       sizeof(ring)));
	ck_assert_uint_eq(ring.subbuf_size, 16384);
	ck_assert_uint_eq(ring.nr_subbufs, 1);
	ringmap_trace_unref(trace);
	rm_recording_free(&r);
	rm_dat_file_free(&f);
}
END_TEST

START_TEST(unknown_instance_is_refused_by_name)
{
	struct rm_dat_file f = {.plan = {.version = 7}};
	struct ringmap_trace *trace = NULL;

	add_instances(&f);
	rm_assert_error(ringmap_trace_open_file(rm_dat_file_save(&f), "bag",
						&trace, &err),
			RINGMAP_E_NOENT, &err);
	ck_assert_ptr_nonnull(strstr(err.text, "bag"));
	ck_assert_ptr_null(trace);
	rm_dat_file_free(&f);
}
END_TEST

START_TEST(top_level_is_there_even_without_data)
{
	for (int version = 6; version <= 7; version++) {
		struct rm_dat_file f = {.plan = {.version = version}};

		f.plan.buffers[0].name = "";
		f.plan.buffers[1].name = "box";
		rm_dat_file_ring(&f, 1, 0, RM_SCRIPTS("TS 1; EVENT 'a'"));
		rm_dat_file_write(&f);
		/* So that one can ask what instances there are. */
		struct ringmap_trace *trace = rm_dat_file_open(&f, NULL);
		ck_assert_uint_eq(info_of(trace).rings, 0);
		ck_assert_str_eq(ringmap_trace_instance(trace, 1), "box");
		ck_assert_ptr_null(ringmap_trace_ring(trace, 0));
		rm_assert_status(ringmap_trace_wait(trace, 0), RINGMAP_DONE);
		rm_dat_assert_letters(trace, "");
		ringmap_trace_unref(trace);
		trace = rm_dat_file_open(&f, "box");
		rm_dat_assert_letters(trace, "a");
		ringmap_trace_unref(trace);
		rm_dat_file_free(&f);
	}
}
END_TEST

START_TEST(text_of_a_latency_tracer_has_no_events)
{
	for (int version = 6; version <= 7; version++) {
		struct rm_dat_file f = {.plan = {.version = version}};

		f.plan.buffers[0] = (struct rm_dat_buffer){
			.name = "",
			.text = "# tracer: wakeup\n",
		};
		f.plan.nr_buffers = 1;
		rm_dat_file_write(&f);
		rm_dat_assert_refused(&f, RINGMAP_E_UNSUPPORTED,
				      RM_WORDS("latency"));
		rm_dat_file_free(&f);
	}
}
END_TEST

START_TEST(folder_has_the_top_level_only)
{
	struct rm_recording r;
	struct ringmap_trace *trace = NULL;
	struct rm_tree tree;

	rm_record(&r, NULL, RM_SCRIPTS("TS 1; EVENT 'a'"));
	rm_tree_make(&tree);
	rm_tree_print(&tree, "events/header_page",
		      "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
		      "\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;"
		      "\n\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;"
		      "\n\tfield: char data;\toffset:16;\tsize:4080;\tsigned:1;"
		      "\n");
	rm_tree_write(&tree, "per_cpu/cpu3/trace_pipe_raw", r.bytes, r.size);
	rm_assert_error(ringmap_trace_open_file(tree.root, "box", &trace, &err),
			RINGMAP_E_NOENT, &err);
	rm_assert_ok_err(ringmap_trace_open_file(tree.root, NULL, &trace, &err),
			 &err);
	ck_assert_uint_eq(info_of(trace).rings, 1);
	ck_assert_uint_eq(info_of(trace).instances, 1);
	ck_assert_ptr_null(info_of(trace).clock);
	ck_assert_uint_eq(info_of(trace).ts_unit, RINGMAP_TS_UNKNOWN);
	ck_assert_str_eq(ringmap_trace_instance(trace, 0), "");
	ck_assert_ptr_null(ringmap_trace_instance(trace, 1));
	rm_dat_assert_letters(trace, "a");
	ringmap_trace_unref(trace);
	rm_tree_print(&tree, "trace_clock", "local global [boot] perf\n");
	rm_assert_ok_err(ringmap_trace_open_file(tree.root, "", &trace, &err),
			 &err);
	ck_assert_str_eq(info_of(trace).clock, "boot");
	ck_assert_uint_eq(info_of(trace).ts_unit, RINGMAP_TS_NS);
	ringmap_trace_unref(trace);
	rm_tree_free(&tree);
	rm_recording_free(&r);
}
END_TEST

RM_MAIN(each_instance_is_a_trace_of_its_own, clock_is_that_of_the_instance,
	instances_may_have_sub_buffers_of_their_own_size,
	unknown_instance_is_refused_by_name,
	top_level_is_there_even_without_data,
	text_of_a_latency_tracer_has_no_events, folder_has_the_top_level_only)
