/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * dat_option_test.c - what a trace.dat says of its clock and its CPUs
 */
#include "tests/support/dat_out.h"
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

/* ---- the clock of a guest --------------------------------------------------- */

struct sample {
	uint64_t time;
	int64_t offset;
	uint64_t scaling;
};

static void shift_begin(struct rm_out *o, bool big, uint32_t flags,
			uint32_t cpus)
{
	*o = (struct rm_out){.big_endian = big};
	rm_out_number(o, 8, 0x1234); /* the host's trace */
	rm_out_number(o, 4, flags);
	rm_out_number(o, 4, cpus);
}

static void shift_cpu(struct rm_out *o, const struct sample *samples,
		      uint32_t count)
{
	rm_out_number(o, 4, count);
	for (uint32_t i = 0; i < count; i++)
		rm_out_number(o, 8, samples[i].time);
	for (uint32_t i = 0; i < count; i++)
		rm_out_number(o, 8, (uint64_t)samples[i].offset);
	for (uint32_t i = 0; i < count; i++)
		rm_out_number(o, 8, samples[i].scaling);
}

static void shift_fractions(struct rm_out *o, uint64_t bits, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		rm_out_number(o, 8, bits);
}

/* Not in order, and one of them twice. */
static const struct sample samples[] = {
	{1500, 300, 1}, {500, 100, 1}, {2500, 1000, 1}, {1500, 300, 1}};

/*
 * The stamps of events at 400, 1000, 1500 and 2600 on CPU 0, and at 1003 on
 * CPU 1, which has one sample; @flags of the option.
 */
static void assert_shifted(int version, bool big, uint32_t flags,
			   const uint64_t *expected, const char *letters)
{
	struct rm_dat_file f = {
		.plan = {.version = version, .big_endian = big}};
	const struct sample only = {900, -3, 7};
	struct ringmap_event event;
	struct rm_out o;

	shift_begin(&o, big, flags, 2);
	shift_cpu(&o, samples, 4);
	shift_cpu(&o, &only, 1);
	shift_fractions(&o, 0, 5);
	add_option(&f, TIME_SHIFT, o.bytes, (uint32_t)o.size);
	rm_dat_file_ring(&f, 0, 0,
			 RM_SCRIPTS("TS 400; EVENT 'a'; EVENT +600 'b'",
				    "TS 1500; EVENT 'd'",
				    "TS 2600; EVENT 'e'"));
	rm_dat_file_ring(&f, 0, 1, RM_SCRIPTS("TS 1003; EVENT 'c'"));
	rm_dat_file_write(&f);
	struct ringmap_trace *trace = rm_dat_file_open(&f, NULL);
	ck_assert_uint_eq(info_of(trace).flags, RINGMAP_TRACE_HOST_TIME);
	for (int i = 0; i < 5; i++) {
		rm_assert_ok(ringmap_trace_next(trace, &event));
		ck_assert_int_eq(*(const char *)event.data, letters[i]);
		ck_assert_uint_eq(event.ts, expected[i]);
	}
	rm_assert_status(ringmap_trace_next(trace, &event), RINGMAP_DONE);
	ringmap_trace_unref(trace);
	free(o.bytes);
	rm_dat_file_free(&f);
}

/* CPUs are merged by the time of the host, in which c is older than b. */
START_TEST(stamps_of_a_guest_become_those_of_its_host)
{
	static const uint64_t steps[] = {500, 1000, 1100, 1800, 2900};
	static const uint64_t interpolated[] = {481, 1000, 1200, 1800, 3670};

	for (int kind = 0; kind < 4; kind++) {
		assert_shifted(6 + kind / 2, kind % 2, 0, steps, "acbde");
		assert_shifted(6 + kind / 2, kind % 2, 1, interpolated,
			       "acbde");
	}
}
END_TEST

/* Samples at 0 and 1 << 62, with this scaling and fraction. */
static uint64_t scaled(uint64_t scaling, uint64_t fraction, bool fractions,
		       const char *script)
{
	const struct sample two[] = {{0, 10, scaling},
				     {UINT64_C(1) << 62, 10, scaling}};
	struct rm_dat_file f = {.plan = {.version = 7}};
	struct ringmap_event event;
	struct rm_out o;

	shift_begin(&o, false, 1, 1);
	shift_cpu(&o, two, 2);
	if (fractions)
		shift_fractions(&o, fraction, 2);
	add_option(&f, TIME_SHIFT, o.bytes, (uint32_t)o.size);
	rm_dat_file_ring(&f, 0, 0, RM_SCRIPTS(script));
	rm_dat_file_write(&f);
	struct ringmap_trace *trace = rm_dat_file_open(&f, NULL);
	rm_assert_ok(ringmap_trace_next(trace, &event));
	ringmap_trace_unref(trace);
	free(o.bytes);
	rm_dat_file_free(&f);
	return event.ts;
}

START_TEST(clocks_of_a_guest_may_have_another_rate)
{
	ck_assert_uint_eq(scaled(3, 1, true, "TS 1001; EVENT 'a'"), 1511);
	/* Recorders before the fraction bits left them out. */
	ck_assert_uint_eq(scaled(3, 0, false, "TS 1001; EVENT 'a'"), 3013);
	/* What a processor has for a rate of 1: 48 bits of fraction. */
	ck_assert_uint_eq(scaled(UINT64_C(1) << 48, 48, true,
				 "TS 0x100000000000; EVENT 'a'"),
			  0x10000000000a);
}
END_TEST

START_TEST(a_guest_is_shifted_before_the_file_scales_and_shifts)
{
	static const uint8_t scale[16] = {5, 0, 0, 0, 1};
	const struct sample only = {1, 1000, 1};
	struct rm_dat_file f = {.plan = {.version = 7}};
	struct rm_out o;

	shift_begin(&o, false, 1, 1);
	shift_cpu(&o, &only, 1);
	add_option(&f, OFFSET, "7", 2);
	add_option(&f, TSC2NSEC, scale, 16);
	add_option(&f, TIME_SHIFT, o.bytes, (uint32_t)o.size);
	/* CPU 1 has no samples: its stamps are shifted by the offset only. */
	assert_stamps(&f, 1003 * 5 / 2 + 7, 2000 * 5 / 2 + 7);
	free(o.bytes);
	rm_dat_file_free(&f);
}
END_TEST

START_TEST(samples_that_cannot_be_are_refused)
{
	for (int kind = 0; kind < 4; kind++) {
		struct rm_dat_file f = {.plan = {.version = 6 + kind % 2}};
		static const char *const words[] = {"clock samples", "fraction",
						    "2 CPUs", "64 fraction"};
		struct rm_out o;

		shift_begin(&o, false, 1, kind == 2 ? 2 : 1);
		if (kind != 2)
			shift_cpu(&o, samples, 4);
		if (kind == 0)
			rm_out_order(o.bytes + 16, 4, 5, false);
		if (kind == 1)
			shift_fractions(&o, 0, 3);
		if (kind == 2)
			rm_out_number(&o, 4, 0);
		if (kind == 3)
			shift_fractions(&o, 64, 4);
		add_option(&f, TIME_SHIFT, o.bytes, (uint32_t)o.size);
		rm_dat_file_ring(&f, 0, 0, RM_SCRIPTS("TS 1; EVENT 'a'"));
		rm_dat_file_write(&f);
		rm_dat_assert_refused(&f, RINGMAP_E_CORRUPT,
				      RM_WORDS("byte ", words[kind]));
		free(o.bytes);
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
	stamps_of_a_guest_become_those_of_its_host,
	clocks_of_a_guest_may_have_another_rate,
	a_guest_is_shifted_before_the_file_scales_and_shifts,
	samples_that_cannot_be_are_refused, unknown_options_are_passed_over)
