/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * capture_shape.c - geometry and byte order of recorded sub-buffers
 */
#include "recording/capture_shape.h"

#include "base/header_page.h"
#include "ring/layout.h"

/* The smallest page of Linux. */
#define SUBBUF_MIN 4096

bool rm_header_page(char *text, size_t size, struct ringmap_image_opts *ret)
{
	struct rm_page_header page;

	if (!size || size >= RM_HEADER_PAGE_MAX)
		return false;
	text[size] = '\0';
	if (!rm_page_header_parse(text, &page) ||
	    page.stamp_size != sizeof(uint64_t) ||
	    page.data_offset < RM_COMMIT_OFFSET + page.long_size ||
	    page.data_offset % 4 || page.data_offset > RM_DATA_OFFSET_MAX)
		return false;
	/* A sub-buffer is a power of two pages. */
	uint32_t subbuf_size = page.data_offset + page.data_size;
	if (subbuf_size < SUBBUF_MIN || subbuf_size > RM_SUBBUF_MAX ||
	    (subbuf_size & (subbuf_size - 1)))
		return false;
	ret->data_offset = page.data_offset;
	ret->long_size = page.long_size;
	ret->subbuf_size = subbuf_size;
	return true;
}

/* Whether the commit word makes sense when it is read in this order. */
static bool plausible(const uint8_t *subbuf,
		      const struct ringmap_image_opts *shape, bool big_endian)
{
	const uint8_t *commit = subbuf + RM_COMMIT_OFFSET;
	uint32_t low = rm_load32(commit, big_endian);

	if (shape->long_size == 8) {
		uint32_t other = rm_load32(commit + 4, big_endian);
		uint32_t high = big_endian ? low : other;

		low = big_endian ? other : low;
		/* Zero, or the sign of bit 31. */
		if (high && high != UINT32_MAX)
			return false;
	}
	return (low & RM_COMMIT_SIZE) <=
	       shape->subbuf_size - RM_COMMIT_OFFSET - shape->long_size;
}

bool rm_byte_order(const void *image, size_t size,
		   struct ringmap_image_opts *ret)
{
	for (size_t at = 0; at < size; at += ret->subbuf_size) {
		const uint8_t *subbuf = (const uint8_t *)image + at;
		bool little = plausible(subbuf, ret, false);

		/* Empty ones read alike; damaged ones make no sense. */
		if (little == plausible(subbuf, ret, true))
			continue;
		ret->big_endian = !little;
		return true;
	}
	return false;
}
