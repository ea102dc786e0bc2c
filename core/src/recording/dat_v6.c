/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * dat_v6.c - reads version 6 of trace.dat, a plain sequence
 */
#include "recording/dat.h"

#include "base/error.h"

#include <string.h>

/* The size of "options  ", "flyrecord" and "latency  ", each with a NUL. */
#define KIND_SIZE 10

/* The size of a CPU's offset and size. */
#define CPU_SIZE 16

static void skip_sized(struct rm_cursor *c, uint32_t size_bytes,
		       const char *what)
{
	rm_cursor_take(c, rm_cursor_number(c, size_bytes, what), what);
}

static void skip_headers(struct rm_cursor *c)
{
	rm_cursor_string(c, "header_page");
	skip_sized(c, 8, "header_page");
	rm_cursor_string(c, "header_event");
	skip_sized(c, 8, "header_event");
}

static void skip_formats(struct rm_cursor *c)
{
	uint32_t count = rm_cursor_u32(c, "number of formats");

	for (uint32_t i = 0; i < count && !c->status; i++)
		skip_sized(c, 8, "a format");
}

static void skip_systems(struct rm_cursor *c)
{
	uint32_t count = rm_cursor_u32(c, "number of event systems");

	for (uint32_t i = 0; i < count && !c->status; i++) {
		rm_cursor_string(c, "name of an event system");
		skip_formats(c);
	}
}

static void find_parts(struct rm_dat *dat, struct rm_cursor *c)
{
	dat->parts[RM_DAT_HEADERS] = c->at;
	skip_headers(c);
	dat->parts[RM_DAT_FTRACE_FORMATS] = c->at;
	skip_formats(c);
	dat->parts[RM_DAT_FORMATS] = c->at;
	skip_systems(c);
	dat->parts[RM_DAT_KALLSYMS] = c->at;
	skip_sized(c, 4, "kallsyms");
	dat->parts[RM_DAT_PRINTK] = c->at;
	skip_sized(c, 4, "printk_formats");
	dat->parts[RM_DAT_CMDLINES] = c->at;
	skip_sized(c, 8, "saved_cmdlines");
}

static enum ringmap_status read_options(struct rm_dat *dat, struct rm_cursor *c)
{
	for (;;) {
		uint32_t id = rm_cursor_u16(c, "id of an option");

		if (c->status || id == RM_DAT_DONE)
			return c->status;
		uint32_t size = rm_cursor_u32(c, "size of an option");
		struct rm_cursor data = *c;

		if (!rm_cursor_take(c, size, "an option"))
			return c->status;
		data.end = c->at;
		enum ringmap_status s = rm_dat_option(dat, id, &data);
		if (s)
			return s;
	}
}

/* Steps over the next kind field if it begins with @kind. */
static bool next_is(struct rm_cursor *c, const char *kind)
{
	struct rm_cursor ahead = *c;
	const uint8_t *found =
		rm_cursor_take(&ahead, KIND_SIZE, "kind of data");

	if (!found || memcmp(found, kind, strlen(kind)))
		return false;
	*c = ahead;
	return true;
}

/* Reads an instance's kind of data, which precedes its CPU table. */
static enum ringmap_status read_kind(struct rm_dat_instance *instance,
				     struct rm_cursor *c)
{
	instance->text = next_is(c, "latency");
	if (!instance->text && !next_is(c, "flyrecord"))
		rm_cursor_fail(c, "the data is neither flyrecord nor latency");
	return c->status;
}

/* Reads the clock's name; only files with the option TRACECLOCK have it. */
static enum ringmap_status read_clock(struct rm_dat *dat, struct rm_cursor *c)
{
	struct rm_trace_info origin = {.clock = dat->clock};
	uint64_t size = rm_cursor_u64(c, "size of trace_clock");
	const uint8_t *text = rm_cursor_take(c, size, "trace_clock");

	if (!text)
		return c->status;
	bool done =
		rm_trace_info_clock(&origin, (const char *)text, (size_t)size);
	dat->clock = origin.clock;
	return done ? RINGMAP_OK : rm_dat_nomem(dat);
}

/* Notes that the file ends before the list of the instance's CPUs does. */
static enum ringmap_status no_instance(struct rm_dat *dat,
				       struct rm_dat_instance *instance)
{
	uint64_t table = (uint64_t)dat->nr_cpus * CPU_SIZE;
	uint64_t end;

	if (__builtin_add_overflow(instance->offset, KIND_SIZE + table, &end))
		end = UINT64_MAX;
	instance->missing = true;
	rm_dat_note_cut(dat, "the list of CPUs of instance",
			(uint32_t)(instance - dat->instances), end);
	return RINGMAP_OK;
}

static enum ringmap_status read_instance(struct rm_dat *dat,
					 struct rm_dat_instance *instance)
{
	uint64_t table = (uint64_t)dat->nr_cpus * CPU_SIZE;
	uint64_t size = dat->map->size;

	if (instance->offset > size || size - instance->offset < KIND_SIZE)
		return no_instance(dat, instance);
	struct rm_cursor c = rm_dat_cursor(dat, instance->offset);
	enum ringmap_status s = read_kind(instance, &c);
	if (s || instance->text)
		return s;
	if (c.end - c.at < table)
		return no_instance(dat, instance);
	return rm_dat_table(dat, instance, &c);
}

enum ringmap_status rm_dat_read_v6(struct rm_dat *dat, struct rm_cursor *c)
{
	find_parts(dat, c);
	dat->nr_cpus = rm_cursor_u32(c, "number of CPUs");
	if (c->status)
		return c->status;
	enum ringmap_status s =
		next_is(c, "options") ? read_options(dat, c) : RINGMAP_OK;
	if (!s)
		s = read_kind(&dat->instances[0], c);
	if (!s && !dat->instances[0].text) {
		s = rm_dat_table(dat, &dat->instances[0], c);
		if (!s && dat->has_clock)
			s = read_clock(dat, c);
	}
	for (size_t i = 1; i < dat->nr_instances && !s; i++)
		s = read_instance(dat, &dat->instances[i]);
	return s;
}

enum ringmap_status rm_dat_part(const struct rm_dat *dat, enum rm_dat_part part,
				struct rm_cursor *ret, uint8_t **owned)
{
	*owned = NULL;
	if (!dat->parts[part])
		return RINGMAP_E_NOENT;
	if (dat->version == 7)
		return rm_dat_section(dat, RM_DAT_FIRST_PART + (uint32_t)part,
				      dat->parts[part], ret, owned);
	*ret = rm_dat_cursor(dat, dat->parts[part]);
	return ret->status;
}
