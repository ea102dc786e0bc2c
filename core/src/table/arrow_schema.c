/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * arrow_schema.c - exports a table's columns through the Arrow C data interface
 */
#include "table/arrow_format.h"
#include "table/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Each struct ArrowSchema, child or parent, has one, which release() frees. */
struct owned {
	char format[RM_ARROW_FORMAT_MAX];
	char *name;
	struct ArrowSchema **children;
};

static void release(struct ArrowSchema *schema)
{
	struct owned *owned = schema->private_data;

	for (int64_t i = 0; i < schema->n_children; i++) {
		struct ArrowSchema *child = schema->children[i];

		/* A child that was moved out belongs to its new owner. */
		if (child && child->release)
			child->release(child);
		free(child);
	}
	if (schema->dictionary && schema->dictionary->release)
		schema->dictionary->release(schema->dictionary);
	free(schema->dictionary);
	free(owned->children);
	free(owned->name);
	free(owned);
	schema->release = NULL;
}

/*
 * Makes a schema with @n_children empty children. Returns false if there is no
 * memory; then there is nothing to release.
 */
static bool init(struct ArrowSchema *ret, const char *name, size_t n_children)
{
	struct owned *owned = calloc(1, sizeof(*owned));

	if (!owned)
		return false;
	*ret = (struct ArrowSchema){
		.format = owned->format,
		.flags = ARROW_FLAG_NULLABLE,
		.release = release,
		.private_data = owned,
	};
	owned->name = strdup(name);
	ret->name = owned->name;
	owned->children =
		calloc(n_children ? n_children : 1, sizeof(*owned->children));
	bool good = owned->name && owned->children;
	for (size_t i = 0; good && i < n_children; i++) {
		owned->children[i] = calloc(1, sizeof(**owned->children));
		good = owned->children[i];
	}
	if (owned->children) {
		ret->children = owned->children;
		ret->n_children = (int64_t)n_children;
	}
	if (!good)
		release(ret);
	return good;
}

static char *format_of(struct ArrowSchema *schema)
{
	return ((struct owned *)schema->private_data)->format;
}

/* Makes the types nested in a column, from @level on. */
static bool init_inner(struct ArrowSchema *ret, const struct rm_column *c,
		       uint32_t level)
{
	bool last = level == rm_arrow_levels(c);

	if (!init(ret, "item", last ? 0 : 1))
		return false;
	rm_arrow_inner_format(c, level, format_of(ret));
	ret->flags = 0;
	return last || init_inner(ret->children[0], c, level + 1);
}

static bool init_dictionary(struct ArrowSchema *ret)
{
	ret->dictionary = calloc(1, sizeof(*ret->dictionary));
	if (!ret->dictionary || !init(ret->dictionary, "", 0))
		return false;
	strcpy(format_of(ret->dictionary), "u");
	return true;
}

/* Makes the type of the column's values, of which a row may have several. */
static bool init_values(struct ArrowSchema *ret, const struct rm_column *c,
			const char *name, uint32_t ts_unit)
{
	bool nested = rm_arrow_levels(c);

	if (!init(ret, name, nested ? 1 : 0))
		return false;
	rm_arrow_format(c, ts_unit, format_of(ret));
	if (c->what == RM_COLUMN_TS || c->what == RM_COLUMN_CPU)
		ret->flags = 0;
	if (nested && !init_inner(ret->children[0], c, 1))
		return false;
	return !rm_column_is_dict(c) || init_dictionary(ret);
}

static bool init_column(struct ArrowSchema *ret, const struct rm_column *c,
			uint32_t ts_unit)
{
	if (!c->repeat)
		return init_values(ret, c, c->name, ts_unit);
	if (!init(ret, c->name, 1))
		return false;
	snprintf(format_of(ret), RM_ARROW_FORMAT_MAX, "+w:%" PRIu32, c->repeat);
	return init_values(ret->children[0], c, "item", ts_unit);
}

enum ringmap_status ringmap_table_schema(const struct ringmap_table *table,
					 struct ArrowSchema *ret)
{
	const struct rm_plan *plan = table->plan;

	if (!init(ret, "", plan->visible))
		return RINGMAP_E_NOMEM;
	strcpy(format_of(ret), "+s");
	ret->flags = 0;
	for (size_t i = 0; i < plan->visible; i++) {
		if (init_column(ret->children[i], &plan->columns[i],
				plan->ts_unit))
			continue;
		release(ret);
		return RINGMAP_E_NOMEM;
	}
	return RINGMAP_OK;
}
