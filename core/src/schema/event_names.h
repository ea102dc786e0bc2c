/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * event_names.h - the names of a schema's events
 */
#ifndef RM_EVENT_NAMES_H
#define RM_EVENT_NAMES_H

#include "base/arena.h"
#include "base/name_table.h"
#include "schema/schema_source.h"

struct ringmap_format;

/* The names are UTF-8; bytes that are not are escaped (base/utf8.h). */
struct rm_event_name {
	const char *full; /* "system:event" */
	const char *system;
	const char *event;
	const char *source_system; /* as the source has them */
	const char *source_event;
	struct rm_event_name *same;    /* the same event of another system */
	struct ringmap_format *format; /* NULL: not parsed yet */
};

/* All members are zero until the events are listed. */
struct rm_event_names {
	struct rm_arena arena;
	struct rm_event_name **names; /* sorted by system, then event */
	size_t count;
	struct rm_name_table by_name; /* "system:event" and "event" */
};

/* Lists the source's events on the first call. RINGMAP_E_NOENT: it has none. */
enum ringmap_status rm_event_names_load(struct rm_event_names *names,
					const struct rm_schema_source *source,
					struct ringmap_error *err);

/*
 * Finds an event by "system:event" or by "event". In the second case, ->same
 * links the events of that name in other systems. NULL: no such event.
 */
struct rm_event_name *rm_event_names_find(const struct rm_event_names *names,
					  const char *name);

void rm_event_names_free(struct rm_event_names *names);

#endif
