/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * saved_cmdlines.c - the names of tasks that the kernel saved
 *
 *	4734 trace-cmd
 *	18 migration/2
 */
#include "schema/schema.h"

#include <errno.h>
#include <stdlib.h>

static bool parse_line(char *line, void *entry)
{
	struct rm_comm *ret = entry;
	char *end;

	errno = 0;
	long pid = strtol(line, &end, 10);
	if (errno || end == line || pid < INT32_MIN || pid > INT32_MAX)
		return false;
	end += *end == ' ';
	ret->pid = (int32_t)pid;
	ret->name = end;
	return *end;
}

/* If a task has two names, the first of the file is found. */
static int compare(const void *a, const void *b)
{
	const struct rm_comm *x = a;
	const struct rm_comm *y = b;

	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	return x->name < y->name ? -1 : x->name > y->name;
}

static const struct rm_sorted_kind kind = {
	.which = RM_TEXT_SAVED_CMDLINES,
	.entry_size = sizeof(struct rm_comm),
	.parse = parse_line,
	.compare = compare,
};

enum ringmap_status rm_comms_load(struct rm_comms *comms,
				  const struct rm_schema_source *source)
{
	return rm_sorted_text_load(&comms->lines, &kind, source);
}

static bool smaller_pid(const void *entry, const void *pid)
{
	const struct rm_comm *comm = entry;

	return comm->pid < *(const int32_t *)pid;
}

const char *rm_comms_find(const struct rm_comms *comms, int32_t pid)
{
	const struct rm_comm *entries = comms->lines.entries;
	size_t i =
		rm_sorted_text_before(&comms->lines, &kind, &pid, smaller_pid);

	return i < comms->lines.count && entries[i].pid == pid ? entries[i].name
							       : NULL;
}

void rm_comms_free(struct rm_comms *comms)
{
	rm_sorted_text_free(&comms->lines);
}

const char *ringmap_schema_comm(struct ringmap_schema *schema, int32_t pid)
{
	if (!schema)
		return NULL;
	RM_HOLD(schema);
	if (rm_comms_load(&schema->comms, &schema->source))
		return NULL;
	return rm_comms_find(&schema->comms, pid);
}
