/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * decode_peak.c - how much memory a capture takes to read, whatever its size
 *
 * In a process of its own: this one is large, and the peak is the process's.
 */
#define _GNU_SOURCE
#include "tests/bench/decode.h"

#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *const columns[] = {"ts", "common_pid", "prev_pid",
				      "next_pid", NULL};
static const char *const events[] = {"sched:sched_switch", NULL};

/* VmHWM: mapped files are in it. */
static uint64_t peak_kb(void)
{
	FILE *file = fopen("/proc/self/status", "re");
	uint64_t kb = 0;
	char line[256];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "VmHWM: %" SCNu64, &kb) == 1)
			break;
	if (file)
		fclose(file);
	return kb;
}

int decode_peak_child(const char *folder)
{
	struct capture capture = {.nr_cpus = 0};
	const struct work work = {
		.capture = &capture, .events = events, .columns = columns};

	snprintf(capture.folder, sizeof(capture.folder), "%s", folder);
	struct outcome outcome = decode_ringmap_file(&work, 1);
	printf("%" PRIu64 " %" PRIu64 "\n", outcome.rows, peak_kb());
	return 0;
}

double decode_peak(const struct work *work, uint64_t *rows)
{
	uint64_t kb;
	char command[256];

	snprintf(command, sizeof(command), "/proc/%d/exe --peak '%s'", getpid(),
		 work->capture->folder);
	FILE *child = popen(command, "re");
	if (!child || fscanf(child, "%" SCNu64 " %" SCNu64, rows, &kb) != 2 ||
	    pclose(child))
		errx(1, "the process that reads the file says nothing");
	return (double)kb / 1024;
}
