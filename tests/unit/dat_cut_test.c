/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * dat_cut_test.c - trace.dat files that end before their data does
 */
#include "tests/support/rm_check.h"
#include "tests/unit/dat_file.h"

#include <unistd.h>

enum {
	BUFFER = 3,
	FIRST_PART = 16,
	LAST_PART = 21,
	HEADER = 16 /* of a section */
};

static struct ringmap_error err;

static const struct {
	int version;
	enum rm_dat_packing packing;
} kinds[] = {
	{6, RM_DAT_NONE}, {7, RM_DAT_NONE}, {7, RM_DAT_ZLIB}, {7, RM_DAT_ZSTD}};

#define KINDS (sizeof(kinds) / sizeof(*kinds))

/* Adds @by to the number there. */
static void move(struct rm_dat_written *w, size_t at, size_t by)
{
	rm_dat_put(w, at, 8, rm_dat_get(w, at, 8) + by);
}

/*
 * Puts the options of version 7 in front of what they describe, as a recorder
 * does that writes them first: else a cut takes them away.
 */
static void options_first(struct rm_dat_written *w)
{
	size_t to = w->options_at + 8;
	size_t from = w->section_at[0];
	size_t size = w->size - from;
	size_t by = (size + 4095) / 4096 * 4096;
	uint8_t *bytes = calloc(1, from + by);

	memcpy(bytes, w->bytes, to);
	memcpy(bytes + to, w->bytes + from, size);
	memcpy(bytes + to + by, w->bytes + to, from - to);
	free(w->bytes);
	w->bytes = bytes;
	w->size = from + by;
	rm_dat_put(w, w->options_at, 8, to);
	for (int id = FIRST_PART; id <= LAST_PART; id++)
		move(w, w->option_at[id] - from + to, by);
	move(w, w->option_at[BUFFER] - from + to, by);
	for (size_t cpu = 0; cpu < 2; cpu++) {
		w->entry_at[0][cpu] += to - from;
		w->data_at[0][cpu] += by;
		move(w, w->entry_at[0][cpu], by);
	}
}

/* Two CPUs with a sub-buffer, or chunk, for each letter. */
static void make(struct rm_dat_file *f, size_t kind)
{
	*f = (struct rm_dat_file){.plan = {.version = kinds[kind].version,
					   .packing = kinds[kind].packing,
					   .chunk_subbufs = 1}};
	rm_dat_file_ring(f, 0, 0,
			 RM_SCRIPTS("TS 1; EVENT 'a'", "TS 3; EVENT 'c'"));
	rm_dat_file_ring(f, 0, 1,
			 RM_SCRIPTS("TS 2; EVENT 'b'", "TS 4; EVENT 'd'",
				    "TS 5; EVENT 'e'"));
	rm_dat_file_write(f);
	if (kinds[kind].version == 7)
		options_first(f->written);
}

/* Where the letters of CPU @cpu end in the file: a sub-buffer or a chunk each. */
static size_t end_of(const struct rm_dat_file *f, size_t cpu, size_t letters)
{
	size_t at = f->written->data_at[0][cpu];

	if (!f->plan.packing)
		return at + 4096 * letters;
	at += 4;
	for (size_t i = 0; i < letters; i++)
		at += 8 + (size_t)rm_dat_get(f->written, at, 4);
	return at;
}

/* A place inside of a letter of CPU @cpu, or of its chunk. */
static size_t in_letter(const struct rm_dat_file *f, size_t cpu, size_t i)
{
	if (f->plan.packing)
		return end_of(f, cpu, i + 1) - 1;
	return end_of(f, cpu, i) + 20;
}

static uint64_t lost_of(struct ringmap_trace *trace)
{
	struct ringmap_trace_stats stats;

	rm_assert_ok(ringmap_trace_stats(trace, &stats, sizeof(stats)));
	return stats.lost;
}

static uint32_t flags_of(struct ringmap_trace *trace)
{
	struct ringmap_trace_info info;

	rm_assert_ok(ringmap_trace_info(trace, &info, sizeof(info)));
	return info.flags;
}

/* A file of that size has these letters, and says that it was cut. */
static void assert_cut(struct rm_dat_file *f, size_t size, const char *letters)
{
	struct ringmap_trace *trace;
	char bytes[32];

	ck_assert(!ftruncate(f->saved.fd, (off_t)size));
	rm_assert_ok_err(
		ringmap_trace_open_file(f->saved.path, NULL, &trace, &err),
		&err);
	ck_assert_uint_eq(flags_of(trace), RINGMAP_TRACE_CUT);
	ringmap_trace_error(trace, &err);
	ck_assert_int_eq(err.status, RINGMAP_E_CORRUPT);
	snprintf(bytes, sizeof(bytes), "it has %zu bytes", size);
	ck_assert_msg(strstr(err.text, f->saved.path) &&
			      strstr(err.text, bytes),
		      "%s", err.text);
	rm_dat_assert_letters(trace, letters);
	ck_assert_uint_eq(lost_of(trace), RINGMAP_LOST_UNKNOWN);
	ringmap_trace_unref(trace);
}

START_TEST(what_is_left_is_read_and_the_rest_is_unknown)
{
	for (size_t kind = 0; kind < KINDS; kind++) {
		struct rm_dat_file f;

		make(&f, kind);
		rm_dat_file_save(&f);
		/* From the end on: at the end of a letter, and inside of it. */
		assert_cut(&f, in_letter(&f, 1, 2), "abcd");
		assert_cut(&f, end_of(&f, 1, 2), "abcd");
		assert_cut(&f, in_letter(&f, 1, 1), "abc");
		assert_cut(&f, end_of(&f, 1, 1), "abc");
		assert_cut(&f, in_letter(&f, 1, 0), "ac");
		assert_cut(&f, end_of(&f, 1, 0), "ac");
		assert_cut(&f, f.written->data_at[0][1], "ac");
		assert_cut(&f, in_letter(&f, 0, 1), "a");
		assert_cut(&f, in_letter(&f, 0, 0), "");
		assert_cut(&f, f.written->data_at[0][0], "");
		rm_dat_file_free(&f);
	}
}
END_TEST

/* One sub-buffer with three events, and the bytes of it that are there. */
static void assert_rest(bool big, uint32_t long_size, size_t left,
			const char *letters)
{
	struct rm_dat_file f = {.plan = {.version = 6,
					 .big_endian = big,
					 .long_size = long_size}};

	rm_dat_file_ring(&f, 0, 0,
			 RM_SCRIPTS("TS 1; EVENT 'a'",
				    "TS 2; LOST 7; EVENT 'b'; EVENT +1 'cccc'; "
				    "EVENT +1 'd'"));
	rm_dat_file_write(&f);
	rm_dat_file_save(&f);
	assert_cut(&f, f.written->data_at[0][0] + 4096 + left, letters);
	rm_dat_file_free(&f);
}

/* Each event has 8 bytes behind the header of the sub-buffer. */
START_TEST(whole_events_of_the_last_sub_buffer_are_read)
{
	for (size_t kind = 0; kind < 4; kind++) {
		uint32_t long_size = kind / 2 ? 4 : 8;
		size_t header = 8 + long_size;

		for (size_t left = 0; left < header + 40; left++) {
			size_t whole = left < header ? 0 : (left - header) / 8;
			char letters[] = "abcd";

			letters[1 + (whole < 3 ? whole : 3)] = '\0';
			assert_rest(kind % 2, long_size, left, letters);
		}
	}
}
END_TEST

START_TEST(whole_files_are_not_cut)
{
	for (size_t kind = 0; kind < KINDS; kind++) {
		struct rm_dat_file f;

		make(&f, kind);
		struct ringmap_trace *trace = rm_dat_file_open(&f, NULL);
		ck_assert_uint_eq(flags_of(trace), 0);
		ringmap_trace_error(trace, &err);
		ck_assert_int_eq(err.status, RINGMAP_OK);
		rm_dat_assert_letters(trace, "abcde");
		ck_assert_uint_eq(lost_of(trace), 0);
		ringmap_trace_unref(trace);
		rm_dat_file_free(&f);
	}
}
END_TEST

/* The list of the CPUs is behind the data then, and lost. */
START_TEST(options_that_are_cut_off_are_named)
{
	struct rm_dat_file f = {.plan = {.version = 7}};
	struct ringmap_trace *trace = NULL;

	rm_dat_file_ring(&f, 0, 0, RM_SCRIPTS("TS 1; EVENT 'a'"));
	rm_dat_file_write(&f);
	rm_dat_file_save(&f);
	ck_assert(!ftruncate(f.saved.fd, (off_t)f.written->section_at[0]));
	rm_assert_error(
		ringmap_trace_open_file(f.saved.path, NULL, &trace, &err),
		RINGMAP_E_CORRUPT, &err);
	ck_assert_ptr_nonnull(strstr(err.text, f.saved.path));
	rm_dat_file_free(&f);
}
END_TEST

/* More options would follow, but those read so far describe the data. */
START_TEST(more_options_may_be_cut_off)
{
	struct rm_dat_file f;

	make(&f, 1);
	struct rm_dat_written *w = f.written;
	size_t done = w->done_at - w->section_at[0] + w->options_at + 8;
	rm_dat_put(w, done, 8, w->size);
	rm_dat_file_save(&f);
	struct ringmap_trace *trace;
	rm_assert_ok_err(
		ringmap_trace_open_file(f.saved.path, NULL, &trace, &err),
		&err);
	ck_assert_uint_eq(flags_of(trace), RINGMAP_TRACE_CUT);
	rm_dat_assert_letters(trace, "abcde");
	ringmap_trace_unref(trace);
	rm_dat_file_free(&f);
}
END_TEST

START_TEST(instances_in_front_of_the_cut_are_read)
{
	struct rm_dat_file f = {.plan = {.version = 6}};
	struct ringmap_trace *trace = NULL;

	rm_dat_file_ring(&f, 0, 0, RM_SCRIPTS("TS 1; EVENT 'a'"));
	f.plan.buffers[1].name = "box";
	rm_dat_file_ring(&f, 1, 0,
			 RM_SCRIPTS("TS 2; EVENT 'b'", "TS 3; EVENT 'c'"));
	rm_dat_file_write(&f);
	rm_dat_file_save(&f);
	size_t list =
		(size_t)rm_dat_get(f.written, f.written->option_at[BUFFER], 8);
	/* In its data: the top level is whole. */
	ck_assert(!ftruncate(f.saved.fd, (off_t)f.written->size - 4096 + 20));
	rm_assert_ok(ringmap_trace_open_file(f.saved.path, NULL, &trace, &err));
	ck_assert_uint_eq(flags_of(trace), 0);
	rm_dat_assert_letters(trace, "a");
	ck_assert_uint_eq(lost_of(trace), 0);
	ringmap_trace_unref(trace);
	rm_assert_ok(
		ringmap_trace_open_file(f.saved.path, "box", &trace, &err));
	ck_assert_uint_eq(flags_of(trace), RINGMAP_TRACE_CUT);
	rm_dat_assert_letters(trace, "b");
	ringmap_trace_unref(trace);
	/* In the list of its CPUs, and before it. */
	for (size_t size = list + 10 + 15; size >= list; size--) {
		ck_assert(!ftruncate(f.saved.fd, (off_t)size));
		rm_assert_ok(ringmap_trace_open_file(f.saved.path, NULL, &trace,
						     &err));
		ck_assert_uint_eq(flags_of(trace), RINGMAP_TRACE_CUT);
		rm_dat_assert_letters(trace, "a");
		ringmap_trace_unref(trace);
		trace = NULL;
		rm_assert_error(ringmap_trace_open_file(f.saved.path, "box",
							&trace, &err),
				RINGMAP_E_CORRUPT, &err);
		ck_assert_ptr_nonnull(strstr(err.text, "\"box\""));
	}
	rm_dat_file_free(&f);
}
END_TEST

RM_MAIN(what_is_left_is_read_and_the_rest_is_unknown,
	whole_events_of_the_last_sub_buffer_are_read, whole_files_are_not_cut,
	options_that_are_cut_off_are_named, more_options_may_be_cut_off,
	instances_in_front_of_the_cut_are_read)
