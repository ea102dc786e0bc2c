/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * print_fmt.c - parses the print fmt of an event: its string and its arguments
 */
#define _GNU_SOURCE
#include "schema/expr_parser.h"

#include "base/word.h"
#include "schema/place.h"

#include <stdlib.h>
#include <string.h>

/* Kernels have 5,000. */
#define PRINT_FMT_MAX 65536

/* Conversions and arguments. Kernels have some 30. */
#define PIECES_MAX 1024

/* Event names in lines are padded on the right to this width. */
#define NAME_WIDTH 20

/* ---- arguments ------------------------------------------------------------- */

struct args {
	struct rm_expr **args; /* NULL among them: not understood */
	size_t count;
};

static void free_args(struct args *args)
{
	free(args->args);
}

/* Returns the end of an argument at @at that was not understood. */
static const char *skip_argument(const char *at)
{
	unsigned int depth = 0;

	for (; *at && (depth || *at != ','); at++) {
		if (*at == '"' || *at == '\'') {
			const char quote = *at++;

			for (; *at && *at != quote; at++)
				at += *at == '\\' && at[1];
			if (!*at)
				break;
		}
		depth += *at == '(' || *at == '{' || *at == '[';
		depth -= depth && (*at == ')' || *at == '}' || *at == ']');
	}
	return at;
}

/*
 * An argument that was not understood may have names of values, under unknown
 * conditions. Marks the fields that it mentions. False: no memory.
 */
static bool doubt(struct rm_expr_parser *p, const char *at, const char *end,
		  bool **doubtful)
{
	const struct ringmap_format *format = p->format;

	if (!memmem(at, (size_t)(end - at), "__print_", strlen("__print_")))
		return true;
	if (!*doubtful)
		*doubtful = rm_arena_alloc(&p->format->arena,
					   format->info.nr_fields);
	if (!*doubtful)
		return false;
	for (; (at = memmem(at, (size_t)(end - at), "->", 2)); at++) {
		struct rm_expr_parser name = {.at = at + 2,
					      .format = p->format};
		struct rm_span word;

		if (!rm_take_word(&name, &word))
			continue;
		const struct ringmap_field_info *field =
			rm_word_field(&name, &word);
		if (field)
			(*doubtful)[field - format->fields] = true;
	}
	return true;
}

/* Parses the arguments. Returns false if memory runs out or if they are too
 * many. */
static bool parse_args(struct rm_expr_parser *p, struct args *ret,
		       bool **doubtful, bool *whole)
{
	ret->args = calloc(PIECES_MAX, sizeof(*ret->args));
	p->no_memory |= !ret->args;
	if (!ret->args)
		return false;
	while (rm_take(p, ",")) {
		const char *begin = p->at;

		if (ret->count == PIECES_MAX)
			return false;
		p->depth = 0;
		p->in_row = false;
		struct rm_expr *x = rm_parse_expr(p);
		if (p->no_memory)
			return false;
		rm_take(p, "");
		if (!x || (*p->at && *p->at != ',')) {
			x = NULL;
			p->at = skip_argument(begin);
			p->no_memory |= !doubt(p, begin, p->at, doubtful);
		}
		ret->args[ret->count++] = x;
	}
	*whole = !*p->at;
	return !p->no_memory;
}

/* ---- pieces ---------------------------------------------------------------- */

/* While the string is cut into pieces. */
struct builder {
	struct rm_expr_parser *parser;
	struct rm_print_fmt *fmt;
	const struct args *args;
	size_t used; /* of args */
	const char *at;
	const char *end;
};

static struct rm_expr *next_arg(struct builder *b, enum rm_expr_class class)
{
	struct rm_expr *x =
		b->used < b->args->count ? b->args->args[b->used] : NULL;

	b->used++;
	return x && x->class == class ? x : NULL;
}

/* Checks for a string of the kernel, which printk_formats may have. */
static bool is_pointed(const struct rm_expr *x)
{
	if (x->kind == RM_EXPR_COND)
		return is_pointed(x->b) || is_pointed(x->c);
	return x->kind == RM_EXPR_POINTED;
}

/* Makes the argument of a "%p" with these letters. NULL: it cannot be printed. */
static struct rm_expr *pointer_arg(struct builder *b, const char *letters,
				   struct rm_expr *x)
{
	switch (letters[0]) {
	case 'f':
		if (letters[1] == 'w')
			return NULL;
		/* fall through */
	case 'F':
	case 'S':
	case 's':
	case 'B':
		b->fmt->symbols = true;
		/* fall through */
	case '\0':
	case 'K':
	case 'x':
	case 'e':
		return x->class == RM_CLASS_NUMBER ? x : NULL;
	case 'I':
	case 'i':
		if (!letters[1] || !strchr("46S", letters[1]))
			return NULL;
		/* fall through */
	case 'M':
	case 'm':
	case 'U':
	case 'h':
	case 'b':
		return rm_expr_place(b->parser, x);
	default:
		return NULL;
	}
}

static bool take_arg(struct builder *b, struct rm_piece *piece)
{
	const struct rm_conversion *c = &piece->conversion;
	struct rm_expr *x;

	if (c->star_width && !(piece->width = next_arg(b, RM_CLASS_NUMBER)))
		return false;
	if (c->star_precision &&
	    !(piece->precision = next_arg(b, RM_CLASS_NUMBER)))
		return false;
	x = b->used < b->args->count ? b->args->args[b->used] : NULL;
	b->used++;
	if (!x)
		return false;
	if (c->letter == 's')
		x = rm_expr_text(b->parser, x);
	else if (c->letter == 'p')
		x = pointer_arg(b, c->pointer, x);
	else if (x->class != RM_CLASS_NUMBER)
		x = NULL;
	piece->arg = x;
	b->fmt->printks |= x && is_pointed(x);
	return x;
}

/* Finds the next conversion; "%%" is none. */
static const char *find_conversion(const char *at, const char *end)
{
	while (at < end && (*at != '%' || (end - at > 1 && at[1] == '%')))
		at += *at == '%' ? 2 : 1;
	return at;
}

/* Copies the chars up to the next conversion. Returns false if memory runs
 * out. */
static bool take_literal(struct builder *b, struct rm_span *ret)
{
	const char *end = find_conversion(b->at, b->end);
	char *text = rm_arena_alloc(&b->parser->format->arena,
				    (size_t)(end - b->at) + RM_LITERAL_STEP);

	b->parser->no_memory |= !text;
	if (!text)
		return false;
	*ret = (struct rm_span){text, 0};
	for (; b->at < end; b->at++) {
		b->at += *b->at == '%';
		text[ret->size++] = *b->at;
	}
	return true;
}

/* Probes put their strings between quotes, but not those that faulted. */
static void take_quotes(struct builder *b, struct rm_piece *piece)
{
	const struct rm_conversion *c = &piece->conversion;
	struct rm_span *l = &piece->literal;

	if (c->letter != 's' || c->width || c->star_width ||
	    c->precision >= 0 || piece->arg->kind != RM_EXPR_CHARS ||
	    piece->arg->a->kind != RM_EXPR_DYNAMIC || !l->size ||
	    l->at[l->size - 1] != '"' || b->at == b->end || *b->at != '"')
		return;
	piece->quoted = true;
	l->size--;
	b->at++;
}

/* Prepares a number that is shown as it stands in the record. */
static void set_quick_number(struct rm_quick *quick,
			     const struct ringmap_field_info *field,
			     const struct rm_conversion *c)
{
	const bool is_signed = field->flags & RINGMAP_FIELD_SIGNED;

	if (field->size != 1 && field->size != 2 && field->size != 4 &&
	    field->size != 8)
		return;
	/* Extending with the sign and cutting again takes two steps. */
	if (is_signed && c->letter != 'd' && field->size < c->size)
		return;
	quick->kind = c->letter == 'x' ? RM_QUICK_HEX : RM_QUICK_DECIMAL;
	if (field->size < c->size) {
		quick->kept = (uint8_t)field->size;
		quick->is_signed = is_signed;
	} else {
		quick->kept = c->size;
		quick->is_signed = c->letter == 'd';
	}
}

static void set_quick(const struct ringmap_format *format,
		      struct rm_piece *piece)
{
	const struct rm_conversion *c = &piece->conversion;
	const struct rm_expr *x = piece->arg;
	struct rm_quick *quick = &piece->quick;

	if (!c->plain || piece->quoted || !strchr("duxs", c->letter))
		return;
	if (c->letter == 's' && x->kind == RM_EXPR_CHARS)
		x = x->a;
	if (x->kind != (c->letter == 's' ? RM_EXPR_BYTES : RM_EXPR_FIELD))
		return;
	const struct rm_place place = rm_field_place(format, x->field);
	if (place.where != RM_WHERE_FIXED || place.offset > format->required ||
	    place.size > format->required - place.offset)
		return;
	quick->offset = place.offset;
	quick->size = place.size;
	if (c->letter == 's')
		quick->kind = RM_QUICK_CHARS;
	else
		set_quick_number(quick, x->field, c);
	quick->room = piece->literal.size + RM_LITERAL_STEP +
		      (c->letter == 's' ? place.size : RM_NUMBER_ROOM);
}

static bool build(struct builder *b)
{
	struct rm_print_fmt *fmt = b->fmt;
	const uint32_t long_size = b->parser->format->long_size;
	size_t room = 1;

	for (const char *at = b->at; at < b->end; at++)
		room += *at == '%';
	if (room > PIECES_MAX)
		return false;
	struct rm_piece *pieces = rm_arena_alloc(&b->parser->format->arena,
						 room * sizeof(*pieces));
	b->parser->no_memory |= !pieces;
	if (!pieces)
		return false;
	fmt->pieces = pieces;
	while (b->at < b->end) {
		struct rm_piece *piece = &pieces[fmt->nr_pieces++];

		if (!take_literal(b, &piece->literal))
			return false;
		if (b->at == b->end)
			return true;
		b->at++;
		if (!rm_conversion_parse(&b->at, b->end, long_size,
					 &piece->conversion) ||
		    !take_arg(b, piece))
			return false;
		take_quotes(b, piece);
		set_quick(b->parser->format, piece);
	}
	return true;
}

/* ---- fields alone ---------------------------------------------------------- */

/*
 * When trace-cmd shows fields, it goes round the string from piece to piece, and
 * shows each field by the first conversion of it that it meets. Once it has used
 * the last piece, it looks no further.
 */
struct circle {
	const struct rm_print_fmt *fmt;
	size_t at; /* an even number is a literal, an odd one a conversion */
	bool ended;
};

static bool is_there(const struct rm_print_fmt *fmt, size_t at)
{
	const struct rm_piece *piece = &fmt->pieces[at / 2];

	return at % 2 ? piece->conversion.letter : piece->literal.size > 0;
}

static bool shows(const struct rm_piece *piece,
		  const struct ringmap_field_info *field)
{
	const struct rm_expr *x = piece->arg;

	while (x->kind == RM_EXPR_CONVERT || x->kind == RM_EXPR_BOOL ||
	       x->kind == RM_EXPR_POINTED)
		x = x->a;
	return (x->kind == RM_EXPR_FIELD || x->kind == RM_EXPR_BYTES) &&
	       x->field == field;
}

static bool ends_with_0x(const struct rm_span *literal)
{
	return literal->size >= 2 &&
	       !memcmp(literal->at + literal->size - 2, "0x", 2);
}

static void find_shown(struct circle *c, const struct ringmap_field_info *field,
		       struct rm_field_shown *ret)
{
	const size_t count = 2 * c->fmt->nr_pieces;
	bool hex = false;

	for (size_t i = 0; i < count; i++) {
		size_t at = (c->at + i) % count;
		const struct rm_piece *piece = &c->fmt->pieces[at / 2];

		if (!is_there(c->fmt, at))
			continue;
		if (at % 2 == 0) {
			hex = ends_with_0x(&piece->literal);
			continue;
		}
		if (!shows(piece, field)) {
			hex = false;
			continue;
		}
		*ret = (struct rm_field_shown){piece, hex};
		for (at++; at < count && !is_there(c->fmt, at);)
			at++;
		c->at = at;
		c->ended = at == count;
		return;
	}
}

static bool show_fields(struct ringmap_format *format, struct rm_print_fmt *fmt)
{
	struct circle circle = {.fmt = fmt};
	struct rm_field_shown *shown = rm_arena_alloc(
		&format->arena, format->info.nr_fields * sizeof(*shown));

	if (!shown)
		return false;
	fmt->shown = shown;
	circle.ended = !fmt->followed || !fmt->nr_pieces ||
		       fmt->special == RM_SPECIAL_BPRINT;
	for (uint32_t i = 0; i < format->info.nr_fields; i++) {
		const struct ringmap_field_info *field = &format->fields[i];

		if (!circle.ended && !(field->flags & (RINGMAP_FIELD_ARRAY |
						       RINGMAP_FIELD_COMMON)))
			find_shown(&circle, field, &shown[i]);
	}
	return true;
}

static bool list_dynamic(struct ringmap_format *format,
			 struct rm_print_fmt *fmt)
{
	const uint32_t loc = RINGMAP_FIELD_DATA_LOC | RINGMAP_FIELD_REL_LOC;
	const struct ringmap_field_info **list;
	size_t count = 0;

	for (uint32_t i = 0; i < format->info.nr_fields; i++)
		count += (format->fields[i].flags & loc) != 0;
	list = rm_arena_alloc(&format->arena, count * sizeof(*list));
	if (!list)
		return false;
	fmt->dynamic = list;
	for (uint32_t i = 0; i < format->info.nr_fields; i++) {
		if (format->fields[i].flags & loc)
			list[fmt->nr_dynamic++] = &format->fields[i];
	}
	return true;
}

/* ---- events of the tracers ------------------------------------------------- */

static bool has_numbers(const struct ringmap_format *format,
			const char *const *names)
{
	for (; *names; names++) {
		const struct ringmap_field_info *field =
			rm_format_find(format, *names);

		if (!field || field->kind > RINGMAP_KIND_POINTER ||
		    (field->flags & RINGMAP_FIELD_ARRAY) ||
		    (field->size != 4 && field->size != 8))
			return false;
	}
	return true;
}

/* Every caller is shown as "=> %ps". */
static bool is_stack(const struct rm_print_fmt *fmt)
{
	size_t frames = fmt->nr_pieces;

	if (!fmt->followed)
		return false;
	if (frames && !fmt->pieces[frames - 1].conversion.letter)
		frames--;
	for (size_t i = 0; i < frames; i++) {
		const struct rm_piece *piece = &fmt->pieces[i];
		const struct rm_expr *x = piece->arg;

		while (x->kind == RM_EXPR_CONVERT)
			x = x->a;
		if (piece->conversion.letter != 'p' ||
		    x->kind != RM_EXPR_ELEMENT || x->a->kind != RM_EXPR_BYTES ||
		    x->b->kind != RM_EXPR_CONST || x->b->value != i)
			return false;
	}
	return frames > 1;
}

static enum rm_print_special special_of(const struct ringmap_format *format,
					const struct rm_print_fmt *fmt)
{
	static const char *const bprint[] = {"ip", "fmt", NULL};
	static const char *const function[] = {"ip", "parent_ip", NULL};
	static const char *const entry[] = {"func", "depth", NULL};
	static const char *const leave[] = {"depth", "calltime", "rettime",
					    NULL};
	const char *name = format->info.name;

	if (strcmp(format->info.system, "ftrace"))
		return RM_SPECIAL_NONE;
	if (!strcmp(name, "bprint") && has_numbers(format, bprint) &&
	    rm_format_find(format, "buf"))
		return RM_SPECIAL_BPRINT;
	if (!strcmp(name, "function") && has_numbers(format, function))
		return RM_SPECIAL_FUNCTION;
	if ((!strcmp(name, "funcgraph_entry") ||
	     !strcmp(name, "fgraph_retaddr_entry")) &&
	    has_numbers(format, entry))
		return RM_SPECIAL_GRAPH_ENTRY;
	if (!strcmp(name, "funcgraph_exit") && has_numbers(format, leave))
		return RM_SPECIAL_GRAPH_EXIT;
	if ((!strcmp(name, "kernel_stack") || !strcmp(name, "user_stack")) &&
	    is_stack(fmt))
		return RM_SPECIAL_STACK;
	return RM_SPECIAL_NONE;
}

/* ---- all ------------------------------------------------------------------- */

static void find_common(const struct ringmap_format *format,
			struct rm_print_fmt *fmt)
{
	const struct {
		const char *name;
		const struct ringmap_field_info **ret;
	} known[] = {
		{"common_flags", &fmt->common.flags},
		{"common_preempt_count", &fmt->common.preempt_count},
		{"common_pid", &fmt->common.pid},
		{"common_migrate_disable", &fmt->common.migrate_disable},
		{"common_lock_depth", &fmt->common.lock_depth},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		const struct ringmap_field_info *field =
			rm_format_find(format, known[i].name);

		if (field &&
		    (field->size == 1 || field->size == 2 || field->size == 4))
			*known[i].ret = field;
	}
}

/* "sched_switch:         " */
static bool make_heading(struct ringmap_format *format,
			 struct rm_print_fmt *fmt)
{
	const size_t length = strlen(format->info.name);
	const size_t pad = length < NAME_WIDTH ? NAME_WIDTH - length : 0;
	char *text = rm_arena_alloc(&format->arena, length + 2 + pad);

	if (!text)
		return false;
	memcpy(text, format->info.name, length);
	memcpy(text + length, ": ", 2);
	memset(text + length + 2, ' ', pad);
	fmt->heading = (struct rm_span){text, length + 2 + pad};
	return true;
}

/* Returns false if memory runs out. A print fmt that was not understood is not
 * followed. */
static bool parse(struct rm_expr_parser *p, struct rm_print_fmt *fmt)
{
	struct args args __attribute__((cleanup(free_args))) = {.args = NULL};
	bool *doubtful = NULL;
	struct rm_span text;
	bool whole = false;

	if (!p->at || strlen(p->at) > PRINT_FMT_MAX ||
	    !rm_take_string(p, &text) ||
	    !parse_args(p, &args, &doubtful, &whole))
		return !p->no_memory;
	struct builder b = {.parser = p,
			    .fmt = fmt,
			    .args = &args,
			    .at = text.at,
			    .end = text.at + text.size};
	fmt->followed = build(&b) && whole;
	struct rm_expr **kept =
		rm_arena_alloc(&p->format->arena, args.count * sizeof(*kept));
	if (p->no_memory || !kept)
		return false;
	for (size_t i = 0; i < args.count; i++) {
		if (args.args[i])
			kept[fmt->nr_args++] = args.args[i];
	}
	fmt->args = (const struct rm_expr *const *)kept;
	fmt->doubtful = doubtful;
	fmt->named = p->named;
	fmt->symbols |= fmt->named != NULL;
	return true;
}

bool rm_print_fmt_parse(struct ringmap_format *format)
{
	struct rm_expr_parser p = {.at = format->info.print_fmt,
				   .format = format};
	struct rm_print_fmt *fmt;

	if (format->print)
		return true;
	fmt = rm_arena_alloc(&format->arena, sizeof(*fmt));
	if (!fmt || !parse(&p, fmt))
		return false;
	find_common(format, fmt);
	fmt->special = special_of(format, fmt);
	if (!fmt->followed)
		fmt->nr_pieces = 0;
	fmt->symbols |= fmt->special != RM_SPECIAL_NONE;
	fmt->printks |= fmt->special == RM_SPECIAL_BPRINT;
	if (!make_heading(format, fmt) || !show_fields(format, fmt) ||
	    !list_dynamic(format, fmt))
		return false;
	format->print = fmt;
	return true;
}
