/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * dat_schema.c - finds the formats in a trace.dat
 *
 * One pass finds every text and the name in its first line. A text is copied
 * only when it is asked for.
 */
#include "recording/dat.h"

#include "base/cleanup.h"
#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

enum {
	/* common_type, the id of an event, has 16 bits. */
	ENTRIES_MAX = 1 << 16
};

/* A format: views of the mapped or decompressed bytes, without NULs. */
struct entry {
	const char *system;
	const char *name;
	const char *text;
	size_t system_size;
	size_t name_size;
	size_t text_size;
};

struct dat_source {
	struct rm_dat dat;
	struct entry *entries; /* sorted by system and name */
	size_t count;
	size_t room;
	uint8_t *owned[RM_DAT_PARTS]; /* decompressed bytes that entries view */
};

static int compare(const char *a, size_t a_size, const char *b, size_t b_size)
{
	int order = memcmp(a, b, a_size < b_size ? a_size : b_size);

	return order ? order : (a_size > b_size) - (a_size < b_size);
}

static int by_name(const void *a, const void *b)
{
	const struct entry *x = a;
	const struct entry *y = b;
	int order =
		compare(x->system, x->system_size, y->system, y->system_size);

	if (!order)
		order = compare(x->name, x->name_size, y->name, y->name_size);
	/* Two formats of one name keep their order in the file. */
	return order ? order : (x->text > y->text) - (x->text < y->text);
}

/* Takes the event's name from the first line; false: it has none. */
static bool name_of(struct entry *e)
{
	static const char key[] = "name: ";
	const char *end = memchr(e->text, '\n', e->text_size);

	if (!end || strncmp(e->text, key, sizeof(key) - 1))
		return false;
	e->name = e->text + sizeof(key) - 1;
	e->name_size = (size_t)(end - e->name);
	return e->name_size;
}

static enum ringmap_status add_entry(struct dat_source *src,
				     const struct entry *e, struct rm_cursor *c)
{
	if (src->count == ENTRIES_MAX)
		return rm_cursor_fail(c,
				      "more formats than there are event ids");
	if (src->count == src->room) {
		size_t room = src->room ? 2 * src->room : 256;
		struct entry *grown =
			reallocarray(src->entries, room, sizeof(*grown));

		if (!grown)
			return rm_dat_nomem(&src->dat);
		src->entries = grown;
		src->room = room;
	}
	src->entries[src->count++] = *e;
	return RINGMAP_OK;
}

static enum ringmap_status read_formats(struct dat_source *src,
					struct rm_cursor *c, const char *system)
{
	uint32_t count = rm_cursor_u32(c, "number of formats");

	for (uint32_t i = 0; i < count && !c->status; i++) {
		uint64_t size = rm_cursor_u64(c, "size of a format");
		struct entry e = {
			.system = system,
			.system_size = system ? strlen(system) : 0,
			.text = (const char *)rm_cursor_take(c, size,
							     "a format"),
			.text_size = (size_t)size,
		};

		/* A format without a name cannot be asked for: skip it. */
		if (c->status || !name_of(&e))
			continue;
		enum ringmap_status s = add_entry(src, &e, c);
		if (s)
			return s;
	}
	return c->status;
}

static enum ringmap_status read_systems(struct dat_source *src,
					struct rm_cursor *c)
{
	uint32_t count = rm_cursor_u32(c, "number of event systems");

	for (uint32_t i = 0; i < count && !c->status; i++) {
		const char *system =
			rm_cursor_string(c, "name of an event system");
		enum ringmap_status s = read_formats(src, c, system);

		if (s)
			return s;
	}
	return c->status;
}

static enum ringmap_status find_formats(struct dat_source *src)
{
	struct rm_cursor c;
	enum ringmap_status s =
		rm_dat_part(&src->dat, RM_DAT_FTRACE_FORMATS, &c,
			    &src->owned[RM_DAT_FTRACE_FORMATS]);

	if (!s)
		s = read_formats(src, &c, "ftrace");
	if (s && s != RINGMAP_E_NOENT)
		return s;
	s = rm_dat_part(&src->dat, RM_DAT_FORMATS, &c,
			&src->owned[RM_DAT_FORMATS]);
	if (!s)
		s = read_systems(src, &c);
	if (s && s != RINGMAP_E_NOENT)
		return s;
	if (src->count)
		qsort(src->entries, src->count, sizeof(*src->entries), by_name);
	return RINGMAP_OK;
}

static enum ringmap_status copy_text(const struct dat_source *src,
				     const void *text, size_t size, char **ret,
				     size_t *ret_size)
{
	char *copy = malloc(size + 1);

	if (!copy)
		return rm_dat_nomem(&src->dat);
	memcpy(copy, text, size);
	copy[size] = '\0';
	*ret = copy;
	*ret_size = size;
	return RINGMAP_OK;
}

static enum ringmap_status source_format(void *ctx, const char *system,
					 const char *event, char **ret,
					 size_t *size,
					 struct ringmap_error *err)
{
	struct dat_source *src = ctx;
	const struct entry wanted = {
		.system = system,
		.system_size = strlen(system),
		.name = event,
		.name_size = strlen(event),
		/* NULL sorts before any text, so the first format of that
		 * name is found. */
		.text = NULL,
	};
	size_t low = 0;
	size_t high = src->count;

	src->dat.err = err;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (by_name(&src->entries[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	const struct entry *e = &src->entries[low];
	if (low == src->count ||
	    compare(e->system, e->system_size, system, wanted.system_size) ||
	    compare(e->name, e->name_size, event, wanted.name_size))
		return rm_fail(err, RINGMAP_E_NOENT, 0,
			       RM_FILE "the file has no event %.60s:%.60s",
			       RM_FILE_ARGS(src->dat.map->path), system, event);
	return copy_text(src, e->text, e->text_size, ret, size);
}

static enum ringmap_status
source_list(void *ctx,
	    enum ringmap_status (*found)(void *arg, const char *system,
					 const char *event),
	    void *arg, struct ringmap_error *err)
{
	struct dat_source *src = ctx;

	src->dat.err = err;
	for (size_t i = 0; i < src->count; i++) {
		const struct entry *e = &src->entries[i];
		rm_autofree char *name = NULL;
		size_t size;

		enum ringmap_status s =
			copy_text(src, e->name, e->name_size, &name, &size);
		if (!s)
			s = found(arg, e->system, name);
		if (s)
			return s;
	}
	return RINGMAP_OK;
}

static enum ringmap_status source_text(void *ctx, enum rm_schema_text which,
				       char **ret, size_t *size,
				       struct ringmap_error *err)
{
	/* The part that holds the text, and the width of the text's size. */
	static const struct {
		enum rm_dat_part part;
		uint32_t size_bytes;
		const char *what;
	} texts[] = {
		[RM_TEXT_HEADER_PAGE] = {RM_DAT_HEADERS, 8, "header_page"},
		[RM_TEXT_PRINTK_FORMATS] = {RM_DAT_PRINTK, 4, "printk_formats"},
		[RM_TEXT_SAVED_CMDLINES] = {RM_DAT_CMDLINES, 8,
					    "saved_cmdlines"},
		[RM_TEXT_KALLSYMS] = {RM_DAT_KALLSYMS, 4, "kallsyms"},
	};
	struct dat_source *src = ctx;
	uint8_t *unpacked = NULL;
	struct rm_cursor c;

	src->dat.err = err;
	enum ringmap_status s =
		rm_dat_part(&src->dat, texts[which].part, &c, &unpacked);
	rm_autofree uint8_t *owned = unpacked;
	if (s == RINGMAP_E_NOENT)
		return rm_fail(err, s, 0, RM_FILE "the file has no %s",
			       RM_FILE_ARGS(src->dat.map->path),
			       texts[which].what);
	if (s)
		return s;
	if (which == RM_TEXT_HEADER_PAGE)
		rm_cursor_string(&c, "header_page");
	uint64_t length = rm_cursor_number(&c, texts[which].size_bytes,
					   texts[which].what);
	const uint8_t *text = rm_cursor_take(&c, length, texts[which].what);
	if (c.status)
		return c.status;
	if (!length)
		return rm_fail(err, RINGMAP_E_NOENT, 0,
			       RM_FILE "the file's %s is empty",
			       RM_FILE_ARGS(src->dat.map->path),
			       texts[which].what);
	return copy_text(src, text, (size_t)length, ret, size);
}

static void source_free(void *ctx)
{
	struct dat_source *src = ctx;

	for (size_t i = 0; i < RM_DAT_PARTS; i++)
		free(src->owned[i]);
	free(src->entries);
	rm_dat_close(&src->dat);
	free(src);
}

static const struct rm_schema_source_ops dat_source_ops = {
	.format = source_format,
	.list = source_list,
	.text = source_text,
	.free = source_free,
};

enum ringmap_status rm_dat_schema_source(const char *path,
					 struct rm_schema_source *ret,
					 struct ringmap_error *err)
{
	rm_autoclose int fd = -1;
	enum ringmap_status s = rm_dat_open_path(path, &fd, err);
	if (s)
		return s;
	struct dat_source *src = calloc(1, sizeof(*src));
	if (!src)
		return rm_fail(err, RINGMAP_E_NOMEM, 0,
			       "no memory for a trace.dat");
	s = rm_dat_open(&src->dat, path, fd, err);
	if (!s)
		s = find_formats(src);
	if (s) {
		source_free(src);
		return s;
	}
	*ret = (struct rm_schema_source){
		.ops = &dat_source_ops,
		.ctx = src,
		.long_size = src->dat.long_size,
		.order_known = true,
		.big_endian = src->dat.big_endian,
	};
	return RINGMAP_OK;
}
