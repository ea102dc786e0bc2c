/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * judge.h - compares what a ring under attack handed out with what was written
 *
 * Writers use up a number only if the kernel accepted the event, so every
 * number below a writer's count is an event that was in the ring. For each of
 * them the library must either hand it out once, or report it as lost, or say
 * that an unknown number is lost. The judge counts four kinds of faults:
 *
 *   wrong        a page or event that no writer wrote: bytes of two events, a
 *                number that was not used up, a time stamp or a number that
 *                goes back; an error or an answer that the header rules out
 *   doubled      an event that was handed out before
 *   silent       an event that is missing without a word: its place follows a
 *                page that was intact, and the next page reports no loss. In a
 *                consuming mode, the pages of a ring that others consume too
 *                need not report it; there only the sums count (false_exact)
 *   false_exact  a count of lost events that is not so, although it is not
 *                RINGMAP_LOST_UNKNOWN: of a page, or in the ring's stats
 *
 * The sums are compared at rests, when nothing is written and the ring is
 * drained. One unknown stays: how many events lie before the place where
 * reading began. At the first rest with an exact count it follows from that
 * count, and only its bounds are checked: it is not below 0, and no number that
 * a writer used after the open lies before the place. At later rests it must be
 * the same. So what the judge cannot see is:
 *
 * - a count that is too large by less than what was in the ring at the open, if
 *   it is so from the first rest on;
 * - losses of events that no writer numbered (of timers), if the ring was
 *   emptied since the last rest: the kernel's own count begins anew then;
 * - in a consuming mode, a silent gap of no more than a sub-buffer per reset:
 *   the kernel mislays events of such rings, and a reset hides how many. These
 *   are counted as excused;
 * - what was lost in a life without a rest: there only the pages are judged.
 *
 * Pure: no ring, no clock.
 */
#ifndef JUDGE_H
#define JUDGE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "tests/stress/notes.h"
#include "tests/stress/witness.h"

enum judge_kind {
	JUDGE_WRONG,
	JUDGE_DOUBLED,
	JUDGE_SILENT,
	JUDGE_FALSE_EXACT,
	JUDGE_KINDS
};

const char *judge_kind_name(enum judge_kind kind);

struct judge_counts {
	uint64_t found[JUDGE_KINDS];
	uint64_t seen;    /* numbered events handed out */
	uint64_t others;  /* events that no writer numbered */
	uint64_t losses;  /* exact counts reported by pages */
	uint64_t unknown; /* pages that reported an unknown loss */
	uint64_t exact;   /* rests with an exact count */
	uint64_t rests;
	uint64_t excused;
};

/* What holds for one life: from an open to a close. */
struct judge_life {
	uint64_t begun[WITNESS_WRITERS]; /* numbers begun when it was open */
	bool consumes;  /* events of earlier lives must not come again */
	bool alone;     /* nobody else consumes the ring */
	bool others;    /* events without a number are written too */
	uint32_t holds; /* events that a sub-buffer holds, at the most */
};

struct judge_rest {
	uint64_t accepted[WITNESS_WRITERS]; /* numbers used up */
	uint64_t lost;                      /* what the ring's stats say */
	uint64_t entries; /* events that the kernel counted since a reset */
	uint64_t unread;  /* of these, what it still counts as unread */
	uint64_t resets;  /* so many were made so far */
};

struct judge {
	struct witness witness;
	struct judge_counts counts;
	struct judge_life life;
	struct witness_findings absorbed; /* findings that were judged */
	uint64_t seen[WITNESS_WRITERS];   /* the rest: of this life */
	uint64_t first[WITNESS_WRITERS];  /* UINT64_MAX: none yet */
	uint64_t others;
	uint64_t told;          /* exact losses of pages, or UNKNOWN */
	uint64_t highest;       /* exact count that stats gave between rests */
	uint64_t unheard;       /* events missing since the last rest, untold */
	uint64_t before;        /* events before the place; UNKNOWN */
	uint64_t others_before; /* likewise, of all events, by the kernel */
	uint64_t resets;        /* at the last rest */
	uint64_t unread;        /* likewise */
	FILE *log;              /* findings in words; NULL: nowhere */
	uint32_t logged;        /* so many */
	char name[64];          /* who is judged, in this life */
};

/* @exact: nothing but one writer's events can be lost. */
void judge_init(struct judge *judge, bool exact, FILE *log);
void judge_deinit(struct judge *judge);

void judge_begin(struct judge *judge, const struct judge_life *life,
		 const char *name);

/* The clock was changed: the next time stamp may be any. */
void judge_clock(struct judge *judge);

/* One page that proved true, or one event: what it reports as lost, then it. */
void judge_loss(struct judge *judge, uint64_t lost);
void judge_note(struct judge *judge, const struct note *note);

/* What the ring's stats say while it runs. */
void judge_stats(struct judge *judge, uint64_t lost);

void judge_rest(struct judge *judge, const struct judge_rest *rest);

/* Anything else that the header rules out. */
__attribute__((format(printf, 2, 3))) void judge_wrong(struct judge *judge,
						       const char *format, ...);

#endif
