/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * print_line_test.c - what stands before an event's text, and names of values
 */
#include "tests/support/rm_check.h"
#include "tests/support/text_source.h"

#include "schema/schema.h"

#include <pthread.h>

static struct ringmap_error err;

static const char a_text[] =
	RM_FORMAT("event", 7, RM_FIELD("int a", 8, 4, 1), "\"a=%d\", REC->a");

static const struct rm_text_event alone[] = {{"test", "event", a_text}};

/* A kernel that has the events of the tracers, of version 3 and of 4.10. */
#define TRACER(name, id)                                                       \
	{                                                                      \
		"ftrace", name,                                                \
			RM_FORMAT(name, id, RM_FIELD("int a", 8, 4, 1),        \
				  "\"%d\", REC->a")                            \
	}
static const struct rm_text_event old_kernel[] = {
	TRACER("function", 1), TRACER("print", 5), {"test", "event", a_text}};
static const struct rm_text_event new_kernel[] = {TRACER("function", 1),
						  TRACER("print", 5),
						  TRACER("raw_data", 15),
						  {"test", "event", a_text}};

static void print_line(struct ringmap_schema *schema, const char *record,
		       uint64_t ts, char *text, size_t cap)
{
	const struct ringmap_event event = {
		.ts = ts, .data = record, .size = 12, .cpu = 3};

	rm_assert_ok(ringmap_event_print(schema, &event, RINGMAP_PRINT_LINE,
					 text, cap, NULL));
}

/* ---- context --------------------------------------------------------------- */

static void assert_context(struct ringmap_schema *schema, unsigned int flags,
			   unsigned int count, const char *expected)
{
	const char record[12] = {7, 0, (char)flags, (char)count};
	char text[256];

	print_line(schema, record, 0, text, sizeof(text));
	ck_assert_msg(!strncmp(text + strlen("          <idle>-0     [003] "),
			       expected, 5),
		      "0x%02x 0x%02x: \"%s\", not %s", flags, count, text,
		      expected);
}

/*
 * The letters of Linux 6.13 and later. trace-cmd 3.4 has only d, N, h, s and H,
 * and takes 0x02 for the X of architectures that never knew.
 */
static const struct {
	unsigned int flags;
	unsigned int count;
	const char *letters;
} contexts[] = {
	{0x00, 0x00, "....."}, {0x01, 0x00, "d...."}, {0x80, 0x00, "b...."},
	{0x81, 0x00, "D...."}, {0x02, 0x00, ".l..."}, {0x04, 0x00, ".n..."},
	{0x20, 0x00, ".p..."}, {0x24, 0x00, ".N..."}, {0x22, 0x00, ".L..."},
	{0x06, 0x00, ".b..."}, {0x26, 0x00, ".B..."}, {0x08, 0x00, "..h.."},
	{0x10, 0x00, "..s.."}, {0x18, 0x00, "..H.."}, {0x40, 0x00, "..z.."},
	{0x48, 0x00, "..Z.."}, {0x58, 0x00, "..Z.."}, {0x50, 0x00, "..z.."},
	{0x00, 0x01, "...1."}, {0x00, 0x0f, "...f."}, {0x00, 0x20, "....2"},
	{0x00, 0xf0, "....f"}, {0xff, 0xff, "DBZff"},
};

START_TEST(context_has_the_letters_of_current_kernels)
{
	struct rm_text_source sources[] = {
		{.events = alone, .count = 1},
		{.events = new_kernel, .count = 4},
	};

	for (size_t k = 0; k < 2; k++) {
		struct ringmap_schema *schema = rm_text_schema(&sources[k]);

		for (size_t i = 0; i < sizeof(contexts) / sizeof(*contexts);
		     i++)
			assert_context(schema, contexts[i].flags,
				       contexts[i].count, contexts[i].letters);
		ringmap_schema_unref(schema);
	}
}
END_TEST

START_TEST(context_of_an_old_kernel_has_its_own_letters)
{
	struct rm_text_source source = {.events = old_kernel, .count = 3};
	struct ringmap_schema *schema = rm_text_schema(&source);

	assert_context(schema, 0x04, 0, ".N...");
	assert_context(schema, 0x02, 0, "X....");
	assert_context(schema, 0x07, 2, "dN.2.");
	/* From 3.13 on; trace-cmd shows a dot. */
	assert_context(schema, 0x20, 0, ".p...");
	assert_context(schema, 0x22, 0, "Xp...");
	assert_context(schema, 0x24, 0, ".N...");
	assert_context(schema, 0x58, 0, "..Z..");
	/* All of the count is the depth; trace-cmd shows the low digit first. */
	assert_context(schema, 0, 0x0f, "...f.");
	assert_context(schema, 0, 0x10, "...10");
	assert_context(schema, 0, 0x1f, "...1f");
	assert_context(schema, 0, 0xff, "...ff");
	ringmap_schema_unref(schema);
}
END_TEST

/* ---- tasks ----------------------------------------------------------------- */

static void assert_task(struct ringmap_schema *schema, int32_t pid,
			const char *expected)
{
	char record[12] = {7};
	char text[256];

	for (unsigned int i = 0; i < 4; i++)
		record[4 + i] = (char)((uint32_t)pid >> 8 * i);
	print_line(schema, record, 0, text, sizeof(text));
	ck_assert_msg(!strncmp(text, expected, strlen(expected)),
		      "\"%s\", not \"%s\"", text, expected);
}

START_TEST(names_of_tasks_end_in_one_column)
{
	struct rm_text_source source = {
		.events = alone,
		.count = 1,
		.saved_cmdlines = "4194304 last\n9 a\n7 fifteen letters\n"
				  "5 sixteen letters!\n-3 negative\n"
				  "6 seventeen letters\n9 another name\n"
				  "0 never shown\n"};
	struct ringmap_schema *schema = rm_text_schema(&source);

	assert_task(schema, 9, "               a-9     [003] ");
	assert_task(schema, 7, " fifteen letters-7     [003] ");
	assert_task(schema, 5, "sixteen letters!-5     [003] ");
	assert_task(schema, 6, "seventeen letters-6     [003] ");
	assert_task(schema, -3, "        negative--3    [003] ");
	assert_task(schema, 4194304, "            last-4194304 [003] ");
	assert_task(schema, 0, "          <idle>-0     [003] ");
	assert_task(schema, 8, "           <...>-8     [003] ");
	assert_task(schema, 10, "           <...>-10    [003] ");
	assert_task(schema, 4194305, "           <...>-4194305 [003] ");
	assert_task(schema, -4, "           <...>--4    [003] ");
	ringmap_schema_unref(schema);
}
END_TEST

/* However many there are, each is found, and what lies between is not. */
START_TEST(every_name_of_a_task_is_found)
{
	char saved[512] = "";
	size_t used = 0;

	for (int count = 1; count <= 20; count++) {
		struct rm_text_source source = {.events = alone, .count = 1};
		char expected[32];

		used += (size_t)snprintf(saved + used, sizeof(saved) - used,
					 "%d task%d\n", 2 * count, 2 * count);
		source.saved_cmdlines = saved;
		struct ringmap_schema *schema = rm_text_schema(&source);
		for (int i = 1; i <= count; i++) {
			snprintf(expected, sizeof(expected), "task%d", 2 * i);
			ck_assert_pstr_eq(ringmap_schema_comm(schema, 2 * i),
					  expected);
			ck_assert_ptr_null(
				ringmap_schema_comm(schema, 2 * i + 1));
		}
		ck_assert_ptr_null(ringmap_schema_comm(schema, 1));
		ringmap_schema_unref(schema);
	}
}
END_TEST

/* ---- time ------------------------------------------------------------------ */

static void assert_time(struct ringmap_schema *schema, uint64_t ts,
			const char *expected)
{
	static const char record[12] = {7};
	char text[256];

	print_line(schema, record, ts, text, sizeof(text));
	ck_assert_ptr_nonnull(strstr(text, "....."));
	ck_assert_str_eq(strstr(text, ".....") + 5, expected);
}

START_TEST(stamps_are_signed_seconds_or_counts)
{
	struct rm_text_source source = {.events = alone, .count = 1};
	struct ringmap_schema *schema = rm_text_schema(&source);

	assert_time(schema, 75, "     0.000000075: event:                a=0");
	assert_time(schema, 123456000000789,
		    " 123456.000000789: event:                a=0");
	/* An offset may put the first events before zero. */
	assert_time(schema, -75ULL,
		    "    -0.000000075: event:                a=0");
	assert_time(schema, -2000000001ULL,
		    "    -2.000000001: event:                a=0");
	rm_schema_unit(schema, "x86-tsc", RINGMAP_TS_COUNTS);
	assert_time(schema, 3122006527511,
		    " 3122006527511: event:                a=0");
	assert_time(schema, 75, "           75: event:                a=0");
	/* A clock without a name is in ns, one that nobody knows counts. */
	rm_schema_unit(schema, NULL, RINGMAP_TS_UNKNOWN);
	assert_time(schema, 75, "     0.000000075: event:                a=0");
	rm_schema_unit(schema, "sundial", RINGMAP_TS_UNKNOWN);
	assert_time(schema, 75, "           75: event:                a=0");
	ringmap_schema_unref(schema);
}
END_TEST

/* ---- names of values ------------------------------------------------------- */

/* The kind of the field "a", which a print fmt shows. */
static uint32_t kind_of(const char *print_fmt)
{
	struct rm_text_event event = {"test", "event", NULL};
	struct rm_text_source source = {.events = &event, .count = 1};
	const struct ringmap_format *format;
	struct ringmap_field_info field;
	struct ringmap_schema *schema;
	char text[2048];

	snprintf(text, sizeof(text), "%s\nprint fmt: %s\n",
		 RM_FIELDS("event", 7,
			   RM_FIELD("u32 a", 8, 4, 0)
				   RM_FIELD("u32 b", 12, 4, 0)),
		 print_fmt);
	event.text = text;
	schema = rm_text_schema(&source);
	rm_assert_ok_err(ringmap_schema_format(schema, "event", &format, &err),
			 &err);
	rm_assert_ok(ringmap_format_field_by_name(format, "a", &field,
						  sizeof(field)));
	ck_assert_uint_eq(field.nr_values > 0, field.kind != RINGMAP_KIND_INT);
	ringmap_schema_unref(schema);
	return field.kind;
}

#define X "__print_symbolic(REC->a, {1, \"X\"})"
#define Y "__print_symbolic(REC->a, {1, \"Y\"})"
#define F "__print_flags(REC->a, \"|\", {1, \"X\"})"

START_TEST(names_are_certain_or_not_there)
{
	static const struct {
		const char *print_fmt;
		uint32_t kind;
	} cases[] = {
		{"\"%s\", " X, RINGMAP_KIND_SYMBOL},
		{"\"%s\", " F, RINGMAP_KIND_FLAGS},
		{"\"%d %s\", REC->a, " X, RINGMAP_KIND_SYMBOL},
		{"\"%s %s\", " X ", " X, RINGMAP_KIND_SYMBOL},
		/* Casts that cut nothing off. */
		{"\"%s\", __print_symbolic((u64)REC->a, {1, \"X\"})",
		 RINGMAP_KIND_SYMBOL},
		/* The value itself says where the table does not apply. */
		{"\"%s\", REC->a ? " F " : \"none\"", RINGMAP_KIND_FLAGS},
		{"\"%s\", REC->b ? " X " : " X, RINGMAP_KIND_SYMBOL},
		/* One table for each maker of CPUs. */
		{"\"%s\", REC->b == 1 ? " X " : " Y, RINGMAP_KIND_INT},
		{"\"%s\", REC->b ? __print_symbolic(REC->a & 0xff, {1, \"X\"}) "
		 ": " Y,
		 RINGMAP_KIND_INT},
		{"\"%s %s\", " X ", " Y, RINGMAP_KIND_INT},
		{"\"%s %s\", " X ", " F, RINGMAP_KIND_INT},
		/* Another field says whether the table applies. */
		{"\"%s\", REC->b ? " X " : \"-\"", RINGMAP_KIND_INT},
		/* Names of something else. */
		{"\"%s\", __print_symbolic(REC->a & 1, {1, \"X\"})",
		 RINGMAP_KIND_INT},
		{"\"%s\", __print_symbolic((u8)REC->a, {1, \"X\"})",
		 RINGMAP_KIND_INT},
		/* Arguments that are not understood may hide a condition. */
		{"\"%d %s\", unknown(REC->b), " X, RINGMAP_KIND_SYMBOL},
		{"\"%s %s\", unknown(REC->b) ? " Y " : \"\", " X,
		 RINGMAP_KIND_INT},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		ck_assert_msg(kind_of(cases[i].print_fmt) == cases[i].kind,
			      "%s: kind %u", cases[i].print_fmt,
			      kind_of(cases[i].print_fmt));
}
END_TEST

/* ---- threads --------------------------------------------------------------- */

#define ADDRESS_TEXT(id, fmt)                                                  \
	RM_FORMAT("event", id, RM_FIELD("void * ip", 8, 8, 0), fmt)

static const struct rm_text_event events[] = {
	{"a", "plain", ADDRESS_TEXT(1, "\"%p\", REC->ip")},
	{"a", "symbol", ADDRESS_TEXT(2, "\"%pS\", REC->ip")},
	{"a", "string", ADDRESS_TEXT(3, "\"%s\", REC->ip")},
	{"a", "named",
	 ADDRESS_TEXT(4, "\"%pS\", (void *)((unsigned long)(start) + 1)")},
	{"a", "table",
	 ADDRESS_TEXT(5, "\"%s\", __print_symbolic((unsigned long)REC->ip, "
			 "{4112, \"X\"})")},
	{"a", "other", ADDRESS_TEXT(6, "\"%ps\", REC->ip")},
};

#define EVENTS (sizeof(events) / sizeof(*events))

static const char *const texts[EVENTS] = {"0x1010",    "start+0x10", "hello",
					  "start+0x1", "X",          "start"};

struct asker {
	struct ringmap_schema *schema;
	pthread_t thread;
	size_t first;
	size_t wrong;
};

/* Each thread prints another event for the first time. */
static void *ask(void *arg)
{
	struct asker *asker = arg;

	for (size_t i = 0; i < 200 * EVENTS; i++) {
		const size_t k = (asker->first + i) % EVENTS;
		const uint8_t record[16] = {(uint8_t)(k + 1), [8] = 0x10, 0x10};
		const struct ringmap_event event = {.data = record, .size = 16};
		const char *behind;
		char text[256] = "";

		if (ringmap_event_print(asker->schema, &event,
					RINGMAP_PRINT_LINE, text, sizeof(text),
					NULL))
			asker->wrong++;
		behind = strstr(text, "event: ");
		asker->wrong +=
			!behind ||
			strcmp(behind + strlen("event:                "),
			       texts[k]);
	}
	return NULL;
}

START_TEST(threads_print_without_waiting_for_each_other)
{
	struct asker askers[4] = {{.schema = NULL}};
	struct rm_text_source source = {
		.events = events,
		.count = EVENTS,
		.kallsyms = "1000 T start\n2000 T end\n",
		.printk_formats = "0x1010 : \"hello\\n\"\n",
		.saved_cmdlines = "1 init\n"};
	struct ringmap_schema *schema = rm_text_schema(&source);

	for (size_t i = 0; i < 4; i++) {
		askers[i].schema = schema;
		askers[i].first = i + 1;
		ck_assert_int_eq(pthread_create(&askers[i].thread, NULL, ask,
						&askers[i]),
				 0);
	}
	for (size_t i = 0; i < 4; i++) {
		pthread_join(askers[i].thread, NULL);
		ck_assert_uint_eq(askers[i].wrong, 0);
	}
	ringmap_schema_unref(schema);
}
END_TEST

RM_MAIN(context_has_the_letters_of_current_kernels,
	context_of_an_old_kernel_has_its_own_letters,
	names_of_tasks_end_in_one_column, every_name_of_a_task_is_found,
	stamps_are_signed_seconds_or_counts, names_are_certain_or_not_there,
	threads_print_without_waiting_for_each_other)
