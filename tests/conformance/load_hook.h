/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * load_hook.h - forced into the library's files for the explorer
 *
 * Every look at shared memory becomes a place where the world may go on
 * first: so the explorer can put a writer, an interrupt or another consumer
 * between any two loads of the library. The library's clocks are the world's,
 * too: a run does not depend on how fast the machine is, and a thread can be
 * stalled for as long as the explorer likes.
 */
#ifndef RM_LOAD_HOOK_H
#define RM_LOAD_HOOK_H

struct timespec;

void rm_load_hook(void);
int rm_clock_hook(int clock, struct timespec *ret);
int rm_sleep_hook(const struct timespec *time, struct timespec *rest);

#define __atomic_load_n(p, order) (rm_load_hook(), __atomic_load_n(p, order))
#define clock_gettime rm_clock_hook
#define nanosleep rm_sleep_hook

#endif
