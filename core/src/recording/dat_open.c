/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * dat_open.c - reads the first bytes of a trace.dat, which all versions share
 */
#include "recording/dat.h"

#include "base/error.h"

#include "recording/capture_shape.h"

#include <stdlib.h>
#include <string.h>

static const char magic[] = "\x17\x08\x44tracing";

static enum ringmap_status read_version(struct rm_dat *dat, struct rm_cursor *c)
{
	const char *version = rm_cursor_string(c, "version");

	if (!version)
		return c->status;
	if (!strcmp(version, "6"))
		dat->version = 6;
	else if (!strcmp(version, "7"))
		dat->version = 7;
	else
		return rm_fail(dat->err, RINGMAP_E_UNSUPPORTED, 0,
			       RM_FILE "version \"%.16s\" of trace.dat: only "
				       "versions 6 and 7 are supported",
			       RM_FILE_ARGS(c->file), version);
	return RINGMAP_OK;
}

static enum ringmap_status read_start(struct rm_dat *dat, struct rm_cursor *c)
{
	const uint8_t *start = rm_cursor_take(c, sizeof(magic) - 1, "magic");

	if (!start || memcmp(start, magic, sizeof(magic) - 1)) {
		c->at = 0;
		return rm_cursor_fail(c, "not the beginning of a trace.dat");
	}
	enum ringmap_status s = read_version(dat, c);
	if (s)
		return s;
	uint64_t order = rm_cursor_number(c, 1, "byte order");
	uint64_t long_size = rm_cursor_number(c, 1, "size of long");
	if (!c->status && (order > 1 || (long_size != 4 && long_size != 8)))
		rm_cursor_fail(c, "no kernel has byte order %u and longs of %u",
			       (unsigned)order, (unsigned)long_size);
	dat->big_endian = c->big_endian = order;
	dat->long_size = (uint32_t)long_size;
	dat->subbuf_size = rm_cursor_u32(c, "page size");
	return c->status;
}

/* A trace.dat has a top level, even if no option of it says so. */
static enum ringmap_status add_top(struct rm_dat *dat)
{
	dat->instances = calloc(1, sizeof(*dat->instances));
	char *name = strdup("");
	if (!dat->instances || !name) {
		free(name);
		return rm_dat_nomem(dat);
	}
	dat->instances[0] = (struct rm_dat_instance){
		.name = name,
		.subbuf_size = dat->subbuf_size,
	};
	dat->nr_instances = 1;
	return RINGMAP_OK;
}

enum ringmap_status rm_dat_open(struct rm_dat *dat, const char *path, int fd,
				struct ringmap_error *err)
{
	*dat = (struct rm_dat){.err = err};
	enum ringmap_status s = rm_dat_map(dat, path, fd);
	if (s)
		return s;
	struct rm_cursor c = rm_dat_cursor(dat, 0);
	s = read_start(dat, &c);
	if (!s)
		s = add_top(dat);
	if (!s)
		s = dat->version == 6 ? rm_dat_read_v6(dat, &c)
				      : rm_dat_read_v7(dat, &c);
	if (!s)
		s = rm_dat_header_page(dat);
	if (s)
		rm_dat_close(dat);
	return s;
}

void rm_dat_close(struct rm_dat *dat)
{
	for (size_t i = 0; i < dat->nr_instances; i++) {
		free(dat->instances[i].name);
		free(dat->instances[i].clock);
		free(dat->instances[i].cpus);
	}
	free(dat->instances);
	free(dat->clock);
	rm_time_shift_free(dat->stamps.guest);
	rm_dat_map_unref(dat->map);
	*dat = (struct rm_dat){.map = NULL};
}

/* Reads name and size, which precede the text; returns the text. */
static const uint8_t *header_text(struct rm_cursor *c, uint64_t *size)
{
	static const char name[] = "header_page";
	const uint8_t *found = rm_cursor_take(c, sizeof(name), name);

	if (found && memcmp(found, name, sizeof(name)))
		rm_cursor_fail(c, "header_page should be here");
	*size = rm_cursor_u64(c, "size of header_page");
	return rm_cursor_take(c, *size, name);
}

enum ringmap_status rm_dat_header_page(struct rm_dat *dat)
{
	struct ringmap_image_opts shape = {.sz = sizeof(shape)};
	char text[RM_HEADER_PAGE_MAX];
	struct rm_cursor c;
	uint8_t *owned = NULL;
	uint64_t size = 0;

	enum ringmap_status s = rm_dat_part(dat, RM_DAT_HEADERS, &c, &owned);
	/* Without header_page, the long size at the start of the file holds. */
	if (s)
		return s == RINGMAP_E_NOENT ? RINGMAP_OK : s;
	const uint8_t *found = header_text(&c, &size);
	if (!c.status && size >= sizeof(text))
		rm_cursor_fail(&c, "header_page has %llu bytes, too many",
			       (unsigned long long)size);
	/* The kernels of 2008 had no header_page; its size is 0 then. */
	if (!c.status && size) {
		memcpy(text, found, (size_t)size);
		if (rm_header_page(text, (size_t)size, &shape)) {
			dat->long_size = shape.long_size;
			dat->data_offset = shape.data_offset;
		} else {
			rm_cursor_fail(&c, "header_page does not describe a "
					   "sub-buffer");
		}
	}
	free(owned);
	return c.status;
}
