/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * event_print_test.c - events as text
 */
#include "tests/support/rm_check.h"
#include "tests/support/text_source.h"

/* A record, byte by byte: numbers are little-endian unless said otherwise. */
#define HEADER "\x07\x00\x01\x21\x12\x00\x00\x00"

static struct rm_text_event only;

static struct rm_text_source source_of(const char *system, const char *text)
{
	only = (struct rm_text_event){system, "event", text};
	return (struct rm_text_source){.events = &only, .count = 1};
}

static enum ringmap_status print(struct rm_text_source *source,
				 const void *record, size_t size,
				 uint32_t flags, char *text, size_t cap)
{
	/* Memory of just this size: the sanitizer guards its end. */
	void *exact = malloc(size);
	struct ringmap_event event = {.ts = 106439675570920,
				      .data = exact,
				      .size = (uint32_t)size,
				      .cpu = 2};
	struct ringmap_schema *schema = rm_text_schema(source);
	size_t length = 0;

	memcpy(exact, record, size);
	enum ringmap_status s =
		ringmap_event_print(schema, &event, flags, text, cap, &length);
	if (!s && length < cap)
		ck_assert_uint_eq(length, strlen(text));
	ringmap_schema_unref(schema);
	free(exact);
	return s;
}

#define assert_prints(source, record, flags, expected)                         \
	do {                                                                   \
		char rm_text[1024];                                            \
		rm_assert_ok(print(source, record, sizeof(record) - 1, flags,  \
				   rm_text, sizeof(rm_text)));                 \
		ck_assert_str_eq(rm_text, expected);                           \
	} while (0)

static const char switch_text[] = RM_FORMAT(
	"sched_switch", 7,
	RM_FIELD("char prev_comm[16]", 8, 16, 1)
		RM_FIELD("pid_t prev_pid", 24, 4, 1)
			RM_FIELD("u32 state", 28, 4, 0),
	"\"%s:%d [%s] %03x\", REC->prev_comm, REC->prev_pid, REC->state & 3 "
	"? __print_flags(REC->state & 3, \"|\", { 1, \"S\" }, { 2, \"D\" }) : "
	"\"R\", REC->state");

#define SWITCH                                                                 \
	HEADER "migration/2\0\0\0\0\0"                                         \
	       "\x12\0\0\0\x03\0\0\0"

START_TEST(text_follows_the_print_fmt)
{
	struct rm_text_source source = source_of("sched", switch_text);

	assert_prints(&source, SWITCH, 0, "migration/2:18 [S|D] 003");
	assert_prints(&source,
		      HEADER
		      "x\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xff\xff\xff\xff\0\0\0\0",
		      0, "x:-1 [R] 000");
}
END_TEST

START_TEST(raw_text_tells_fields)
{
	struct rm_text_source source = source_of("sched", switch_text);

	assert_prints(&source, SWITCH, RINGMAP_PRINT_RAW,
		      "prev_comm=migration/2 prev_pid=18 state=003");
}
END_TEST

START_TEST(a_line_tells_task_cpu_and_time)
{
	struct rm_text_source source = source_of("sched", switch_text);

	source.saved_cmdlines = "18 migration/2\n";
	assert_prints(&source, SWITCH, RINGMAP_PRINT_LINE,
		      "     migration/2-18    [002] d..12 106439.675570920: "
		      "sched_switch:         migration/2:18 [S|D] 003");
	assert_prints(&source, SWITCH, RINGMAP_PRINT_LINE | RINGMAP_PRINT_RAW,
		      "     migration/2-18    [002]-0x1 106439.675570920: "
		      "sched_switch:          prev_comm=migration/2 "
		      "prev_pid=18 state=003");
	source.saved_cmdlines = NULL;
	assert_prints(&source,
		      "\x07\0\x1e\0\0\0\0\0"
		      "ab\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
		      "\0\0\0\0\0\0\0\0",
		      RINGMAP_PRINT_LINE,
		      "          <idle>-0     [002] .bH.. 106439.675570920: "
		      "sched_switch:         ab:0 [R] 000");
}
END_TEST

/* The last field of an event of ftrace may be short, but no other one. */
START_TEST(fields_at_the_place_of_a_short_one_are_not_short)
{
	static const char text[] =
		RM_FORMAT("event", 7,
			  RM_FIELD("unsigned long caller[8]", 8, 60, 0)
				  RM_FIELD("unsigned long other[8]", 8, 60, 0),
			  "\"%s\", REC->nothing");
	struct rm_text_source source = source_of("ftrace", text);
	char out[1024];

	ck_assert_int_eq(
		print(&source, HEADER "12345678", 16, 0, out, sizeof(out)),
		RINGMAP_E_CORRUPT);
}
END_TEST

START_TEST(a_longer_text_is_cut_and_its_length_told)
{
	struct rm_text_source source = source_of("sched", switch_text);
	struct ringmap_schema *schema = rm_text_schema(&source);
	const struct ringmap_event event = {.data = SWITCH,
					    .size = sizeof(SWITCH) - 1};
	char text[8];
	size_t size;

	rm_assert_ok(ringmap_event_print(schema, &event, 0, text, sizeof(text),
					 &size));
	ck_assert_uint_eq(size, strlen("migration/2:18 [S|D] 003"));
	ck_assert_str_eq(text, "migrati");
	rm_assert_ok(ringmap_event_print(schema, &event, 0, NULL, 0, &size));
	rm_assert_ok(ringmap_event_print(schema, &event, 0, text, 1, NULL));
	ck_assert_str_eq(text, "");
	rm_assert_status(ringmap_event_print(schema, &event, 0, NULL, 1, NULL),
			 RINGMAP_E_INVAL);
	rm_assert_status(ringmap_event_print(schema, &event, 4, text, 1, NULL),
			 RINGMAP_E_INVAL);
	rm_assert_status(ringmap_event_print(schema, NULL, 0, text, 1, NULL),
			 RINGMAP_E_INVAL);
	ringmap_schema_unref(schema);
}
END_TEST

/* Every piece of the text must know where the buffer ends. */
START_TEST(a_buffer_of_any_size_has_the_begin_of_the_text)
{
	struct rm_text_source source = source_of("sched", switch_text);
	const struct ringmap_event event = {.ts = 106439675570920,
					    .data = SWITCH,
					    .size = sizeof(SWITCH) - 1};
	struct ringmap_schema *schema = rm_text_schema(&source);
	char whole[512];
	size_t length;

	rm_assert_ok(ringmap_event_print(schema, &event, RINGMAP_PRINT_LINE,
					 whole, sizeof(whole), &length));
	for (size_t cap = 1; cap < sizeof(whole); cap++) {
		/* The sanitizer guards its end. */
		char *text = malloc(cap);
		const size_t kept = length < cap ? length : cap - 1;
		size_t size;

		ck_assert_ptr_nonnull(text);
		rm_assert_ok(ringmap_event_print(
			schema, &event, RINGMAP_PRINT_LINE, text, cap, &size));
		ck_assert_uint_eq(size, length);
		ck_assert_uint_eq(strlen(text), kept);
		ck_assert_mem_eq(text, whole, kept);
		free(text);
	}
	ringmap_schema_unref(schema);
}
END_TEST

START_TEST(an_event_without_format_is_told)
{
	struct rm_text_source source = source_of("sched", switch_text);
	char text[80] = "";

	rm_assert_status(print(&source, "\x09\0\0\0", 4, 0, text, sizeof(text)),
			 RINGMAP_E_NOENT);
	ck_assert_str_eq(text, "there is no event with id 9");
}
END_TEST

/* Every event begins with the common fields, whatever its id. */
START_TEST(a_line_without_format_keeps_task_cpu_and_time)
{
	struct rm_text_source source = source_of("sched", switch_text);
	char text[120] = "";

	source.saved_cmdlines = "18 migration/2\n";
	rm_assert_status(print(&source, "\x09\0\x01\x21\x12\0\0\0", 8,
			       RINGMAP_PRINT_LINE, text, sizeof(text)),
			 RINGMAP_E_NOENT);
	ck_assert_str_eq(text, "     migration/2-18    [002] d..12 "
			       "106439.675570920: there is no event with id 9");
	/* One that is too short for them has no task. */
	rm_assert_status(print(&source, "\x09\0\0\0", 4, RINGMAP_PRINT_LINE,
			       text, sizeof(text)),
			 RINGMAP_E_NOENT);
	ck_assert_str_eq(text, "           <...>--1    [002] ..... "
			       "106439.675570920: there is no event with id 9");
}
END_TEST

/* ---- dynamic data -------------------------------------------------------------- */

/* "string[3]" of a probe. */
START_TEST(arrays_of_dynamic_strings_are_shown)
{
	static const char text[] =
		RM_FORMAT("strings", 7,
			  RM_FIELD("__data_loc char[][3] a", 8, 12, 1)
				  RM_FIELD("s32 n", 20, 4, 1),
			  "\"a={\\\"%s\\\",\\\"%s\\\",\\\"%s\\\"} n=%d\", "
			  "__get_str(a[0]), "
			  "__get_str(a[1]), __get_str(a[2]), REC->n");
	struct rm_text_source source = source_of("probes", text);

#define STRINGS(third)                                                         \
	HEADER "\x18\0\x02\0\x1a\0\x03\0" third "\0\x00\0"                     \
	       "\xef\xff\xff\xff"                                              \
	       "a\0bc\0\0\0"
	assert_prints(&source, STRINGS("\x1d"), 0,
		      "a={\"a\",\"bc\",(fault)} n=-17");
	assert_prints(&source, STRINGS("\x1d"), RINGMAP_PRINT_RAW,
		      "a=a,bc, n=-17");
	/* The third one lies behind the record. */
	char out[64];
	rm_assert_status(
		print(&source, STRINGS("\x60"), 31, 0, out, sizeof(out)),
		RINGMAP_E_CORRUPT);
}
END_TEST

static const char dynamic_text[] = RM_FORMAT(
	"dynamic", 7,
	RM_FIELD("__data_loc char[] name", 8, 4, 1)
		RM_FIELD("__rel_loc u16[] list", 12, 4, 0)
			RM_FIELD("__rel_loc char[] tail", 16, 4, 0)
				RM_FIELD("__data_loc cpumask_t mask", 20, 4, 0),
	"\"%s %s %s <%s> %d %*ph\", __get_str(name), "
	"__print_array(__get_rel_dynamic_array(list), "
	"__get_rel_dynamic_array_len(list) / sizeof(u16), sizeof(u16)), "
	"__get_rel_str(tail), __get_cpumask(mask), "
	"__get_rel_dynamic_array_len(tail), "
	"__get_dynamic_array_len(name), __get_dynamic_array(name)");

/* name at 24, list at 28, tail at 32, mask at 36. */
#define DYNAMIC(mask_size)                                                     \
	HEADER "\x18\0\x04\0\x0c\0\x04\0\x0c\0\x04\0\x24\0" mask_size          \
	       "\0abc\0\x05\0\x06\0xyz\0\x0d\0\0\0\0\0\0\0"

START_TEST(dynamic_data_is_found_wherever_it_is)
{
	struct rm_text_source source = source_of("test", dynamic_text);
	char text[256];

	assert_prints(&source, DYNAMIC("\x08"), 0,
		      "abc {0x5,0x6} xyz <0,2-3> 4 61 62 63 00");
	rm_assert_ok(print(&source, DYNAMIC("\0"), sizeof(DYNAMIC("\0")) - 1, 0,
			   text, sizeof(text)));
	ck_assert_ptr_nonnull(strstr(text, " xyz <> 4 "));
}
END_TEST

static void assert_corrupt(struct rm_text_source *source, const char *record,
			   size_t size)
{
	char text[256];

	for (uint32_t flags = 0; flags < 4; flags++)
		rm_assert_status(
			print(source, record, size, flags, text, sizeof(text)),
			RINGMAP_E_CORRUPT);
}

START_TEST(data_outside_the_record_is_corrupt)
{
	struct rm_text_source source = source_of("test", dynamic_text);
	char record[sizeof(DYNAMIC("\x08"))] = DYNAMIC("\x08");
	const size_t size = sizeof(record) - 1;

	for (size_t i = 0; i < size; i++)
		assert_corrupt(&source, record, i);
	record[11] = 1; /* name has 260 bytes */
	assert_corrupt(&source, record, size);
	record[11] = 0;
	record[8] = (char)0xff; /* name lies behind the end */
	assert_corrupt(&source, record, size);
	record[8] = 0x18;
	record[17] = 1; /* and so does tail */
	assert_corrupt(&source, record, size);
}
END_TEST

/* ---- kernels of other machines ------------------------------------------------- */

START_TEST(a_big_endian_32_bit_record_is_read_as_such)
{
	const char *format = RM_FORMAT(
		"event", 7,
		RM_FIELD("unsigned long a[2]", 8, 8, 0)
			RM_FIELD("__rel_loc char[] b", 16, 4, 0)
				RM_FIELD("s16 c", 20, 2, 1)
					RM_FIELD("u8 d[2][2]", 24, 4, 0),
		"\"%lu %s %hd %s\", REC->a[1], __get_rel_str(b), REC->c, "
		"__print_hex(REC->d, sizeof(REC->d))");
	struct rm_text_source source = source_of("test", format);

	source.big_endian = true;
	source.long_size = 4;
	assert_prints(&source,
		      "\0\x07\x01\x21\0\0\0\x12"
		      "\0\0\0\x01\0\0\0\x02"
		      "\0\x04\0\x08\xff\xfe\0\0\x01\x02\x03\x04"
		      "end\0",
		      0, "2 end -2 01 02 03 04");
}
END_TEST

START_TEST(arrays_are_printed_in_the_byte_order_of_the_record)
{
	const char *format = RM_FORMAT(
		"event", 7,
		RM_FIELD("u16 a[2]", 8, 4, 0) RM_FIELD("u32 b[1]", 12, 4, 0),
		"\"%s %s\", __print_array(REC->a, 2, 2), "
		"__print_array(REC->b, 1, 4)");
	struct rm_text_source source = source_of("test", format);

	assert_prints(&source,
		      "\x07\0\x01\x21\0\0\0\0"
		      "\x05\0\x06\0\x08\x07\0\0",
		      0, "{0x5,0x6} {0x708}");
	source.big_endian = true;
	assert_prints(&source,
		      "\0\x07\x01\x21\0\0\0\0"
		      "\0\x05\0\x06\0\0\x07\x08",
		      0, "{0x5,0x6} {0x708}");
}
END_TEST

/* ---- symbols and strings ------------------------------------------------------- */

START_TEST(addresses_are_shown_as_symbols)
{
	const char *format = RM_FORMAT(
		"event", 7,
		RM_FIELD("void * ip", 8, 8, 0) RM_FIELD("u8 key", 16, 1, 0),
		"\"%pS %ps %c\", REC->ip, (void *)REC->ip, REC->key");
	struct rm_text_source source = source_of("test", format);

	source.kallsyms = "0000000000001000 T start\n"
			  "0000000000002000 T end\n";
	assert_prints(&source, HEADER "\x10\x10\0\0\0\0\0\0K\0\0\0", 0,
		      "start+0x10 start K");
	assert_prints(&source, HEADER "\x10\x20\0\0\0\0\0\0k\0\0\0", 0,
		      "0x2010 0x2010 k");
}
END_TEST

static const char bprint_text[] =
	RM_FORMAT("bprint", 7,
		  RM_FIELD("unsigned long ip", 8, 8, 0)
			  RM_FIELD("const char * fmt", 16, 8, 0)
				  RM_FIELD("u32 buf[]", 24, 0, 0),
		  "\"%ps: %s\", (void *)REC->ip, REC->fmt");

#define BPRINT(fmt)                                                            \
	HEADER "\x10\x10\0\0\0\0\0\0\0" fmt "\0\0\0\0\0\0\x05\0\0\0ab\0\0"

START_TEST(bprint_follows_the_string_of_its_address)
{
	struct rm_text_source source = source_of("ftrace", bprint_text);

	source.kallsyms = "0000000000001000 T start\n"
			  "0000000000002000 T end\n";
	source.printk_formats = "0x2000 : \"n=%d s=%s\\n\"\n"
				"0x2100 : \"100%\"\n0x2200 : \"%*d\\n\"\n"
				"0x2300 : \"\"\n0x2400 : \"a\\\"\n";
	assert_prints(&source, BPRINT("\x20"), 0, "start: n=5 s=ab");
	assert_prints(&source, BPRINT("\x21"), 0, "start: 100%");
	assert_prints(&source, BPRINT("\x22"), 0, "start: 25185");
	assert_prints(&source, BPRINT("\x23"), 0, "start: ");
	assert_prints(&source, BPRINT("\x24"), 0, "start: a\\");
	assert_prints(&source, BPRINT("\x25"), 0,
		      "start: (NO FORMAT FOUND at 2500)");
}
END_TEST

START_TEST(a_stack_may_be_shorter_than_its_format)
{
	const char *format = RM_FORMAT(
		"kernel_stack", 7,
		RM_FIELD("int size", 8, 4, 1)
			RM_FIELD("unsigned long caller[8]", 16, 64, 0),
		"\"=> %ps=> %ps\", (void *)REC->caller[0], "
		"(void *)REC->caller[1]");
	struct rm_text_source source = source_of("ftrace", format);

	assert_prints(&source,
		      HEADER "\x02\0\0\0\0\0\0\0\x10\x10\0\0\0\0\0\0"
			     "\x20\x10\0\0\0\0\0\0",
		      0, "=> 0x1010=> 0x1020");
}
END_TEST

/* ---- what would lead outside the record ---------------------------------------- */

#define NUMBERS(a, b) HEADER a "\0\0\0" b "\0\0\0"

static void assert_numbers(const char *print_fmt, const char *record,
			   const char *expected)
{
	char format[2048];
	char text[512];

	snprintf(format, sizeof(format), "%s\nprint fmt: %s\n",
		 RM_FIELDS("event", 7,
			   RM_FIELD("u32 a", 8, 4, 0)
				   RM_FIELD("u32 b", 12, 4, 0)),
		 print_fmt);
	struct rm_text_source source = source_of("test", format);
	rm_assert_ok(print(&source, record, 16, 0, text, sizeof(text)));
	ck_assert_str_eq(text, expected);
}

#define FAILED "[FAILED TO PARSE] "

START_TEST(what_leads_outside_the_record_shows_fields)
{
	assert_numbers("\"%u\", REC->a / REC->b", NUMBERS("\x06", "\x03"), "2");
	assert_numbers("\"%u\", REC->a / REC->b", NUMBERS("\x06", "\0"),
		       FAILED "a=6 b=0");
	assert_numbers("\"%u\", REC->a % (REC->b - 3)", NUMBERS("\x06", "\x03"),
		       FAILED "a=6 b=3");
	assert_numbers("\"%*d\", REC->a, REC->b", NUMBERS("\x04", "\x03"),
		       "   3");
	assert_numbers("\"%*d\", REC->a * 1000000, REC->b",
		       NUMBERS("\x04", "\x03"), FAILED "a=4 b=3");
	/* In C that is a width of -1, and one on the left. */
	assert_numbers("\"%*d\", REC->a - 5, REC->b", NUMBERS("\x04", "\x03"),
		       "3");
	assert_numbers("\"%s\", __print_hex(REC->a, REC->b)",
		       NUMBERS("\x04", "\x02"), "04 00");
	assert_numbers("\"%s\", __print_hex(REC->a, REC->b)",
		       NUMBERS("\x04", "\x09"), FAILED "a=4 b=9");
	assert_numbers("\"%s\", __print_array(REC->a, REC->b << 24, 8)",
		       NUMBERS("\x04", "\x09"), FAILED "a=4 b=9");
	assert_numbers("\"%u\", REC->a[REC->b]", NUMBERS("\x04", "\x09"),
		       FAILED "a=4 b=9");
	assert_numbers("\"%u\", REC->b ? REC->a / REC->b : 0",
		       NUMBERS("\x06", "\0"), "0");
}
END_TEST

START_TEST(a_print_fmt_that_makes_no_sense_shows_fields)
{
	static const char *const print_fmts[] = {
		"\"%u\"",
		"\"%ls\", REC->a",
		"\"%n\", REC->a",
		"\"%99999d\", REC->a",
		"\"%u\", REC->none",
		"\"%u\", unknown(REC->a)",
		"\"%u\", REC->a / 0",
		"\"%u\", 1 / NAME",
		"\"%u\", REC->a +",
		"\"%s\", __get_str(a)",
		"\"%u\", (REC->a",
		"\"%u\", REC->a)",
		"\"%u\", *REC->a",
		"\"%u\", REC->a = 1",
		"\"%\", REC->a",
		"\"%s\", __print_hex(5, 3)",
		"\"%u\", REC->a[0][0]",
		"\"%u\", sizeof(struct nothing)",
		"",
	};

	for (size_t i = 0; i < sizeof(print_fmts) / sizeof(*print_fmts); i++)
		assert_numbers(print_fmts[i], NUMBERS("\x04", "\x09"),
			       FAILED "a=4 b=9");
}
END_TEST

START_TEST(operations_have_the_precedence_of_c)
{
	static const struct {
		const char *print_fmt;
		const char *expected;
	} cases[] = {
		{"\"%d\", REC->a + REC->b * 2", "22"},
		{"\"%d\", (REC->a + REC->b) * 2", "26"},
		{"\"%d\", REC->b - REC->a - 1", "4"},
		{"\"%d\", REC->a << 2 | REC->b & 1", "17"},
		{"\"%d\", REC->a == 4 && REC->b > 8", "1"},
		{"\"%d\", !REC->a ? 1 : REC->b ? 2 : 3", "2"},
		{"\"%d\", ~REC->a & 0xff", "251"},
		{"\"%d\", (u8)(REC->a - 5)", "255"},
		{"\"%d\", -1", "-1"},
		{"\"%d\", 1 << 4 | 'A'", "81"},
		{"\"%d%%\" \" of %d\", REC->a, __builtin_expect(!!(REC->b), 1)",
		 "4% of 1"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_numbers(cases[i].print_fmt, NUMBERS("\x04", "\x09"),
			       cases[i].expected);
}
END_TEST

RM_MAIN(text_follows_the_print_fmt, raw_text_tells_fields,
	a_line_tells_task_cpu_and_time,
	fields_at_the_place_of_a_short_one_are_not_short,
	a_longer_text_is_cut_and_its_length_told,
	a_buffer_of_any_size_has_the_begin_of_the_text,
	an_event_without_format_is_told,
	a_line_without_format_keeps_task_cpu_and_time,
	arrays_of_dynamic_strings_are_shown,
	dynamic_data_is_found_wherever_it_is,
	data_outside_the_record_is_corrupt,
	a_big_endian_32_bit_record_is_read_as_such,
	arrays_are_printed_in_the_byte_order_of_the_record,
	addresses_are_shown_as_symbols,
	bprint_follows_the_string_of_its_address,
	a_stack_may_be_shorter_than_its_format,
	what_leads_outside_the_record_shows_fields,
	a_print_fmt_that_makes_no_sense_shows_fields,
	operations_have_the_precedence_of_c)
