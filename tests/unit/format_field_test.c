/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * format_field_test.c - what a format tells of its fields
 */
#define _GNU_SOURCE
#include "tests/support/rm_check.h"
#include "tests/support/text_source.h"

#define SIGNED RINGMAP_FIELD_SIGNED
#define ARRAY RINGMAP_FIELD_ARRAY
#define DATA_LOC RINGMAP_FIELD_DATA_LOC
#define REL_LOC RINGMAP_FIELD_REL_LOC

static struct ringmap_error err;

/* The only event's format, of a kernel whose longs have that size. */
static const struct ringmap_format *only_format(struct rm_text_source *source,
						struct rm_text_event *event,
						const char *text,
						struct ringmap_schema **ret)
{
	const struct ringmap_format *format;

	*event = (struct rm_text_event){"test", "event", text};
	source->events = event;
	source->count = 1;
	*ret = rm_text_schema(source);
	rm_assert_ok_err(ringmap_schema_format(*ret, "event", &format, &err),
			 &err);
	return format;
}

/* One line of a format file and what it means. */
struct line {
	const char *decl;
	uint32_t size;
	int is_signed; /* -1: an old kernel, which does not say */
	const char *type;
	const char *name;
	uint32_t kind; /* from here on as in struct ringmap_field_info */
	uint32_t flags;
	uint32_t elem_size;
	uint32_t count;
	uint32_t inner;
};

#define BYTES RINGMAP_KIND_BYTES
#define INT RINGMAP_KIND_INT
#define BOOL RINGMAP_KIND_BOOL
#define POINTER RINGMAP_KIND_POINTER
#define STRING RINGMAP_KIND_STRING
#define BITMASK RINGMAP_KIND_BITMASK
#define UNKNOWN RINGMAP_FIELD_UNKNOWN

/* What libtraceevent 1.7 reads otherwise, or not at all, among them. */
static const struct line lines_64[] = {
	{"int a", 4, 1, "int", "a", INT, SIGNED, 4, 1, 0},
	{"unsigned int a", 4, 0, "unsigned int", "a", INT, 0, 4, 1, 0},
	{"unsigned long  a", 8, 0, "unsigned long", "a", INT, 0, 8, 1, 0},
	{"int a", 4, -1, "int", "a", INT, SIGNED, 4, 1, 0},
	{"u32 a", 4, -1, "u32", "a", INT, 0, 4, 1, 0},
	{"char a", 1, 1, "char", "a", INT, SIGNED, 1, 1, 0},
	{"bool a", 1, 0, "bool", "a", BOOL, 0, 1, 1, 0},
	{"bool a", 4, 0, "bool", "a", INT, 0, 4, 1, 0},
	{"gfp_t a", 4, 0, "gfp_t", "a", INT, 0, 4, 1, 0},
	{"enum mode a", 4, 0, "enum mode", "a", INT, 0, 4, 1, 0},
	{"some_t a", 2, 1, "some_t", "a", INT, SIGNED, 2, 1, 0},
	{"guid_t a", 16, 0, "guid_t", "a", BYTES, 0, 16, 1, 0},
	{"struct pair a", 8, 0, "struct pair", "a", BYTES, 0, 8, 1, 0},
	{"void * a", 8, 0, "void *", "a", POINTER, 0, 8, 1, 0},
	{"const char *a", 8, 0, "const char *", "a", POINTER, 0, 8, 1, 0},
	{"struct s __attribute__((user)) * a", 8, 0,
	 "struct s __attribute__((user)) *", "a", POINTER, 0, 8, 1, 0},
	{"const char *const * a", 8, 1, "const char *const *", "a", POINTER, 0,
	 8, 1, 0},
	{"char a[16]", 16, 1, "char[16]", "a", STRING, ARRAY, 1, 16, 0},
	{"char a[TASK_COMM_LEN]", 16, 1, "char[TASK_COMM_LEN]", "a", STRING,
	 ARRAY, 1, 16, 0},
	{"unsigned char a[6]", 6, 0, "unsigned char[6]", "a", INT, ARRAY, 1, 6,
	 0},
	{"u8 a[28]", 28, 0, "u8[28]", "a", INT, ARRAY, 1, 28, 0},
	{"unsigned long a[8]", 64, 0, "unsigned long[8]", "a", INT, ARRAY, 8, 8,
	 0},
	{"s16 a[3]", 6, 1, "s16[3]", "a", INT, ARRAY | SIGNED, 2, 3, 0},
	{"void * a[2]", 16, 0, "void *[2]", "a", POINTER, ARRAY, 8, 2, 0},
	{"struct pair a[2]", 32, 0, "struct pair[2]", "a", BYTES, ARRAY, 16, 2,
	 0},
	{"some_t a[4]", 8, 0, "some_t[4]", "a", INT, ARRAY, 2, 4, 0},
	{"__u8 a[sizeof(struct sockaddr_in6)]", 28, 0,
	 "__u8[sizeof(struct sockaddr_in6)]", "a", INT, ARRAY, 1, 28, 0},
	{"some_t a[N]", 8, 0, "some_t[N]", "a", BYTES, ARRAY, 8, 1, 0},
	{"int a[2][3]", 24, 1, "int[2][3]", "a", INT, ARRAY | SIGNED, 4, 6, 3},
	{"char a[4][8]", 32, 1, "char[4][8]", "a", STRING, ARRAY, 1, 32, 8},
	{"u16 a[2][3][4]", 48, 0, "u16[2][3][4]", "a", INT, ARRAY, 2, 24, 12},
	{"unsigned long a[]", 0, 0, "unsigned long[]", "a", INT, ARRAY, 8, 0,
	 0},
	{"char a", 0, 0, "char", "a", STRING, ARRAY, 1, 0, 0},
	{"u32 a[]", 0, 0, "u32[]", "a", INT, ARRAY, 4, 0, 0},
	{"__data_loc char[] a", 4, 0, "__data_loc char[]", "a", STRING,
	 ARRAY | DATA_LOC, 1, 0, 0},
	{"__rel_loc char[] a", 4, 1, "__rel_loc char[]", "a", STRING,
	 ARRAY | REL_LOC, 1, 0, 0},
	{"__data_loc u16[] a", 4, 0, "__data_loc u16[]", "a", INT,
	 ARRAY | DATA_LOC, 2, 0, 0},
	{"__data_loc s64[] a", 4, 0, "__data_loc s64[]", "a", INT,
	 ARRAY | DATA_LOC | SIGNED, 8, 0, 0},
	{"__rel_loc unsigned int[] a", 4, 1, "__rel_loc unsigned int[]", "a",
	 INT, ARRAY | REL_LOC, 4, 0, 0},
	{"__data_loc unsigned long[] a", 4, 0, "__data_loc unsigned long[]",
	 "a", INT, ARRAY | DATA_LOC, 8, 0, 0},
	{"__data_loc bool[] a", 4, 0, "__data_loc bool[]", "a", BOOL,
	 ARRAY | DATA_LOC, 1, 0, 0},
	{"__data_loc struct pair[] a", 4, 0, "__data_loc struct pair[]", "a",
	 BYTES, ARRAY | DATA_LOC, 1, 0, 0},
	{"__data_loc void *[] a", 4, 0, "__data_loc void *[]", "a", POINTER,
	 ARRAY | DATA_LOC, 8, 0, 0},
	{"__data_loc cpumask_t a", 4, 0, "__data_loc cpumask_t", "a", BITMASK,
	 ARRAY | DATA_LOC, 8, 0, 0},
	{"__data_loc cpumask_t *[] a", 4, 0, "__data_loc cpumask_t *[]", "a",
	 BITMASK, ARRAY | DATA_LOC, 8, 0, 0},
	/* An array of dynamic values, as "string[3]" of a probe makes it. */
	{"__data_loc char[][3] a", 12, 1, "__data_loc char[][3]", "a", STRING,
	 ARRAY | DATA_LOC, 1, 3, 0},
	{"__data_loc char[][1] a", 4, 1, "__data_loc char[][1]", "a", STRING,
	 ARRAY | DATA_LOC, 1, 1, 0},
	{"__rel_loc s16[][2] a", 8, 1, "__rel_loc s16[][2]", "a", INT,
	 ARRAY | REL_LOC | SIGNED, 2, 2, 0},
	/* A u16 locates dynamic data in kernels before 2.6.32. */
	{"__data_loc char[] a", 2, -1, "__data_loc char[]", "a", STRING,
	 ARRAY | DATA_LOC, 1, 0, 0},
	{"__data_loc char[][2] a", 4, -1, "__data_loc char[][2]", "a", STRING,
	 ARRAY | DATA_LOC, 1, 2, 0},
	/* Words of no other size locate data. */
	{"__data_loc char[] a", 8, 0, "__data_loc char[]", "a", BYTES, UNKNOWN,
	 8, 1, 0},
	{"__data_loc char[] a", 1, 0, "__data_loc char[]", "a", BYTES, UNKNOWN,
	 1, 1, 0},
	{"__rel_loc char[][3] a", 10, 0, "__rel_loc char[][3]", "a", BYTES,
	 UNKNOWN, 10, 1, 0},
	{"__data_loc cpumask_t a", 8, 0, "__data_loc cpumask_t", "a", BYTES,
	 UNKNOWN, 8, 1, 0},
	{"int\"a", 4, 1, "int\"", "a", BYTES, UNKNOWN, 4, 1, 0},
	{"* a", 4, 1, "*", "a", BYTES, UNKNOWN, 4, 1, 0},
	{"in\xfft a", 4, 1, "in\\xfft", "a", BYTES, UNKNOWN, 4, 1, 0},
	{"int a[\xff]", 4, 1, "int[\\xff]", "a", INT, ARRAY | SIGNED, 4, 1, 0},
	{"cpumask_t a", 16, 0, "cpumask_t", "a", BITMASK, ARRAY, 8, 2, 0},
	{"cpumask_t * a", 8, 0, "cpumask_t *", "a", POINTER, 0, 8, 1, 0},
	{"unsigned long graph_ent.a", 8, 0, "unsigned long", "a", INT, 0, 8, 1,
	 0},
};

static const struct line lines_32[] = {
	{"unsigned long a", 4, 0, "unsigned long", "a", INT, 0, 4, 1, 0},
	{"unsigned long a[]", 0, 0, "unsigned long[]", "a", INT, ARRAY, 4, 0,
	 0},
	{"__data_loc long[] a", 4, 0, "__data_loc long[]", "a", INT,
	 ARRAY | DATA_LOC | SIGNED, 4, 0, 0},
	{"__data_loc size_t[] a", 4, 0, "__data_loc size_t[]", "a", INT,
	 ARRAY | DATA_LOC, 4, 0, 0},
	{"__data_loc loff_t[] a", 4, 0, "__data_loc loff_t[]", "a", INT,
	 ARRAY | DATA_LOC | SIGNED, 8, 0, 0},
	{"__data_loc void *[] a", 4, 0, "__data_loc void *[]", "a", POINTER,
	 ARRAY | DATA_LOC, 4, 0, 0},
	{"void *a", 4, 0, "void *", "a", POINTER, 0, 4, 1, 0},
	{"cpumask_t a", 16, 0, "cpumask_t", "a", BITMASK, ARRAY, 4, 4, 0},
};

static void assert_line(const struct line *line, uint32_t long_size,
			bool big_endian)
{
	struct rm_text_source source = {.long_size = long_size,
					.big_endian = big_endian};
	const struct ringmap_format *format;
	struct ringmap_format_info info;
	struct ringmap_field_info f;
	struct ringmap_schema *schema;
	struct rm_text_event event;
	char sign[32] = "";
	char *text;

	if (line->is_signed >= 0)
		snprintf(sign, sizeof(sign), "\tsigned:%d;", line->is_signed);
	ck_assert(asprintf(&text,
			   RM_FIELDS("event", 1, "") "\tfield:%s;\toffset:8;"
						     "\tsize:%u;%s\n",
			   line->decl, line->size, sign) > 0);
	format = only_format(&source, &event, text, &schema);
	rm_assert_ok(ringmap_format_field(format, 4, &f, sizeof(f)));
	ck_assert_str_eq(f.type, line->type);
	ck_assert_str_eq(f.name, line->name);
	ck_assert_uint_eq(f.offset, 8);
	ck_assert_uint_eq(f.size, line->size);
	ck_assert_msg(f.kind == line->kind && f.flags == line->flags &&
			      f.elem_size == line->elem_size &&
			      f.count == line->count && f.inner == line->inner,
		      "%s: kind %u flags %u elem %u count %u inner %u",
		      line->decl, f.kind, f.flags, f.elem_size, f.count,
		      f.inner);
	rm_assert_ok(ringmap_format_info(format, &info, sizeof(info)));
	ck_assert_uint_eq(info.nr_unknown, line->flags == UNKNOWN);
	ringmap_schema_unref(schema);
	free(text);
}

START_TEST(fields_of_every_type)
{
	for (size_t i = 0; i < sizeof(lines_64) / sizeof(*lines_64); i++) {
		assert_line(&lines_64[i], 8, false);
		assert_line(&lines_64[i], 8, true);
	}
}
END_TEST

START_TEST(fields_of_a_32_bit_kernel)
{
	for (size_t i = 0; i < sizeof(lines_32) / sizeof(*lines_32); i++) {
		assert_line(&lines_32[i], 4, false);
		assert_line(&lines_32[i], 4, true);
	}
}
END_TEST

START_TEST(common_fields_come_first_and_are_marked)
{
	const char *text =
		RM_FORMAT("event", 7, RM_FIELD("int common_sense", 8, 4, 1),
			  "\"%d\", REC->common_sense");
	struct rm_text_source source = {.long_size = 8};
	struct ringmap_format_info info;
	struct ringmap_field_info f;
	struct ringmap_schema *schema;
	struct rm_text_event event;
	const struct ringmap_format *format =
		only_format(&source, &event, text, &schema);

	rm_assert_ok(ringmap_format_info(format, &info, sizeof(info)));
	ck_assert_str_eq(info.system, "test");
	ck_assert_str_eq(info.name, "event");
	ck_assert_str_eq(info.print_fmt, "\"%d\", REC->common_sense");
	ck_assert_uint_eq(info.id, 7);
	ck_assert_uint_eq(info.size, 12);
	ck_assert_uint_eq(info.nr_fields, 5);
	for (size_t i = 0; i < 5; i++) {
		rm_assert_ok(ringmap_format_field(format, i, &f, sizeof(f)));
		ck_assert_msg(f.flags & RINGMAP_FIELD_COMMON, "%s", f.name);
	}
	rm_assert_status(ringmap_format_field(format, 5, &f, sizeof(f)),
			 RINGMAP_E_NOENT);
	rm_assert_ok(ringmap_format_field_by_name(format, "common_pid", &f,
						  sizeof(f)));
	ck_assert_uint_eq(f.offset, 4);
	ck_assert_uint_eq(f.flags, RINGMAP_FIELD_COMMON | SIGNED);
	rm_assert_status(
		ringmap_format_field_by_name(format, "common", &f, sizeof(f)),
		RINGMAP_E_NOENT);
	rm_assert_status(ringmap_format_field(format, 0, &f, 0),
			 RINGMAP_E_INVAL);
	rm_assert_status(ringmap_format_field(NULL, 0, &f, sizeof(f)),
			 RINGMAP_E_INVAL);
	rm_assert_status(ringmap_format_info(format, NULL, 8), RINGMAP_E_INVAL);
	ringmap_schema_unref(schema);
}
END_TEST

START_TEST(callers_with_smaller_structs_get_what_they_know)
{
	struct rm_text_source source = {.long_size = 8};
	struct ringmap_field_info f;
	struct ringmap_schema *schema;
	struct rm_text_event event;
	const struct ringmap_format *format = only_format(
		&source, &event, RM_FORMAT("e", 7, "", "\"\""), &schema);

	memset(&f, 0xaa, sizeof(f));
	rm_assert_ok(ringmap_format_field(
		format, 0, &f, offsetof(struct ringmap_field_info, offset)));
	ck_assert_str_eq(f.name, "common_type");
	ck_assert_uint_eq(f.offset, 0xaaaaaaaa);
	ringmap_schema_unref(schema);
}
END_TEST

/* ---- values ----------------------------------------------------------------- */

static const char values_text[] = RM_FORMAT(
	"event", 1,
	RM_FIELD("s8 state", 8, 1, 1) RM_FIELD("u32 mode", 12, 4, 0)
		RM_FIELD("int vec", 16, 4, 1) RM_FIELD("u64 raw", 24, 8, 0)
			RM_FIELD("bool on", 32, 1, 0),
	"\"%s %s %s %s %s\", __print_symbolic(REC->state, { -1, \"NONE\" }, "
	"{ (1 << 4) | 0x2, \"A\" \"B\" }, { 300, \"NEVER\" }), "
	"(REC->mode) ? __print_flags((unsigned long)REC->mode, \"|\", "
	"{(unsigned long)(((( gfp_t)(((1UL))) << (3)))), \"THREE\" }, "
	"{ ~0x7fffffff, \"HIGH\" }, { 0, ((void *)0) } ) : \"none\", "
	"__print_symbolic(REC->vec, {HI_SOFTIRQ, \"HI\"}, "
	"{UNHEARD_OF, \"X\"}, {RCU_SOFTIRQ, \"RCU\"}), "
	"__print_symbolic(REC->raw & 3, {1, \"ONE\"}), "
	"__print_symbolic(REC->on, {0, \"no\"}, {1, \"yes\"}), "
	"what_is_this(REC->raw)");

static void assert_value(const struct ringmap_field_info *f, uint32_t i,
			 uint64_t value, const char *name)
{
	ck_assert_uint_gt(f->nr_values, i);
	ck_assert_uint_eq(f->values[i].value, value);
	ck_assert_str_eq(f->values[i].name, name);
}

START_TEST(tables_of_the_print_fmt_name_values)
{
	struct rm_text_source source = {.long_size = 8};
	struct ringmap_field_info f;
	struct ringmap_schema *schema;
	struct rm_text_event event;
	const struct ringmap_format *format =
		only_format(&source, &event, values_text, &schema);

	ringmap_format_field_by_name(format, "state", &f, sizeof(f));
	ck_assert_uint_eq(f.kind, RINGMAP_KIND_SYMBOL);
	ck_assert_uint_eq(f.nr_values, 2);
	ck_assert_ptr_null(f.delim);
	assert_value(&f, 0, UINT64_MAX, "NONE");
	assert_value(&f, 1, 0x12, "AB");
	ringmap_format_field_by_name(format, "mode", &f, sizeof(f));
	ck_assert_uint_eq(f.kind, RINGMAP_KIND_FLAGS);
	ck_assert_uint_eq(f.nr_values, 2);
	ck_assert_str_eq(f.delim, "|");
	assert_value(&f, 0, 8, "THREE");
	assert_value(&f, 1, 0x80000000, "HIGH");
	ringmap_format_field_by_name(format, "vec", &f, sizeof(f));
	ck_assert_uint_eq(f.kind, RINGMAP_KIND_SYMBOL);
	ck_assert_uint_eq(f.nr_values, 2);
	assert_value(&f, 1, 9, "RCU");
	ringmap_format_field_by_name(format, "raw", &f, sizeof(f));
	ck_assert_uint_eq(f.kind, INT);
	ck_assert_uint_eq(f.nr_values, 0);
	ringmap_format_field_by_name(format, "on", &f, sizeof(f));
	ck_assert_uint_eq(f.kind, BOOL);
	ringmap_schema_unref(schema);
}
END_TEST

START_TEST(functions_of_the_print_fmt_make_bitmasks)
{
	const char *text = RM_FORMAT(
		"event", 1,
		RM_FIELD("__data_loc unsigned long[] a", 8, 4, 0)
			RM_FIELD("__rel_loc unsigned long[] b", 12, 4, 0)
				RM_FIELD("__data_loc u8[] c", 16, 4, 0),
		"\"%s %s %d\", __get_bitmask(a), __get_rel_cpumask( b ), "
		"__get_dynamic_array_len(c)");
	struct rm_text_source source = {.long_size = 4, .big_endian = true};
	struct ringmap_field_info f;
	struct ringmap_schema *schema;
	struct rm_text_event event;
	const struct ringmap_format *format =
		only_format(&source, &event, text, &schema);

	ringmap_format_field_by_name(format, "a", &f, sizeof(f));
	ck_assert_uint_eq(f.kind, BITMASK);
	ck_assert_uint_eq(f.elem_size, 4);
	ck_assert_uint_eq(f.flags, ARRAY | DATA_LOC);
	ringmap_format_field_by_name(format, "b", &f, sizeof(f));
	ck_assert_uint_eq(f.kind, BITMASK);
	ringmap_format_field_by_name(format, "c", &f, sizeof(f));
	ck_assert_uint_eq(f.kind, INT);
	ringmap_schema_unref(schema);
}
END_TEST

RM_MAIN(fields_of_every_type, fields_of_a_32_bit_kernel,
	common_fields_come_first_and_are_marked,
	callers_with_smaller_structs_get_what_they_know,
	tables_of_the_print_fmt_name_values,
	functions_of_the_print_fmt_make_bitmasks)
