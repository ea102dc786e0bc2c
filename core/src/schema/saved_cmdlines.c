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
#include <string.h>

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
	ret->size = strlen(end);
	if (ret->size <= RM_COMM_WIDTH) {
		const size_t pad = RM_COMM_WIDTH - ret->size;

		memset(ret->column, ' ', pad);
		memcpy(ret->column + pad, end, ret->size);
	}
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

/* Every line needs this: the loop has no branch that depends on the pids. */
const struct rm_comm *rm_comms_find(const struct rm_comms *comms, int32_t pid)
{
	const struct rm_comm *at = comms->lines.entries;
	size_t count = comms->lines.count;

	/* The first entry that is not smaller than pid is one of the count at
	 * at, or there is none. */
	while (count > 1) {
		size_t half = count / 2;

		at += at[half - 1].pid < pid ? half : 0;
		count -= half;
	}
	return count && at->pid == pid ? at : NULL;
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
	const struct rm_comm *found = rm_comms_find(&schema->comms, pid);
	return found ? found->name : NULL;
}
