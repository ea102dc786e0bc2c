/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * print_line.h - what stands before an event's own text
 */
#ifndef RM_PRINT_LINE_H
#define RM_PRINT_LINE_H

#include "schema/schema.h"

struct trace_seq;

/*
 * Task, CPU, context, time and name, as trace-cmd report -t writes them. The
 * record is not shorter than its format, and comms are loaded.
 */
void rm_print_line(const struct ringmap_schema *schema,
		   const struct ringmap_format *format,
		   const struct ringmap_event *event, bool raw,
		   struct trace_seq *seq);

#endif
