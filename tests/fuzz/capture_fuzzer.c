/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * capture_fuzzer.c - any folder of raw captures
 *
 * The first byte says how long events/header_page is, in steps of 4 bytes; 0
 * takes what a kernel wrote. The second says how the rest is split between
 * the files of two CPUs.
 */
#define _GNU_SOURCE
#include "tests/fuzz/fuzzer.h"

#include <ringmap/ringmap.h>

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	PREFIX = 2,
	SUBBUF = 4096,
	EVENTS_MAX = 100000 /* more than two files of that size can hold */
};

static const char sound_header[] =
	"\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
	"\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
	"\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
	"\tfield: char data;\toffset:16;\tsize:4080;\tsigned:1;\n";

/* The folder, made once. */
static char root[512];

static const char *path_of(const char *file)
{
	static char path[640];

	snprintf(path, sizeof(path), "%s/%s", root, file);
	return path;
}

static void remove_folder(void)
{
	static const char *const names[] = {
		"events/header_page", "per_cpu/cpu0/trace_pipe_raw",
		"per_cpu/cpu1/trace_pipe_raw",
		/* Folders, from within. */
		"per_cpu/cpu0", "per_cpu/cpu1", "per_cpu", "events", ""};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		remove(path_of(names[i]));
}

static void make_folder(void)
{
	const char *dir = getenv("TEST_TMPDIR");

	if (root[0])
		return;
	snprintf(root, sizeof(root), "%s/ringmap_fuzz_XXXXXX",
		 dir ? dir : "/tmp");
	rm_must(mkdtemp(root));
	atexit(remove_folder);
	rm_must(!mkdir(path_of("events"), 0700));
	rm_must(!mkdir(path_of("per_cpu"), 0700));
	rm_must(!mkdir(path_of("per_cpu/cpu0"), 0700));
	rm_must(!mkdir(path_of("per_cpu/cpu1"), 0700));
}

/* Fills up to whole sub-buffers unless @odd. */
static void write_file(const char *file, const uint8_t *data, size_t size,
		       int odd)
{
	static const uint8_t zeros[SUBBUF];
	FILE *stream = fopen(path_of(file), "we");

	rm_must(stream);
	rm_must(fwrite(data, 1, size, stream) == size);
	if (!odd && size % SUBBUF)
		fwrite(zeros, 1, SUBBUF - size % SUBBUF, stream);
	rm_must(!fclose(stream));
}

static void read_all(struct ringmap_trace *trace)
{
	struct ringmap_event event;
	enum ringmap_status s;
	int count = 0;

	while ((s = ringmap_trace_next(trace, &event)) != RINGMAP_DONE) {
		volatile uint8_t last = 0;

		rm_must(s == RINGMAP_OK || s == RINGMAP_E_CORRUPT);
		rm_must(++count < EVENTS_MAX);
		if (s == RINGMAP_OK && event.size)
			last = ((const uint8_t *)event.data)[event.size - 1];
		(void)last;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ringmap_trace *trace = NULL;

	if (size < PREFIX)
		return 0;
	make_folder();
	size_t header = (size_t)data[0] * 4;
	uint8_t split = data[1];
	data += PREFIX;
	size -= PREFIX;
	if (header > size)
		header = size;
	if (header)
		write_file("events/header_page", data, header, 1);
	else
		write_file("events/header_page", (const uint8_t *)sound_header,
			   sizeof(sound_header) - 1, 1);
	data += header;
	size -= header;
	size_t first = size * (split >> 1) / 128;
	write_file("per_cpu/cpu0/trace_pipe_raw", data, first, split & 1);
	write_file("per_cpu/cpu1/trace_pipe_raw", data + first, size - first,
		   0);
	enum ringmap_status s = ringmap_trace_open_capture(root, &trace, NULL);
	rm_must((s == RINGMAP_OK) == (trace != NULL));
	if (trace)
		read_all(trace);
	ringmap_trace_unref(trace);
	return 0;
}
