/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * dat_open_test.c - trace.dat files of every kind, as traces
 */
#include "tests/support/rm_check.h"
#include "tests/unit/dat_file.h"
#include "tests/unit/map_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static struct ringmap_error err;

static struct ringmap_trace_info info_of(const struct ringmap_trace *trace)
{
	struct ringmap_trace_info info;

	rm_assert_ok(ringmap_trace_info(trace, &info, sizeof(info)));
	return info;
}

static struct ringmap_ring_info ring_of(const struct ringmap_trace *trace,
					size_t i)
{
	struct ringmap_ring_info info;

	rm_assert_ok(ringmap_ring_info(ringmap_trace_ring(trace, i), &info,
				       sizeof(info)));
	return info;
}

START_TEST(files_of_every_kind_read_alike)
{
	struct rm_dat_file f = {.nr_recordings = 0};

	for (size_t i = 0; rm_dat_every_kind(i, &f.plan); i++) {
		rm_dat_file_ring(
			&f, 0, 0,
			RM_SCRIPTS("TS 100; EVENT +1 'a'; EVENT +2 'b'",
				   "TS 150; LONG +1 300; REST"));
		rm_dat_file_ring(&f, 0, 1,
				 RM_SCRIPTS("TS 102; EVENT 'A'",
					    "TS 400; EVENT 'f'; EXTEND 1000000;"
					    "EVENT 'g'",
					    "TS 2000000; EVENT 'h'"));
		rm_dat_file_ring(&f, 0, 2, RM_SCRIPTS("TS 350; EVENT 'F'"));
		rm_dat_file_write(&f);
		struct ringmap_trace *trace = rm_dat_file_open(&f, NULL);
		struct ringmap_event event;

		ck_assert_uint_eq(info_of(trace).rings, 3);
		ck_assert_uint_eq(info_of(trace).instances, 1);
		for (uint32_t cpu = 0; cpu < 3; cpu++) {
			struct ringmap_ring_info ring = ring_of(trace, cpu);

			ck_assert_uint_eq(ring.cpu, cpu);
			ck_assert_uint_eq(ring.subbuf_size, 4096);
			ck_assert_uint_eq(ring.nr_subbufs, cpu == 0   ? 2
							   : cpu == 1 ? 3
								      : 1);
			ck_assert_uint_eq(ring.long_size, f.plan.long_size);
			ck_assert_uint_eq(ring.data_offset,
					  8 + f.plan.long_size);
			ck_assert_uint_eq(ring.big_endian, f.plan.big_endian);
			ck_assert_uint_eq(ring.mode, RINGMAP_MODE_IMAGE);
		}
		rm_assert_ok(ringmap_trace_next(trace, &event));
		ck_assert_uint_eq(event.ts, 101);
		ck_assert_uint_eq(event.cpu, 0);
		rm_assert_ok(ringmap_trace_next(trace, &event));
		ck_assert_uint_eq(event.ts, 102);
		ck_assert_uint_eq(event.cpu, 1);
		rm_assert_ok(ringmap_trace_next(trace, &event));
		ck_assert_uint_eq(event.ts, 103);
		rm_assert_ok(ringmap_trace_next(trace, &event));
		ck_assert_uint_eq(event.size, 300);
		rm_dat_assert_letters(trace, "Ffgh");
		ringmap_trace_unref(trace);
		rm_dat_file_free(&f);
		f = (struct rm_dat_file){.nr_recordings = 0};
	}
}
END_TEST

START_TEST(longs_are_the_kernels_not_those_of_its_programs)
{
	struct rm_dat_file f = {.plan = {.version = 6, .long_size = 8}};

	/* 32-bit programs recorded a 64-bit kernel. */
	rm_dat_file_ring(&f, 0, 0, RM_SCRIPTS("TS 100; EVENT 'a'"));
	f.plan.header_page =
		"\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
		"\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
		"\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
		"\tfield: char data;\toffset:16;\tsize:4080;\tsigned:1;\n";
	f.plan.long_size = 4;
	rm_dat_file_write(&f);
	struct ringmap_trace *trace = rm_dat_file_open(&f, NULL);
	ck_assert_uint_eq(ring_of(trace, 0).long_size, 8);
	rm_dat_assert_letters(trace, "a");
	ringmap_trace_unref(trace);
	rm_dat_file_free(&f);
}
END_TEST

START_TEST(gap_before_the_first_event_is_passed_over)
{
	const struct ringmap_image_opts shape = {.long_size = 4,
						 .data_offset = 16};
	struct rm_dat_file f = {.plan = {.version = 7, .long_size = 4}};
	struct rm_recording r;

	rm_record(&r, &shape, RM_SCRIPTS("TS 100; EVENT 'a'"));
	f.plan.header_page =
		"\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
		"\tfield: local_t commit;\toffset:8;\tsize:4;\tsigned:1;\n"
		"\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
		"\tfield: char data;\toffset:16;\tsize:4080;\tsigned:1;\n";
	f.plan.buffers[0] = (struct rm_dat_buffer){
		.name = "",
		.rings = {{r.bytes, r.size, 0}},
		.nr_rings = 1,
	};
	f.plan.nr_buffers = 1;
	rm_dat_file_write(&f);
	struct ringmap_trace *trace = rm_dat_file_open(&f, NULL);
	ck_assert_uint_eq(ring_of(trace, 0).data_offset, 16);
	rm_dat_assert_letters(trace, "a");
	ringmap_trace_unref(trace);
	rm_recording_free(&r);
	rm_dat_file_free(&f);
}
END_TEST

START_TEST(cpus_keep_their_numbers)
{
	struct rm_dat_file f = {.plan = {.version = 7}};

	/* In any order, with holes. */
	rm_dat_file_ring(&f, 0, 9, RM_SCRIPTS("TS 300; EVENT 'c'"));
	rm_dat_file_ring(&f, 0, 2, RM_SCRIPTS("TS 200; EVENT 'b'"));
	rm_dat_file_ring(&f, 0, 4096, RM_SCRIPTS("TS 100; EVENT 'a'"));
	rm_dat_file_write(&f);
	struct ringmap_trace *trace = rm_dat_file_open(&f, NULL);
	ck_assert_uint_eq(ring_of(trace, 0).cpu, 2);
	ck_assert_uint_eq(ring_of(trace, 1).cpu, 9);
	ck_assert_uint_eq(ring_of(trace, 2).cpu, 4096);
	rm_dat_assert_letters(trace, "abc");
	ringmap_trace_unref(trace);
	rm_dat_file_free(&f);
}
END_TEST

START_TEST(cpus_without_data_are_left_out)
{
	for (int version = 6; version <= 7; version++) {
		struct rm_dat_file f = {.plan = {.version = version}};

		rm_dat_file_ring(&f, 0, 0, RM_SCRIPTS("TS 1; EVENT 'x'"));
		rm_dat_file_ring(&f, 0, 1, RM_SCRIPTS("TS 2; EVENT 'b'"));
		f.plan.buffers[0].rings[0].size = 0;
		rm_dat_file_write(&f);
		struct ringmap_trace *trace = rm_dat_file_open(&f, NULL);
		ck_assert_uint_eq(info_of(trace).rings, 1);
		ck_assert_uint_eq(ring_of(trace, 0).cpu, 1);
		rm_dat_assert_letters(trace, "b");
		ringmap_trace_unref(trace);
		rm_dat_file_free(&f);
	}
}
END_TEST

START_TEST(rings_outlive_the_trace_and_the_file)
{
	struct rm_dat_file f = {.plan = {.version = 6}};
	struct ringmap_page page;
	struct ringmap_event event;

	rm_dat_file_ring(&f, 0, 0, RM_SCRIPTS("TS 1; EVENT 'x'"));
	rm_dat_file_ring(&f, 0, 1, RM_SCRIPTS("TS 2; EVENT 'y'"));
	rm_dat_file_write(&f);
	struct ringmap_trace *trace = rm_dat_file_open(&f, NULL);
	struct ringmap_ring *ring =
		ringmap_ring_ref(ringmap_trace_ring(trace, 1));
	ringmap_trace_unref(trace);
	rm_dat_file_free(&f);
	rm_assert_ok(ringmap_ring_borrow_page(ring, &page));
	rm_assert_ok(ringmap_page_next(&page, &event));
	ck_assert_int_eq(*(const char *)event.data, 'y');
	rm_assert_ok(ringmap_ring_return_page(ring, &page));
	ringmap_ring_unref(ring);
}
END_TEST

START_TEST(broken_event_is_told_and_the_rest_is_read)
{
	struct rm_dat_file f = {.plan = {.version = 7}};
	struct ringmap_event event;

	rm_dat_file_ring(&f, 0, 0,
			 RM_SCRIPTS("TS 1; EVENT 'a'", "TS 2; COMMIT 4081",
				    "TS 3; EVENT 'c'"));
	rm_dat_file_write(&f);
	struct ringmap_trace *trace = rm_dat_file_open(&f, NULL);
	rm_assert_ok(ringmap_trace_next(trace, &event));
	rm_assert_status(ringmap_trace_next(trace, &event), RINGMAP_E_CORRUPT);
	/* Where in the file the commit word is. */
	char at[32];
	snprintf(at, sizeof(at), "byte %zu ",
		 f.written->data_at[0][0] + 4096 + 8);
	ringmap_trace_error(trace, &err);
	ck_assert_msg(strstr(err.text, at), "no \"%s\" in: %s", at, err.text);
	ck_assert_ptr_nonnull(strstr(err.text, f.saved.path));
	ck_assert_ptr_nonnull(strstr(err.text, "CPU 0"));
	rm_assert_ok(ringmap_trace_next(trace, &event));
	ck_assert_int_eq(*(const char *)event.data, 'c');
	ck_assert_uint_eq(event.lost, RINGMAP_LOST_UNKNOWN);
	ringmap_trace_unref(trace);
	rm_dat_file_free(&f);
}
END_TEST

START_TEST(what_is_no_file_is_told)
{
	struct ringmap_trace *trace = NULL;
	char fifo[512];

	rm_assert_error(ringmap_trace_open_file(NULL, NULL, &trace, &err),
			RINGMAP_E_INVAL, &err);
	rm_assert_error(ringmap_trace_open_file("x", NULL, NULL, &err),
			RINGMAP_E_INVAL, &err);
	rm_assert_error(ringmap_trace_open_file("/nowhere/trace.dat", NULL,
						&trace, &err),
			RINGMAP_E_NOENT, &err);
	ck_assert_ptr_nonnull(strstr(err.text, "/nowhere/trace.dat"));
	rm_assert_error(
		ringmap_trace_open_file("/dev/null", NULL, &trace, &err),
		RINGMAP_E_CORRUPT, &err);
	ck_assert_str_eq(err.text, "/dev/null is neither a regular file nor a "
				   "folder");
	/* Nobody writes to it: this must not wait. */
	snprintf(fifo, sizeof(fifo), "%s/ringmap_fifo_%d",
		 getenv("TEST_TMPDIR") ? getenv("TEST_TMPDIR") : "/tmp",
		 getpid());
	ck_assert(!mkfifo(fifo, 0600));
	rm_assert_error(ringmap_trace_open_file(fifo, NULL, &trace, &err),
			RINGMAP_E_CORRUPT, &err);
	ck_assert_ptr_nonnull(strstr(err.text, fifo));
	unlink(fifo);
	ck_assert_ptr_null(trace);
}
END_TEST

START_TEST(cpus_of_a_file_take_no_descriptors)
{
	for (size_t i = 0; i < 4; i++) {
		struct rm_dat_file f = {.plan = {.version = 6 + (int)i / 2}};

		if (i == 3)
			f.plan.packing = RM_DAT_ZSTD;
		for (uint32_t cpu = 0; cpu < RM_DAT_CPUS; cpu++)
			rm_dat_file_ring(&f, 0, cpu,
					 RM_SCRIPTS("TS 1; EVENT 'a'"));
		rm_dat_file_write(&f);
		rm_dat_file_save(&f);
		const int before = rm_open_descriptors();
		struct ringmap_trace *trace;
		rm_assert_ok_err(ringmap_trace_open_file(f.saved.path, NULL,
							 &trace, &err),
				 &err);
		ck_assert_int_le(rm_open_descriptors(), before + 1);
		rm_dat_assert_letters(trace, "aaaaaaaa");
		ringmap_trace_unref(trace);
		ck_assert_int_eq(rm_open_descriptors(), before);
		rm_dat_file_free(&f);
	}
}
END_TEST

START_TEST(a_long_path_leaves_room_for_the_reason)
{
	static const char steps[] =
		"/proc/self/fd/../fd/../fd/../fd/../fd/../fd"
		"/../fd/../fd/../fd/../fd/../fd/../fd/../fd"
		"/../fd/../fd/../fd/../fd/../fd/../fd/../fd"
		"/../fd/../fd/../fd/../fd/../fd/../fd/../fd"
		"/../fd/../fd/../fd/../fd/../fd/../fd/../fd";
	struct rm_dat_file f = {.plan = {.version = 7}};
	struct ringmap_trace *trace = NULL;
	char path[sizeof(steps) + 16];

	rm_dat_file_ring(&f, 0, 0, RM_SCRIPTS("TS 1; EVENT 'a'"));
	rm_dat_file_write(&f);
	rm_dat_put(f.written, f.written->options_at, 8, 7);
	rm_dat_file_save(&f);
	snprintf(path, sizeof(path), "%s/%d", steps, f.saved.fd);
	rm_assert_error(ringmap_trace_open_file(path, NULL, &trace, &err),
			RINGMAP_E_CORRUPT, &err);
	/* The end of the path is the file's name. */
	snprintf(path, sizeof(path), "/../fd/%d: byte 7: ", f.saved.fd);
	ck_assert_msg(strstr(err.text, path), "%s", err.text);
	ck_assert_ptr_nonnull(strstr(err.text, "should be here, not"));
	rm_dat_file_free(&f);
}
END_TEST

RM_MAIN(files_of_every_kind_read_alike,
	longs_are_the_kernels_not_those_of_its_programs,
	gap_before_the_first_event_is_passed_over, cpus_keep_their_numbers,
	cpus_without_data_are_left_out, rings_outlive_the_trace_and_the_file,
	broken_event_is_told_and_the_rest_is_read, what_is_no_file_is_told,
	cpus_of_a_file_take_no_descriptors,
	a_long_path_leaves_room_for_the_reason)
