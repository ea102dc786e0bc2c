/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * scenario.h - one way to torment a ring, and its run
 */
#ifndef SCENARIO_H
#define SCENARIO_H

#include "tests/stress/outcome.h"
#include "tests/support/rig.h"

enum {
	SCENARIO_OBSERVERS = 3
};

struct scenario {
	char name[32];
	enum ringmap_mode mode;
	uint64_t ring_kb;
	uint32_t observers; /* at most SCENARIO_OBSERVERS */
	uint32_t writers;
	uint64_t rate;    /* of each writer; 0: as fast as it can */
	const char *also; /* events that interrupt the writers; or NULL */
	uint64_t events;  /* of all writers together */
	bool competitor;  /* the last observer is a consumer in read mode */
	bool reset;       /* the ring is emptied half-way */
};

/* @ret: one outcome for each of the scenario's observers. */
void scenario_run(const struct scenario *scenario, struct outcome *ret);

#endif
