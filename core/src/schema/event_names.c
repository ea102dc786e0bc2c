/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * event_names.c - the names of a schema's events
 */
#include "schema/event_names.h"

#include "base/error.h"
#include "base/utf8.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Ids have 16 bits. The limit bounds the memory that a file can demand. */
#define EVENTS_MAX 65536

static enum ringmap_status no_memory(struct ringmap_error *err)
{
	return rm_fail(err, RINGMAP_E_NOMEM, 0, "no memory for event names");
}

static struct rm_event_name *new_name(struct rm_arena *arena,
				      const char *system, const char *event)
{
	struct rm_event_name *name = rm_arena_alloc(arena, sizeof(*name));
	char *source_system = rm_arena_text(arena, system, strlen(system));
	char *source_event = rm_arena_text(arena, event, strlen(event));

	if (!name || !source_system || !source_event)
		return NULL;
	name->source_system = source_system;
	name->source_event = source_event;
	name->system = rm_utf8_text(arena, system, strlen(system));
	event = rm_utf8_text(arena, event, strlen(event));
	if (!name->system || !event)
		return NULL;
	const size_t system_size = strlen(name->system);
	char *full = rm_arena_alloc(arena, system_size + strlen(event) + 2);
	if (!full)
		return NULL;
	memcpy(full, name->system, system_size);
	full[system_size] = ':';
	strcpy(full + system_size + 1, event);
	name->full = full;
	name->event = full + system_size + 1;
	return name;
}

static enum ringmap_status add_name(void *arg, const char *system,
				    const char *event)
{
	struct rm_event_names *names = arg;
	size_t room = names->count;

	if (names->count == EVENTS_MAX)
		return RINGMAP_E_CORRUPT;
	/* The capacity is a power of two: it is full at 0, 1, 2, 4, ... */
	if (!(room & (room - 1))) {
		struct rm_event_name **grown = reallocarray(
			names->names, room ? 2 * room : 1, sizeof(*grown));

		if (!grown)
			return RINGMAP_E_NOMEM;
		names->names = grown;
	}
	struct rm_event_name *name = new_name(&names->arena, system, event);
	if (!name)
		return RINGMAP_E_NOMEM;
	names->names[names->count++] = name;
	return RINGMAP_OK;
}

static int compare_names(const void *a, const void *b)
{
	const struct rm_event_name *const *x = a;
	const struct rm_event_name *const *y = b;
	int order = strcmp((*x)->system, (*y)->system);

	return order ? order : strcmp((*x)->event, (*y)->event);
}

/* Removes duplicates: a file may list an event twice. */
static void drop_twins(struct rm_event_names *names)
{
	size_t kept = 0;

	for (size_t i = 0; i < names->count; i++) {
		if (!kept ||
		    strcmp(names->names[kept - 1]->full, names->names[i]->full))
			names->names[kept++] = names->names[i];
	}
	names->count = kept;
}

static bool index_names(struct rm_event_names *names)
{
	if (!rm_name_table_init(&names->by_name, &names->arena,
				2 * (uint32_t)names->count))
		return false;
	for (size_t i = 0; i < names->count; i++) {
		struct rm_event_name *name = names->names[i];
		struct rm_event_name *first;

		rm_name_table_add(&names->by_name, name->full, name);
		first = rm_name_table_add(&names->by_name, name->event, name);
		if (first != name) {
			name->same = first->same;
			first->same = name;
		}
	}
	return true;
}

enum ringmap_status rm_event_names_load(struct rm_event_names *names,
					const struct rm_schema_source *source,
					struct ringmap_error *err)
{
	if (names->by_name.slots)
		return RINGMAP_OK;
	enum ringmap_status s =
		source->ops->list(source->ctx, add_name, names, err);
	if (s == RINGMAP_E_NOMEM)
		s = no_memory(err);
	else if (!s && !names->count)
		s = rm_fail(err, RINGMAP_E_NOENT, 0,
			    "the schema has no events");
	else if (!s) {
		qsort(names->names, names->count, sizeof(*names->names),
		      compare_names);
		drop_twins(names);
		if (!index_names(names))
			s = no_memory(err);
	}
	/* After a failure the next call tries again from the start. */
	if (s)
		rm_event_names_free(names);
	return s;
}

struct rm_event_name *rm_event_names_find(const struct rm_event_names *names,
					  const char *name)
{
	return rm_name_table_find(&names->by_name, name);
}

void rm_event_names_free(struct rm_event_names *names)
{
	free(names->names);
	rm_arena_free(&names->arena);
	*names = (struct rm_event_names){.count = 0};
}
