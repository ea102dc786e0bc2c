/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * auto.h - the choice between consume and read, by measurement
 */
#ifndef RM_AUTO_H
#define RM_AUTO_H

#include <ringmap/ringmap.h>

#include <stdbool.h>

/* What it cost to take pages in one mode, over one trial. */
struct rm_cost {
	uint64_t ns;
	uint64_t events;
	uint64_t bytes;
	uint32_t pages;
};

/*
 * active: the caller left the choice to us and both modes work. A trial of
 * consume is followed by one of read; then the cheaper one stays until events
 * have another size.
 */
struct rm_auto {
	bool active;
	bool trying;
	struct rm_cost consume;
	struct rm_cost read;
	struct rm_cost since; /* the choice was made */
	uint64_t last_ns;     /* of the borrow that is out */
};

#endif
