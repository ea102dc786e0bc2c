/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * trace.c - merges the events of several rings in time order
 *
 * The events of each ring are in order; a heap merges the rings. In a live
 * trace an event may be handed out although some ring is empty, if that ring
 * was found empty after the event was copied: whatever comes there later was
 * written later. The exceptions are events whose writer took the time stamp
 * earlier and was held up before the commit; they are counted as late.
 */
#include "trace/trace.h"

#include "base/count.h"
#include "base/heap.h"
#include "ring/page.h"
#include "ring/wait.h"

#include <stdlib.h>
#include <string.h>

enum {
	/* Pages that one call may borrow, on average over the rings. */
	LOOKS_EACH = 256
};

/* Ties go to the lower CPU, so that equal runs give equal orders. */
static inline bool before(const struct ringmap_trace *t, uint32_t a, uint32_t b)
{
	uint64_t x = t->streams[a].event.ts;
	uint64_t y = t->streams[b].event.ts;

	return x != y ? x < y : a < b;
}

RM_DEFINE_HEAP(streams, uint32_t, const struct ringmap_trace *, before)

static void heap_push(struct ringmap_trace *t, uint32_t stream)
{
	streams_rise(t, t->heap, t->heap_count, stream);
	t->heap_count++;
}

static void heap_down(struct ringmap_trace *t)
{
	streams_sink(t, t->heap, t->heap_count, 0);
}

static void heap_pop(struct ringmap_trace *t)
{
	t->heap[0] = t->heap[--t->heap_count];
	if (t->heap_count)
		heap_down(t);
}

/* Stamps of a guest are converted first, since CPUs may differ in that. */
static enum ringmap_status next_event(const struct ringmap_trace *t,
				      struct rm_stream *s)
{
	enum ringmap_status ret = ringmap_page_next(&s->page, &s->event);

	if (ret == RINGMAP_OK)
		s->event.ts =
			rm_stamp_shifted(&t->stamps, s->event.cpu, s->event.ts);
	return ret;
}

static bool grow(struct rm_stream *s, size_t size)
{
	if (size <= s->copy_size)
		return true;
	uint8_t *copy = realloc(s->copy, size);
	if (!copy)
		return false;
	s->copy = copy;
	s->copy_size = size;
	return true;
}

/* Makes the ring's error the trace's error; returns @status. */
static enum ringmap_status ring_failed(struct ringmap_trace *t,
				       const struct rm_stream *s,
				       enum ringmap_status status)
{
	if (status < RINGMAP_OK && status != RINGMAP_E_OVERWRITTEN)
		ringmap_ring_error(s->ring, &t->error);
	return status;
}

/*
 * Copies the borrowed page and returns it. The copy is walked once to find the
 * page's end, so that return_page need not walk the page itself.
 */
static enum ringmap_status copy_page(struct ringmap_trace *t,
				     struct rm_stream *s,
				     struct ringmap_page *page)
{
	struct ringmap_page copy = *page;
	/* Round up: a size that is no multiple of 4 has a broken tail, which
	 * is copied too. */
	size_t size = (page->size + 3u) & ~(size_t)3;

	if (t->before_reuse)
		t->before_reuse(t->reuse_ctx);
	if (!grow(s, size)) {
		ringmap_ring_return_page(s->ring, page);
		s->lost = RINGMAP_LOST_UNKNOWN;
		return rm_fail(&t->error, RINGMAP_E_NOMEM, 0,
			       "no memory to copy a sub-buffer");
	}
	rm_copy_shared(s->copy, page->data, size);
	copy.data = copy.ahead = s->copy;
	s->page = copy;
	rm_page_finish(&copy);
	page->pos = copy.pos;
	page->ts = copy.ts;
	page->events = copy.events;
	enum ringmap_status ret =
		ring_failed(t, s, ringmap_ring_return_page(s->ring, page));
	if (ret == RINGMAP_E_OVERWRITTEN || !copy.events) {
		s->page.size = s->page.pos;
		if (ret != RINGMAP_E_OVERWRITTEN)
			s->lost = rm_count_add(s->lost, page->lost);
		return ret == RINGMAP_OK ? RINGMAP_E_OVERWRITTEN : ret;
	}
	s->page.lost = rm_count_add(s->lost, s->page.lost);
	s->lost = 0;
	uint64_t last = rm_stamp_shifted(&t->stamps, copy.cpu, copy.ts);
	if (last > t->newest)
		t->newest = last;
	return ret;
}

/*
 * A live ring may yield pages without an event for as long as it is written,
 * and a call must end nevertheless. A recording ends by itself.
 */
static bool may_look(struct ringmap_trace *t, const struct rm_stream *s)
{
	if (s->ring->ops->recorded)
		return true;
	if (!t->looks)
		return false;
	t->looks--;
	return true;
}

/*
 * Gets the stream's next event, from the next page if a page was overwritten
 * or has no event. RINGMAP_DONE: the ring is empty now, or this call has used
 * up its looks.
 */
static enum ringmap_status refill(struct ringmap_trace *t, uint32_t i)
{
	struct rm_stream *s = &t->streams[i];
	enum ringmap_status ret = RINGMAP_OK;

	while (next_event(t, s) != RINGMAP_OK) {
		uint64_t in_sight = t->newest;
		struct ringmap_page page;

		if (ret != RINGMAP_OK && ret != RINGMAP_E_OVERWRITTEN)
			return ret;
		if (!may_look(t, s))
			return RINGMAP_DONE;
		ret = ring_failed(t, s,
				  ringmap_ring_borrow_page(s->ring, &page));
		if (ret == RINGMAP_DONE && !s->ring->caught_up)
			s->known = in_sight;
		if (ret != RINGMAP_OK)
			return ret;
		ret = copy_page(t, s, &page);
	}
	s->has_event = true;
	heap_push(t, i);
	return ret == RINGMAP_E_OVERWRITTEN ? RINGMAP_OK : ret;
}

/*
 * Looks again at every empty ring that was last looked at before @ts. Stops at
 * the first ring that fails, since a call can report only one error. The next
 * call looks at the other rings; until then the old value of settled holds.
 */
static enum ringmap_status settle(struct ringmap_trace *t, uint64_t ts)
{
	uint64_t settled = UINT64_MAX;

	for (uint32_t i = 0; i < t->count; i++) {
		struct rm_stream *s = &t->streams[i];

		if (s->has_event)
			continue;
		if (s->known < ts || !t->heap_count) {
			enum ringmap_status ret = refill(t, i);

			if (ret != RINGMAP_OK && ret != RINGMAP_DONE)
				return ret;
		}
		if (!s->has_event && s->known < settled)
			settled = s->known;
	}
	t->settled = settled;
	return RINGMAP_OK;
}

/* Drops the event that the caller held and gets the next one of its ring. */
static enum ringmap_status move_on(struct ringmap_trace *t)
{
	uint32_t i = t->heap[0];
	struct rm_stream *s = &t->streams[i];

	t->current = false;
	if (next_event(t, s) == RINGMAP_OK) {
		heap_down(t);
		return RINGMAP_OK;
	}
	heap_pop(t);
	s->has_event = false;
	enum ringmap_status ret = refill(t, i);
	if (!s->has_event && s->known < t->settled)
		t->settled = s->known;
	return ret == RINGMAP_DONE ? RINGMAP_OK : ret;
}

static enum ringmap_status oldest_event(struct ringmap_trace *t)
{
	enum ringmap_status ret = t->current ? move_on(t) : RINGMAP_OK;

	if (ret != RINGMAP_OK)
		return ret;
	if (!t->heap_count) {
		ret = settle(t, UINT64_MAX);
		if (ret != RINGMAP_OK)
			return ret;
	}
	/* Settling may bring older events to the top. The loop ends, because
	 * no event copied by then is newer than newest. */
	while (t->heap_count) {
		uint64_t ts = t->streams[t->heap[0]].event.ts;

		if (ts <= t->settled)
			return RINGMAP_OK;
		/* If time goes back within a page, the page's last time stamp
		 * is older than some of its events. */
		if (ts > t->newest)
			t->newest = ts;
		ret = settle(t, ts);
		if (ret != RINGMAP_OK)
			return ret;
		if (!t->looks)
			break;
	}
	return RINGMAP_DONE;
}

void ringmap_trace_error(const struct ringmap_trace *trace,
			 struct ringmap_error *ret)
{
	*ret = trace->error;
}

enum ringmap_status rm_trace_forked(struct ringmap_trace *t)
{
	return rm_fail(&t->error, RINGMAP_E_FORKED, 0,
		       "this trace belongs to the parent process: open one of "
		       "your own");
}

enum ringmap_status ringmap_trace_next(struct ringmap_trace *trace,
				       struct ringmap_event *ret)
{
	if (!rm_trace_here(trace))
		return rm_trace_forked(trace);
	/* A trace whose rings are never empty would keep its caller from the
	 * wait that reports the stop. */
	trace->looks = trace->live && rm_stop_pending(&trace->stop)
			       ? 0
			       : LOOKS_EACH * trace->count;
	enum ringmap_status s = oldest_event(trace);
	if (s != RINGMAP_OK)
		return s;
	*ret = trace->streams[trace->heap[0]].event;
	trace->current = true;
	trace->events++;
	if (ret->ts < trace->handed)
		trace->late++;
	else
		trace->handed = ret->ts;
	if (!rm_stamps_plain(&trace->stamps))
		ret->ts = rm_stamp_scaled(&trace->stamps, ret->ts);
	return RINGMAP_OK;
}

static bool any_ready(void *ctx)
{
	struct ringmap_trace *t = ctx;

	if (t->heap_count > t->current)
		return true;
	for (size_t i = 0; i < t->count; i++) {
		struct ringmap_ring *ring = t->streams[i].ring;

		if (ring->ops->ready(ring))
			return true;
	}
	return false;
}

static uint64_t shortest_interval(void *ctx)
{
	struct ringmap_trace *t = ctx;
	uint64_t shortest = UINT64_MAX;

	for (size_t i = 0; i < t->count; i++) {
		struct ringmap_ring *ring = t->streams[i].ring;
		uint64_t ns = ring->ops->interval(ring);

		ring->stats.sleeps += i == 0;
		if (ns < shortest)
			shortest = ns;
	}
	return shortest;
}

enum ringmap_status ringmap_trace_wait(struct ringmap_trace *trace,
				       int timeout_ms)
{
	if (!rm_trace_here(trace))
		return rm_trace_forked(trace);
	struct rm_waiter waiter = {
		.ready = any_ready,
		.interval = shortest_interval,
		.ctx = trace,
		.stop = &trace->stop,
		.fds = trace->fds,
		.count = 1,
		.drained = trace->heap_count <= trace->current,
	};

	for (size_t i = 0; i < trace->count; i++) {
		const struct ringmap_ring *ring = trace->streams[i].ring;

		waiter.drained &= ring->drained;
		if (!ring->ops->consumes)
			continue;
		waiter.looks = true;
		trace->fds[waiter.count++] =
			(struct pollfd){.fd = ring->fd, .events = POLLIN};
	}
	if (!trace->live)
		return any_ready(trace) ? RINGMAP_OK : RINGMAP_DONE;
	return rm_wait(&waiter, timeout_ms, &trace->error);
}

enum ringmap_status ringmap_trace_stop(struct ringmap_trace *trace)
{
	if (!rm_trace_here(trace))
		return RINGMAP_E_FORKED;
	rm_stop_ask(&trace->stop);
	return RINGMAP_OK;
}
