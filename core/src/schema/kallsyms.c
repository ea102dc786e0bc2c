/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * kallsyms.c - symbols of a kernel and where they begin
 *
 *	ffffffff81000000 T _stext
 *	ffffffffc0201000 t xfs_trans_alloc	[xfs]
 */
#include "schema/schema.h"

#include "base/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Ends the field that @at begins with; what comes behind it. */
static char *cut_field(char *at, const char *ends)
{
	at += strcspn(at, ends);
	if (!*at)
		return at;
	*at = '\0';
	return at + 1;
}

/* False: the line names no symbol that has an address. */
static bool parse_line(char *line, struct ringmap_symbol *ret)
{
	char *end;

	errno = 0;
	ret->start = strtoull(line, &end, 16);
	/* Without privileges all are 0. */
	if (errno || end == line || *end != ' ' || !ret->start)
		return false;
	char type = end[1];
	if (!type || end[2] != ' ')
		return false;
	char *name = end + 3;
	/* Offsets of per-CPU variables, and arm's marks of data in code. */
	if (type == 'a' || type == 'A' || *name == '$')
		return false;
	char *module = cut_field(name, "\t ");
	ret->name = name;
	ret->module = NULL;
	if (*module == '[') {
		cut_field(module, "]");
		ret->module = module + 1;
	}
	return *name;
}

static int compare(const void *a, const void *b)
{
	const struct ringmap_symbol *x = a;
	const struct ringmap_symbol *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	/* Of aliases the one that the kernel lists first. */
	return x->name < y->name ? -1 : x->name > y->name;
}

static enum ringmap_status parse(struct rm_symbols *symbols)
{
	size_t lines = rm_count_lines(symbols->text);
	char *rest = symbols->text;
	char *line;

	symbols->symbols = reallocarray(NULL, lines, sizeof(*symbols->symbols));
	if (!symbols->symbols)
		return RINGMAP_E_NOMEM;
	while ((line = rm_cut_line(&rest))) {
		if (parse_line(line, &symbols->symbols[symbols->count]))
			symbols->count++;
	}
	qsort(symbols->symbols, symbols->count, sizeof(*symbols->symbols),
	      compare);
	return RINGMAP_OK;
}

enum ringmap_status rm_symbols_load(struct rm_symbols *symbols,
				    const struct rm_schema_source *source)
{
	size_t size;

	if (symbols->read)
		return RINGMAP_OK;
	enum ringmap_status s = source->ops->text(source->ctx, RM_TEXT_KALLSYMS,
						  &symbols->text, &size, NULL);
	if (!s)
		s = parse(symbols);
	if (s == RINGMAP_E_NOMEM) {
		rm_symbols_free(symbols);
		return s;
	}
	symbols->read = true;
	return RINGMAP_OK;
}

const struct ringmap_symbol *rm_symbols_find(const struct rm_symbols *symbols,
					     uint64_t address)
{
	size_t low = 0;
	size_t high = symbols->count;

	/* Holds: those before low begin at or before address. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (symbols->symbols[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return NULL;
	uint64_t start = symbols->symbols[low - 1].start;
	while (low > 1 && symbols->symbols[low - 2].start == start)
		low--;
	return &symbols->symbols[low - 1];
}

void rm_symbols_free(struct rm_symbols *symbols)
{
	free(symbols->symbols);
	free(symbols->text);
	*symbols = (struct rm_symbols){.count = 0};
}

enum ringmap_status ringmap_schema_symbol(struct ringmap_schema *schema,
					  uint64_t address,
					  struct ringmap_symbol *ret)
{
	if (!schema || !ret)
		return RINGMAP_E_INVAL;
	RM_HOLD(schema);
	enum ringmap_status s =
		rm_symbols_load(&schema->symbols, &schema->source);
	if (s)
		return s;
	const struct ringmap_symbol *found =
		rm_symbols_find(&schema->symbols, address);
	if (!found)
		return RINGMAP_E_NOENT;
	*ret = *found;
	return RINGMAP_OK;
}
