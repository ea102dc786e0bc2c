/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * world.h - everything that may happen to a ring while somebody looks at it
 *
 * A run of the explorer is a seed: it decides the ring's shape, what may
 * happen at all and how often, and then every step. A run of the same seed is
 * the same run.
 */
#ifndef RM_WORLD_H
#define RM_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/support/simring.h"

/* What may happen in a run. */
enum {
	WORLD_CONSUMERS = 1 << 0, /* others take events out */
	WORLD_RESETS = 1 << 1,
	WORLD_CLOCKS = 1 << 2,     /* another clock, and a reset */
	WORLD_INTERRUPTS = 1 << 3, /* writes within writes */
	WORLD_DISCARDS = 1 << 4,
	WORLD_LOADS = 1 << 5,  /* things happen between the library's loads */
	WORLD_TAKERS = 1 << 6, /* observers may consume, too */
	WORLD_SNAPSHOTS = 1 << 7, /* they copy the ring now and then */
	WORLD_STALLS = 1 << 8,    /* what is under way stands still for long */
	WORLD_ALL = (1 << 9) - 1,
	/* The clock is set back, and nothing is reset. Only if it is asked for. */
	WORLD_STEPS = 1 << 9,
};

struct world {
	struct simring *sim;
	uint64_t random;
	uint64_t now_ns; /* the library's clocks */
	uint32_t may;    /* WORLD_* */
	uint32_t nr_subbufs;
	bool zero_stamps;     /* as in struct simring_opts */
	uint32_t size;        /* of payloads; 0: mixed */
	uint32_t load_one_in; /* of the library's loads, something happens */
	uint32_t rush;        /* how often much is written at once */
	uint32_t pace;        /* things that happen at once at the most */
	bool loud;            /* tell what happens */
	bool still;           /* nothing happens by itself */
	uint64_t resets;
	uint64_t clocks;
	uint64_t steps;  /* times that the clock was set back */
	uint64_t before; /* events begun before the last time */
	uint32_t takers; /* observers that consume */
	uint64_t taken;  /* operations that took events out */
	bool resetting;  /* the consuming operation that began last */
	bool tracking;   /* ends and wiped are kept */
	uint64_t ends;   /* see world_track() */
	bool wiped;      /* a reset was under way */
};

/* A number less than @n. */
uint32_t world_pick(struct world *world, uint32_t n);

/* Makes the ring of @seed. @may: what is allowed at the most. */
void world_begin(struct world *world, uint64_t seed, uint32_t may);
void world_end(struct world *world);

/* One thing happens: a step of a write, of a consumer, ... */
void world_act(struct world *world);

/* A few things happen; @ctx is the world. */
void world_meanwhile(void *ctx);

/* Several laps, or a few events, are written at once. */
void world_rush(struct world *world);

/* Nothing happens for longer than any delay that the library decides by. */
void world_stall(struct world *world);

/* All that is under way comes to its end. */
void world_settle(struct world *world);

/* Makes @world the one that goes on between the library's loads. */
void world_watch(struct world *world);

/*
 * From now on ends is the least that one more than the number of the newest
 * event in memory was at any moment; 0: there was none. It falls when
 * interrupts overwrite all before anything of theirs is published. And wiped
 * tells whether a reset was under way.
 */
void world_track(struct world *world);

/* One line for a person, if the run is loud. */
void world_say(const struct world *world, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
