/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * printk_formats.c - strings of the kernel that records tell by address
 *
 *	0xffffffff82b7a1c0 : "woke %d of %d\n"
 */
#include "schema/schema.h"

#include "base/lines.h"

#include <stdlib.h>
#include <string.h>

static bool parse_line(char *line, struct rm_printk *ret)
{
	char *end;

	ret->address = strtoull(line, &end, 16);
	if (end == line)
		return false;
	end += strspn(end, " :");
	size_t size = strlen(end);
	if (*end == '"' && size >= 2 && end[size - 1] == '"') {
		end[size - 1] = '\0';
		end++;
	}
	ret->text = end;
	return true;
}

static int compare(const void *a, const void *b)
{
	const struct rm_printk *x = a;
	const struct rm_printk *y = b;

	return x->address < y->address ? -1 : x->address > y->address;
}

static enum ringmap_status parse(struct rm_printks *printks)
{
	char *rest = printks->text;
	size_t lines = rm_count_lines(rest);
	char *line;

	printks->printks = reallocarray(NULL, lines, sizeof(*printks->printks));
	if (!printks->printks)
		return RINGMAP_E_NOMEM;
	while ((line = rm_cut_line(&rest))) {
		if (parse_line(line, &printks->printks[printks->count]))
			printks->count++;
	}
	qsort(printks->printks, printks->count, sizeof(*printks->printks),
	      compare);
	return RINGMAP_OK;
}

enum ringmap_status rm_printks_load(struct rm_printks *printks,
				    const struct rm_schema_source *source)
{
	size_t size;

	if (printks->read)
		return RINGMAP_OK;
	enum ringmap_status s =
		source->ops->text(source->ctx, RM_TEXT_PRINTK_FORMATS,
				  &printks->text, &size, NULL);
	if (!s)
		s = parse(printks);
	if (s == RINGMAP_E_NOMEM) {
		rm_printks_free(printks);
		return s;
	}
	printks->read = true;
	return RINGMAP_OK;
}

void rm_printks_free(struct rm_printks *printks)
{
	free(printks->printks);
	free(printks->text);
	*printks = (struct rm_printks){.count = 0};
}

const char *ringmap_schema_printk(struct ringmap_schema *schema,
				  uint64_t address)
{
	const struct rm_printk wanted = {.address = address};

	if (!schema)
		return NULL;
	RM_HOLD(schema);
	if (rm_printks_load(&schema->printks, &schema->source))
		return NULL;
	const struct rm_printks *p = &schema->printks;
	const struct rm_printk *found =
		p->count ? bsearch(&wanted, p->printks, p->count,
				   sizeof(*p->printks), compare)
			 : NULL;
	return found ? found->text : NULL;
}
