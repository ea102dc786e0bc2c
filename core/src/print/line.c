/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * line.c - the start of a line: task, CPU, context, time and event
 *
 *	     migration/2-18    [002] d..1. 106439.675612860: sched_switch:
 */
#include "print/convert.h"
#include "print/eval.h"

#define NS_PER_S 1000000000

/* Task names are padded on the left to this width. */
#define COMM_WIDTH 16

/* Event names are padded on the right to this width. */
#define NAME_WIDTH 20

static const char blanks[] = "                    ";

/* Bits of common_flags, and the letters of current kernels for them. */
enum {
	IRQS_OFF = 0x01,
	IRQS_NOSUPPORT = 0x02,    /* of old kernels */
	NEED_RESCHED_LAZY = 0x02, /* of current ones */
	NEED_RESCHED = 0x04,
	HARDIRQ = 0x08,
	SOFTIRQ = 0x10,
	PREEMPT_RESCHED = 0x20,
	NMI = 0x40,
	BH_OFF = 0x80,
};

/* Loads a common field; returns -1 if the format lacks it. */
static int64_t common_value(const struct rm_eval *e,
			    const struct ringmap_field_info *f)
{
	if (!f || f->offset + f->size > e->size)
		return -1;
	return (int64_t)rm_wrap(
		rm_load(e->data + f->offset, f->size, e->format->big_endian),
		f->size, !(f->flags & RINGMAP_FIELD_SIGNED));
}

static char irqs_letter(unsigned int flags, bool old)
{
	if (flags & IRQS_OFF)
		return flags & BH_OFF ? 'D' : 'd';
	if (flags & BH_OFF)
		return 'b';
	return old && (flags & IRQS_NOSUPPORT) ? 'X' : '.';
}

static char resched_letter(unsigned int flags, bool old)
{
	/* The index has the bits lazy, need and preempt, the highest first. */
	static const char letters[] = ".pnNlLbB";

	if (old)
		return flags & NEED_RESCHED ? 'N' : '.';
	return letters[(flags & PREEMPT_RESCHED ? 1 : 0) |
		       (flags & NEED_RESCHED ? 2 : 0) |
		       (flags & NEED_RESCHED_LAZY ? 4 : 0)];
}

static char irq_letter(unsigned int flags)
{
	if (flags & NMI)
		return flags & HARDIRQ ? 'Z' : 'z';
	if (flags & HARDIRQ)
		return flags & SOFTIRQ ? 'H' : 'h';
	return flags & SOFTIRQ ? 's' : '.';
}

/* A kernel without the field has no column for it; a negative depth is a dot. */
static void put_depth(const struct rm_eval *e,
		      const struct ringmap_field_info *field,
		      struct rm_sink *out)
{
	if (!field)
		return;
	int64_t depth = common_value(e, field);
	if (depth < 0)
		rm_put_char(out, '.');
	else
		rm_put_signed(out, depth);
}

static char hex_or_dot(unsigned int value)
{
	static const char digits[] = ".123456789abcdef";

	return digits[value & 15];
}

/* " d..1." */
static void put_context(const struct rm_eval *e, bool old, struct rm_sink *out)
{
	const struct rm_common *common = &e->fmt->common;
	unsigned int flags = (unsigned int)common_value(e, common->flags);
	unsigned int count =
		(unsigned int)common_value(e, common->preempt_count);
	const char text[] = {' ',
			     irqs_letter(flags, old),
			     resched_letter(flags, old),
			     irq_letter(flags),
			     hex_or_dot(count),
			     hex_or_dot(count >> 4)};

	rm_put(out, text, sizeof(text));
	put_depth(e, common->migrate_disable, out);
	put_depth(e, common->lock_depth, out);
}

/* Stamps are signed: an offset may put the first ones before zero. */
static void put_time(uint64_t ts, bool counts, struct rm_sink *out)
{
	const bool negative = (int64_t)ts < 0;
	const size_t begin = out->size;

	if (negative) {
		rm_put_char(out, '-');
		ts = -ts;
	}
	rm_put_decimal(out, counts ? ts : ts / NS_PER_S);
	rm_put_pad(out, begin, counts ? 12 : 5, false);
	if (counts)
		return;
	rm_put_char(out, '.');
	rm_put_padded(out, ts % NS_PER_S, 9);
}

static void put_task(const struct rm_comms *comms, int32_t pid,
		     struct rm_sink *out)
{
	const char *name = pid ? rm_comms_find(comms, pid) : "<idle>";

	name = name ? name : "<...>";
	const size_t size = strlen(name);
	if (size < COMM_WIDTH)
		rm_put(out, blanks, COMM_WIDTH - size);
	rm_put(out, name, size);
	rm_put_char(out, '-');
	const size_t number = out->size;
	rm_put_signed(out, pid);
	rm_put_pad(out, number, 5, true);
}

void rm_put_start(struct rm_sink *out, const struct rm_eval *e,
		  const struct ringmap_schema *schema,
		  const struct ringmap_event *event, bool raw)
{
	const struct rm_common *common = &e->fmt->common;

	put_task(&schema->comms, (int32_t)common_value(e, common->pid), out);
	rm_put(out, " [", 2);
	rm_put_padded(out, event->cpu, 3);
	rm_put_char(out, ']');
	if (raw) {
		rm_put(out, "-0x", 3);
		rm_put_hex(out, (uint32_t)common_value(e, common->flags), 1);
	} else {
		put_context(e, schema->old_flags, out);
	}
	rm_put_char(out, ' ');
	put_time(event->ts, schema->counts, out);
	rm_put(out, ": ", 2);
}

void rm_put_name(struct rm_sink *out, const struct rm_eval *e)
{
	const size_t length = e->fmt->name_size;

	rm_put(out, e->format->info.name, length);
	rm_put(out, ": ", 2);
	if (length < NAME_WIDTH)
		rm_put(out, blanks, NAME_WIDTH - length);
}
