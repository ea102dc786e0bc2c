/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * demo_formats.c - names and field offsets of the events of the demo
 *
 * The formats are asked once. The loop over the events only uses the offsets.
 */
#define _GNU_SOURCE
#include "core/tool/demo_formats.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const demo_systems[] = {"sched", "irq", "raw_syscalls", NULL};

static const char *const field_names[DEMO_FIELDS] = {
	[DEMO_COMMON_PID] = "common_pid",
	[DEMO_PID] = "pid",
	[DEMO_COMM] = "comm",
	[DEMO_PREV_PID] = "prev_pid",
	[DEMO_PREV_STATE] = "prev_state",
	[DEMO_PREV_COMM] = "prev_comm",
	[DEMO_NEXT_PID] = "next_pid",
	[DEMO_NEXT_COMM] = "next_comm",
};

static const struct {
	const char *name;
	enum demo_kind kind;
} kinds[] = {
	{"sched:sched_switch", DEMO_SWITCH},
	{"sched:sched_waking", DEMO_WAKING},
	{"sched:sched_wakeup", DEMO_WAKEUP},
	{"sched:sched_wakeup_new", DEMO_WAKEUP_NEW},
};

static enum demo_kind kind_of(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (!strcmp(kinds[i].name, name))
			return kinds[i].kind;
	}
	return DEMO_OTHER;
}

/* Returns the number of bytes read, or -1. */
static ssize_t read_file(const char *path, char *buf, size_t size)
{
	FILE *f = fopen(path, "re");

	if (!f)
		return -1;
	size_t n = fread(buf, 1, size - 1, f);
	fclose(f);
	buf[n] = '\0';
	return (ssize_t)n;
}

static int make_room(struct demo_formats *formats, size_t id)
{
	if (id < formats->count)
		return 0;
	struct demo_event *by_id =
		reallocarray(formats->by_id, id + 1, sizeof(*by_id));
	if (!by_id)
		return ENOMEM;
	memset(by_id + formats->count, 0,
	       (id + 1 - formats->count) * sizeof(*by_id));
	formats->by_id = by_id;
	formats->count = id + 1;
	return 0;
}

/*
 * Returns the bits of the states that have a name, in which a task sleeps.
 * Kernels differ in them, and in what else prev_state holds.
 */
static uint64_t sleeping_of(const struct ringmap_format *format)
{
	struct ringmap_field_info field;
	uint64_t mask = 0;

	if (ringmap_format_field_by_name(format, "prev_state", &field,
					 sizeof(field)))
		return 0;
	for (uint32_t i = 0; i < field.nr_values; i++)
		mask |= field.values[i].value;
	return mask;
}

static int keep(struct demo_formats *formats,
		const struct ringmap_format *format)
{
	struct ringmap_format_info info;

	if (ringmap_format_info(format, &info, sizeof(info)))
		return EINVAL;
	int error = make_room(formats, info.id);
	if (error)
		return error;
	struct demo_event *event = &formats->by_id[info.id];
	snprintf(event->name, sizeof(event->name), "%s:%s", info.system,
		 info.name);
	event->kind = kind_of(event->name);
	if (event->kind == DEMO_WAKING)
		formats->has_waking = true;
	if (event->kind == DEMO_SWITCH)
		event->sleeping = sleeping_of(format);
	for (int i = 0; i < DEMO_FIELDS; i++) {
		struct ringmap_field_info field;

		if (ringmap_format_field_by_name(format, field_names[i], &field,
						 sizeof(field)))
			continue;
		event->field[i].offset = field.offset;
		event->field[i].size = field.size;
	}
	return 0;
}

/* Returns true if the event is enabled; in a recording, all of them were. */
static bool is_enabled(const char *dir)
{
	char path[PATH_MAX], text[8];

	snprintf(path, sizeof(path), "%s/enable", dir);
	return read_file(path, text, sizeof(text)) < 0 || text[0] == '1';
}

/* An event whose format makes no sense is still counted, by its id. */
static int load_event(struct demo_formats *formats,
		      struct ringmap_schema *schema, const char *system,
		      const char *event, const char *dir)
{
	const struct ringmap_format *format;
	char name[2 * NAME_MAX + 2];

	if (!is_enabled(dir))
		return 0;
	snprintf(name, sizeof(name), "%s:%s", system, event);
	if (ringmap_schema_format(schema, name, &format, NULL))
		return 0;
	return keep(formats, format);
}

static int load_system(struct demo_formats *formats,
		       struct ringmap_schema *schema, const char *system,
		       const char *dir)
{
	char path[PATH_MAX - NAME_MAX - 17], event[PATH_MAX - 16];
	int error = 0;

	snprintf(path, sizeof(path), "%s/events/%s", dir, system);
	DIR *events = opendir(path);
	if (!events)
		return errno == ENOENT ? 0 : errno;
	for (struct dirent *entry; !error && (entry = readdir(events));) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(event, sizeof(event), "%s/%s", path, entry->d_name);
		error = load_event(formats, schema, system, entry->d_name,
				   event);
	}
	closedir(events);
	return error;
}

int demo_formats_load(struct demo_formats *formats, struct ringmap_trace *trace,
		      const char *dir)
{
	struct ringmap_schema *schema;
	int error = 0;

	*formats = (struct demo_formats){0};
	if (ringmap_trace_schema(trace, &schema, NULL))
		return EINVAL;
	for (size_t i = 0; !error && demo_systems[i]; i++)
		error = load_system(formats, schema, demo_systems[i], dir);
	if (error)
		demo_formats_free(formats);
	return error;
}

void demo_formats_free(struct demo_formats *formats)
{
	free(formats->by_id);
	*formats = (struct demo_formats){0};
}

const struct demo_event *demo_formats_find(const struct demo_formats *formats,
					   uint16_t id)
{
	if (id >= formats->count || !formats->by_id[id].name[0])
		return NULL;
	return &formats->by_id[id];
}
