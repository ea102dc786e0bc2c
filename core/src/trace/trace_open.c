/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * trace_open.c - opens and frees a trace, and adds up its rings' counters
 */
#define _GNU_SOURCE
#include "base/cleanup.h"
#include "base/count.h"
#include "base/new_text.h"
#include "base/opts.h"
#include "base/tracefs.h"
#include "trace/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

static void free_trace(struct ringmap_trace *t)
{
	for (size_t i = 0; i < t->count; i++) {
		ringmap_ring_unref(t->streams[i].ring);
		free(t->streams[i].copy);
	}
	rm_stop_close(&t->stop);
	free(t->streams);
	free(t->heap);
	free(t->fds);
	ringmap_schema_unref(t->schema);
	rm_trace_info_free(&t->info);
	free(t);
}

enum ringmap_status rm_trace_new(struct ringmap_ring *const *rings,
				 size_t count, struct rm_trace_info *info,
				 struct ringmap_trace **ret,
				 struct ringmap_error *err)
{
	struct ringmap_trace *t = calloc(1, sizeof(*t));
	if (!t)
		return rm_fail(err, RINGMAP_E_NOMEM, 0,
			       "no memory for a trace");
	t->refs = 1;
	t->streams = calloc(count + 1, sizeof(*t->streams));
	t->heap = calloc(count + 1, sizeof(*t->heap));
	t->fds = calloc(count + 1, sizeof(*t->fds));
	rm_stop_init(&t->stop);
	if (!t->streams || !t->heap || !t->fds) {
		free_trace(t);
		return rm_fail(err, RINGMAP_E_NOMEM, 0,
			       "no memory for a trace");
	}
	for (size_t i = 0; i < count; i++) {
		t->streams[i].ring = ringmap_ring_ref(rings[i]);
		t->live |= !rings[i]->ops->recorded;
	}
	t->count = count;
	t->stamps = info->stamps;
	t->info = *info;
	t->error = info->cut;
	*info = (struct rm_trace_info){.path = NULL};
	*ret = t;
	return RINGMAP_OK;
}

static int by_address(const void *a, const void *b)
{
	uintptr_t left = (uintptr_t) * (struct ringmap_ring *const *)a;
	uintptr_t right = (uintptr_t) * (struct ringmap_ring *const *)b;

	return (left > right) - (left < right);
}

/* Fails if a ring is NULL or there twice: it has one place to read from. */
static enum ringmap_status check_rings(struct ringmap_ring *const *rings,
				       size_t count, struct ringmap_error *err)
{
	rm_autofree struct ringmap_ring **sorted =
		calloc(count, sizeof(struct ringmap_ring *));

	if (!sorted)
		return rm_fail(err, RINGMAP_E_NOMEM, 0,
			       "no memory for a trace");
	memcpy(sorted, rings, count * sizeof(struct ringmap_ring *));
	qsort(sorted, count, sizeof(struct ringmap_ring *), by_address);
	for (size_t i = 0; i < count; i++)
		if (!sorted[i] || (i && sorted[i] == sorted[i - 1]))
			return rm_fail(err, RINGMAP_E_INVAL, 0,
				       "a ring of the trace is NULL, or is "
				       "there twice");
	return RINGMAP_OK;
}

enum ringmap_status ringmap_trace_open_rings(struct ringmap_ring *const *rings,
					     size_t count,
					     struct ringmap_trace **ret,
					     struct ringmap_error *err)
{
	struct rm_trace_info unknown = {.path = NULL};

	if (!rings || !ret || !count || count > INT_MAX)
		return rm_fail(err, RINGMAP_E_INVAL, 0,
			       "a trace needs at least one ring");
	enum ringmap_status s = check_rings(rings, count, err);
	if (s != RINGMAP_OK)
		return s;
	return rm_trace_new(rings, count, &unknown, ret, err);
}

struct ringmap_trace *ringmap_trace_ref(struct ringmap_trace *trace)
{
	/* Relaxed: the caller holds a reference already. */
	__atomic_fetch_add(&trace->refs, 1, __ATOMIC_RELAXED);
	return trace;
}

void ringmap_trace_unref(struct ringmap_trace *trace)
{
	/* Acquire and release, for the reason in ringmap_ring_unref(). */
	if (trace && __atomic_sub_fetch(&trace->refs, 1, __ATOMIC_ACQ_REL) == 0)
		free_trace(trace);
}

struct ringmap_ring *ringmap_trace_ring(const struct ringmap_trace *trace,
					size_t i)
{
	return i < trace->count ? trace->streams[i].ring : NULL;
}

/*
 * Returns how many CPUs the instance in the folder @dir has; 0 if they cannot
 * be listed.
 */
static size_t cpus_of(const char *dir, uint32_t **ret)
{
	rm_autofree char *per_cpu = rm_new_text("%s/per_cpu", dir);
	size_t count = 0;

	*ret = NULL;
	int fd = per_cpu ? open(per_cpu, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
			 : -1;
	return fd >= 0 && !rm_list_cpus(fd, ret, &count) ? count : 0;
}

/* Returns false if there is no memory. */
static bool live_trace_info(const struct ringmap_trace_opts *o, const char *dir,
			    struct rm_trace_info *ret)
{
	ret->open_schema = rm_dir_schema_source;
	ret->dir = strdup(dir);
	if (!ret->dir || (o->tracefs && !rm_trace_info_path(ret, o->tracefs)))
		return false;
	return rm_trace_info_clock_of(ret, dir);
}

/* Opens the rings of all CPUs that have one. They share the instance's folder. */
static enum ringmap_status open_all(const struct ringmap_trace_opts *o,
				    const uint32_t *cpus, size_t count,
				    struct ringmap_ring **rings, size_t *opened,
				    struct ringmap_error *err)
{
	struct ringmap_ring_opts ro = {
		.sz = sizeof(ro),
		.tracefs = o->tracefs,
		.instance = o->instance,
		.mode = o->mode,
		.start = o->start,
		.flags = o->flags,
		.latency_us = o->latency_us,
	};
	rm_autoinstance struct rm_instance_dir *dir = NULL;
	enum ringmap_status s = RINGMAP_E_NOENT;

	*opened = 0;
	for (size_t i = 0; i < count; i++) {
		ro.cpu = cpus[i];
		s = rm_ring_open_shared(&dir, &ro, &rings[*opened], err);
		if (s == RINGMAP_OK)
			++*opened;
		else if (s != RINGMAP_E_NOENT)
			return s;
	}
	return *opened ? RINGMAP_OK : s;
}

enum ringmap_status ringmap_trace_open(const struct ringmap_trace_opts *opts,
				       struct ringmap_trace **ret,
				       struct ringmap_error *err)
{
	struct ringmap_trace_opts o = {.sz = 0};
	const uint32_t boot_cpu = 0;

	if (!opts || !ret)
		return rm_fail(err, RINGMAP_E_INVAL, 0, "opts or ret is NULL");
	enum ringmap_status s = rm_opts_copy(&o, sizeof(o), opts, err);
	if (s != RINGMAP_OK)
		return s;
	if (!o.instance || o.reserved)
		return rm_fail(err, RINGMAP_E_INVAL, 0,
			       "name the instance; \"/\" is the top-level "
			       "buffer");
	char dir[PATH_MAX];
	s = rm_instance_path(o.tracefs, o.instance, dir, sizeof(dir), err);
	if (s != RINGMAP_OK)
		return s;
	rm_autofree uint32_t *cpus = NULL;
	size_t count = cpus_of(dir, &cpus);
	/* If no CPU is listed, opening CPU 0 gives the reason. */
	size_t wanted = count ? count : 1;
	rm_autofree struct ringmap_ring **rings =
		calloc(wanted, sizeof(struct ringmap_ring *));
	if (!rings)
		return rm_fail(err, RINGMAP_E_NOMEM, 0,
			       "no memory for a trace");
	size_t opened;
	s = open_all(&o, count ? cpus : &boot_cpu, wanted, rings, &opened, err);
	struct rm_trace_info info = {.path = NULL};
	if (s == RINGMAP_OK && !live_trace_info(&o, dir, &info))
		s = rm_fail(err, RINGMAP_E_NOMEM, 0, "no memory for a trace");
	if (s == RINGMAP_OK)
		s = rm_trace_new(rings, opened, &info, ret, err);
	rm_trace_info_free(&info);
	for (size_t i = 0; i < opened; i++)
		ringmap_ring_unref(rings[i]);
	return s;
}

enum ringmap_status ringmap_trace_stats(struct ringmap_trace *trace,
					struct ringmap_trace_stats *ret,
					size_t sz)
{
	if (!trace || !ret || !sz)
		return RINGMAP_E_INVAL;
	struct ringmap_trace_stats now = {
		.events = trace->events,
		.late = trace->late,
		.rings = trace->count,
	};

	for (size_t i = 0; i < trace->count; i++) {
		struct ringmap_ring_stats rs;
		enum ringmap_status s = ringmap_ring_stats(
			trace->streams[i].ring, &rs, sizeof(rs));

		if (s != RINGMAP_OK)
			return s;
		now.lost = rm_count_add(now.lost, rs.lost);
	}
	rm_give(ret, sz, &now, sizeof(now));
	return RINGMAP_OK;
}
