/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * page.h - one step over the events of a page, shared by all that walk
 */
#ifndef RM_PAGE_H
#define RM_PAGE_H

#include "ring/layout.h"

#include <ringmap/ringmap.h>

/*
 * A walk's place. ts is the time stamp so far; pos <= size always holds and
 * every step moves pos forward by at least 4, so a walk ends on any bytes.
 */
struct rm_walk {
	const uint8_t *data;
	uint64_t ts;
	uint32_t pos;
	uint32_t size;
};

/* Payload of the data event that a step stopped at. */
struct rm_payload {
	uint32_t offset;
	uint32_t size;
};

/*
 * An absolute time stamp pending_losses 59 bits; the rest comes from the time before
 * it, and the 59 bits may have wrapped since (rb_fix_abs_ts()).
 */
static inline uint64_t rm_full_stamp(uint64_t stamp, uint64_t before)
{
	uint64_t high = before >> RM_STAMP_BITS << RM_STAMP_BITS;

	if (!high)
		return stamp;
	stamp |= high;
	return stamp < before ? stamp + (1ull << RM_STAMP_BITS) : stamp;
}

/*
 * A padding's delta counts, but for 1, which the writer stores where it means
 * 0, because 0 would say that the rest of the sub-buffer is empty.
 */
static inline uint32_t rm_padding_delta(uint32_t delta)
{
	return delta == 1 ? 0 : delta;
}

/*
 * The kinds of event that are not plain short data: at @w->pos stands @word.
 * RINGMAP_OK: @ret is a data event. RINGMAP_DONE: passed over it, step again.
 */
static __attribute__((noinline, unused)) enum ringmap_status
rm_step_rare(struct rm_walk *w, uint32_t type, uint32_t delta, bool big_endian,
	     struct rm_payload *ret)
{
	if (type == RM_TYPE_PADDING && !delta) {
		/* Null padding: the rest is empty. Bytes over a multiple of 4
		 * stay broken, or the page after this would be misaligned. */
		w->pos = w->size & ~3u;
		return RINGMAP_DONE;
	}
	uint32_t room = w->size - w->pos - RM_EVENT_HEADER;
	if (room < 4)
		return RINGMAP_E_CORRUPT;
	uint32_t array0 =
		rm_load32(w->data + w->pos + RM_EVENT_HEADER, big_endian);

	if (type == RM_TYPE_TIME_EXTEND || type == RM_TYPE_TIME_STAMP) {
		uint64_t time = ((uint64_t)array0 << RM_TIME_SHIFT) + delta;

		w->ts = type == RM_TYPE_TIME_EXTEND
				? w->ts + time
				: rm_full_stamp(time, w->ts);
		w->pos += RM_EVENT_HEADER + 4;
		return RINGMAP_DONE;
	}
	/* array[0] counts itself; totals are multiples of 4. */
	if (array0 < 4 || array0 > room || array0 % 4)
		return RINGMAP_E_CORRUPT;
	uint32_t start = w->pos;
	w->pos += RM_EVENT_HEADER + array0;
	if (type == RM_TYPE_PADDING) {
		w->ts += rm_padding_delta(delta);
		return RINGMAP_DONE;
	}
	w->ts += delta;
	ret->offset = start + RM_EVENT_HEADER + 4;
	ret->size = array0 - 4;
	return RINGMAP_OK;
}

/*
 * To the next data event. RINGMAP_DONE: the end. On RINGMAP_E_CORRUPT pos is
 * at what breaks the format. Inlined, so that a loop keeps its place in
 * registers.
 */
static inline __attribute__((always_inline)) enum ringmap_status
rm_step(struct rm_walk *w, bool big_endian, struct rm_payload *ret)
{
	while (w->size - w->pos >= RM_EVENT_HEADER) {
		uint32_t word = rm_load32(w->data + w->pos, big_endian);
		uint32_t type = big_endian ? word >> RM_TIME_SHIFT : word & 31;
		uint32_t delta = big_endian ? word & ((1u << RM_TIME_SHIFT) - 1)
					    : word >> 5;

		if (__builtin_expect(type - 1 < RM_TYPE_DATA_MAX, 1)) {
			uint32_t size = type * 4;

			if (size > w->size - w->pos - RM_EVENT_HEADER)
				return RINGMAP_E_CORRUPT;
			ret->offset = w->pos + RM_EVENT_HEADER;
			ret->size = size;
			w->ts += delta;
			w->pos += RM_EVENT_HEADER + size;
			return RINGMAP_OK;
		}
		/* Copies: or the address taken here would keep the walk of
		 * the common case in memory. */
		struct rm_walk rare = *w;
		struct rm_payload payload = {0, 0};
		enum ringmap_status s =
			rm_step_rare(&rare, type, delta, big_endian, &payload);
		*w = rare;
		*ret = payload;
		if (s != RINGMAP_DONE)
			return s;
	}
	return w->pos == w->size ? RINGMAP_DONE : RINGMAP_E_CORRUPT;
}

static inline struct rm_walk rm_walk_of(const struct ringmap_page *page)
{
	/* A caller may have touched the cursor: it never leads outside. */
	return (struct rm_walk){
		.data = page->data,
		.ts = page->ts,
		.pos = page->pos < page->size ? page->pos : page->size,
		.size = page->size,
	};
}

/*
 * What a sub-buffer's header says, read once and checked.
 * RINGMAP_E_CORRUPT: it claims more than @size bytes hold.
 */
struct rm_subbuf_header {
	uint64_t ts;
	uint64_t lost; /* 0, a count, or RINGMAP_LOST_UNKNOWN */
	uint32_t size; /* committed bytes behind the header */
};

enum ringmap_status rm_subbuf_header(const void *subbuf, size_t size,
				     const struct rm_layout *layout,
				     struct rm_subbuf_header *ret);

/* The count that the kernel may store behind the data of a lossy sub-buffer. */
uint64_t rm_stored_loss(const void *subbuf, size_t size, uint32_t commit,
			const struct rm_layout *layout);

/* A page has no more events than that, whatever its bytes are. */
static inline size_t rm_events_at_most(const struct ringmap_page *page)
{
	return page->size / RM_EVENT_MIN + 1;
}

/* Walks to the end of the page, counting its events and nothing else. */
enum ringmap_status rm_page_finish(struct ringmap_page *page);

#endif
