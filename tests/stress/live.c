/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * live.c - writers at full speed, observers that miss nothing unnoticed
 *
 * Usage: live [--events N] [--scenario NAME] [--json FILE]
 *
 * Every observer must see each event at most once, in order, and whatever it
 * does not see must be told as lost: seen + lost = written.
 */
#include <err.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/machine.h"
#include "tests/stress/plan.h"

struct options {
	uint64_t events;
	const char *scenario; /* the only one to run; NULL: all */
	const char *json;
};

struct results {
	struct outcome outcomes[PLAN_SCENARIOS * SCENARIO_OBSERVERS];
	size_t count;
	uint64_t follow_written;
	uint64_t follow_seen;
	unsigned int complaints;
};

static struct options parse(int argc, char **argv)
{
	static const struct option known[] = {
		{"events", required_argument, NULL, 'e'},
		{"scenario", required_argument, NULL, 's'},
		{"json", required_argument, NULL, 'j'},
		{NULL, 0, NULL, 0},
	};
	struct options options = {.events = 100000000};
	char *end;
	int option;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (option == 'e') {
			options.events = strtoull(optarg, &end, 10);
			if (*end || end == optarg || !options.events)
				errx(2, "--events %s: not a number", optarg);
		} else if (option == 's') {
			options.scenario = optarg;
		} else if (option == 'j') {
			options.json = optarg;
		} else {
			errx(2, "usage: live [--events N] [--scenario NAME] "
				"[--json FILE]");
		}
	}
	if (optind < argc)
		errx(2, "%s: what is that?", argv[optind]);
	return options;
}

static void run(const struct scenario *scenario, struct results *results)
{
	struct outcome *outcomes = &results->outcomes[results->count];

	scenario_run(scenario, outcomes);
	if (scenario->mode == RINGMAP_MODE_FOLLOW)
		results->follow_written += outcomes[0].written;
	for (uint32_t i = 0; i < scenario->observers; i++) {
		unsigned int complaints = outcome_judge(&outcomes[i], stderr);

		results->complaints += complaints;
		results->count++;
		outcome_print(&outcomes[i], complaints == 0, results->count,
			      stdout);
		fflush(stdout);
		if (outcomes[i].mode == RINGMAP_MODE_FOLLOW)
			results->follow_seen += outcomes[i].findings.seen;
	}
}

static void skip(const struct scenario *scenarios, const char *why)
{
	for (size_t i = 0; i < PLAN_SCENARIOS; i++)
		printf("ok %zu - %s # SKIP %s\n", i + 1, scenarios[i].name,
		       why);
}

static void write_json(const struct results *results, const char *path)
{
	FILE *file = fopen(path, "we");

	if (!file)
		err(1, "cannot write %s", path);
	fputs("{\"machine\": ", file);
	machine_print_json(file);
	fprintf(file,
		",\n \"follow_written\": %" PRIu64 ", \"follow_seen\": %" PRIu64
		", \"violations\": %u,\n \"scenarios\": [\n",
		results->follow_written, results->follow_seen,
		results->complaints);
	for (size_t i = 0; i < results->count; i++) {
		fputs("  ", file);
		outcome_print_json(&results->outcomes[i], file);
		fputs(i + 1 < results->count ? ",\n" : "\n", file);
	}
	fputs(" ]}\n", file);
	if (fclose(file))
		err(1, "cannot write %s", path);
}

int main(int argc, char **argv)
{
	static struct scenario scenarios[PLAN_SCENARIOS];
	static struct results results;
	struct options options = parse(argc, argv);
	char missing[256];

	plan_scenarios(options.events, scenarios);
	if (!rm_rig_possible(1, missing, sizeof(missing))) {
		skip(scenarios, missing);
		return 0;
	}
	outcome_print_head(stdout);
	for (size_t i = 0; i < PLAN_SCENARIOS; i++)
		if (!options.scenario ||
		    !strcmp(options.scenario, scenarios[i].name))
			run(&scenarios[i], &results);
	if (!results.count)
		errx(2, "--scenario %s: there is none", options.scenario);
	printf("# follow: %" PRIu64 " events written, %" PRIu64
	       " seen by its observers\n"
	       "# %u violations\n",
	       results.follow_written, results.follow_seen, results.complaints);
	if (options.json)
		write_json(&results, options.json);
	return results.complaints != 0;
}
