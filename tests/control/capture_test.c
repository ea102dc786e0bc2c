/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * capture_test.c - folders of raw captures, whole and broken
 */
#define _GNU_SOURCE
#include "tests/control/tracefs.h"
#include "tests/support/rm_check.h"

#include <errno.h>
#include <fcntl.h>
#include <ringmap/ringmap.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* Of tests/data/recordings/workload; its expected.json says the same. */
enum {
	RECORDED_CPU0 = 13632,
	RECORDED_CPU1 = 11986,
	RECORDED_SUBBUFS0 = 155
};

static const char header_page_64[] =
	"\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
	"\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
	"\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
	"\tfield: char data;\toffset:16;\tsize:4080;\tsigned:0;\n";

static const char header_page_32[] =
	"\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
	"\tfield: local_t commit;\toffset:8;\tsize:4;\tsigned:1;\n"
	"\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
	"\tfield: char data;\toffset:12;\tsize:4084;\tsigned:0;\n";

static const char recording[] = "tests/data/recordings/workload";
static struct ringmap_error err;

/* ---- a folder of our own ---------------------------------------------------- */

static char folder[256];

static const char *in_folder(const char *file)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s", folder, file);
	return path;
}

static void put(const char *file, const void *bytes, size_t size)
{
	FILE *f = fopen(in_folder(file), "we");

	ck_assert_msg(f != NULL, "%s", in_folder(file));
	ck_assert_uint_eq(fwrite(bytes, 1, size, f), size);
	ck_assert_int_eq(fclose(f), 0);
}

static void make_folder(const char *header_page)
{
	const char *tmp = getenv("TEST_TMPDIR");

	snprintf(folder, sizeof(folder), "%s/captureXXXXXX",
		 tmp ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert(!mkdir(in_folder("events"), 0700));
	ck_assert(!mkdir(in_folder("per_cpu"), 0700));
	ck_assert(!mkdir(in_folder("per_cpu/cpu0"), 0700));
	put("events/header_page", header_page, strlen(header_page));
	put("per_cpu/cpu0/trace_pipe_raw", "", 0);
}

/* What the cases may have put there. */
static void remove_folder(void)
{
	static const char *const files[] = {
		"events/header_page",
		"events",
		"per_cpu/cpu0/trace_pipe_raw",
		"per_cpu/cpu0",
		"per_cpu/cpu3/trace_pipe_raw",
		"per_cpu/cpu3",
		"per_cpu/cpu01",
		"per_cpu/cpux",
		"per_cpu",
		"",
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		remove(in_folder(files[i]));
	ck_assert_int_eq(access(folder, F_OK), -1);
}

/* How often the folder's files are mapped. */
static int mapped(void)
{
	FILE *f = fopen("/proc/self/maps", "re");
	char line[1024];
	int count = 0;

	ck_assert(f != NULL);
	while (fgets(line, sizeof(line), f))
		count += strstr(line, folder) != NULL;
	fclose(f);
	return count;
}

/* Opening the folder fails so, names @file and leaves nothing behind. */
static void must_fail(enum ringmap_status status, const char *file)
{
	int before = rm_descriptors(getpid());
	struct ringmap_trace *trace = NULL;

	memset(&err, 0, sizeof(err));
	ck_assert_int_eq(ringmap_trace_open_capture(folder, &trace, &err),
			 status);
	ck_assert_int_eq(err.status, status);
	ck_assert_ptr_null(trace);
	ck_assert_msg(strstr(err.text, *file ? in_folder(file) : folder) !=
			      NULL,
		      "%s", err.text);
	ck_assert_int_eq(rm_descriptors(getpid()), before);
	ck_assert_int_eq(mapped(), 0);
}

static struct ringmap_trace *open_folder(const char *dir)
{
	struct ringmap_trace *trace;

	ck_assert_msg(!ringmap_trace_open_capture(dir, &trace, &err), "%s",
		      err.text);
	return trace;
}

/* ---- whole ones -------------------------------------------------------------- */

START_TEST(recording_is_read_to_its_end)
{
	const int descriptors = rm_descriptors(getpid());
	struct ringmap_trace *trace = open_folder(recording);
	const uint64_t wanted[] = {RECORDED_CPU0, RECORDED_CPU1};
	struct ringmap_event event;
	uint64_t events[2] = {0}, last = 0;
	enum ringmap_status s;

	while (!(s = ringmap_trace_next(trace, &event))) {
		ck_assert_uint_lt(event.cpu, 2);
		ck_assert_uint_eq(event.lost, 0);
		ck_assert_uint_ge(event.ts, last);
		last = event.ts;
		events[event.cpu]++;
	}
	ck_assert_int_eq(s, RINGMAP_DONE);
	ck_assert_int_eq(rm_descriptors(getpid()), descriptors);
	for (size_t i = 0; i < 2; i++) {
		struct ringmap_ring_info info;
		struct ringmap_ring *ring = ringmap_trace_ring(trace, i);

		ck_assert_uint_eq(events[i], wanted[i]);
		ck_assert(!ringmap_ring_info(ring, &info, sizeof(info)));
		ck_assert_uint_eq(info.cpu, i);
		ck_assert_uint_eq(info.mode, RINGMAP_MODE_IMAGE);
		ck_assert_uint_eq(info.subbuf_size, 4096);
		ck_assert_uint_eq(info.big_endian, 0);
	}
	ck_assert_ptr_null(ringmap_trace_ring(trace, 2));
	ringmap_trace_unref(trace);
}
END_TEST

START_TEST(ring_outlives_its_trace)
{
	struct ringmap_trace *trace = open_folder(recording);
	struct ringmap_ring *ring =
		ringmap_ring_ref(ringmap_trace_ring(trace, 0));
	struct ringmap_page page;
	int pages = 0;

	ringmap_trace_unref(trace);
	while (!ringmap_ring_borrow_page(ring, &page)) {
		pages++;
		ck_assert_int_eq(ringmap_ring_return_page(ring, &page),
				 RINGMAP_OK);
	}
	ck_assert_int_eq(pages, RECORDED_SUBBUFS0);
	ringmap_ring_unref(ring);
}
END_TEST

START_TEST(memory_is_unmapped_at_the_end)
{
	static const char zeros[4096];

	make_folder(header_page_64);
	put("per_cpu/cpu0/trace_pipe_raw", zeros, sizeof(zeros));
	struct ringmap_trace *trace = open_folder(folder);
	ck_assert_int_eq(mapped(), 1);
	ringmap_trace_unref(trace);
	ck_assert_int_eq(mapped(), 0);
	remove_folder();
}
END_TEST

START_TEST(idle_cpu_has_no_events)
{
	struct ringmap_event event;

	make_folder(header_page_64);
	ck_assert(!mkdir(in_folder("per_cpu/cpu01"), 0700));
	ck_assert(!mkdir(in_folder("per_cpu/cpux"), 0700));
	struct ringmap_trace *trace = open_folder(folder);
	ck_assert_int_eq(ringmap_trace_next(trace, &event), RINGMAP_DONE);
	ck_assert_ptr_nonnull(ringmap_trace_ring(trace, 0));
	ck_assert_ptr_null(ringmap_trace_ring(trace, 1));
	ringmap_trace_unref(trace);
	remove_folder();
}
END_TEST

/*
 * One event each, of another kind of machine: time stamp 1000, delta 5, two
 * words of payload, in big-endian order.
 */
static const uint8_t big_64[4096] = {
	[6] = 1000 >> 8, [7] = 1000 & 255, [15] = 12,
	[16] = 2 << 3,   [19] = 5,         [20] = 1,
};

static const uint8_t big_32[4096] = {
	[6] = 1000 >> 8, [7] = 1000 & 255, [11] = 12,
	[12] = 2 << 3,   [15] = 5,         [16] = 1,
};

static void must_hold_one_event(const char *header_page, const void *subbuf,
				uint32_t long_size)
{
	struct ringmap_event event;
	struct ringmap_ring_info info;

	make_folder(header_page);
	ck_assert(!mkdir(in_folder("per_cpu/cpu3"), 0700));
	put("per_cpu/cpu3/trace_pipe_raw", subbuf, 4096);
	struct ringmap_trace *trace = open_folder(folder);
	ck_assert_int_eq(ringmap_trace_next(trace, &event), RINGMAP_OK);
	ck_assert_uint_eq(event.ts, 1005);
	ck_assert_uint_eq(event.size, 8);
	ck_assert_uint_eq(event.cpu, 3);
	ck_assert_int_eq(ringmap_trace_next(trace, &event), RINGMAP_DONE);
	ck_assert(!ringmap_ring_info(ringmap_trace_ring(trace, 1), &info,
				     sizeof(info)));
	ck_assert_uint_eq(info.big_endian, 1);
	ck_assert_uint_eq(info.long_size, long_size);
	ringmap_trace_unref(trace);
	remove_folder();
}

START_TEST(other_machines_are_understood)
{
	must_hold_one_event(header_page_64, big_64, 8);
	must_hold_one_event(header_page_32, big_32, 4);
}
END_TEST

/* ---- hostile ones ------------------------------------------------------------- */

static const char *const parts[] = {"events/header_page", "trace_clock",
				    "per_cpu/cpu0/trace_pipe_raw"};

/* If the library opened a FIFO or waited for it, the case would not end. */
START_TEST(fifos_and_devices_are_refused)
{
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		make_folder(header_page_64);
		remove(in_folder(parts[i]));
		ck_assert(!mkfifo(in_folder(parts[i]), 0600));
		must_fail(RINGMAP_E_CORRUPT, parts[i]);
		remove(in_folder(parts[i]));
		/* A link in the folder to a device outside is one, too. */
		ck_assert(!symlink("/dev/zero", in_folder(parts[i])));
		must_fail(RINGMAP_E_CORRUPT, parts[i]);
		remove(in_folder(parts[i]));
		if (!mknod(in_folder(parts[i]), S_IFCHR | 0600,
			   makedev(1, 5))) {
			must_fail(RINGMAP_E_CORRUPT, parts[i]);
			remove(in_folder(parts[i]));
		}
		remove_folder();
	}
}
END_TEST

START_TEST(links_do_not_leave_the_folder)
{
	static const char zeros[4096];
	char outside[] = "/tmp/ringmap_outside_XXXXXX";
	int fd = mkstemp(outside);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, zeros, sizeof(zeros)), sizeof(zeros));
	close(fd);
	make_folder(header_page_64);
	remove(in_folder("per_cpu/cpu0/trace_pipe_raw"));
	ck_assert(!symlink(outside, in_folder("per_cpu/cpu0/trace_pipe_raw")));
	must_fail(RINGMAP_E_CORRUPT, "per_cpu/cpu0/trace_pipe_raw");
	ck_assert_ptr_nonnull(strstr(err.text, "leads out of the folder"));
	/* Inside it they may lead anywhere. */
	put("trace_clock", "[boot]\n", 7);
	put("image", zeros, sizeof(zeros));
	remove(in_folder("per_cpu/cpu0/trace_pipe_raw"));
	ck_assert(!symlink("../../image",
			   in_folder("per_cpu/cpu0/trace_pipe_raw")));
	struct ringmap_trace_info info;
	struct ringmap_trace *trace = open_folder(folder);
	ck_assert(!ringmap_trace_info(trace, &info, sizeof(info)));
	ck_assert_str_eq(info.clock, "boot");
	ringmap_trace_unref(trace);
	remove(in_folder("image"));
	remove(in_folder("trace_clock"));
	remove(in_folder("per_cpu/cpu0/trace_pipe_raw"));
	remove(in_folder("per_cpu/cpu0"));
	remove(in_folder("per_cpu"));
	ck_assert(
		!symlink("/sys/kernel/tracing/per_cpu", in_folder("per_cpu")));
	must_fail(RINGMAP_E_CORRUPT, "per_cpu");
	remove_folder();
	remove(outside);
}
END_TEST

/* Texts of a schema, of a folder that has a format and a comm of its own. */
START_TEST(schema_of_a_hostile_folder_neither_waits_nor_leaves_it)
{
	static const char format[] = "name: ev\nID: 7\nformat:\n"
				     "\tfield:unsigned short common_type;"
				     "\toffset:0;\tsize:2;\tsigned:0;\n"
				     "\nprint fmt: \"\"\n";
	static const char file[] = "events/s/ev/format";
	const struct ringmap_format *found;
	struct ringmap_schema *schema;

	for (int how = 0; how < 3; how++) {
		make_folder(header_page_64);
		ck_assert(!mkdir(in_folder("events/s"), 0700));
		ck_assert(!mkdir(in_folder("events/s/ev"), 0700));
		if (how == 0)
			put(file, format, sizeof(format) - 1);
		else if (how == 1)
			ck_assert(!mkfifo(in_folder(file), 0600));
		else
			ck_assert(
				!symlink("/proc/self/status", in_folder(file)));
		ck_assert(!mkfifo(in_folder("saved_cmdlines"), 0600));
		ck_assert(!ringmap_schema_open(folder, &schema, &err));
		ck_assert_int_eq(
			ringmap_schema_format(schema, "s:ev", &found, &err),
			how ? RINGMAP_E_CORRUPT : RINGMAP_OK);
		ck_assert_ptr_null(ringmap_schema_comm(schema, 1));
		ringmap_schema_unref(schema);
		remove(in_folder("saved_cmdlines"));
		remove(in_folder(file));
		remove(in_folder("events/s/ev"));
		remove(in_folder("events/s"));
		remove_folder();
	}
}
END_TEST

START_TEST(file_that_was_cut_since_it_was_opened_is_an_error)
{
	static const uint8_t event[4096] = {
		[0] = 5, [8] = 12, [16] = 2, [20] = 1};
	struct ringmap_event found;
	struct ringmap_error error;

	make_folder(header_page_64);
	FILE *f = fopen(in_folder("per_cpu/cpu0/trace_pipe_raw"), "we");
	ck_assert_ptr_nonnull(f);
	for (int i = 0; i < 4096; i++)
		ck_assert_uint_eq(fwrite(event, 1, sizeof(event), f),
				  sizeof(event));
	ck_assert(!fclose(f));
	struct ringmap_trace *trace = open_folder(folder);
	ck_assert(!truncate(in_folder("per_cpu/cpu0/trace_pipe_raw"), 4096));
	enum ringmap_status s;
	int events = 0;
	while (!(s = ringmap_trace_next(trace, &found)))
		events++;
	ck_assert_int_eq(s, RINGMAP_E_CORRUPT);
	ringmap_trace_error(trace, &error);
	ck_assert_ptr_nonnull(strstr(error.text, "was cut"));
	ck_assert_int_eq(ringmap_trace_next(trace, &found), RINGMAP_DONE);
	struct ringmap_trace_stats stats;
	ck_assert(!ringmap_trace_stats(trace, &stats, sizeof(stats)));
	ck_assert_uint_eq(stats.lost, RINGMAP_LOST_UNKNOWN);
	ck_assert_int_le(events, 1);
	ringmap_trace_unref(trace);
	remove_folder();
}
END_TEST

/* As build tools present folders of data to tests. */
START_TEST(folder_of_links_is_the_one_that_they_lead_to)
{
	char links[sizeof(folder) + 8];
	char path[sizeof(links) + 64];

	make_folder(header_page_64);
	snprintf(links, sizeof(links), "%s.links", folder);
	ck_assert(!mkdir(links, 0700));
	snprintf(path, sizeof(path), "%s/events", links);
	ck_assert(!mkdir(path, 0700));
	snprintf(path, sizeof(path), "%s/events/header_page", links);
	ck_assert(!symlink(in_folder("events/header_page"), path));
	struct ringmap_trace *trace = open_folder(links);
	ck_assert_ptr_nonnull(ringmap_trace_ring(trace, 0));
	ringmap_trace_unref(trace);
	ck_assert(!remove(path));
	snprintf(path, sizeof(path), "%s/events", links);
	ck_assert(!remove(path));
	ck_assert(!remove(links));
	remove_folder();
}
END_TEST

/* ---- broken ones ----------------------------------------------------------------- */

START_TEST(missing_files_are_named)
{
	strcpy(folder, "/nowhere/at/all");
	must_fail(RINGMAP_E_NOENT, "events/header_page");

	make_folder(header_page_64);
	remove(in_folder("per_cpu/cpu0/trace_pipe_raw"));
	must_fail(RINGMAP_E_NOENT, "per_cpu/cpu0/trace_pipe_raw");
	remove(in_folder("per_cpu/cpu0"));
	must_fail(RINGMAP_E_NOENT, "per_cpu/cpu*/trace_pipe_raw");
	remove(in_folder("per_cpu"));
	must_fail(RINGMAP_E_NOENT, "per_cpu");
	put("per_cpu", "", 0);
	must_fail(RINGMAP_E_NOENT, "per_cpu");
	remove_folder();
}
END_TEST

START_TEST(cut_file_is_read_as_far_as_it_goes)
{
	static const char zeros[8192];
	static const size_t sizes[] = {8191, 4097, 1};

	make_folder(header_page_64);
	for (size_t i = 0; i < 3; i++) {
		struct ringmap_trace_stats stats;
		struct ringmap_trace_info info;
		struct ringmap_event event;
		char size[16];

		put("per_cpu/cpu0/trace_pipe_raw", zeros, sizes[i]);
		struct ringmap_trace *trace = open_folder(folder);
		rm_assert_ok(ringmap_trace_info(trace, &info, sizeof(info)));
		ck_assert_uint_eq(info.flags, RINGMAP_TRACE_CUT);
		ringmap_trace_error(trace, &err);
		ck_assert_int_eq(err.status, RINGMAP_E_CORRUPT);
		/* The error shows only the end of a long path. */
		ck_assert_ptr_nonnull(
			strstr(err.text, "/per_cpu/cpu0/trace_pipe_raw: "));
		snprintf(size, sizeof(size), "%zu", sizes[i]);
		ck_assert_ptr_nonnull(strstr(err.text, size));
		rm_assert_status(ringmap_trace_next(trace, &event),
				 RINGMAP_DONE);
		rm_assert_ok(ringmap_trace_stats(trace, &stats, sizeof(stats)));
		ck_assert_uint_eq(stats.lost, RINGMAP_LOST_UNKNOWN);
		ringmap_trace_unref(trace);
	}
	put("per_cpu/cpu0/trace_pipe_raw", zeros, sizeof(zeros));
	struct ringmap_trace *trace = open_folder(folder);
	struct ringmap_trace_info info;
	rm_assert_ok(ringmap_trace_info(trace, &info, sizeof(info)));
	ck_assert_uint_eq(info.flags, 0);
	ringmap_trace_unref(trace);
	remove_folder();
}
END_TEST

START_TEST(second_cpu_that_is_broken_leaves_nothing)
{
	static const char zeros[4096];

	make_folder(header_page_64);
	put("per_cpu/cpu0/trace_pipe_raw", zeros, sizeof(zeros));
	ck_assert(!mkdir(in_folder("per_cpu/cpu3"), 0700));
	ck_assert(!mkdir(in_folder("per_cpu/cpu3/trace_pipe_raw"), 0700));
	must_fail(RINGMAP_E_CORRUPT, "per_cpu/cpu3/trace_pipe_raw");
	remove_folder();
}
END_TEST

#define FIELD(name, offset, size)                                              \
	"\tfield: " name ";\toffset:" offset ";\tsize:" size ";\tsigned:0;\n"

START_TEST(absurd_header_page_is_refused)
{
	static char endless[10000];
	const char *const texts[] = {
		"",
		"\n",
		"header",
		"\tfield: u64 timestamp;",
		FIELD("u64 timestamp", "0", "8"),
		FIELD("u64 timestamp", "0", "8")
			FIELD("local_t commit", "8", "8"),
		/* commit of 7 bytes, data of none, too many, minus, a part */
		FIELD("u64 timestamp", "0", "8")
			FIELD("local_t commit", "8", "7")
				FIELD("char data", "16", "4080"),
		FIELD("u64 timestamp", "0", "8")
			FIELD("local_t commit", "8", "8")
				FIELD("char data", "16", "0"),
		FIELD("u64 timestamp", "0", "8")
			FIELD("local_t commit", "8", "8")
				FIELD("char data", "16", "99999999999999999"),
		FIELD("u64 timestamp", "0", "8")
			FIELD("local_t commit", "8", "8")
				FIELD("char data", "16", "-4096"),
		FIELD("u64 timestamp", "0", "8")
			FIELD("local_t commit", "8", "8")
				FIELD("char data", "16", "4081"),
		/* a stamp of 4 bytes */
		FIELD("u64 timestamp", "0", "4")
			FIELD("local_t commit", "8", "8")
				FIELD("char data", "16", "4080"),
		endless,
	};

	memset(endless, '\t', sizeof(endless) - 1);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		make_folder(texts[i]);
		must_fail(RINGMAP_E_CORRUPT, "events/header_page");
		remove_folder();
	}
}
END_TEST

START_TEST(file_that_is_no_file_is_refused)
{
	make_folder(header_page_64);
	remove(in_folder("per_cpu/cpu0/trace_pipe_raw"));
	ck_assert(!mkfifo(in_folder("per_cpu/cpu0/trace_pipe_raw"), 0600));
	must_fail(RINGMAP_E_CORRUPT, "per_cpu/cpu0/trace_pipe_raw");
	remove_folder();
}
END_TEST

START_TEST(arguments_are_checked)
{
	struct ringmap_trace *trace;

	ck_assert_int_eq(ringmap_trace_open_capture(NULL, &trace, &err),
			 RINGMAP_E_INVAL);
	ck_assert_int_eq(ringmap_trace_open_capture("/", NULL, NULL),
			 RINGMAP_E_INVAL);
}
END_TEST

/* ---- as root -------------------------------------------------------------------- */

START_TEST(unreadable_file_is_named)
{
	rm_needs_tracing();
	make_folder(header_page_64);
	ck_assert(!chmod(in_folder("events/header_page"), 0));
	ck_assert(!chmod(in_folder("events"), 0755));
	ck_assert(!chmod(folder, 0755));
	ck_assert(!seteuid(65534));
	must_fail(RINGMAP_E_PERMISSION, "events/header_page");
	ck_assert(!seteuid(0));
	remove_folder();
}
END_TEST

START_TEST(running_kernel_is_no_capture)
{
	rm_needs_tracing();
	struct ringmap_session *session;

	ck_assert_msg(!ringmap_session_open(NULL, &session, &err), "%s",
		      err.text);
	snprintf(folder, sizeof(folder), "/sys/kernel/tracing/instances/%s",
		 ringmap_session_instance(session));
	must_fail(RINGMAP_E_CORRUPT, "");
	ck_assert_ptr_nonnull(strstr(err.text, "as an instance"));
	ck_assert(!ringmap_session_close(session, &err));
}
END_TEST

RM_MAIN(file_that_was_cut_since_it_was_opened_is_an_error,
	fifos_and_devices_are_refused, links_do_not_leave_the_folder,
	schema_of_a_hostile_folder_neither_waits_nor_leaves_it,
	folder_of_links_is_the_one_that_they_lead_to,
	recording_is_read_to_its_end, ring_outlives_its_trace,
	memory_is_unmapped_at_the_end, idle_cpu_has_no_events,
	other_machines_are_understood, missing_files_are_named,
	cut_file_is_read_as_far_as_it_goes,
	second_cpu_that_is_broken_leaves_nothing, absurd_header_page_is_refused,
	file_that_is_no_file_is_refused, arguments_are_checked,
	unreadable_file_is_named, running_kernel_is_no_capture)
