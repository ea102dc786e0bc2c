/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * guard_trim.h - finds and unmaps memory that a cloned child does not need
 */
#ifndef RM_GUARD_TRIM_H
#define RM_GUARD_TRIM_H

#include <stddef.h>

enum {
	RM_TRIM_REGIONS = 128,
	RM_TRIM_SMALLEST = 1 << 20
};

struct rm_trim {
	size_t count;
	struct {
		void *start;
		size_t size;
	} region[RM_TRIM_REGIONS];
};

/*
 * Finds the large private regions of this process, except those that hold the
 * caller's stack or thread-local storage. Without /proc it finds none.
 */
void rm_trim_plan(struct rm_trim *ret);

/*
 * Unmaps the regions. Only a child cloned by the thread that called
 * rm_trim_plan() may call this. It makes system calls only.
 */
void rm_trim_drop(const struct rm_trim *trim);

#endif
