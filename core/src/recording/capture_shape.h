/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * capture_shape.h - geometry and byte order of recorded sub-buffers
 */
#ifndef RM_CAPTURE_SHAPE_H
#define RM_CAPTURE_SHAPE_H

#include <ringmap/ringmap.h>

#include <stdbool.h>
#include <stddef.h>

enum {
	/* The kernel writes four lines. */
	RM_HEADER_PAGE_MAX = 4096
};

/*
 * Takes subbuf_size, long_size and data_offset from the text of
 * events/header_page, which is changed, the byte behind it too. False if no
 * kernel wrote it.
 */
bool rm_header_page(char *text, size_t size, struct ringmap_image_opts *ret);

/*
 * Takes big_endian from the sub-buffers, which alone tell it. False, and
 * unchanged, if these do not.
 */
bool rm_byte_order(const void *image, size_t size,
		   struct ringmap_image_opts *ret);

#endif
