/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * demo_formats.c - names and field offsets of the events of the demo
 *
 * libtraceevent parses the format files once. The loop over the events only
 * uses the offsets.
 */
#define _GNU_SOURCE
#include "core/tool/demo_formats.h"

#include <dirent.h>
#include <errno.h>
#include <event-parse.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Every format file of these systems is smaller. */
#define FORMAT_MAX 65536

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

/* ---- states -------------------------------------------------------------- */

static bool value_of(const struct tep_print_arg *arg, uint64_t *ret);

static bool value_of_op(const struct tep_print_arg *arg, uint64_t *ret)
{
	const char *op = arg->op.op;
	uint64_t a, b;

	if (!arg->op.left || !value_of(arg->op.left, &a) || !arg->op.right ||
	    !value_of(arg->op.right, &b))
		return false;
	if (!strcmp(op, "|"))
		*ret = a | b;
	else if (!strcmp(op, "+"))
		*ret = a + b;
	else if (!strcmp(op, "-"))
		*ret = a - b;
	else if (!strcmp(op, "<<") && b < 64)
		*ret = a << b;
	else
		return false;
	return true;
}

/* Returns false unless @arg is a constant. */
static bool value_of(const struct tep_print_arg *arg, uint64_t *ret)
{
	char *end;

	if (arg->type == TEP_PRINT_OP)
		return value_of_op(arg, ret);
	if (arg->type != TEP_PRINT_ATOM)
		return false;
	*ret = strtoull(arg->atom.atom, &end, 0);
	return end != arg->atom.atom;
}

/*
 * Finds "prev_state & MASK" in a print fmt. The mask has the bits of the states
 * in which a task sleeps, and kernels differ in it.
 */
static bool find_mask(const struct tep_print_arg *arg, uint64_t *ret)
{
	if (!arg || arg->type != TEP_PRINT_OP)
		return false;
	const struct tep_print_arg *left = arg->op.left;

	if (!strcmp(arg->op.op, "&") && left && left->type == TEP_PRINT_FIELD &&
	    !strcmp(left->field.name, "prev_state"))
		return arg->op.right && value_of(arg->op.right, ret);
	return find_mask(left, ret) || find_mask(arg->op.right, ret);
}

static uint64_t sleeping_of(const struct tep_event *event)
{
	uint64_t mask;

	for (const struct tep_print_arg *arg = event->print_fmt.args; arg;
	     arg = arg->next)
		if (find_mask(arg, &mask))
			return mask;
	return 0;
}

/* ---- events -------------------------------------------------------------- */

static int keep(struct demo_formats *formats, struct tep_event *parsed)
{
	if (parsed->id < 0 || parsed->id > UINT16_MAX)
		return 0;
	size_t id = (size_t)parsed->id;
	int error = make_room(formats, id);
	if (error)
		return error;
	struct demo_event *event = &formats->by_id[id];
	snprintf(event->name, sizeof(event->name), "%s:%s", parsed->system,
		 parsed->name);
	event->kind = kind_of(event->name);
	if (event->kind == DEMO_WAKING)
		formats->has_waking = true;
	if (event->kind == DEMO_SWITCH)
		event->sleeping = sleeping_of(parsed);
	for (int i = 0; i < DEMO_FIELDS; i++) {
		struct tep_format_field *field =
			tep_find_any_field(parsed, field_names[i]);

		if (!field || field->offset < 0 || field->size < 0)
			continue;
		event->field[i].offset = (uint32_t)field->offset;
		event->field[i].size = (uint32_t)field->size;
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

static void load_event(struct tep_handle *tep, const char *system,
		       const char *dir, char *text)
{
	char path[PATH_MAX];

	if (!is_enabled(dir))
		return;
	snprintf(path, sizeof(path), "%s/format", dir);
	ssize_t n = read_file(path, text, FORMAT_MAX);
	/*
	 * An error may concern the print fmt only, which the demo does not use.
	 * An event whose fields are unknown is still counted, by its id.
	 */
	if (n > 0)
		tep_parse_event(tep, text, (unsigned long)n, system);
}

static int load_system(struct tep_handle *tep, const char *dir,
		       const char *system, char *text)
{
	char path[PATH_MAX - NAME_MAX - 17], event[PATH_MAX - 16];

	snprintf(path, sizeof(path), "%s/events/%s", dir, system);
	DIR *events = opendir(path);
	if (!events)
		return errno == ENOENT ? 0 : errno;
	for (struct dirent *entry; (entry = readdir(events));) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(event, sizeof(event), "%s/%s", path, entry->d_name);
		load_event(tep, system, event, text);
	}
	closedir(events);
	return 0;
}

static int load(struct demo_formats *formats, struct tep_handle *tep,
		const char *dir, char *text)
{
	int error = 0;

	for (size_t i = 0; !error && demo_systems[i]; i++)
		error = load_system(tep, dir, demo_systems[i], text);
	int count = tep_get_events_count(tep);
	for (int i = 0; !error && i < count; i++)
		error = keep(formats, tep_get_event(tep, i));
	return error;
}

int demo_formats_load(struct demo_formats *formats, const char *dir)
{
	struct tep_handle *tep = tep_alloc();
	char *text = malloc(FORMAT_MAX);

	*formats = (struct demo_formats){0};
	tep_set_loglevel(TEP_LOG_NONE);
	int error = tep && text ? load(formats, tep, dir, text) : ENOMEM;
	free(text);
	tep_free(tep);
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
