/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * schema.c - a schema's life: source, kernel, references
 */
#include "schema/schema.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/header_page.h"

#include <stdlib.h>

/* ---- the kernel ------------------------------------------------------------ */

/* The size of a long is that of the commit word. */
static enum ringmap_status long_size(const struct rm_schema_source *source,
				     uint32_t *ret, struct ringmap_error *err)
{
	rm_autofree char *text = NULL;
	size_t size;

	enum ringmap_status s = source->ops->text(
		source->ctx, RM_TEXT_HEADER_PAGE, &text, &size, err);
	if (s)
		return s;
	if (!rm_page_header_long(text, ret))
		return rm_fail(err, RINGMAP_E_CORRUPT, 0,
			       "header_page tells no size of commit, 4 or 8");
	return RINGMAP_OK;
}

static enum ringmap_status know_kernel(struct ringmap_schema *schema,
				       struct ringmap_error *err)
{
	const struct rm_schema_source *source = &schema->source;

	schema->kernel.big_endian =
		source->order_known ? source->big_endian
				    : __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
	schema->kernel.long_size = source->long_size;
	return source->long_size
		       ? RINGMAP_OK
		       : long_size(source, &schema->kernel.long_size, err);
}

void rm_schema_unit(struct ringmap_schema *schema, const char *clock,
		    enum ringmap_ts_unit unit)
{
	/* A clock that nobody knows counts something of its own. */
	schema->counts = unit == RINGMAP_TS_COUNTS ||
			 (clock && unit == RINGMAP_TS_UNKNOWN);
}

/* ---- references ------------------------------------------------------------ */

static void free_schema(struct ringmap_schema *schema)
{
	for (size_t i = 0; i < schema->names.count; i++)
		rm_format_free(schema->names.names[i]->format);
	rm_event_names_free(&schema->names);
	rm_comms_free(&schema->comms);
	rm_symbols_free(&schema->symbols);
	rm_printks_free(&schema->printks);
	free(schema->by_id);
	free(schema->all);
	free(schema->saved);
	schema->source.ops->free(schema->source.ctx);
	pthread_mutex_destroy(&schema->lock);
	free(schema);
}

void rm_schema_unlock(struct ringmap_schema **schema)
{
	pthread_mutex_unlock(&(*schema)->lock);
}

struct ringmap_schema *ringmap_schema_ref(struct ringmap_schema *schema)
{
	/* Whoever refs holds a reference already: nothing to order. */
	__atomic_fetch_add(&schema->refs, 1, __ATOMIC_RELAXED);
	return schema;
}

void ringmap_schema_unref(struct ringmap_schema *schema)
{
	/* Acquire and release: what other threads did with the schema before
	 * their unref happens before it is freed here. */
	if (schema &&
	    __atomic_sub_fetch(&schema->refs, 1, __ATOMIC_ACQ_REL) == 0)
		free_schema(schema);
}

/* ---- opening --------------------------------------------------------------- */

enum ringmap_status rm_schema_new(const struct rm_schema_source *source,
				  struct ringmap_schema **ret,
				  struct ringmap_error *err)
{
	struct ringmap_schema *schema = calloc(1, sizeof(*schema));

	if (!schema) {
		source->ops->free(source->ctx);
		return rm_fail(err, RINGMAP_E_NOMEM, 0,
			       "no memory for a schema");
	}
	schema->refs = 1;
	schema->source = *source;
	pthread_mutex_init(&schema->lock, NULL);
	enum ringmap_status s = know_kernel(schema, err);
	if (s) {
		free_schema(schema);
		return s;
	}
	*ret = schema;
	return RINGMAP_OK;
}
