/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * records.c - event formats in a folder, and sub-buffers of their records
 */
#define _GNU_SOURCE
#include "tests/unit/records.h"

#include "tests/support/arrow_text.h"
#include "tests/support/rm_check.h"
#include "tests/unit/walk.h"

enum {
	SHORT_MAX = 112 /* bytes of a record with a short header */
};

/* ---- formats ------------------------------------------------------------- */

void rm_formats_make(struct rm_formats *f, int long_size)
{
	char text[256];

	f->schema = NULL;
	rm_tree_make(&f->tree);
	snprintf(text, sizeof(text),
		 "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
		 "\tfield: local_t commit;\toffset:8;\tsize:%d;\tsigned:1;\n",
		 long_size);
	rm_tree_print(&f->tree, "events/header_page", text);
}

void rm_formats_add(struct rm_formats *f, const char *system, const char *event,
		    unsigned int id, const char *fields, const char *print_fmt)
{
	char path[256];
	char *text;

	ck_assert_int_gt(
		asprintf(&text,
			 "name: %s\nID: %u\nformat:\n" RM_FIELD(
				 "unsigned short common_type", 0, 2, 0)
				 RM_FIELD("unsigned char common_flags", 2, 1, 0)
					 RM_FIELD("unsigned char "
						  "common_preempt_count",
						  3, 1, 0)
						 RM_FIELD("int common_pid", 4,
							  4, 1) "\n%s%s%s\n",
			 event, id, fields, print_fmt ? "\nprint fmt: " : "",
			 print_fmt ? print_fmt : ""),
		0);
	snprintf(path, sizeof(path), "events/%s/%s/format", system, event);
	rm_tree_print(&f->tree, path, text);
	free(text);
}

void rm_formats_open(struct rm_formats *f)
{
	struct ringmap_error err;

	rm_assert_ok_err(ringmap_schema_open(f->tree.root, &f->schema, &err),
			 &err);
}

void rm_formats_free(struct rm_formats *f)
{
	ringmap_schema_unref(f->schema);
	rm_tree_free(&f->tree);
}

/* ---- records --------------------------------------------------------------- */

void rm_records_begin(struct rm_records *r,
		      const struct ringmap_image_opts *shape,
		      const char *script)
{
	r->shape = shape ? *shape : (struct ringmap_image_opts){.sz = 0};
	r->count = r->used = r->last = 0;
	r->script_size = 0;
	r->script[0] = '\0';
	rm_records_script(r, script);
}

void rm_records_script(struct rm_records *r, const char *statement)
{
	size_t room = sizeof(r->script) - r->script_size;
	int n = snprintf(r->script + r->script_size, room, "%s%s",
			 r->script_size ? "; " : "", statement);

	ck_assert_uint_lt((size_t)n, room);
	r->script_size += (size_t)n;
}

void rm_put_bytes(struct rm_records *r, uint32_t offset, const void *bytes,
		  uint32_t size)
{
	ck_assert_uint_le(offset + size, r->sizes[r->count - 1]);
	memcpy(r->bytes + r->last + offset, bytes, size);
}

void rm_put(struct rm_records *r, uint32_t offset, uint32_t size,
	    uint64_t value)
{
	uint8_t bytes[8];

	for (uint32_t i = 0; i < size; i++) {
		uint32_t byte = r->shape.big_endian ? size - 1 - i : i;

		bytes[i] = (uint8_t)(value >> 8 * byte);
	}
	rm_put_bytes(r, offset, bytes, size);
}

void rm_records_add(struct rm_records *r, uint16_t id, uint32_t size,
		    uint32_t delta, int32_t pid)
{
	uint32_t whole = (size + 3) & ~UINT32_C(3);
	char statement[64];

	snprintf(statement, sizeof(statement), "%s +%u %u",
		 whole && whole <= SHORT_MAX ? "EVENT" : "LONG", delta, whole);
	rm_records_script(r, statement);
	ck_assert_uint_lt(r->count, sizeof(r->sizes) / sizeof(*r->sizes));
	ck_assert_uint_le(r->used + whole, sizeof(r->bytes));
	r->sizes[r->count++] = whole;
	r->last = r->used;
	r->used += whole;
	memset(r->bytes + r->last, 0, whole);
	if (whole >= 4)
		rm_put(r, 0, 2, id);
	if (whole >= RM_ENTRY)
		rm_put(r, 4, 4, (uint32_t)pid);
}

struct rm_generated *rm_records_end(struct rm_records *r)
{
	struct rm_generated *g = rm_generate(&r->shape, r->script);
	uint32_t used = 0;

	ck_assert_uint_eq(g->count, r->count);
	for (size_t i = 0; i < r->count; used += r->sizes[i++]) {
		const uint8_t *bytes = r->bytes + used;
		bool big = r->shape.big_endian;

		memcpy(g->subbuf + g->opts.data_offset + g->events[i].offset,
		       bytes, r->sizes[i]);
		if (r->sizes[i])
			g->events[i].id =
				(uint16_t)(bytes[!big] << 8 | bytes[big]);
	}
	return g;
}

/* ---- tables ---------------------------------------------------------------- */

struct ringmap_table *rm_open_table_opts(const struct rm_formats *f,
					 const char *columns,
					 struct ringmap_table_opts opts)
{
	char *text = strdup(columns ? columns : "");
	const char *names[64];
	size_t count = 0;
	struct ringmap_table *table;
	struct ringmap_error err;
	char *rest = text;

	for (char *name; (name = strtok_r(rest, " ", &rest));)
		names[count++] = name;
	opts.sz = sizeof(opts);
	opts.columns = columns ? names : NULL;
	opts.nr_columns = count;
	rm_assert_ok_err(ringmap_table_open(f->schema, &opts, &table, &err),
			 &err);
	free(text);
	return table;
}

struct ringmap_table *rm_open_table(const struct rm_formats *f,
				    const char *event, const char *columns)
{
	return rm_open_table_opts(f, columns,
				  (struct ringmap_table_opts){.event = event});
}

enum ringmap_status rm_append(struct ringmap_table *table,
			      const struct rm_generated *g)
{
	struct ringmap_page page = rm_page_on(g);

	return ringmap_table_append(table, &page);
}

char *rm_table_text(struct ringmap_table *table)
{
	struct ArrowSchema schema;
	struct ArrowArray array;
	size_t rows = ringmap_table_rows(table);

	enum ringmap_status s = ringmap_table_export(table, &array);
	if (!rows) {
		rm_assert_status(s, RINGMAP_DONE);
		return strdup("");
	}
	rm_assert_ok(s);
	ck_assert_int_eq(array.length, (int64_t)rows);
	rm_assert_ok(ringmap_table_schema(table, &schema));
	rm_arrow_check(&schema, &array);
	char *text = rm_arrow_dump(&schema, &array);
	schema.release(&schema);
	array.release(&array);
	return text;
}

void rm_assert_table(struct ringmap_table *table, const char *text)
{
	char *now = rm_table_text(table);

	ck_assert_str_eq(now, text);
	free(now);
}

struct ringmap_table_stats rm_table_stats(const struct ringmap_table *table)
{
	struct ringmap_table_stats stats;

	rm_assert_ok(ringmap_table_stats(table, &stats, sizeof(stats)));
	return stats;
}
