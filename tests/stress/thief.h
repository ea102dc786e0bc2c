/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * thief.h - a thread that takes sub-buffers away, without the library
 */
#ifndef THIEF_H
#define THIEF_H

#include "tests/stress/attack.h"
#include "tests/stress/dice.h"

struct thief {
	struct attack *attack;
	uint32_t cpu;
	bool splices; /* with splice(2); else with read(2) */
	struct dice dice;
	uint64_t stolen; /* sub-buffers */
	pthread_t thread;
};

/* @number: the stream of its dice. */
void thief_start(struct thief *thief, struct attack *attack, uint32_t cpu,
		 bool splices, uint32_t number);

/* After GATE_END. */
void thief_join(struct thief *thief);

#endif
