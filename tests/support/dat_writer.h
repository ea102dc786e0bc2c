/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * dat_writer.h - trace.dat files of any kind, from sub-buffers and texts
 *
 * Written from the description of the format, trace-cmd.dat.v6(5) and
 * trace-cmd.dat.v7(5), with none of the library's code. Where each number of
 * interest lies is told, so that a test can put another one there.
 *
 * What makes no sense ends the program with a sentence.
 */
#ifndef RM_DAT_WRITER_H
#define RM_DAT_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	RM_DAT_CPUS = 8,
	RM_DAT_INSTANCES = 4,
	RM_DAT_TEXTS = 32,
	RM_DAT_OPTIONS = 8,
	RM_DAT_SECTIONS = 32
};

enum rm_dat_packing {
	RM_DAT_NONE,
	RM_DAT_ZLIB,
	RM_DAT_ZSTD
};

/* One CPU's sub-buffers; they stay the caller's. */
struct rm_dat_ring {
	const void *bytes;
	size_t size;
	uint32_t cpu; /* version 6: its place among the others */
};

struct rm_dat_buffer {
	const char *name;     /* "": the top level */
	const char *clock;    /* version 7 */
	const char *text;     /* of a latency tracer, instead of rings */
	uint32_t subbuf_size; /* version 7; 0: the file's page size */
	struct rm_dat_ring rings[RM_DAT_CPUS];
	size_t nr_rings;
};

struct rm_dat_format {
	const char *system; /* "ftrace": they have a place of their own */
	const char *text;
};

struct rm_dat_extra {
	uint16_t id;
	const void *data;
	uint32_t size;
};

/* A file to be; NULL and 0 leave things out. */
struct rm_dat_plan {
	int version; /* 6 or 7 */
	bool big_endian;
	uint32_t long_size; /* of user space; 0: 8 */
	uint32_t page_size; /* 0: 4096 */
	uint32_t
		data_align; /* of CPU data; 0: the page size, as recorders do */
	enum rm_dat_packing packing;
	bool plain_sections; /* only CPU data is compressed */
	bool packed_options;
	size_t chunk_subbufs;    /* 0: 2 */
	const char *header_page; /* NULL: of a kernel with that long */
	const char *kallsyms;
	const char *printk_formats;
	const char *saved_cmdlines;
	const char *trace_clock; /* as in tracefs */
	struct rm_dat_format formats[RM_DAT_TEXTS];
	size_t nr_formats;
	struct rm_dat_extra options[RM_DAT_OPTIONS];
	size_t nr_options;
	struct rm_dat_buffer buffers[RM_DAT_INSTANCES];
	size_t nr_buffers;
};

struct rm_dat_written {
	uint8_t *bytes;
	size_t size;
	bool big_endian;
	/* Where things are; 0: there are none. */
	size_t version_at;
	size_t packing_at;
	size_t formats_at; /* version 6: number of ftrace's */
	size_t systems_at; /* version 6 */
	size_t cpus_at;    /* version 6: their number */
	size_t options_at; /* version 7: where the first ones are */
	size_t done_at;    /* version 7: the last one's data */
	size_t option_at[RM_DAT_SECTIONS];  /* by id, the last of it */
	size_t section_at[RM_DAT_SECTIONS]; /* likewise, the first */
	/* Of each CPU: u64 place and size; its data. */
	size_t entry_at[RM_DAT_INSTANCES][RM_DAT_CPUS];
	size_t data_at[RM_DAT_INSTANCES][RM_DAT_CPUS];
};

/* The caller's; rm_dat_written_free(). */
struct rm_dat_written *rm_dat_write(const struct rm_dat_plan *plan);
void rm_dat_written_free(struct rm_dat_written *file);

/* Puts a number of @size bytes where one was. */
void rm_dat_put(struct rm_dat_written *file, size_t at, uint32_t size,
		uint64_t number);

/* The number there. */
uint64_t rm_dat_get(const struct rm_dat_written *file, size_t at,
		    uint32_t size);

/* Saves the first @size bytes in a file that has no name; close @fd. */
struct rm_dat_saved {
	int fd;
	char path[64];
};

struct rm_dat_saved rm_dat_save(const struct rm_dat_written *file, size_t size);

#endif
