/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * trace.c - traces that can be closed, and copies of their events
 */
#include "state.h"

#include <string.h>

/* ---- events ------------------------------------------------------------------- */

static void destroy_event(void *object)
{
	struct rmb_event *self = object;

	rmb_unref(self->memory);
}

struct rmb_event *new_rmb_event(void)
{
	struct ringmap_error unheard;

	return rmb_new(sizeof(struct rmb_event), destroy_event, &unheard);
}

void delete_rmb_event(struct rmb_event *self)
{
	rmb_unref(self);
}

bool rmb_event_set(struct rmb_event *self, const struct ringmap_event *event,
		   bool big_endian, struct ringmap_error *err)
{
	RMB_HELD *held = rmb_hold(self, err);

	if (!held)
		return false;
	if (!self->memory || self->room < event->size) {
		/* Somebody may still see the old bytes. */
		struct rmb_memory *memory = rmb_memory_new(event->size, err);

		if (!memory)
			return false;
		rmb_unref(self->memory);
		self->memory = memory;
		self->room = event->size;
	}
	memcpy(self->memory->block, event->data, event->size);
	self->event = *event;
	self->event.data = self->memory->block;
	self->big_endian = big_endian;
	return true;
}

uint64_t rmb_event_ts_get(struct rmb_event *self)
{
	return self->event.ts;
}

rmb_count rmb_event_lost_get(struct rmb_event *self)
{
	return self->event.lost;
}

uint32_t rmb_event_size_get(struct rmb_event *self)
{
	return self->event.size;
}

uint32_t rmb_event_cpu_get(struct rmb_event *self)
{
	return self->event.cpu;
}

uint32_t rmb_event_id_get(struct rmb_event *self)
{
	if (self->event.size < 2)
		return 0;
	return (uint32_t)rmb_number(self->event.data, 2, false,
				    self->big_endian);
}

struct rmb_bytes rmb_event_bytes(struct rmb_event *self)
{
	if (!self->memory)
		return (struct rmb_bytes){0};
	return rmb_bytes_of(self->event.data, self->event.size, self->memory);
}

/* ---- traces ------------------------------------------------------------------- */

static void destroy_trace(void *object)
{
	struct rmb_trace *self = object;

	ringmap_trace_unref(self->trace);
}

void delete_rmb_trace(struct rmb_trace *self)
{
	rmb_unref(self);
}

/* Takes @trace over, also when it fails. */
static struct rmb_trace *trace_of(struct ringmap_trace *trace,
				  struct ringmap_error *err)
{
	struct rmb_trace *self = rmb_new(sizeof(*self), destroy_trace, err);
	struct ringmap_ring *ring = ringmap_trace_ring(trace, 0);
	struct ringmap_ring_info info = {0};

	if (!self) {
		ringmap_trace_unref(trace);
		return NULL;
	}
	self->trace = trace;
	/* Of a trace without rings there are no events to be read either. */
	if (ring && !ringmap_ring_info(ring, &info, sizeof(info)))
		self->big_endian = info.big_endian;
	/* Later errors take its place in the trace. */
	ringmap_trace_error(trace, &self->cut);
	return self;
}

struct rmb_trace *new_rmb_trace(const struct ringmap_trace_opts *opts,
				struct ringmap_error *err)
{
	struct ringmap_trace *trace;

	if (rmb_failed(ringmap_trace_open(opts, &trace, err), err))
		return NULL;
	return trace_of(trace, err);
}

struct rmb_trace *rmb_trace_open_file(const char *path, const char *instance,
				      struct ringmap_error *err)
{
	struct ringmap_trace *trace;

	if (!path) {
		rmb_fail(err, RINGMAP_E_INVAL, "a file needs a path");
		return NULL;
	}
	if (rmb_failed(ringmap_trace_open_file(path, instance, &trace, err),
		       err))
		return NULL;
	return trace_of(trace, err);
}

void rmb_trace_close(struct rmb_trace *self, struct ringmap_error *err)
{
	RMB_HELD *held = rmb_hold(self, err);
	struct ringmap_trace *trace = self->trace;

	if (!held)
		return;
	rmb_guard(self);
	self->trace = NULL;
	rmb_unguard(self);
	ringmap_trace_unref(trace);
}

/* The trace to call; NULL: it is closed. */
static struct ringmap_trace *opened(const struct rmb_trace *self,
				    struct ringmap_error *err)
{
	if (!self->trace)
		rmb_fail(err, RINGMAP_E_INVAL,
			 "the trace is closed: open it again");
	return self->trace;
}

/* As rmb_failed(), for calls that leave the detail in the trace. */
static bool failed(const struct rmb_trace *self, enum ringmap_status status,
		   struct ringmap_error *err)
{
	if (status >= 0)
		return false;
	ringmap_trace_error(self->trace, err);
	return rmb_failed(status, err);
}

/* All zero if it fails. */
static struct ringmap_trace_info info_of(struct rmb_trace *self,
					 struct ringmap_error *err)
{
	RMB_HELD *held = rmb_hold(self, err);
	struct ringmap_trace *trace = held ? opened(self, err) : NULL;
	struct ringmap_trace_info info = {0};

	if (trace &&
	    failed(self, ringmap_trace_info(trace, &info, sizeof(info)), err))
		memset(&info, 0, sizeof(info));
	return info;
}

char *rmb_trace_instance(struct rmb_trace *self, uint32_t i,
			 struct ringmap_error *err)
{
	RMB_HELD *held = rmb_hold(self, err);
	struct ringmap_trace *trace = held ? opened(self, err) : NULL;

	return trace ? rmb_text(ringmap_trace_instance(trace, i), err) : NULL;
}

char *rmb_trace_clock(struct rmb_trace *self, struct ringmap_error *err)
{
	return rmb_text(info_of(self, err).clock, err);
}

uint32_t rmb_trace_ts_unit(struct rmb_trace *self, struct ringmap_error *err)
{
	return info_of(self, err).ts_unit;
}

uint32_t rmb_trace_flags(struct rmb_trace *self, struct ringmap_error *err)
{
	return info_of(self, err).flags;
}

char *rmb_trace_cut(struct rmb_trace *self, struct ringmap_error *err)
{
	return self->cut.status ? rmb_text(self->cut.text, err) : NULL;
}

uint32_t rmb_trace_rings(struct rmb_trace *self, struct ringmap_error *err)
{
	return info_of(self, err).rings;
}

uint32_t rmb_trace_instances(struct rmb_trace *self, struct ringmap_error *err)
{
	return info_of(self, err).instances;
}

struct rmb_schema *rmb_trace_schema(struct rmb_trace *self,
				    struct ringmap_error *err)
{
	RMB_HELD *held = rmb_hold(self, err);
	struct ringmap_trace *trace = held ? opened(self, err) : NULL;
	struct ringmap_schema *schema;

	if (!trace ||
	    rmb_failed(ringmap_trace_schema(trace, &schema, err), err))
		return NULL;
	return rmb_schema_of(ringmap_schema_ref(schema), err);
}

struct rmb_ring *rmb_trace_ring(struct rmb_trace *self, uint32_t i,
				struct ringmap_error *err)
{
	RMB_HELD *held = rmb_hold(self, err);
	struct ringmap_trace *trace = held ? opened(self, err) : NULL;
	struct ringmap_ring *ring = trace ? ringmap_trace_ring(trace, i) : NULL;

	if (!ring) {
		if (trace)
			rmb_fail(err, RINGMAP_E_NOENT,
				 "the trace has no such ring: see rings()");
		return NULL;
	}
	return rmb_ring_of(ringmap_ring_ref(ring), self, NULL, err);
}

bool rmb_is_lent(struct rmb_trace *trace, struct ringmap_error *err)
{
	if (!atomic_load(&trace->lent))
		return false;
	rmb_fail(err, RINGMAP_E_BUSY,
		 "the threads of a reader use this trace: close it first");
	return true;
}

bool rmb_trace_read_event(struct rmb_trace *self, struct rmb_event *event,
			  struct ringmap_error *err)
{
	RMB_HELD *held = rmb_hold(self, err);
	struct ringmap_trace *trace = held ? opened(self, err) : NULL;
	struct ringmap_event found;

	if (!trace || rmb_is_lent(self, err))
		return false;

	enum ringmap_status status = ringmap_trace_next(trace, &found);

	if (failed(self, status, err) || status)
		return false;
	return rmb_event_set(event, &found, self->big_endian, err);
}

struct rmb_event *rmb_trace_next_event(struct rmb_trace *self,
				       struct ringmap_error *err)
{
	struct rmb_event *event = new_rmb_event();

	if (event && rmb_trace_read_event(self, event, err))
		return event;
	if (!event)
		rmb_failed(RINGMAP_E_NOMEM, err);
	rmb_unref(event);
	return NULL;
}

bool rmb_trace_wait(struct rmb_trace *self, int timeout_ms,
		    struct ringmap_error *err)
{
	RMB_HELD *held = rmb_hold(self, err);
	struct ringmap_trace *trace = held ? opened(self, err) : NULL;

	if (!trace)
		return false;

	enum ringmap_status status = ringmap_trace_wait(trace, timeout_ms);

	if (status < 0)
		ringmap_trace_error(trace, err);
	return rmb_waited(status, &self->stopped, err);
}

bool rmb_trace_stopped_get(struct rmb_trace *self)
{
	return self->stopped;
}

void rmb_trace_stop(struct rmb_trace *self, struct ringmap_error *err)
{
	rmb_guard(self);

	struct ringmap_trace *trace = opened(self, err);

	if (trace)
		rmb_failed(ringmap_trace_stop(trace), err);
	rmb_unguard(self);
}

struct ringmap_trace_stats *rmb_trace_stats(struct rmb_trace *self,
					    struct ringmap_error *err)
{
	RMB_HELD *held = rmb_hold(self, err);
	struct ringmap_trace *trace = held ? opened(self, err) : NULL;
	struct ringmap_trace_stats *stats = calloc(1, sizeof(*stats));

	if (trace && stats &&
	    !failed(self, ringmap_trace_stats(trace, stats, sizeof(*stats)),
		    err))
		return stats;
	if (!stats)
		rmb_failed(RINGMAP_E_NOMEM, err);
	free(stats);
	return NULL;
}
