/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * text_source.h - a schema of formats that stand in the test
 */
#ifndef RM_TEXT_SOURCE_H
#define RM_TEXT_SOURCE_H

#include "schema/schema_source.h"

#include <stddef.h>
#include <stdint.h>

struct rm_text_event {
	const char *system;
	const char *event;
	const char *text; /* NULL: asking for it fails */
};

struct rm_text_source {
	bool big_endian;
	uint32_t long_size; /* 0: 8 */
	const struct rm_text_event *events;
	size_t count;
	const char *printk_formats; /* NULL: there are none */
	const char *saved_cmdlines;
	const char *kallsyms;
	unsigned int asked; /* for formats */
	bool freed;
};

/* Dies if that fails. The source must outlive the schema. */
struct ringmap_schema *rm_text_schema(struct rm_text_source *source);

#define RM_FIELD(decl, offset, size, sign)                                     \
	"\tfield:" decl ";\toffset:" #offset ";\tsize:" #size                  \
	";\tsigned:" #sign ";\n"

#define RM_COMMON                                                              \
	RM_FIELD("unsigned short common_type", 0, 2, 0)                        \
	RM_FIELD("unsigned char common_flags", 2, 1, 0)                        \
	RM_FIELD("unsigned char common_preempt_count", 3, 1, 0)                \
	RM_FIELD("int common_pid", 4, 4, 1)

/* The text of a format file, but for the print fmt. */
#define RM_FIELDS(name, id, fields)                                            \
	"name: " name "\nID: " #id "\nformat:\n" RM_COMMON "\n" fields

#define RM_FORMAT(name, id, fields, print_fmt)                                 \
	RM_FIELDS(name, id, fields) "\nprint fmt: " print_fmt "\n"

#endif
