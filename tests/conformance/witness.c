/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * witness.c - checks what a ring hands out against its contract
 */
#include "tests/conformance/witness.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "tests/support/numbered.h"

enum {
	/* More pages than any test writes between two drains. */
	ENDLESS = 1000 * 1000,
};

/* What a page held, before it is known whether that was true. */
struct walk {
	uint64_t first;
	uint64_t last;
	uint64_t first_ts;
	uint64_t last_ts;
	uint64_t events;
	bool broken; /* bytes of no event, or out of order */
	enum ringmap_status end;
};

void witness_blame(struct witness *w, const char *fmt, ...)
{
	va_list args;

	if (w->wrong[0])
		return;
	va_start(args, fmt);
	vsnprintf(w->wrong, sizeof(w->wrong), fmt, args);
	va_end(args);
}

static struct walk walk_page(const struct witness *w, struct ringmap_page *page)
{
	struct walk walk = {0};
	struct ringmap_event event;
	uint64_t number;

	while ((walk.end = ringmap_page_next(page, &event)) == RINGMAP_OK) {
		if (!rm_numbered_check(&event, &number)) {
			walk.broken = true;
			continue;
		}
		if (!walk.events) {
			walk.first = number;
			walk.first_ts = event.ts;
		} else if (number != walk.last + 1 ||
			   (event.ts < walk.last_ts && !w->clock_moves)) {
			walk.broken = true;
		}
		walk.last = number;
		walk.last_ts = event.ts;
		walk.events++;
	}
	return walk;
}

static uint64_t add_lost(uint64_t a, uint64_t b)
{
	return a == RINGMAP_LOST_UNKNOWN || b == RINGMAP_LOST_UNKNOWN
		       ? RINGMAP_LOST_UNKNOWN
		       : a + b;
}

/* The numbers between the last event and this one against what was said. */
static void check_hole(struct witness *w, const struct walk *walk)
{
	if (walk->first <= w->last) {
		witness_blame(w, "event %" PRIu64 " came after event %" PRIu64,
			      walk->first, w->last);
		return;
	}
	uint64_t hole = walk->first - w->last - 1;

	w->holes += hole != 0;
	if (w->lost == RINGMAP_LOST_UNKNOWN)
		w->unfounded += !hole;
	else if (w->lost != hole && !w->others &&
		 !(w->untold && w->untold(w->untold_ctx)))
		witness_blame(w,
			      "%" PRIu64 " events are missing after event "
			      "%" PRIu64 ", the page says %" PRIu64,
			      hole, w->last, w->lost);
	if (walk->first_ts < w->ts && !w->clock_moves)
		witness_blame(w, "time runs back before event %" PRIu64,
			      walk->first);
}

/* The page came back intact: what it held counts. */
static void take(struct witness *w, const struct walk *walk,
		 const struct ringmap_page *page)
{
	if (walk->broken)
		witness_blame(w, "sub-buffer %u holds wrong bytes",
			      page->subbuf);
	w->lost = add_lost(w->lost, page->lost);
	if (!walk->events)
		return;
	if (w->any) {
		check_hole(w, walk);
	} else {
		w->first = walk->first;
		w->lost_before = w->lost;
	}
	w->any = true;
	w->last = walk->last;
	w->ts = walk->last_ts;
	w->subbuf = page->subbuf;
	w->seen += walk->events;
	w->lost = 0;
}

enum ringmap_status witness_look_while(struct witness *w,
				       void (*meanwhile)(void *ctx), void *ctx)
{
	struct ringmap_page page;
	enum ringmap_status s = ringmap_ring_borrow_page(w->ring, &page);

	if (s != RINGMAP_OK)
		return s;
	struct walk walk = walk_page(w, &page);
	if (meanwhile)
		meanwhile(ctx);
	uint64_t events = page.events;
	s = ringmap_ring_return_page(w->ring, &page);
	if (s == RINGMAP_OK && walk.end != RINGMAP_DONE)
		witness_blame(w, "an intact page breaks the format");
	if (s == RINGMAP_OK && events != page.events)
		witness_blame(w,
			      "walking a page twice gives %" PRIu64
			      ", then %u events",
			      events, page.events);
	if (s == RINGMAP_OK)
		take(w, &walk, &page);
	else if (s != RINGMAP_E_OVERWRITTEN)
		witness_blame(w, "return says %s", ringmap_status_name(s));
	return s;
}

enum ringmap_status witness_look(struct witness *w)
{
	return witness_look_while(w, NULL, NULL);
}

bool witness_drain(struct witness *w)
{
	/* Consuming modes say so once when they only caught up. */
	for (int i = 0, done = 0; i < ENDLESS && !w->wrong[0]; i++) {
		enum ringmap_status s = witness_look(w);

		if (s < RINGMAP_OK && s != RINGMAP_E_OVERWRITTEN) {
			witness_blame(w, "borrow says %s",
				      ringmap_status_name(s));
			return false;
		}
		done = s == RINGMAP_DONE ? done + 1 : 0;
		if (done == 3)
			return true;
	}
	witness_blame(w, "there is no end of pages");
	return false;
}

void witness_account(struct witness *w, uint64_t base, uint64_t written,
		     bool exact)
{
	struct ringmap_ring_stats stats;

	if (ringmap_ring_stats(w->ring, &stats, sizeof(stats)) != RINGMAP_OK)
		witness_blame(w, "there are no stats");
	if (stats.events != w->seen)
		witness_blame(w, "stats say %" PRIu64 " events of %" PRIu64,
			      stats.events, w->seen);
	if (stats.lost == RINGMAP_LOST_UNKNOWN) {
		if (exact)
			witness_blame(w, "at rest the loss is not known");
		return;
	}
	if (stats.lost != written - base - w->seen)
		witness_blame(w,
			      "stats say %" PRIu64 " lost: %" PRIu64
			      " written since %" PRIu64 ", %" PRIu64 " seen",
			      stats.lost, written, base, w->seen);
}
