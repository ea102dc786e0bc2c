/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * capture_shape.h - finds geometry and byte order of recorded sub-buffers
 */
#ifndef RM_CAPTURE_SHAPE_H
#define RM_CAPTURE_SHAPE_H

#include <ringmap/ringmap.h>

#include <stdbool.h>
#include <stddef.h>

enum {
	/* The kernel's text has four lines. */
	RM_HEADER_PAGE_MAX = 4096
};

/*
 * Reads subbuf_size, long_size and data_offset from the text of
 * events/header_page. Writes a NUL behind the text if size is below
 * RM_HEADER_PAGE_MAX. Returns false if no kernel could have written the text.
 */
bool rm_header_page(char *text, size_t size, struct ringmap_image_opts *ret);

/*
 * Infers big_endian from the sub-buffers; nothing else in a capture shows it.
 * Returns false and leaves @ret unchanged if these do not show it either.
 */
bool rm_byte_order(const void *image, size_t size,
		   struct ringmap_image_opts *ret);

#endif
