/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * epoch.h - decides whether the kernel's counts continue those seen before
 */
#ifndef RM_EPOCH_H
#define RM_EPOCH_H

#include "ring/source.h"

struct ringmap_ring;

/* What was last seen of the time between two resets. */
struct rm_epoch {
	struct rm_source_marks marks;
	struct rm_kernel_stats counts;
	uint64_t meta_entries; /* of the meta page; 0 if not mapped */
	uint64_t noticed;      /* wall time of a reset without a mark yet */
	uint64_t tick;         /* coarse time of the last check that was due */
	bool marked;           /* marks are known */
	bool counted;          /* counts are known, as of the last look */
};

enum rm_continuity {
	RM_SAME_EPOCH,
	RM_NEW_EPOCH, /* a reset is proven */
	RM_ANY_EPOCH, /* there may have been one: the marks are out of reach */
};

/* Counts that the kernel must have reached, unless there was a reset. */
struct rm_least {
	uint64_t read; /* events that consumers took */
	uint64_t gone; /* events that were overwritten, if nobody consumed */
};

/* Takes the first look, from which later ones go on. */
void rm_epoch_open(struct ringmap_ring *ring);

/*
 * Looks at the counts, the marks and the meta page, and decides whether there
 * was a reset since the last look.
 */
enum rm_continuity rm_epoch_look(struct ringmap_ring *ring,
				 struct rm_least least);

/* Notes a reset that was found otherwise, so that it is not found again. */
void rm_epoch_found(struct ringmap_ring *ring);

/*
 * True if a consuming mode should look: the last borrow found nothing, or some
 * milliseconds passed since it was due.
 */
bool rm_epoch_due(struct ringmap_ring *ring);

#endif
