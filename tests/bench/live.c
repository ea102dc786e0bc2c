/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * live.c - what reading a live ring costs, in every mode and the old way
 *
 * Usage: live [--json FILE] [--seconds S] [--rounds N] [--smoke]
 *
 * --smoke: as short as can be; the figures mean nothing.
 */
#include "tests/bench/live.h"

#include <err.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/bench/syscalls.h"

static const struct live_opts measuring = {.seconds = 1,
					   .writer_seconds = 0.2,
					   .rounds = 5,
					   .pairs = 10,
					   .live_ring_kb = 32 * 1024,
					   .drain_ring_kb = 200 * 1024};

static const struct live_opts smoking = {.seconds = 0.04,
					 .writer_seconds = 0.02,
					 .rounds = 1,
					 .pairs = 1,
					 .live_ring_kb = 4096,
					 .drain_ring_kb = 4096};

struct arguments {
	struct live_opts opts;
	const char *json;
};

static double parse_number(const char *name, const char *text)
{
	char *end;
	double number = strtod(text, &end);

	if (*end || end == text || !(number > 0) || number > 1e6)
		errx(2, "--%s %s: not a number above zero", name, text);
	return number;
}

static struct arguments parse(int argc, char **argv)
{
	static const struct option known[] = {
		{"json", required_argument, NULL, 'j'},
		{"seconds", required_argument, NULL, 's'},
		{"rounds", required_argument, NULL, 'r'},
		{"smoke", no_argument, NULL, 'q'},
		{NULL, 0, NULL, 0},
	};
	struct arguments arguments = {.opts = measuring};
	int option;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (option == 'j')
			arguments.json = optarg;
		else if (option == 's')
			arguments.opts.seconds =
				parse_number("seconds", optarg);
		else if (option == 'r')
			arguments.opts.rounds =
				(unsigned int)parse_number("rounds", optarg);
		else if (option == 'q')
			arguments.opts = smoking;
		else
			errx(2, "usage: live [--json FILE] [--seconds S] "
				"[--rounds N] [--smoke]");
	}
	if (optind < argc)
		errx(2, "%s: what is that?", argv[optind]);
	if (!arguments.opts.rounds)
		errx(2, "--rounds 0 measures nothing");
	return arguments;
}

static bool possible(char *text, size_t size)
{
	int counter;

	if (!rm_rig_possible(1, text, size))
		return false;
	counter = syscalls_count();
	if (counter < 0) {
		snprintf(text, size,
			 "system calls cannot be counted: "
			 "perf_event_open(2) says no");
		return false;
	}
	close(counter);
	return true;
}

static void measure(const struct live_opts *opts, struct report *report)
{
	struct rm_rig_opts live = {.cpu = opts->writer_cpu,
				   .writers = 1,
				   .ring_kb = opts->live_ring_kb};
	struct rm_rig_opts drain = {.cpu = opts->writer_cpu,
				    .writers = 1,
				    .ring_kb = opts->drain_ring_kb};
	struct rm_rig rig;

	rm_rig_open(&rig, &live);
	live_cost(opts, &rig, report);
	live_writer(opts, &rig, report);
	rm_rig_close(&rig);
	rm_rig_open(&rig, &drain);
	live_drain(opts, &rig, report);
	rm_rig_close(&rig);
}

int main(int argc, char **argv)
{
	struct arguments arguments = parse(argc, argv);
	struct report *report;
	char missing[256];
	uint32_t cpus[2];

	if (!possible(missing, sizeof(missing))) {
		printf("SKIP: %s\n", missing);
		return 0;
	}
	rm_rig_cpus(cpus, 2);
	arguments.opts.writer_cpu = cpus[0];
	rm_rig_pin(cpus[1]);
	report = report_new();
	measure(&arguments.opts, report);
	report_print(report, stdout);
	if (arguments.json && report_write_json(report, arguments.json))
		err(1, "cannot write %s", arguments.json);
	report_free(report);
	return 0;
}
