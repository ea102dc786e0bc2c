/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * chaos.h - a thread that resets, toggles, re-clocks, signals and stops
 */
#ifndef CHAOS_H
#define CHAOS_H

#include "tests/stress/seat.h"

struct chaos {
	struct attack *attack;
	struct seat *seats;
	uint32_t nr_seats;
	struct dice dice;
	pthread_t thread;
};

/* @number: the stream of its dice. */
void chaos_start(struct chaos *chaos, struct attack *attack, struct seat *seats,
		 uint32_t nr_seats, uint32_t number);

/* After GATE_END. */
void chaos_join(struct chaos *chaos);

#endif
