/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * index.c - fills arrays with all events of a page
 */
#include "ring/page.h"

/* The arrays to fill, each of cap entries; NULL: not wanted. */
struct arrays {
	uint64_t *ts;
	uint32_t *offset;
	uint32_t *size;
	uint16_t *id;
	size_t cap;
};

/*
 * Returns common_type, which is the first field of every payload. A payload too
 * short for it, as only corrupt pages have, counts as type 0, which no event
 * has.
 */
static inline uint16_t event_id(const struct rm_walk *walk,
				const struct rm_payload *payload,
				bool big_endian)
{
	if (payload->size < sizeof(uint16_t))
		return 0;
	return rm_load16(walk->data + payload->offset, big_endian);
}

/*
 * Inlined with constants for @big_endian and @all (every array is wanted), so
 * that the loop of the common case tests neither.
 */
static inline __attribute__((always_inline)) enum ringmap_status
index_page(struct ringmap_page *page, const struct arrays *a, size_t *ret,
	   bool big_endian, bool all)
{
	struct rm_walk walk = rm_walk_of(page);
	const uintptr_t ahead = (uintptr_t)page->ahead;
	enum ringmap_status s = RINGMAP_OK;
	size_t n = 0;

	while (n < a->cap) {
		struct rm_payload payload;

		/* See ringmap_page_next(). */
		__builtin_prefetch((const void *)(ahead + walk.pos));
		s = rm_step(&walk, big_endian, &payload);
		if (s != RINGMAP_OK)
			break;
		if (all || a->ts)
			a->ts[n] = walk.ts;
		if (all || a->offset)
			a->offset[n] = payload.offset;
		if (all || a->size)
			a->size[n] = payload.size;
		if (all || a->id)
			a->id[n] = event_id(&walk, &payload, big_endian);
		n++;
	}
	page->pos = walk.pos;
	page->ts = walk.ts;
	page->events += (uint32_t)n;
	*ret = n;
	return s;
}

/* Called when the arrays are full: true if the page has no more events. */
static bool ends_here(struct ringmap_page *page)
{
	struct rm_walk walk = rm_walk_of(page);
	struct rm_payload payload;

	if (rm_step(&walk, page->flags & RINGMAP_PAGE_BIG_ENDIAN, &payload) !=
	    RINGMAP_DONE)
		return false;
	page->pos = walk.pos;
	page->ts = walk.ts;
	return true;
}

enum ringmap_status ringmap_page_index(struct ringmap_page *page, uint64_t *ts,
				       uint32_t *offset, uint32_t *size,
				       uint16_t *id, size_t cap, size_t *ret)
{
	const struct arrays a = {ts, offset, size, id, cap};
	enum ringmap_status s;

	*ret = 0;
	if (page->pos >= page->size)
		return RINGMAP_DONE;
	if (page->flags & RINGMAP_PAGE_BIG_ENDIAN)
		s = index_page(page, &a, ret, true, false);
	else if (ts && offset && size && id)
		s = index_page(page, &a, ret, false, true);
	else
		s = index_page(page, &a, ret, false, false);
	if (s == RINGMAP_OK)
		return ends_here(page) ? RINGMAP_OK : RINGMAP_E_BUSY;
	return s == RINGMAP_DONE ? RINGMAP_OK : s;
}
