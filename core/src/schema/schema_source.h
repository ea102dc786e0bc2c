/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * schema_source.h - where the text of event formats comes from
 *
 * schema/source_dir.c reads a folder laid out as tracefs,
 * recording/dat_schema.c a trace.dat.
 */
#ifndef RM_SCHEMA_SOURCE_H
#define RM_SCHEMA_SOURCE_H

#include <ringmap/ringmap.h>

#include <stdbool.h>

/* What there is beside the formats. */
enum rm_schema_text {
	RM_TEXT_HEADER_PAGE,
	RM_TEXT_PRINTK_FORMATS,
	RM_TEXT_SAVED_CMDLINES,
	RM_TEXT_KALLSYMS,
};

/* Calls of a source are serialised by the schema. Texts are malloc'd, end with
 * a NUL that size does not count, and are the caller's. */
struct rm_schema_source_ops {
	/* RINGMAP_E_NOENT: there is no such event. */
	enum ringmap_status (*format)(void *ctx, const char *system,
				      const char *event, char **ret,
				      size_t *size, struct ringmap_error *err);
	/* Names every event; ends early when @found returns an error. */
	enum ringmap_status (*list)(
		void *ctx,
		enum ringmap_status (*found)(void *arg, const char *system,
					     const char *event),
		void *arg, struct ringmap_error *err);
	/* RINGMAP_E_NOENT: there is none. */
	enum ringmap_status (*text)(void *ctx, enum rm_schema_text which,
				    char **ret, size_t *size,
				    struct ringmap_error *err);
	void (*free)(void *ctx);
};

struct rm_schema_source {
	const struct rm_schema_source_ops *ops;
	void *ctx;
	uint32_t long_size; /* of the kernel; 0: as header_page says */
	bool order_known;   /* big_endian holds; else that of this machine */
	bool big_endian;
};

/* A folder laid out as tracefs; NULL: the running kernel's tracefs. */
enum ringmap_status rm_dir_schema_source(const char *path,
					 struct rm_schema_source *ret,
					 struct ringmap_error *err);

/* Takes the source over in any case. */
enum ringmap_status rm_schema_new(const struct rm_schema_source *source,
				  struct ringmap_schema **ret,
				  struct ringmap_error *err);

#endif
