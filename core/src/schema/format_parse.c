/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * format_parse.c - parses the text of a format file
 *
 *	name: sched_switch
 *	ID: 319
 *	format:
 *		field:unsigned short common_type; offset:0; size:2; signed:0;
 *		...
 *
 *		field:char prev_comm[16]; offset:8; size:16; signed:0;
 *		...
 *
 *	print fmt: "prev_comm=%s ...", REC->prev_comm, ...
 *
 * The text may come from an untrusted file.
 */
#include "schema/format.h"

#include "base/error.h"
#include "base/utf8.h"
#include "base/word.h"
#include "schema/field_type.h"

#include <string.h>

/* The position in the text. */
struct cursor {
	const char *at; /* the text ends with a NUL */
	unsigned int line;
};

static void skip_blanks(struct cursor *c)
{
	while (*c->at == ' ' || *c->at == '\t' || *c->at == '\r')
		c->at++;
}

static bool take(struct cursor *c, const char *word)
{
	skip_blanks(c);
	const char *behind = rm_behind(c->at, word);
	if (behind)
		c->at = behind;
	return behind;
}

static bool take_line_end(struct cursor *c)
{
	skip_blanks(c);
	if (!*c->at)
		return true;
	if (*c->at != '\n')
		return false;
	c->at++;
	c->line++;
	return true;
}

static bool take_number(struct cursor *c, uint32_t max, uint32_t *ret)
{
	uint32_t n = 0;

	skip_blanks(c);
	if (*c->at < '0' || *c->at > '9')
		return false;
	for (; *c->at >= '0' && *c->at <= '9'; c->at++) {
		n = n * 10 + (uint32_t)(*c->at - '0');
		if (n > max)
			return false;
	}
	*ret = n;
	return true;
}

/* Takes a line "name: NAME". */
static bool take_name(struct cursor *c, const char **ret, size_t *size)
{
	if (!take(c, "name:"))
		return false;
	skip_blanks(c);
	*ret = c->at;
	*size = strcspn(c->at, " \t\r\n");
	c->at += *size;
	return *size && take_line_end(c);
}

/* Takes a value such as "offset:8;". */
static bool take_value(struct cursor *c, const char *name, uint32_t max,
		       uint32_t *ret)
{
	return take(c, name) && take(c, ":") && take_number(c, max, ret) &&
	       take(c, ";");
}

/* Takes the rest of a line that begins with "field". */
static bool take_field(struct cursor *c, struct rm_field_line *ret)
{
	uint32_t is_signed = 0;

	/* Old kernels write "field special:" in some formats. */
	take(c, "special");
	if (!take(c, ":"))
		return false;
	ret->decl = c->at;
	ret->decl_size = strcspn(c->at, ";\n");
	c->at += ret->decl_size;
	if (!take(c, ";") ||
	    !take_value(c, "offset", RM_RECORD_MAX, &ret->offset) ||
	    !take_value(c, "size", RM_RECORD_MAX, &ret->size) ||
	    ret->size > RM_RECORD_MAX - ret->offset)
		return false;
	skip_blanks(c);
	ret->sign_known = *c->at == 's';
	if (ret->sign_known && !take_value(c, "signed", 1, &is_signed))
		return false;
	ret->is_signed = is_signed;
	return take_line_end(c);
}

/* Returns an upper bound on the number of fields in the text. */
static uint32_t count_fields(const char *text)
{
	uint32_t count = 0;

	for (const char *at = text; (at = strstr(at, "field")); at++)
		count++;
	return count < RM_FIELDS_MAX ? count : RM_FIELDS_MAX;
}

static enum ringmap_status add_field(struct ringmap_format *f,
				     const struct rm_field_line *line)
{
	const struct rm_kernel kernel = {f->long_size, f->big_endian};
	struct ringmap_field_info *field = &f->fields[f->info.nr_fields];
	bool common_so_far =
		!f->info.nr_fields || (field[-1].flags & RINGMAP_FIELD_COMMON);

	enum ringmap_status s = rm_field_type(line, &kernel, &f->arena, field);
	if (s)
		return s;
	if (common_so_far && !strncmp(field->name, "common_", 7))
		field->flags |= RINGMAP_FIELD_COMMON;
	f->info.nr_fields++;
	if (field->offset + field->size > f->info.size)
		f->info.size = field->offset + field->size;
	return RINGMAP_OK;
}

/*
 * Takes the rest of a line that begins with "field". A line that makes no sense
 * costs its own field only: it is counted and left out.
 */
static enum ringmap_status take_field_line(struct cursor *c,
					   struct ringmap_format *f)
{
	struct rm_field_line line;
	enum ringmap_status s = RINGMAP_E_CORRUPT;

	if (take_field(c, &line))
		s = add_field(f, &line);
	if (!s &&
	    (f->fields[f->info.nr_fields - 1].flags & RINGMAP_FIELD_UNKNOWN))
		f->info.nr_unknown++;
	if (s != RINGMAP_E_CORRUPT)
		return s;
	f->info.nr_unknown++;
	/* The whole line was taken if only its declaration makes no sense. */
	if (c->at[-1] != '\n')
		c->at += strcspn(c->at, "\n");
	return RINGMAP_OK;
}

/* Takes all fields and finds the print fmt. */
static enum ringmap_status take_fields(struct cursor *c,
				       struct ringmap_format *f, uint32_t room)
{
	while (*c->at) {
		if (take_line_end(c))
			continue;
		if (take(c, "print fmt:")) {
			skip_blanks(c);
			f->info.print_fmt = c->at;
			return RINGMAP_OK;
		}
		if (!take(c, "field") || f->info.nr_fields == room)
			return RINGMAP_E_CORRUPT;
		enum ringmap_status s = take_field_line(c, f);
		if (s)
			return s;
	}
	return RINGMAP_OK;
}

/* Copies the print fmt into the arena, without trailing blanks. */
static bool keep_print_fmt(struct ringmap_format *f)
{
	const char *text = f->info.print_fmt;

	if (!text)
		return true;
	size_t size = strlen(text);
	while (size && strchr(" \t\r\n", text[size - 1]))
		size--;
	f->info.print_fmt = rm_arena_text(&f->arena, text, size);
	return f->info.print_fmt;
}

static bool index_fields(struct ringmap_format *f)
{
	if (!rm_name_table_init(&f->by_name, &f->arena, f->info.nr_fields))
		return false;
	/* If two fields have the same name, the first one is found. */
	for (uint32_t i = 0; i < f->info.nr_fields; i++)
		rm_name_table_add(&f->by_name, f->fields[i].name,
				  &f->fields[i]);
	return true;
}

/* The end of all fields but the last one, which may lie among them. */
static uint32_t end_of_others(const struct ringmap_format *f)
{
	uint32_t end = 0;

	for (uint32_t i = 0; i + 1 < f->info.nr_fields; i++) {
		const struct ringmap_field_info *field = &f->fields[i];

		if (field->offset + field->size > end)
			end = field->offset + field->size;
	}
	return end;
}

/*
 * In ftrace's own events a stack or text at the end is only as long as its
 * contents, whatever size the format has.
 */
static void set_tail(struct ringmap_format *f)
{
	const struct ringmap_field_info *last = NULL;

	f->required = f->info.size;
	if (!f->info.nr_fields || strcmp(f->info.system, "ftrace"))
		return;
	last = &f->fields[f->info.nr_fields - 1];
	if ((last->flags & RINGMAP_FIELD_ARRAY) &&
	    last->offset + last->size == f->info.size &&
	    !(last->flags & (RINGMAP_FIELD_DATA_LOC | RINGMAP_FIELD_REL_LOC))) {
		f->required = end_of_others(f);
		if (f->required < last->offset)
			f->required = last->offset;
		f->tail = last;
	}
	/* Programs may write anything to trace_marker_raw. */
	if (f->tail && f->tail->kind == RINGMAP_KIND_STRING &&
	    !strcmp(f->info.name, "raw_data"))
		f->fields[f->info.nr_fields - 1].kind = RINGMAP_KIND_BYTES;
}

/* Finds the fields that the print fmt shows as masks of bits. */
static void find_bitmasks(struct ringmap_format *f)
{
	static const char *const functions[] = {
		"__get_bitmask", "__get_rel_bitmask", "__get_cpumask",
		"__get_rel_cpumask"};
	const struct rm_kernel kernel = {f->long_size, f->big_endian};
	const char *text = f->info.print_fmt;
	char name[256];

	/* The name of each function contains "mask". */
	if (!text || !strstr(text, "mask"))
		return;
	for (size_t i = 0; i < sizeof(functions) / sizeof(*functions); i++) {
		for (const char *at = text; (at = strstr(at, functions[i]));) {
			at += strlen(functions[i]);
			at += strspn(at, " \t\r\n(");
			size_t size = strcspn(at, " \t\r\n)");
			if (size >= sizeof(name))
				continue;
			memcpy(name, at, size);
			name[size] = '\0';
			struct ringmap_field_info *field =
				rm_format_find(f, name);
			if (field)
				rm_field_is_bitmask(field, &kernel);
		}
	}
}

/* Every record begins with the id of its event. */
static bool begins_with_type(const struct ringmap_format *f)
{
	return f->info.nr_fields && !strcmp(f->fields[0].name, "common_type") &&
	       f->fields[0].offset == 0 && f->fields[0].size == 2 &&
	       f->fields[0].kind == RINGMAP_KIND_INT;
}

static enum ringmap_status parse(struct cursor *c, struct ringmap_format *f)
{
	const char *name;
	size_t name_size;

	if (!take_name(c, &name, &name_size) || !take(c, "ID:") ||
	    !take_number(c, UINT16_MAX, &f->info.id) || !take_line_end(c) ||
	    !take(c, "format:") || !take_line_end(c))
		return RINGMAP_E_CORRUPT;
	uint32_t room = count_fields(c->at);
	if (!room)
		return RINGMAP_E_CORRUPT;
	f->info.name = rm_utf8_text(&f->arena, name, name_size);
	f->fields = rm_arena_alloc(&f->arena, room * sizeof(*f->fields));
	if (!f->info.name || !f->fields)
		return RINGMAP_E_NOMEM;
	enum ringmap_status s = take_fields(c, f, room);
	if (s)
		return s;
	if (!begins_with_type(f))
		return RINGMAP_E_CORRUPT;
	if (!keep_print_fmt(f) || !index_fields(f))
		return RINGMAP_E_NOMEM;
	set_tail(f);
	find_bitmasks(f);
	return RINGMAP_OK;
}

static struct ringmap_format *new_format(const char *system,
					 const struct rm_kernel *kernel)
{
	struct rm_arena arena = {NULL};
	struct ringmap_format *f = rm_arena_alloc(&arena, sizeof(*f));

	if (!f)
		return NULL;
	f->arena = arena;
	f->long_size = kernel->long_size;
	f->big_endian = kernel->big_endian;
	f->info.system = rm_arena_text(&f->arena, system, strlen(system));
	if (f->info.system)
		return f;
	rm_format_free(f);
	return NULL;
}

enum ringmap_status rm_format_parse(const char *system, const char *event,
				    const char *text, size_t size,
				    const struct rm_kernel *kernel,
				    struct ringmap_format **ret,
				    struct ringmap_error *err)
{
	struct cursor c = {text, 1};

	if (size > RM_FORMAT_TEXT_MAX || strlen(text) != size)
		return rm_fail(err, RINGMAP_E_CORRUPT, 0,
			       "the format of %s:%s contains a NUL or has more "
			       "than %u bytes",
			       system, event, RM_FORMAT_TEXT_MAX);
	struct ringmap_format *f = new_format(system, kernel);
	enum ringmap_status s = f ? parse(&c, f) : RINGMAP_E_NOMEM;
	if (!s) {
		*ret = f;
		return RINGMAP_OK;
	}
	rm_format_free(f);
	if (s == RINGMAP_E_NOMEM)
		return rm_fail(err, s, 0, "no memory for the format of %s:%s",
			       system, event);
	return rm_fail(err, s, 0,
		       "the format of %s:%s is invalid in line %u, at byte "
		       "%zu",
		       system, event, c.line, (size_t)(c.at - text));
}
