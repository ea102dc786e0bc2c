/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * swapped_test.c - a recording turned into that of a big-endian kernel reads
 * alike, and from a trace.dat as from a folder
 */
#define _GNU_SOURCE
#include "tests/support/byteswap.h"
#include "tests/support/dat_writer.h"
#include "tests/support/rm_check.h"

#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#define RECORDINGS "tests/data/recordings/"

enum {
	SUBBUF = 4096,
	CPUS = 2
};

static struct ringmap_error err;

/* A file's bytes and a NUL behind them. */
static uint8_t *load(const char *path, size_t *size)
{
	FILE *file = fopen(path, "re");
	struct stat st;

	ck_assert_msg(file && !fstat(fileno(file), &st), "%s: missing", path);
	*size = (size_t)st.st_size;
	uint8_t *bytes = calloc(1, *size + 1);
	ck_assert_ptr_nonnull(bytes);
	ck_assert_uint_eq(fread(bytes, 1, *size, file), *size);
	fclose(file);
	return bytes;
}

struct fixture {
	struct rm_swap swap;
	struct rm_dat_plan plan;
	char *texts[RM_DAT_TEXTS];
	char *systems[RM_DAT_TEXTS];
	uint8_t *bytes[CPUS];
	char *cmdlines;
	char *header_page;
};

/* ".../events/SYSTEM/EVENT/format" */
static char *system_of(const char *path)
{
	const char *end = strstr(path, "/events/");

	ck_assert_ptr_nonnull(end);
	end += strlen("/events/");
	return strndup(end, strcspn(end, "/"));
}

static void load_formats(struct fixture *f, const char *recording)
{
	char pattern[256];
	glob_t found;
	size_t size;

	snprintf(pattern, sizeof(pattern), RECORDINGS "%s/events/*/*/format",
		 recording);
	ck_assert_int_eq(glob(pattern, 0, NULL, &found), 0);
	ck_assert_uint_le(found.gl_pathc, RM_DAT_TEXTS);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		f->texts[i] = (char *)load(found.gl_pathv[i], &size);
		f->systems[i] = system_of(found.gl_pathv[i]);
		rm_swap_learn(&f->swap, f->texts[i]);
		f->plan.formats[i] = (struct rm_dat_format){
			f->systems[i],
			f->texts[i],
		};
	}
	f->plan.nr_formats = found.gl_pathc;
	globfree(&found);
}

/* The recording as a plan, its sub-buffers turned round if that says so. */
static void load_plan(struct fixture *f, const char *recording)
{
	char path[256];
	size_t size;

	load_formats(f, recording);
	f->plan.nr_buffers = 1;
	f->plan.buffers[0].name = "";
	f->plan.buffers[0].clock = "mono";
	for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
		snprintf(path, sizeof(path),
			 RECORDINGS "%s/per_cpu/cpu%u/trace_pipe_raw",
			 recording, cpu);
		f->bytes[cpu] = load(path, &size);
		if (f->plan.big_endian)
			rm_swap_subbufs(&f->swap, f->bytes[cpu], size, SUBBUF);
		f->plan.buffers[0].rings[cpu] =
			(struct rm_dat_ring){f->bytes[cpu], size, cpu};
	}
	f->plan.buffers[0].nr_rings = CPUS;
	snprintf(path, sizeof(path), RECORDINGS "%s/saved_cmdlines", recording);
	f->plan.saved_cmdlines = f->cmdlines = (char *)load(path, &size);
	snprintf(path, sizeof(path), RECORDINGS "%s/events/header_page",
		 recording);
	f->plan.header_page = f->header_page = (char *)load(path, &size);
}

static void free_fixture(struct fixture *f)
{
	for (size_t i = 0; i < RM_DAT_TEXTS; i++) {
		free(f->texts[i]);
		free(f->systems[i]);
	}
	for (size_t i = 0; i < CPUS; i++)
		free(f->bytes[i]);
	free(f->cmdlines);
	free(f->header_page);
}

static struct ringmap_trace *open_trace(const char *path,
					struct ringmap_schema **schema)
{
	struct ringmap_trace *trace;

	rm_assert_ok_err(ringmap_trace_open_file(path, NULL, &trace, &err),
			 &err);
	rm_assert_ok_err(ringmap_trace_schema(trace, schema, &err), &err);
	return trace;
}

static void print(struct ringmap_schema *schema,
		  const struct ringmap_event *event, uint32_t flags, char *text,
		  size_t cap)
{
	size_t length;

	rm_assert_ok(
		ringmap_event_print(schema, event, flags, text, cap, &length));
	ck_assert_uint_lt(length, cap);
}

/* Both have the same events, with the same text; how many there are. */
static size_t assert_same(const char *path, const char *other)
{
	struct ringmap_schema *schemas[2];
	struct ringmap_trace *traces[2] = {open_trace(path, &schemas[0]),
					   open_trace(other, &schemas[1])};
	struct ringmap_event events[2];
	size_t count = 0;

	while (ringmap_trace_next(traces[0], &events[0]) == RINGMAP_OK) {
		char texts[2][1024];

		rm_assert_ok(ringmap_trace_next(traces[1], &events[1]));
		ck_assert_uint_eq(events[0].ts, events[1].ts);
		ck_assert_uint_eq(events[0].cpu, events[1].cpu);
		ck_assert_uint_eq(events[0].size, events[1].size);
		ck_assert_uint_eq(events[0].lost, events[1].lost);
		for (int i = 0; i < 2; i++)
			print(schemas[i], &events[i], RINGMAP_PRINT_LINE,
			      texts[i], sizeof(texts[i]));
		ck_assert_str_eq(texts[0], texts[1]);
		/* Raw arrays are shown as bytes, in the kernel's order. */
		for (int i = 0; i < 2; i++)
			print(schemas[i], &events[i], RINGMAP_PRINT_RAW,
			      texts[i], sizeof(texts[i]));
		if (!strstr(texts[0], "ARRAY["))
			ck_assert_str_eq(texts[0], texts[1]);
		count++;
	}
	rm_assert_status(ringmap_trace_next(traces[1], &events[1]),
			 RINGMAP_DONE);
	for (int i = 0; i < 2; i++)
		ringmap_trace_unref(traces[i]);
	return count;
}

static void assert_recording(const char *recording)
{
	static const struct {
		int version;
		bool big_endian;
		enum rm_dat_packing packing;
	} kinds[] = {
		{6, false, RM_DAT_NONE}, {6, true, RM_DAT_NONE},
		{7, true, RM_DAT_NONE},  {7, true, RM_DAT_ZLIB},
		{7, false, RM_DAT_ZSTD}, {7, true, RM_DAT_ZSTD},
	};
	char folder[256];

	snprintf(folder, sizeof(folder), RECORDINGS "%s", recording);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		struct fixture f = {.plan = {.version = kinds[i].version,
					     .big_endian = kinds[i].big_endian,
					     .packing = kinds[i].packing,
					     .chunk_subbufs = 10}};

		load_plan(&f, recording);
		struct rm_dat_written *written = rm_dat_write(&f.plan);
		struct rm_dat_saved saved = rm_dat_save(written, written->size);
		size_t count = assert_same(folder, saved.path);
		ck_assert_uint_gt(count, 1000);
		printf("# %s, kind %zu: %zu events\n", recording, i, count);
		close(saved.fd);
		rm_dat_written_free(written);
		free_fixture(&f);
	}
}

/* ---- captures -------------------------------------------------------------- */

static void run(const char *format, const char *from, const char *to)
{
	char command[4096];

	ck_assert_int_lt(snprintf(command, sizeof(command), format, from, to),
			 sizeof(command));
	ck_assert_msg(!system(command), "failed: %s", command);
}

static void save_ring(const char *folder, const struct rm_dat_ring *ring)
{
	char path[1200];

	snprintf(path, sizeof(path), "%s/per_cpu/cpu%u/trace_pipe_raw", folder,
		 ring->cpu);
	FILE *file = fopen(path, "we");
	ck_assert_msg(file, "%s: cannot be written", path);
	ck_assert_uint_eq(fwrite(ring->bytes, 1, ring->size, file), ring->size);
	ck_assert_int_eq(fclose(file), 0);
}

/* Copies a recording, turned round if @big_endian; CPUs below @first are idle. */
static void save_capture(const char *folder, const char *recording,
			 bool big_endian, uint32_t first)
{
	struct fixture f = {.plan = {.big_endian = big_endian}};

	run("cp -rL --no-preserve=mode '" RECORDINGS "%s' '%s'", recording,
	    folder);
	load_plan(&f, recording);
	for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
		struct rm_dat_ring ring = f.plan.buffers[0].rings[cpu];

		if (cpu < first)
			ring.size = 0;
		save_ring(folder, &ring);
	}
	free_fixture(&f);
}

/* What a big-endian kernel would have captured prints as the recording does. */
static void assert_capture(const char *recording, uint32_t first)
{
	const char *tmp = getenv("TEST_TMPDIR");
	char parent[1024];
	char little[1056];
	char big[1056];

	ck_assert_int_lt(snprintf(parent, sizeof(parent), "%s/captureXXXXXX",
				  tmp ? tmp : "/tmp"),
			 sizeof(parent));
	ck_assert_ptr_nonnull(mkdtemp(parent));
	snprintf(little, sizeof(little), "%s/little", parent);
	snprintf(big, sizeof(big), "%s/big", parent);
	save_capture(little, recording, false, first);
	save_capture(big, recording, true, first);
	ck_assert_uint_gt(assert_same(little, big), 1000);
	run("rm -r '%s' '%s'", little, big);
	ck_assert_int_eq(rmdir(parent), 0);
}

START_TEST(capture_of_the_other_byte_order_prints)
{
	assert_capture("workload", 0);
}
END_TEST

START_TEST(idle_cpu_does_not_hide_the_byte_order)
{
	assert_capture("overrun", 1);
}
END_TEST

/* ---- trace.dat ------------------------------------------------------------- */

START_TEST(recording_reads_alike_in_either_byte_order)
{
	assert_recording("workload");
}
END_TEST

START_TEST(recording_with_losses_reads_alike_too)
{
	assert_recording("overrun");
}
END_TEST

RM_MAIN(capture_of_the_other_byte_order_prints,
	idle_cpu_does_not_hide_the_byte_order,
	recording_reads_alike_in_either_byte_order,
	recording_with_losses_reads_alike_too)
