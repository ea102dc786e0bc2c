/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * extras.h - loops that the Python package needs in C, beside ringmap.h
 *
 * cdef.py reads this file as it reads ringmap.h.
 */
#ifndef RINGMAP_PY_EXTRAS_H
#define RINGMAP_PY_EXTRAS_H

#include <ringmap/ringmap.h>

/* A recording that grows: whole sub-buffers, for ringmap_ring_open_image(). */
struct ringmap_py_image {
	uint8_t *data;
	size_t size;     /* bytes that hold sub-buffers */
	size_t room;     /* bytes at data */
	size_t last;     /* offset of the newest sub-buffer */
	uint64_t events; /* in pages that were kept */
	uint64_t pages;  /* kept */
	struct ringmap_image_opts opts;
};

/*
 * Appends every page that the ring has now and that was true when it went
 * back. RINGMAP_OK: drained; RINGMAP_E_NOMEM: kept is what came before; else
 * as borrow and return.
 */
enum ringmap_status ringmap_py_image_drain(struct ringmap_py_image *image,
					   struct ringmap_ring *ring);

void ringmap_py_image_free(struct ringmap_py_image *image);

/* Adds how often each code below @size occurs; null rows are passed over. */
void ringmap_py_count(const int32_t *codes, const uint8_t *validity,
		      size_t rows, uint64_t *counts, size_t size);

/* Widens [span[0], span[1]] to hold all of @ts, which may be signed. */
void ringmap_py_span(const uint64_t *ts, size_t rows, int is_signed,
		     uint64_t span[2]);

/*
 * Passes over that many events of a trace; places that break the format count
 * as none, unless the trace is strict. RINGMAP_OK; RINGMAP_DONE: there are fewer;
 * else as ringmap_trace_next().
 */
enum ringmap_status ringmap_py_skip(struct ringmap_trace *trace,
				    uint64_t events, int strict);

/*
 * After fork(2): puts @copy where the mapping was that the child did not get,
 * so that views of it neither crash nor show other bytes. 0, or errno.
 */
int ringmap_py_patch(const void *at, const void *copy, size_t size);

#endif
