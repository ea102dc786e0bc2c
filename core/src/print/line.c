/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * line.c - the start of a line: task, CPU, context, time and event
 *
 *	     migration/2-18    [002] d..1. 106439.675612860: sched_switch:
 */
#include "print/convert.h"
#include "print/eval.h"

#define NS_PER_S 1000000000

/* Tasks without a saved name, aligned as the others. */
static const char idle_task[] = "          <idle>";
static const char unknown_task[] = "           <...>";

enum {
	/* Chars between the name of the task and that of the event: numbers of
	 * bounded size. */
	MIDDLE_MAX = 160
};

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

	/* Linux before 3.13 knew only this bit. From then on, N is for both, and
	 * n for this one alone; the formats do not say which kernel it was. */
	if (old && (flags & NEED_RESCHED))
		return 'N';
	if (old)
		flags &= ~(unsigned int)NEED_RESCHED_LAZY;
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

/* These write a part of a line, and return its end. */

static char *write_signed(char *at, int64_t value)
{
	if (value < 0)
		*at++ = '-';
	return rm_write_decimal(at,
				value < 0 ? -(uint64_t)value : (uint64_t)value);
}

/* A kernel without the field has no column for it; a negative depth is a dot. */
static char *write_depth(char *at, const struct rm_eval *e,
			 const struct ringmap_field_info *field)
{
	if (!field)
		return at;
	int64_t depth = common_value(e, field);
	if (depth >= 0)
		return write_signed(at, depth);
	*at++ = '.';
	return at;
}

static char hex_or_dot(unsigned int value)
{
	static const char digits[] = ".123456789abcdef";

	return digits[value & 15];
}

/*
 * Low bits are the depth of disabled preemption, high ones of disabled migration,
 * each with a column. Old kernels have only the first, which may take both.
 */
static char *write_count(char *at, unsigned int count, bool old)
{
	const bool both = old && count > 15;

	*at++ = hex_or_dot(both ? count >> 4 : count);
	if (both && !(count & 15))
		*at++ = '0';
	else
		*at++ = hex_or_dot(both ? count : count >> 4);
	return at;
}

/* " d..1." */
static char *write_context(char *at, const struct rm_eval *e, bool old)
{
	const struct rm_common *common = &e->fmt->common;
	unsigned int flags = (unsigned int)common_value(e, common->flags);
	unsigned int count =
		(unsigned int)common_value(e, common->preempt_count);

	*at++ = ' ';
	*at++ = irqs_letter(flags, old);
	*at++ = resched_letter(flags, old);
	*at++ = irq_letter(flags);
	at = write_count(at, count, old);
	at = write_depth(at, e, common->migrate_disable);
	return write_depth(at, e, common->lock_depth);
}

/* The bits of common_flags, "-0x5". */
static char *write_bits(char *at, const struct rm_eval *e)
{
	const size_t room = sizeof("-0x12345678") - 1;
	struct rm_sink out = {at, room, 0, SIZE_MAX, room, '\0'};

	rm_put(&out, "-0x", 3);
	rm_put_hex(&out, (uint32_t)common_value(e, e->fmt->common.flags), 1);
	return at + out.size;
}

/* Stamps are signed: an offset may put the first ones before zero. */
static char *write_time(char *at, uint64_t ts, bool counts)
{
	const size_t width = counts ? 12 : 5;
	const bool negative = (int64_t)ts < 0;
	char *begin = at;

	if (negative) {
		*at++ = '-';
		ts = -ts;
	}
	at = rm_write_decimal(at, counts ? ts : ts / NS_PER_S);
	const size_t size = (size_t)(at - begin);
	if (size < width) {
		memmove(begin + width - size, begin, size);
		memset(begin, ' ', width - size);
		at = begin + width;
	}
	if (counts)
		return at;
	*at++ = '.';
	return rm_write_nanoseconds(at, (uint32_t)(ts % NS_PER_S));
}

/* The number of the task, "-18    ". */
static char *write_pid(char *at, int32_t pid)
{
	const char *end = at + 1 + 5;

	*at++ = '-';
	at = write_signed(at, pid);
	while (at < end)
		*at++ = ' ';
	return at;
}

static char *write_cpu(char *at, uint32_t cpu)
{
	*at++ = ' ';
	*at++ = '[';
	at = rm_write_padded(at, cpu, 3);
	*at++ = ']';
	return at;
}

/* The name of the task, aligned to the right. */
static void put_task(const struct rm_comms *comms, int32_t pid,
		     struct rm_sink *out)
{
	const struct rm_comm *comm = pid ? rm_comms_find(comms, pid) : NULL;

	if (!comm)
		rm_put(out, pid ? unknown_task : idle_task, RM_COMM_WIDTH);
	else if (comm->size <= RM_COMM_WIDTH)
		rm_put(out, comm->column, RM_COMM_WIDTH);
	else
		rm_put(out, comm->name, comm->size);
}

void rm_put_start(struct rm_sink *out, const struct rm_eval *e,
		  const struct ringmap_schema *schema,
		  const struct ringmap_event *event, bool raw)
{
	const int32_t pid = (int32_t)common_value(e, e->fmt->common.pid);
	char own[MIDDLE_MAX];

	put_task(&schema->comms, pid, out);
	char *room = rm_sink_room(out, MIDDLE_MAX);
	char *begin = room ? room : own;
	char *at = write_pid(begin, pid);
	at = write_cpu(at, event->cpu);
	at = raw ? write_bits(at, e) : write_context(at, e, schema->old_flags);
	*at++ = ' ';
	at = write_time(at, event->ts, schema->counts);
	*at++ = ':';
	*at++ = ' ';
	if (room)
		out->size += (size_t)(at - begin);
	else
		rm_put_slow(out, own, (size_t)(at - begin));
}
