/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * fused.c - walks and gathers in one loop, for the most common tables
 *
 * A walk needs one event's length before it can look at the next event, and
 * while it waits the processor has nothing else to do. Copying a few values of
 * each record in the same loop is nearly free, whereas loops of their own cost
 * as much as the walk. There is one loop for each number of wide and narrow
 * columns, so that each loop knows where its values go.
 */
#include "table/fused.h"

#include "ring/page.h"
#include "table/records.h"

#include <string.h>

static inline __attribute__((always_inline)) void
take(const struct rm_fused *f, const uint8_t *record, size_t n,
     uint32_t nr_wide, uint32_t nr_narrow)
{
#pragma GCC unroll 4
	for (uint32_t i = 0; i < nr_wide; i++)
		memcpy((uint64_t *)f->wide[i].out + n,
		       record + f->wide[i].offset, 8);
#pragma GCC unroll 4
	for (uint32_t i = 0; i < nr_narrow; i++)
		memcpy((uint32_t *)f->narrow[i].out + n,
		       record + f->narrow[i].offset, 4);
}

/* State of a walk; stays in registers as long as nobody takes its address. */
struct state {
	struct rm_walk walk;
	size_t n;        /* the next row */
	uint32_t others; /* events that are not wanted */
};

/* Takes a record; returns false if it is wanted and too short. */
static inline __attribute__((always_inline)) bool
take_record(const struct rm_fused *f, struct state *s, const uint8_t *record,
	    uint32_t size, uint32_t nr_wide, uint32_t nr_narrow, bool records)
{
	if (size < sizeof(uint16_t) || rm_load16(record, false) != f->id) {
		s->others++;
		return true;
	}
	if (__builtin_expect(size < f->min_size, 0))
		return false;
	f->ts[s->n] = s->walk.ts;
	take(f, record, s->n, nr_wide, nr_narrow);
	if (records) {
		f->record[s->n - f->begin] = record;
		f->size[s->n - f->begin] = size;
	}
	s->n++;
	return true;
}

/*
 * Prefetches as ringmap_page_next() does. Records that nobody reads again are
 * kept out of the outer caches, which are better filled with columns.
 */
static inline __attribute__((always_inline)) void ask(uintptr_t at, bool again)
{
	if (again)
		__builtin_prefetch((const void *)at);
	else
		__builtin_prefetch((const void *)at, 0, 0);
}

/*
 * Walks nearly all events: short ones, while so many bytes are left that the
 * longest of them fits and no length needs a check. Stops at the first event
 * that is not short. Returns false as take_record() does.
 */
static inline __attribute__((always_inline)) bool
walk_short(const struct rm_fused *f, struct state *s, uintptr_t ahead,
	   uint32_t nr_wide, uint32_t nr_narrow, bool records)
{
	const uint8_t *at = s->walk.data + s->walk.pos;
	bool good = true;

	if (s->walk.size - s->walk.pos < RM_SHORT_MAX)
		return true;
	const uint8_t *last = s->walk.data + s->walk.size - RM_SHORT_MAX;
	ahead -= (uintptr_t)s->walk.data;
	while (good && at <= last) {
		ask(ahead + (uintptr_t)at, records);
		uint32_t word = rm_load32(at, false);
		uint32_t type = word & 31;

		if (__builtin_expect(type - 1 >= RM_TYPE_DATA_MAX, 0))
			break;
		const uint8_t *record = at + RM_EVENT_HEADER;

		s->walk.ts += word >> 5;
		at = record + type * 4;
		good = take_record(f, s, record, type * 4, nr_wide, nr_narrow,
				   records);
	}
	s->walk.pos = (uint32_t)(at - s->walk.data);
	return good;
}

/* Inlined with constants for @nr_wide, @nr_narrow and @records. */
static inline __attribute__((always_inline)) bool
walk_page(struct rm_fused *shared, struct ringmap_page *page,
	  enum ringmap_status *status, uint32_t nr_wide, uint32_t nr_narrow,
	  bool records)
{
	/* Nobody else sees these copies, so they may live in registers. */
	const struct rm_fused f = *shared;
	struct state s = {rm_walk_of(page), f.begin, 0};
	struct rm_payload payload;

	do {
		if (!walk_short(&f, &s, (uintptr_t)page->ahead, nr_wide,
				nr_narrow, records))
			return false;
		*status = rm_step(&s.walk, false, &payload);
		if (*status == RINGMAP_OK &&
		    !take_record(&f, &s, s.walk.data + payload.offset,
				 payload.size, nr_wide, nr_narrow, records))
			return false;
	} while (*status == RINGMAP_OK);
	if (*status == RINGMAP_DONE)
		*status = RINGMAP_OK;
	shared->count = s.n - f.begin;
	page->pos = s.walk.pos;
	page->ts = s.walk.ts;
	page->events += (uint32_t)shared->count + s.others;
	return true;
}

typedef bool walk_fn(struct rm_fused *f, struct ringmap_page *page,
		     enum ringmap_status *status);

#define LOOP(wide, narrow)                                                     \
	static RM_RACES bool plain_##wide##narrow(struct rm_fused *f,          \
						  struct ringmap_page *page,   \
						  enum ringmap_status *status) \
	{                                                                      \
		return walk_page(f, page, status, wide, narrow, false);        \
	}                                                                      \
	static RM_RACES bool records_##wide##narrow(                           \
		struct rm_fused *f, struct ringmap_page *page,                 \
		enum ringmap_status *status)                                   \
	{                                                                      \
		return walk_page(f, page, status, wide, narrow, true);         \
	}

/* These are all pairs with wide + narrow <= RM_FUSED_MAX. */
#define ALL(X)                                                                 \
	X(0, 0)                                                                \
	X(0, 1)                                                                \
	X(0, 2)                                                                \
	X(0, 3)                                                                \
	X(0, 4)                                                                \
	X(1, 0)                                                                \
	X(1, 1)                                                                \
	X(1, 2)                                                                \
	X(1, 3)                                                                \
	X(2, 0)                                                                \
	X(2, 1)                                                                \
	X(2, 2)                                                                \
	X(3, 0)                                                                \
	X(3, 1)                                                                \
	X(4, 0)

ALL(LOOP)

#define PLAIN(wide, narrow) [wide][narrow] = plain_##wide##narrow,
#define RECORDS(wide, narrow) [wide][narrow] = records_##wide##narrow,

bool rm_fused_walk(struct rm_fused *f, struct ringmap_page *page,
		   enum ringmap_status *status)
{
	static walk_fn *const plain[RM_FUSED_MAX + 1][RM_FUSED_MAX + 1] = {
		ALL(PLAIN)};
	static walk_fn *const records[RM_FUSED_MAX + 1][RM_FUSED_MAX + 1] = {
		ALL(RECORDS)};
	walk_fn *walk = f->record ? records[f->nr_wide][f->nr_narrow]
				  : plain[f->nr_wide][f->nr_narrow];

	return walk(f, page, status);
}
