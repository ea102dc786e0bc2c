/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * capture_shape.c - geometry and byte order of recorded sub-buffers
 */
#include "recording/capture_shape.h"

#include "ring/layout.h"

#include <event-parse.h>
#include <stdio.h>
#include <string.h>

/* The smallest page of Linux. */
#define SUBBUF_MIN 4096

static void free_tep(struct tep_handle **tep)
{
	tep_free(*tep);
}

/*
 * Where the first event is: libtraceevent does not tell. Kernels that align
 * everything to 8 bytes leave a gap before it.
 */
static bool data_offset(const char *text, uint32_t *ret)
{
	const char *field = strstr(text, " data;");

	return field && sscanf(field, " data; offset:%u;", ret) == 1;
}

bool rm_header_page(char *text, size_t size, struct ringmap_image_opts *ret)
{
	/* Of an empty text libtraceevent would make a kernel of 2008. */
	if (!size || size >= RM_HEADER_PAGE_MAX)
		return false;
	uint32_t offset;
	text[size] = '\0';
	if (!data_offset(text, &offset))
		return false;
	__attribute__((cleanup(free_tep))) struct tep_handle *tep = tep_alloc();
	if (!tep || tep_parse_header_page(tep, text, size, sizeof(long)))
		return false;
	int long_size = tep_get_header_page_size(tep);
	int subbuf_size = tep_get_sub_buffer_size(tep);
	/* A sub-buffer is a power of two pages. */
	if (tep_get_header_timestamp_size(tep) != sizeof(uint64_t) ||
	    (long_size != 4 && long_size != 8) || subbuf_size < SUBBUF_MIN ||
	    subbuf_size > RM_SUBBUF_MAX || (subbuf_size & (subbuf_size - 1)))
		return false;
	if (offset < RM_COMMIT_OFFSET + (uint32_t)long_size || offset % 4 ||
	    offset > RM_DATA_OFFSET_MAX)
		return false;
	ret->data_offset = offset;
	ret->long_size = (uint32_t)long_size;
	ret->subbuf_size = (uint32_t)subbuf_size;
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
