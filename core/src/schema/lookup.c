/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * lookup.c - a schema's formats, parsed when they are first asked for
 */
#include "schema/schema.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/hash.h"
#include "schema/expr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum ringmap_status remember_id(struct ringmap_schema *schema,
				       struct ringmap_format *format,
				       struct ringmap_error *err)
{
	if (!schema->by_id) {
		/* Pages that nobody writes to cost nothing. */
		void *by_id =
			calloc((size_t)UINT16_MAX + 1, sizeof(*schema->by_id));
		if (!by_id)
			return rm_fail(err, RINGMAP_E_NOMEM, 0,
				       "no memory for the ids of events");
		/* Pairs with the acquire in rm_schema_peek(). */
		__atomic_store_n(&schema->by_id, by_id, __ATOMIC_RELEASE);
	}
	/* Folders collected from several kernels may have one id twice. */
	if (!schema->by_id[format->info.id])
		/* Pairs with the acquire in rm_schema_peek(). */
		__atomic_store_n(&schema->by_id[format->info.id], format,
				 __ATOMIC_RELEASE);
	return RINGMAP_OK;
}

struct ringmap_format *rm_schema_peek(const struct ringmap_schema *schema,
				      uint32_t id)
{
	/* Both pair with the releases in remember_id(). */
	struct ringmap_format **by_id =
		__atomic_load_n(&schema->by_id, __ATOMIC_ACQUIRE);

	return by_id && id <= UINT16_MAX
		       ? __atomic_load_n(&by_id[id], __ATOMIC_ACQUIRE)
		       : NULL;
}

/* The format behind a name, parsed if it was not. */
static enum ringmap_status need_format(struct ringmap_schema *schema,
				       struct rm_event_name *name,
				       struct ringmap_error *err)
{
	const struct rm_schema_source *source = &schema->source;
	struct ringmap_format *format;
	rm_autofree char *text = NULL;
	size_t size;

	if (name->format)
		return RINGMAP_OK;
	enum ringmap_status s =
		source->ops->format(source->ctx, name->source_system,
				    name->source_event, &text, &size, err);
	if (s)
		return s;
	s = rm_format_parse(name->system, name->event, text, size,
			    &schema->kernel, &format, err);
	if (s)
		return s;
	if (!rm_field_values(format))
		s = rm_fail(err, RINGMAP_E_NOMEM, 0,
			    "no memory for the format of %s", name->full);
	else
		s = remember_id(schema, format, err);
	if (s) {
		rm_format_free(format);
		return s;
	}
	format->text_hash = rm_hash(text, size);
	name->format = format;
	return RINGMAP_OK;
}

/* ---- by name --------------------------------------------------------------- */

static enum ringmap_status ambiguous(const struct rm_event_name *name,
				     struct ringmap_error *err)
{
	char list[160] = "";
	size_t at = 0;

	for (const struct rm_event_name *n = name; n; n = n->same) {
		int wrote = snprintf(list + at, sizeof(list) - at, "%s%s",
				     at ? ", " : "", n->full);

		if (wrote < 0 || (size_t)wrote >= sizeof(list) - at)
			break;
		at += (size_t)wrote;
	}
	return rm_fail(err, RINGMAP_E_INVAL, 0,
		       "several systems have an event %s: say one of %s",
		       name->event, list);
}

enum ringmap_status ringmap_schema_format(struct ringmap_schema *schema,
					  const char *name,
					  const struct ringmap_format **ret,
					  struct ringmap_error *err)
{
	if (!schema || !name || !ret)
		return rm_fail(err, RINGMAP_E_INVAL, 0,
			       "schema, name and ret must not be NULL");
	RM_HOLD(schema);
	enum ringmap_status s =
		rm_event_names_load(&schema->names, &schema->source, err);
	if (s)
		return s;
	struct rm_event_name *found = rm_event_names_find(&schema->names, name);
	if (!found)
		return rm_fail(err, RINGMAP_E_NOENT, 0, "there is no event %s",
			       name);
	if (found->same && !strcmp(found->event, name))
		return ambiguous(found, err);
	s = need_format(schema, found, err);
	if (!s)
		*ret = found->format;
	return s;
}

/* ---- all of them ----------------------------------------------------------- */

/* It makes no sense, it went away meanwhile, or it is somebody else's. */
static bool may_be_left_out(enum ringmap_status s)
{
	return s == RINGMAP_E_CORRUPT || s == RINGMAP_E_NOENT ||
	       s == RINGMAP_E_PERMISSION;
}

static enum ringmap_status load_all(struct ringmap_schema *schema,
				    struct ringmap_error *err)
{
	const struct rm_event_names *names = &schema->names;

	if (schema->all)
		return RINGMAP_OK;
	enum ringmap_status s =
		rm_event_names_load(&schema->names, &schema->source, err);
	if (s)
		return s;
	rm_autofree const struct ringmap_format **all =
		calloc(names->count, sizeof(*all));
	size_t count = 0;

	if (!all)
		return rm_fail(err, RINGMAP_E_NOMEM, 0,
			       "no memory for %zu formats", names->count);
	for (size_t i = 0; i < names->count; i++) {
		struct ringmap_error why;

		s = need_format(schema, names->names[i], &why);
		if (!s) {
			all[count++] = names->names[i]->format;
		} else if (!may_be_left_out(s)) {
			if (err)
				*err = why;
			return s;
		}
	}
	schema->all = rm_steal(all);
	schema->nr_all = count;
	return RINGMAP_OK;
}

enum ringmap_status ringmap_schema_load(struct ringmap_schema *schema,
					size_t *ret, struct ringmap_error *err)
{
	if (!schema)
		return rm_fail(err, RINGMAP_E_INVAL, 0, "schema is NULL");
	RM_HOLD(schema);
	enum ringmap_status s = load_all(schema, err);
	if (!s && ret)
		*ret = schema->nr_all;
	return s;
}

const struct ringmap_format *
ringmap_schema_format_at(struct ringmap_schema *schema, size_t i)
{
	if (!schema)
		return NULL;
	RM_HOLD(schema);
	return i < schema->nr_all ? schema->all[i] : NULL;
}

/* ---- by number ------------------------------------------------------------- */

enum ringmap_status rm_schema_by_id(struct ringmap_schema *schema, uint32_t id,
				    struct ringmap_format **ret,
				    struct ringmap_error *err)
{
	if (id > UINT16_MAX)
		return rm_fail(err, RINGMAP_E_NOENT, 0,
			       "there is no event %u: ids have 16 bits", id);
	/* Which file tells the id only its text says. */
	if (!schema->by_id || !schema->by_id[id]) {
		enum ringmap_status s = load_all(schema, err);
		if (s)
			return s;
	}
	if (!schema->by_id || !schema->by_id[id])
		return rm_fail(err, RINGMAP_E_NOENT, 0,
			       "there is no event with id %u", id);
	*ret = schema->by_id[id];
	return RINGMAP_OK;
}

enum ringmap_status
ringmap_schema_format_by_id(struct ringmap_schema *schema, uint32_t id,
			    const struct ringmap_format **ret,
			    struct ringmap_error *err)
{
	struct ringmap_format *format;

	if (!schema || !ret)
		return rm_fail(err, RINGMAP_E_INVAL, 0,
			       "schema and ret must not be NULL");
	RM_HOLD(schema);
	enum ringmap_status s = rm_schema_by_id(schema, id, &format, err);
	if (!s)
		*ret = format;
	return s;
}

/* ---- what may have changed ------------------------------------------------- */

enum ringmap_status rm_schema_check(struct ringmap_schema *schema, uint32_t id,
				    struct ringmap_error *err)
{
	const struct ringmap_format *format = rm_schema_peek(schema, id);
	const struct rm_schema_source *source = &schema->source;
	rm_autofree char *text = NULL;
	size_t size;

	if (!format)
		return RINGMAP_OK;
	RM_HOLD(schema);
	enum ringmap_status s =
		source->ops->format(source->ctx, format->info.system,
				    format->info.name, &text, &size, err);
	if (s == RINGMAP_E_NOENT)
		return rm_fail(err, RINGMAP_E_STALE, 0,
			       "the event %s:%s was removed: open the trace "
			       "again",
			       format->info.system, format->info.name);
	/* A process that gave its privileges up may not look any more. Its events
	 * stay: the kernel removes none that is enabled. */
	if (s == RINGMAP_E_PERMISSION)
		return RINGMAP_OK;
	if (s)
		return s;
	if (rm_hash(text, size) != format->text_hash)
		return rm_fail(err, RINGMAP_E_STALE, 0,
			       "the event %s:%s has another format or id now: "
			       "open the trace again",
			       format->info.system, format->info.name);
	return RINGMAP_OK;
}
