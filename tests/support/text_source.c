/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * text_source.c - a schema of formats that stand in the test
 */
#include "tests/support/text_source.h"

#include "tests/support/must.h"

#include <string.h>

static enum ringmap_status give(const char *text, char **ret, size_t *size)
{
	if (!text)
		return RINGMAP_E_NOENT;
	*ret = strdup(text);
	rm_must(*ret);
	*size = strlen(text);
	return RINGMAP_OK;
}

static enum ringmap_status give_format(void *ctx, const char *system,
				       const char *event, char **ret,
				       size_t *size, struct ringmap_error *err)
{
	struct rm_text_source *source = ctx;

	(void)err;
	source->asked++;
	for (size_t i = 0; i < source->count; i++) {
		const struct rm_text_event *e = &source->events[i];

		if (!strcmp(e->system, system) && !strcmp(e->event, event))
			return give(e->text, ret, size);
	}
	return RINGMAP_E_NOENT;
}

static enum ringmap_status list(void *ctx,
				enum ringmap_status (*found)(void *arg,
							     const char *system,
							     const char *event),
				void *arg, struct ringmap_error *err)
{
	const struct rm_text_source *source = ctx;
	enum ringmap_status s = RINGMAP_OK;

	(void)err;
	for (size_t i = 0; !s && i < source->count; i++)
		s = found(arg, source->events[i].system,
			  source->events[i].event);
	return s;
}

static enum ringmap_status give_text(void *ctx, enum rm_schema_text which,
				     char **ret, size_t *size,
				     struct ringmap_error *err)
{
	const struct rm_text_source *source = ctx;

	(void)err;
	switch (which) {
	case RM_TEXT_PRINTK_FORMATS:
		return give(source->printk_formats, ret, size);
	case RM_TEXT_SAVED_CMDLINES:
		return give(source->saved_cmdlines, ret, size);
	case RM_TEXT_KALLSYMS:
		return give(source->kallsyms, ret, size);
	case RM_TEXT_HEADER_PAGE:
		break;
	}
	return RINGMAP_E_NOENT;
}

static void free_source(void *ctx)
{
	struct rm_text_source *source = ctx;

	source->freed = true;
}

static const struct rm_schema_source_ops ops = {
	.format = give_format,
	.list = list,
	.text = give_text,
	.free = free_source,
};

struct ringmap_schema *rm_text_schema(struct rm_text_source *source)
{
	const struct rm_schema_source seam = {
		.ops = &ops,
		.ctx = source,
		.long_size = source->long_size ? source->long_size : 8,
		.order_known = true,
		.big_endian = source->big_endian,
	};
	struct ringmap_schema *schema;

	rm_must(rm_schema_new(&seam, &schema, NULL) == RINGMAP_OK);
	return schema;
}
