/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * tracers.c - events of the tracers, whose print fmt does not suffice
 */
#include "print/convert.h"
#include "print/eval.h"

/* Each level of a call graph is indented by this many blanks. */
#define INDENT 2

/* No stack of the kernel is deeper than this. */
#define DEPTH_MAX 1000

/* Error codes are the last numbers there are. */
#define ERRORS 4095

/* ---- stacks ---------------------------------------------------------------- */

/*
 * The print fmt shows the eight frames that the format names, the record has
 * as many as the stack had. All ones end a stack, and 0 that of a program.
 */
static bool put_stack(const struct rm_eval *e, struct rm_sink *out)
{
	const struct rm_print_fmt *fmt = e->fmt;
	const struct rm_piece *first = &fmt->pieces[0];
	const struct rm_piece *last = &fmt->pieces[fmt->nr_pieces - 1];
	const struct rm_expr *x = first->arg;
	const uint32_t long_size = e->format->long_size;
	bool of_program = !strcmp(e->format->info.name, "user_stack");
	struct rm_bytes frames;

	while (x->kind == RM_EXPR_CONVERT)
		x = x->a;
	if (x->a->field->offset > e->size)
		return false;
	frames.at = e->data + x->a->field->offset;
	frames.size = e->size - x->a->field->offset;
	for (uint32_t i = 0; i < frames.size / long_size; i++) {
		uint64_t ip = rm_load(frames.at + (size_t)i * long_size,
				      long_size, e->format->big_endian);

		if (ip == rm_wrap(UINT64_MAX, long_size, true) ||
		    (of_program && !ip))
			break;
		rm_put(out, fmt->pieces[i > 0].literal.at,
		       fmt->pieces[i > 0].literal.size);
		rm_put_pointer(out, e, first->conversion.pointer, ip);
	}
	if (!last->conversion.letter)
		rm_put(out, last->literal.at, last->literal.size);
	return true;
}

/* ---- functions ------------------------------------------------------------- */

static void put_function(const struct rm_eval *e, struct rm_sink *out)
{
	rm_put_symbol(out, e, rm_eval_named(e, "ip"), false);
	rm_put_string(out, " <-- ");
	rm_put_symbol(out, e, rm_eval_named(e, "parent_ip"), false);
}

/* The mark of a duration, one for each power of ten from 10 us. */
static char mark_of(uint64_t ns)
{
	return ns > 1000000000 ? '$'
	       : ns > 1000000  ? '#'
	       : ns > 100000   ? '!'
	       : ns > 10000    ? '+'
			       : ' ';
}

static void put_duration(uint64_t ns, struct rm_sink *out)
{
	rm_put_char(out, mark_of(ns));
	rm_put_char(out, ' ');
	const size_t begin = out->size;
	rm_put_decimal(out, ns / 1000);
	if (out->size - begin < 7) {
		rm_put_char(out, '.');
		rm_put_padded(out, ns % 1000, 3);
	}
	const size_t used = out->size - begin;
	rm_put_string(out, " us ");
	if (used < 7)
		rm_put_fill(out, ' ', 7 - used);
	rm_put_string(out, "|  ");
}

static bool put_indent(const struct rm_eval *e, struct rm_sink *out)
{
	uint64_t depth = rm_eval_named(e, "depth");

	if (depth > DEPTH_MAX)
		return false;
	rm_put_fill(out, ' ', (size_t)depth * INDENT);
	return true;
}

/* Each event is shown by itself, since the next one is not known here. */
static bool put_entry(const struct rm_eval *e, struct rm_sink *out)
{
	rm_put_string(out, "             |  ");
	if (!put_indent(e, out))
		return false;
	rm_put_symbol(out, e, rm_eval_named(e, "func"), false);
	rm_put_string(out, "()");
	if (rm_format_find(e->format, "retaddr")) {
		rm_put_string(out, " /* <-");
		rm_put_symbol(out, e, rm_eval_named(e, "retaddr"), false);
		rm_put_string(out, " */");
	}
	rm_put_string(out, " {");
	return true;
}

static bool put_exit(const struct rm_eval *e, struct rm_sink *out)
{
	const struct ringmap_field_info *field =
		rm_format_find(e->format, "retval");

	put_duration(rm_eval_named(e, "rettime") - rm_eval_named(e, "calltime"),
		     out);
	if (!put_indent(e, out))
		return false;
	rm_put_char(out, '}');
	if (!field || !rm_is_number(field))
		return true;
	uint64_t value =
		rm_wrap(rm_eval_named(e, "retval"), field->size, false);
	rm_put_string(out, " (ret=");
	if (value >= (uint64_t)-ERRORS) {
		rm_put_signed(out, (int64_t)value);
	} else {
		rm_put_string(out, "0x");
		rm_put_hex(out, rm_wrap(value, field->size, true), 1);
	}
	rm_put_char(out, ')');
	return true;
}

bool rm_eval_special(const struct rm_eval *e, struct rm_sink *out)
{
	switch (e->fmt->special) {
	case RM_SPECIAL_BPRINT:
		return rm_eval_bprint(e, out);
	case RM_SPECIAL_STACK:
		return put_stack(e, out);
	case RM_SPECIAL_FUNCTION:
		put_function(e, out);
		return true;
	case RM_SPECIAL_GRAPH_ENTRY:
		return put_entry(e, out);
	case RM_SPECIAL_GRAPH_EXIT:
		return put_exit(e, out);
	case RM_SPECIAL_NONE:
		break;
	}
	return false;
}
