/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * origin.h - what a trace knows of the kernel, file or folder it came from
 */
#ifndef RM_ORIGIN_H
#define RM_ORIGIN_H

#include "ring/stamps.h"

#include <ringmap/ringmap.h>

enum rm_schema_at {
	RM_SCHEMA_NOWHERE, /* a trace of rings */
	RM_SCHEMA_KERNEL,  /* the running one, at its usual place */
	RM_SCHEMA_PATH
};

/* The strings are the origin's. */
struct rm_origin {
	enum rm_schema_at schema_at;
	char *path;       /* of the schema */
	char *clock;      /* NULL: not known */
	char **instances; /* by number, from 1; NULL: there is only number 0 */
	size_t nr_instances; /* number 0 included */
	struct rm_stamps stamps;
};

void rm_origin_free(struct rm_origin *origin);

/* The schema is at @path, wherever the process goes. False: no memory. */
bool rm_origin_path(struct rm_origin *origin, const char *path);

/*
 * Takes the clock from the text of a trace_clock file: the name in brackets,
 * or the only one. Unchanged if there is none; false: no memory.
 */
bool rm_origin_clock(struct rm_origin *origin, const char *text, size_t size);

/* As above, from the file trace_clock in @dir if there is one to be read. */
bool rm_origin_clock_of(struct rm_origin *origin, const char *dir);

/* What the stamps that are handed out count. */
enum ringmap_ts_unit rm_origin_unit(const struct rm_origin *origin);

#endif
