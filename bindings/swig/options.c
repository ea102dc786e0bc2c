/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * options.c - option structs whose strings and lists are on the heap
 *
 * The constructors are never told of an error: without memory they give NULL,
 * which every call refuses as a missing object.
 */
#include "state.h"

#include <string.h>

/* What the library's const members point to is ours to free. */
static void free_const(const void *p)
{
	free((void *)(uintptr_t)p);
}

struct ringmap_ring_opts *new_ringmap_ring_opts(void)
{
	struct ringmap_ring_opts *opts = calloc(1, sizeof(*opts));

	if (opts)
		opts->sz = sizeof(*opts);
	return opts;
}

void delete_ringmap_ring_opts(struct ringmap_ring_opts *opts)
{
	free_const(opts->tracefs);
	free_const(opts->instance);
	free_const(opts->clock);
	free(opts);
}

struct ringmap_image_opts *new_ringmap_image_opts(void)
{
	struct ringmap_image_opts *opts = calloc(1, sizeof(*opts));

	if (opts)
		opts->sz = sizeof(*opts);
	return opts;
}

void delete_ringmap_image_opts(struct ringmap_image_opts *opts)
{
	free(opts);
}

struct ringmap_trace_opts *new_ringmap_trace_opts(void)
{
	struct ringmap_trace_opts *opts = calloc(1, sizeof(*opts));

	if (opts)
		opts->sz = sizeof(*opts);
	return opts;
}

void delete_ringmap_trace_opts(struct ringmap_trace_opts *opts)
{
	free_const(opts->tracefs);
	free_const(opts->instance);
	free(opts);
}

struct ringmap_session_opts *new_ringmap_session_opts(void)
{
	struct ringmap_session_opts *opts = calloc(1, sizeof(*opts));

	if (opts)
		opts->sz = sizeof(*opts);
	return opts;
}

void delete_ringmap_session_opts(struct ringmap_session_opts *opts)
{
	free_const(opts->tracefs);
	free_const(opts->instance);
	free_const(opts->clock);
	free(opts);
}

struct ringmap_reader_opts *new_ringmap_reader_opts(void)
{
	struct ringmap_reader_opts *opts = calloc(1, sizeof(*opts));

	if (opts)
		opts->sz = sizeof(*opts);
	return opts;
}

void delete_ringmap_reader_opts(struct ringmap_reader_opts *opts)
{
	free(opts);
}

struct ringmap_table_opts *new_ringmap_table_opts(void)
{
	struct ringmap_table_opts *opts = calloc(1, sizeof(*opts));

	if (opts)
		opts->sz = sizeof(*opts);
	return opts;
}

void delete_ringmap_table_opts(struct ringmap_table_opts *opts)
{
	free_const(opts->event);
	for (size_t i = 0; i < opts->nr_columns; i++)
		free_const(opts->columns[i]);
	free_const(opts->columns);
	free_const(opts->pids);
	free_const(opts->cpus);
	free(opts);
}

/* The list with room for one more element; NULL: no memory, it is as it was. */
static void *grown(const void *list, size_t count, size_t size,
		   struct ringmap_error *err)
{
	void *more = realloc((void *)(uintptr_t)list, (count + 1) * size);

	if (!more)
		rmb_failed(RINGMAP_E_NOMEM, err);
	return more;
}

void ringmap_table_opts_add_column(struct ringmap_table_opts *opts,
				   const char *name, struct ringmap_error *err)
{
	if (!name) {
		rmb_fail(err, RINGMAP_E_INVAL, "a column needs a name");
		return;
	}

	char *copy = rmb_text(name, err);
	const char **list = copy ? grown(opts->columns, opts->nr_columns,
					 sizeof(*list), err)
				 : NULL;

	if (!list) {
		free(copy);
		return;
	}
	list[opts->nr_columns++] = copy;
	opts->columns = list;
}

void ringmap_table_opts_add_pid(struct ringmap_table_opts *opts, int32_t pid,
				struct ringmap_error *err)
{
	int32_t *list = grown(opts->pids, opts->nr_pids, sizeof(*list), err);

	if (!list)
		return;
	list[opts->nr_pids++] = pid;
	opts->pids = list;
}

void ringmap_table_opts_add_cpu(struct ringmap_table_opts *opts, uint32_t cpu,
				struct ringmap_error *err)
{
	uint32_t *list = grown(opts->cpus, opts->nr_cpus, sizeof(*list), err);

	if (!list)
		return;
	list[opts->nr_cpus++] = cpu;
	opts->cpus = list;
}
