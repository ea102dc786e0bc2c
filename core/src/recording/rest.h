/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * rest.h - what a cut leaves of the last sub-buffer of a recording
 */
#ifndef RM_REST_H
#define RM_REST_H

#include <ringmap/ringmap.h>

/*
 * Notes that the recording of @ring was cut. @rest, @size: what is left behind
 * the last whole sub-buffer; the events in it that are whole are read as well.
 * It is copied. @shape is that of the ring. RINGMAP_E_NOMEM: nothing changed.
 */
enum ringmap_status rm_ring_was_cut(struct ringmap_ring *ring, const void *rest,
				    size_t size,
				    const struct ringmap_image_opts *shape,
				    struct ringmap_error *err);

#endif
