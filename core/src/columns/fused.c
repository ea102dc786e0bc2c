/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * fused.c - walk and gather in one loop, for the commonest tables
 *
 * A walk waits for one event's length before it can look at the next event;
 * while it waits the processor has nothing else to do. A few values taken out
 * of each record in the same loop are nearly free then, when in loops of their
 * own they cost as much as the walk. There is one loop for each number of wide
 * and narrow columns, so that each knows where its values go.
 */
#include "fused.h"

#include "../page.h"
#include "rows.h"

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

/* Inlined with constants for all but @shared and @page. */
static inline __attribute__((always_inline)) bool
walk_page(struct rm_fused *shared, struct ringmap_page *page,
	  enum ringmap_status *status, uint32_t nr_wide, uint32_t nr_narrow,
	  bool records)
{
	/* A copy nobody else sees: it may live in registers. */
	const struct rm_fused f = *shared;
	struct rm_walk walk = rm_walk_of(page);
	const uintptr_t ahead = (uintptr_t)page->ahead;
	struct rm_payload payload;
	enum ringmap_status s;
	uint32_t events = 0;
	size_t n = f.begin;

	for (;;) {
		/* As in ringmap_page_next(). */
		__builtin_prefetch((const void *)(ahead + walk.pos));
		s = rm_step(&walk, false, &payload);
		if (s != RINGMAP_OK)
			break;
		const uint8_t *record = walk.data + payload.offset;

		events++;
		if (payload.size < sizeof(uint16_t) ||
		    rm_load16(record, false) != f.id)
			continue;
		if (payload.size < f.min_size)
			return false;
		f.ts[n] = walk.ts;
		take(&f, record, n, nr_wide, nr_narrow);
		if (records) {
			f.record[n - f.begin] = record;
			f.size[n - f.begin] = payload.size;
		}
		n++;
	}
	page->pos = walk.pos;
	page->ts = walk.ts;
	page->events += events;
	shared->count = n - f.begin;
	*status = s == RINGMAP_DONE ? RINGMAP_OK : s;
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

/* wide + narrow <= RM_FUSED_MAX */
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
