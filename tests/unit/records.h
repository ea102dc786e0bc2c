/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * records.h - event formats in a folder, and sub-buffers of their records
 */
#ifndef RM_TEST_RECORDS_H
#define RM_TEST_RECORDS_H

#include "tests/support/pagegen.h"
#include "tests/unit/tracefs_tree.h"

#include <ringmap/ringmap.h>

#include <stdbool.h>

/* ---- formats ------------------------------------------------------------- */

/* A line of a format file. */
#define RM_FIELD(decl, offset, size, sign)                                     \
	"\tfield:" decl ";\toffset:" #offset ";\tsize:" #size                  \
	";\tsigned:" #sign ";\n"

enum {
	/* struct trace_entry: the fields of an event begin behind it. */
	RM_ENTRY = 8
};

struct rm_formats {
	struct rm_tree tree;
	struct ringmap_schema *schema;
};

/* A folder for a kernel whose longs have that size. */
void rm_formats_make(struct rm_formats *f, int long_size);

/* @fields: RM_FIELD() lines behind the common ones; @print_fmt: or NULL. */
void rm_formats_add(struct rm_formats *f, const char *system, const char *event,
		    unsigned int id, const char *fields, const char *print_fmt);
void rm_formats_open(struct rm_formats *f);
void rm_formats_free(struct rm_formats *f);

/* ---- records --------------------------------------------------------------- */

/* A sub-buffer that is being filled with records, zero where not put. */
struct rm_records {
	struct ringmap_image_opts shape;
	char script[1 << 16];
	size_t script_size;
	uint8_t bytes[1 << 16];
	uint32_t used;
	uint32_t last; /* where in bytes the newest record begins */
	uint32_t sizes[8192];
	size_t count;
};

/* @script: "TS 5; LOST 3" for example, before the first record. */
void rm_records_begin(struct rm_records *r,
		      const struct ringmap_image_opts *shape,
		      const char *script);

/* A record with its id and pid; @size without what rounds it up. */
void rm_records_add(struct rm_records *r, uint16_t id, uint32_t size,
		    uint32_t delta, int32_t pid);

/* A statement between records. */
void rm_records_script(struct rm_records *r, const char *statement);

/* Into the newest record, in the sub-buffer's byte order. */
void rm_put(struct rm_records *r, uint32_t offset, uint32_t size,
	    uint64_t value);
void rm_put_bytes(struct rm_records *r, uint32_t offset, const void *bytes,
		  uint32_t size);

/* The sub-buffer; the caller's. */
struct rm_generated *rm_records_end(struct rm_records *r);

/* ---- tables ---------------------------------------------------------------- */

/* Opens a table of @event with columns by name, "a b c"; NULL: all. */
struct ringmap_table *rm_open_table(const struct rm_formats *f,
				    const char *event, const char *columns);

/* The same, with more options. */
struct ringmap_table *rm_open_table_opts(const struct rm_formats *f,
					 const char *columns,
					 struct ringmap_table_opts opts);

/* A page on the sub-buffer into the table. */
enum ringmap_status rm_append(struct ringmap_table *table,
			      const struct rm_generated *g);

/* What the table holds, checked, exported and released; the caller's. "" if
 * it has no rows. */
char *rm_table_text(struct ringmap_table *table);

/* rm_table_text() is @text. */
void rm_assert_table(struct ringmap_table *table, const char *text);

struct ringmap_table_stats rm_table_stats(const struct ringmap_table *table);

#endif
