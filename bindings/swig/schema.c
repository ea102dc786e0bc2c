/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * schema.c - event formats: each part keeps the schema it belongs to
 */
#include "state.h"

#include <stdlib.h>
#include <string.h>

struct rmb_format {
	struct rmb_object object;
	struct rmb_schema *schema;
	const struct ringmap_format *format;
	struct ringmap_format_info info;
};

struct rmb_symbol {
	struct rmb_object object;
	struct rmb_schema *schema;
	struct ringmap_symbol symbol;
};

static void destroy_schema(void *object)
{
	struct rmb_schema *self = object;

	ringmap_schema_unref(self->schema);
}

struct rmb_schema *rmb_schema_of(struct ringmap_schema *schema,
				 struct ringmap_error *err)
{
	struct rmb_schema *self = rmb_new(sizeof(*self), destroy_schema, err);

	if (self)
		self->schema = schema;
	else
		ringmap_schema_unref(schema);
	return self;
}

struct rmb_schema *new_rmb_schema(const char *path, struct ringmap_error *err)
{
	struct ringmap_schema *schema;

	if (rmb_failed(ringmap_schema_open(path, &schema, err), err))
		return NULL;
	return rmb_schema_of(schema, err);
}

struct rmb_schema *rmb_schema_open_bytes(const char *image, size_t image_size,
					 struct ringmap_error *err)
{
	struct ringmap_schema *schema;

	if (rmb_failed(ringmap_schema_open_bytes(image_size ? image : "",
						 image_size, &schema, err),
		       err))
		return NULL;
	return rmb_schema_of(schema, err);
}

struct rmb_bytes rmb_schema_save(struct rmb_schema *self, uint32_t flags,
				 struct ringmap_error *err)
{
	struct rmb_bytes bytes = {0};
	size_t size;

	if (rmb_failed(ringmap_schema_save(self->schema, flags, NULL, 0, &size,
					   err),
		       err))
		return bytes;

	struct rmb_memory *copy = rmb_memory_new(size, err);

	if (copy &&
	    !rmb_failed(ringmap_schema_save(self->schema, flags, copy->block,
					    size, &size, err),
			err))
		bytes = rmb_bytes_of(copy->block, size, copy);
	rmb_unref(copy);
	return bytes;
}

void delete_rmb_schema(struct rmb_schema *self)
{
	rmb_unref(self);
}

static void destroy_format(void *object)
{
	struct rmb_format *self = object;

	rmb_unref(self->schema);
}

static struct rmb_format *format_of(struct rmb_schema *schema,
				    const struct ringmap_format *format,
				    struct ringmap_error *err)
{
	struct rmb_format *self = rmb_new(sizeof(*self), destroy_format, err);

	if (!self)
		return NULL;
	self->schema = rmb_ref(schema);
	self->format = format;
	if (!rmb_failed(ringmap_format_info(format, &self->info,
					    sizeof(self->info)),
			err))
		return self;
	rmb_unref(self);
	return NULL;
}

struct rmb_format *rmb_schema_format(struct rmb_schema *self, const char *name,
				     struct ringmap_error *err)
{
	const struct ringmap_format *format;

	if (!name) {
		rmb_fail(err, RINGMAP_E_INVAL, "which event? give its name");
		return NULL;
	}
	if (rmb_failed(ringmap_schema_format(self->schema, name, &format, err),
		       err))
		return NULL;
	return format_of(self, format, err);
}

struct rmb_format *rmb_schema_format_by_id(struct rmb_schema *self, uint32_t id,
					   struct ringmap_error *err)
{
	const struct ringmap_format *format;

	if (rmb_failed(
		    ringmap_schema_format_by_id(self->schema, id, &format, err),
		    err))
		return NULL;
	return format_of(self, format, err);
}

uint32_t rmb_schema_load(struct rmb_schema *self, struct ringmap_error *err)
{
	size_t count = 0;

	rmb_failed(ringmap_schema_load(self->schema, &count, err), err);
	return (uint32_t)count;
}

struct rmb_format *rmb_schema_format_at(struct rmb_schema *self, uint32_t i,
					struct ringmap_error *err)
{
	const struct ringmap_format *format =
		ringmap_schema_format_at(self->schema, i);

	return format ? format_of(self, format, err) : NULL;
}

char *rmb_schema_comm(struct rmb_schema *self, int32_t pid)
{
	struct ringmap_error unheard;

	return rmb_text(ringmap_schema_comm(self->schema, pid), &unheard);
}

static void destroy_symbol(void *object)
{
	struct rmb_symbol *self = object;

	rmb_unref(self->schema);
}

struct rmb_symbol *rmb_schema_symbol(struct rmb_schema *self, uint64_t address,
				     struct ringmap_error *err)
{
	struct rmb_symbol *found = rmb_new(sizeof(*found), destroy_symbol, err);

	if (!found)
		return NULL;
	found->schema = rmb_ref(self);

	enum ringmap_status status =
		ringmap_schema_symbol(self->schema, address, &found->symbol);

	if (status == RINGMAP_OK)
		return found;
	/* Not every address is a function's: no reason to break off. */
	if (status != RINGMAP_E_NOENT)
		rmb_failed(status, err);
	rmb_unref(found);
	return NULL;
}

void delete_rmb_symbol(struct rmb_symbol *self)
{
	rmb_unref(self);
}

const char *rmb_symbol_name_get(struct rmb_symbol *self)
{
	return self->symbol.name;
}

const char *rmb_symbol_module_get(struct rmb_symbol *self)
{
	return self->symbol.module;
}

uint64_t rmb_symbol_start_get(struct rmb_symbol *self)
{
	return self->symbol.start;
}

char *rmb_schema_printk(struct rmb_schema *self, uint64_t address)
{
	struct ringmap_error unheard;

	return rmb_text(ringmap_schema_printk(self->schema, address), &unheard);
}

char *rmb_schema_print_event(struct rmb_schema *self, struct rmb_event *event,
			     uint32_t flags, struct ringmap_error *err)
{
	RMB_HELD *held = rmb_hold(event, err);
	char none[1];
	size_t size = 0;

	if (!held ||
	    rmb_failed(ringmap_event_print(self->schema, &event->event, flags,
					   none, sizeof(none), &size),
		       err))
		return NULL;

	char *text = malloc(size + 1);

	if (!text)
		rmb_failed(RINGMAP_E_NOMEM, err);
	else if (!rmb_failed(ringmap_event_print(self->schema, &event->event,
						 flags, text, size + 1, &size),
			     err))
		return text;
	free(text);
	return NULL;
}

/* ---- formats ------------------------------------------------------------------ */

void delete_rmb_format(struct rmb_format *self)
{
	rmb_unref(self);
}

const char *rmb_format_system_get(struct rmb_format *self)
{
	return self->info.system;
}

const char *rmb_format_name_get(struct rmb_format *self)
{
	return self->info.name;
}

const char *rmb_format_print_fmt_get(struct rmb_format *self)
{
	return self->info.print_fmt;
}

uint32_t rmb_format_id_get(struct rmb_format *self)
{
	return self->info.id;
}

uint32_t rmb_format_size_get(struct rmb_format *self)
{
	return self->info.size;
}

uint32_t rmb_format_nr_fields_get(struct rmb_format *self)
{
	return self->info.nr_fields;
}

static void destroy_field(void *object)
{
	struct rmb_field *self = object;

	rmb_unref(self->schema);
}

struct rmb_field *rmb_format_field_at(struct rmb_format *self, uint32_t i,
				      struct ringmap_error *err)
{
	struct rmb_field *field = rmb_new(sizeof(*field), destroy_field, err);

	if (!field)
		return NULL;
	field->schema = rmb_ref(self->schema);
	field->format = self->format;
	field->number = i;
	if (!ringmap_format_field(self->format, i, &field->info,
				  sizeof(field->info)))
		return field;
	rmb_fail(err, RINGMAP_E_NOENT,
		 "the event has no such field: they count from 0 to "
		 "nr_fields - 1");
	rmb_unref(field);
	return NULL;
}

struct rmb_field *rmb_format_field(struct rmb_format *self, const char *name,
				   struct ringmap_error *err)
{
	struct ringmap_field_info wanted;
	struct ringmap_field_info info;
	bool found =
		name && !ringmap_format_field_by_name(self->format, name,
						      &wanted, sizeof(wanted));

	for (uint32_t i = 0; found && i < self->info.nr_fields; i++) {
		ringmap_format_field(self->format, i, &info, sizeof(info));
		if (info.name == wanted.name)
			return rmb_format_field_at(self, i, err);
	}
	rmb_fail(err, RINGMAP_E_NOENT,
		 "the event has no field of that name: see its fields");
	return NULL;
}

/* ---- fields ------------------------------------------------------------------- */

void delete_rmb_field(struct rmb_field *self)
{
	rmb_unref(self);
}

const char *rmb_field_name_get(struct rmb_field *self)
{
	return self->info.name;
}

const char *rmb_field_c_type_get(struct rmb_field *self)
{
	return self->info.type;
}

const char *rmb_field_delim_get(struct rmb_field *self)
{
	return self->info.delim;
}

uint32_t rmb_field_offset_get(struct rmb_field *self)
{
	return self->info.offset;
}

uint32_t rmb_field_size_get(struct rmb_field *self)
{
	return self->info.size;
}

uint32_t rmb_field_kind_get(struct rmb_field *self)
{
	return self->info.kind;
}

uint32_t rmb_field_flags_get(struct rmb_field *self)
{
	return self->info.flags;
}

uint32_t rmb_field_elem_size_get(struct rmb_field *self)
{
	return self->info.elem_size;
}

uint32_t rmb_field_count_get(struct rmb_field *self)
{
	return self->info.count;
}

uint32_t rmb_field_inner_get(struct rmb_field *self)
{
	return self->info.inner;
}

uint32_t rmb_field_nr_values_get(struct rmb_field *self)
{
	return self->info.nr_values;
}

static bool has_value(const struct rmb_field *self, uint32_t i,
		      struct ringmap_error *err)
{
	if (i < self->info.nr_values)
		return true;
	rmb_fail(err, RINGMAP_E_NOENT,
		 "the field has no such value: they count from 0 to "
		 "nr_values - 1");
	return false;
}

uint64_t rmb_field_value_at(struct rmb_field *self, uint32_t i,
			    struct ringmap_error *err)
{
	return has_value(self, i, err) ? self->info.values[i].value : 0;
}

const char *rmb_field_value_name(struct rmb_field *self, uint32_t i,
				 struct ringmap_error *err)
{
	return has_value(self, i, err) ? self->info.values[i].name : NULL;
}
