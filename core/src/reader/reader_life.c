/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * reader_life.c - a reader's end, and what it says about itself
 */
#include "reader/reader.h"

#include <stdlib.h>
#include <string.h>

struct ringmap_reader *ringmap_reader_ref(struct ringmap_reader *reader)
{
	__atomic_fetch_add(&reader->refs, 1, __ATOMIC_RELAXED);
	return reader;
}

void ringmap_reader_unref(struct ringmap_reader *reader)
{
	struct ringmap_reader *r = reader;

	/* Release our uses; acquire those of who let go before. */
	if (!r || __atomic_sub_fetch(&r->refs, 1, __ATOMIC_ACQ_REL))
		return;
	rm_threads_quit(r);
	for (size_t i = 0; r->lanes && i < r->nr_lanes; i++)
		rm_lane_deinit(&r->lanes[i]);
	for (size_t i = 0; r->plans && i < r->nr_tables; i++)
		rm_plan_unref(r->plans[i]);
	/* In a forked child these would be waited for: threads that wait for
	 * them are the parent's. */
	if (rm_trace_here(r->trace)) {
		pthread_mutex_destroy(&r->lock);
		pthread_cond_destroy(&r->work);
		pthread_cond_destroy(&r->ready);
	}
	ringmap_trace_unref(r->trace);
	free(r->queue);
	free(r->owners);
	free(r->dropped);
	free(r->lanes);
	free(r->plans);
	free(r);
}

enum ringmap_status ringmap_reader_schema(const struct ringmap_reader *reader,
					  size_t table, struct ArrowSchema *ret)
{
	if (table >= reader->nr_tables)
		return RINGMAP_E_INVAL;
	return ringmap_table_schema(reader->lanes[0].tables[table], ret);
}

void ringmap_reader_error(const struct ringmap_reader *reader,
			  struct ringmap_error *ret)
{
	*ret = reader->error;
}

/* Counters that other threads write. */
static uint64_t load(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

enum ringmap_status ringmap_reader_stats(struct ringmap_reader *reader,
					 struct ringmap_reader_stats *ret,
					 size_t sz)
{
	struct ringmap_reader_stats sum = {.events = 0};
	struct ringmap_table_stats tables = {.rows = 0};
	bool unknown = false;

	if (!ret || sz < sizeof(uint64_t))
		return RINGMAP_E_INVAL;
	if (!rm_trace_here(reader->trace))
		return RINGMAP_E_FORKED;
	for (size_t i = 0; i < reader->nr_lanes; i++) {
		const struct rm_lane_counts *c = &reader->lanes[i].counts;

		sum.events += load(&c->events);
		sum.bytes += load(&c->bytes);
		sum.lost += load(&c->lost);
		sum.corrupt += load(&c->corrupt);
		unknown |= __atomic_load_n(&c->lost_unknown, __ATOMIC_RELAXED);
		for (size_t j = 0; j < reader->nr_tables; j++)
			rm_table_add_stats(reader->lanes[i].tables[j], &tables);
	}
	if (unknown)
		sum.lost = RINGMAP_LOST_UNKNOWN;
	sum.rows = tables.rows;
	sum.undone = tables.undone;
	sum.broken = tables.broken;
	sum.escaped = tables.escaped;
	sum.late = reader->ordered ? reader->trace->late : 0;
	memset(ret, 0, sz);
	memcpy(ret, &sum, sz < sizeof(sum) ? sz : sizeof(sum));
	return RINGMAP_OK;
}
