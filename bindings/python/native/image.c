/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * image.c - pages of a running ring, kept as recorded sub-buffers
 *
 * A page is part of a sub-buffer, or all of it. What follows on the page
 * before, without a gap, is put behind it; everything else begins a sub-buffer
 * of its own, with the header that the kernel would have written.
 */
#include "extras.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Bits of the commit word: RB_MISSED_EVENTS, RB_MISSED_STORED. */
#define COMMIT_MISSED (1u << 31)
#define COMMIT_STORED (1u << 30)
#define COMMIT_SIZE (COMMIT_STORED - 1)

enum {
	COMMIT_OFFSET = 8,
	DATA_OFFSET = 16,
	/* Behind the data: how many events were lost before it. */
	LOST_SIZE = 8,
	FIRST_ROOM = 1 << 20
};

static bool make_room(struct ringmap_py_image *image, size_t more)
{
	if (image->room - image->size >= more)
		return true;
	size_t room = image->room ? image->room * 2 : FIRST_ROOM;
	uint8_t *data = room > image->room ? realloc(image->data, room) : NULL;
	if (!data)
		return false;
	image->data = data;
	image->room = room;
	return true;
}

static uint64_t load(const uint8_t *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static void store(uint8_t *at, uint64_t value)
{
	memcpy(at, &value, sizeof(value));
}

/* Whether the page continues the newest sub-buffer, and fits. */
static bool follows(const struct ringmap_py_image *image,
		    const struct ringmap_page *page)
{
	if (!image->size || page->flags & RINGMAP_PAGE_FIRST || page->lost)
		return false;
	uint64_t commit = load(image->data + image->last + COMMIT_OFFSET);
	/* A count of losses stands where the page would go. */
	return !(commit & COMMIT_STORED) &&
	       DATA_OFFSET + (commit & COMMIT_SIZE) + page->size <=
		       image->opts.subbuf_size;
}

static void extend(struct ringmap_py_image *image,
		   const struct ringmap_page *page)
{
	uint8_t *subbuf = image->data + image->last;
	uint64_t commit = load(subbuf + COMMIT_OFFSET);

	memcpy(subbuf + DATA_OFFSET + (commit & COMMIT_SIZE), page->data,
	       page->size);
	store(subbuf + COMMIT_OFFSET, commit + page->size);
}

static void begin(struct ringmap_py_image *image,
		  const struct ringmap_page *page)
{
	uint8_t *subbuf = image->data + image->size;
	uint64_t commit = page->size;

	if (page->lost)
		commit |= COMMIT_MISSED;
	if (page->lost && page->lost != RINGMAP_LOST_UNKNOWN)
		commit |= COMMIT_STORED;
	memset(subbuf, 0, image->opts.subbuf_size);
	store(subbuf, page->ts);
	store(subbuf + COMMIT_OFFSET, commit);
	memcpy(subbuf + DATA_OFFSET, page->data, page->size);
	if (commit & COMMIT_STORED)
		store(subbuf + DATA_OFFSET + page->size, page->lost);
	image->last = image->size;
	image->size += image->opts.subbuf_size;
}

/* The first page tells how large sub-buffers are. */
static enum ringmap_status learn(struct ringmap_py_image *image,
				 struct ringmap_ring *ring)
{
	struct ringmap_ring_info info;
	enum ringmap_status s = ringmap_ring_info(ring, &info, sizeof(info));

	if (s || image->opts.subbuf_size)
		return s;
	image->opts = (struct ringmap_image_opts){
		.sz = sizeof(image->opts),
		.cpu = info.cpu,
		.subbuf_size = info.subbuf_size + LOST_SIZE,
		.long_size = 8,
		.data_offset = DATA_OFFSET,
	};
	return info.big_endian ? RINGMAP_E_UNSUPPORTED : RINGMAP_OK;
}

static enum ringmap_status keep(struct ringmap_py_image *image,
				const struct ringmap_page *page)
{
	if (follows(image, page)) {
		extend(image, page);
		return RINGMAP_OK;
	}
	if (DATA_OFFSET + page->size + LOST_SIZE > image->opts.subbuf_size)
		return RINGMAP_E_CORRUPT;
	if (!make_room(image, image->opts.subbuf_size))
		return RINGMAP_E_NOMEM;
	begin(image, page);
	return RINGMAP_OK;
}

/* The page was overwritten while it was copied: as if it had never come. */
static void drop(struct ringmap_py_image *image, size_t size, size_t last,
		 uint64_t commit)
{
	if (image->size == size && size)
		store(image->data + last + COMMIT_OFFSET, commit);
	image->size = size;
	image->last = last;
}

static enum ringmap_status take(struct ringmap_py_image *image,
				struct ringmap_ring *ring,
				struct ringmap_page *page)
{
	size_t size = image->size, last = image->last;
	uint64_t commit = size ? load(image->data + last + COMMIT_OFFSET) : 0;
	enum ringmap_status s = learn(image, ring), kept = s;
	size_t events = 0;

	if (!s)
		kept = keep(image, page);
	if (!kept)
		while (ringmap_page_index(page, NULL, NULL, NULL, NULL,
					  page->size / 8 + 1,
					  &events) == RINGMAP_E_BUSY)
			;
	s = ringmap_ring_return_page(ring, page);
	if (s == RINGMAP_OK && !kept) {
		image->pages++;
		image->events += page->events;
	} else if (s && !kept) {
		drop(image, size, last, commit);
	}
	return kept ? kept : s;
}

enum ringmap_status ringmap_py_image_drain(struct ringmap_py_image *image,
					   struct ringmap_ring *ring)
{
	struct ringmap_page page;
	enum ringmap_status s;

	while (!(s = ringmap_ring_borrow_page(ring, &page))) {
		s = take(image, ring, &page);
		/* Both are gaps that the next page tells. */
		if (s && s != RINGMAP_E_OVERWRITTEN && s != RINGMAP_E_CORRUPT)
			return s;
	}
	return s == RINGMAP_DONE ? RINGMAP_OK : s;
}

void ringmap_py_image_free(struct ringmap_py_image *image)
{
	free(image->data);
	image->data = NULL;
	image->size = image->room = 0;
}

void ringmap_py_count(const int32_t *codes, const uint8_t *validity,
		      size_t rows, uint64_t *counts, size_t size)
{
	for (size_t i = 0; i < rows; i++) {
		if (validity && !(validity[i / 8] >> i % 8 & 1))
			continue;
		if (codes[i] >= 0 && (size_t)codes[i] < size)
			counts[codes[i]]++;
	}
}

void ringmap_py_span(const uint64_t *ts, size_t rows, int is_signed,
		     uint64_t span[2])
{
	/* With the sign bit flipped, unsigned order is that of signed numbers. */
	const uint64_t flip = is_signed ? UINT64_C(1) << 63 : 0;
	uint64_t first = span[0] ^ flip;
	uint64_t last = span[1] ^ flip;

	for (size_t i = 0; i < rows; i++) {
		const uint64_t at = ts[i] ^ flip;

		first = at < first ? at : first;
		last = at > last ? at : last;
	}
	span[0] = first ^ flip;
	span[1] = last ^ flip;
}
