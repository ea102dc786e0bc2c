/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * reader_open.c - a reader, from a trace and what its tables shall hold
 */
#include "base/error.h"
#include "reader/reader.h"
#include "ring/ring.h"
#include "table/plan.h"

#include <stdlib.h>

enum {
	THREADS_MAX = 1024
};

static enum ringmap_status no_memory(struct ringmap_error *err)
{
	return rm_fail(err, RINGMAP_E_NOMEM, 0, "no memory for a reader");
}

static enum ringmap_status check_opts(const struct ringmap_reader_opts *o,
				      struct ringmap_error *err)
{
	if (o->flags & ~(uint32_t)RINGMAP_READER_ORDERED ||
	    o->threads > THREADS_MAX)
		return rm_fail(err, RINGMAP_E_INVAL, 0,
			       "a reader has no such flags, or not so many "
			       "threads");
	if (o->flags & RINGMAP_READER_ORDERED && o->threads > 1)
		return rm_fail(err, RINGMAP_E_INVAL, 0,
			       "time order over all CPUs is made by one "
			       "thread: ask for one, or for no order");
	return RINGMAP_OK;
}

static bool is_recording(const struct ringmap_trace *trace)
{
	for (size_t i = 0; i < trace->count; i++)
		if (trace->streams[i].ring->mode != RINGMAP_MODE_IMAGE)
			return false;
	return true;
}

static enum ringmap_status make_plans(struct ringmap_reader *r,
				      struct ringmap_schema *schema,
				      const struct ringmap_table_opts *tables,
				      size_t count, struct ringmap_error *err)
{
	struct ringmap_trace_info info;
	enum ringmap_status s =
		ringmap_trace_info(r->trace, &info, sizeof(info));

	r->plans = calloc(count, sizeof(struct rm_plan *));
	if (!r->plans)
		return no_memory(err);
	if (!schema)
		s = ringmap_trace_schema(r->trace, &schema, err);
	const uint8_t *opts = (const uint8_t *)tables;
	for (size_t i = 0; !s && i < count; i++) {
		struct ringmap_table_opts o;

		/* The caller's structs may be of another size than ours. */
		s = rm_table_opts((const void *)(opts + i * tables->sz), &o,
				  err);
		if (!s)
			s = rm_plan_new(schema, &o, info.ts_unit, &r->plans[i],
					err);
		r->nr_tables += !s;
	}
	return s;
}

static enum ringmap_status make_lanes(struct ringmap_reader *r,
				      uint32_t threads,
				      struct ringmap_error *err)
{
	size_t count = threads ? threads : 1;

	/* More threads than rings would have nothing to do. */
	if (count > r->trace->count)
		count = r->trace->count ? r->trace->count : 1;
	r->lanes = calloc(count, sizeof(*r->lanes));
	r->queue_room = count * r->nr_tables;
	r->queue = calloc(r->queue_room, sizeof(*r->queue));
	r->owners = calloc(r->trace->count + 1, sizeof(struct rm_lane *));
	r->dropped = calloc(r->trace->count + 1, sizeof(bool));
	if (!r->lanes || !r->queue || !r->owners || !r->dropped)
		return no_memory(err);
	for (; r->nr_lanes < count; r->nr_lanes++)
		if (rm_lane_init(&r->lanes[r->nr_lanes], r)) {
			rm_lane_deinit(&r->lanes[r->nr_lanes]);
			return no_memory(err);
		}
	return RINGMAP_OK;
}

static struct ringmap_reader *new_reader(struct ringmap_trace *trace)
{
	struct ringmap_reader *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->refs = 1;
	r->trace = ringmap_trace_ref(trace);
	r->recording = is_recording(trace);
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->work, NULL);
	pthread_cond_init(&r->ready, NULL);
	return r;
}

enum ringmap_status
ringmap_reader_open(struct ringmap_trace *trace, struct ringmap_schema *schema,
		    const struct ringmap_table_opts *tables, size_t count,
		    const struct ringmap_reader_opts *opts,
		    struct ringmap_reader **ret, struct ringmap_error *err)
{
	struct ringmap_reader_opts o = {.sz = 0};

	if (!trace || !tables || !ret || !count || count > RM_PICKER_SLOTS)
		return rm_fail(err, RINGMAP_E_INVAL, 0,
			       "a reader needs a trace and 1 to %d tables",
			       RM_PICKER_SLOTS);
	enum ringmap_status s =
		opts ? rm_opts_copy(&o, sizeof(o), opts, err) : RINGMAP_OK;
	if (!s)
		s = check_opts(&o, err);
	if (s)
		return s;
	struct ringmap_reader *r = new_reader(trace);
	if (!r)
		return no_memory(err);
	r->ordered = o.flags & RINGMAP_READER_ORDERED;
	s = make_plans(r, schema, tables, count, err);
	if (!s)
		s = make_lanes(r, o.threads, err);
	if (s) {
		ringmap_reader_unref(r);
		return s;
	}
	*ret = r;
	return RINGMAP_OK;
}
