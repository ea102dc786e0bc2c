/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * trace_info.h - what a trace knows of the kernel, file or folder it came from
 */
#ifndef RM_ORIGIN_H
#define RM_ORIGIN_H

#include "ring/stamps.h"
#include "schema/schema_source.h"

#include <ringmap/ringmap.h>

/* The strings are the origin's. */
struct rm_trace_info {
	/* Opens the schema at path; NULL: a trace of rings has none. */
	enum ringmap_status (*open_schema)(const char *path,
					   struct rm_schema_source *ret,
					   struct ringmap_error *err);
	char *path;       /* of the schema; NULL: the running kernel's */
	char *clock;      /* NULL: not known */
	char **instances; /* by number, from 1; NULL: there is only number 0 */
	size_t nr_instances; /* number 0 included */
	struct rm_stamps stamps;
};

void rm_trace_info_free(struct rm_trace_info *origin);

/*
 * Makes @path the place of the schema, in whatever folder the process is
 * later. False: no memory.
 */
bool rm_trace_info_path(struct rm_trace_info *origin, const char *path);

/*
 * Takes the clock from the text of a trace_clock file: the name in brackets,
 * or the only one. Unchanged if there is none; false: no memory.
 */
bool rm_trace_info_clock(struct rm_trace_info *origin, const char *text,
			 size_t size);

/* As above, from the file trace_clock in @dir if there is one to be read. */
bool rm_trace_info_clock_of(struct rm_trace_info *origin, const char *dir);

/* What the stamps that are handed out count. */
enum ringmap_ts_unit rm_trace_ts_unit(const struct rm_trace_info *origin);

#endif
