/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * auto.h - chooses between consume and read by timing both
 */
#ifndef RM_AUTO_H
#define RM_AUTO_H

#include <ringmap/ringmap.h>

#include <stdbool.h>

/* The cost of taking pages in one mode during one trial. */
struct rm_cost {
	uint64_t ns;
	uint64_t events;
	uint64_t bytes;
	uint32_t pages;
};

/*
 * active: the caller left the choice to us, and both modes work. After a trial
 * of consume and one of read the cheaper mode stays until the size of events
 * changes.
 */
struct rm_auto {
	bool active;
	bool trying;
	struct rm_cost consume;
	struct rm_cost read;
	struct rm_cost since; /* pages after the choice was made */
	uint64_t last_ns;     /* duration of the borrow that is out */
};

#endif
