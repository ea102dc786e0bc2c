/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * saved_cmdlines.c - names of tasks, as the kernel remembered them
 *
 *	4734 trace-cmd
 *	18 migration/2
 */
#include "schema/schema.h"

#include "base/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool parse_line(char *line, struct rm_comm *ret)
{
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

/* Of two names of a task the one that comes first in the file. */
static int compare(const void *a, const void *b)
{
	const struct rm_comm *x = a;
	const struct rm_comm *y = b;

	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	return x->name < y->name ? -1 : x->name > y->name;
}

static enum ringmap_status parse(struct rm_comms *comms)
{
	char *rest = comms->text;
	size_t lines = rm_count_lines(rest);
	char *line;

	comms->comms = reallocarray(NULL, lines, sizeof(*comms->comms));
	if (!comms->comms)
		return RINGMAP_E_NOMEM;
	while ((line = rm_cut_line(&rest))) {
		if (parse_line(line, &comms->comms[comms->count]))
			comms->count++;
	}
	qsort(comms->comms, comms->count, sizeof(*comms->comms), compare);
	return RINGMAP_OK;
}

enum ringmap_status rm_comms_load(struct rm_comms *comms,
				  const struct rm_schema_source *source)
{
	size_t size;

	if (comms->read)
		return RINGMAP_OK;
	enum ringmap_status s = source->ops->text(
		source->ctx, RM_TEXT_SAVED_CMDLINES, &comms->text, &size, NULL);
	if (!s)
		s = parse(comms);
	if (s == RINGMAP_E_NOMEM) {
		rm_comms_free(comms);
		return s;
	}
	comms->read = true;
	return RINGMAP_OK;
}

const char *rm_comms_find(const struct rm_comms *comms, int32_t pid)
{
	size_t low = 0;
	size_t high = comms->count;

	/* Holds: those before low have a smaller pid. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (comms->comms[middle].pid < pid)
			low = middle + 1;
		else
			high = middle;
	}
	return low < comms->count && comms->comms[low].pid == pid
		       ? comms->comms[low].name
		       : NULL;
}

void rm_comms_free(struct rm_comms *comms)
{
	free(comms->comms);
	free(comms->text);
	*comms = (struct rm_comms){.count = 0};
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
