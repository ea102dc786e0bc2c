/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * schema.h - the formats of a kernel's events, its symbols and task names
 */
#ifndef RM_SCHEMA_H
#define RM_SCHEMA_H

#include "schema/schema_source.h"

#include "schema/event_names.h"
#include "schema/format.h"
#include "schema/kallsyms.h"
#include "schema/printk_formats.h"
#include "schema/saved_cmdlines.h"

#include <pthread.h>

/*
 * The lock protects what has not been read yet. What was read is constant, and
 * is published by atomic stores: formats by by_id, the names of tasks by lines,
 * and a print fmt with its symbols and strings by the format's printable.
 */
struct ringmap_schema {
	int refs;
	pthread_mutex_t lock;
	struct rm_schema_source source;
	struct rm_kernel kernel;
	struct rm_event_names names;
	struct ringmap_format **by_id; /* UINT16_MAX + 1 entries; atomic */
	bool counts;    /* stamps are not ns: lines show them as they are */
	bool old_flags; /* see print/print.c; valid once lines is set */
	bool lines;     /* comms and old_flags were read; atomic */
	struct rm_comms comms;
	struct rm_symbols symbols;
	struct rm_printks printks;
	/* Every format by system and name; NULL until all are loaded. */
	const struct ringmap_format **all;
	size_t nr_all;
	/* What ringmap_schema_save() made last; NULL: nothing yet. */
	char *saved;
	size_t saved_size;
	uint32_t saved_flags;
};

/* RM_HOLD() takes the lock and keeps it until the end of the scope. */
void rm_schema_unlock(struct ringmap_schema **schema);

#define RM_HOLD(schema)                                                        \
	struct ringmap_schema *rm_held                                         \
		__attribute__((cleanup(rm_schema_unlock))) = (schema);         \
	pthread_mutex_lock(&rm_held->lock)

/* Finds a format by id. The caller holds the lock. */
enum ringmap_status rm_schema_by_id(struct ringmap_schema *schema, uint32_t id,
				    struct ringmap_format **ret,
				    struct ringmap_error *err);

/*
 * Compares the format with that id, if it was parsed before, with its source.
 * RINGMAP_E_STALE: the event was removed, or has another format or id now.
 */
enum ringmap_status rm_schema_check(struct ringmap_schema *schema, uint32_t id,
				    struct ringmap_error *err);

/* The format with that id, if it was parsed before; needs no lock. */
struct ringmap_format *rm_schema_peek(const struct ringmap_schema *schema,
				      uint32_t id);

/* Says what stamps count, before the schema is handed out. */
void rm_schema_unit(struct ringmap_schema *schema, const char *clock,
		    enum ringmap_ts_unit unit);

#endif
