/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * observer.h - a ring of the library in a world, held to its contract
 */
#ifndef RM_OBSERVER_H
#define RM_OBSERVER_H

#include "tests/conformance/witness.h"
#include "tests/conformance/world.h"

struct observer {
	const char *name;
	const struct world *world;
	struct witness witness;
	uint32_t mode;
	bool open;
	bool opened_fresh; /* nothing was ever written before */
	uint64_t resets;   /* of the world, before it was opened */
	uint64_t base;     /* written when the open began */
	uint64_t opened;   /* written when it was over */
	/* See knows_order(). */
	uint64_t steps;    /* of the world, up to the last look */
	uint64_t founded;  /* the same, when the follower last knew its past */
	uint64_t unsorted; /* events before this one may be out of order */
};

/* What many runs came to. */
struct tally {
	uint64_t runs;
	uint64_t failed;
	uint64_t events;
	uint64_t holes;
	uint64_t unfounded; /* holes claimed in vain */
	uint64_t exact;     /* loss known at rest */
	uint64_t unknown;
	uint64_t snapshots;
};

void observer_open(struct observer *o, struct world *world);

/* Borrows and returns a page, asks this and that; the world may go on. */
void observer_look(struct observer *o, struct world *world,
		   struct tally *tally);

/* Everything stands still: all that is there must come, and the sums fit. */
void observer_conclude(struct observer *o, struct world *world,
		       struct tally *tally);

#endif
