/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * event_names.h - which events there are
 */
#ifndef RM_EVENT_NAMES_H
#define RM_EVENT_NAMES_H

#include "base/arena.h"
#include "base/name_table.h"
#include "schema/schema_source.h"

struct ringmap_format;

struct rm_event_name {
	const char *full; /* "system:event" */
	const char *system;
	const char *event;
	struct rm_event_name *same;    /* another system's, of that name */
	struct ringmap_format *format; /* NULL: not parsed yet */
};

/* All zeros: nothing was listed yet. */
struct rm_event_names {
	struct rm_arena arena;
	struct rm_event_name **names; /* sorted by system, then event */
	size_t count;
	struct rm_name_table by_name; /* "system:event" and "event" */
};

/* Asks the source, unless that was done. RINGMAP_E_NOENT: there are none. */
enum ringmap_status rm_event_names_load(struct rm_event_names *names,
					const struct rm_schema_source *source,
					struct ringmap_error *err);

/*
 * What is called "system:event", or "event": then its same are the others.
 * NULL: nothing is.
 */
struct rm_event_name *rm_event_names_find(const struct rm_event_names *names,
					  const char *name);

void rm_event_names_free(struct rm_event_names *names);

#endif
