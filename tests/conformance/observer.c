/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * observer.c - a ring of the library in a world, held to its contract
 */
#include "tests/conformance/observer.h"

#include <inttypes.h>

#include "ring/layout.h"
#include "ring/ring.h"
#include "tests/support/numbered.h"

enum {
	LARGEST_IMAGE = 5 * 4096,
	MORE_EVENTS = 3, /* see drain() */
};

static bool follows(const struct observer *o)
{
	return o->mode == RINGMAP_MODE_FOLLOW;
}

static struct ringmap_ring_opts some_opts(struct world *world)
{
	static const uint32_t modes[] = {
		RINGMAP_MODE_FOLLOW,
		RINGMAP_MODE_CONSUME,
		RINGMAP_MODE_READ,
		RINGMAP_MODE_AUTO,
	};
	bool newest = world_pick(world, 4) == 0;
	uint32_t mode = world->may & WORLD_TAKERS ? modes[world_pick(world, 4)]
						  : RINGMAP_MODE_FOLLOW;

	return (struct ringmap_ring_opts){
		.sz = sizeof(struct ringmap_ring_opts),
		.mode = mode,
		.start = newest ? RINGMAP_START_NEWEST : RINGMAP_START_OLDEST,
		.flags = mode == RINGMAP_MODE_AUTO ? RINGMAP_RING_CONSUMING : 0,
	};
}

/*
 * Stats tell a consumer what others took, what the kernel mislaid when a write
 * came in between, and a reset after which the counts have passed those from
 * before. For a follower see "Reset" in follow.c.
 */
static bool hole_goes_untold(const void *ctx)
{
	const struct observer *o = ctx;
	const struct world *world = o->world;

	if (follows(o))
		return world->zero_stamps && world->may & WORLD_RESETS;
	return world->takers > 1 || world->taken ||
	       world->resets != o->resets || simring_counts(world->sim).mislaid;
}

/* What another consumer does can look like a reset to this one. */
static bool shares(const struct observer *o)
{
	return !follows(o) && (o->world->takers > 1 || o->world->taken);
}

static uint64_t next_of(const struct observer *o)
{
	return o->witness.any ? o->witness.last + 1 : o->base;
}

/*
 * Called after a look, with the number of the event that was expected before it.
 * False: nothing shows the order of what the clock was set back in between.
 *
 * - A follower must know which fills are older than its place, because it opened
 *   the ring before the clock was set back, or saw where the writer was since.
 * - Without the order of ids it must have been at the writer's heels then.
 */
static bool knows_order(struct observer *o, uint64_t expected)
{
	const struct world *world = o->world;
	const struct rm_follow *f = &o->witness.ring->follow;

	if (!follows(o))
		return true;
	if (o->steps != world->steps && expected != world->before)
		o->unsorted = world->before;
	else if (expected >= o->unsorted)
		o->unsorted = 0;
	o->steps = world->steps;
	if (f->known)
		o->founded = world->steps;
	return o->founded == world->steps &&
	       ((f->ordered && f->known) || !o->unsorted);
}

/* Ends the life of a follower that cannot know the order. */
static bool ends_without_order(struct observer *o, uint64_t expected)
{
	if (knows_order(o, expected))
		return false;
	world_say(o->world, "%s cannot know the order", o->name);
	ringmap_ring_unref(o->witness.ring);
	*o = (struct observer){.name = o->name};
	return true;
}

void observer_open(struct observer *o, struct world *world)
{
	const struct ringmap_ring_opts opts = some_opts(world);
	struct simring_counts counts = simring_counts(world->sim);
	struct ringmap_error error;

	*o = (struct observer){
		.name = o->name,
		.world = world,
		.mode = opts.mode,
		.opened_fresh = !counts.written && !simring_depth(world->sim),
		.resets = world->resets,
		.base = counts.written,
	};
	o->witness.untold = hole_goes_untold;
	o->witness.untold_ctx = o;
	o->witness.clock_moves = world->may & (WORLD_CLOCKS | WORLD_STEPS);
	o->steps = world->steps;
	world_say(world, "open %s to %s, from the %s", o->name,
		  ringmap_mode_name((enum ringmap_mode)opts.mode),
		  opts.start ? "newest" : "oldest");
	o->open = simring_open(world->sim, &opts, &o->witness.ring, &error) ==
		  RINGMAP_OK;
	if (!o->open)
		witness_blame(&o->witness, "open: %s", error.text);
	world->takers += !follows(o);
	o->opened = simring_counts(world->sim).written;
	if (o->opened != o->base)
		o->opened_fresh = false;
	if (o->open && counts.written)
		ends_without_order(o, next_of(o));
	else
		o->founded = o->steps;
}

/*
 * Where reading began in a ring that held events, and what the kernel mislaid,
 * is told by the kernel's counts at a moment of rest. A write that stops there
 * for longer than stats waits looks like rest: so that is left out.
 */
static void ask_stats(struct observer *o, struct world *world)
{
	struct ringmap_ring_stats stats;

	bool at_rest = !o->opened_fresh || !follows(o);

	if (at_rest && simring_depth(world->sim))
		return;
	world->still = at_rest;
	ringmap_ring_stats(o->witness.ring, &stats, sizeof(stats));
	world->still = false;
}

/* Sub-buffers that hold something. */
static uint32_t fills_of(const struct world *world)
{
	size_t size;
	const uint8_t *mem = simring_memory(world->sim, &size);
	uint32_t fills = 0;

	for (size_t at = 4096; at < size; at += 4096)
		fills += (*(const unsigned long *)(const void *)(mem + at + 8) &
			  RM_COMMIT_SIZE) != 0;
	return fills;
}

/* A snapshot is an image without a hole, and ends with the newest event of a
 * moment within the call. */
static void take_snapshot(struct observer *o, struct world *world,
			  struct tally *tally)
{
	static uint64_t image[LARGEST_IMAGE / sizeof(uint64_t)];
	const struct ringmap_image_opts shape = simring_shape();
	struct witness look = {.clock_moves = o->witness.clock_moves};
	size_t size;

	world_track(world);
	enum ringmap_status s = ringmap_ring_snapshot(o->witness.ring, image,
						      sizeof(image), &size);
	world->tracking = false;

	world_say(world, "%s takes a snapshot: %s, %zu bytes", o->name,
		  ringmap_status_name(s), size);
	if (s == RINGMAP_E_OVERWRITTEN)
		return;
	if (s != RINGMAP_OK ||
	    ringmap_ring_open_image(image, size, &shape, &look.ring, NULL)) {
		witness_blame(&o->witness, "snapshot says %s",
			      ringmap_status_name(s));
		return;
	}
	tally->snapshots++;
	/* Of what it emptied without a stamp (7.2) nothing is left to see. */
	look.others = world->zero_stamps && world->wiped;
	witness_drain(&look);
	ringmap_ring_unref(look.ring);
	if (look.wrong[0])
		witness_blame(&o->witness, "snapshot: %s", look.wrong);
	/* The oldest may be outside the ring, behind a hole. */
	bool stood_still = !(world->may & WORLD_LOADS) && !world->resets;
	if (stood_still && size / 4096 + 1 < fills_of(world))
		witness_blame(&o->witness,
			      "a snapshot holds %zu of %u sub-buffers",
			      size / 4096, fills_of(world));
	/* Unless the newest was taken and wiped meanwhile. */
	bool kept = !world->taken && !world->takers && !world->resets;
	if (kept && (look.any ? look.last + 1 : 0) < world->ends)
		witness_blame(&o->witness,
			      "a snapshot ends with event %" PRIu64
			      ", not %" PRIu64,
			      look.last, world->ends - 1);
}

void observer_look(struct observer *o, struct world *world, struct tally *tally)
{
	struct witness *w = &o->witness;
	uint64_t expected = next_of(o);

	if (world_pick(world, 32) == 0)
		ask_stats(o, world);
	if (world_pick(world, 32) == 0)
		ringmap_ring_wait(w->ring, 0);
	/* A snapshot goes by the stamps. */
	if (world->may & WORLD_SNAPSHOTS && !world->steps &&
	    o->mode != RINGMAP_MODE_READ && world_pick(world, 16) == 0)
		take_snapshot(o, world, tally);
	enum ringmap_status s =
		world_pick(world, 4) == 0
			? witness_look_while(w, world_meanwhile, world)
			: witness_look(w);
	if (ends_without_order(o, expected))
		return;
	world_say(world,
		  "look %s: %s, at event %" PRIu64 " on %u, %" PRIu64
		  " seen%s%s",
		  o->name, ringmap_status_name(s), w->last, w->subbuf, w->seen,
		  w->wrong[0] ? ": " : "", w->wrong);
	if (s < RINGMAP_OK && s != RINGMAP_E_OVERWRITTEN)
		witness_blame(w, "look says %s", ringmap_status_name(s));
}

/* True if a follower has not handed out the newest event that is in sight. */
static bool misses_newest(const struct observer *o, const struct world *world,
			  uint64_t *newest)
{
	const struct witness *w = &o->witness;

	return follows(o) && simring_newest(world->sim, newest) &&
	       *newest >= o->opened && (!w->any || w->last != *newest);
}

static bool drain(struct observer *o, struct world *world)
{
	/* The first look after a delay may only find that there was a reset,
	 * and then another delay begins. */
	for (int i = world->clocks || world->steps ? 2 : 0; i; i--) {
		if (!witness_drain(&o->witness))
			return false;
		world_stall(world);
	}
	bool drained = witness_drain(&o->witness);
	uint64_t newest;
	/* After the clock was set back, the next event may have to show where
	 * the writer is. It may fill a sub-buffer to its last byte, too. */
	for (int i = world->steps ? MORE_EVENTS : 0; i && drained; i--) {
		if (!misses_newest(o, world, &newest))
			break;
		simring_write(world->sim, RM_NUMBERED_MIN);
		drained = witness_drain(&o->witness);
	}
	return drained;
}

/* What stats say at rest, for a person and for the tally. */
static struct ringmap_ring_stats
final_stats(struct observer *o, struct world *world, struct tally *tally)
{
	struct ringmap_ring_stats stats = {0};

	if (ringmap_ring_stats(o->witness.ring, &stats, sizeof(stats)))
		witness_blame(&o->witness, "there are no stats");
	world_say(world,
		  "%s at rest: %" PRIu64 " written at open, %" PRIu64
		  " seen from %" PRIu64 " on, lost %" PRId64
		  "; kernel: %" PRIu64 " entries, %" PRIu64 " overrun, %" PRIu64
		  " read",
		  o->name, o->base, o->witness.seen, o->witness.first,
		  (int64_t)stats.lost, stats.kernel_entries,
		  stats.kernel_overrun, stats.kernel_read);
	if (stats.lost == RINGMAP_LOST_UNKNOWN)
		tally->unknown++;
	else
		tally->exact++;
	return stats;
}

void observer_conclude(struct observer *o, struct world *world,
		       struct tally *tally)
{
	struct witness *w = &o->witness;
	uint64_t expected = next_of(o);
	uint64_t newest;

	if (w->wrong[0])
		return;
	bool drained = drain(o, world);
	if (ends_without_order(o, expected) || !drained)
		return;
	struct simring_counts counts = simring_counts(world->sim);
	if (misses_newest(o, world, &newest))
		witness_blame(w, "event %" PRIu64 " is there and never came",
			      newest);
	struct ringmap_ring_stats stats = final_stats(o, world, tally);
	if (o->opened_fresh)
		witness_account(w, 0, counts.written,
				world->resets == o->resets && !shares(o));
	else if (stats.lost != RINGMAP_LOST_UNKNOWN &&
		 stats.lost + w->seen > counts.written)
		witness_blame(w, "more events lost than there were");
	tally->events += w->seen;
	tally->holes += w->holes;
	tally->unfounded += w->unfounded;
}
