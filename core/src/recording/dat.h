/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * dat.h - a trace.dat: where everything in it lies
 *
 * cursor.c      numbers and strings, within bounds
 * unpack.c      zlib and zstd
 * dat_file.c    the file, mapped
 * dat_open.c    its first bytes
 * dat_v6.c      version 6: one thing after the other
 * dat_v7.c      version 7: sections, and options that name them
 * dat_options.c options, alike in both
 * dat_cpus.c    where each CPU's data lies; checks it
 * dat_chunks.c  compressed data of a CPU, a chunk at a time
 * dat_schema.c  the texts of formats
 * trace_file.c  an instance's rings as a trace
 *
 * The format is described in trace-cmd.dat.v6(5) and trace-cmd.dat.v7(5).
 */
#ifndef RM_DAT_H
#define RM_DAT_H

#include "recording/cursor.h"
#include "recording/unpack.h"
#include "trace/trace_info.h"

#include <ringmap/ringmap.h>

#include <stdbool.h>

/* The file; lives until the last of its rings is freed. */
struct rm_dat_map {
	const uint8_t *bytes;
	size_t size;
	uint32_t refs;
};

/* Texts; in version 7 each is a section whose id is 16 more. */
enum rm_dat_part {
	RM_DAT_HEADERS,
	RM_DAT_FTRACE_FORMATS,
	RM_DAT_FORMATS,
	RM_DAT_KALLSYMS,
	RM_DAT_PRINTK,
	RM_DAT_CMDLINES,
	RM_DAT_PARTS
};

enum {
	/* Ids of options and, where they have one, of their sections. */
	RM_DAT_DONE = 0,
	RM_DAT_DATE = 1,
	RM_DAT_BUFFER = 3,
	RM_DAT_TRACECLOCK = 4,
	RM_DAT_OFFSET = 7,
	RM_DAT_CPUCOUNT = 8,
	RM_DAT_TSC2NSEC = 14,
	RM_DAT_FIRST_PART = 16,
	RM_DAT_BUFFER_TEXT = 22
};

struct rm_dat_cpu {
	uint32_t cpu;
	uint64_t offset;
	uint64_t size; /* in the file */
};

/* One tracing instance. */
struct rm_dat_instance {
	char *name;
	char *clock;     /* NULL: the file's */
	uint64_t offset; /* of its section, or (version 6) of its table */
	uint32_t subbuf_size;
	bool text;               /* of a latency tracer: no sub-buffers */
	struct rm_dat_cpu *cpus; /* with data */
	size_t nr_cpus;
};

struct rm_dat {
	struct rm_dat_map *map;
	uint32_t version;
	bool big_endian;
	uint32_t long_size;   /* of the kernel */
	uint32_t data_offset; /* of a sub-buffer's first event; 0: usual */
	uint32_t subbuf_size;
	uint32_t nr_cpus; /* version 6: of every instance */
	enum rm_packing packing;
	char *clock;
	struct rm_stamps stamps;
	bool has_clock; /* version 6: it follows the table of CPUs */
	/* Where parts begin: in version 6 their contents, else the section.
	 * 0: there is none. */
	uint64_t parts[RM_DAT_PARTS];
	struct rm_dat_instance *instances; /* number 0 is the top level */
	size_t nr_instances;
	size_t all_cpus; /* of all instances */
	struct ringmap_error *err;
};

/* dat_file.c */

enum {
	/* The magic and the version. A shorter file is no trace.dat. */
	RM_DAT_SIZE_MIN = 11
};

/* Opens a file or folder for reading. The error names @path and the reason. */
enum ringmap_status rm_dat_open_path(const char *path, int *ret,
				     struct ringmap_error *err);

/* Maps the file open at @fd into dat->map; @path is for messages. */
enum ringmap_status rm_dat_map(struct rm_dat *dat, const char *path, int fd);

struct rm_dat_map *rm_dat_map_ref(struct rm_dat_map *map);
void rm_dat_map_unref(struct rm_dat_map *map);

/* A cursor over the whole file that begins at byte @at. */
struct rm_cursor rm_dat_cursor(const struct rm_dat *dat, uint64_t at);

enum ringmap_status rm_dat_nomem(const struct rm_dat *dat);

/* dat_open.c */

/* Reads everything but formats and the data of CPUs. */
enum ringmap_status rm_dat_open(struct rm_dat *dat, const char *path, int fd,
				struct ringmap_error *err);
void rm_dat_close(struct rm_dat *dat);

/* dat_v6.c, dat_v7.c: what follows the first bytes. */
enum ringmap_status rm_dat_read_v6(struct rm_dat *dat, struct rm_cursor *c);
enum ringmap_status rm_dat_read_v7(struct rm_dat *dat, struct rm_cursor *c);

/*
 * The contents of a part: @ret over them, @owned what was unpacked for it, the
 * caller's. RINGMAP_E_NOENT, and no text: the file has no such part.
 */
enum ringmap_status rm_dat_part(const struct rm_dat *dat, enum rm_dat_part part,
				struct rm_cursor *ret, uint8_t **owned);

/* The contents of the version 7 section with @id at @at; likewise. */
enum ringmap_status rm_dat_section(const struct rm_dat *dat, uint32_t id,
				   uint64_t at, struct rm_cursor *ret,
				   uint8_t **owned);

/* What a section's header says, checked against the file. */
struct rm_dat_section {
	uint64_t begin;
	uint64_t size;
	bool packed;
};

enum ringmap_status rm_dat_section_at(const struct rm_dat *dat, uint32_t id,
				      uint64_t at, struct rm_dat_section *ret);

/* header_page: sizes of the kernel's. */
enum ringmap_status rm_dat_header_page(struct rm_dat *dat);

/* dat_options.c: @data ends with the option. Unknown ones are passed over. */
enum ringmap_status rm_dat_option(struct rm_dat *dat, uint32_t id,
				  struct rm_cursor *data);

/* dat_cpus.c */

/* Finds the instance; by NULL the top level. RINGMAP_E_NOENT. */
enum ringmap_status rm_dat_instance(const struct rm_dat *dat, const char *name,
				    struct rm_dat_instance **ret);

/* Reads version 6's table of CPUs at @c. */
enum ringmap_status rm_dat_table(struct rm_dat *dat,
				 struct rm_dat_instance *instance,
				 struct rm_cursor *c);

/* One without data is passed over. @c: where it was read, for the error. */
enum ringmap_status rm_dat_add_cpu(struct rm_dat *dat,
				   struct rm_dat_instance *instance,
				   const struct rm_dat_cpu *cpu,
				   struct rm_cursor *c);

/*
 * The data of each CPU lies in the file and apart from the others'; sorts them
 * by number.
 */
enum ringmap_status rm_dat_check_cpus(const struct rm_dat *dat,
				      struct rm_dat_instance *instance);

/* dat_chunks.c: a ring over a CPU's compressed data. */
enum ringmap_status rm_dat_open_chunks(const struct rm_dat *dat,
				       const struct rm_dat_cpu *cpu,
				       const struct ringmap_image_opts *shape,
				       size_t rings, struct ringmap_ring **ret);

/* dat_schema.c: the formats in the trace.dat at @path. */
enum ringmap_status rm_dat_schema_source(const char *path,
					 struct rm_schema_source *ret,
					 struct ringmap_error *err);

/*
 * trace_file.c: an instance of the trace.dat open at @fd as a trace; NULL is
 * the top level. @path becomes the place of its schema.
 */
enum ringmap_status rm_dat_trace(int fd, const char *path, const char *instance,
				 struct ringmap_trace **ret,
				 struct ringmap_error *err);

#endif
