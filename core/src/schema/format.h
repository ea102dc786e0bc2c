/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * format.h - the format of an event
 *
 * A format is written while it is parsed, under the lock of its schema. It is
 * constant afterwards, except for print and what print points to: the lock
 * protects these until printable is published.
 */
#ifndef RM_FORMAT_H
#define RM_FORMAT_H

#include "base/arena.h"
#include "base/name_table.h"

#include <ringmap/ringmap.h>

#include <stdbool.h>

/* The format files of a kernel have a few thousand characters. */
#define RM_FORMAT_TEXT_MAX (1U << 20)

/* A record lies within one sub-buffer. */
#define RM_RECORD_MAX (1U << 16)

/* No event of a kernel has a tenth of these. */
#define RM_FIELDS_MAX 4096

struct rm_print_fmt;

struct ringmap_format {
	struct rm_arena arena; /* holds all members and the format itself */
	struct ringmap_format_info info;
	struct ringmap_field_info *fields; /* info.nr_fields of them */
	struct rm_name_table by_name;      /* the fields by name */
	struct rm_print_fmt *print;        /* NULL: not parsed yet */
	bool printable;                    /* print is complete; atomic */
	/* The field that ends with the record, whatever its size says, or NULL. */
	const struct ringmap_field_info *tail;
	uint32_t required; /* minimum size of a record; see format_parse.c */
	uint32_t long_size;
	bool big_endian;
	uint32_t text_hash; /* rm_hash() of the text that was parsed */
};

/* The properties of a kernel that formats depend on. */
struct rm_kernel {
	uint32_t long_size;
	bool big_endian;
};

/*
 * Parses the text of a format file, @size chars with a NUL behind them. @system
 * and @event are its names in the source. RINGMAP_E_CORRUPT, RINGMAP_E_NOMEM.
 */
enum ringmap_status rm_format_parse(const char *system, const char *event,
				    const char *text, size_t size,
				    const struct rm_kernel *kernel,
				    struct ringmap_format **ret,
				    struct ringmap_error *err);

void rm_format_free(struct ringmap_format *format);

/* Returns the field of that name, or NULL. */
struct ringmap_field_info *rm_format_find(const struct ringmap_format *format,
					  const char *name);

#endif
