/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * column.c - columns of a batch by name and row, for languages without Arrow
 */
#include "state.h"

#include <string.h>

/* An array and its schema somewhere in batch, which stays. */
struct rmb_column {
	struct rmb_object object;
	struct rmb_batch *batch;
	const struct ArrowSchema *schema;
	const struct ArrowArray *array;
};

/* ---- batches ------------------------------------------------------------------ */

uint64_t rmb_batch_rows_get(struct rmb_batch *self)
{
	return self->array.release ? (uint64_t)self->array.length : 0;
}

uint32_t rmb_batch_columns_get(struct rmb_batch *self)
{
	return self->array.release ? (uint32_t)self->array.n_children : 0;
}

uint64_t rmb_batch_array_address(struct rmb_batch *self)
{
	return (uintptr_t)&self->array;
}

uint64_t rmb_batch_schema_address(struct rmb_batch *self)
{
	return (uintptr_t)&self->schema;
}

static void destroy_column(void *object)
{
	struct rmb_column *self = object;

	rmb_unref(self->batch);
}

struct rmb_column *rmb_column_of(struct rmb_batch *batch,
				 const struct ArrowSchema *schema,
				 const struct ArrowArray *array,
				 struct ringmap_error *err)
{
	struct rmb_column *self = rmb_new(sizeof(*self), destroy_column, err);

	if (self) {
		self->batch = rmb_ref(batch);
		self->schema = schema;
		self->array = array;
	}
	return self;
}

/* Whether the batch is still ours; an Arrow library may have taken it over. */
static bool is_here(const struct rmb_batch *batch, struct ringmap_error *err)
{
	if (batch->array.release && batch->schema.release)
		return true;
	rmb_fail(err, RINGMAP_E_STALE,
		 "the batch was moved to an Arrow library: read it there");
	return false;
}

struct rmb_column *rmb_batch_column_at(struct rmb_batch *self, uint32_t i,
				       struct ringmap_error *err)
{
	if (!is_here(self, err))
		return NULL;
	if (i < self->array.n_children)
		return rmb_column_of(self, self->schema.children[i],
				     self->array.children[i], err);
	rmb_fail(err, RINGMAP_E_NOENT,
		 "the batch has no such column: they count from 0 to "
		 "columns - 1");
	return NULL;
}

struct rmb_column *rmb_batch_column(struct rmb_batch *self, const char *name,
				    struct ringmap_error *err)
{
	if (!is_here(self, err))
		return NULL;
	for (uint32_t i = 0; name && i < self->array.n_children; i++)
		if (!strcmp(self->schema.children[i]->name, name))
			return rmb_batch_column_at(self, i, err);
	rmb_fail(err, RINGMAP_E_NOENT,
		 "the batch has no column of that name: was it asked for?");
	return NULL;
}

/* ---- columns ------------------------------------------------------------------ */

void delete_rmb_column(struct rmb_column *self)
{
	rmb_unref(self);
}

/* What the values are described by: of a dictionary its own values. */
static const struct ArrowSchema *values_of(const struct ArrowSchema *schema)
{
	return schema->dictionary ? schema->dictionary : schema;
}

/* NULL: the batch was moved. */
static const char *format_of(const struct rmb_column *self)
{
	return self->batch->schema.release ? values_of(self->schema)->format
					   : NULL;
}

const char *rmb_column_name_get(struct rmb_column *self)
{
	return self->batch->schema.release ? self->schema->name : NULL;
}

const char *rmb_column_format_get(struct rmb_column *self)
{
	return format_of(self);
}

/* Bytes of an integer of this format; 0: it is none. */
static uint32_t width_of(const char *format)
{
	if (!strncmp(format, "ts", 2))
		return 8;
	switch (format[0]) {
	case 'c':
	case 'C':
		return 1;
	case 's':
	case 'S':
		return 2;
	case 'i':
	case 'I':
		return 4;
	case 'l':
	case 'L':
		return 8;
	default:
		return 0;
	}
}

static bool is_signed(const char *format)
{
	return format[0] >= 'a';
}

const char *rmb_column_kind_get(struct rmb_column *self)
{
	const char *format = format_of(self);

	if (!format)
		return NULL;
	if (width_of(format))
		return is_signed(format) ? "int" : "uint";
	switch (format[0]) {
	case 'b':
		return "bool";
	case 'u':
		return "text";
	case '+':
		return "list";
	default:
		return "bytes";
	}
}

uint64_t rmb_column_length_get(struct rmb_column *self)
{
	return self->batch->array.release ? (uint64_t)self->array->length : 0;
}

/*
 * The place of a row in the column's buffers, and what they must be described
 * by; false: there is none, and @err says why.
 */
static bool place_of(const struct rmb_column *self, uint64_t row, size_t *at,
		     struct ringmap_error *err)
{
	if (!is_here(self->batch, err))
		return false;
	if (row >= (uint64_t)self->array->length) {
		rmb_fail(err, RINGMAP_E_INVAL,
			 "the column has no such row: they count from 0 to "
			 "length - 1");
		return false;
	}
	*at = (size_t)row + (size_t)self->array->offset;
	return true;
}

static bool bit(const void *bits, size_t at)
{
	const unsigned char *bytes = bits;

	return bytes[at / 8] >> at % 8 & 1;
}

static bool not_this(struct ringmap_error *err)
{
	rmb_fail(err, RINGMAP_E_INVAL,
		 "the column holds something else: its kind says what");
	return false;
}

bool rmb_column_is_null(struct rmb_column *self, uint64_t row,
			struct ringmap_error *err)
{
	size_t at;

	if (!place_of(self, row, &at, err))
		return false;
	return self->array->null_count && self->array->buffers[0] &&
	       !bit(self->array->buffers[0], at);
}

/* Arrays are in the byte order of this machine. */
static int64_t integer(const struct ArrowArray *array, const char *format,
		       size_t at)
{
	uint32_t width = width_of(format);
	bool big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;

	return rmb_number((const char *)array->buffers[1] + at * width, width,
			  is_signed(format), big_endian);
}

int64_t rmb_column_number(struct rmb_column *self, uint64_t row,
			  struct ringmap_error *err)
{
	size_t at;

	if (!place_of(self, row, &at, err))
		return 0;
	/* Of a dictionary: the number of the value in it. */
	if (width_of(self->schema->format))
		return integer(self->array, self->schema->format, at);
	if (self->schema->format[0] == 'b')
		return bit(self->array->buffers[1], at);
	return not_this(err);
}

/* Where a value of variable size begins and ends; false: it is none. */
static bool range_of(const struct ArrowSchema *schema,
		     const struct ArrowArray *array, size_t at, size_t *begin,
		     size_t *end)
{
	const char *format = schema->format;
	const char *fixed = strchr(format, ':');
	const int32_t *offsets =
		array->n_buffers > 1 ? array->buffers[1] : NULL;

	if (format[0] == 'w' || !strncmp(format, "+w", 2)) {
		size_t width = fixed ? strtoul(fixed + 1, NULL, 10) : 0;

		*begin = at * width;
		*end = *begin + width;
		return true;
	}
	if (!strchr("uz+", format[0]) || !offsets)
		return false;
	*begin = (size_t)offsets[at];
	*end = (size_t)offsets[at + 1];
	return true;
}

struct rmb_bytes rmb_column_bytes(struct rmb_column *self, uint64_t row,
				  struct ringmap_error *err)
{
	const struct ArrowSchema *schema = self->schema;
	const struct ArrowArray *array = self->array;
	size_t at, begin, end;

	if (!place_of(self, row, &at, err))
		return (struct rmb_bytes){0};
	if (schema->dictionary) {
		at = (size_t)integer(array, schema->format, at);
		schema = schema->dictionary;
		array = array->dictionary;
	}
	if (schema->format[0] == '+' ||
	    !range_of(schema, array, at, &begin, &end)) {
		not_this(err);
		return (struct rmb_bytes){0};
	}

	const char *data = array->buffers[schema->format[0] == 'w' ? 1 : 2];

	return rmb_bytes_of(data ? data + begin : "", end - begin, self->batch);
}

char *rmb_column_text(struct rmb_column *self, uint64_t row,
		      struct ringmap_error *err)
{
	if (rmb_column_is_null(self, row, err) || err->status)
		return NULL;

	struct rmb_bytes bytes = rmb_column_bytes(self, row, err);

	if (err->status)
		return NULL;

	char *text = strndup(bytes.data, bytes.size);

	if (!text)
		rmb_failed(RINGMAP_E_NOMEM, err);
	rmb_unref(bytes.owner);
	return text;
}

/* ---- lists -------------------------------------------------------------------- */

static bool list_of(const struct rmb_column *self, uint64_t row, size_t *begin,
		    size_t *end, struct ringmap_error *err)
{
	size_t at;

	if (!place_of(self, row, &at, err))
		return false;
	if (self->schema->format[0] != '+' ||
	    !range_of(self->schema, self->array, at, begin, end))
		return not_this(err);
	return true;
}

uint64_t rmb_column_list_begin(struct rmb_column *self, uint64_t row,
			       struct ringmap_error *err)
{
	size_t begin, end;

	return list_of(self, row, &begin, &end, err) ? begin : 0;
}

uint64_t rmb_column_list_length(struct rmb_column *self, uint64_t row,
				struct ringmap_error *err)
{
	size_t begin, end;

	return list_of(self, row, &begin, &end, err) ? end - begin : 0;
}

struct rmb_column *rmb_column_items(struct rmb_column *self,
				    struct ringmap_error *err)
{
	if (!is_here(self->batch, err))
		return NULL;
	if (self->schema->format[0] == '+' && self->schema->n_children == 1)
		return rmb_column_of(self->batch, self->schema->children[0],
				     self->array->children[0], err);
	not_this(err);
	return NULL;
}
