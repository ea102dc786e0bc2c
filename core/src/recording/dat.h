/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * dat.h - the layout of a trace.dat
 *
 * cursor.c      reads numbers and strings, within bounds
 * unpack.c      decompresses zlib and zstd
 * dat_file.c    maps the file
 * dat_open.c    reads the first bytes, which all versions share
 * dat_v6.c      reads version 6, a plain sequence
 * dat_v7.c      reads version 7, sections that options point to
 * dat_options.c reads the options of both versions
 * dat_shift.c   reads the option about the clock of a guest
 * dat_cpus.c    reads and checks where each CPU's data lies
 * dat_chunks.c  reads a CPU's compressed data, a chunk at a time
 * dat_schema.c  finds the texts of formats
 * trace_file.c  opens the rings of an instance as a trace
 * rest.c        reads what a cut leaves of a sub-buffer
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

/* The mapped file, which lives until the last of its rings is freed. */
struct rm_dat_map {
	const uint8_t *bytes;
	size_t size;
	char *path; /* for errors */
	uint32_t refs;
};

/* In version 7 each part is a section, whose id is 16 more than here. */
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
	/* The id of an option is also that of its section, if it has one. */
	RM_DAT_DONE = 0,
	RM_DAT_DATE = 1,
	RM_DAT_BUFFER = 3,
	RM_DAT_TRACECLOCK = 4,
	RM_DAT_OFFSET = 7,
	RM_DAT_CPUCOUNT = 8,
	RM_DAT_TIME_SHIFT = 12,
	RM_DAT_TSC2NSEC = 14,
	RM_DAT_FIRST_PART = 16,
	RM_DAT_BUFFER_TEXT = 22
};

struct rm_dat_cpu {
	uint32_t cpu;
	uint64_t offset;
	uint64_t size; /* in the file */
	bool cut;      /* size is what is left of more */
};

/* One tracing instance. */
struct rm_dat_instance {
	char *name;
	char *clock;     /* NULL: that of the file */
	uint64_t offset; /* of its section; in version 6 of its CPU table */
	uint32_t subbuf_size;
	bool text;      /* a latency tracer's text, no sub-buffers */
	bool described; /* an option or the start of the file describes it */
	bool missing;   /* the file was cut before the list of its CPUs */
	struct rm_dat_cpu *cpus; /* only those with data */
	size_t nr_cpus;
};

struct rm_dat {
	struct rm_dat_map *map;
	uint32_t version;
	bool big_endian;
	uint32_t long_size;   /* of the kernel */
	uint32_t data_offset; /* of a sub-buffer's first event; 0: default */
	uint32_t subbuf_size;
	uint32_t nr_cpus; /* version 6: in every instance */
	enum rm_packing packing;
	char *clock;
	struct rm_stamps stamps;
	bool has_clock; /* version 6: the clock follows the CPU table */
	/* Offsets of the parts' contents (version 6) or sections (version 7).
	 * 0: the file has no such part. */
	uint64_t parts[RM_DAT_PARTS];
	struct rm_dat_instance *instances; /* number 0 is the top level */
	size_t nr_instances;
	size_t all_cpus; /* CPUs added to all instances */
	/* The first place where the file was cut; status 0: it is whole. */
	struct ringmap_error cut;
	struct ringmap_error *err;
};

/* dat_file.c */

enum {
	/* The size of magic and version: no trace.dat is shorter. */
	RM_DAT_SIZE_MIN = 11
};

/* Opens a file or folder for reading. The error names @path and the reason. */
enum ringmap_status rm_dat_open_path(const char *path, int *ret,
				     struct ringmap_error *err);

/* Maps the file open at @fd into dat->map; errors name @path. */
enum ringmap_status rm_dat_map(struct rm_dat *dat, const char *path, int fd);

struct rm_dat_map *rm_dat_map_ref(struct rm_dat_map *map);
void rm_dat_map_unref(struct rm_dat_map *map);

/* Returns a cursor over the whole file, set to byte @at. */
struct rm_cursor rm_dat_cursor(const struct rm_dat *dat, uint64_t at);

/*
 * Notes that the file was cut: @what of the number @number should end at byte
 * @end. Only the first place is kept.
 */
void rm_dat_note_cut(struct rm_dat *dat, const char *what, uint32_t number,
		     uint64_t end);

enum ringmap_status rm_dat_nomem(const struct rm_dat *dat);

/* dat_open.c */

/* Reads everything but the formats and the CPUs' data; errors name @path. */
enum ringmap_status rm_dat_open(struct rm_dat *dat, const char *path, int fd,
				struct ringmap_error *err);
void rm_dat_close(struct rm_dat *dat);

/* dat_v6.c, dat_v7.c: these read the part behind the first bytes. */
enum ringmap_status rm_dat_read_v6(struct rm_dat *dat, struct rm_cursor *c);
enum ringmap_status rm_dat_read_v7(struct rm_dat *dat, struct rm_cursor *c);

/*
 * Sets @ret to the contents of a part. If they had to be decompressed, the
 * caller frees @owned, which holds them; else it is NULL. RINGMAP_E_NOENT,
 * without an error text: the file has no such part.
 */
enum ringmap_status rm_dat_part(const struct rm_dat *dat, enum rm_dat_part part,
				struct rm_cursor *ret, uint8_t **owned);

/* Does the same for the section of version 7 with @id at byte @at. */
enum ringmap_status rm_dat_section(const struct rm_dat *dat, uint32_t id,
				   uint64_t at, struct rm_cursor *ret,
				   uint8_t **owned);

enum {
	/* The size of the header of a section. */
	RM_DAT_SECTION_HEADER = 16
};

/* A section's header; begin and size lie within the file. */
struct rm_dat_section {
	uint64_t begin;
	uint64_t size;
	bool packed;
};

enum ringmap_status rm_dat_section_at(const struct rm_dat *dat, uint32_t id,
				      uint64_t at, struct rm_dat_section *ret);

/* The same, but the section may reach beyond the end of the file. */
enum ringmap_status rm_dat_section_header(const struct rm_dat *dat, uint32_t id,
					  uint64_t at,
					  struct rm_dat_section *ret);

/* Takes long_size and data_offset from header_page, if the file has it. */
enum ringmap_status rm_dat_header_page(struct rm_dat *dat);

/* dat_options.c: reads an option, where @data ends; ignores unknown ids. */
enum ringmap_status rm_dat_option(struct rm_dat *dat, uint32_t id,
				  struct rm_cursor *data);

/* dat_shift.c: reads the option TIME_SHIFT, where @data ends. */
enum ringmap_status rm_dat_time_shift(struct rm_dat *dat,
				      struct rm_cursor *data);

/* dat_cpus.c */

/* Finds an instance; NULL is the top level. RINGMAP_E_NOENT: none such. */
enum ringmap_status rm_dat_instance(const struct rm_dat *dat, const char *name,
				    struct rm_dat_instance **ret);

/* Reads the CPU table of version 6 at @c. */
enum ringmap_status rm_dat_table(struct rm_dat *dat,
				 struct rm_dat_instance *instance,
				 struct rm_cursor *c);

/* Reads where the data of CPU @number lies; adds the CPU unless it has none. */
enum ringmap_status rm_dat_take_cpu(struct rm_dat *dat,
				    struct rm_dat_instance *instance,
				    uint32_t number, struct rm_cursor *c);

/*
 * Checks that each CPU's data lies in the file and does not overlap another
 * CPU's; sorts the CPUs by number. If the file was cut, the size of a CPU's
 * data becomes that of what is left.
 */
enum ringmap_status rm_dat_check_cpus(struct rm_dat *dat,
				      struct rm_dat_instance *instance);

/* dat_chunks.c: opens a ring over a CPU's compressed data. */
enum ringmap_status rm_dat_open_chunks(struct rm_dat *dat,
				       const struct rm_dat_cpu *cpu,
				       const struct ringmap_image_opts *shape,
				       size_t rings, struct ringmap_ring **ret);

/* dat_schema.c: opens the formats in the trace.dat at @path. */
enum ringmap_status rm_dat_schema_source(const char *path,
					 struct rm_schema_source *ret,
					 struct ringmap_error *err);

/*
 * trace_file.c: opens an instance of the trace.dat at @fd as a trace; NULL is
 * the top level. The trace opens its schema from @path.
 */
enum ringmap_status rm_dat_trace(int fd, const char *path, const char *instance,
				 struct ringmap_trace **ret,
				 struct ringmap_error *err);

#endif
