/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * readahead.h - keeps the needed part of a mapped file in memory
 *
 * A recording may be larger than memory. The part that the walk has passed is
 * released, and the part that it reaches next is fetched in one go. Both are
 * hints: the bytes can be read whether the kernel takes them or not. Fetching
 * also shows, since 5.14, that a file has shrunk.
 */
#ifndef RM_READAHEAD_H
#define RM_READAHEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	/* Two steps of each ring are in memory; rings share this much. */
	RM_READAHEAD_SHARED = 32 << 20,
	RM_READAHEAD_MIN = 128 << 10,
	RM_READAHEAD_MAX = 2 << 20
};

struct rm_readahead {
	const uint8_t *bytes;
	size_t size;
	size_t step;
	size_t next;     /* offset of the next move; SIZE_MAX: none */
	size_t fetched;  /* end of the bytes that were fetched */
	size_t released; /* end of the bytes that were released */
};

/* For bytes that are in memory anyway: does nothing. */
void rm_readahead_none(struct rm_readahead *ra);

/* For @size mapped bytes of a file, one of @rings that are read together. */
void rm_readahead_open(struct rm_readahead *ra, const void *bytes, size_t size,
		       size_t rings);

/*
 * Notes that the walk is at @at, and needs no bytes before that. False: bytes
 * ahead are no longer in the file, and a load of them would raise SIGBUS.
 */
bool rm_readahead_move(struct rm_readahead *ra, size_t at);

static inline bool rm_readahead_pass(struct rm_readahead *ra, size_t at)
{
	return __builtin_expect(at < ra->next, 1) || rm_readahead_move(ra, at);
}

#endif
