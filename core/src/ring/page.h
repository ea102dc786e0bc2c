/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * page.h - the step from event to event, shared by all walks of a page
 */
#ifndef RM_PAGE_H
#define RM_PAGE_H

#include "ring/layout.h"

#include <ringmap/ringmap.h>

/*
 * The position of a walk. ts is the running time stamp. pos <= size always
 * holds and every step moves pos forward by at least 4, so a walk ends on any
 * bytes.
 */
struct rm_walk {
	const uint8_t *data;
	uint64_t ts;
	uint32_t pos;
	uint32_t size;
};

/* The payload of the data event at which a step stopped. */
struct rm_payload {
	uint32_t offset;
	uint32_t size;
};

/*
 * An absolute time stamp carries 59 bits; the rest comes from the time before
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
 * The delta of a padding counts, except 1: the writer stores 1 for 0, because a
 * padding with delta 0 means that the rest of the sub-buffer is empty.
 */
static inline uint32_t rm_padding_delta(uint32_t delta)
{
	return delta == 1 ? 0 : delta;
}

/* The first word of an event, loaded once. */
struct rm_header {
	uint32_t type;
	uint32_t delta;
};

static inline __attribute__((always_inline)) struct rm_header
rm_header_at(const struct rm_walk *w, bool big_endian)
{
	uint32_t word = rm_load32(w->data + w->pos, big_endian);

	return (struct rm_header){
		.type = big_endian ? word >> RM_TIME_SHIFT : word & 31,
		.delta = big_endian ? word & ((1u << RM_TIME_SHIFT) - 1)
				    : word >> 5,
	};
}

static inline bool rm_header_is_plain(struct rm_header header)
{
	return header.type - 1 < RM_TYPE_DATA_MAX;
}

/* Steps over plain data at @w->pos. False: it does not fit into the page. */
static inline __attribute__((always_inline)) bool
rm_pass_plain(struct rm_walk *w, struct rm_header header,
	      struct rm_payload *ret)
{
	uint32_t size = header.type * 4;

	if (size > w->size - w->pos - RM_EVENT_HEADER)
		return false;
	ret->offset = w->pos + RM_EVENT_HEADER;
	ret->size = size;
	w->ts += header.delta;
	w->pos += RM_EVENT_HEADER + size;
	return true;
}

/*
 * Steps over an event at @w->pos that is not plain short data. RINGMAP_OK: @ret
 * is a data event. RINGMAP_DONE: it was skipped, step again.
 */
static inline enum ringmap_status rm_pass_special(struct rm_walk *w,
						  struct rm_header header,
						  bool big_endian,
						  struct rm_payload *ret)
{
	if (header.type == RM_TYPE_PADDING && !header.delta) {
		/* The rest is empty. Bytes beyond a multiple of 4 stay and are
		 * corrupt: otherwise the next page would be misaligned. */
		w->pos = w->size & ~3u;
		return RINGMAP_DONE;
	}
	uint32_t room = w->size - w->pos - RM_EVENT_HEADER;
	if (room < 4)
		return RINGMAP_E_CORRUPT;
	uint32_t array0 =
		rm_load32(w->data + w->pos + RM_EVENT_HEADER, big_endian);

	if (header.type == RM_TYPE_TIME_EXTEND ||
	    header.type == RM_TYPE_TIME_STAMP) {
		uint64_t time =
			((uint64_t)array0 << RM_TIME_SHIFT) + header.delta;

		w->ts = header.type == RM_TYPE_TIME_EXTEND
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
	if (header.type == RM_TYPE_PADDING) {
		w->ts += rm_padding_delta(header.delta);
		return RINGMAP_DONE;
	}
	w->ts += header.delta;
	ret->offset = start + RM_EVENT_HEADER + 4;
	ret->size = array0 - 4;
	return RINGMAP_OK;
}

/* Steps to the next data event, whatever lies before it; see rm_step(). */
static __attribute__((noinline, unused)) enum ringmap_status
rm_step_any(struct rm_walk *w, bool big_endian, struct rm_payload *ret)
{
	enum ringmap_status s = RINGMAP_DONE;

	while (s == RINGMAP_DONE && w->size - w->pos >= RM_EVENT_HEADER) {
		struct rm_header header = rm_header_at(w, big_endian);

		if (!rm_header_is_plain(header))
			s = rm_pass_special(w, header, big_endian, ret);
		else
			s = rm_pass_plain(w, header, ret) ? RINGMAP_OK
							  : RINGMAP_E_CORRUPT;
	}
	if (s != RINGMAP_DONE)
		return s;
	return w->pos == w->size ? RINGMAP_DONE : RINGMAP_E_CORRUPT;
}

/*
 * Steps over the event at @w->pos if it is plain short data, as nearly all
 * events are. False: nothing has changed, and rm_step_any() finds out why. No
 * address of a local variable is taken here, so the compiler adds no check of
 * the stack to a caller that takes none either.
 */
static inline __attribute__((always_inline)) bool
rm_step_plain(struct rm_walk *w, bool big_endian, struct rm_payload *ret)
{
	if (w->size - w->pos < RM_EVENT_HEADER)
		return false;
	struct rm_header header = rm_header_at(w, big_endian);

	return rm_header_is_plain(header) && rm_pass_plain(w, header, ret);
}

/*
 * Steps to the next data event. RINGMAP_DONE: the end of the page.
 * RINGMAP_E_CORRUPT: no event can be at pos. Inlined, so that a loop keeps the
 * position in registers.
 */
static inline __attribute__((always_inline)) enum ringmap_status
rm_step(struct rm_walk *w, bool big_endian, struct rm_payload *ret)
{
	if (__builtin_expect(rm_step_plain(w, big_endian, ret), 1))
		return RINGMAP_OK;
	/* These are copies, because taking the address of the walk would keep
	 * it in memory in the common case, too. */
	struct rm_walk rest = *w;
	struct rm_payload payload = {0, 0};
	enum ringmap_status s = rm_step_any(&rest, big_endian, &payload);

	*w = rest;
	*ret = payload;
	return s;
}

static inline struct rm_walk rm_walk_of(const struct ringmap_page *page)
{
	/* A caller may have changed pos; it must not lead outside. */
	return (struct rm_walk){
		.data = page->data,
		.ts = page->ts,
		.pos = page->pos < page->size ? page->pos : page->size,
		.size = page->size,
	};
}

/*
 * The header of a sub-buffer, loaded once and checked. RINGMAP_E_CORRUPT: it
 * claims more than @size bytes hold.
 */
struct rm_subbuf_header {
	uint64_t ts;
	uint64_t lost; /* 0, a count, or RINGMAP_LOST_UNKNOWN */
	uint32_t size; /* committed bytes behind the header */
};

enum ringmap_status rm_subbuf_header(const void *subbuf, size_t size,
				     const struct rm_layout *layout,
				     struct rm_subbuf_header *ret);

/* The loss that the kernel may store behind the data of a sub-buffer. */
uint64_t rm_stored_loss(const void *subbuf, size_t size, uint32_t commit,
			const struct rm_layout *layout);

/* Upper bound of the number of events on a page, whatever its bytes are. */
static inline size_t rm_events_at_most(const struct ringmap_page *page)
{
	return page->size / RM_EVENT_MIN + 1;
}

/* Walks to the end of the page and counts its events. */
enum ringmap_status rm_page_finish(struct ringmap_page *page);

#endif
