/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * format.h - one event's format
 *
 * Written while it is parsed, under its schema's lock; const from then on,
 * but for what print points to.
 */
#ifndef RM_FORMAT_H
#define RM_FORMAT_H

#include "base/arena.h"
#include "base/name_table.h"

#include <ringmap/ringmap.h>

#include <stdbool.h>

/* A format file of a kernel has a few thousand characters. */
#define RM_FORMAT_TEXT_MAX (1U << 20)

/* A record lies in one sub-buffer. */
#define RM_RECORD_MAX (1U << 16)

/* No event of a kernel has a tenth of them. */
#define RM_FIELDS_MAX 4096

struct tep_event;
struct tep_handle;

/* How a format is printed; filled when it is first needed, under the lock. */
struct rm_print {
	bool tried;              /* whether libtraceevent was given it */
	bool pretty;             /* the print fmt can be followed */
	struct tep_event *event; /* NULL: libtraceevent could not take it */
};

struct ringmap_format {
	struct rm_arena arena; /* all below, and the format itself */
	struct ringmap_format_info info;
	struct ringmap_field_info *fields; /* info.nr_fields of them */
	struct rm_name_table by_name;      /* of fields */
	struct rm_print *print;
	uint32_t required; /* bytes every record has; see format_parse.c */
	uint32_t long_size;
	bool big_endian;
};

/* A kernel, as far as formats depend on it. */
struct rm_kernel {
	uint32_t long_size;
	bool big_endian;
};

/*
 * Parses the text of a format file; @size chars and a NUL. @system and @event
 * are what the source calls it. RINGMAP_E_CORRUPT, RINGMAP_E_NOMEM.
 */
enum ringmap_status rm_format_parse(const char *system, const char *event,
				    const char *text, size_t size,
				    const struct rm_kernel *kernel,
				    struct ringmap_format **ret,
				    struct ringmap_error *err);

void rm_format_free(struct ringmap_format *format);

/* The field, or NULL. */
struct ringmap_field_info *rm_format_find(const struct ringmap_format *format,
					  const char *name);

#endif
