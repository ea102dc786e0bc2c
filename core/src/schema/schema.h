/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * schema.h - the formats of a kernel's events, and what else it says of them
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

/* Held by one thread at a time: all below it is its. */
struct ringmap_schema {
	int refs;
	pthread_mutex_t lock;
	struct rm_schema_source source;
	struct rm_kernel kernel;
	struct rm_event_names names;
	struct ringmap_format **by_id; /* UINT16_MAX + 1 of them */
	/* Made by print/ for the first event that is printed; it frees it. */
	struct rm_printer *printer;
	void (*free_printer)(struct rm_printer *printer);
	struct rm_comms comms;
	struct rm_symbols symbols;
	struct rm_printks printks;
	/* Every format, by system and name; NULL before it is all loaded. */
	const struct ringmap_format **all;
	size_t nr_all;
};

/* Held up to the end of the scope that RM_HOLD() stands in. */
void rm_schema_unlock(struct ringmap_schema **schema);

#define RM_HOLD(schema)                                                        \
	struct ringmap_schema *rm_held                                         \
		__attribute__((cleanup(rm_schema_unlock))) = (schema);         \
	pthread_mutex_lock(&rm_held->lock)

/* The format with that id; the caller holds the lock. */
enum ringmap_status rm_schema_by_id(struct ringmap_schema *schema, uint32_t id,
				    struct ringmap_format **ret,
				    struct ringmap_error *err);

#endif
