/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * kallsyms.c - the symbols of a kernel by address
 *
 *	ffffffff81000000 T _stext
 *	ffffffffc0201000 t xfs_trans_alloc	[xfs]
 */
#include "schema/schema.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Ends the field at @at with a NUL, and returns the text behind it. */
static char *cut_field(char *at, const char *ends)
{
	at += strcspn(at, ends);
	if (!*at)
		return at;
	*at = '\0';
	return at + 1;
}

/* Returns false unless the line is a symbol with an address. */
static bool parse_line(char *line, void *entry)
{
	struct ringmap_symbol *ret = entry;
	char *end;

	errno = 0;
	ret->start = strtoull(line, &end, 16);
	/* Without privileges all addresses read as 0. */
	if (errno || end == line || *end != ' ' || !ret->start)
		return false;
	char type = end[1];
	if (!type || end[2] != ' ')
		return false;
	char *name = end + 3;
	/* Absolute symbols are offsets of per-CPU variables; names with '$'
	 * are arm's marks of data in code. */
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
	/* Aliases keep the order in which the kernel lists them. */
	return x->name < y->name ? -1 : x->name > y->name;
}

static const struct rm_sorted_kind kind = {
	.which = RM_TEXT_KALLSYMS,
	.entry_size = sizeof(struct ringmap_symbol),
	.parse = parse_line,
	.compare = compare,
};

enum ringmap_status rm_symbols_load(struct rm_symbols *symbols,
				    const struct rm_schema_source *source)
{
	/* Printing reads them without the lock once they are there. */
	if (symbols->lines.read)
		return RINGMAP_OK;
	enum ringmap_status s =
		rm_sorted_text_load(&symbols->lines, &kind, source);

	symbols->symbols = symbols->lines.entries;
	symbols->count = symbols->lines.count;
	return s;
}

static bool starts_before(const void *entry, const void *address)
{
	const struct ringmap_symbol *symbol = entry;

	return symbol->start < *(const uint64_t *)address;
}

static bool starts_up_to(const void *entry, const void *address)
{
	const struct ringmap_symbol *symbol = entry;

	return symbol->start <= *(const uint64_t *)address;
}

const struct ringmap_symbol *rm_symbols_find(const struct rm_symbols *symbols,
					     uint64_t address)
{
	size_t i = rm_sorted_text_before(&symbols->lines, &kind, &address,
					 starts_up_to);

	if (!i)
		return NULL;
	/* Of several symbols that begin there, this finds the first. */
	uint64_t start = symbols->symbols[i - 1].start;
	i = rm_sorted_text_before(&symbols->lines, &kind, &start,
				  starts_before);
	return &symbols->symbols[i];
}

/* The letter before the name: kallsyms writes small ones for local symbols. */
static bool is_code(const struct ringmap_symbol *symbol)
{
	char type = symbol->name[-2];

	return type == 'T' || type == 't' || type == 'W' || type == 'w';
}

bool rm_symbols_address(const struct rm_symbols *symbols, const char *name,
			size_t size, uint64_t *ret)
{
	for (size_t i = 0; i < symbols->count; i++) {
		const struct ringmap_symbol *symbol = &symbols->symbols[i];

		if (!symbol->module && is_code(symbol) &&
		    !strncmp(symbol->name, name, size) && !symbol->name[size]) {
			*ret = symbol->start;
			return true;
		}
	}
	return false;
}

void rm_symbols_free(struct rm_symbols *symbols)
{
	rm_sorted_text_free(&symbols->lines);
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
