/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * value.c - a field of one event: as a number, as text, as a column of one row
 */
#include "state.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Reads the field of an event into @cell, and what does not fit into it into
 * memory at @ret, which the caller frees.
 */
static bool read_field(const struct rmb_field *self,
		       const struct rmb_event *event, struct ringmap_cell *cell,
		       void **ret, struct ringmap_error *err)
{
	*ret = NULL;
	if (rmb_failed(ringmap_format_read(self->format, self->number, 0,
					   &event->event, cell, sizeof(*cell),
					   NULL, 0),
		       err))
		return false;
	*ret = malloc(cell->size + 1);
	if (!*ret)
		return !rmb_failed(RINGMAP_E_NOMEM, err);
	return !rmb_failed(ringmap_format_read(
				   self->format, self->number, 0, &event->event,
				   cell, sizeof(*cell), *ret, cell->size + 1),
			   err);
}

static bool is_number(const struct ringmap_cell *cell)
{
	if (cell->kind == RINGMAP_KIND_STRING ||
	    cell->kind == RINGMAP_KIND_BYTES)
		return false;
	return !(cell->flags & RINGMAP_CELL_LIST) || cell->count;
}

int64_t rmb_field_number(struct rmb_field *self, struct rmb_event *event,
			 struct ringmap_error *err)
{
	RMB_HELD *held = rmb_hold(event, err);
	struct ringmap_cell cell;
	uint64_t number = 0;
	void *values;

	if (!held || !read_field(self, event, &cell, &values, err))
		return 0;
	number = cell.number;
	if (cell.flags & RINGMAP_CELL_NULL)
		rmb_fail(err, RINGMAP_E_CORRUPT,
			 "the field lies outside of this record: is it an "
			 "event of that format?");
	else if (!is_number(&cell))
		rmb_fail(err, RINGMAP_E_UNSUPPORTED,
			 "the field is no number: take its text, or its bytes");
	else if (cell.flags & RINGMAP_CELL_LIST)
		memcpy(&number, values, sizeof(number));
	free(values);
	return (int64_t)number;
}

/* The name of a symbol's value; NULL: it has none. */
static const char *name_of(const struct ringmap_field_info *info, int64_t value)
{
	for (uint32_t i = 0; i < info->nr_values; i++)
		if (info->values[i].value == (uint64_t)value)
			return info->values[i].name;
	return NULL;
}

char *rmb_field_text(struct rmb_field *self, struct rmb_event *event,
		     struct ringmap_error *err)
{
	struct ringmap_cell cell;
	void *text;

	if (self->info.kind == RINGMAP_KIND_SYMBOL) {
		int64_t value = rmb_field_number(self, event, err);

		return err->status ? NULL
				   : rmb_text(name_of(&self->info, value), err);
	}
	if (self->info.kind != RINGMAP_KIND_STRING)
		return NULL;

	RMB_HELD *held = rmb_hold(event, err);

	if (!held || !read_field(self, event, &cell, &text, err))
		return NULL;
	if (!(cell.flags & RINGMAP_CELL_NULL))
		return text;
	free(text);
	return NULL;
}

/* ---- as a column -------------------------------------------------------------- */

/* A list of all parts, the parts, inner lists, and what the innermost holds. */
#define LEVELS_MAX 4

struct level {
	struct ArrowSchema schema;
	struct ArrowArray array;
	struct ArrowSchema *inner_schema;
	struct ArrowArray *inner_array;
	const void *buffers[3];
	char format[16];
};

/*
 * A value in the layout of Arrow. Its parts are the values of an array of
 * dynamic ones, or the only value. What they hold is in data, without gaps.
 */
struct value {
	struct rmb_schema *schema; /* has the field's name */
	struct level levels[LEVELS_MAX];
	uint32_t depth;
	uint32_t nr_parts;
	int32_t all[2];   /* offsets of the list of all parts */
	int32_t *offsets; /* of each part, in elements or bytes, and the end */
	unsigned char *valid; /* one bit for each part */
	uint32_t nulls;
	uint32_t kind;
	uint32_t flags; /* RINGMAP_CELL_* of any part */
	uint32_t inner;
	size_t size;
	char *data;
};

static void free_value(struct value *v)
{
	rmb_unref(v->schema);
	free(v->offsets);
	free(v->valid);
	free(v->data);
	free(v);
}

static void release_array(struct ArrowArray *array)
{
	free_value(array->private_data);
	array->release = NULL;
}

/* All its memory is the array's. */
static void release_schema(struct ArrowSchema *schema)
{
	schema->release = NULL;
}

static bool is_list(const struct value *v)
{
	return v->flags & RINGMAP_CELL_LIST;
}

static bool is_text_or_bytes(const struct value *v)
{
	return !is_list(v) && (v->kind == RINGMAP_KIND_STRING ||
			       v->kind == RINGMAP_KIND_BYTES);
}

/* Appends @size bytes, behind which a number or a NUL fits; NULL: no memory. */
static char *append(struct value *v, size_t size)
{
	size_t end, room;

	if (__builtin_add_overflow(v->size, size, &end) ||
	    __builtin_add_overflow(end, sizeof(uint64_t), &room))
		return NULL;

	char *data = realloc(v->data, room);

	if (!data)
		return NULL;
	v->data = data;
	data += v->size;
	v->size = end;
	return data;
}

/* Reads part number @i. One that is null adds nothing to data. */
static bool read_part(struct value *v, const struct rmb_field *field,
		      const struct rmb_event *event, uint32_t i,
		      struct ringmap_error *err)
{
	struct ringmap_cell cell;
	int32_t length;
	char *data;

	if (rmb_failed(ringmap_format_read(field->format, field->number, i,
					   &event->event, &cell, sizeof(cell),
					   NULL, 0),
		       err))
		return false;
	v->kind = cell.kind;
	v->flags |= cell.flags;
	v->inner = cell.inner && !(cell.count % cell.inner) ? cell.inner : 0;

	bool is_null = cell.flags & RINGMAP_CELL_NULL;
	bool apart = is_list(v) || is_text_or_bytes(v);
	size_t in_part =
		is_list(v) ? cell.count / (v->inner ? v->inner : 1) : cell.size;

	if (is_null)
		in_part = cell.size = 0;
	data = append(v, apart || is_null ? cell.size : sizeof(cell.number));
	if (!data || __builtin_add_overflow(v->offsets[i], in_part, &length))
		return !rmb_failed(RINGMAP_E_NOMEM, err);
	v->offsets[i + 1] = length;
	v->nulls += is_null;
	v->valid[i / 8] |= (unsigned char)(!is_null << i % 8);
	if (is_null)
		return true;
	if (apart)
		return !rmb_failed(
			ringmap_format_read(field->format, field->number, i,
					    &event->event, &cell, sizeof(cell),
					    data, cell.size + 1),
			err);
	/* A bool is a bit. */
	if (v->kind == RINGMAP_KIND_BOOL)
		data[0] = (char)cell.number;
	else
		memcpy(data, &cell.number, sizeof(cell.number));
	return true;
}

/* The next level inside of those that there are. */
static struct level *add_level(struct value *v, const char *format,
			       size_t length, const void *first,
			       const void *second)
{
	struct level *level = &v->levels[v->depth];

	strncpy(level->format, format, sizeof(level->format) - 1);
	level->buffers[1] = first;
	level->buffers[2] = second;
	level->schema.format = level->format;
	level->schema.name = "item";
	level->schema.flags = ARROW_FLAG_NULLABLE;
	level->schema.children = &level->inner_schema;
	level->array.length = (int64_t)length;
	level->array.n_buffers = second ? 3 : first ? 2 : 1;
	level->array.buffers = level->buffers;
	level->array.children = &level->inner_array;
	if (v->depth) {
		struct level *outer = level - 1;

		outer->inner_schema = &level->schema;
		outer->inner_array = &level->array;
		outer->schema.n_children = outer->array.n_children = 1;
	}
	v->depth++;
	return level;
}

static void add_levels(struct value *v, bool is_array)
{
	const char *number = v->flags & RINGMAP_CELL_SIGNED ? "l" : "L";
	size_t elements = (size_t)v->offsets[v->nr_parts];
	struct level *parts;

	v->all[1] = (int32_t)v->nr_parts;
	if (is_array)
		add_level(v, "+l", 1, v->all, NULL);
	if (is_list(v))
		parts = add_level(v, "+l", v->nr_parts, v->offsets, NULL);
	else if (is_text_or_bytes(v))
		parts = add_level(v, v->kind == RINGMAP_KIND_STRING ? "u" : "z",
				  v->nr_parts, v->offsets, v->data);
	else
		parts = add_level(v,
				  v->kind == RINGMAP_KIND_BOOL ? "b" : number,
				  v->nr_parts, v->data, NULL);
	parts->buffers[0] = v->valid;
	parts->array.null_count = v->nulls;
	if (is_list(v) && v->inner) {
		char format[16];

		snprintf(format, sizeof(format), "+w:%" PRIu32, v->inner);
		add_level(v, format, elements, NULL, NULL);
		elements *= v->inner;
	}
	if (is_list(v))
		add_level(v, number, elements, v->data, NULL);
}

static struct value *new_value(const struct rmb_field *field, uint32_t nr_parts,
			       struct ringmap_error *err)
{
	struct value *v = calloc(1, sizeof(*v));

	if (v) {
		v->schema = rmb_ref(field->schema);
		v->nr_parts = nr_parts;
		v->offsets = calloc((size_t)nr_parts + 1, sizeof(*v->offsets));
		v->valid = calloc((size_t)nr_parts / 8 + 1, 1);
		/* A number can be taken even of a null. */
		v->data = calloc(1, sizeof(uint64_t));
		if (v->offsets && v->valid && v->data)
			return v;
		free_value(v);
	}
	rmb_failed(RINGMAP_E_NOMEM, err);
	return NULL;
}

struct rmb_column *rmb_field_read(struct rmb_field *self,
				  struct rmb_event *event,
				  struct ringmap_error *err)
{
	const uint32_t dynamic = RINGMAP_FIELD_DATA_LOC | RINGMAP_FIELD_REL_LOC;
	bool is_array = self->info.flags & dynamic && self->info.count;
	uint32_t nr_parts = is_array ? self->info.count : 1;
	RMB_HELD *held = rmb_hold(event, err);
	struct rmb_batch *batch = held ? rmb_batch_new(err) : NULL;
	struct value *v = batch ? new_value(self, nr_parts, err) : NULL;
	struct rmb_column *column = NULL;
	uint32_t i = 0;

	while (v && i < nr_parts && read_part(v, self, event, i, err))
		i++;
	if (v && i == nr_parts) {
		add_levels(v, is_array);
		batch->schema = v->levels[0].schema;
		batch->schema.name = self->info.name;
		batch->schema.release = release_schema;
		batch->array = v->levels[0].array;
		batch->array.private_data = v;
		batch->array.release = release_array;
		column = rmb_column_of(batch, &batch->schema, &batch->array,
				       err);
	} else if (v) {
		free_value(v);
	}
	rmb_unref(batch);
	return column;
}
