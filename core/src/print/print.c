/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * print.c - an event as text
 *
 * A print fmt is parsed when its event is first printed, under the schema's
 * lock. From then on any thread prints without it, and nothing is allocated.
 */
#include "print/eval.h"

#include "base/error.h"

/* ---- preparation ----------------------------------------------------------- */

/*
 * Names in a print fmt become the addresses of their symbols. A name that is not
 * found stays: what needs its value has none.
 */
static void resolve(const struct rm_print_fmt *fmt,
		    const struct rm_symbols *symbols)
{
	for (struct rm_named *n = fmt->named; n; n = n->next) {
		const struct rm_span *name = &n->expr->text;

		if (rm_symbols_address(symbols, name->at, name->size,
				       &n->expr->value))
			n->expr->kind = RM_EXPR_CONST;
	}
}

static enum ringmap_status prepare(struct ringmap_schema *schema,
				   struct ringmap_format *format)
{
	enum ringmap_status s = RINGMAP_OK;

	RM_HOLD(schema);
	if (format->printable)
		return RINGMAP_OK;
	if (!rm_print_fmt_parse(format))
		return RINGMAP_E_NOMEM;
	if (format->print->symbols)
		s = rm_symbols_load(&schema->symbols, &schema->source);
	if (!s && format->print->printks)
		s = rm_printks_load(&schema->printks, &schema->source);
	if (s)
		return s;
	resolve(format->print, &schema->symbols);
	/* Pairs with the acquire in ringmap_event_print(). */
	__atomic_store_n(&format->printable, true, __ATOMIC_RELEASE);
	return RINGMAP_OK;
}

/*
 * Two bits of common_flags changed their meaning. A kernel that lists the
 * events of the tracers, but none of those that came with 4.9 and 4.10, still
 * has the old one.
 */
static bool has_old_flags(struct ringmap_schema *schema)
{
	const struct rm_event_names *names = &schema->names;

	if (rm_event_names_load(&schema->names, &schema->source, NULL))
		return false;
	return rm_event_names_find(names, "ftrace:function") &&
	       rm_event_names_find(names, "ftrace:print") &&
	       !rm_event_names_find(names, "ftrace:hwlat") &&
	       !rm_event_names_find(names, "ftrace:raw_data");
}

/* Reads what lines begin with: names of tasks, and the meaning of flags. */
static enum ringmap_status prepare_lines(struct ringmap_schema *schema)
{
	/* Pairs with the release below. */
	if (__atomic_load_n(&schema->lines, __ATOMIC_ACQUIRE))
		return RINGMAP_OK;
	RM_HOLD(schema);
	enum ringmap_status s = rm_comms_load(&schema->comms, &schema->source);
	if (s || schema->lines)
		return s;
	schema->old_flags = has_old_flags(schema);
	/* Pairs with the acquire above. */
	__atomic_store_n(&schema->lines, true, __ATOMIC_RELEASE);
	return RINGMAP_OK;
}

/* ---- a record -------------------------------------------------------------- */

/* Checks that the record contains all fields and all dynamic data. */
static bool is_whole(const struct rm_eval *e)
{
	if (e->size < e->format->required || e->size > RM_RECORD_MAX)
		return false;
	for (size_t i = 0; i < e->fmt->nr_dynamic; i++) {
		const struct ringmap_field_info *field = e->fmt->dynamic[i];
		struct rm_bytes bytes;

		for (uint32_t k = 0; !k || k < field->count; k++) {
			if (!rm_eval_bytes(e, field, k, &bytes))
				return false;
		}
	}
	return true;
}

/* Shows the event by its print fmt, or its fields if that cannot be followed. */
static void put_info(const struct rm_eval *e, struct rm_sink *out)
{
	const size_t begin = out->size;
	const char last = out->last;
	bool done = e->fmt->special != RM_SPECIAL_NONE
			    ? rm_eval_special(e, out)
			    : e->fmt->followed && rm_eval_pieces(e, out);

	if (done)
		return;
	rm_sink_cut(out, begin, last);
	rm_put_string(out, "[FAILED TO PARSE]");
	rm_eval_fields(e, false, true, out);
}

static void put_event(const struct rm_eval *e,
		      const struct ringmap_schema *schema,
		      const struct ringmap_event *event, uint32_t flags,
		      struct rm_sink *out)
{
	const bool line = flags & RINGMAP_PRINT_LINE;
	const bool raw = flags & RINGMAP_PRINT_RAW;

	if (line) {
		rm_put_start(out, e, schema, event, raw);
		rm_put(out, e->fmt->heading.at, e->fmt->heading.size);
	}
	if (raw)
		rm_eval_fields(e, true, line, out);
	else
		put_info(e, out);
	/* The text is a line without its end. */
	if (rm_sink_last(out) == '\n')
		out->size--;
}

/* ---- the call -------------------------------------------------------------- */

static void finish(const struct rm_sink *out, char *buf, size_t cap,
		   size_t *ret)
{
	if (ret)
		*ret = out->size;
	if (cap)
		buf[out->size < cap ? out->size : cap - 1] = '\0';
}

/* Finds any format, for the common fields, which all of them have. */
static struct ringmap_format *any_format(struct ringmap_schema *schema)
{
	RM_HOLD(schema);
	return schema->nr_all ? (struct ringmap_format *)schema->all[0] : NULL;
}

/* Loads a format that no call needed before. */
static enum ringmap_status load_format(struct ringmap_schema *schema,
				       uint32_t id, struct ringmap_format **ret,
				       struct ringmap_error *err)
{
	RM_HOLD(schema);
	return rm_schema_by_id(schema, id, ret, err);
}

static inline enum ringmap_status prepare_all(struct ringmap_schema *schema,
					      struct ringmap_format *format,
					      uint32_t flags)
{
	enum ringmap_status s = RINGMAP_OK;

	/* Pairs with the release in prepare(). */
	if (!__atomic_load_n(&format->printable, __ATOMIC_ACQUIRE))
		s = prepare(schema, format);
	if (!s && (flags & RINGMAP_PRINT_LINE))
		s = prepare_lines(schema);
	return s;
}

static struct rm_eval eval_of(const struct ringmap_schema *schema,
			      const struct ringmap_format *format,
			      const struct ringmap_event *event)
{
	return (struct rm_eval){
		.format = format,
		.fmt = format->print,
		.symbols = format->print->symbols ? &schema->symbols : NULL,
		.printks = format->print->printks ? &schema->printks : NULL,
		.data = event->data,
		.size = event->size};
}

/* Puts what an event without a format has: task, CPU and time. */
static enum ringmap_status put_unknown(struct ringmap_schema *schema,
				       const struct ringmap_event *event,
				       uint32_t flags, const char *why,
				       struct rm_sink *out)
{
	struct ringmap_format *format =
		flags & RINGMAP_PRINT_LINE ? any_format(schema) : NULL;

	if (format) {
		enum ringmap_status s = prepare_all(schema, format, flags);

		if (s)
			return s;
		const struct rm_eval e = eval_of(schema, format, event);
		rm_put_start(out, &e, schema, event, flags & RINGMAP_PRINT_RAW);
	}
	rm_put_string(out, why);
	return RINGMAP_E_NOENT;
}

static enum ringmap_status put_known(struct ringmap_schema *schema,
				     struct ringmap_format *format,
				     const struct ringmap_event *event,
				     uint32_t flags, struct rm_sink *out)
{
	enum ringmap_status s = prepare_all(schema, format, flags);

	if (s)
		return s;
	const struct rm_eval e = eval_of(schema, format, event);
	if (!is_whole(&e))
		return RINGMAP_E_CORRUPT;
	put_event(&e, schema, event, flags, out);
	return RINGMAP_OK;
}

/* Puts an event whose format no call needed before. */
static enum ringmap_status put_new(struct ringmap_schema *schema, uint32_t id,
				   const struct ringmap_event *event,
				   uint32_t flags, struct rm_sink *out)
{
	struct ringmap_error err = {.text = ""};
	struct ringmap_format *format;
	enum ringmap_status s = load_format(schema, id, &format, &err);

	if (!s)
		return put_known(schema, format, event, flags, out);
	if (s == RINGMAP_E_NOENT)
		return put_unknown(schema, event, flags, err.text, out);
	rm_put_string(out, err.text);
	return s;
}

enum ringmap_status ringmap_event_print(struct ringmap_schema *schema,
					const struct ringmap_event *event,
					uint32_t flags, char *buf, size_t cap,
					size_t *ret)
{
	const uint32_t known = RINGMAP_PRINT_RAW | RINGMAP_PRINT_LINE;
	const size_t room = cap ? cap - 1 : 0;
	struct rm_sink out = {buf, room, 0, SIZE_MAX, room, '\0'};

	if (!schema || !event || (!buf && cap) || (flags & ~known))
		return RINGMAP_E_INVAL;
	if (!event->data || event->size < sizeof(uint16_t))
		return RINGMAP_E_CORRUPT;
	const uint32_t id = (uint32_t)rm_load(event->data, sizeof(uint16_t),
					      schema->kernel.big_endian);
	struct ringmap_format *format = rm_schema_peek(schema, id);
	enum ringmap_status s =
		format ? put_known(schema, format, event, flags, &out)
		       : put_new(schema, id, event, flags, &out);
	/* Other errors leave the caller's buffer as it was. */
	if (!s || out.size)
		finish(&out, buf, cap, ret);
	return s;
}
