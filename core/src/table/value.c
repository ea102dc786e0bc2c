/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * value.c - the value of a field in a single record
 *
 * It is what gather.c stores in a column: both decide by the same struct
 * rm_column what the field holds, and find its bytes by the same rm_place.
 */
#include "base/opts.h"
#include "base/utf8.h"
#include "schema/expr.h"
#include "table/field_column.h"

/* The caller's buffer, and the size of the whole value. */
struct out {
	uint8_t *at;
	size_t cap;
	size_t size;
};

static void put(struct out *out, const void *bytes, size_t size)
{
	if (size && out->size <= out->cap && size <= out->cap - out->size)
		memcpy(out->at + out->size, bytes, size);
	out->size += size;
}

static void put_number(struct out *out, uint64_t number)
{
	put(out, &number, sizeof(number));
}

/* Puts the chars up to the first NUL, escaped if they are not UTF-8. */
static void put_text(struct out *out, const struct rm_bytes *bytes)
{
	const size_t size = strnlen((const char *)bytes->at, bytes->size);

	if (rm_utf8_valid(bytes->at, size))
		put(out, bytes->at, size);
	else
		out->size =
			rm_utf8_escape_to(out->at, out->cap, bytes->at, size);
	if (out->size < out->cap)
		out->at[out->size] = '\0';
}

static uint64_t number_of(const struct rm_column *c, const uint8_t *at,
			  uint32_t size, bool big_endian)
{
	/* Small letters of Arrow are signed. */
	return rm_wrap(rm_load(at, size, big_endian), size,
		       c->elem_format < 'a');
}

static uint32_t put_numbers(struct out *out, const struct rm_column *c,
			    const struct rm_bytes *bytes, bool big_endian)
{
	for (uint32_t at = 0; at < bytes->size; at += c->elem_size)
		put_number(out, number_of(c, bytes->at + at, c->elem_size,
					  big_endian));
	return bytes->size / c->elem_size;
}

static uint32_t put_bits(struct out *out, const struct rm_column *c,
			 const struct rm_bytes *bytes, bool big_endian)
{
	uint32_t count = 0;

	for (uint32_t at = 0; at < bytes->size; at += c->elem_size) {
		uint32_t numbers[64];
		size_t n = rm_set_bits(
			numbers,
			rm_load(bytes->at + at, c->elem_size, big_endian),
			at * 8);

		for (size_t i = 0; i < n; i++)
			put_number(out, numbers[i]);
		count += (uint32_t)n;
	}
	return count;
}

/* Returns false if the bytes are no value: it is null then. */
static bool put_value(const struct rm_column *c, struct rm_bytes *bytes,
		      bool big_endian, struct ringmap_cell *ret,
		      struct out *out)
{
	switch (c->what) {
	case RM_COLUMN_BOOL:
		ret->number = bytes->at[0] != 0;
		return true;
	case RM_COLUMN_NUMBER:
		ret->number =
			number_of(c, bytes->at, c->place.size, big_endian);
		return true;
	case RM_COLUMN_TASK:
	case RM_COLUMN_TEXT:
		if (!bytes->size && rm_column_may_fault(c))
			return false;
		put_text(out, bytes);
		return true;
	case RM_COLUMN_ARRAY:
	case RM_COLUMN_LIST:
		ret->flags |= RINGMAP_CELL_LIST;
		if (!rm_column_whole(c, bytes))
			return false;
		ret->inner = c->inner;
		ret->count = put_numbers(out, c, bytes, big_endian);
		return true;
	case RM_COLUMN_BITS:
		ret->flags |= RINGMAP_CELL_LIST;
		if (!rm_column_whole(c, bytes))
			return false;
		ret->count = put_bits(out, c, bytes, big_endian);
		return true;
	default:
		put(out, bytes->at, bytes->size);
		return true;
	}
}

/* What the elements are, beside names and arrays of bools, which are numbers. */
static uint32_t kind_of(const struct rm_column *c,
			const struct ringmap_field_info *field)
{
	switch (c->what) {
	case RM_COLUMN_BYTES:
	case RM_COLUMN_BLOB:
		return RINGMAP_KIND_BYTES;
	case RM_COLUMN_BOOL:
	case RM_COLUMN_TASK:
	case RM_COLUMN_TEXT:
	case RM_COLUMN_BITS:
		return field->kind;
	default:
		return field->kind == RINGMAP_KIND_POINTER
			       ? RINGMAP_KIND_POINTER
			       : RINGMAP_KIND_INT;
	}
}

enum ringmap_status ringmap_format_read(const struct ringmap_format *format,
					size_t i, size_t number,
					const struct ringmap_event *event,
					struct ringmap_cell *ret, size_t sz,
					void *buf, size_t cap)
{
	struct out out = {buf, cap, 0};
	struct rm_bytes bytes;

	if (!format || !event || (!event->data && event->size) || !ret || !sz ||
	    (!buf && cap))
		return RINGMAP_E_INVAL;
	if (i >= format->info.nr_fields)
		return RINGMAP_E_NOENT;
	const struct ringmap_field_info *field = &format->fields[i];
	const struct rm_column c = rm_field_column(format, field, true);
	struct ringmap_cell value = {
		.kind = kind_of(&c, field),
		.flags = field->flags & RINGMAP_FIELD_SIGNED
				 ? RINGMAP_CELL_SIGNED
				 : 0,
		.count = 1,
	};
	if (number >= rm_column_per_row(&c))
		return RINGMAP_E_NOENT;
	if (!rm_place_find(&c.place, event->data, event->size,
			   format->big_endian, (uint32_t)number, &bytes) ||
	    !put_value(&c, &bytes, format->big_endian, &value, &out)) {
		value.flags |= RINGMAP_CELL_NULL;
		value.count = 0;
	}
	value.size = out.size;
	rm_give(ret, sz, &value, sizeof(value));
	return RINGMAP_OK;
}
