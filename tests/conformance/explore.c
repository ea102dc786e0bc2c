/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * explore.c - thousands of short lives of small rings, each checked throughout
 *
 * usage: explore [--first SEED] [--runs N] [--steps N] [--may MASK] [--loud]
 *
 * The library is built so that the world may go on between any two of its
 * loads (load_hook.h). A run that breaks the contract is told by its seed:
 * --first SEED --runs 1 --loud shows every step of it, fewer --steps make it
 * shorter.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/conformance/witness.h"
#include "tests/conformance/world.h"

enum {
	OBSERVERS = 2,
	RUNS = 3000,
	STEPS = 400,
	/* A follower waits that long before it believes in another clock. */
	CLOCK_SETTLES_US = 51 * 1000,
};

/* One ring of the library and what it must account for. */
struct observer {
	const char *name;
	struct witness witness;
	bool open;
	bool opened_fresh; /* nothing was ever written before */
	bool newest;
	uint64_t resets; /* of the world, before it was opened */
	uint64_t base;   /* written when the open began */
	uint64_t opened; /* written when it was over */
};

struct tally {
	uint64_t runs;
	uint64_t failed;
	uint64_t events;
	uint64_t holes;
	uint64_t unfounded;
	uint64_t unknown; /* at rest, and allowed */
	uint64_t exact;
};

static void open_observer(struct world *world, struct observer *o)
{
	struct ringmap_ring_opts opts = {
		.sz = sizeof(opts),
		.mode = RINGMAP_MODE_FOLLOW,
		.start = world_pick(world, 4) == 0 ? RINGMAP_START_NEWEST
						   : RINGMAP_START_OLDEST,
	};
	struct ringmap_error error;
	struct simring_counts counts = simring_counts(world->sim);

	*o = (struct observer){
		.name = o->name,
		.open = true,
		.opened_fresh = !counts.written && !simring_depth(world->sim),
		.newest = opts.start == RINGMAP_START_NEWEST,
		.base = counts.written,
		.resets = world->resets,
	};
	/* See "Reset" in follow.c. */
	o->witness.others = world->zero_stamps && world->may & WORLD_RESETS;
	world_say(world, "open %s, %s", o->name,
		  o->newest ? "newest" : "oldest");
	if (simring_open(world->sim, &opts, &o->witness.ring, &error) !=
	    RINGMAP_OK) {
		witness_blame(&o->witness, "open: %s", error.text);
		o->open = false;
	}
	o->opened = simring_counts(world->sim).written;
	if (o->opened != o->base)
		o->opened_fresh = false;
}

static void act_meanwhile(void *ctx)
{
	struct world *world = ctx;

	for (uint32_t n = world_pick(world, world->pace); n; n--)
		world_act(world);
}

/*
 * Where reading began in a ring that held events is told by the kernel's
 * counts at a moment of rest. A write that stops there for longer than stats
 * waits looks like rest: so that is left out.
 */
static void ask_stats(struct world *world, struct observer *o)
{
	struct ringmap_ring_stats stats;

	if (!o->opened_fresh && simring_depth(world->sim))
		return;
	world->still = !o->opened_fresh;
	ringmap_ring_stats(o->witness.ring, &stats, sizeof(stats));
	world->still = false;
}

static void look(struct world *world, struct observer *o)
{
	struct witness *w = &o->witness;

	w->clock_moves = world->clocks;
	if (world_pick(world, 32) == 0)
		ask_stats(world, o);
	if (world_pick(world, 32) == 0)
		ringmap_ring_wait(w->ring, 0);
	enum ringmap_status s =
		world_pick(world, 4) == 0
			? witness_look_while(w, act_meanwhile, world)
			: witness_look(w);
	w->clock_moves = world->clocks;
	world_say(world,
		  "look %s: %s, at event %" PRIu64 " on %u, %" PRIu64
		  " seen%s%s",
		  o->name, ringmap_status_name(s), w->last, w->subbuf, w->seen,
		  w->wrong[0] ? ": " : "", w->wrong);
	if (s < RINGMAP_OK && s != RINGMAP_E_OVERWRITTEN)
		witness_blame(w, "look says %s", ringmap_status_name(s));
}

/* Everything stands still: all that is there must come, and the sums fit. */
static void conclude(struct world *world, struct observer *o,
		     struct tally *tally)
{
	struct witness *w = &o->witness;
	struct simring_counts counts = simring_counts(world->sim);
	bool was_reset = world->resets != o->resets;
	uint64_t newest;

	if (w->wrong[0] || !witness_drain(w))
		return;
	if (world->clocks) {
		usleep(CLOCK_SETTLES_US);
		if (!witness_drain(w))
			return;
	}
	if (simring_newest(world->sim, &newest) && newest >= o->opened &&
	    (!w->any || w->last != newest))
		witness_blame(w, "event %" PRIu64 " is there and never came",
			      newest);
	struct ringmap_ring_stats stats;
	ringmap_ring_stats(w->ring, &stats, sizeof(stats));
	world_say(world,
		  "at rest: %" PRIu64 " written (%" PRIu64 " at open), %" PRIu64
		  " seen, first %" PRIu64 ", lost %" PRId64 "; kernel: %" PRIu64
		  " entries, %" PRIu64 " overrun, %" PRIu64 " read",
		  counts.written, o->base, w->seen, w->first,
		  (int64_t)stats.lost, stats.kernel_entries,
		  stats.kernel_overrun, stats.kernel_read);
	if (stats.lost == RINGMAP_LOST_UNKNOWN)
		tally->unknown++;
	else
		tally->exact++;
	if (o->opened_fresh && !was_reset)
		witness_account(w, 0, counts.written, true);
	else if (stats.lost != RINGMAP_LOST_UNKNOWN &&
		 stats.lost + w->seen > counts.written)
		witness_blame(w, "more events lost than there were");
	tally->events += w->seen;
	tally->holes += w->holes;
	tally->unfounded += w->unfounded;
}

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
			open_observer(&world, o);
		else if (o->open && world_pick(&world, 2))
			look(&world, o);
		else
			act_meanwhile(&world);
		good = !o->witness.wrong[0];
	}
	world.still = true;
	world_settle(&world);
	for (int i = 0; i < OBSERVERS; i++) {
		struct observer *o = &observers[i];

		if (o->open)
			conclude(&world, o, tally);
		if (o->witness.wrong[0])
			printf("# seed %" PRIu64 ": observer %d: %s\n", seed, i,
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
	uint64_t first = 1, runs = RUNS, steps = STEPS, may = WORLD_ALL;
	struct tally tally = {0};
	bool loud = false;

	for (int o; (o = getopt_long(argc, argv, "", options, NULL)) >= 0;) {
		if (o == 'f')
			first = number(optarg);
		else if (o == 'r')
			runs = number(optarg);
		else if (o == 's')
			steps = number(optarg);
		else if (o == 'm')
			may = number(optarg);
		else if (o == 'l')
			loud = true;
		else
			return 2;
	}
	for (uint64_t seed = first; seed < first + runs; seed++) {
		tally.runs++;
		tally.failed += !run(seed, (uint32_t)steps, (uint32_t)may, loud,
				     &tally);
	}
	printf("runs: %" PRIu64 ", failed: %" PRIu64 "; events seen: %" PRIu64
	       ", holes: %" PRIu64 ", holes claimed in vain: %" PRIu64
	       ", loss at rest exact: %" PRIu64 ", unknown: %" PRIu64 "\n",
	       tally.runs, tally.failed, tally.events, tally.holes,
	       tally.unfounded, tally.exact, tally.unknown);
	return tally.failed != 0;
}
