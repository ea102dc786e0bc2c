/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * readahead.h - the part of a mapped file that a walk keeps in memory
 *
 * A recording may be larger than memory. What the walk has passed is given
 * back, what it comes to next is fetched in one go; both are hints, and the
 * bytes can be read whether they are taken or not.
 */
#ifndef RM_READAHEAD_H
#define RM_READAHEAD_H

#include <stddef.h>
#include <stdint.h>

enum {
	/* Two windows of each ring are in memory; rings share the rest. */
	RM_READAHEAD_SHARED = 32 << 20,
	RM_READAHEAD_MIN = 128 << 10,
	RM_READAHEAD_MAX = 2 << 20
};

struct rm_readahead {
	const uint8_t *bytes;
	size_t size;
	size_t step;
	size_t next;     /* where the walk must tell; SIZE_MAX: nowhere */
	size_t fetched;  /* bytes up to here were asked for */
	size_t released; /* bytes up to here were given back */
};

/* A window over nothing: of bytes that lie in memory anyway. */
void rm_readahead_none(struct rm_readahead *w);

/* Over @size mapped bytes of a file, one of @rings that are read together. */
void rm_readahead_open(struct rm_readahead *w, const void *bytes, size_t size,
		       size_t rings);

/* The walk is at @at, or at the end: bytes before it are not needed. */
void rm_readahead_move(struct rm_readahead *w, size_t at);

static inline void rm_readahead_pass(struct rm_readahead *w, size_t at)
{
	if (__builtin_expect(at >= w->next, 0))
		rm_readahead_move(w, at);
}

#endif
