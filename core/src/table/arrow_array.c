/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * arrow_array.c - exports a batch's rows through the Arrow C data interface
 *
 * Nothing is copied: the arrays point into the batch and the dictionaries. Each
 * array holds a reference of its own, since children may be moved out and
 * outlive their parent.
 */
#include "table/arrow_format.h"
#include "table/table.h"

#include <stdlib.h>

enum {
	/* validity, offsets, values */
	BUFFERS_MAX = 3
};

struct owned {
	const void *buffers[BUFFERS_MAX];
	struct ArrowArray **children;
	struct rm_batch *batch;
	struct rm_strings *strings;
};

/* Its address stands for a buffer of no bytes. */
static const uint64_t nothing;

static void release(struct ArrowArray *array)
{
	struct owned *owned = array->private_data;

	for (int64_t i = 0; i < array->n_children; i++) {
		struct ArrowArray *child = array->children[i];

		/* A child that was moved out belongs to its new owner. */
		if (child && child->release)
			child->release(child);
		free(child);
	}
	if (array->dictionary && array->dictionary->release)
		array->dictionary->release(array->dictionary);
	free(array->dictionary);
	if (owned->batch)
		rm_batch_unref(owned->batch);
	rm_strings_unref(owned->strings);
	free(owned->children);
	free(owned);
	array->release = NULL;
}

/*
 * Makes an array with @n_children empty children, and with a reference to
 * @batch, if there is one. NULL: no memory, and nothing to release.
 */
static struct owned *init(struct ArrowArray *ret, uint64_t length,
			  size_t n_children, struct rm_batch *batch)
{
	struct owned *owned = calloc(1, sizeof(*owned));

	if (!owned)
		return NULL;
	*ret = (struct ArrowArray){
		.length = (int64_t)length,
		.buffers = owned->buffers,
		.release = release,
		.private_data = owned,
	};
	if (batch)
		rm_batch_ref(batch);
	owned->batch = batch;
	owned->children =
		calloc(n_children ? n_children : 1, sizeof(*owned->children));
	bool good = owned->children;
	for (size_t i = 0; good && i < n_children; i++) {
		owned->children[i] = calloc(1, sizeof(**owned->children));
		good = owned->children[i];
	}
	if (owned->children) {
		ret->children = owned->children;
		ret->n_children = (int64_t)n_children;
	}
	if (good)
		return owned;
	release(ret);
	return NULL;
}

static void add_buffer(struct ArrowArray *array, const void *bytes)
{
	struct owned *owned = array->private_data;

	owned->buffers[array->n_buffers++] = bytes ? bytes : &nothing;
}

/* Adds the validity bits, or none if all values are valid. */
static void add_validity(struct ArrowArray *array, const struct rm_store *store)
{
	struct owned *owned = array->private_data;

	if (store && store->nulls)
		owned->buffers[0] = store->validity;
	array->n_buffers++;
	array->null_count = store ? (int64_t)store->nulls : 0;
}

/* Makes the arrays from @level on; all values are in the column's data. */
static bool init_fixed_inner(struct ArrowArray *ret, const struct rm_column *c,
			     const struct rm_store *store, uint64_t rows,
			     uint32_t level, struct rm_batch *batch)
{
	bool last = level == rm_arrow_levels(c);

	if (!init(ret, rows * rm_arrow_per_row(c, level), last ? 0 : 1, batch))
		return false;
	add_validity(ret, NULL);
	if (last) {
		add_buffer(ret, store->data);
		return true;
	}
	return init_fixed_inner(ret->children[0], c, store, rows, level + 1,
				batch);
}

static bool init_items(struct ArrowArray *ret, const struct rm_store *store,
		       struct rm_batch *batch)
{
	if (!init(ret, store->nr_items, 0, batch))
		return false;
	add_validity(ret, NULL);
	add_buffer(ret, store->items);
	return true;
}

static bool init_dictionary(struct ArrowArray *ret, struct rm_dict *dict)
{
	uint32_t count;

	ret->dictionary = calloc(1, sizeof(*ret->dictionary));
	if (!ret->dictionary)
		return false;
	struct owned *owned = init(ret->dictionary, 0, 0, NULL);
	if (!owned)
		return false;
	owned->strings = rm_dict_strings(dict, &count);
	ret->dictionary->length = count;
	add_validity(ret->dictionary, NULL);
	add_buffer(ret->dictionary, owned->strings->offsets);
	add_buffer(ret->dictionary, owned->strings->bytes);
	return true;
}

/* Makes the array of the column's values, of which a row may have several. */
static bool init_values(struct ArrowArray *ret, const struct ringmap_table *t,
			size_t i)
{
	const struct rm_column *c = &t->plan->columns[i];
	const struct rm_store *store = &t->batch->stores[i];
	bool nested = rm_arrow_levels(c);

	if (!init(ret, t->rows * store->per_row, nested ? 1 : 0, t->batch))
		return false;
	add_validity(ret, store);
	if (store->offsets)
		add_buffer(ret, store->offsets);
	else if (!nested)
		add_buffer(ret, store->data);
	if (store->offsets && !nested)
		add_buffer(ret, store->items);
	if (nested && store->offsets)
		return init_items(ret->children[0], store, t->batch);
	if (nested)
		return init_fixed_inner(ret->children[0], c, store, t->rows, 1,
					t->batch);
	return !t->dicts[i] || init_dictionary(ret, t->dicts[i]);
}

static bool init_column(struct ArrowArray *ret, const struct ringmap_table *t,
			size_t i)
{
	if (!t->plan->columns[i].repeat)
		return init_values(ret, t, i);
	if (!init(ret, t->rows, 1, t->batch))
		return false;
	add_validity(ret, NULL);
	return init_values(ret->children[0], t, i);
}

enum ringmap_status ringmap_table_export(struct ringmap_table *table,
					 struct ArrowArray *ret)
{
	if (!table->rows)
		return RINGMAP_DONE;
	if (!init(ret, table->rows, table->plan->visible, NULL))
		return RINGMAP_E_NOMEM;
	add_validity(ret, NULL);
	for (size_t i = 0; i < table->plan->visible; i++) {
		if (init_column(ret->children[i], table, i))
			continue;
		release(ret);
		return RINGMAP_E_NOMEM;
	}
	rm_batch_unref(table->batch);
	table->batch = NULL;
	table->rows = 0;
	table->mark.set = false;
	return RINGMAP_OK;
}
