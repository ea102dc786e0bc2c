/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * plan.c - makes the columns of a table from a schema and options
 */
#define _GNU_SOURCE
#include "table/plan.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/new_text.h"
#include "base/opts.h"
#include "table/field_column.h"

#include <inttypes.h>
#include <string.h>

/* Finds a column that is not a field; returns false if @name is not one. */
static bool own_column(const char *name, struct rm_column *ret)
{
	static const struct {
		const char *name;
		enum rm_column_what what;
	} own[] = {
		{"ts", RM_COLUMN_TS},
		{"cpu", RM_COLUMN_CPU},
		{"event", RM_COLUMN_EVENT},
		{"lost_before", RM_COLUMN_LOST},
	};

	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++) {
		if (strcmp(own[i].name, name))
			continue;
		*ret = (struct rm_column){.what = own[i].what};
		return true;
	}
	return false;
}

enum {
	BATCH_ROWS = 32768,
	BATCH_ROWS_MAX = 1 << 28,
	/* With one row missing, a batch still takes a large sub-buffer. */
	PAGE_ROWS = 8192,
};

/* The state of making one plan. */
struct making {
	struct ringmap_schema *schema;
	const struct ringmap_table_opts *opts;
	const struct ringmap_format *format; /* any, if every event is wanted */
	struct ringmap_format_info info;
	struct rm_plan *plan;
	size_t room; /* columns that plan->columns has memory for */
	struct ringmap_error *err;
};

static enum ringmap_status no_memory(struct ringmap_error *err)
{
	return rm_fail(err, RINGMAP_E_NOMEM, 0, "no memory for a table");
}

/* ---- the list of columns ------------------------------------------------- */

static bool room_for_column(struct making *m)
{
	struct rm_plan *plan = m->plan;
	size_t room = m->room ? m->room * 2 : 16;

	if (plan->count < m->room)
		return true;
	void *columns =
		reallocarray(plan->columns, room, sizeof(*plan->columns));
	if (!columns)
		return false;
	plan->columns = columns;
	m->room = room;
	return true;
}

static enum ringmap_status add(struct making *m, const struct rm_column *column,
			       const char *prefix, const char *name)
{
	struct rm_plan *plan = m->plan;
	char *full =
		room_for_column(m) ? rm_new_text("%s%s", prefix, name) : NULL;

	if (!full)
		return no_memory(m->err);
	struct rm_column *c = &plan->columns[plan->count++];
	*c = *column;
	c->name = full;
	for (size_t i = 0; i + 1 < plan->count; i++)
		if (!strcmp(plan->columns[i].name, full))
			return rm_fail(m->err, RINGMAP_E_INVAL, 0,
				       "column %s occurs twice", full);
	return RINGMAP_OK;
}

static enum ringmap_status add_own(struct making *m, const char *name)
{
	struct rm_column c;

	own_column(name, &c);
	return add(m, &c, "", name);
}

static enum ringmap_status add_field(struct making *m,
				     const struct ringmap_field_info *field)
{
	struct rm_column own;
	struct rm_column c = rm_field_column(
		m->format, field, m->opts->flags & RINGMAP_TABLE_NUMBERS);
	bool taken = own_column(field->name, &own);

	return add(m, &c, taken ? "field_" : "", field->name);
}

static enum ringmap_status add_common(struct making *m, const char *name)
{
	const struct ringmap_field_info *field =
		rm_format_find(m->format, name);

	/* Not every kernel has this common field. */
	return field ? add_field(m, field) : RINGMAP_OK;
}

static enum ringmap_status add_all(struct making *m)
{
	enum ringmap_status s = add_own(m, "ts");

	if (!s)
		s = add_own(m, "cpu");
	if (!s && !m->opts->event)
		s = add_own(m, "event");
	if (!s)
		s = add_common(m, "common_pid");
	if (!s)
		s = add_common(m, "common_flags");
	if (!s)
		s = add_common(m, "common_preempt_count");
	if (!s)
		s = add_own(m, "lost_before");
	for (size_t i = 0; !s && m->opts->event && i < m->info.nr_fields; i++) {
		const struct ringmap_field_info *field = &m->format->fields[i];

		if (!(field->flags & RINGMAP_FIELD_COMMON))
			s = add_field(m, field);
	}
	return s;
}

static enum ringmap_status no_column(const struct making *m, const char *name)
{
	if (!m->opts->event)
		return rm_fail(m->err, RINGMAP_E_NOENT, 0,
			       "a table of every event has no column %s: it "
			       "has ts, cpu, event, lost_before and the common "
			       "fields",
			       name);
	return rm_fail(m->err, RINGMAP_E_NOENT, 0, "%s:%s has no field %s",
		       m->info.system, m->info.name, name);
}

static enum ringmap_status add_named(struct making *m, const char *name)
{
	static const char prefix[] = "field_";
	struct rm_column own;

	if (own_column(name, &own))
		return add_own(m, name);
	const char *bare = name;
	if (!strncmp(name, prefix, strlen(prefix)) &&
	    own_column(name + strlen(prefix), &own))
		bare = name + strlen(prefix);
	const struct ringmap_field_info *field =
		rm_format_find(m->format, bare);
	if (!field ||
	    (!m->opts->event && !(field->flags & RINGMAP_FIELD_COMMON)))
		return no_column(m, name);
	return add_field(m, field);
}

static enum ringmap_status add_columns(struct making *m)
{
	const struct ringmap_table_opts *o = m->opts;
	struct rm_plan *plan = m->plan;
	enum ringmap_status s = o->columns ? RINGMAP_OK : add_all(m);

	for (size_t i = 0; !s && o->columns && i < o->nr_columns; i++)
		s = o->columns[i]
			    ? add_named(m, o->columns[i])
			    : rm_fail(m->err, RINGMAP_E_INVAL, 0,
				      "the name of column %zu is NULL", i);
	plan->visible = plan->count;
	plan->lost_column = SIZE_MAX;
	size_t ts = SIZE_MAX;
	for (size_t i = 0; i < plan->count; i++) {
		if (plan->columns[i].what == RM_COLUMN_LOST)
			plan->lost_column = i;
		if (plan->columns[i].what == RM_COLUMN_TS)
			ts = i;
	}
	if (!s && ts == SIZE_MAX) {
		ts = plan->count;
		s = add_own(m, "ts");
	}
	plan->ts_column = ts;
	return s;
}

/* ---- the rest of the plan ------------------------------------------------ */

/* Copies @count numbers into room for one more: a copy of none is not NULL. */
static void *copy(const void *numbers, size_t count, size_t size)
{
	void *ret = calloc(count + 1, size);

	if (ret && count)
		memcpy(ret, numbers, count * size);
	return ret;
}

/* Stamps in ns are signed: an offset may put the first ones before zero. */
static void filter_by_ts(struct rm_filter *f,
			 const struct ringmap_table_opts *o, uint32_t ts_unit)
{
	f->flip = ts_unit == RINGMAP_TS_NS ? UINT64_C(1) << 63 : 0;
	f->by_begin = o->ts_from;
	f->by_end = o->ts_to;
	f->from = o->ts_from ^ f->flip;
	f->to = o->ts_to ^ f->flip;
}

static enum ringmap_status make_filter(struct making *m)
{
	const struct ringmap_table_opts *o = m->opts;
	struct rm_filter *f = &m->plan->filter;
	struct ringmap_field_info pid;

	filter_by_ts(f, o, m->plan->ts_unit);
	f->by_pid = o->pids;
	f->by_cpu = o->cpus;
	f->nr_pids = o->pids ? o->nr_pids : 0;
	f->nr_cpus = o->cpus ? o->nr_cpus : 0;
	f->pids = copy(o->pids, f->nr_pids, sizeof(*f->pids));
	f->cpus = copy(o->cpus, f->nr_cpus, sizeof(*f->cpus));
	if (!f->pids || !f->cpus)
		return no_memory(m->err);
	rm_filter_sort(f);
	if (!f->by_pid)
		return RINGMAP_OK;
	if (ringmap_format_field_by_name(m->format, "common_pid", &pid,
					 sizeof(pid)) ||
	    pid.size != sizeof(int32_t) || pid.offset % 4)
		return rm_fail(m->err, RINGMAP_E_UNSUPPORTED, 0,
			       "these records have no common_pid of 4 aligned "
			       "bytes, which the filter by pids needs");
	f->pid_offset = pid.offset;
	return RINGMAP_OK;
}

static enum ringmap_status make_stores(struct making *m)
{
	struct rm_plan *plan = m->plan;

	plan->batch_rows = m->opts->batch_rows ? m->opts->batch_rows : SIZE_MAX;
	for (size_t i = 0; i < plan->count; i++) {
		uint32_t end = rm_column_end(&plan->columns[i]);

		plan->min_size = end > plan->min_size ? end : plan->min_size;
		plan->varies |= rm_column_varies(&plan->columns[i]);
	}
	plan->dicts = calloc(plan->count, sizeof(*plan->dicts));
	if (!plan->dicts)
		return no_memory(m->err);
	for (size_t i = 0; i < plan->count; i++) {
		if (!rm_column_is_dict(&plan->columns[i]))
			continue;
		plan->dicts[i] = rm_dict_new();
		if (!plan->dicts[i])
			return no_memory(m->err);
	}
	size_t rows = m->opts->batch_rows;
	plan->room = rows ? rows + PAGE_ROWS : BATCH_ROWS;
	plan->fill_pages = !rows;
	return RINGMAP_OK;
}

static const char *name_of_event(void *ctx, uint16_t id)
{
	const struct ringmap_format *format;
	struct ringmap_format_info info;

	if (ringmap_schema_format_by_id(ctx, id, &format, NULL) ||
	    ringmap_format_info(format, &info, sizeof(info)))
		return NULL;
	return info.name;
}

/* Finds the event's format; for every event, any has the common fields. */
static enum ringmap_status find_format(struct making *m)
{
	enum ringmap_status s = RINGMAP_OK;
	size_t count;

	if (m->opts->event) {
		s = ringmap_schema_format(m->schema, m->opts->event, &m->format,
					  m->err);
	} else {
		s = ringmap_schema_load(m->schema, &count, m->err);
		m->format = s ? NULL : ringmap_schema_format_at(m->schema, 0);
		if (!s && !m->format)
			return rm_fail(m->err, RINGMAP_E_NOENT, 0,
				       "the schema has no events");
	}
	return s ? s
		 : ringmap_format_info(m->format, &m->info, sizeof(m->info));
}

enum ringmap_status rm_plan_new(struct ringmap_schema *schema,
				const struct ringmap_table_opts *opts,
				uint32_t ts_unit, struct rm_plan **ret,
				struct ringmap_error *err)
{
	struct making m = {.schema = schema, .opts = opts, .err = err};
	enum ringmap_status s = find_format(&m);

	if (s)
		return s;
	m.plan = calloc(1, sizeof(*m.plan));
	if (!m.plan)
		return no_memory(err);
	m.plan->refs = 1;
	m.plan->event = opts->event ? m.info.id : RM_EVERY_EVENT;
	m.plan->ts_unit = opts->ts_unit ? opts->ts_unit : ts_unit;
	pthread_mutex_init(&m.plan->lock, NULL);
	m.plan->schema = ringmap_schema_ref(schema);
	m.plan->names = (struct rm_name_source){name_of_event, schema};
	if (m.info.id >= RM_EVENT_IDS)
		s = rm_fail(err, RINGMAP_E_CORRUPT, 0,
			    "%s:%s has id %" PRIu32
			    ", but ids in records have 16 bits",
			    m.info.system, m.info.name, m.info.id);
	if (!s)
		s = add_columns(&m);
	if (!s)
		s = make_filter(&m);
	if (!s)
		s = make_stores(&m);
	if (s) {
		rm_plan_unref(m.plan);
		return s;
	}
	*ret = m.plan;
	return RINGMAP_OK;
}

static enum ringmap_status check_opts(const struct ringmap_table_opts *o,
				      struct ringmap_error *err)
{
	const uint32_t unknown = o->flags & ~(uint32_t)RINGMAP_TABLE_NUMBERS;

	if (unknown)
		return rm_fail(err, RINGMAP_E_INVAL, 0,
			       "a table has no flags 0x%x: "
			       "RINGMAP_TABLE_NUMBERS (0x%x) is the only one",
			       unknown, RINGMAP_TABLE_NUMBERS);
	if (o->ts_unit > RINGMAP_TS_COUNTS)
		return rm_fail(err, RINGMAP_E_INVAL, 0,
			       "ts_unit of a table must be 0 to %d (enum "
			       "ringmap_ts_unit), not %u",
			       RINGMAP_TS_COUNTS, o->ts_unit);
	if (o->batch_rows > BATCH_ROWS_MAX)
		return rm_fail(err, RINGMAP_E_INVAL, 0,
			       "a batch cannot have %zu rows: %d are the most",
			       o->batch_rows, BATCH_ROWS_MAX);
	if (o->columns && !o->nr_columns)
		return rm_fail(err, RINGMAP_E_INVAL, 0,
			       "columns is set, but nr_columns is 0: for all "
			       "columns, set columns to NULL");
	return RINGMAP_OK;
}

enum ringmap_status rm_table_opts(const struct ringmap_table_opts *opts,
				  struct ringmap_table_opts *ret,
				  struct ringmap_error *err)
{
	*ret = (struct ringmap_table_opts){.sz = 0};
	if (!opts)
		return rm_fail(err, RINGMAP_E_INVAL, 0, "opts is NULL");
	enum ringmap_status s = rm_opts_copy(ret, sizeof(*ret), opts, err);
	return s ? s : check_opts(ret, err);
}

enum ringmap_status ringmap_table_open(struct ringmap_schema *schema,
				       const struct ringmap_table_opts *opts,
				       struct ringmap_table **ret,
				       struct ringmap_error *err)
{
	struct ringmap_table_opts o;
	struct rm_plan *plan;

	if (!schema || !ret)
		return rm_fail(err, RINGMAP_E_INVAL, 0, "%s is NULL",
			       schema ? "ret" : "schema");
	enum ringmap_status s = rm_table_opts(opts, &o, err);
	if (!s)
		s = rm_plan_new(schema, &o, RINGMAP_TS_UNKNOWN, &plan, err);
	if (s)
		return s;
	*ret = rm_table_new(plan);
	return *ret ? RINGMAP_OK : no_memory(err);
}
