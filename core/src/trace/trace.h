/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * trace.h - what a trace is inside
 */
#ifndef RM_TRACE_H
#define RM_TRACE_H

#include "ring/ring.h"
#include "trace/trace_info.h"

#include <ringmap/ringmap.h>

#include <poll.h>
#include <stdbool.h>

/*
 * One ring's part of the merge. copy holds the bytes of the page that event
 * points into; they were checked after they were copied. While has_event is
 * false the ring was empty when every event up to known was in sight.
 */
struct rm_stream {
	struct ringmap_ring *ring;
	uint8_t *copy;
	size_t copy_size;
	struct ringmap_page page; /* over copy */
	struct ringmap_event event;
	uint64_t known;
	uint64_t lost; /* marks of pages without an event, for the next one */
	bool has_event;
};

/* heap: indices of the streams that have an event, the oldest one first. */
struct ringmap_trace {
	struct rm_stream *streams;
	uint32_t *heap;
	struct pollfd *fds;
	size_t count;
	size_t heap_count;
	uint64_t newest;  /* latest time stamp in any copy */
	uint64_t settled; /* no empty stream can have anything older */
	uint64_t handed;  /* latest time stamp handed out */
	uint64_t events;
	uint64_t late;
	uint32_t refs;
	int stop_fd;
	size_t looks; /* pages that this call may still ask live rings for */
	bool current; /* heap[0]'s event is in the caller's hands */
	struct rm_stamps stamps;
	struct rm_trace_info origin;
	struct ringmap_schema *schema; /* NULL: nobody asked for it */
	/* Called before bytes of events that were handed out are written over;
	 * NULL: nobody wants to know. */
	void (*before_reuse)(void *ctx);
	void *reuse_ctx;
	struct ringmap_error error;
};

/* trace.c */

/* False in a child that inherited the trace. */
static inline bool rm_trace_here(const struct ringmap_trace *t)
{
	return !t->count || rm_ring_here(t->streams[0].ring);
}

/* Remembers an error of a call that has no @err of its own. */
enum ringmap_status rm_trace_forked(struct ringmap_trace *t);

/* trace_open.c */

/*
 * As ringmap_trace_open_rings(), but there may be none. Takes what @origin
 * holds over on success.
 */
enum ringmap_status rm_trace_new(struct ringmap_ring *const *rings,
				 size_t count, struct rm_trace_info *origin,
				 struct ringmap_trace **ret,
				 struct ringmap_error *err);

#endif
