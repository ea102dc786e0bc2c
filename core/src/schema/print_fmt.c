/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * print_fmt.c - the print fmt of an event, written again for libtraceevent
 *
 *	"state=%s flags=%lx", __print_symbolic(REC->state, ...), REC->flags
 */
#include "schema/print_fmt.h"

#include "schema/print_parser.h"

#include <string.h>

/* Kernels have 5,000. */
#define PRINT_FMT_MAX 65536

/* libtraceevent copies a conversion into 32 chars. */
#define CONVERSION_MAX 24

/* ---- conversions ----------------------------------------------------------- */

static bool add(struct rm_conversions *c, char letter)
{
	if (c->count == RM_CONVERSIONS_MAX)
		return false;
	c->letters[c->count++] = letter;
	return true;
}

/* Flags, width and precision; @star: whether one is an argument. */
static const char *skip_width(const char *at, const char *end, bool *star)
{
	size_t digits = 0;

	*star = false;
	for (; at < end && strchr("-#.*0123456789", *at); at++) {
		if (*at == '*' && *star)
			return NULL;
		*star |= *at == '*';
		digits += *at >= '0' && *at <= '9';
	}
	/* A text of a million blanks helps nobody. */
	return digits <= 4 ? at : NULL;
}

/* Behind a percent sign; returns the letter, or NULL. */
static const char *conversion(const char *at, const char *end,
			      struct rm_conversions *c)
{
	const char *begin = at;
	bool star;

	at = skip_width(at, end, &star);
	if (!at || (star && !add(c, '*')))
		return NULL;
	const char *size = at;
	while (at < end && strchr("hlLzZ", *at))
		at++;
	if (at == end || at - begin > CONVERSION_MAX || at - size > 2)
		return NULL;
	/* "hh" and "ll", but no "hl". */
	if (at - size == 2 && (size[0] != size[1] || !strchr("hl", size[0])))
		return NULL;
	/* Wide characters, and arguments it would not take. */
	if (strchr("scp", *at) && at != size)
		return NULL;
	if (*at == 'c' && star)
		return NULL;
	return strchr("diouxXscp", *at) && add(c, *at) ? at : NULL;
}

bool rm_print_conversions(const char *text, size_t size,
			  struct rm_conversions *ret)
{
	const char *end = text + size;

	ret->count = 0;
	for (const char *at = text; at < end; at++) {
		if (*at != '%')
			continue;
		at++;
		if (at < end && *at == '%')
			continue;
		at = conversion(at, end, ret);
		if (!at)
			return false;
	}
	return true;
}

/* ---- arguments -------------------------------------------------------------- */

/* libtraceevent before 1.8 does not know %c: it becomes %s of a table. */
static void write_char(struct rm_text *out, size_t begin)
{
	rm_text_insert(out, begin, "__print_symbolic(");
	for (char c = ' '; c <= '~'; c++) {
		if (c != '"' && c != '\\')
			rm_text_printf(out, ", { %d, \"%c\" }", c, c);
	}
	rm_text_puts(out, ")");
}

/* The string that it begins with; %c as %s. */
static bool write_text(struct rm_print_parser *p, struct rm_conversions *ret)
{
	struct rm_span text;

	if (!rm_print_string(p, &text) ||
	    !rm_print_conversions(text.at, text.size, ret))
		return false;
	rm_text_puts(&p->out, "\"");
	rm_text_add(&p->out, text.at, text.size);
	if (p->out.failed)
		return false;
	for (char *at = p->out.at; (at = strchr(at, '%')); at++) {
		at++;
		at += strspn(at, "-#.*0123456789");
		if (*at == 'c')
			*at = 's';
	}
	rm_text_puts(&p->out, "\"");
	return true;
}

static bool write_arguments(struct rm_print_parser *p,
			    const struct rm_conversions *conversions)
{
	struct rm_operand argument;
	size_t count = 0;

	while (rm_print_take(p, ",")) {
		size_t begin = p->out.size + 2;

		rm_text_puts(&p->out, ", ");
		p->ops = 0;
		if (!rm_print_expr(p, &argument))
			return false;
		if (count < conversions->count &&
		    conversions->letters[count] == 'c')
			write_char(&p->out, begin);
		count++;
	}
	rm_print_take(p, "");
	return !*p->at && count >= conversions->count && !p->out.failed;
}

/* Names that tep_event.c writes otherwise: REC-> would not find them. */
static bool any_odd_name(const struct ringmap_format *format)
{
	for (uint32_t i = 0; i < format->info.nr_fields; i++) {
		const char *name = format->fields[i].name;

		if (strspn(name, "abcdefghijklmnopqrstuvwxyz"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "0123456789_") != strlen(name) ||
		    strstr(name, "_PR_FMT"))
			return true;
	}
	return false;
}

bool rm_print_fmt(const struct ringmap_format *format, struct rm_text *ret)
{
	struct rm_print_parser p = {.at = format->info.print_fmt,
				    .format = format};
	struct rm_conversions conversions;

	if (!p.at || strlen(p.at) > PRINT_FMT_MAX || any_odd_name(format))
		return false;
	bool whole = write_text(&p, &conversions) &&
		     write_arguments(&p, &conversions);
	if (whole) {
		*ret = p.out;
		p.out = (struct rm_text){.size = 0};
	}
	rm_print_parser_free(&p);
	return whole;
}
