/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * print_fuzzer.c - any text as a print fmt, any bytes as its record
 *
 * The first byte chooses the kernel and the event; then comes the print fmt,
 * or the string of trace_printk(), ended by a NUL; the rest is a record. The
 * fields are always the same, one of each kind.
 */
#include "tests/fuzz/fuzzer.h"
#include "tests/fuzz/printed.h"
#include "tests/support/text_source.h"

#include <string.h>

#define ID 7

static const char fields[] =
	"name: event\nID: 7\nformat:\n" RM_COMMON
	"\n" RM_FIELD("int a", 8, 4, 1) RM_FIELD(
		"unsigned int b", 12, 4,
		0) RM_FIELD("u64 c", 16, 8, 0) RM_FIELD("s64 d", 24, 8, 1)
		RM_FIELD("u8 e", 32, 1, 0) RM_FIELD("s16 f", 34, 2, 1) RM_FIELD(
			"void * p", 40, 8, 0) RM_FIELD("char s[8]", 48, 8, 0)
			RM_FIELD("u8 g[2][3]", 56, 6, 0) RM_FIELD(
				"u32 h[4]", 64, 16,
				0) RM_FIELD("__data_loc char[] t", 80, 4, 0)
				RM_FIELD("__rel_loc u16[] u", 84, 4, 0)
					RM_FIELD("__data_loc cpumask_t v", 88,
						 4, 0)
						RM_FIELD("bool w", 92, 1, 0);

/* The format of bprint if longs have four bytes, and if they have eight. */
static const char bprint_32[] =
	RM_FORMAT("bprint", 7,
		  RM_FIELD("unsigned long ip", 8, 4, 0)
			  RM_FIELD("const char * fmt", 12, 4, 0)
				  RM_FIELD("u32 buf[]", 16, 0, 0),
		  "\"%ps: %s\", (void *)REC->ip, REC->fmt");
static const char bprint_64[] =
	RM_FORMAT("bprint", 7,
		  RM_FIELD("unsigned long ip", 8, 8, 0)
			  RM_FIELD("const char * fmt", 16, 8, 0)
				  RM_FIELD("u32 buf[]", 24, 0, 0),
		  "\"%ps: %s\", (void *)REC->ip, REC->fmt");

static char *join(const char *a, const char *b, const char *c)
{
	size_t size = strlen(a) + strlen(b) + strlen(c) + 1;
	char *text = malloc(size);

	rm_must(text);
	snprintf(text, size, "%s%s%s", a, b, c);
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct ringmap_format *format;
	const uint8_t *nul = size ? memchr(data + 1, 0, size - 1) : NULL;

	if (!nul)
		return 0;
	const char *text = (const char *)data + 1;
	const bool longs = !(data[0] & 1);
	const bool bprint = data[0] & 4;
	char *event_text = bprint ? join(longs ? bprint_64 : bprint_32, "", "")
				  : join(fields, "\nprint fmt: ", text);
	char *printks = join("0x0 : \"", text, "\"\n");
	struct rm_text_event event = {.system = bprint ? "ftrace" : "fuzz",
				      .event = "event",
				      .text = event_text};
	struct rm_text_source source = {
		.long_size = longs ? 8 : 4,
		.big_endian = data[0] & 2,
		.events = &event,
		.count = 1,
		.printk_formats = printks,
		.saved_cmdlines = "1 init\n",
		.kallsyms = "1000 T start\n1100 T middle\n2000 T end\n",
	};
	struct ringmap_schema *schema = rm_text_schema(&source);

	if (!ringmap_schema_format(schema, "event", &format, NULL))
		rm_printed(schema, ID, source.big_endian, nul + 1,
			   size - (size_t)(nul + 1 - data));
	ringmap_schema_unref(schema);
	free(printks);
	free(event_text);
	return 0;
}
