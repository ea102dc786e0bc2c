/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * witness.h - judges the numbers of the events that one observer was given
 *
 * Every writer numbers its events 0, 1, 2, ...: so an event that comes twice,
 * out of order or not at all shows. Pure: no ring, no clock.
 */
#ifndef WITNESS_H
#define WITNESS_H

#include <stdbool.h>
#include <stdint.h>

enum {
	WITNESS_WRITERS = 4
};

struct witness_findings {
	uint64_t seen;
	uint64_t duplicated;   /* a number that was seen before */
	uint64_t out_of_order; /* a number left behind, seen after all */
	uint64_t backward;     /* a time stamp older than the one before */
	uint64_t gaps;         /* places where numbers are missing */
	uint64_t silent;       /* of these, where no loss was told */
	uint64_t unexplained;  /* numbers missing there */
	uint64_t wrong;        /* losses told with a count that is not so */
};

/* Invariant: no number at or above next was seen. */
struct witness_writer {
	uint64_t next;
	uint64_t losses; /* witness.losses when its last event came */
	uint64_t *bits;  /* numbers seen */
	uint64_t words;  /* of bits */
};

struct witness {
	struct witness_writer writers[WITNESS_WRITERS];
	struct witness_findings findings;
	uint64_t capacity; /* no number is as high */
	uint64_t losses;   /* times that a loss was told */
	uint64_t told;     /* loss told since the last event, or UNKNOWN */
	uint64_t ts;
	bool exact; /* nothing but one writer's events can be lost */
};

/* Memory grows with the numbers; the program ends when it is short. */
void witness_init(struct witness *witness, uint64_t capacity, bool exact);
void witness_deinit(struct witness *witness);

/* What comes next need not follow what came before, but must not repeat it. */
void witness_pause(struct witness *witness);

/* The clock was changed: the next time stamp may be any. */
void witness_clock(struct witness *witness);

/* All that came before may come again. */
void witness_forget(struct witness *witness);

/* @lost: events that are said to be missing right here; not 0. */
void witness_loss(struct witness *witness, uint64_t lost);

/* Returns 0 if there is no such writer or number. */
int witness_event(struct witness *witness, uint64_t ts, uint64_t writer,
		  uint64_t number);

/* An event that no writer numbered. */
void witness_other(struct witness *witness, uint64_t ts);

#endif
