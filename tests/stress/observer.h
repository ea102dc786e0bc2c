/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * observer.h - a thread that takes every page of a ring and looks closely
 */
#ifndef OBSERVER_H
#define OBSERVER_H

#include <pthread.h>
#include <ringmap/ringmap.h>
#include <stdatomic.h>

#include "tests/stress/notes.h"
#include "tests/stress/witness.h"
#include "tests/support/rig.h"

/* How it spends the time between two looks. */
enum observer_pace {
	PACE_PATIENT, /* as long as the library likes */
	PACE_EAGER,   /* short sleeps; keeps some pages until they are stale */
	PACE_BUSY,    /* none: runs into the writer all the time */
	PACE_COUNT
};

struct observer {
	const struct rm_rig *rig;
	const atomic_bool *done; /* the writers have ended */
	struct ringmap_ring *ring;
	uint32_t cpu;
	enum observer_pace pace;
	struct witness witness;
	uint64_t others; /* events that no load wrote */
	uint64_t broken; /* events that no kernel wrote, in pages called true */
	uint64_t corrupt; /* pages called true or corrupt that do not decode */
	struct ringmap_ring_stats stats; /* when all was drained */
	struct notes notes;
	pthread_t thread;
};

/*
 * Opens the ring. @capacity and @exact: as witness_init().
 */
void observer_open(struct observer *observer, const struct rm_rig *rig,
		   enum ringmap_mode mode, enum observer_pace pace,
		   uint64_t capacity, bool exact);

/* Runs on @cpu, until @done is set and the ring drained. */
void observer_start(struct observer *observer, uint32_t cpu,
		    const atomic_bool *done);
void observer_join(struct observer *observer);
void observer_close(struct observer *observer);

#endif
