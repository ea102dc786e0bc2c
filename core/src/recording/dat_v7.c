/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * dat_v7.c - reads version 7 of trace.dat, sections that options point to
 */
#include "recording/dat.h"

#include "base/cleanup.h"
#include "base/error.h"

#include <stdlib.h>

enum {
	SECTION_PACKED = 1, /* in a section's flags */
	/* A section may decompress to this size however small it is. */
	SECTION_SLACK = 64 << 10
};

static enum ringmap_status read_header(struct rm_cursor *c,
				       const struct rm_dat *dat, uint32_t id,
				       struct rm_dat_section *ret)
{
	uint64_t at = c->at;
	uint32_t found = rm_cursor_u16(c, "id of a section");
	uint32_t flags = rm_cursor_u16(c, "flags of a section");

	if (!c->status && found != id) {
		c->at = at;
		rm_cursor_fail(c, "section %u should be here, not %u", id,
			       found);
	}
	rm_cursor_u32(c, "name of a section");
	ret->size = rm_cursor_u64(c, "size of a section");
	ret->begin = c->at;
	ret->packed = flags & SECTION_PACKED;
	if (!c->status && ret->packed && dat->packing == RM_PACKING_NONE)
		rm_cursor_fail(c, "a compressed section in a file without "
				  "compression");
	return c->status;
}

enum ringmap_status rm_dat_section_header(const struct rm_dat *dat, uint32_t id,
					  uint64_t at,
					  struct rm_dat_section *ret)
{
	struct rm_cursor c = rm_dat_cursor(dat, at);

	return read_header(&c, dat, id, ret);
}

enum ringmap_status rm_dat_section_at(const struct rm_dat *dat, uint32_t id,
				      uint64_t at, struct rm_dat_section *ret)
{
	struct rm_cursor c = rm_dat_cursor(dat, at);

	if (!read_header(&c, dat, id, ret))
		rm_cursor_take(&c, ret->size, "a section");
	return c.status;
}

enum ringmap_status rm_dat_section(const struct rm_dat *dat, uint32_t id,
				   uint64_t at, struct rm_cursor *ret,
				   uint8_t **owned)
{
	struct rm_dat_section section;
	struct rm_unpacker *unpacker;
	struct rm_block block;

	*owned = NULL;
	enum ringmap_status s = rm_dat_section_at(dat, id, at, &section);
	if (s)
		return s;
	*ret = rm_dat_cursor(dat, section.begin);
	ret->end = section.begin + section.size;
	if (!section.packed)
		return RINGMAP_OK;
	s = rm_block_at(ret, SECTION_SLACK, &block);
	if (s)
		return s;
	rm_autofree uint8_t *bytes = malloc((size_t)block.size + 1);
	if (!bytes)
		return rm_dat_nomem(dat);
	s = rm_unpacker_new(dat->packing, &unpacker, dat->err);
	if (s)
		return s;
	bool whole = rm_unpack(unpacker, &block, bytes);
	rm_unpacker_free(unpacker);
	ret->at = section.begin;
	if (!whole)
		return rm_cursor_fail(ret, "the section does not decompress");
	*ret = (struct rm_cursor){
		.bytes = bytes,
		.end = block.size,
		.base = section.begin,
		.file = dat->map->path,
		.unpacked = true,
		.big_endian = dat->big_endian,
		.err = dat->err,
	};
	*owned = rm_steal(bytes);
	return RINGMAP_OK;
}

/* Reads one section of options; sets @next to the next one's offset or 0. */
static enum ringmap_status read_options(struct rm_dat *dat, struct rm_cursor *c,
					uint64_t *next)
{
	for (;;) {
		uint32_t id = rm_cursor_u16(c, "id of an option");
		uint32_t size = rm_cursor_u32(c, "size of an option");
		struct rm_cursor data = *c;

		if (!rm_cursor_take(c, size, "an option"))
			return c->status;
		data.end = c->at;
		if (id == RM_DAT_DONE) {
			*next = rm_cursor_u64(&data, "offset of more options");
			return data.status;
		}
		enum ringmap_status s = rm_dat_option(dat, id, &data);
		if (s)
			return s;
	}
}

/*
 * Returns true if the file ends before the section of options at @at does, and
 * a list of CPUs was read before. Without one there is nothing to read.
 */
static bool is_cut(struct rm_dat *dat, uint64_t at)
{
	struct rm_dat_section section;
	uint64_t size = dat->map->size;
	uint64_t end = at;
	bool any = false;

	for (size_t i = 0; i < dat->nr_instances; i++)
		any |= dat->instances[i].described;
	if (!any)
		return false;
	if (at < size) {
		struct ringmap_error *err = dat->err;

		dat->err = NULL;
		enum ringmap_status s =
			rm_dat_section_header(dat, RM_DAT_DONE, at, &section);
		dat->err = err;
		if (!s && section.size <= size - section.begin)
			return false;
		if (!s)
			end = section.begin + section.size;
		else if (size - at >= RM_DAT_SECTION_HEADER)
			return false;
	}
	rm_dat_note_cut(dat, "section", RM_DAT_DONE, end);
	return true;
}

/*
 * Sections do not overlap, so the sum of their sizes is at most the size of
 * the file. This bounds the loop if they overlap or lead in a circle.
 */
static enum ringmap_status read_chain(struct rm_dat *dat, uint64_t next)
{
	uint64_t budget = dat->map->size;

	while (next) {
		rm_autofree uint8_t *owned = NULL;
		struct rm_dat_section section;
		struct rm_cursor c;
		uint64_t at = next;

		if (is_cut(dat, at))
			return RINGMAP_OK;
		enum ringmap_status s =
			rm_dat_section_at(dat, RM_DAT_DONE, at, &section);
		if (s)
			return s;
		uint64_t whole = section.begin - at + section.size;
		if (whole > budget) {
			c = rm_dat_cursor(dat, at);
			return rm_cursor_fail(&c, "sections of options overlap "
						  "or lead in a circle");
		}
		budget -= whole;
		s = rm_dat_section(dat, RM_DAT_DONE, at, &c, &owned);
		if (!s)
			s = read_options(dat, &c, &next);
		if (s)
			return s;
	}
	return RINGMAP_OK;
}

enum ringmap_status rm_dat_read_v7(struct rm_dat *dat, struct rm_cursor *c)
{
	const char *packing = rm_cursor_string(c, "name of the compression");

	rm_cursor_string(c, "version of the compression");
	uint64_t options = rm_cursor_u64(c, "offset of the options");
	if (c->status)
		return c->status;
	if (!rm_packing_of(packing, &dat->packing))
		return rm_fail(dat->err, RINGMAP_E_UNSUPPORTED, 0,
			       RM_FILE "compressed by \"%.32s\": only zlib and "
				       "zstd are supported",
			       RM_FILE_ARGS(c->file), packing);
	return read_chain(dat, options);
}
