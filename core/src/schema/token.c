/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * token.c - takes words and strings from a print fmt
 */
#include "schema/expr_parser.h"

#include "base/word.h"

#include <string.h>

#define WORD_MAX 255

static void skip_blanks(struct rm_expr_parser *p)
{
	p->at = rm_behind_blanks(p->at);
}

bool rm_span_is(const struct rm_span *span, const char *text)
{
	return rm_same(span->at, span->size, text);
}

bool rm_take(struct rm_expr_parser *p, const char *token)
{
	skip_blanks(p);
	const char *behind = rm_behind(p->at, token);
	if (behind)
		p->at = behind;
	return behind;
}

bool rm_take_word(struct rm_expr_parser *p, struct rm_span *ret)
{
	skip_blanks(p);
	*ret = (struct rm_span){p->at, 0};
	if (rm_digit(*p->at) < 10)
		return false;
	while (rm_is_word(ret->at[ret->size]))
		ret->size++;
	if (!ret->size || ret->size > WORD_MAX)
		return false;
	p->at += ret->size;
	return true;
}

/* Returns the closing quote, or NULL. */
static const char *find_quote(const char *at)
{
	for (; *at != '"'; at++) {
		at += *at == '\\';
		if (!*at)
			return NULL;
	}
	return at;
}

/* Counts the bytes between the quotes of adjacent strings. */
static bool measure(const struct rm_expr_parser *p, size_t *ret)
{
	const char *at = p->at;

	*ret = 0;
	while (*at == '"') {
		const char *end = find_quote(at + 1);

		if (!end)
			return false;
		*ret += (size_t)(end - at - 1);
		at = end + 1 + strspn(end + 1, " \t\r\n");
	}
	return true;
}

bool rm_take_string(struct rm_expr_parser *p, struct rm_span *ret)
{
	size_t size;

	skip_blanks(p);
	if (*p->at != '"' || !measure(p, &size))
		return false;
	/* An escape is never shorter than what it stands for. */
	char *text = rm_arena_alloc(&p->format->arena, size + 1);
	p->no_memory |= !text;
	if (!text)
		return false;
	*ret = (struct rm_span){text, 0};
	while (rm_take(p, "\"")) {
		const char *end = find_quote(p->at);

		while (p->at < end) {
			text[ret->size] = rm_unescape(&p->at, end);
			if (!text[ret->size++])
				return false;
		}
		p->at = end + 1;
	}
	return true;
}

struct ringmap_field_info *rm_word_field(const struct rm_expr_parser *p,
					 const struct rm_span *word)
{
	char name[WORD_MAX + 1];

	memcpy(name, word->at, word->size);
	name[word->size] = '\0';
	return rm_format_find(p->format, name);
}
