/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * plan.h - the scenarios of a run
 */
#ifndef PLAN_H
#define PLAN_H

#include "tests/stress/scenario.h"

/* Four kinds of reading at five sizes each, and the special ones. */
enum {
	PLAN_SIZES = 5,
	PLAN_SPECIAL = 8
};
enum {
	PLAN_SCENARIOS = 4 * PLAN_SIZES + PLAN_SPECIAL
};

/*
 * @events: what the scenarios in follow mode write together, at the least.
 * @ret: PLAN_SCENARIOS of them.
 */
void plan_scenarios(uint64_t events, struct scenario *ret);

#endif
