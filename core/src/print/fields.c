/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * fields.c - "name=value" for each field of a record
 *
 * This is the text for RINGMAP_PRINT_RAW, and for records that their print fmt
 * cannot show.
 */
#include "print/convert.h"
#include "print/eval.h"

static bool is_long(const struct ringmap_field_info *field)
{
	return strstr(field->type, "long");
}

/* Only arrays of these types are shown as strings. */
static bool may_be_text(const struct ringmap_field_info *field)
{
	return strstr(field->type, "char") || strstr(field->type, "u8") ||
	       strstr(field->type, "s8");
}

static bool is_text(const struct rm_bytes *bytes)
{
	for (uint32_t i = 0; i < bytes->size && bytes->at[i]; i++) {
		uint8_t c = bytes->at[i];

		if ((c < ' ' || c > '~') && (c < '\t' || c > '\r'))
			return false;
	}
	return true;
}

static void put_bytes(const struct rm_bytes *bytes, struct rm_sink *out)
{
	rm_put_string(out, "ARRAY[");
	for (uint32_t i = 0; i < bytes->size; i++) {
		if (i)
			rm_put_string(out, ", ");
		rm_put_hex(out, bytes->at[i], 2);
	}
	rm_put_char(out, ']');
}

/* Puts value @number, which is 0 but in an array of dynamic values. */
static void put_value(const struct rm_eval *e,
		      const struct ringmap_field_info *field, uint32_t number,
		      struct rm_sink *out)
{
	struct rm_bytes bytes = {e->data, 0};

	/* is_whole() has refused records that do not contain the field. */
	rm_eval_bytes(e, field, number, &bytes);
	if (field->kind == RINGMAP_KIND_BITMASK && !strchr(field->type, '['))
		rm_put_bits(out, e, &bytes, 8ULL * bytes.size);
	else if (may_be_text(field) && is_text(&bytes))
		rm_put_chars(out, &bytes);
	else
		put_bytes(&bytes, out);
}

/* Returns true for an array of dynamic values. */
static bool is_several(const struct ringmap_field_info *field)
{
	return field->count && (field->flags & (RINGMAP_FIELD_DATA_LOC |
						RINGMAP_FIELD_REL_LOC));
}

static void put_array(const struct rm_eval *e,
		      const struct ringmap_field_info *field,
		      struct rm_sink *out)
{
	const uint32_t count = is_several(field) ? field->count : 1;

	for (uint32_t i = 0; i < count; i++) {
		if (i)
			rm_put_char(out, ',');
		put_value(e, field, i, out);
	}
}

static void put_number(const struct ringmap_field_info *field, uint64_t value,
		       struct rm_sink *out)
{
	const struct rm_conversion two = {
		.letter = 'd', .size = 8, .width = 2, .precision = -1};
	bool is_signed = field->flags & RINGMAP_FIELD_SIGNED;

	if (strchr(field->type, '*') ||
	    (is_long(field) && (!is_signed || field->size == 4))) {
		rm_put(out, "0x", 2);
		rm_put_hex(out,
			   field->size ? rm_wrap(value, field->size, true) : 0,
			   1);
	} else if (!is_signed) {
		rm_put_decimal(out, value);
	} else if (field->size == 2) {
		rm_put_number(out, &two, value);
	} else {
		rm_put_signed(out, (int64_t)value);
	}
}

static void put_by_type(const struct rm_eval *e,
			const struct ringmap_field_info *field,
			struct rm_sink *out)
{
	const struct rm_expr x = {.kind = RM_EXPR_FIELD, .field = field};
	uint64_t value = 0;

	if ((field->flags & RINGMAP_FIELD_ARRAY) && field->type &&
	    (strchr(field->type, '[') || field->size ||
	     field->kind == RINGMAP_KIND_BITMASK)) {
		put_array(e, field, out);
	} else if (rm_is_number(field) && rm_eval_number(e, &x, &value)) {
		put_number(field, value, out);
	} else if (field->size) {
		put_array(e, field, out);
	} else {
		/* Old formats have arrays without brackets and without size. */
		put_number(field, 0, out);
	}
}

/* Shows the field by its conversion in the print fmt, or else by its type. */
static void put_field(const struct rm_eval *e,
		      const struct ringmap_field_info *field,
		      const struct rm_field_shown *shown, struct rm_sink *out)
{
	const size_t begin = out->size;
	const char last = out->last;

	/* A piece shows one value of an array of dynamic ones. */
	if (shown->piece && !is_several(field)) {
		if (shown->hex)
			rm_put(out, "0x", 2);
		if (rm_eval_piece(e, shown->piece, out))
			return;
		rm_sink_cut(out, begin, last);
	}
	put_by_type(e, field, out);
}

void rm_eval_fields(const struct rm_eval *e, bool shown, bool blank,
		    struct rm_sink *out)
{
	static const struct rm_field_shown by_type = {NULL, false};
	const struct ringmap_format_info *info = &e->format->info;

	for (uint32_t i = 0; i < info->nr_fields; i++) {
		const struct ringmap_field_info *field = &e->format->fields[i];

		if (field->flags & RINGMAP_FIELD_COMMON)
			continue;
		if (blank)
			rm_put_char(out, ' ');
		blank = true;
		rm_put_string(out, field->name);
		rm_put_char(out, '=');
		put_field(e, field, shown ? &e->fmt->shown[i] : &by_type, out);
	}
}
