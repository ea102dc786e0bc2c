/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * outcome.h - what one observer saw in one scenario, and the verdict on it
 */
#ifndef OUTCOME_H
#define OUTCOME_H

#include <ringmap/ringmap.h>
#include <stdio.h>

#include "tests/stress/witness.h"

struct outcome {
	const char *scenario;
	uint64_t ring_kb;
	enum ringmap_mode mode;
	uint32_t observers; /* of the scenario */
	uint32_t observer;  /* this one */
	uint64_t written;   /* system calls the writers made */
	uint64_t others;    /* events seen that no writer numbered */
	uint64_t kernel;    /* events the kernel says it recorded */
	uint64_t mislaid;   /* that it will give to no consumer; see .c */
	uint64_t broken;
	uint64_t outside;
	uint64_t corrupt;
	struct witness_findings findings;
	struct ringmap_ring_stats stats;
	bool reset;          /* the ring was emptied meanwhile */
	bool others_allowed; /* the scenario records other events as well */
};

/*
 * Writes a sentence to @complaints for everything that breaks the contract;
 * returns how many.
 */
unsigned int outcome_judge(const struct outcome *outcome, FILE *complaints);

void outcome_print_head(FILE *file);

/* One line of a table, which also is the line of a test case in TAP. */
void outcome_print(const struct outcome *outcome, bool good, size_t number,
		   FILE *file);

/* One JSON object, without a newline. */
void outcome_print_json(const struct outcome *outcome, FILE *file);

#endif
