/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * walk.h - what a decoder finds in a page, compared with what was written
 */
#ifndef RM_TEST_WALK_H
#define RM_TEST_WALK_H

#include "tests/support/pagegen.h"

#include <ringmap/ringmap.h>

/* Every shape of sub-buffer: byte order, commit word, place of the data. */
#define RM_SHAPES 6
extern const struct ringmap_image_opts rm_shapes[RM_SHAPES];

/* A page on the sub-buffer, which must be sound. */
struct ringmap_page rm_page_on(const struct rm_generated *g);

/*
 * ringmap_page_next() finds the expected events, then @end: RINGMAP_DONE, or
 * RINGMAP_E_CORRUPT at offset @pos.
 */
void rm_assert_next(const struct rm_generated *g, enum ringmap_status end,
		    uint32_t pos);

/* ringmap_page_index() finds the same, whatever the room and the arrays. */
void rm_assert_index(const struct rm_generated *g, enum ringmap_status end,
		     uint32_t pos);

/* Writes the script in every shape; both walks find all of it and the end. */
void rm_assert_decodes(const char *script);

/* Both walks find what is expected of the script, then fail at @pos. */
void rm_assert_corrupt(const char *script, uint32_t pos);

#endif
