/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * seat.h - a thread that reads an instance under attack, life after life
 *
 * A life is what lies between an open and a close. Between two rests a seat
 * waits, borrows, is slow at times, closes and opens again in another mode; at
 * a rest it drains what it reads and lets its judges compare the sums. It has
 * one judge for each ring with writers.
 */
#ifndef SEAT_H
#define SEAT_H

#include <pthread.h>
#include <ringmap/ringmap.h>

#include "tests/stress/attack.h"
#include "tests/stress/dice.h"
#include "tests/stress/judge.h"

enum {
	SEAT_RINGS = 2
};

enum seat_role {
	SEAT_FOLLOWER, /* one ring, in follow mode */
	SEAT_CONSUMER, /* one ring, in the modes that consume */
	SEAT_TRACE,    /* the trace, in follow mode */
	SEAT_TRACE_CONSUMER
};

struct seat_counts {
	uint64_t lives;
	uint64_t refused;     /* opens that could not be, with a reason */
	uint64_t overwritten; /* pages */
	uint64_t ended; /* lives that ended because the clock is too coarse */
	uint64_t interrupted;
	uint64_t stopped;
};

struct seat {
	struct attack *attack;
	enum seat_role role;
	uint32_t cpu;
	pthread_t thread;
	struct dice dice;
	struct seat_counts counts;
	pthread_mutex_t lock; /* of those who stop: for these five */
	struct ringmap_ring *ring;
	struct ringmap_trace *trace;
	uint64_t stops;   /* asked of this life since the last rest */
	uint64_t stopped; /* noticed, of these */
	bool due;         /* the next wait must report a stop */
	struct judge judges[SEAT_RINGS];
	uint32_t nr_judges;
	bool alone; /* nobody else consumes the ring */
	struct notes notes;
	uint64_t clocks; /* changes that were done before the last page */
	uint64_t pages;  /* that had events, for mutants */
	enum ringmap_mode mode;
};

/* @number: the stream of its dice. @log: as for judge_init(). */
void seat_start(struct seat *seat, struct attack *attack, enum seat_role role,
		uint32_t cpu, bool alone, uint32_t number, FILE *log);

/* After GATE_END. Counts stay. */
void seat_join(struct seat *seat);

/* For attackers, while the phase is GATE_RUN. */
void seat_stop(struct seat *seat);
void seat_signal(struct seat *seat);

#endif
