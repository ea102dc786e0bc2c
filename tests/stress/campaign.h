/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * campaign.h - an instance, those who read it and those who attack it
 */
#ifndef CAMPAIGN_H
#define CAMPAIGN_H

#include "tests/stress/seat.h"

/* The sums over instances. */
struct campaign_counts {
	struct judge_counts judged;
	struct seat_counts seats;
	uint64_t instances;
	uint64_t rounds;
	uint64_t written; /* events that the kernel accepted */
	uint64_t stolen;  /* sub-buffers, and pieces of trace_pipe */
	uint64_t resized; /* changes of the size of sub-buffers */
	uint64_t acts; /* resets, toggles, changes of clock, signals, stops */
};

/* What the user allows. */
struct campaign_opts {
	uint64_t seed;
	uint32_t attackers; /* ATTACK_* */
	enum attack_mutant mutant;
	bool guest;
	bool at_rest; /* see struct attack_plan */
	FILE *log;
};

/*
 * Makes instance @number, attacks it until its rounds are over or the
 * monotonic clock is at @end_ns, removes it, and adds to @ret.
 */
void campaign_run(const struct campaign_opts *opts, uint32_t number,
		  uint64_t end_ns, struct campaign_counts *ret);

#endif
