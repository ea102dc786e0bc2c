/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * window.h - the part of a mapped file that a walk keeps in memory
 *
 * A recording may be larger than memory. What the walk has passed is given
 * back, what it comes to next is fetched in one go; both are hints, and the
 * bytes can be read whether they are taken or not.
 */
#ifndef RM_WINDOW_H
#define RM_WINDOW_H

#include <stddef.h>
#include <stdint.h>

enum {
	/* Two windows of each ring are in memory; rings share the rest. */
	RM_WINDOW_SHARED = 32 << 20,
	RM_WINDOW_MIN = 128 << 10,
	RM_WINDOW_MAX = 2 << 20
};

struct rm_window {
	const uint8_t *bytes;
	size_t size;
	size_t step;
	size_t next;    /* where the walk must tell; SIZE_MAX: nowhere */
	size_t fetched; /* bytes up to here were asked for */
	size_t dropped; /* bytes up to here were given back */
};

/* A window over nothing: of bytes that lie in memory anyway. */
void rm_window_none(struct rm_window *w);

/* Over @size mapped bytes of a file, one of @rings that are read together. */
void rm_window_open(struct rm_window *w, const void *bytes, size_t size,
		    size_t rings);

/* The walk is at @at, or at the end: bytes before it are not needed. */
void rm_window_move(struct rm_window *w, size_t at);

static inline void rm_window_pass(struct rm_window *w, size_t at)
{
	if (__builtin_expect(at >= w->next, 0))
		rm_window_move(w, at);
}

#endif
