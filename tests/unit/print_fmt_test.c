/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * print_fmt_test.c - conversions, expressions and functions of print fmts
 *
 * The expected texts are those of the kernel's own trace file. A case says so if
 * trace-cmd shows something else.
 */
#include "tests/support/rm_check.h"
#include "tests/support/text_source.h"

/* a: -5 as an int; b: 0x8000000000000001; c: -2 as a short; d: "abcd"; e: 200
 * as a byte; f: an address; g: 6 bytes. */
#define HEADER "\x07\x00\x00\x00\x12\x00\x00\x00"
#define NUMBERS                                                                \
	HEADER "\xfb\xff\xff\xff"                                              \
	       "abcd"                                                          \
	       "\x01\0\0\0\0\0\0\x80"                                          \
	       "\xfe\xff\xc8\0\x01\x02\x03\x04"                                \
	       "\x10\x10\0\0\0\0\0\0"                                          \
	       "\x0a\x0b\x0c\x0d\x0e\x0f\0\0"

#define FIELDS                                                                 \
	RM_FIELD("int a", 8, 4, 1)                                             \
	RM_FIELD("char d[4]", 12, 4, 0)                                        \
	RM_FIELD("u64 b", 16, 8, 0)                                            \
	RM_FIELD("s16 c", 24, 2, 1)                                            \
	RM_FIELD("u8 e", 26, 1, 0)                                             \
	RM_FIELD("u8 ip[4]", 28, 4, 0)                                         \
	RM_FIELD("void * f", 32, 8, 0)                                         \
	RM_FIELD("u8 g[6]", 40, 6, 0)

static struct ringmap_schema *schema_of(struct rm_text_source *source,
					const char *system, const char *text)
{
	static struct rm_text_event event;

	event = (struct rm_text_event){system, "event", text};
	source->events = &event;
	source->count = 1;
	return rm_text_schema(source);
}

/* Prints from memory of just that size: the sanitizer guards its end. */
static void print(struct ringmap_schema *schema, const void *record,
		  size_t size, uint64_t ts, uint32_t flags, char *text,
		  size_t cap)
{
	void *exact = malloc(size);
	const struct ringmap_event event = {
		.ts = ts, .data = exact, .size = (uint32_t)size, .cpu = 1};
	size_t length;

	memcpy(exact, record, size);
	rm_assert_ok(
		ringmap_event_print(schema, &event, flags, text, cap, &length));
	ck_assert_uint_eq(length, strlen(text));
	free(exact);
}

static void assert_text(const char *print_fmt, const char *expected)
{
	struct rm_text_source source = {.kallsyms = "0000000000001000 T start\n"
						    "0000000000001100 D data\n"
						    "0000000000002000 T end\n"};
	struct ringmap_schema *schema;
	char format[4096];
	char text[2048];

	snprintf(format, sizeof(format), "%s\nprint fmt: %s\n",
		 RM_FIELDS("event", 7, FIELDS), print_fmt);
	schema = schema_of(&source, "test", format);
	print(schema, NUMBERS, sizeof(NUMBERS) - 1, 0, 0, text, sizeof(text));
	ck_assert_msg(!strcmp(text, expected), "%s: \"%s\", not \"%s\"",
		      print_fmt, text, expected);
	ringmap_schema_unref(schema);
}

struct text_case {
	const char *print_fmt;
	const char *expected;
};

#define FAILED                                                                 \
	"[FAILED TO PARSE] a=-5 d=abcd b=9223372036854775809 c=-2 e=200 "      \
	"ip=ARRAY[01, 02, 03, 04] f=0x1010 "                                   \
	"g=ARRAY[0a, 0b, 0c, 0d, 0e, 0f]"

START_TEST(conversions_are_those_of_the_kernel)
{
	static const struct text_case cases[] = {
		{"\"%d %i %+d % d\", REC->a, REC->a, 7, 7", "-5 -5 +7  7"},
		{"\"%5d|%-5d|%05d|%+05d\", 7, 7, 7, 7",
		 "    7|7    |00007|+0007"},
		{"\"%.3d|%6.3d|%-6.3d|%06.3d\", 7, 7, 7, 7",
		 "007|   007|007   |   007"},
		{"\"%x %X %#x %#X %o %#o\", 255, 255, 255, 255, 8, 8",
		 "ff FF 0xff 0XFF 10 010"},
		{"\"%08x %#08x %-8x|\", 255, 255, 255",
		 "000000ff 0x0000ff ff      |"},
		/* C writes 0; the kernel's "#" is for every number. */
		{"\"%#x %#o\", 0, 0", "0x0 0"},
		{"\"%*d|%-*d|%*.*d\", 4, 7, 4, 7, 6, 3, 7", "   7|7   |   007"},
		{"\"%*d|\", -4, 7", "7   |"},
		{"\"%hd %hhd %hu %hhu\", 65537, 257, -1, -1", "1 1 65535 255"},
		{"\"%u %lu %llu %Lu %zu\", REC->a, -1L, -1LL, REC->b, -1L",
		 "4294967291 18446744073709551615 18446744073709551615 "
		 "9223372036854775809 18446744073709551615"},
		{"\"%ld %lld %jd %td\", -1L, -1LL, -1LL, -1L", "-1 -1 -1 -1"},
		{"\"%c%c|%3c|%-3c|\", 65, REC->d[1], 'x', 'y'", "Ab|  x|y  |"},
		{"\"%s|%8s|%-8s|%.2s|%8.2s|%-.*s|\", REC->d, REC->d, REC->d, "
		 "REC->d, REC->d, 3, REC->d",
		 "abcd|    abcd|abcd    |ab|      ab|abc|"},
		{"\"%.*s|\", -1, REC->d", "|"},
		{"\"%d%% of\\t%d\\n\", 1, 2", "1% of\t2"},
		{"\"%s\", \"a\" \"b\\\\\\\"\"", "ab\\\""},
		{"\"%lu\", 18446744073709551615", "18446744073709551615"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_text(cases[i].print_fmt, cases[i].expected);
}
END_TEST

/* The number that a field of @size bytes has if its bytes are those of @value. */
static int64_t field_value(uint64_t value, unsigned int size, bool is_signed)
{
	switch (size) {
	case 1:
		if (is_signed)
			return (int8_t)value;
		return (uint8_t)value;
	case 2:
		if (is_signed)
			return (int16_t)value;
		return (uint16_t)value;
	case 4:
		if (is_signed)
			return (int32_t)value;
		return (uint32_t)value;
	default:
		return (int64_t)value;
	}
}

/* All plain conversions of a number; expect_all() has C make the same. */
#define ALL_CONVERSIONS "%hhd %hhu %hhx %hd %hu %hx %d %u %x %ld %lu %lx"

static void expect_all(int64_t value, char *text, size_t cap)
{
	snprintf(text, cap, "%d %u %x %d %u %x %d %u %x %lld %llu %llx",
		 (int8_t)value, (uint8_t)value, (uint8_t)value, (int16_t)value,
		 (uint16_t)value, (uint16_t)value, (int32_t)value,
		 (uint32_t)value, (uint32_t)value, (long long)value,
		 (unsigned long long)value, (unsigned long long)value);
}

static void assert_fields(unsigned int size, bool is_signed,
			  const uint64_t *values, size_t count)
{
	struct rm_text_source source = {.count = 0};
	struct ringmap_schema *schema;
	char expected[512];
	char format[1024];
	char text[512];

	snprintf(format, sizeof(format),
		 RM_FIELDS("event", 7, "") "\tfield:%s x;\toffset:8;\tsize:%u;"
					   "\tsigned:%d;\n\nprint fmt: \"%s\", "
					   "REC->x, REC->x, REC->x, "
					   "REC->x, REC->x, REC->x, REC->x, "
					   "REC->x, REC->x, REC->x, "
					   "REC->x, REC->x\n",
		 is_signed ? "long" : "unsigned long", size, is_signed,
		 ALL_CONVERSIONS);
	schema = schema_of(&source, "test", format);
	for (size_t i = 0; i < count; i++) {
		uint8_t record[16] = {7};

		for (unsigned int k = 0; k < size; k++)
			record[8 + k] = (uint8_t)(values[i] >> 8 * k);
		expect_all(field_value(values[i], size, is_signed), expected,
			   sizeof(expected));
		print(schema, record, 8 + size, 0, 0, text, sizeof(text));
		ck_assert_str_eq(text, expected);
	}
	ringmap_schema_unref(schema);
}

START_TEST(fields_of_every_size_are_converted_as_in_c)
{
	uint64_t values[256] = {0};
	uint64_t power = 1;
	size_t count = 1;

	/* The numbers around each power of ten and of two, and their negatives. */
	for (unsigned int i = 0; i < 20; i++, power *= 10) {
		values[count++] = power;
		values[count++] = power - 1;
		values[count++] = -power;
	}
	for (unsigned int i = 0; i < 64; i++) {
		values[count++] = 1ULL << i;
		values[count++] = (1ULL << i) - 1;
	}
	for (unsigned int size = 1; size <= 8; size *= 2) {
		assert_fields(size, false, values, count);
		assert_fields(size, true, values, count);
	}
}
END_TEST

START_TEST(numbers_have_the_types_of_c)
{
	static const struct text_case cases[] = {
		/* libtraceevent reads fields without their sign. */
		{"\"%ld %lx\", (long)REC->a, (long)REC->c",
		 "-5 fffffffffffffffe"},
		{"\"%x\", REC->c", "fffffffe"},
		{"\"%d %d\", REC->a < 0, REC->a < 0U", "1 0"},
		{"\"%d %d\", -1 < 1, -1 < 1U", "1 0"},
		{"\"%llx\", REC->a + 0ULL", "fffffffffffffffb"},
		{"\"%llx\", (u32)REC->a + 0ULL", "fffffffb"},
		{"\"%d %d %d\", REC->a / 2, REC->a % 2, -7 / 2", "-2 -1 -3"},
		{"\"%d\", REC->a >> 1", "-3"},
		{"\"%llx\", 1ULL << 63 | 1", "8000000000000001"},
		{"\"%llx\", (1ULL << (64 - 1))", "8000000000000000"},
		{"\"%llu\", REC->b >> 63", "1"},
		{"\"%d %d\", (u8)REC->a, (s8)REC->e", "251 -56"},
		{"\"%d %d\", (bool)REC->a, !REC->a", "1 0"},
		{"\"%d\", REC->a ^ 1", "-6"},
		{"\"%d %d\", 010, 0x10", "8 16"},
		{"\"%lld\", 4294967295 + 1", "4294967296"},
		{"\"%u\", 4294967295U + 1", "0"},
		{"\"%d\", REC->a ? : 3", "-5"},
		{"\"%d\", REC->a && (0 || REC->e)", "1"},
		{"\"%d\", 0 && 1 / (REC->a + 5)", "0"},
		{"\"%d\", sizeof(u64) + sizeof(REC->g) + sizeof(int)", "18"},
		{"\"%u\", __builtin_bswap32(0x01020304)", "67305985"},
		{"\"%x\", __builtin_bswap16(0x0102)", "201"},
		{"\"%u\", ntohs(REC->e)", "51200"},
		{"\"%d\", __builtin_constant_p(REC->a) ? 1 : 2", "2"},
		{"\"%d %d\", REC->ip[1], *REC->ip", "2 1"},
		{"\"%x\", *(u32 *)REC->ip", "4030201"},
		{"\"%x\", ((u16 *)REC->ip)[1]", "403"},
		{"\"%llu.%09u\", __print_ns_to_secs(5000000007), "
		 "__print_ns_without_secs(5000000007)",
		 "5.000000007"},
		{"\"%llx %llx\", (char *)REC->f + 1, (u32 *)REC->f + 1",
		 "1011 1014"},
		/* The size of a struct of the kernel is unknown. */
		{"\"%llx\", (struct page *)REC->f + 1", FAILED},
		{"\"%d\", 1 << REC->e", FAILED},
		{"\"%d\", 1 / (REC->a + 5)", FAILED},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_text(cases[i].print_fmt, cases[i].expected);
}
END_TEST

START_TEST(tables_are_followed_as_the_kernel_does)
{
	static const struct text_case cases[] = {
		{"\"%s\", __print_symbolic(REC->a, {-5, \"X\"}, {5, \"Y\"})",
		 "X"},
		{"\"%s\", __print_symbolic(REC->a, {4294967291, \"X\"})",
		 "0xfffffffffffffffb"},
		{"\"%s|%6s|%.1s\", __print_symbolic(1, {1, \"ab\"}), "
		 "__print_symbolic(1, {1, \"ab\"}), "
		 "__print_symbolic(1, {1, \"ab\"})",
		 "ab|    ab|a"},
		{"\"%s\", __print_flags(REC->b, \"|\", { (1ULL << (64 - 1)), "
		 "\"TOP\" }, { 1UL, \"LOW\" })",
		 "TOP|LOW"},
		{"\"<%s>\", __print_flags(0, \"|\", { (1ULL << 63), \"TOP\" })",
		 "<>"},
		{"\"%s\", __print_flags(7, \"+\", {1, \"A\"}, {2, \"B\"})",
		 "A+B+0x4"},
		/* Enumerators whose numbers only the kernel knows. */
		{"\"<%s>\", __print_flags(0, \"|\", {UNKNOWN, \"A\"})", "<>"},
		{"\"%s\", __print_flags(3, \"|\", {UNKNOWN, \"A\"}, {1, "
		 "\"B\"})",
		 "B|0x2"},
		{"\"%s\", __print_symbolic(REC->e, {HI_SOFTIRQ, \"HI\"})",
		 "0xc8"},
		{"\"%-8s|\", __print_flags(3, \"|\", {1, \"A\"}, {2, \"B\"})",
		 "A|B     |"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_text(cases[i].print_fmt, cases[i].expected);
}
END_TEST

START_TEST(bytes_are_shown_in_every_way)
{
	static const struct text_case cases[] = {
		{"\"%s\", __print_hex(REC->g, 3)", "0a 0b 0c"},
		{"\"%s\", __print_hex_str(REC->g, sizeof(REC->g))",
		 "0a0b0c0d0e0f"},
		{"\"%s\", __print_array(REC->g, 2, 2)", "{0xb0a,0xd0c}"},
		{"\"%s\", __print_array(REC->g, 0, 1)", "{}"},
		{"\"%s\", __print_hex(REC->g, 7)", FAILED},
		{"\"%s\", __print_array(REC->g, 3, 3)", FAILED},
		{"\"%s\", __print_hex_dump(\"p \", DUMP_PREFIX_OFFSET, 16, 1, "
		 "REC->g, 6, true)",
		 "\np 00000000: 0a 0b 0c 0d 0e 0f                              "
		 "  ......"},
		{"\"%s\", __print_hex_dump(\"\", DUMP_PREFIX_NONE, 16, 2, "
		 "REC->g, 6, false)",
		 "\n0b0a 0d0c 0f0e"},
		{"\"%6ph|%3phC|%*phD|%2phN\", REC->g, REC->g, 2, REC->g, "
		 "REC->g",
		 "0a 0b 0c 0d 0e 0f|0a:0b:0c|0a-0b|0a0b"},
		{"\"%*pb %*pbl\", 12, REC->g, 12, REC->g", "b0a 1,3,8-9,11"},
		{"\"%pM %pMF %pMR %pm\", REC->g, REC->g, REC->g, REC->g",
		 "0a:0b:0c:0d:0e:0f 0a-0b-0c-0d-0e-0f 0f:0e:0d:0c:0b:0a "
		 "0a0b0c0d0e0f"},
		{"\"%pI4 %pi4 %pI4h %pI4l %pI4b\", REC->ip, REC->ip, REC->ip, "
		 "REC->ip, &REC->ip",
		 "1.2.3.4 001.002.003.004 4.3.2.1 4.3.2.1 1.2.3.4"},
		{"\"%pI6\", REC->ip", FAILED},
		{"\"%pU\", REC->g", FAILED},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_text(cases[i].print_fmt, cases[i].expected);
}
END_TEST

START_TEST(addresses_are_shown_in_every_way)
{
	static const struct text_case cases[] = {
		{"\"%pS %ps %pF %pf %pB\", REC->f, REC->f, REC->f, REC->f, "
		 "REC->f",
		 "start+0x10 start start+0x10 start start+0x10"},
		{"\"%p %p %pK\", REC->f, 0, REC->f", "0x1010 (nil) 0x1010"},
		{"\"%px\", REC->f", "0000000000001010"},
		{"\"%12ps|%-12ps|\", REC->f, REC->f",
		 "       start|start       |"},
		{"\"%pe\", -12", "-12"},
		{"\"%pS\", (void *)((unsigned long)(start) + 4)", "start+0x4"},
		/* The value of a variable is not its address. */
		{"\"%pS\", (void *)((unsigned long)(data) + 4)", FAILED},
		{"\"%pS\", (void *)((unsigned long)(nothing) + 4)", FAILED},
		{"\"%pV\", REC->f", FAILED},
		{"\"%pfw\", REC->f", FAILED},
		{"\"%pS\", REC->g", FAILED},
		{"\"%d\", REC->g", FAILED},
		{"\"%s\", REC->a", FAILED},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_text(cases[i].print_fmt, cases[i].expected);
}
END_TEST

/* ---- network addresses ----------------------------------------------------- */

static void assert_address(const char *conversion, const void *bytes,
			   size_t size, bool big_endian, const char *expected)
{
	struct rm_text_source source = {.big_endian = big_endian};
	char record[64] = {0};
	struct ringmap_schema *schema;
	char format[1024];
	char text[256];

	snprintf(format, sizeof(format),
		 "name: event\nID: 7\nformat:\n" RM_COMMON
		 "\n\tfield:u16 x[%zu];\toffset:8;\tsize:%zu;\tsigned:0;\n\n"
		 "print fmt: \"%s\", REC->x\n",
		 size / 2, size, conversion);
	schema = schema_of(&source, "test", format);
	record[big_endian] = 7;
	memcpy(record + 8, bytes, size);
	print(schema, record, 8 + size, 0, 0, text, sizeof(text));
	ck_assert_msg(!strcmp(text, expected), "%s: \"%s\", not \"%s\"",
		      conversion, text, expected);
	ringmap_schema_unref(schema);
}

/*
 * The place of the array of pages, and the size of one, are not in the format.
 * The trace file has a hash of the address; trace-cmd takes the name for 0 and a
 * struct page for one byte, so that it shows the page's number.
 */
START_TEST(addresses_that_only_the_kernel_computes_are_unknown)
{
	static const struct text_case cases[] = {
		/* With vmemmap in a variable, at a fixed address, and without. */
		{"\"page=%p pfn=0x%lx\", (((struct page *)vmemmap_base) + "
		 "(REC->e)), REC->e",
		 "page=(unknown) pfn=0xc8"},
		{"\"page=%p pfn=0x%lx\", "
		 "(((struct page *)0xffffea0000000000UL) + (REC->e)), REC->e",
		 "page=(unknown) pfn=0xc8"},
		{"\"page=%p pfn=0x%lx\", (((struct page *)(-((((1UL))) << "
		 "48))) "
		 "- 4 + REC->e), REC->e",
		 "page=(unknown) pfn=0xc8"},
		/* A page that could not be allocated has no address at all. */
		{"\"page=%p|\", REC->e != 200 ? "
		 "(((struct page *)vmemmap_base) + (REC->e)) : ((void *)0)",
		 "page=(nil)|"},
		{"\"page=%p|%12p|\", REC->e != -1UL ? "
		 "(((struct page *)vmemmap_base) + (REC->e)) : ((void *)0), "
		 "(void *)((struct page *)REC->f + 1)",
		 "page=(unknown)|   (unknown)|"},
		/* The address of a variable is not its value. */
		{"\"%p\", data", FAILED},
		{"\"%p\", mem_map + REC->e", FAILED},
		{"\"%lx\", (unsigned long)(((struct page *)vmemmap_base) + "
		 "(REC->e))",
		 FAILED},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_text(cases[i].print_fmt, cases[i].expected);
}
END_TEST

START_TEST(network_addresses_are_shown_as_the_kernel_does)
{
	static const char local[16] = "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01";
	static const char plain[16] =
		"\x20\x01\x0d\xb8\0\0\0\0\0\x01\0\0\0\0\0\x02";
	static const char mapped[16] =
		"\0\0\0\0\0\0\0\0\0\0\xff\xff\x7f\0\0\x01";
	static const char isatap[16] =
		"\xfe\x80\0\0\0\0\0\0\x02\0\x5e\xfe\x0a\0\0\x01";
	static const char inet[16] = "\x02\0\0\x50\x7f\0\0\x01";
	static const char big_inet[16] = "\0\x02\0\x50\x7f\0\0\x01";
	static const char inet6[28] =
		"\x0a\0\x1f\x90\xf1\0\0\x07"
		"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x02\0\0\0";
	static const char uuid[16] = "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a"
				     "\x0b\x0c\x0d\x0e\x0f\xf0";
	static const struct {
		const char *conversion;
		const char *bytes;
		size_t size;
		bool big_endian;
		const char *expected;
	} cases[] = {
		{"%pI6c", local, 16, false, "::1"},
		{"%pI6c", plain, 16, false, "2001:db8::1:0:0:2"},
		{"%pI6", plain, 16, false,
		 "2001:0db8:0000:0000:0001:0000:0000:0002"},
		{"%pi6", plain, 16, false, "20010db8000000000001000000000002"},
		{"%pI6c", mapped, 16, false, "::ffff:127.0.0.1"},
		{"%pI6c", isatap, 16, false, "fe80::200:5efe:10.0.0.1"},
		{"%pIS", inet, 16, false, "127.0.0.1"},
		{"%pISpc", inet, 16, false, "127.0.0.1:80"},
		{"%pISpc", big_inet, 16, true, "127.0.0.1:80"},
		{"%pISpc", inet6, 28, false, "[2001:db8::1]:8080"},
		{"%pISpfsc", inet6, 28, false, "[2001:db8::1]:8080/16777223%2"},
		{"%pISc", local, 16, false, "(einval)"},
		{"%pISc", inet6, 16, false,
		 "[FAILED TO PARSE] x=ARRAY[0a, 00, 1f, 90, f1, 00, 00, 07, "
		 "20, 01, 0d, b8, 00, 00, 00, 00]"},
		{"%pU", uuid, 16, false,
		 "01020304-0506-0708-090a-0b0c0d0e0ff0"},
		{"%pUB", uuid, 16, false,
		 "01020304-0506-0708-090A-0B0C0D0E0FF0"},
		{"%pUl", uuid, 16, false,
		 "04030201-0605-0807-090a-0b0c0d0e0ff0"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_address(cases[i].conversion, cases[i].bytes,
			       cases[i].size, cases[i].big_endian,
			       cases[i].expected);
}
END_TEST

/* ---- dynamic data ---------------------------------------------------------- */

static const char probe_text[] =
	RM_FORMAT("probe", 7,
		  RM_FIELD("unsigned long __probe_ip", 8, 8, 0)
			  RM_FIELD("__data_loc char[] s", 16, 4, 1),
		  "\"(%lx) s=\\\"%s\\\"\", REC->__probe_ip, __get_str(s)");

START_TEST(a_string_that_faulted_is_no_empty_one)
{
	struct rm_text_source source = {.kallsyms = NULL};
	struct ringmap_schema *schema = schema_of(&source, "test", probe_text);
	char text[64];

	print(schema, HEADER "\x10\0\0\0\0\0\0\0\x14\0\0\0", 20, 0, 0, text,
	      sizeof(text));
	ck_assert_str_eq(text, "(10) s=(fault)");
	print(schema, HEADER "\x10\0\0\0\0\0\0\0\x14\0\x01\0\0\0\0\0", 24, 0, 0,
	      text, sizeof(text));
	ck_assert_str_eq(text, "(10) s=\"\"");
	print(schema, HEADER "\x10\0\0\0\0\0\0\0\x14\0\x03\0ab\0\0", 24, 0, 0,
	      text, sizeof(text));
	ck_assert_str_eq(text, "(10) s=\"ab\"");
	ringmap_schema_unref(schema);
}
END_TEST

START_TEST(masks_are_read_in_the_order_of_their_kernel)
{
	const char *format = RM_FORMAT(
		"event", 7, RM_FIELD("__data_loc unsigned long[] m", 8, 4, 0),
		"\"%s %s\", __get_bitmask(m), __get_cpumask(m)");
	struct rm_text_source source = {.big_endian = false};
	struct ringmap_schema *schema = schema_of(&source, "test", format);
	char text[128];

	print(schema,
	      HEADER "\x0c\0\x10\0\x05\0\0\0\x01\0\0\0\x80\0\0\0\0\0\0\0", 28,
	      0, 0, text, sizeof(text));
	ck_assert_str_eq(text, "00000000,00000080,00000001,00000005 "
			       "0,2,32,71");
	ringmap_schema_unref(schema);
	source = (struct rm_text_source){.big_endian = true};
	schema = schema_of(&source, "test", format);
	print(schema,
	      "\0\x07\0\0\0\0\0\x12\0\x10\0\x0c"
	      "\0\0\0\x01\0\0\0\x05\0\0\0\0\0\0\0\x80",
	      28, 0, 0, text, sizeof(text));
	ck_assert_str_eq(text, "00000000,00000080,00000001,00000005 "
			       "0,2,32,71");
	ringmap_schema_unref(schema);
}
END_TEST

/* ---- events of the tracers ------------------------------------------------- */

static const char stack_text[] =
	RM_FORMAT("kernel_stack", 7,
		  RM_FIELD("int size", 8, 4, 1)
			  RM_FIELD("unsigned long caller[8]", 16, 64, 0),
		  "\"\\t=> %ps\\n\\t=> %ps\\n\" \"\\t=> %ps\\n\", (void "
		  "*)REC->caller[0], "
		  "(void *)REC->caller[1], (void *)REC->caller[2]");

START_TEST(a_stack_has_as_many_frames_as_its_record)
{
	struct rm_text_source source = {
		.kallsyms = "0000000000001000 T f0\n0000000000002000 T f1\n"
			    "0000000000003000 T end\n"};
	struct ringmap_schema *schema =
		schema_of(&source, "ftrace", stack_text);

	for (size_t count = 0; count <= 12; count++) {
		uint8_t record[16 + 12 * 8] = {7, [8] = (uint8_t)count};
		char expected[512] = "";
		char text[512];

		for (size_t i = 0; i < count; i++) {
			record[16 + 8 * i + 1] = (uint8_t)(0x10 + i % 2 * 0x10);
			strcat(expected, i % 2 ? "\t=> f1\n" : "\t=> f0\n");
		}
		if (count)
			expected[strlen(expected) - 1] = '\0';
		print(schema, record, 16 + 8 * count, 0, 0, text, sizeof(text));
		ck_assert_str_eq(text, expected);
	}
	ringmap_schema_unref(schema);
}
END_TEST

static const char bprint_text[] =
	RM_FORMAT("bprint", 7,
		  RM_FIELD("unsigned long ip", 8, 8, 0)
			  RM_FIELD("const char * fmt", 16, 8, 0)
				  RM_FIELD("u32 buf[]", 24, 0, 0),
		  "\"%ps: %s\", (void *)REC->ip, REC->fmt");

#define BPRINT(fmt) HEADER "\x10\x10\0\0\0\0\0\0" fmt "\x20\0\0\0\0\0\0"

START_TEST(trace_printk_has_every_conversion)
{
	struct rm_text_source source = {
		.kallsyms = "0000000000001000 T f\n0000000000009000 T end\n",
		.printk_formats = "0x2000 : \"%hd %hhd %lld\\n\"\n"
				  "0x2001 : \"%c%c %d\\n\"\n"
				  "0x2002 : \"%*d|%-*d|\\n\"\n"
				  "0x2003 : \"%zu %zd\\n\"\n"
				  "0x2004 : \"%s/%.2s/%6s %pS %pI4\\n\"\n"
				  "0x2005 : \"a\\tb %d\\n\"\n"
				  "0x2006 : \"%q %d\\n\"\n"};
	struct ringmap_schema *schema =
		schema_of(&source, "ftrace", bprint_text);
	static const struct {
		const char *record;
		size_t size;
		const char *expected;
	} cases[] = {
#define CASE(record, expected) {record, sizeof(record) - 1, expected}
		CASE(BPRINT("\0") "\xfb\xff\xfa\0\0\0\0\0\0\xff\xff\xff",
		     "f: -5 -6 -1099511627776"),
		CASE(BPRINT("\x01") "AB\0\0\x07\0\0\0", "f: AB 7"),
		CASE(BPRINT("\x02") "\x06\0\0\0\x2a\0\0\0\x04\0\0\0\x07\0\0\0",
		     "f:     42|7   |"),
		CASE(BPRINT("\x03") "\x05\0\0\0\0\0\0\0\xfb\xff\xff\xff\xff\xff"
				    "\xff\xff",
		     "f: 5 -5"),
		CASE(BPRINT("\x04") "ab\0abc\0abcd\0\x10\x10\0\0\0\0\0\0"
				    "1.2.3.4\0",
		     "f: ab/ab/  abcd f+0x10 1.2.3.4"),
		CASE(BPRINT("\x05") "\x03\0\0\0", "f: a\tb 3"),
		/* No kernel has that: it is shown as it stands. */
		CASE(BPRINT("\x06") "\x03\0\0\0", "f: %q %d"),
		CASE(BPRINT("\x05"), "[FAILED TO PARSE] ip=0x1010 fmt=0x2005 "
				     "buf=ARRAY[]"),
		CASE(BPRINT("\x07"), "f: (NO FORMAT FOUND at 2007)"),
#undef CASE
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char text[256];

		print(schema, cases[i].record, cases[i].size, 0, 0, text,
		      sizeof(text));
		ck_assert_str_eq(text, cases[i].expected);
	}
	ringmap_schema_unref(schema);
}
END_TEST

START_TEST(functions_are_shown_with_their_callers)
{
	struct rm_text_source source = {
		.kallsyms = "0000000000001000 T f\n0000000000002000 T g\n"
			    "0000000000009000 T end\n"};
	struct ringmap_schema *schema = schema_of(
		&source, "ftrace",
		RM_FORMAT("function", 7,
			  RM_FIELD("unsigned long ip", 8, 8, 0)
				  RM_FIELD("unsigned long parent_ip", 16, 8, 0),
			  "\" %ps <-- %ps\", REC->ip, REC->parent_ip"));
	char text[256];

	print(schema,
	      HEADER "\x10\x10\0\0\0\0\0\0"
		     "\x10\x20\0\0\0\0\0\0",
	      24, 0, 0, text, sizeof(text));
	ck_assert_str_eq(text, "f <-- g");
	/* trace-cmd leaves the arrow out where it does not know the name. */
	print(schema,
	      HEADER "\x10\0\0\0\0\0\0\0"
		     "\x10\x20\0\0\0\0\0\0",
	      24, 0, 0, text, sizeof(text));
	ck_assert_str_eq(text, "0x10 <-- g");
	ringmap_schema_unref(schema);
}
END_TEST

START_TEST(a_call_graph_is_indented)
{
	struct rm_text_source source = {
		.kallsyms = "0000000000001000 T f\n0000000000009000 T end\n"};
	struct ringmap_schema *schema =
		schema_of(&source, "ftrace",
			  RM_FORMAT("funcgraph_entry", 7,
				    RM_FIELD("unsigned long func", 8, 8, 0)
					    RM_FIELD("int depth", 16, 4, 1),
				    "\"--> %ps (%d)\", REC->func, REC->depth"));
	char text[256];

	print(schema, HEADER "\0\x10\0\0\0\0\0\0\x02\0\0\0", 20, 0, 0, text,
	      sizeof(text));
	ck_assert_str_eq(text, "             |      f() {");
	ringmap_schema_unref(schema);
	schema = schema_of(
		&source, "ftrace",
		RM_FORMAT("funcgraph_exit", 7,
			  RM_FIELD("unsigned long func", 8, 8,
				   0) RM_FIELD("int depth", 16, 4, 1)
				  RM_FIELD("u64 calltime", 24, 8,
					   0) RM_FIELD("u64 rettime", 32, 8, 0)
					  RM_FIELD("long retval", 40, 8, 1),
			  "\"<-- %ps (%d)\", REC->func, REC->depth"));
	print(schema,
	      HEADER "\0\x10\0\0\0\0\0\0\x01\0\0\0\0\0\0\0"
		     "\x01\0\0\0\0\0\0\0\x39\x30\0\0\0\0\0\0"
		     "\xf4\xff\xff\xff\xff\xff\xff\xff",
	      48, 0, 0, text, sizeof(text));
	ck_assert_str_eq(text, "+ 12.344 us  |    } (ret=-12)");
	ringmap_schema_unref(schema);
}
END_TEST

RM_MAIN(conversions_are_those_of_the_kernel,
	fields_of_every_size_are_converted_as_in_c, numbers_have_the_types_of_c,
	tables_are_followed_as_the_kernel_does, bytes_are_shown_in_every_way,
	addresses_are_shown_in_every_way,
	addresses_that_only_the_kernel_computes_are_unknown,
	network_addresses_are_shown_as_the_kernel_does,
	a_string_that_faulted_is_no_empty_one,
	masks_are_read_in_the_order_of_their_kernel,
	a_stack_has_as_many_frames_as_its_record,
	trace_printk_has_every_conversion,
	functions_are_shown_with_their_callers, a_call_graph_is_indented)
