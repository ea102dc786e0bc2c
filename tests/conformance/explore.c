/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * explore.c - thousands of short lives of small rings, each checked throughout
 *
 * usage: explore [--first SEED] [--runs N] [--steps N] [--may MASK]... [--loud]
 *
 * The library is built so that the world may go on between any two of its
 * loads, and reads the world's clocks (load_hook.h). A run that breaks the
 * contract is reported by its seed: --first SEED --runs 1 --loud shows every step
 * of it, and fewer --steps make it shorter. MASK: what may happen, of world.h; N
 * runs of each that is given.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/conformance/observer.h"

enum {
	OBSERVERS = 2,
	RUNS = 3000,
	STEPS = 400,
	MASKS = 32,
};

static bool run(uint64_t seed, uint32_t steps, uint32_t may, bool loud,
		struct tally *tally)
{
	struct world world = {.loud = loud};
	struct observer observers[OBSERVERS] = {{.name = "A"}, {.name = "B"}};
	bool good = true;

	world_begin(&world, seed, may);
	world_watch(&world);
	for (uint32_t step = 0; step < steps && good; step++) {
		struct observer *o = &observers[world_pick(&world, OBSERVERS)];

		if (!o->open && world_pick(&world, 8) == 0)
			observer_open(o, &world);
		else if (o->open && world_pick(&world, 2))
			observer_look(o, &world, tally);
		else
			world_meanwhile(&world);
		good = !o->witness.wrong[0];
	}
	world.still = true;
	world_settle(&world);
	for (int i = 0; i < OBSERVERS; i++) {
		struct observer *o = &observers[i];

		if (o->open)
			observer_conclude(o, &world, tally);
		if (o->witness.wrong[0])
			printf("# seed %" PRIu64 ": %s: %s\n", seed, o->name,
			       o->witness.wrong);
		good = good && !o->witness.wrong[0];
		ringmap_ring_unref(o->witness.ring);
	}
	world_watch(NULL);
	world_end(&world);
	return good;
}

static uint64_t number(const char *text)
{
	return strtoull(text, NULL, 0);
}

static void tell(uint32_t may, const struct tally *tally)
{
	printf("may 0x%x, runs: %" PRIu64 ", failed: %" PRIu64
	       "; events seen: %" PRIu64 ", holes: %" PRIu64
	       ", holes claimed in vain: %" PRIu64
	       ", loss at rest exact: %" PRIu64 ", unknown: %" PRIu64
	       ", snapshots: %" PRIu64 "\n",
	       may, tally->runs, tally->failed, tally->events, tally->holes,
	       tally->unfounded, tally->exact, tally->unknown,
	       tally->snapshots);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"first", required_argument, NULL, 'f'},
		{"runs", required_argument, NULL, 'r'},
		{"steps", required_argument, NULL, 's'},
		{"may", required_argument, NULL, 'm'},
		{"loud", no_argument, NULL, 'l'},
		{NULL, 0, NULL, 0},
	};
	uint64_t first = 1, runs = RUNS, steps = STEPS, failed = 0;
	uint32_t may[MASKS] = {WORLD_ALL}, masks = 0;
	bool loud = false;

	for (int o; (o = getopt_long(argc, argv, "", options, NULL)) >= 0;) {
		if (o == 'f')
			first = number(optarg);
		else if (o == 'r')
			runs = number(optarg);
		else if (o == 's')
			steps = number(optarg);
		else if (o == 'm' && masks < MASKS)
			may[masks++] = (uint32_t)number(optarg);
		else if (o == 'l')
			loud = true;
		else
			return 2;
	}
	for (uint32_t i = 0; i < (masks ? masks : 1); i++) {
		struct tally tally = {0};

		for (uint64_t seed = first; seed < first + runs; seed++) {
			tally.runs++;
			tally.failed += !run(seed, (uint32_t)steps, may[i],
					     loud, &tally);
		}
		tell(may[i], &tally);
		failed += tally.failed;
	}
	return failed != 0;
}
