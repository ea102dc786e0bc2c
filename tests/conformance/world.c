/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * world.c - everything that may happen to a ring while somebody looks at it
 */
#include "tests/conformance/world.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "tests/conformance/load_hook.h"
#include "tests/support/numbered.h"

enum {
	SMALLEST_RING = 3,
	LARGEST_RING = 5,
	/* Four of them fill a sub-buffer to its last byte. */
	QUARTER = 1012,
	LARGEST_PAYLOAD = 1400,
	/* Where another clock may begin: before all stamps, or after. No two
	 * stamps are the same, as with a clock that counts nanoseconds. */
	CLOCK_BACK = 1002,
	/* Longer than any delay after which the library decides something. */
	STALL_NS = 60 * 1000 * 1000,
	/* How long a look at the clock takes. */
	LOOK_NS = 1000,
	NS_PER_S = 1000 * 1000 * 1000,
};

/* Later than all marks, which count resets. */
#define BEGIN_NS (UINT64_C(1) << 50)

static struct world *watched;

uint32_t world_pick(struct world *world, uint32_t n)
{
	uint64_t v = world->random += UINT64_C(0x9e3779b97f4a7c15);

	v = (v ^ v >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	v = (v ^ v >> 27) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t)((v ^ v >> 31) >> 32) % n;
}

void world_say(const struct world *world, const char *fmt, ...)
{
	va_list args;

	if (!world->loud)
		return;
	printf("# ");
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
}

static uint32_t some_size(struct world *world)
{
	if (world->size)
		return world->size;
	uint32_t size = RM_NUMBERED_MIN +
			world_pick(world, LARGEST_PAYLOAD - RM_NUMBERED_MIN);

	return world_pick(world, 4) ? size / 4 * 4 : RM_NUMBERED_MIN + 8;
}

void world_begin(struct world *world, uint64_t seed, uint32_t may)
{
	static const uint32_t sizes[] = {0, 0, QUARTER, QUARTER, 1348, 2028};
	static const uint32_t rates[] = {2, 4, 16, 64, 256};

	*world = (struct world){
		.random = seed * 2 + 1,
		.now_ns = BEGIN_NS,
		.loud = world->loud,
	};
	world->nr_subbufs = SMALLEST_RING +
			    world_pick(world, LARGEST_RING - SMALLEST_RING + 1);
	world->size = sizes[world_pick(world, 6)];
	world->load_one_in = rates[world_pick(world, 5)];
	world->rush = world_pick(world, 3) ? 0 : world_pick(world, 4);
	world->pace = 2 + world_pick(world, 64);
	/* Some runs leave out much, so that what is left happens often. */
	world->may = may & (world_pick(world, WORLD_ALL + 1) | WORLD_STEPS);
	world->zero_stamps = world_pick(world, 2);
	const struct simring_opts opts = {
		.nr_subbufs = world->nr_subbufs,
		.zero_stamps = world->zero_stamps,
		.persistent = world_pick(world, 8) == 0,
		.newer_meta = true,
		.clock_step = world_pick(world, 8) ? 1000 : 1 << 26,
	};
	world->sim = simring_new(&opts);
	world_say(world, "seed %llu: %u sub-buffers%s%s, may 0x%x, size %u",
		  (unsigned long long)seed, opts.nr_subbufs,
		  opts.zero_stamps ? ", zeroed stamps" : "",
		  opts.persistent ? ", persistent" : "", world->may,
		  world->size);
}

void world_end(struct world *world)
{
	simring_free(world->sim);
	world->sim = NULL;
}

static void begin_write(struct world *world)
{
	bool discard = world->may & WORLD_DISCARDS && world_pick(world, 8) == 0;

	if (simring_begin(world->sim, some_size(world), discard))
		world_say(world, "write begins%s, depth %u",
			  discard ? " (to be discarded)" : "",
			  simring_depth(world->sim));
}

static void act_writer(struct world *world)
{
	static const char *const names[] = {
		"start",  "looked",  "taken",  "timed",   "header",
		"stamp",  "half",    "stored", "counted", "full",
		"pushed", "cleared", "zeroed", "moved",   "padded",
		"commit", "page",    "last",   "leave",   "end",
	};

	if (!simring_depth(world->sim) ||
	    (world->may & WORLD_INTERRUPTS && world_pick(world, 24) == 0)) {
		begin_write(world);
		return;
	}
	enum simring_point at = simring_step(world->sim);
	world_say(world, "write %s, tail %u", names[at],
		  simring_tail_id(world->sim));
}

static void act_consumer(struct world *world)
{
	static const char *const names[] = {"get_reader", "read", "take one",
					    "reset"};

	if (simring_op_under_way(world->sim)) {
		enum simring_progress p = simring_step_op(world->sim);

		if (p == SIMRING_BLOCKED)
			act_writer(world);
		world_say(world, "consumer steps%s, reader %u",
			  p == SIMRING_DONE ? " and is done" : "",
			  simring_reader_id(world->sim));
		return;
	}
	uint32_t kind = world_pick(world, 16);
	enum simring_op op = kind < 8    ? SIMRING_GET_READER
			     : kind < 12 ? SIMRING_READ
			     : kind < 15 ? SIMRING_TAKE_ONE
					 : SIMRING_RESET;
	if (op == SIMRING_RESET && !(world->may & WORLD_RESETS))
		return;
	if (op != SIMRING_RESET && !(world->may & WORLD_CONSUMERS))
		return;
	if (!simring_begin_op(world->sim, op))
		return;
	world->resetting = op == SIMRING_RESET;
	if (world->resetting)
		world->resets++;
	else
		world->taken++;
	world_say(world, "%s begins", names[op]);
}

static void act_step(struct world *world)
{
	static const uint32_t most[] = {4, 40, 400, 4000};
	uint32_t back = 1 + world_pick(world, most[world_pick(world, 4)]);

	world->steps++;
	world->before =
		simring_counts(world->sim).written + simring_depth(world->sim);
	world_say(world,
		  "clock is set back by %u of its steps before event %llu",
		  back, (unsigned long long)world->before);
	simring_set_back(world->sim, back);
}

static void act_clock(struct world *world)
{
	bool back = world_pick(world, 2);

	if (!(world->may & WORLD_CLOCKS) || simring_op_under_way(world->sim))
		return;
	world->clocks++;
	world->resets++;
	world_say(world, "clock goes %s", back ? "back" : "on");
	simring_set_clock(world->sim,
			  back ? CLOCK_BACK * world->clocks - 1
			       : UINT64_C(1) << (40 + world->clocks % 16),
			  1000, 0);
}

void world_rush(struct world *world)
{
	uint32_t pages = world_pick(world, 3 * world->nr_subbufs);

	if (simring_depth(world->sim))
		simring_finish(world->sim);
	if (simring_op_under_way(world->sim) && world->may & WORLD_RESETS)
		return;
	for (uint32_t i = 0; i < pages; i++)
		simring_fill(world->sim, some_size(world));
	world_say(world, "%u sub-buffers were filled, tail %u", pages,
		  simring_tail_id(world->sim));
}

static void track(struct world *world)
{
	uint64_t newest;
	bool any = simring_newest(world->sim, &newest);
	uint64_t ends = any ? newest + 1 : 0;

	if (ends < world->ends)
		world->ends = ends;
	if (world->resetting && simring_op_under_way(world->sim))
		world->wiped = true;
}

void world_track(struct world *world)
{
	world->tracking = true;
	world->wiped = false;
	world->ends = UINT64_MAX;
	track(world);
}

void world_act(struct world *world)
{
	uint32_t kind = world_pick(world, 256);

	if (kind < 176)
		act_writer(world);
	else if (kind < 250)
		act_consumer(world);
	else if (kind < 250 + world->rush)
		world_rush(world);
	else if (kind == 255 && world_pick(world, 8) == 0)
		act_clock(world);
	else if (kind == 255 && world->may & WORLD_STEPS)
		act_step(world);
	if (world->tracking)
		track(world);
}

void world_stall(struct world *world)
{
	world->now_ns += STALL_NS;
	world_say(world, "everything stands still for a while");
}

static void maybe_stall(struct world *world)
{
	if (world->may & WORLD_STALLS && world_pick(world, 8) == 0)
		world_stall(world);
}

void world_meanwhile(void *ctx)
{
	struct world *world = ctx;

	for (uint32_t n = world_pick(world, world->pace); n; n--)
		world_act(world);
	maybe_stall(world);
}

void world_settle(struct world *world)
{
	simring_finish(world->sim);
	while (simring_op_under_way(world->sim))
		simring_step_op(world->sim);
}

/* ---- between the library's loads ---------------------------------------- */

/* Inside an operation of the library itself nobody else can consume. */
static void between(void *ctx)
{
	struct world *world = ctx;

	if (world->still || !(world->may & WORLD_LOADS) ||
	    world_pick(world, world->load_one_in))
		return;
	for (uint32_t n = world_pick(world, 32); n; n--) {
		if (simring_op_under_way(world->sim))
			act_writer(world);
		else
			world_act(world);
		if (world->tracking)
			track(world);
	}
}

void rm_load_hook(void)
{
	struct world *world = watched;

	if (!world || world->still || !(world->may & WORLD_LOADS) ||
	    world_pick(world, world->load_one_in))
		return;
	for (uint32_t n = world_pick(world, 32); n; n--)
		world_act(world);
	maybe_stall(world);
}

static void let_pass(uint64_t ns)
{
	if (watched)
		watched->now_ns += ns;
}

int rm_clock_hook(int clock, struct timespec *ret)
{
	uint64_t now = watched ? watched->now_ns : BEGIN_NS;

	(void)clock;
	let_pass(LOOK_NS);
	*ret = (struct timespec){
		.tv_sec = (time_t)(now / NS_PER_S),
		.tv_nsec = (long)(now % NS_PER_S),
	};
	return 0;
}

int rm_sleep_hook(const struct timespec *time, struct timespec *rest)
{
	(void)rest;
	let_pass((uint64_t)time->tv_sec * NS_PER_S + (uint64_t)time->tv_nsec);
	return 0;
}

void world_watch(struct world *world)
{
	watched = world;
	if (world)
		simring_between(world->sim, between, world);
}
