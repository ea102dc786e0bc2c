/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * trace.h - struct ringmap_trace: the merge of several rings
 */
#ifndef RM_TRACE_H
#define RM_TRACE_H

#include "ring/ring.h"
#include "trace/trace_info.h"

#include <ringmap/ringmap.h>

#include <poll.h>
#include <stdbool.h>

/*
 * One ring's input to the merge. copy holds the bytes of the page that event
 * points into; they were checked after they were copied. While has_event is
 * false, known is the value that the trace's newest had just before the ring
 * was last found empty.
 */
struct rm_stream {
	struct ringmap_ring *ring;
	uint8_t *copy;
	size_t copy_size;
	struct ringmap_page page; /* over copy */
	struct ringmap_event event;
	uint64_t known;
	uint64_t lost; /* losses that the next page with an event reports */
	bool has_event;
};

/* heap holds the numbers of the streams with an event, the oldest on top. */
struct ringmap_trace {
	struct rm_stream *streams;
	uint32_t *heap;
	struct pollfd *fds;
	size_t count;
	size_t heap_count;
	uint64_t newest;  /* latest time stamp in any copy */
	uint64_t settled; /* no empty stream can bring anything older */
	uint64_t handed;  /* latest time stamp handed out */
	uint64_t events;
	uint64_t late;
	uint32_t refs;
	struct rm_stop stop;
	size_t looks; /* pages of live rings that this call may still borrow */
	bool live;    /* some ring has a writer */
	bool current; /* the caller holds heap[0]'s event */
	struct rm_stamps stamps;
	struct rm_trace_info info;
	struct ringmap_schema *schema; /* NULL: not opened yet */
	/* Called before the bytes of events that were handed out are
	 * overwritten; NULL: no callback. */
	void (*before_reuse)(void *ctx);
	void *reuse_ctx;
	struct ringmap_error error;
};

/* trace.c */

/* Returns false in a child process that inherited the trace. */
static inline bool rm_trace_here(const struct ringmap_trace *t)
{
	return !t->count || rm_ring_here(t->streams[0].ring);
}

/* Sets the trace's error, for a call that has no @err of its own. */
enum ringmap_status rm_trace_forked(struct ringmap_trace *t);

/* trace_open.c */

/*
 * Does what ringmap_trace_open_rings() does, but @count may be 0. On success
 * the trace takes over what @info holds.
 */
enum ringmap_status rm_trace_new(struct ringmap_ring *const *rings,
				 size_t count, struct rm_trace_info *info,
				 struct ringmap_trace **ret,
				 struct ringmap_error *err);

#endif
