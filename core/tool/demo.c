/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * demo.c - the command line of the demo, which shows what this machine does
 */
#include "core/tool/demo_source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
	"usage: demo [--seconds N] [--replay] [--recording DIR] [--tracefs "
	"DIR]\n"
	"\n"
	"Records the scheduler, interrupts and system calls of this machine in "
	"a\n"
	"tracing instance of its own, follows the rings at the same time, and "
	"prints\n"
	"a report. If this machine cannot be traced, it says why and reports "
	"a\n"
	"recording instead. Run as root, it mounts tracefs if that is "
	"missing.\n"
	"\n"
	"  --seconds N      duration of the recording (3)\n"
	"  --replay         do not trace, report the recording\n"
	"  --recording DIR  a folder of raw captures\n"
	"  --tracefs DIR    mount point of tracefs (/sys/kernel/tracing)\n";

static bool parse_seconds(const char *text, double *ret)
{
	char *end;

	*ret = strtod(text, &end);
	return end != text && !*end && *ret > 0 && *ret <= 86400;
}

/* Returns false if the arguments are invalid. */
static bool parse(int argc, char **argv, struct demo_opts *opts)
{
	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : NULL;

		if (!strcmp(argv[i], "--replay")) {
			opts->replay = true;
			continue;
		}
		if (!value)
			return false;
		i++;
		if (!strcmp(argv[i - 1], "--recording"))
			opts->recording = value;
		else if (!strcmp(argv[i - 1], "--tracefs"))
			opts->tracefs = value;
		else if (strcmp(argv[i - 1], "--seconds") ||
			 !parse_seconds(value, &opts->seconds))
			return false;
	}
	return opts->recording || !opts->replay;
}

/* Reports this machine or, failing that, the recording. Returns 0 or 1. */
static int run(const struct demo_opts *opts)
{
	struct demo_formats formats;
	struct demo_result result;
	struct ringmap_error err;
	enum ringmap_status s = RINGMAP_E_UNSUPPORTED;

	if (!opts->replay) {
		s = demo_live(opts, &formats, &result, &err);
		if (s)
			printf("Cannot trace this machine: %s.\n", err.text);
		if (s && opts->recording)
			printf("This is a recording instead:\n\n");
	}
	if (s && opts->recording) {
		s = demo_recording(opts->recording, &formats, &result, &err);
		if (s)
			fprintf(stderr, "demo: %s\n", err.text);
	}
	if (s)
		return 1;
	demo_report(&result);
	demo_analysis_free(result.analysis);
	demo_formats_free(&formats);
	return 0;
}

int main(int argc, char **argv)
{
	struct demo_opts opts = {.seconds = 3};

	if (argc == 2 && !strcmp(argv[1], "--help")) {
		fputs(usage, stdout);
		return 0;
	}
	if (!parse(argc, argv, &opts)) {
		fputs(usage, stderr);
		return 2;
	}
	return run(&opts);
}
