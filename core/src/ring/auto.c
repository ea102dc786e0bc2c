/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * auto.c - chooses between consume and read by timing both
 *
 * GET_READER walks the events of a sub-buffer with interrupts off, one by one
 * (rb_advance_reader()); read(2) copies the sub-buffer, whatever it holds. So
 * few large events are cheaper through the map, and many small ones by
 * read(2). The size at which the two cost the same depends on the machine. open.c
 * offers the choice only where GET_READER does no harm.
 */
#include "ring/auto.h"

#include "ring/ring.h"

#include <stdio.h>

enum {
	TRIAL_PAGES = 32,
	/* Pages after which the size of events is compared again. */
	REVIEW_PAGES = 1024,
};

static void use(struct ringmap_ring *ring, const struct rm_mode_ops *ops)
{
	if (ring->ops == ops)
		return;
	ring->ops = ops;
	if (ops == &rm_consume_ops) {
		ring->subbuf_size = ring->map.subbuf_size;
		rm_consume_rejoin(ring);
	}
}

static uint64_t per_event(uint64_t sum, const struct rm_cost *cost)
{
	return cost->events ? sum / cost->events : sum;
}

static void choose(struct ringmap_ring *ring)
{
	struct rm_auto *a = &ring->choice;
	uint64_t consume = per_event(a->consume.ns, &a->consume);
	uint64_t read = per_event(a->read.ns, &a->read);

	use(ring, consume < read ? &rm_consume_ops : &rm_read_ops);
	snprintf(ring->reason, sizeof(ring->reason),
		 "taking events costs %llu ns each through the map and %llu ns "
		 "by read(2), at %llu bytes an event",
		 (unsigned long long)consume, (unsigned long long)read,
		 (unsigned long long)per_event(a->read.bytes, &a->read));
	a->trying = false;
	a->since = (struct rm_cost){0};
}

static void try_both(struct ringmap_ring *ring)
{
	struct rm_auto *a = &ring->choice;

	a->consume = (struct rm_cost){0};
	a->read = (struct rm_cost){0};
	a->trying = true;
	use(ring, &rm_consume_ops);
}

/* True if events are half or twice as large as when the choice was made. */
static bool size_changed(const struct rm_auto *a)
{
	uint64_t then = per_event(a->read.bytes, &a->read);
	uint64_t now = per_event(a->since.bytes, &a->since);

	return now > 2 * then || 2 * now < then;
}

void rm_auto_note_borrow(struct ringmap_ring *ring, uint64_t ns)
{
	ring->choice.last_ns = ns;
}

static void add(struct rm_cost *cost, const struct ringmap_page *page,
		uint64_t ns)
{
	cost->ns += ns;
	cost->events += page->events;
	cost->bytes += page->size;
	cost->pages++;
}

void rm_auto_note_return(struct ringmap_ring *ring,
			 const struct ringmap_page *page)
{
	struct rm_auto *a = &ring->choice;

	if (!a->trying) {
		add(&a->since, page, 0);
		if (a->since.pages < REVIEW_PAGES)
			return;
		if (size_changed(a))
			try_both(ring);
		a->since = (struct rm_cost){0};
		return;
	}
	bool consuming = ring->ops == &rm_consume_ops;
	struct rm_cost *cost = consuming ? &a->consume : &a->read;
	add(cost, page, a->last_ns);
	if (cost->pages < TRIAL_PAGES)
		return;
	if (consuming)
		use(ring, &rm_read_ops);
	else
		choose(ring);
}
