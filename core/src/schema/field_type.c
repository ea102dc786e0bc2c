/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * field_type.c - derives a field's type from its declaration in C
 */
#include "schema/field_type.h"

#include "base/utf8.h"
#include "base/word.h"
#include "schema/c_type.h"

#include <string.h>

/* A part of the declaration. */
struct span {
	const char *at;
	size_t size;
};

/* The parts of "__data_loc unsigned long[] name". */
struct decl {
	struct span base; /* "unsigned long" */
	struct span dims; /* "[]", "[4][6]"; empty: no array */
	struct span name;
	uint32_t loc; /* RINGMAP_FIELD_DATA_LOC, _REL_LOC or 0 */
};

static struct span trim(struct span s)
{
	while (s.size && (*s.at == ' ' || *s.at == '\t')) {
		s.at++;
		s.size--;
	}
	while (s.size && (s.at[s.size - 1] == ' ' || s.at[s.size - 1] == '\t'))
		s.size--;
	return s;
}

/* Shortens @s to @keep chars and returns the rest. */
static struct span cut(struct span *s, size_t keep)
{
	struct span rest = {s->at + keep, s->size - keep};

	s->size = keep;
	return rest;
}

/* Cuts off the "[...]"s at the end and returns them. */
static struct span cut_dims(struct span *s)
{
	size_t at = s->size;

	while (at && s->at[at - 1] == ']') {
		size_t open = at - 1;
		size_t depth = 1;

		while (open && depth) {
			open--;
			depth += s->at[open] == ']';
			depth -= s->at[open] == '[';
		}
		if (depth)
			break;
		at = open;
	}
	struct span dims = cut(s, at);
	*s = trim(*s);
	return dims;
}

static struct span cut_word(struct span *s)
{
	size_t at = s->size;

	while (at && rm_is_word(s->at[at - 1]))
		at--;
	struct span word = cut(s, at);
	*s = trim(*s);
	return word;
}

/* Skips @word and the blanks behind it, if @s begins with them. */
static bool skip_word(struct span *s, const char *word)
{
	size_t size = strlen(word);

	if (s->size <= size || memcmp(s->at, word, size) ||
	    rm_is_word(s->at[size]))
		return false;
	*s = trim((struct span){s->at + size, s->size - size});
	return true;
}

/* Old ftrace formats name a member: "unsigned long graph_ent.func". */
static void drop_member_of(struct span *s)
{
	while (s->size && s->at[s->size - 1] == '.') {
		s->size--;
		cut_word(s);
	}
}

static bool base_is_sane(struct span base)
{
	for (size_t i = 0; i < base.size; i++) {
		if (!rm_is_word(base.at[i]) && !strchr(" \t*(),", base.at[i]))
			return false;
	}
	/* Every type begins with a word. */
	return base.size && rm_is_word(base.at[0]);
}

/* Returns false if the declaration is not understood; it may have a name. */
static bool take_apart(const struct rm_field_line *line, struct decl *ret)
{
	struct span rest = trim((struct span){line->decl, line->decl_size});

	*ret = (struct decl){.loc = 0};
	if (skip_word(&rest, "__data_loc"))
		ret->loc = RINGMAP_FIELD_DATA_LOC;
	else if (skip_word(&rest, "__rel_loc"))
		ret->loc = RINGMAP_FIELD_REL_LOC;
	ret->dims = cut_dims(&rest);
	ret->name = cut_word(&rest);
	drop_member_of(&rest);
	if (!ret->dims.size)
		ret->dims = cut_dims(&rest);
	ret->base = rest;
	return base_is_sane(ret->base);
}

static bool name_is_sane(struct span name)
{
	return name.size && (name.at[0] < '0' || name.at[0] > '9');
}

/* Returns a text such as "__data_loc char[]", which lies in the arena. */
static char *type_text(const struct decl *d, struct rm_arena *arena)
{
	const char *loc = d->loc == RINGMAP_FIELD_DATA_LOC  ? "__data_loc "
			  : d->loc == RINGMAP_FIELD_REL_LOC ? "__rel_loc "
							    : "";
	size_t loc_size = strlen(loc);
	char *text = rm_arena_alloc(arena,
				    loc_size + d->base.size + d->dims.size + 1);

	if (!text)
		return NULL;
	memcpy(text, loc, loc_size);
	memcpy(text + loc_size, d->base.at, d->base.size);
	memcpy(text + loc_size + d->base.size, d->dims.at, d->dims.size);
	if (!rm_utf8_valid((uint8_t *)text, strlen(text)))
		text = rm_utf8_text(arena, text, strlen(text));
	return text;
}

/* ---- arrays ------------------------------------------------------------- */

/* The elements that the brackets declare. */
struct dims {
	uint32_t count; /* 0: no brackets, or one is not a number */
	uint32_t inner; /* product of all but the first; 0: one dimension */
};

/* Skips the "[...]" that @s begins with; returns its number, or 0. */
static uint32_t next_dim(struct span *s)
{
	struct span inside;
	uint32_t n = 0;
	size_t depth = 1;
	size_t end = 1;

	while (end < s->size && depth) {
		depth += s->at[end] == '[';
		depth -= s->at[end] == ']';
		end++;
	}
	inside = trim((struct span){s->at + 1, end - 2});
	*s = (struct span){s->at + end, s->size - end};
	for (size_t i = 0; i < inside.size; i++) {
		char c = inside.at[i];

		if (c < '0' || c > '9' || n > RM_RECORD_MAX)
			return 0;
		n = n * 10 + (uint32_t)(c - '0');
	}
	return n <= RM_RECORD_MAX ? n : 0;
}

/* Returns the product, or 0 if it exceeds the bytes of a record. */
static uint32_t times(uint32_t a, uint32_t b)
{
	uint64_t n = (uint64_t)a * b;

	return n <= RM_RECORD_MAX ? (uint32_t)n : 0;
}

static struct dims read_dims(struct span text)
{
	struct dims ret = {.count = 0};
	bool first = true;

	while (text.size) {
		uint32_t n = next_dim(&text);

		if (first)
			ret.count = n;
		else
			ret.inner = ret.inner ? times(ret.inner, n) : n;
		if (!first && !n)
			return (struct dims){.count = 0};
		first = false;
	}
	if (ret.inner)
		ret.count = times(ret.count, ret.inner);
	return ret;
}

/* ---- kinds --------------------------------------------------------------- */

static enum ringmap_kind kind_of(const struct rm_c_type *type, bool array,
				 uint32_t size)
{
	if (type->pointer)
		return RINGMAP_KIND_POINTER;
	if (type->is_char && array)
		return RINGMAP_KIND_STRING;
	if (type->is_bool && size == 1)
		return RINGMAP_KIND_BOOL;
	if (type->is_struct ||
	    (size != 1 && size != 2 && size != 4 && size != 8))
		return RINGMAP_KIND_BYTES;
	return RINGMAP_KIND_INT;
}

/* Makes plain bytes of a field that is not understood. */
static void set_unknown(struct ringmap_field_info *f)
{
	f->kind = RINGMAP_KIND_BYTES;
	f->flags = RINGMAP_FIELD_UNKNOWN;
	f->elem_size = f->size;
	f->count = 1;
}

/* Sets a field of fixed size that is not an array. */
static void set_plain(const struct rm_c_type *type,
		      struct ringmap_field_info *f)
{
	f->elem_size = f->size;
	f->count = 1;
	f->kind = kind_of(type, false, f->size);
}

/*
 * Returns how many words locate the data: 1, or N for "[][N]". 0: the words
 * have neither 4 bytes nor, as in kernels before 2.6.32, 2.
 */
static uint32_t count_words(struct dims dims, uint32_t size)
{
	const uint32_t count = dims.inner ? dims.inner : 1;
	const uint32_t word = size % count ? 0 : size / count;

	return word == 2 || word == 4 ? count : 0;
}

static void set_dynamic(const struct rm_c_type *type, const struct decl *d,
			struct ringmap_field_info *f)
{
	struct dims dims = read_dims(d->dims);

	if (!count_words(dims, f->size)) {
		set_unknown(f);
		return;
	}
	f->flags = d->loc | RINGMAP_FIELD_ARRAY;
	f->elem_size = type->size ? type->size : 1;
	f->count = dims.inner;
	/* If the element's size is unknown, the elements are bytes. */
	f->kind = type->size ? kind_of(type, true, type->size)
			     : RINGMAP_KIND_BYTES;
}

static void set_array(const struct rm_c_type *type, struct dims dims,
		      struct ringmap_field_info *f)
{
	uint32_t elem_size = type->size;

	f->flags |= RINGMAP_FIELD_ARRAY;
	if (dims.count && f->size && f->size % dims.count == 0) {
		/* The size in the format is right even for unknown types. */
		elem_size = f->size / dims.count;
		f->inner = dims.inner;
	} else if (!elem_size || f->size % elem_size) {
		/* The brackets may contain sizeof() of an unknown type. */
		f->kind = RINGMAP_KIND_BYTES;
		f->elem_size = f->size ? f->size : 1;
		f->count = f->size ? 1 : 0;
		return;
	}
	f->elem_size = elem_size;
	f->count = f->size / elem_size;
	f->kind = kind_of(type, true, elem_size);
}

static void set_sign(const struct rm_field_line *line, const struct decl *d,
		     const struct rm_c_type *type, struct ringmap_field_info *f)
{
	bool is_signed = type->sign == RM_SIGNED;

	if (f->kind != RINGMAP_KIND_INT)
		return;
	/* For dynamic arrays some kernels write the sign of the element, others
	 * that of the declared type: there the type itself decides. */
	if (line->sign_known && (!d->loc || type->sign == RM_SIGN_UNKNOWN))
		is_signed = line->is_signed;
	if (is_signed)
		f->flags |= RINGMAP_FIELD_SIGNED;
}

void rm_field_is_bitmask(struct ringmap_field_info *field,
			 const struct rm_kernel *kernel)
{
	bool dynamic =
		field->flags & (RINGMAP_FIELD_DATA_LOC | RINGMAP_FIELD_REL_LOC);

	if ((!dynamic && field->size % kernel->long_size) ||
	    (field->flags & RINGMAP_FIELD_UNKNOWN))
		return;
	field->kind = RINGMAP_KIND_BITMASK;
	field->flags |= RINGMAP_FIELD_ARRAY;
	field->flags &= ~(uint32_t)RINGMAP_FIELD_SIGNED;
	field->elem_size = kernel->long_size;
	if (!dynamic)
		field->count = field->size / kernel->long_size;
	field->inner = 0;
}

/* A field of no bytes that is not understood has nothing to keep. */
static enum ringmap_status unknown_status(const struct ringmap_field_info *f)
{
	return (f->flags & RINGMAP_FIELD_UNKNOWN) && !f->size
		       ? RINGMAP_E_CORRUPT
		       : RINGMAP_OK;
}

enum ringmap_status rm_field_type(const struct rm_field_line *line,
				  const struct rm_kernel *kernel,
				  struct rm_arena *arena,
				  struct ringmap_field_info *ret)
{
	struct rm_c_type type;
	struct decl d;

	*ret = (struct ringmap_field_info){.offset = line->offset,
					   .size = line->size};
	const bool understood = take_apart(line, &d);
	if (!name_is_sane(d.name))
		return RINGMAP_E_CORRUPT;
	ret->type = type_text(&d, arena);
	ret->name = rm_arena_text(arena, d.name.at, d.name.size);
	if (!ret->type || !ret->name)
		return RINGMAP_E_NOMEM;
	if (!understood) {
		set_unknown(ret);
		return unknown_status(ret);
	}
	rm_c_type(d.base.at, d.base.size, kernel->long_size, &type);
	if (d.loc)
		set_dynamic(&type, &d, ret);
	else if (d.dims.size || !line->size)
		set_array(&type, read_dims(d.dims), ret);
	else
		set_plain(&type, ret);
	set_sign(line, &d, &type, ret);
	if (type.cpumask && (d.loc || !type.pointer))
		rm_field_is_bitmask(ret, kernel);
	return unknown_status(ret);
}
