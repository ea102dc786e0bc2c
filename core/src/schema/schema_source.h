/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * schema_source.h - the source of a schema's texts
 *
 * schema/source_dir.c reads tracefs or a folder with its layout,
 * recording/dat_schema.c a trace.dat.
 */
#ifndef RM_SCHEMA_SOURCE_H
#define RM_SCHEMA_SOURCE_H

#include <ringmap/ringmap.h>

#include <stdbool.h>

/* The texts of a source other than the formats. */
enum rm_schema_text {
	RM_TEXT_HEADER_PAGE,
	RM_TEXT_PRINTK_FORMATS,
	RM_TEXT_SAVED_CMDLINES,
	RM_TEXT_KALLSYMS,
};

/*
 * The schema serialises the calls of a source. A text ends with a NUL that size
 * does not count; the caller frees it with free().
 */
struct rm_schema_source_ops {
	/* Returns a format's text. RINGMAP_E_NOENT: no such event. */
	enum ringmap_status (*format)(void *ctx, const char *system,
				      const char *event, char **ret,
				      size_t *size, struct ringmap_error *err);
	/* Calls @found for every event until it returns an error. */
	enum ringmap_status (*list)(
		void *ctx,
		enum ringmap_status (*found)(void *arg, const char *system,
					     const char *event),
		void *arg, struct ringmap_error *err);
	/* Returns another text. RINGMAP_E_NOENT: the source lacks it. */
	enum ringmap_status (*text)(void *ctx, enum rm_schema_text which,
				    char **ret, size_t *size,
				    struct ringmap_error *err);
	void (*free)(void *ctx);
};

struct rm_schema_source {
	const struct rm_schema_source_ops *ops;
	void *ctx;
	uint32_t long_size; /* of the kernel; 0: that of header_page */
	bool order_known;   /* false: the byte order is this machine's */
	bool big_endian;
};

/* Opens a folder with the layout of tracefs; NULL: that of this kernel. */
enum ringmap_status rm_dir_schema_source(const char *path,
					 struct rm_schema_source *ret,
					 struct ringmap_error *err);

/* Makes a schema, which owns the source; frees the source on failure. */
enum ringmap_status rm_schema_new(const struct rm_schema_source *source,
				  struct ringmap_schema **ret,
				  struct ringmap_error *err);

#endif
