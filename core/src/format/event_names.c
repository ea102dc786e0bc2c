/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * event_names.c - which events there are
 */
#define _GNU_SOURCE
#include "event_names.h"

#include "error.h"

#include <search.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* More than any kernel's; a file could list for ever. */
#define EVENTS_MAX (1U << 20)

static enum ringmap_status no_memory(struct ringmap_error *err)
{
	return rm_fail(err, RINGMAP_E_NOMEM, 0, "no memory for event names");
}

static struct rm_event_name *new_name(struct rm_arena *arena,
				      const char *system, const char *event)
{
	struct rm_event_name *name = rm_arena_alloc(arena, sizeof(*name));
	size_t system_size = strlen(system);
	size_t event_size = strlen(event);
	char *full = rm_arena_alloc(arena, system_size + event_size + 2);

	if (!name || !full)
		return NULL;
	memcpy(full, system, system_size);
	full[system_size] = ':';
	memcpy(full + system_size + 1, event, event_size);
	name->full = full;
	name->event = full + system_size + 1;
	name->system = rm_arena_text(arena, system, system_size);
	return name->system ? name : NULL;
}

static enum ringmap_status add_name(void *arg, const char *system,
				    const char *event)
{
	struct rm_event_names *names = arg;
	size_t room = names->count;

	if (names->count == EVENTS_MAX)
		return RINGMAP_E_CORRUPT;
	/* Room for a power of two: 0, 1, 2, 4, ... are full. */
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

/* A file may list one twice. */
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

/* Enters @name under @key, or behind what stands there already. */
static bool enter(struct hsearch_data *table, const char *key,
		  struct rm_event_name *name)
{
	/* hsearch_r() leaves what a key points to alone. */
	ENTRY entry = {.key = (char *)(uintptr_t)key, .data = name};
	ENTRY *found;

	if (!hsearch_r(entry, ENTER, &found, table))
		return false;
	struct rm_event_name *first = found->data;
	if (first != name && key == name->event) {
		name->same = first->same;
		first->same = name;
	}
	return true;
}

static bool index_names(struct rm_event_names *names)
{
	struct hsearch_data *table =
		rm_arena_alloc(&names->arena, sizeof(*table));

	/* Two keys each, and as much room again, to find them at once. */
	if (!table || !hcreate_r(4 * names->count, table))
		return false;
	names->by_name = table;
	for (size_t i = 0; i < names->count; i++) {
		struct rm_event_name *name = names->names[i];

		if (!enter(table, name->full, name) ||
		    !enter(table, name->event, name))
			return false;
	}
	return true;
}

enum ringmap_status rm_event_names_load(struct rm_event_names *names,
					const struct rm_schema_source *source,
					struct ringmap_error *err)
{
	if (names->by_name)
		return RINGMAP_OK;
	enum ringmap_status s =
		source->ops->list(source->ctx, add_name, names, err);
	if (s == RINGMAP_E_NOMEM)
		s = no_memory(err);
	else if (!s && !names->count)
		s = rm_fail(err, RINGMAP_E_NOENT, 0, "there are no events");
	else if (!s) {
		qsort(names->names, names->count, sizeof(*names->names),
		      compare_names);
		drop_twins(names);
		if (!index_names(names))
			s = no_memory(err);
	}
	/* As if it had never been tried. */
	if (s)
		rm_event_names_free(names);
	return s;
}

struct rm_event_name *rm_event_names_find(const struct rm_event_names *names,
					  const char *name)
{
	const ENTRY wanted = {.key = (char *)(uintptr_t)name};
	ENTRY *found;

	if (!hsearch_r(wanted, FIND, &found, names->by_name))
		return NULL;
	return found->data;
}

void rm_event_names_free(struct rm_event_names *names)
{
	if (names->by_name)
		hdestroy_r(names->by_name);
	free(names->names);
	rm_arena_free(&names->arena);
	*names = (struct rm_event_names){.count = 0};
}
