/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * printk_formats.c - the strings of the kernel to which records point
 *
 *	0xffffffff82b7a1c0 : "woke %d of %d\n"
 */
#include "schema/schema.h"

#include <stdlib.h>
#include <string.h>

static bool parse_line(char *line, void *entry)
{
	struct rm_printk *ret = entry;
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

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	return x->text < y->text ? -1 : x->text > y->text;
}

static const struct rm_sorted_kind kind = {
	.which = RM_TEXT_PRINTK_FORMATS,
	.entry_size = sizeof(struct rm_printk),
	.parse = parse_line,
	.compare = compare,
};

enum ringmap_status rm_printks_load(struct rm_printks *printks,
				    const struct rm_schema_source *source)
{
	/* Printing reads them without the lock once they are there. */
	if (printks->lines.read)
		return RINGMAP_OK;
	enum ringmap_status s =
		rm_sorted_text_load(&printks->lines, &kind, source);

	printks->printks = printks->lines.entries;
	printks->count = printks->lines.count;
	return s;
}

static bool lies_before(const void *entry, const void *address)
{
	const struct rm_printk *printk = entry;

	return printk->address < *(const uint64_t *)address;
}

const char *rm_printks_find(const struct rm_printks *printks, uint64_t address)
{
	size_t i = rm_sorted_text_before(&printks->lines, &kind, &address,
					 lies_before);

	return i < printks->count && printks->printks[i].address == address
		       ? printks->printks[i].text
		       : NULL;
}

void rm_printks_free(struct rm_printks *printks)
{
	rm_sorted_text_free(&printks->lines);
	*printks = (struct rm_printks){.count = 0};
}

const char *ringmap_schema_printk(struct ringmap_schema *schema,
				  uint64_t address)
{
	if (!schema)
		return NULL;
	RM_HOLD(schema);
	if (rm_printks_load(&schema->printks, &schema->source))
		return NULL;
	return rm_printks_find(&schema->printks, address);
}
