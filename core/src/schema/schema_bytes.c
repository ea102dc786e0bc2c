/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * schema_bytes.c - a schema as bytes, for a process that cannot read the source
 *
 * The first line is "ringmap schema 1 ORDER LONG", with the byte order, little
 * or big, and the size of the kernel's long. Texts follow, each as its sizes,
 * "NAME-SIZE TEXT-SIZE", a newline, its name, the text and a newline. The name
 * is the path of the text in tracefs.
 */
#define _GNU_SOURCE
#include "schema/schema.h"

#include "base/cleanup.h"
#include "base/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD "ringmap schema 1 "

static const char *const text_names[] = {
	[RM_TEXT_PRINTK_FORMATS] = "printk_formats",
	[RM_TEXT_SAVED_CMDLINES] = "saved_cmdlines",
	[RM_TEXT_KALLSYMS] = "kallsyms",
};

/* ---- saving ---------------------------------------------------------------- */

struct saver {
	struct ringmap_schema *schema;
	FILE *out;
	struct ringmap_error *err;
};

static enum ringmap_status save_text(struct saver *s, const char *name,
				     const char *text, size_t size)
{
	fprintf(s->out, "%zu %zu\n%s", strlen(name), size, name);
	fwrite(text, 1, size, s->out);
	fputc('\n', s->out);
	return ferror(s->out) ? rm_fail(s->err, RINGMAP_E_NOMEM, 0,
					"no memory to save a schema")
			      : RINGMAP_OK;
}

static enum ringmap_status save_format(void *arg, const char *system,
				       const char *event)
{
	struct saver *s = arg;
	const struct rm_schema_source *source = &s->schema->source;
	rm_autofree char *text = NULL, *name = NULL;
	size_t size;

	enum ringmap_status status = source->ops->format(
		source->ctx, system, event, &text, &size, s->err);
	/* The event is gone since it was listed: its module was unloaded. */
	if (status == RINGMAP_E_NOENT)
		return RINGMAP_OK;
	if (status)
		return status;
	if (asprintf(&name, "events/%s/%s/format", system, event) < 0)
		return rm_fail(s->err, RINGMAP_E_NOMEM, 0,
			       "no memory to save a schema");
	return save_text(s, name, text, size);
}

/* A source may have no such text. */
static enum ringmap_status save_other(struct saver *s,
				      enum rm_schema_text which)
{
	const struct rm_schema_source *source = &s->schema->source;
	rm_autofree char *text = NULL;
	size_t size;

	enum ringmap_status status =
		source->ops->text(source->ctx, which, &text, &size, s->err);
	if (status)
		return status == RINGMAP_E_NOENT ? RINGMAP_OK : status;
	return save_text(s, text_names[which], text, size);
}

static enum ringmap_status save_all(struct saver *s, uint32_t flags)
{
	const struct rm_schema_source *source = &s->schema->source;

	fprintf(s->out, HEAD "%s %u\n",
		s->schema->kernel.big_endian ? "big" : "little",
		s->schema->kernel.long_size);
	enum ringmap_status status =
		source->ops->list(source->ctx, save_format, s, s->err);
	if (!status)
		status = save_other(s, RM_TEXT_SAVED_CMDLINES);
	if (flags & RINGMAP_SCHEMA_NO_ADDRESSES)
		return status;
	if (!status)
		status = save_other(s, RM_TEXT_PRINTK_FORMATS);
	return status ? status : save_other(s, RM_TEXT_KALLSYMS);
}

/* Keeps the bytes, so that the call that asks for the size and the one that
 * copies them agree. The caller holds the lock. */
static enum ringmap_status keep_saved(struct ringmap_schema *schema,
				      uint32_t flags, struct ringmap_error *err)
{
	struct saver s = {.schema = schema, .err = err};
	char *bytes = NULL;
	size_t size;

	if (schema->saved && schema->saved_flags == flags)
		return RINGMAP_OK;
	s.out = open_memstream(&bytes, &size);
	if (!s.out)
		return rm_fail(err, RINGMAP_E_NOMEM, 0,
			       "no memory to save a schema");
	enum ringmap_status status = save_all(&s, flags);
	if (fclose(s.out) && !status)
		status = rm_fail(err, RINGMAP_E_NOMEM, 0,
				 "no memory to save a schema");
	if (status) {
		free(bytes);
		return status;
	}
	free(schema->saved);
	schema->saved = bytes;
	schema->saved_size = size;
	schema->saved_flags = flags;
	return RINGMAP_OK;
}

enum ringmap_status ringmap_schema_save(struct ringmap_schema *schema,
					uint32_t flags, void *buf, size_t cap,
					size_t *ret, struct ringmap_error *err)
{
	if (!schema || !ret || flags & ~(uint32_t)RINGMAP_SCHEMA_NO_ADDRESSES)
		return rm_fail(err, RINGMAP_E_INVAL, 0,
			       "schema or ret is NULL, or flags 0x%x do not "
			       "exist",
			       flags);
	RM_HOLD(schema);
	enum ringmap_status s = keep_saved(schema, flags, err);
	if (s)
		return s;
	*ret = schema->saved_size;
	if (!buf)
		return RINGMAP_OK;
	if (cap < schema->saved_size)
		return rm_fail(err, RINGMAP_E_INVAL, 0,
			       "the schema has %zu bytes, and there is room "
			       "for %zu",
			       schema->saved_size, cap);
	memcpy(buf, schema->saved, schema->saved_size);
	return RINGMAP_OK;
}

/* ---- opening --------------------------------------------------------------- */

struct entry {
	const char *name; /* ends with its size, not with a NUL */
	size_t name_size;
	const char *text;
	size_t size;
};

struct bytes {
	char *copy;
	size_t size;
	struct entry *entries; /* by name */
	size_t count;
	uint32_t long_size;
	bool big_endian;
};

static int compare(const struct entry *e, const char *name, size_t size)
{
	size_t common = e->name_size < size ? e->name_size : size;
	int order = memcmp(e->name, name, common);

	if (order)
		return order;
	return (e->name_size > size) - (e->name_size < size);
}

static int by_name(const void *a, const void *b)
{
	const struct entry *other = b;

	return compare(a, other->name, other->name_size);
}

static const struct entry *find(const struct bytes *b, const char *name)
{
	const struct entry wanted = {.name = name, .name_size = strlen(name)};

	return bsearch(&wanted, b->entries, b->count, sizeof(wanted), by_name);
}

static enum ringmap_status copy_text(const struct bytes *b, const char *name,
				     char **ret, size_t *size,
				     struct ringmap_error *err)
{
	const struct entry *e = find(b, name);

	if (!e)
		return rm_fail(err, RINGMAP_E_NOENT, 0,
			       "the saved schema has no %.120s", name);
	char *text = malloc(e->size + 1);
	if (!text)
		return rm_fail(err, RINGMAP_E_NOMEM, 0,
			       "no memory for a text of a schema");
	memcpy(text, e->text, e->size);
	text[e->size] = '\0';
	*ret = text;
	*size = e->size;
	return RINGMAP_OK;
}

static enum ringmap_status bytes_format(void *ctx, const char *system,
					const char *event, char **ret,
					size_t *size, struct ringmap_error *err)
{
	rm_autofree char *name = NULL;

	if (asprintf(&name, "events/%s/%s/format", system, event) < 0)
		return rm_fail(err, RINGMAP_E_NOMEM, 0, "no memory for a name");
	return copy_text(ctx, name, ret, size, err);
}

/* Splits "events/SYSTEM/EVENT/format". */
static bool is_format(const char *name, const char **system,
		      size_t *system_size, const char **event,
		      size_t *event_size)
{
	static const char first[] = "events/", last[] = "/format";
	size_t size = strlen(name);

	if (size < strlen(first) + strlen(last) ||
	    strncmp(name, first, strlen(first)) != 0 ||
	    strcmp(name + size - strlen(last), last) != 0)
		return false;
	const char *end = name + size - strlen(last);
	*system = name + strlen(first);
	const char *slash = memchr(*system, '/', (size_t)(end - *system));
	if (!slash || memchr(slash + 1, '/', (size_t)(end - slash - 1)))
		return false;
	*system_size = (size_t)(slash - *system);
	*event = slash + 1;
	*event_size = (size_t)(end - *event);
	return *system_size && *event_size;
}

/* Returns the name with a NUL; NULL: no memory. take_entry() checked its size. */
static char *copy_name(const struct entry *e)
{
	char *name = malloc(e->name_size + 1);

	if (name) {
		memcpy(name, e->name, e->name_size);
		name[e->name_size] = '\0';
	}
	return name;
}

static enum ringmap_status
bytes_list(void *ctx,
	   enum ringmap_status (*found)(void *arg, const char *system,
					const char *event),
	   void *arg, struct ringmap_error *err)
{
	const struct bytes *b = ctx;
	enum ringmap_status s = RINGMAP_OK;

	for (size_t i = 0; i < b->count && !s; i++) {
		rm_autofree char *name = copy_name(&b->entries[i]);
		const char *system, *event;
		size_t system_size, event_size;

		if (!name)
			return rm_fail(err, RINGMAP_E_NOMEM, 0,
				       "no memory for a name");
		if (!is_format(name, &system, &system_size, &event,
			       &event_size))
			continue;
		/* Both ends lie in our copy of the name. */
		name[system - name + (ptrdiff_t)system_size] = '\0';
		name[event - name + (ptrdiff_t)event_size] = '\0';
		s = found(arg, system, event);
	}
	return s;
}

static enum ringmap_status bytes_text(void *ctx, enum rm_schema_text which,
				      char **ret, size_t *size,
				      struct ringmap_error *err)
{
	if (!text_names[which])
		return rm_fail(err, RINGMAP_E_NOENT, 0,
			       "a saved schema has no header_page");
	return copy_text(ctx, text_names[which], ret, size, err);
}

static void bytes_free(void *ctx)
{
	struct bytes *b = ctx;

	free(b->entries);
	free(b->copy);
	free(b);
}

static const struct rm_schema_source_ops bytes_ops = {
	.format = bytes_format,
	.list = bytes_list,
	.text = bytes_text,
	.free = bytes_free,
};

/* Reads a number and the character behind it. */
static bool take_number(const char **at, const char *end, char stop,
			size_t *ret)
{
	const char *begin = *at;

	for (*ret = 0; *at < end && **at >= '0' && **at <= '9'; ++*at)
		if (__builtin_mul_overflow(*ret, 10, ret) ||
		    __builtin_add_overflow(*ret, (size_t)(**at - '0'), ret))
			return false;
	return *at > begin && *at < end && *(*at)++ == stop;
}

static bool take_head(struct bytes *b, const char **at, const char *end)
{
	static const char *const orders[] = {HEAD "little ", HEAD "big "};
	size_t long_size;

	for (int i = 0; i < 2; i++) {
		size_t size = strlen(orders[i]);

		if ((size_t)(end - *at) < size ||
		    memcmp(*at, orders[i], size) != 0)
			continue;
		*at += size;
		b->big_endian = i;
		if (!take_number(at, end, '\n', &long_size) ||
		    (long_size != 4 && long_size != 8))
			return false;
		b->long_size = (uint32_t)long_size;
		return true;
	}
	return false;
}

/* Reads one text, which must lie before @end with its newline. */
static bool take_entry(struct entry *e, const char **at, const char *end)
{
	if (!take_number(at, end, ' ', &e->name_size) ||
	    !take_number(at, end, '\n', &e->size))
		return false;
	size_t left = (size_t)(end - *at);
	if (!e->name_size || e->name_size > left ||
	    e->size >= left - e->name_size)
		return false;
	e->name = *at;
	e->text = e->name + e->name_size;
	*at = e->text + e->size;
	return *(*at)++ == '\n';
}

static enum ringmap_status corrupt(const struct bytes *b, const char *at,
				   struct ringmap_error *err)
{
	return rm_fail(err, RINGMAP_E_CORRUPT, 0,
		       "these bytes are not a saved schema, from byte %zu on",
		       (size_t)(at - b->copy));
}

static enum ringmap_status index_bytes(struct bytes *b,
				       struct ringmap_error *err)
{
	const char *at = b->copy;
	const char *end = b->copy + b->size;
	size_t room = 0;

	if (!take_head(b, &at, end))
		return corrupt(b, at, err);
	while (at < end) {
		if (b->count == room) {
			room = room ? 2 * room : 64;
			struct entry *grown =
				reallocarray(b->entries, room, sizeof(*grown));
			if (!grown)
				return rm_fail(err, RINGMAP_E_NOMEM, 0,
					       "no memory for a schema");
			b->entries = grown;
		}
		if (!take_entry(&b->entries[b->count], &at, end))
			return corrupt(b, at, err);
		b->count++;
	}
	if (b->count)
		qsort(b->entries, b->count, sizeof(*b->entries), by_name);
	for (size_t i = 1; i < b->count; i++)
		if (!by_name(&b->entries[i - 1], &b->entries[i]))
			return corrupt(b, b->entries[i].name, err);
	return RINGMAP_OK;
}

enum ringmap_status ringmap_schema_open_bytes(const void *bytes, size_t size,
					      struct ringmap_schema **ret,
					      struct ringmap_error *err)
{
	if (!bytes || !ret)
		return rm_fail(err, RINGMAP_E_INVAL, 0, "%s is NULL",
			       bytes ? "ret" : "bytes");
	struct bytes *b = calloc(1, sizeof(*b));
	char *copy = malloc(size ? size : 1);
	if (!b || !copy) {
		free(b);
		free(copy);
		return rm_fail(err, RINGMAP_E_NOMEM, 0,
			       "no memory for a schema");
	}
	b->copy = memcpy(copy, bytes, size);
	b->size = size;
	enum ringmap_status s = index_bytes(b, err);
	if (s) {
		bytes_free(b);
		return s;
	}
	const struct rm_schema_source source = {
		.ops = &bytes_ops,
		.ctx = b,
		.long_size = b->long_size,
		.order_known = true,
		.big_endian = b->big_endian,
	};
	return rm_schema_new(&source, ret, err);
}
