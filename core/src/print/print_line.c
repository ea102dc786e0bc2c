/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * print_line.c - what stands before an event's own text
 *
 *	     migration/2-18    [002] d..1. 106439.675612860: sched_switch:
 *
 * Not through libtraceevent: there one process knows one layout of the common
 * fields.
 */
#include "print/print_line.h"

#include <event-parse.h>
#include <inttypes.h>
#include <string.h>

#define NS_PER_S UINT64_C(1000000000)

/* Names of events are followed by blanks up to this. */
#define NAME_WIDTH 20

/* A common field; -1: the format has it not. */
static int64_t common_value(const struct ringmap_format *format,
			    const struct ringmap_event *event, const char *name)
{
	const struct ringmap_field_info *f = rm_format_find(format, name);
	const uint8_t *at = event->data;
	uint64_t value = 0;

	if (!f || !f->size || f->size > 4 || f->offset + f->size > event->size)
		return -1;
	for (uint32_t i = 0; i < f->size; i++) {
		uint32_t k = format->big_endian ? i : f->size - 1 - i;

		value = value << 8 | at[f->offset + k];
	}
	unsigned int unused = 64 - 8 * f->size;
	return f->flags & RINGMAP_FIELD_SIGNED
		       ? (int64_t)(value << unused) >> unused
		       : (int64_t)value;
}

static const char *comm_of(const struct ringmap_schema *schema, int32_t pid)
{
	if (!pid)
		return "<idle>";
	const char *name = rm_comms_find(&schema->comms, pid);
	return name ? name : "<...>";
}

/* A depth that is not there, or of none, is a dot. */
static void print_depth(struct trace_seq *seq, int64_t depth, bool there)
{
	if (!there)
		return;
	if (depth < 0)
		trace_seq_putc(seq, '.');
	else
		trace_seq_printf(seq, "%" PRId64, depth);
}

/* " d..1." */
static void print_context(const struct ringmap_format *format,
			  const struct ringmap_event *event,
			  struct trace_seq *seq)
{
	int64_t flags = common_value(format, event, "common_flags");
	int64_t count = common_value(format, event, "common_preempt_count");
	bool hard = flags & TRACE_FLAG_HARDIRQ;
	bool soft = flags & TRACE_FLAG_SOFTIRQ;

	trace_seq_printf(seq, " %c%c%c",
			 flags & TRACE_FLAG_IRQS_OFF         ? 'd'
			 : flags & TRACE_FLAG_IRQS_NOSUPPORT ? 'X'
							     : '.',
			 flags & TRACE_FLAG_NEED_RESCHED ? 'N' : '.',
			 hard && soft ? 'H'
			 : hard       ? 'h'
			 : soft       ? 's'
				      : '.');
	if (count & 0xf)
		trace_seq_printf(seq, "%x", (unsigned int)count & 0xf);
	else
		trace_seq_putc(seq, '.');
	if (count & 0xf0)
		trace_seq_printf(seq, "%x", (unsigned int)count >> 4);
	else
		trace_seq_putc(seq, '.');
	print_depth(seq, common_value(format, event, "common_migrate_disable"),
		    rm_format_find(format, "common_migrate_disable"));
	print_depth(seq, common_value(format, event, "common_lock_depth"),
		    rm_format_find(format, "common_lock_depth"));
}

void rm_print_line(const struct ringmap_schema *schema,
		   const struct ringmap_format *format,
		   const struct ringmap_event *event, bool raw,
		   struct trace_seq *seq)
{
	int32_t pid = (int32_t)common_value(format, event, "common_pid");
	int length = (int)strnlen(format->info.name, NAME_WIDTH);

	trace_seq_printf(seq, "%16s-%-5d [%03u]", comm_of(schema, pid),
			 (int)pid, event->cpu);
	if (raw)
		trace_seq_printf(seq, "-0x%x",
				 (unsigned int)common_value(format, event,
							    "common_flags"));
	else
		print_context(format, event, seq);
	trace_seq_printf(seq, " %5" PRIu64 ".%09" PRIu64 ": %s: %*s",
			 event->ts / NS_PER_S, event->ts % NS_PER_S,
			 format->info.name, NAME_WIDTH - length, "");
}
