/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * trace_info.c - where a trace came from: schema path, clock, instances
 */
#define _GNU_SOURCE
#include "trace/trace_info.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "base/new_text.h"
#include "base/opts.h"
#include "schema/schema.h"
#include "trace/trace.h"

#include <fcntl.h>
#include <string.h>

/* A kernel has about a dozen clocks; their names are short. */
#define CLOCK_TEXT_MAX 512

void rm_trace_info_free(struct rm_trace_info *info)
{
	free(info->path);
	free(info->dir);
	free(info->clock);
	for (size_t i = 1; info->instances && i < info->nr_instances; i++)
		free(info->instances[i]);
	free(info->instances);
	rm_time_shift_free(info->stamps.guest);
	*info = (struct rm_trace_info){.path = NULL};
}

bool rm_trace_info_path(struct rm_trace_info *info, const char *path)
{
	char *absolute = *path == '/' ? NULL : realpath(path, NULL);

	info->path = absolute ? absolute : strdup(path);
	return info->path;
}

bool rm_trace_info_clock(struct rm_trace_info *info, const char *text,
			 size_t size)
{
	static const char blanks[] = " \t\n[]";
	char copy[CLOCK_TEXT_MAX];

	if (size >= sizeof(copy))
		size = sizeof(copy) - 1;
	memcpy(copy, text, size);
	copy[size] = '\0';
	/* In "local [mono] boot" the clock in use is the one in brackets. */
	char *name = strchr(copy, '[');
	name = name ? name : copy;
	name += strspn(name, blanks);
	name[strcspn(name, blanks)] = '\0';
	if (!*name)
		return true;
	char *clock = strdup(name);
	if (!clock)
		return false;
	free(info->clock);
	info->clock = clock;
	return true;
}

bool rm_trace_info_clock_of(struct rm_trace_info *info, const char *dir)
{
	rm_autofree char *path = rm_new_text("%s/trace_clock", dir);
	char text[CLOCK_TEXT_MAX];

	if (!path)
		return false;
	ssize_t n = rm_read_text_at(AT_FDCWD, path, text, sizeof(text));
	return n <= 0 || rm_trace_info_clock(info, text, (size_t)n);
}

enum ringmap_status rm_trace_clock_check(const struct rm_trace_info *info,
					 struct ringmap_error *err)
{
	struct rm_trace_info now = {.path = NULL};

	if (!info->dir || !info->clock)
		return RINGMAP_OK;
	if (!rm_trace_info_clock_of(&now, info->dir))
		return rm_fail(err, RINGMAP_E_NOMEM, 0,
			       "no memory to look at the trace clock");
	rm_autofree char *clock = now.clock;
	/* A file that cannot be read says nothing: the rings say what happened
	 * to their instance. */
	if (!clock || !strcmp(clock, info->clock))
		return RINGMAP_OK;
	return rm_fail(err, RINGMAP_E_STALE, 0,
		       "the trace clock changed from %s to %s: open the trace "
		       "again",
		       info->clock, clock);
}

/* The names are those of the kernel's trace_clocks[] and its architectures. */
static enum ringmap_ts_unit unit_of(const char *clock)
{
	static const char *const ns[] = {"local", "global", "mono", "mono_raw",
					 "boot",  "tai",    "perf"};
	static const char *const counts[] = {"counter", "uptime", "x86-tsc",
					     "ppc-tb", "s390-tod"};

	for (size_t i = 0; i < sizeof(ns) / sizeof(*ns); i++)
		if (!strcmp(clock, ns[i]))
			return RINGMAP_TS_NS;
	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++)
		if (!strcmp(clock, counts[i]))
			return RINGMAP_TS_COUNTS;
	size_t length = strlen(clock);
	return length >= 4 && !strcmp(clock + length - 4, "-tsc")
		       ? RINGMAP_TS_COUNTS
		       : RINGMAP_TS_UNKNOWN;
}

enum ringmap_ts_unit rm_trace_ts_unit(const struct rm_trace_info *info)
{
	if (info->stamps.mult)
		return RINGMAP_TS_NS;
	return info->clock ? unit_of(info->clock) : info->unit;
}

const char *ringmap_trace_instance(const struct ringmap_trace *trace, size_t i)
{
	if (!i)
		return "";
	return i < trace->info.nr_instances ? trace->info.instances[i] : NULL;
}

enum ringmap_status ringmap_trace_info(const struct ringmap_trace *trace,
				       struct ringmap_trace_info *ret,
				       size_t sz)
{
	if (!trace || !ret || !sz)
		return RINGMAP_E_INVAL;
	if (!rm_trace_here(trace))
		return RINGMAP_E_FORKED;
	const struct ringmap_trace_info info = {
		.clock = trace->info.clock,
		.ts_unit = rm_trace_ts_unit(&trace->info),
		.rings = (uint32_t)trace->count,
		.instances = trace->info.nr_instances
				     ? (uint32_t)trace->info.nr_instances
				     : 1,
		.flags = (trace->stamps.guest ? RINGMAP_TRACE_HOST_TIME : 0u) |
			 (trace->info.cut.status ? RINGMAP_TRACE_CUT : 0u),
	};
	rm_give(ret, sz, &info, sizeof(info));
	return RINGMAP_OK;
}

/* A folder of formats does not say the byte order, but sub-buffers show it. */
static void know_order(const struct ringmap_trace *trace,
		       struct rm_schema_source *source)
{
	if (source->order_known || !trace->count)
		return;
	source->order_known = true;
	source->big_endian = trace->streams[0].ring->layout.big_endian;
}

enum ringmap_status ringmap_trace_schema(struct ringmap_trace *trace,
					 struct ringmap_schema **ret,
					 struct ringmap_error *err)
{
	struct rm_schema_source source;

	if (!trace || !ret)
		return rm_fail(err, RINGMAP_E_INVAL, 0, "%s is NULL",
			       trace ? "ret" : "trace");
	if (!rm_trace_here(trace))
		return rm_fail(err, RINGMAP_E_FORKED, 0,
			       "this trace belongs to the parent process: open "
			       "one of your own");
	if (!trace->schema) {
		const struct rm_trace_info *info = &trace->info;

		if (!info->open_schema)
			return rm_fail(err, RINGMAP_E_UNSUPPORTED, 0,
				       "a trace made of rings does not know "
				       "where their formats are: open a "
				       "schema");
		enum ringmap_status s =
			info->open_schema(info->path, &source, err);
		if (!s)
			know_order(trace, &source);
		if (!s)
			s = rm_schema_new(&source, &trace->schema, err);
		if (s)
			return s;
		rm_schema_unit(trace->schema, info->clock,
			       rm_trace_ts_unit(info));
	}
	*ret = trace->schema;
	return RINGMAP_OK;
}
