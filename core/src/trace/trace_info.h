/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * trace_info.h - where a trace came from: schema path, clock, instances
 */
#ifndef RM_TRACE_INFO_H
#define RM_TRACE_INFO_H

#include "ring/stamps.h"
#include "schema/schema_source.h"

#include <ringmap/ringmap.h>

/*
 * The struct owns its strings and stamps.guest; rm_trace_info_free() frees
 * them.
 */
struct rm_trace_info {
	/* Opens the schema at path; NULL: the trace was made of rings. */
	enum ringmap_status (*open_schema)(const char *path,
					   struct rm_schema_source *ret,
					   struct ringmap_error *err);
	char *path;  /* the schema's; NULL: the running kernel's */
	char *dir;   /* of the live instance; NULL: the trace is not live */
	char *clock; /* NULL: not known */
	enum ringmap_ts_unit unit; /* if the clock is not known */
	char **instances; /* names, from number 1; NULL: only number 0 exists */
	size_t nr_instances; /* includes number 0 */
	struct rm_stamps stamps;
	struct ringmap_error cut; /* where a file was cut; status 0: nowhere */
};

void rm_trace_info_free(struct rm_trace_info *info);

/*
 * Stores @path as the path of the schema. A relative path is made absolute, so
 * that it holds after a chdir(2). Returns false if there is no memory.
 */
bool rm_trace_info_path(struct rm_trace_info *info, const char *path);

/*
 * Takes the clock from the text of a trace_clock file: the name in brackets,
 * or the only name. A text without a name changes nothing. Returns false if
 * there is no memory.
 */
bool rm_trace_info_clock(struct rm_trace_info *info, const char *text,
			 size_t size);

/*
 * Takes the clock from the file trace_clock in @dir, if it can be read.
 * Returns false if there is no memory.
 */
bool rm_trace_info_clock_of(struct rm_trace_info *info, const char *dir);

/*
 * Compares the clock with that of the live instance. RINGMAP_E_STALE: it is
 * another one by now.
 */
enum ringmap_status rm_trace_clock_check(const struct rm_trace_info *info,
					 struct ringmap_error *err);

/* Returns the unit of the time stamps that the trace hands out. */
enum ringmap_ts_unit rm_trace_ts_unit(const struct rm_trace_info *info);

#endif
