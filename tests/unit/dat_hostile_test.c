/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * dat_hostile_test.c - trace.dat files that are cut, contradictory or absurd
 */
#include "tests/support/rm_check.h"
#include "tests/unit/dat_file.h"

#include <inttypes.h>
#include <unistd.h>

enum {
	BUFFER = 3,
	OFFSET = 7,
	HEADERS = 16,
	EVENTS = 18
};

static const char format[] = "name: beat\nID: 7\nformat:\n";

/* Two CPUs, an instance, a format. */
static void make(struct rm_dat_file *f, int version,
		 enum rm_dat_packing packing)
{
	*f = (struct rm_dat_file){
		.plan = {.version = version,
			 .packing = packing,
			 .chunk_subbufs = 1,
			 .kallsyms = "ffff T start\n",
			 .formats = {{"ftrace", format}, {"heart", format}},
			 .nr_formats = 2}};
	rm_dat_file_ring(f, 0, 0,
			 RM_SCRIPTS("TS 1; EVENT 'a'", "TS 2; EVENT 'b'"));
	rm_dat_file_ring(f, 0, 1, RM_SCRIPTS("TS 3; EVENT 'c'"));
	f->plan.buffers[1].name = "box";
	rm_dat_file_ring(f, 1, 0, RM_SCRIPTS("TS 4; EVENT 'd'"));
	rm_dat_file_write(f);
}

/* Whatever it holds, it ends, and says where it is wrong. */
static void read_all(const char *path, const char *instance)
{
	struct ringmap_trace *trace = NULL;
	struct ringmap_error err;
	struct ringmap_event event;

	enum ringmap_status s =
		ringmap_trace_open_file(path, instance, &trace, &err);
	ck_assert_int_eq(s == RINGMAP_OK, trace != NULL);
	if (s == RINGMAP_E_CORRUPT)
		ck_assert_msg(strstr(err.text, "byte") ||
				      strstr(err.text, "sub-buffer"),
			      "no place in: %s", err.text);
	else
		ck_assert_msg(s == RINGMAP_OK || s == RINGMAP_E_UNSUPPORTED ||
				      s == RINGMAP_E_NOENT,
			      "%s: %s", ringmap_status_name(s), err.text);
	for (int i = 0; trace && i < 100000; i++) {
		s = ringmap_trace_next(trace, &event);
		ck_assert(s == RINGMAP_OK || s == RINGMAP_DONE ||
			  s == RINGMAP_E_CORRUPT);
		if (s == RINGMAP_DONE)
			break;
	}
	ck_assert_int_eq(trace ? s : RINGMAP_DONE, RINGMAP_DONE);
	ringmap_trace_unref(trace);
}

static const struct {
	int version;
	enum rm_dat_packing packing;
} kinds[] = {
	{6, RM_DAT_NONE}, {7, RM_DAT_NONE}, {7, RM_DAT_ZLIB}, {7, RM_DAT_ZSTD}};

#define KINDS (sizeof(kinds) / sizeof(*kinds))

START_TEST(file_cut_anywhere_is_read_or_refused)
{
	for (size_t i = 0; i < KINDS; i++) {
		struct rm_dat_file f;

		make(&f, kinds[i].version, kinds[i].packing);
		const char *path = rm_dat_file_save(&f);
		/* Sub-buffers in steps, what describes them byte by byte. */
		for (size_t size = f.written->size; size;
		     size -= size > 8192 && size % 64 == 0 ? 64 : 1) {
			ck_assert(!ftruncate(f.saved.fd, (off_t)size - 1));
			read_all(path, NULL);
		}
		rm_dat_file_free(&f);
	}
}
END_TEST

/* Numbers that are as large, or as small, as can be. */
static void assert_any_number_is_safe(struct rm_dat_file *f, size_t at,
				      const char *path)
{
	static const uint64_t numbers[] = {UINT64_MAX, 0};

	for (uint32_t size = 4; size <= 8; size *= 2) {
		uint64_t old = rm_dat_get(f->written, at, size);

		for (int i = 0; i < 2; i++) {
			rm_dat_put(f->written, at, size, numbers[i]);
			ck_assert_int_eq(pwrite(f->saved.fd,
						f->written->bytes + at, size,
						(off_t)at),
					 size);
			read_all(path, at % 2 ? "box" : NULL);
		}
		rm_dat_put(f->written, at, size, old);
		ck_assert_int_eq(pwrite(f->saved.fd, f->written->bytes + at,
					size, (off_t)at),
				 size);
	}
}

START_TEST(absurd_numbers_anywhere_are_safe)
{
	for (size_t i = 0; i < KINDS; i++) {
		struct rm_dat_file f;

		make(&f, kinds[i].version, kinds[i].packing);
		const char *path = rm_dat_file_save(&f);
		size_t first = f.written->data_at[0][0];
		size_t last = f.written->data_at[1][0];
		for (size_t at = 1; at < f.written->size - 8; at++) {
			if (at > first + 64 && at < last)
				at = last;
			if (at > last + 64 && at < last + 4096)
				at = last + 4096;
			if (at < f.written->size - 8)
				assert_any_number_is_safe(&f, at, path);
		}
		rm_dat_file_free(&f);
	}
}
END_TEST

/* A number put into a sound file, and what is said of it. */
static void assert_put(int version, enum rm_dat_packing packing,
		       size_t (*where)(const struct rm_dat_written *w),
		       uint32_t size, uint64_t number, const char *words)
{
	struct rm_dat_file f;

	make(&f, version, packing);
	rm_dat_put(f.written, where(f.written), size, number);
	rm_dat_assert_refused(&f, RINGMAP_E_CORRUPT, RM_WORDS("byte ", words));
	rm_dat_file_free(&f);
}

#define PLACE(name, expr)                                                      \
	static size_t name(const struct rm_dat_written *w)                     \
	{                                                                      \
		return expr;                                                   \
	}

PLACE(byte_order_at, w->version_at + 2)
PLACE(long_size_at, w->version_at + 3)
PLACE(ftrace_count_at, w->formats_at)
PLACE(ftrace_size_at, w->formats_at + 4)
PLACE(systems_at, w->systems_at)
PLACE(cpus_at, w->cpus_at)
PLACE(options_at, w->options_at)
PLACE(more_options_at, w->done_at)
PLACE(events_section_id_at, w->section_at[EVENTS])
PLACE(header_section_flags_at, w->section_at[HEADERS] + 2)
PLACE(header_section_size_at, w->section_at[HEADERS] + 8)
PLACE(header_text_size_at, w->section_at[HEADERS] + 16 + 12)
PLACE(header_option_at, w->option_at[HEADERS])
PLACE(buffer_section_id_at, w->section_at[BUFFER])
PLACE(options_section_size_at, w->section_at[0] + 8)
PLACE(cpu_place_at, w->entry_at[0][0])
PLACE(cpu_size_at, w->entry_at[0][0] + 8)
PLACE(second_place_at, w->entry_at[0][1])
PLACE(chunk_count_at, w->data_at[0][0])
PLACE(chunk_packed_at, w->data_at[0][0] + 4)
PLACE(chunk_size_at, w->data_at[0][0] + 8)

START_TEST(numbers_at_the_start_are_checked)
{
	assert_put(6, RM_DAT_NONE, byte_order_at, 1, 2, "byte order 2");
	assert_put(7, RM_DAT_NONE, long_size_at, 1, 5, "longs of 5");
	assert_put(6, RM_DAT_NONE, ftrace_count_at, 4, UINT32_MAX, "format");
	assert_put(6, RM_DAT_NONE, ftrace_size_at, 8, UINT64_MAX, "format");
	assert_put(6, RM_DAT_NONE, systems_at, 4, UINT32_MAX, "format");
	assert_put(6, RM_DAT_NONE, cpus_at, 4, UINT32_MAX, "CPUs");
	assert_put(6, RM_DAT_NONE, cpus_at, 4, 8192, "CPU");
}
END_TEST

START_TEST(sections_are_checked)
{
	assert_put(7, RM_DAT_NONE, options_at, 8, UINT64_MAX, "byte 18446744");
	assert_put(7, RM_DAT_NONE, header_option_at, 8, 1 << 30, "1073741824");
	assert_put(7, RM_DAT_NONE, header_section_size_at, 8, UINT64_MAX,
		   "a section should have");
	assert_put(7, RM_DAT_ZSTD, header_section_size_at, 8, 4, "block");
	assert_put(7, RM_DAT_NONE, header_section_flags_at, 2, 1, "compressed");
	assert_put(7, RM_DAT_NONE, header_text_size_at, 8, UINT64_MAX,
		   "header_page");
	assert_put(7, RM_DAT_NONE, buffer_section_id_at, 2, 17, "not 17");
	assert_put(7, RM_DAT_NONE, options_section_size_at, 8, 20, "option");
}
END_TEST

START_TEST(options_that_lead_in_a_circle_are_refused)
{
	for (int packed = 0; packed < 2; packed++) {
		struct rm_dat_file f;

		make(&f, 7, packed ? RM_DAT_ZLIB : RM_DAT_NONE);
		rm_dat_put(f.written, more_options_at(f.written), 8,
			   f.written->section_at[0]);
		rm_dat_assert_refused(&f, RINGMAP_E_CORRUPT,
				      RM_WORDS("byte ", "circle"));
		rm_dat_file_free(&f);
	}
}
END_TEST

START_TEST(data_of_cpus_is_checked)
{
	for (size_t i = 0; i < 2; i++) {
		int v = kinds[i].version;

		assert_put(v, RM_DAT_NONE, cpu_place_at, 8, UINT64_MAX,
			   "beyond the end");
		assert_put(v, RM_DAT_NONE, cpu_size_at, 8, UINT64_MAX,
			   "beyond the end");
		assert_put(v, RM_DAT_NONE, cpu_size_at, 8, 1 << 20,
			   "beyond the end");
		assert_put(v, RM_DAT_NONE, cpu_size_at, 8, 4095,
			   "inside a sub-buffer");
		assert_put(v, RM_DAT_NONE, cpu_place_at, 8, 41, "not aligned");
		assert_put(v, RM_DAT_NONE, cpu_size_at, 8, 3 * 4096, "overlap");
	}
	assert_put(7, RM_DAT_NONE, second_place_at, 8, 4100, "overlap");
}
END_TEST

START_TEST(same_cpu_twice_is_refused)
{
	struct rm_dat_file f;

	make(&f, 7, RM_DAT_NONE);
	rm_dat_put(f.written, f.written->entry_at[0][1] - 4, 4, 0);
	rm_dat_assert_refused(&f, RINGMAP_E_CORRUPT,
			      RM_WORDS("byte ", "CPU 0"));
	rm_dat_file_free(&f);
}
END_TEST

START_TEST(chunks_are_checked)
{
	for (size_t i = 2; i < KINDS; i++) {
		enum rm_dat_packing p = kinds[i].packing;

		assert_put(7, p, chunk_count_at, 4, UINT32_MAX, "block");
		assert_put(7, p, chunk_packed_at, 4, UINT32_MAX, "block");
		assert_put(7, p, chunk_packed_at, 4, INT32_MAX, "block");
		assert_put(7, p, chunk_size_at, 4, 4095, "inside a sub-buffer");
		assert_put(7, p, chunk_size_at, 4, 16 << 20, "cannot hold");
		assert_put(7, p, chunk_size_at, 4, (64 << 20) + 4096,
			   "cannot hold");
		assert_put(7, p, chunk_size_at, 4, UINT32_MAX & ~4095u,
			   "cannot hold");
	}
}
END_TEST

START_TEST(sub_buffers_of_no_size_are_refused)
{
	static const uint32_t sizes[] = {
		0, 1, 2048, 4100, 3 << 12, 2 << 20, 1u << 31, UINT32_MAX};

	for (size_t i = 0; i < 2 * sizeof(sizes) / sizeof(*sizes); i++) {
		struct rm_dat_file f;

		make(&f, i % 2 ? 6 : 7, RM_DAT_NONE);
		/* In version 7 each instance has its own. */
		rm_dat_put(f.written,
			   i % 2 ? f.written->version_at + 4
				 : f.written->entry_at[0][0] - 12,
			   4, sizes[i / 2]);
		rm_dat_assert_refused(&f, RINGMAP_E_CORRUPT,
				      RM_WORDS("sub-buffer"));
		rm_dat_file_free(&f);
	}
}
END_TEST

START_TEST(wrong_kind_of_section_is_found_by_the_schema_only)
{
	struct rm_dat_file f;

	/* A trace needs no formats. */
	make(&f, 7, RM_DAT_NONE);
	rm_dat_put(f.written, events_section_id_at(f.written), 2, 17);
	struct ringmap_trace *trace = rm_dat_file_open(&f, NULL);
	rm_dat_assert_letters(trace, "abc");
	ringmap_trace_unref(trace);
	rm_dat_file_free(&f);
}
END_TEST

START_TEST(what_is_not_known_is_named)
{
	struct rm_dat_file f;

	make(&f, 7, RM_DAT_NONE);
	memcpy(f.written->bytes + f.written->version_at, "8", 1);
	rm_dat_assert_refused(&f, RINGMAP_E_UNSUPPORTED,
			      RM_WORDS("version", "\"8\""));
	rm_dat_file_free(&f);
	make(&f, 7, RM_DAT_NONE);
	memcpy(f.written->bytes + f.written->packing_at, "lzma", 4);
	rm_dat_assert_refused(&f, RINGMAP_E_UNSUPPORTED, RM_WORDS("lzma"));
	rm_dat_file_free(&f);
	make(&f, 7, RM_DAT_NONE);
	f.written->bytes[3] = 'T';
	rm_dat_assert_refused(&f, RINGMAP_E_CORRUPT, RM_WORDS("byte 0"));
	rm_dat_file_free(&f);
}
END_TEST

START_TEST(more_instances_than_can_be_are_refused)
{
	static uint8_t option[14] = {0, 0, 0, 0, 0, 0, 0, 0, 'x', 0};
	struct rm_dat_file f = {.plan = {.version = 6}};
	static uint8_t many[1100 * 16];

	/* An option full of them is one unknown option; so they are put in
	 * place of a large one. */
	f.plan.options[0] = (struct rm_dat_extra){200, many, sizeof(many)};
	f.plan.nr_options = 1;
	rm_dat_file_ring(&f, 0, 0, RM_SCRIPTS("TS 1; EVENT 'a'"));
	rm_dat_file_write(&f);
	size_t at = f.written->cpus_at + 4 + 10;
	for (int i = 0; i < 1100; i++, at += 16) {
		rm_dat_put(f.written, at, 2, BUFFER);
		rm_dat_put(f.written, at + 2, 4, 10);
		memcpy(f.written->bytes + at + 6, option, 10);
	}
	rm_dat_assert_refused(&f, RINGMAP_E_CORRUPT,
			      RM_WORDS("byte ", "instances"));
	rm_dat_file_free(&f);
}
END_TEST

RM_MAIN(file_cut_anywhere_is_read_or_refused, absurd_numbers_anywhere_are_safe,
	numbers_at_the_start_are_checked, sections_are_checked,
	options_that_lead_in_a_circle_are_refused, data_of_cpus_is_checked,
	same_cpu_twice_is_refused, chunks_are_checked,
	sub_buffers_of_no_size_are_refused,
	wrong_kind_of_section_is_found_by_the_schema_only,
	what_is_not_known_is_named, more_instances_than_can_be_are_refused)
