/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * print_token.c - words and strings of a print fmt
 */
#include "schema/print_parser.h"

#include <string.h>

/* libtraceevent reads tokens into pieces of 8 KiB, and errs at their seams. */
#define STRING_MAX 4096
#define WORD_MAX 255

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_';
}

static void skip_blanks(struct rm_print_parser *p)
{
	p->at += strspn(p->at, " \t\r\n");
}

bool rm_span_is(const struct rm_span *span, const char *text)
{
	return strlen(text) == span->size &&
	       !memcmp(span->at, text, span->size);
}

bool rm_print_take(struct rm_print_parser *p, const char *token)
{
	size_t size = strlen(token);

	skip_blanks(p);
	if (strncmp(p->at, token, size))
		return false;
	p->at += size;
	return true;
}

bool rm_print_word(struct rm_print_parser *p, struct rm_span *ret)
{
	skip_blanks(p);
	*ret = (struct rm_span){p->at, 0};
	if (*p->at >= '0' && *p->at <= '9')
		return false;
	while (is_word(ret->at[ret->size]))
		ret->size++;
	if (!ret->size || ret->size > WORD_MAX)
		return false;
	p->at += ret->size;
	return true;
}

/* A char between quotes that libtraceevent's tokens cannot hold. */
static const char *escape_of(char c)
{
	switch (c) {
	case '\t':
		return "\\t";
	case '\n':
		return "\\n";
	case '\r':
		return "\\r";
	}
	return NULL;
}

/* Behind an opening quote, up to the closing one. */
static bool take_chars(struct rm_print_parser *p, struct rm_text *out)
{
	for (; *p->at != '"'; p->at++) {
		const char *escape = escape_of(*p->at);

		if (escape) {
			rm_text_puts(out, escape);
			continue;
		}
		if (*p->at == '\\') {
			rm_text_add(out, p->at, 1);
			p->at++;
		}
		/* Also the NUL at the end. */
		if (*p->at < ' ' || *p->at > '~')
			return false;
		rm_text_add(out, p->at, 1);
	}
	p->at++;
	return true;
}

/* Strings beside each other are one. */
bool rm_print_string(struct rm_print_parser *p, struct rm_span *ret)
{
	struct rm_text text = {.size = 0};
	bool whole = rm_print_take(p, "\"") && take_chars(p, &text);

	while (whole && rm_print_take(p, "\""))
		whole = take_chars(p, &text);
	char *copy = NULL;
	if (whole && !text.failed && text.size <= STRING_MAX)
		copy = rm_arena_text(&p->arena, text.size ? text.at : "",
				     text.size);
	*ret = (struct rm_span){copy, text.size};
	rm_text_free(&text);
	return copy;
}

void rm_print_parser_free(struct rm_print_parser *p)
{
	rm_text_free(&p->out);
	rm_arena_free(&p->arena);
}

struct ringmap_field_info *rm_print_field(const struct rm_print_parser *p,
					  const struct rm_span *word)
{
	char name[WORD_MAX + 1];

	memcpy(name, word->at, word->size);
	name[word->size] = '\0';
	return rm_format_find(p->format, name);
}
