/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * dat_writer.c - trace.dat files of any kind, from sub-buffers and texts
 */
#define _GNU_SOURCE
#include "tests/support/dat_out.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	OPTION_BUFFER = 3,
	OPTION_TRACECLOCK = 4,
	OPTION_BUFFER_TEXT = 22,
	SECTION_HEADER = 16,
	SECTION_FTRACE = 17,
	SECTION_EVENTS = 18,
	SECTION_KALLSYMS = 19,
	SECTION_PRINTK = 20,
	SECTION_CMDLINES = 21
};

static void put_chunks(struct rm_out *o, const struct rm_dat_plan *plan,
		       const struct rm_dat_ring *ring, size_t subbuf_size)
{
	size_t step =
		(plan->chunk_subbufs ? plan->chunk_subbufs : 2) * subbuf_size;

	rm_out_number(o, 4, (ring->size + step - 1) / step);
	for (size_t at = 0; at < ring->size; at += step)
		rm_out_block(o, plan->packing,
			     (const uint8_t *)ring->bytes + at,
			     ring->size - at < step ? ring->size - at : step);
}

/* ---- texts, alike in both versions ------------------------------------------ */

static const char *header_page_of(const struct rm_dat_plan *plan)
{
	static char text[512];
	unsigned long_size = plan->long_size == 4 ? 4 : 8;
	unsigned page = plan->page_size ? plan->page_size : 4096;

	if (plan->header_page)
		return plan->header_page;
	snprintf(text, sizeof(text),
		 "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
		 "\tfield: local_t commit;\toffset:8;\tsize:%u;\tsigned:1;\n"
		 "\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
		 "\tfield: char data;\toffset:%u;\tsize:%u;\tsigned:1;\n",
		 long_size, 8 + long_size, page - 8 - long_size);
	return text;
}

static void put_headers(struct rm_out *o, const struct rm_dat_plan *plan)
{
	rm_out_string(o, "header_page");
	rm_out_text(o, 8, header_page_of(plan));
	rm_out_string(o, "header_event");
	rm_out_text(o, 8, "# compressed entry header\n");
}

static bool is_ftrace(const struct rm_dat_format *format)
{
	return !strcmp(format->system, "ftrace");
}

static size_t count_of(const struct rm_dat_plan *plan, const char *system)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->nr_formats; i++)
		count += !strcmp(plan->formats[i].system, system);
	return count;
}

static void put_system(struct rm_out *o, const struct rm_dat_plan *plan,
		       const char *system)
{
	rm_out_number(o, 4, count_of(plan, system));
	for (size_t i = 0; i < plan->nr_formats; i++)
		if (!strcmp(plan->formats[i].system, system))
			rm_out_text(o, 8, plan->formats[i].text);
}

/* Whether it is the first of its system. */
static bool is_new(const struct rm_dat_plan *plan, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (!strcmp(plan->formats[k].system, plan->formats[i].system))
			return false;
	return !is_ftrace(&plan->formats[i]);
}

static void put_systems(struct rm_out *o, const struct rm_dat_plan *plan)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->nr_formats; i++)
		count += is_new(plan, i);
	rm_out_number(o, 4, count);
	for (size_t i = 0; i < plan->nr_formats; i++) {
		if (!is_new(plan, i))
			continue;
		rm_out_string(o, plan->formats[i].system);
		put_system(o, plan, plan->formats[i].system);
	}
}

static void put_start(struct rm_out *o, const struct rm_dat_plan *plan,
		      struct rm_dat_written *w)
{
	rm_out(o, "\x17\x08\x44tracing", 10);
	w->version_at = o->size;
	rm_out_string(o, plan->version == 6 ? "6" : "7");
	rm_out_number(o, 1, plan->big_endian);
	rm_out_number(o, 1, plan->long_size ? plan->long_size : 8);
	rm_out_number(o, 4, plan->page_size ? plan->page_size : 4096);
}

static void put_option(struct rm_out *o, struct rm_dat_written *w, uint16_t id,
		       const void *data, size_t size)
{
	rm_out_number(o, 2, id);
	rm_out_number(o, 4, size);
	if (id < RM_DAT_SECTIONS)
		w->option_at[id] = o->size;
	rm_out(o, data, size);
}

static void put_extras(struct rm_out *o, const struct rm_dat_plan *plan,
		       struct rm_dat_written *w)
{
	for (size_t i = 0; i < plan->nr_options; i++)
		put_option(o, w, plan->options[i].id, plan->options[i].data,
			   plan->options[i].size);
}

/* ---- version 6 -------------------------------------------------------------- */

static size_t cpus_of(const struct rm_dat_plan *plan)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->nr_buffers; i++)
		if (plan->buffers[i].nr_rings > count)
			count = plan->buffers[i].nr_rings;
	return count;
}

static void put_table(struct rm_out *o, const struct rm_dat_plan *plan,
		      struct rm_dat_written *w, size_t i)
{
	if (plan->buffers[i].text) {
		rm_out(o, "latency  ", 10);
		rm_out_string(o, plan->buffers[i].text);
		return;
	}
	rm_out(o, "flyrecord", 10);
	for (size_t k = 0; k < cpus_of(plan); k++) {
		w->entry_at[i][k] = o->size;
		rm_out_number(o, 8, 0);
		rm_out_number(o, 8, 0);
	}
}

static void align_data(struct rm_out *o, const struct rm_dat_plan *plan)
{
	uint32_t page = plan->page_size ? plan->page_size : 4096;

	rm_out_align(o, plan->data_align ? plan->data_align : page);
}

static void put_data(struct rm_out *o, const struct rm_dat_plan *plan,
		     struct rm_dat_written *w, size_t i)
{
	for (size_t k = 0; k < plan->buffers[i].nr_rings; k++) {
		const struct rm_dat_ring *ring = &plan->buffers[i].rings[k];

		align_data(o, plan);
		w->data_at[i][k] = o->size;
		rm_out_order(o->bytes + w->entry_at[i][k], 8, o->size,
			     o->big_endian);
		rm_out_order(o->bytes + w->entry_at[i][k] + 8, 8, ring->size,
			     o->big_endian);
		rm_out(o, ring->bytes, ring->size);
	}
}

static void put_options_v6(struct rm_out *o, const struct rm_dat_plan *plan,
			   struct rm_dat_written *w, size_t *places)
{
	rm_out(o, "options  ", 10);
	put_extras(o, plan, w);
	if (plan->trace_clock)
		put_option(o, w, OPTION_TRACECLOCK, NULL, 0);
	for (size_t i = 1; i < plan->nr_buffers; i++) {
		size_t name = strlen(plan->buffers[i].name) + 1;

		rm_out_number(o, 2, OPTION_BUFFER);
		rm_out_number(o, 4, 8 + name);
		places[i] = w->option_at[OPTION_BUFFER] = o->size;
		rm_out_number(o, 8, 0);
		rm_out(o, plan->buffers[i].name, name);
	}
	rm_out_number(o, 2, 0);
}

static void write_v6(struct rm_out *o, const struct rm_dat_plan *plan,
		     struct rm_dat_written *w)
{
	size_t places[RM_DAT_INSTANCES] = {0};

	put_headers(o, plan);
	w->formats_at = o->size;
	put_system(o, plan, "ftrace");
	w->systems_at = o->size;
	put_systems(o, plan);
	rm_out_text(o, 4, plan->kallsyms);
	rm_out_text(o, 4, plan->printk_formats);
	rm_out_text(o, 8, plan->saved_cmdlines);
	w->cpus_at = o->size;
	rm_out_number(o, 4, cpus_of(plan));
	put_options_v6(o, plan, w, places);
	put_table(o, plan, w, 0);
	if (plan->trace_clock)
		rm_out_text(o, 8, plan->trace_clock);
	put_data(o, plan, w, 0);
	for (size_t i = 1; i < plan->nr_buffers; i++) {
		rm_out_order(o->bytes + places[i], 8, o->size, o->big_endian);
		put_table(o, plan, w, i);
		put_data(o, plan, w, i);
	}
}

/* ---- version 7 -------------------------------------------------------------- */

/* The header of a section; its size is filled in by end_section(). */
static size_t begin_section(struct rm_out *o, struct rm_dat_written *w,
			    uint16_t id, bool packed)
{
	size_t at = o->size;

	if (!w->section_at[id])
		w->section_at[id] = at;
	rm_out_number(o, 2, id);
	rm_out_number(o, 2, packed);
	rm_out_number(o, 4, 0);
	rm_out_number(o, 8, 0);
	return at;
}

static void end_section(struct rm_out *o, size_t at)
{
	rm_out_order(o->bytes + at + 8, 8, o->size - at - 16, o->big_endian);
}

/* A section of these contents, which are freed, and the option naming it. */
static void put_section(struct rm_out *o, struct rm_out *options,
			const struct rm_dat_plan *plan,
			struct rm_dat_written *w, uint16_t id,
			struct rm_out *contents)
{
	bool packed = plan->packing && !plan->plain_sections;
	uint8_t place[8];
	size_t at = begin_section(o, w, id, packed);

	if (packed)
		rm_out_block(o, plan->packing, contents->bytes, contents->size);
	else
		rm_out(o, contents->bytes, contents->size);
	end_section(o, at);
	rm_out_order(place, 8, at, o->big_endian);
	put_option(options, w, id, place, 8);
	free(contents->bytes);
	*contents = (struct rm_out){.big_endian = o->big_endian};
}

static void put_texts_v7(struct rm_out *o, struct rm_out *options,
			 const struct rm_dat_plan *plan,
			 struct rm_dat_written *w)
{
	struct rm_out c = {.big_endian = o->big_endian};

	put_headers(&c, plan);
	put_section(o, options, plan, w, SECTION_HEADER, &c);
	put_system(&c, plan, "ftrace");
	put_section(o, options, plan, w, SECTION_FTRACE, &c);
	put_systems(&c, plan);
	put_section(o, options, plan, w, SECTION_EVENTS, &c);
	rm_out_text(&c, 4, plan->kallsyms);
	put_section(o, options, plan, w, SECTION_KALLSYMS, &c);
	rm_out_text(&c, 4, plan->printk_formats);
	put_section(o, options, plan, w, SECTION_PRINTK, &c);
	rm_out_text(&c, 8, plan->saved_cmdlines);
	put_section(o, options, plan, w, SECTION_CMDLINES, &c);
}

static void put_rings_v7(struct rm_out *o, struct rm_out *description,
			 const struct rm_dat_plan *plan,
			 struct rm_dat_written *w, size_t i)
{
	const struct rm_dat_buffer *b = &plan->buffers[i];
	uint32_t page = plan->page_size ? plan->page_size : 4096;
	uint32_t subbuf_size = b->subbuf_size ? b->subbuf_size : page;

	rm_out_number(description, 4, subbuf_size);
	rm_out_number(description, 4, b->nr_rings);
	for (size_t k = 0; k < b->nr_rings; k++) {
		align_data(o, plan);
		size_t at = w->data_at[i][k] = o->size;

		if (plan->packing)
			put_chunks(o, plan, &b->rings[k], subbuf_size);
		else
			rm_out(o, b->rings[k].bytes, b->rings[k].size);
		rm_out_number(description, 4, b->rings[k].cpu);
		w->entry_at[i][k] = description->size;
		rm_out_number(description, 8, at);
		rm_out_number(description, 8, o->size - at);
	}
}

static void put_buffer_v7(struct rm_out *o, struct rm_out *options,
			  const struct rm_dat_plan *plan,
			  struct rm_dat_written *w, size_t i)
{
	const struct rm_dat_buffer *b = &plan->buffers[i];
	uint16_t id = b->text ? OPTION_BUFFER_TEXT : OPTION_BUFFER;
	struct rm_out description = {.big_endian = o->big_endian};
	size_t at = begin_section(o, w, id, plan->packing);

	rm_out_number(&description, 8, at);
	rm_out_string(&description, b->name);
	rm_out_string(&description, b->clock ? b->clock : "local");
	if (b->text)
		rm_out_string(o, b->text);
	else
		put_rings_v7(o, &description, plan, w, i);
	end_section(o, at);
	put_option(options, w, id, description.bytes, description.size);
	for (size_t k = 0; k < b->nr_rings; k++)
		w->entry_at[i][k] += w->option_at[id];
	free(description.bytes);
}

static void write_v7(struct rm_out *o, const struct rm_dat_plan *plan,
		     struct rm_dat_written *w)
{
	static const char *const names[] = {"none", "zlib", "zstd"};
	struct rm_out options = {.big_endian = o->big_endian};

	w->packing_at = o->size;
	rm_out_string(o, names[plan->packing]);
	rm_out_string(o, "1");
	w->options_at = o->size;
	rm_out_number(o, 8, 0);
	put_texts_v7(o, &options, plan, w);
	put_extras(&options, plan, w);
	if (plan->trace_clock)
		put_option(&options, w, OPTION_TRACECLOCK, plan->trace_clock,
			   strlen(plan->trace_clock) + 1);
	for (size_t i = 0; i < plan->nr_buffers; i++)
		put_buffer_v7(o, &options, plan, w, i);
	rm_out_number(&options, 2, 0);
	rm_out_number(&options, 4, 8);
	w->done_at = options.size;
	rm_out_number(&options, 8, 0);
	rm_out_order(o->bytes + w->options_at, 8, o->size, o->big_endian);
	size_t at = begin_section(o, w, 0, plan->packed_options);
	/* From here on places are those in the file. */
	size_t shift = o->size;
	if (plan->packed_options)
		rm_out_block(o, plan->packing, options.bytes, options.size);
	else
		rm_out(o, options.bytes, options.size);
	end_section(o, at);
	w->done_at += shift;
	for (size_t i = 0; i < RM_DAT_SECTIONS; i++)
		w->option_at[i] += w->option_at[i] ? shift : 0;
	for (size_t i = 0; i < plan->nr_buffers; i++)
		for (size_t k = 0; k < plan->buffers[i].nr_rings; k++)
			w->entry_at[i][k] += shift;
	free(options.bytes);
}

/* ---- all ------------------------------------------------------------------- */

struct rm_dat_written *rm_dat_write(const struct rm_dat_plan *plan)
{
	struct rm_dat_written *w = calloc(1, sizeof(*w));
	struct rm_out o = {.big_endian = plan->big_endian};

	rm_must_write(w, "no memory");
	rm_must_write(plan->version == 6 || plan->version == 7,
		      "no such version");
	rm_must_write(plan->version == 7 || !plan->packing,
		      "version 6 has no packing");
	rm_must_write(plan->nr_buffers, "a file needs a top level");
	put_start(&o, plan, w);
	if (plan->version == 6)
		write_v6(&o, plan, w);
	else
		write_v7(&o, plan, w);
	w->bytes = o.bytes;
	w->size = o.size;
	w->big_endian = plan->big_endian;
	return w;
}

void rm_dat_written_free(struct rm_dat_written *file)
{
	if (!file)
		return;
	free(file->bytes);
	free(file);
}

void rm_dat_put(struct rm_dat_written *file, size_t at, uint32_t size,
		uint64_t number)
{
	rm_must_write(at && at + size <= file->size, "nothing is there");
	rm_out_order(file->bytes + at, size, number, file->big_endian);
}

uint64_t rm_dat_get(const struct rm_dat_written *file, size_t at, uint32_t size)
{
	uint64_t number = 0;

	rm_must_write(at && at + size <= file->size, "nothing is there");
	for (uint32_t i = 0; i < size; i++)
		number =
			number << 8 |
			file->bytes[at + (file->big_endian ? i : size - 1 - i)];
	return number;
}

struct rm_dat_saved rm_dat_save(const struct rm_dat_written *file, size_t size)
{
	struct rm_dat_saved saved;

	saved.fd = memfd_create("ringmap_dat", MFD_CLOEXEC);
	rm_must_write(saved.fd >= 0, "no memfd");
	rm_must_write(size <= file->size,
		      "a file has no more than all its bytes");
	for (size_t at = 0; at < size;) {
		ssize_t n = write(saved.fd, file->bytes + at, size - at);

		rm_must_write(n > 0, "cannot write");
		at += (size_t)n;
	}
	snprintf(saved.path, sizeof(saved.path), "/proc/self/fd/%d", saved.fd);
	return saved;
}
