/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * observer.h - a thread that takes every page of a ring and looks closely
 */
#ifndef OBSERVER_H
#define OBSERVER_H

#include <pthread.h>
#include <ringmap/ringmap.h>
#include <stdatomic.h>

#include "tests/stress/witness.h"
#include "tests/support/rig.h"

/* How it spends the time between two looks. */
enum observer_pace {
	PACE_PATIENT, /* as long as the library likes */
	PACE_EAGER,   /* short sleeps; keeps some pages until they are stale */
	PACE_BUSY,    /* none: runs into the writer all the time */
	PACE_COUNT
};

/* What one event turned out to be; kept until its page proves true. */
struct observer_note {
	uint64_t ts;
	uint64_t writer;
	uint64_t number;
	enum {
		NOTE_NUMBERED,
		NOTE_OTHER,
		NOTE_BROKEN
	} kind;
};

/* Arrays that hold the events of one page. */
struct observer_notes {
	struct observer_note *note;
	uint64_t *ts; /* these four: for ringmap_page_index() */
	uint32_t *offset;
	uint32_t *size;
	uint16_t *id;
	size_t count;
	size_t capacity;
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
	uint64_t outside; /* events that reach out of their page */
	uint64_t corrupt; /* pages called true or corrupt that do not decode */
	struct ringmap_ring_stats stats; /* when all was drained */
	struct observer_notes notes;
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
