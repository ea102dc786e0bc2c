/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * image.h - the shape of recorded sub-buffers, from the caller's options
 */
#ifndef RM_IMAGE_H
#define RM_IMAGE_H

#include "ring/layout.h"

#include <ringmap/ringmap.h>

struct rm_image_shape {
	struct rm_layout layout;
	uint32_t subbuf_size;
	uint32_t cpu;
};

/*
 * Fills in defaults and checks everything but subbuf_size. RINGMAP_E_INVAL: an
 * option cannot be.
 */
enum ringmap_status rm_image_shape(const struct ringmap_image_opts *opts,
				   struct rm_image_shape *ret);

#endif
