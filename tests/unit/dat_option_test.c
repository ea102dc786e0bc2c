/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * dat_option_test.c - what a trace.dat says of its clock and its CPUs
 */
#include "tests/support/rm_check.h"
#include "tests/unit/dat_file.h"

enum {
	DATE = 1,
	TRACECLOCK = 4,
	OFFSET = 7,
	CPUCOUNT = 8,
	TIME_SHIFT = 12,
	TSC2NSEC = 14
};

static struct ringmap_trace_info info_of(const struct ringmap_trace *trace)
{
	struct ringmap_trace_info info;

	rm_assert_ok(ringmap_trace_info(trace, &info, sizeof(info)));
	return info;
}

static void add_option(struct rm_dat_file *f, uint16_t id, const void *data,
		       uint32_t size)
{
	f->plan.options[f->plan.nr_options++] =
		(struct rm_dat_extra){id, data, size};
}

/* The stamps of a file with events at 1000 and 1003, and these options. */
static void assert_stamps(struct rm_dat_file *f, uint64_t first,
			  uint64_t second)
{
	struct ringmap_event event;

	rm_dat_file_ring(f, 0, 0, RM_SCRIPTS("TS 1000; EVENT 'a'"));
	rm_dat_file_ring(f, 0, 1, RM_SCRIPTS("TS 1003; EVENT 'b'"));
	rm_dat_file_write(f);
	struct ringmap_trace *trace = rm_dat_file_open(f, NULL);
	rm_assert_ok(ringmap_trace_next(trace, &event));
	ck_assert_uint_eq(event.ts, first);
	rm_assert_ok(ringmap_trace_next(trace, &event));
	ck_assert_uint_eq(event.ts, second);
	ringmap_trace_unref(trace);
}

START_TEST(date_shifts_stamps_by_microseconds)
{
	for (int version = 6; version <= 7; version++) {
		struct rm_dat_file f = {.plan = {.version = version}};

		add_option(&f, DATE, "0x10", 5);
		assert_stamps(&f, 17000, 17003);
		rm_dat_file_free(&f);
	}
}
END_TEST

START_TEST(offset_shifts_stamps_and_adds_to_the_date)
{
	for (int version = 6; version <= 7; version++) {
		struct rm_dat_file f = {.plan = {.version = version}};

		add_option(&f, DATE, "0x1", 4);
		add_option(&f, OFFSET, "-500", 5);
		/* Cut off: it needs no end. */
		add_option(&f, OFFSET, "7", 1);
		assert_stamps(&f, 1507, 1510);
		rm_dat_file_free(&f);
	}
}
END_TEST

START_TEST(stamps_before_zero_wrap)
{
	struct rm_dat_file f = {.plan = {.version = 7}};

	add_option(&f, OFFSET, "-1001", 6);
	assert_stamps(&f, UINT64_MAX, 2);
	rm_dat_file_free(&f);
}
END_TEST

START_TEST(cycles_become_nanoseconds)
{
	static const uint8_t little[16] = {5, 0, 0, 0, 1, 0, 0, 0, 99};
	static const uint8_t big[16] = {0, 0, 0, 5, 0, 0, 0, 1};

	for (int kind = 0; kind < 4; kind++) {
		struct rm_dat_file f = {
			.plan = {.version = 6 + kind / 2,
				 .big_endian = kind % 2,
				 .trace_clock = "local [x86-tsc]"}};

		add_option(&f, TSC2NSEC, kind % 2 ? big : little, 16);
		add_option(&f, OFFSET, "10", 3);
		f.plan.buffers[0].clock = "x86-tsc";
		assert_stamps(&f, 2510, 2517);
		struct ringmap_trace *trace = rm_dat_file_open(&f, NULL);
		ck_assert_str_eq(info_of(trace).clock, "x86-tsc");
		ck_assert_uint_eq(info_of(trace).ts_unit, RINGMAP_TS_NS);
		ringmap_trace_unref(trace);
		rm_dat_file_free(&f);
	}
}
END_TEST

START_TEST(large_counts_of_cycles_do_not_overflow)
{
	static const uint8_t scale[16] = {0, 0, 0, 0x80, 32};
	struct rm_dat_file f = {.plan = {.version = 7}};
	struct ringmap_event event;

	add_option(&f, TSC2NSEC, scale, 16);
	rm_dat_file_ring(&f, 0, 0,
			 RM_SCRIPTS("TS 0xfffffffffffffffe; EVENT 'a'"));
	rm_dat_file_write(&f);
	struct ringmap_trace *trace = rm_dat_file_open(&f, NULL);
	rm_assert_ok(ringmap_trace_next(trace, &event));
	ck_assert_uint_eq(event.ts, 0x7fffffffffffffff);
	ringmap_trace_unref(trace);
	rm_dat_file_free(&f);
}
END_TEST

START_TEST(impossible_scale_is_refused)
{
	static const uint8_t scale[16] = {1, 0, 0, 0, 96};
	struct rm_dat_file f = {.plan = {.version = 7}};

	add_option(&f, TSC2NSEC, scale, 16);
	rm_dat_file_ring(&f, 0, 0, RM_SCRIPTS("TS 1; EVENT 'a'"));
	rm_dat_file_write(&f);
	rm_dat_assert_refused(&f, RINGMAP_E_CORRUPT,
			      RM_WORDS("byte ", "shift of 96"));
	rm_dat_file_free(&f);
}
END_TEST

START_TEST(clock_tells_the_unit)
{
	static const struct {
		const char *clock;
		const char *text;
		enum ringmap_ts_unit unit;
	} clocks[] = {
		{"local", "[local] global", RINGMAP_TS_NS},
		{"global", "local [global]", RINGMAP_TS_NS},
		{"mono", "[mono]", RINGMAP_TS_NS},
		{"mono_raw", "mono [mono_raw] boot\n", RINGMAP_TS_NS},
		{"boot", "boot", RINGMAP_TS_NS},
		{"tai", "[tai]\n", RINGMAP_TS_NS},
		{"perf", "uptime [perf]", RINGMAP_TS_NS},
		{"uptime", "[uptime] perf", RINGMAP_TS_COUNTS},
		{"counter", "local [counter]", RINGMAP_TS_COUNTS},
		{"x86-tsc", "[x86-tsc]", RINGMAP_TS_COUNTS},
		{"arm-tsc", "[arm-tsc]", RINGMAP_TS_COUNTS},
		{"ppc-tb", "[ppc-tb]", RINGMAP_TS_COUNTS},
		{"sundial", "local [sundial]", RINGMAP_TS_UNKNOWN},
	};

	for (size_t i = 0; i < 2 * sizeof(clocks) / sizeof(*clocks); i++) {
		int version = i % 2 ? 6 : 7;
		struct rm_dat_file f = {.plan = {.version = version}};

		f.plan.trace_clock = clocks[i / 2].text;
		/* In version 7 that of the instance counts. */
		f.plan.buffers[0].clock = clocks[i / 2].clock;
		rm_dat_file_ring(&f, 0, 0, RM_SCRIPTS("TS 1; EVENT 'a'"));
		rm_dat_file_write(&f);
		struct ringmap_trace *trace = rm_dat_file_open(&f, NULL);
		ck_assert_str_eq(info_of(trace).clock, clocks[i / 2].clock);
		ck_assert_uint_eq(info_of(trace).ts_unit, clocks[i / 2].unit);
		ringmap_trace_unref(trace);
		rm_dat_file_free(&f);
	}
}
END_TEST

/* Recorders name every clock but their default, which counts nanoseconds. */
START_TEST(stamps_of_a_file_without_a_clock_are_nanoseconds)
{
	for (int version = 6; version <= 7; version++) {
		struct rm_dat_file f = {.plan = {.version = version}};

		f.plan.buffers[0].clock = "";
		rm_dat_file_ring(&f, 0, 0, RM_SCRIPTS("TS 1; EVENT 'a'"));
		rm_dat_file_write(&f);
		struct ringmap_trace *trace = rm_dat_file_open(&f, NULL);
		ck_assert_ptr_null(info_of(trace).clock);
		ck_assert_uint_eq(info_of(trace).ts_unit, RINGMAP_TS_NS);
		ringmap_trace_unref(trace);
		rm_dat_file_free(&f);
	}
}
END_TEST

START_TEST(file_clock_serves_an_instance_without_one)
{
	struct rm_dat_file f = {.plan = {.version = 7, .trace_clock = "[tai]"}};

	f.plan.buffers[0].clock = "";
	rm_dat_file_ring(&f, 0, 0, RM_SCRIPTS("TS 1; EVENT 'a'"));
	rm_dat_file_write(&f);
	struct ringmap_trace *trace = rm_dat_file_open(&f, NULL);
	ck_assert_str_eq(info_of(trace).clock, "tai");
	ringmap_trace_unref(trace);
	rm_dat_file_free(&f);
}
END_TEST

START_TEST(cpu_count_overrules_the_number_before_it)
{
	static const uint8_t two[4] = {2};
	struct rm_dat_file f = {.plan = {.version = 6}};

	rm_dat_file_ring(&f, 0, 0, RM_SCRIPTS("TS 1; EVENT 'a'"));
	rm_dat_file_ring(&f, 0, 1, RM_SCRIPTS("TS 2; EVENT 'b'"));
	add_option(&f, CPUCOUNT, two, 4);
	rm_dat_file_write(&f);
	rm_dat_put(f.written, f.written->cpus_at, 4, 1);
	struct ringmap_trace *trace = rm_dat_file_open(&f, NULL);
	ck_assert_uint_eq(info_of(trace).rings, 2);
	rm_dat_assert_letters(trace, "ab");
	ringmap_trace_unref(trace);
	rm_dat_file_free(&f);
}
END_TEST

/* A patched recorder has the ids of tasks and their groups in option 8. */
START_TEST(cpu_count_of_another_size_is_another_option)
{
	static const char groups[] = "1 1\n17 16\n18 16\n";

	for (uint32_t size = 0; size < sizeof(groups); size++) {
		struct rm_dat_file f = {.plan = {.version = 6}};

		if (size == sizeof(uint32_t))
			continue;
		rm_dat_file_ring(&f, 0, 0, RM_SCRIPTS("TS 1; EVENT 'a'"));
		rm_dat_file_ring(&f, 0, 1, RM_SCRIPTS("TS 2; EVENT 'b'"));
		add_option(&f, CPUCOUNT, groups, size);
		rm_dat_file_write(&f);
		struct ringmap_trace *trace = rm_dat_file_open(&f, NULL);
		ck_assert_uint_eq(info_of(trace).rings, 2);
		rm_dat_assert_letters(trace, "ab");
		ringmap_trace_unref(trace);
		rm_dat_file_free(&f);
	}
}
END_TEST

START_TEST(options_that_are_too_short_are_ignored)
{
	static const uint8_t bytes[16] = {5, 0, 0, 0, 1, 0, 0, 0, 9};
	static const uint16_t ids[] = {TSC2NSEC, TIME_SHIFT};

	for (int i = 0; i < 4; i++) {
		struct rm_dat_file f = {.plan = {.version = 6 + i / 2}};

		add_option(&f, ids[i % 2], bytes, 15);
		assert_stamps(&f, 1000, 1003);
		rm_dat_file_free(&f);
	}
}
END_TEST

START_TEST(unknown_options_are_passed_over)
{
	static const uint8_t junk[300] = {0xff, 3};

	for (int version = 6; version <= 7; version++) {
		struct rm_dat_file f = {.plan = {.version = version}};

		add_option(&f, 0x7fff, junk, sizeof(junk));
		add_option(&f, 200, NULL, 0);
		add_option(&f, TIME_SHIFT, junk, 40); /* of no CPU */
		add_option(&f, OFFSET, "1", 2);
		add_option(&f, 0xffff, junk, 1);
		assert_stamps(&f, 1001, 1004);
		rm_dat_file_free(&f);
	}
}
END_TEST

RM_MAIN(date_shifts_stamps_by_microseconds,
	offset_shifts_stamps_and_adds_to_the_date, stamps_before_zero_wrap,
	cycles_become_nanoseconds, large_counts_of_cycles_do_not_overflow,
	impossible_scale_is_refused, clock_tells_the_unit,
	stamps_of_a_file_without_a_clock_are_nanoseconds,
	file_clock_serves_an_instance_without_one,
	cpu_count_overrules_the_number_before_it,
	cpu_count_of_another_size_is_another_option,
	options_that_are_too_short_are_ignored,

	unknown_options_are_passed_over)
