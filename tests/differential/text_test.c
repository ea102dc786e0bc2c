/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * text_test.c - the text of events beside that of libtraceevent
 *
 * Both print made-up records of every format of the running kernel and of the
 * shared data. The records depend on the format alone, so that a failure can be
 * repeated. If the texts differ, a reason of the list below must apply: then
 * libtraceevent is wrong, and ringmap shows what the kernel's own trace file
 * would.
 */
#define _GNU_SOURCE
#include "tests/support/rm_check.h"
#include "tests/support/text_source.h"

#include <event-parse.h>
#include <ftw.h>
#include <regex.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <trace-seq.h>

#define RECORDS 24
#define TEXT_MAX_BYTES 65536

/* The symbols that both know. */
#define FIRST 0xffffffff81000000
#define SECOND 0xffffffff81001000
static const char kallsyms[] = "ffffffff81000000 T first_function\n"
			       "ffffffff81001000 T second_function\n"
			       "ffffffff81002000 T last_function\n";

/* ---- why texts differ ------------------------------------------------------ */

/* A property that a record must have for a reason to apply. */
enum need {
	NEED_NOTHING,
	NEED_NEGATIVE, /* a signed field below zero */
	NEED_LARGE,    /* fields of any value: sums overflow, bits are set */
};

static const struct {
	const char *name;
	const char *print_fmt; /* an extended regular expression */
	enum need need;
} reasons[] = {
	{"it reads fields and casts without their sign", ".", NEED_NEGATIVE},
	{"it computes in 64 bits what C computes in 32",
	 "[-+*~] *\\(?(REC|sizeof|[0-9])|[-+*] *\\(", NEED_LARGE},
	{"it compares and shifts without a sign", "(>>|<|>)", NEED_LARGE},
	{"it does not cut to the size of a cast",
	 "\\((__)?(u|s|int)[0-9_a-z]*\\)", NEED_LARGE},
	{"it pads each flag and not all of them", "%-?[0-9]+s", NEED_NOTHING},
	{"it takes bit 63 of a table for a sign",
	 "63|\\(64 - 1\\)|0x8000000000", NEED_NOTHING},
	{"it takes unknown enumerators for 0 or -1",
	 "\\{ *\\(?[A-Za-z_(][^\"]*, *\"", NEED_NOTHING},
	{"it shows arrays without {0x}, before 1.8", "__print_array",
	 NEED_NOTHING},
	{"%#x of 0 is 0x0 in the kernel", "%#", NEED_NOTHING},
	{"it shows %pB, %pK, %px, %pb and %pe as %p and letters",
	 "%[*]?p[BKxbe]", NEED_NOTHING},
	{"it does not know %c", "%c|%-[0-9]*c", NEED_NOTHING},
	{"it shows nothing for a string behind a cast",
	 "\\((const )?char \\*\\)", NEED_NOTHING},
	{"its index of a dynamic array counts bytes",
	 "__get_dynamic_array\\([a-z_]*\\)\\)?\\[", NEED_NOTHING},
	{"%ph needs a dynamic array", "%[0-9*]*ph", NEED_NOTHING},
	{"it tears an operation to the right of another one apart",
	 "([-&|+*/^=<>]|\\?|:) *\\(", NEED_NOTHING},
	{"it knows no bool", "\\(bool\\)", NEED_NOTHING},
	{"it takes ! for looser than ?:", "!\\(*[A-Z].*\\?", NEED_NOTHING},
	{"it looks for names of variables among the functions",
	 "[( ]_?[a-z]+_(base|end|start)[ )]", NEED_NOTHING},
	{"it leaves signs and spaces of conversions out", "%[+ ]",
	 NEED_NOTHING},
	{"it knows no (fault)", "\\\\\"%s\\\\\"", NEED_NOTHING},
	{"it prints a NUL for %c and ends there", "%c", NEED_NOTHING},
	{"it shows a family of sockets that it does not know as nothing",
	 "%pIS", NEED_NOTHING},
	{"it shows addresses of places that are no fields as an error",
	 "%p[MmIiU]", NEED_NOTHING},
};

#define REASONS (sizeof(reasons) / sizeof(*reasons))

static regex_t regexes[REASONS];
static size_t explained[REASONS];

static bool explain(const char *print_fmt, bool negative, bool large)
{
	for (size_t i = 0; i < REASONS; i++) {
		if ((reasons[i].need == NEED_NEGATIVE && !negative) ||
		    (reasons[i].need == NEED_LARGE && !large))
			continue;
		if (regexec(&regexes[i], print_fmt, 0, NULL, 0))
			continue;
		explained[i]++;
		return true;
	}
	return false;
}

static struct {
	size_t formats;
	size_t unknown; /* formats that libtraceevent does not take */
	size_t failed;  /* and those whose print fmt it cannot follow */
	size_t fields;  /* records that ringmap shows as fields */
	size_t same;
	size_t different;
} seen;

/* ---- records --------------------------------------------------------------- */

struct maker {
	uint64_t state;
	uint8_t bytes[1 << 17];
	uint32_t size;
	bool large;
	bool negative;
};

static uint64_t next(struct maker *m)
{
	m->state ^= m->state << 13;
	m->state ^= m->state >> 7;
	m->state ^= m->state << 17;
	return m->state;
}

static void put_text(struct maker *m, uint32_t at, uint32_t size)
{
	uint32_t length = size ? (uint32_t)(next(m) % size) : 0;

	memset(m->bytes + at, 0, size);
	for (uint32_t i = 0; i < length; i++)
		m->bytes[at + i] = (uint8_t)('a' + next(m) % 26);
}

static void put_number(struct maker *m, uint32_t at, uint32_t size,
		       bool is_signed)
{
	uint64_t value = next(m);

	/* Small ones name something; the others reach all bits. */
	if (!m->large)
		value &= 7;
	else if (next(m) % 4 == 0)
		value = next(m) % 2 ? FIRST + 8 : SECOND;
	if (is_signed && size && size < 9 &&
	    (int64_t)(value << (64 - 8 * size)) < 0)
		m->negative = true;
	for (uint32_t i = 0; i < size; i++)
		m->bytes[at + i] = i < 8 ? (uint8_t)(value >> 8 * i) : 0;
}

static void put_dynamic(struct maker *m, const struct ringmap_field_info *f)
{
	bool text = f->kind == RINGMAP_KIND_STRING;
	uint32_t count = (uint32_t)(1 + next(m) % 3);
	uint32_t size = text ? 12 : count * f->elem_size;
	uint32_t at = m->size;
	uint32_t place = at;

	if (f->flags & RINGMAP_FIELD_REL_LOC)
		place -= f->offset + f->size;
	if (text)
		put_text(m, at, size);
	else
		for (uint32_t i = 0; i < count; i++)
			put_number(m, at + i * f->elem_size, f->elem_size,
				   false);
	m->size += (size + 7) / 8 * 8;
	const uint32_t word = size << 16 | place;
	memcpy(m->bytes + f->offset, &word, sizeof(word));
}

static void put_field(struct maker *m, const struct ringmap_field_info *f)
{
	const uint32_t loc = RINGMAP_FIELD_DATA_LOC | RINGMAP_FIELD_REL_LOC;

	if (f->flags & loc)
		put_dynamic(m, f);
	else if (f->kind == RINGMAP_KIND_STRING)
		put_text(m, f->offset, f->size);
	else
		for (uint32_t i = 0; f->elem_size && i < f->count; i++)
			put_number(m, f->offset + i * f->elem_size,
				   f->elem_size,
				   f->flags & RINGMAP_FIELD_SIGNED);
}

static void make_record(struct maker *m, const struct ringmap_format *format,
			const struct ringmap_format_info *info)
{
	struct ringmap_field_info field;
	const uint16_t id = (uint16_t)info->id;

	m->negative = false;
	memset(m->bytes, 0, sizeof(m->bytes));
	m->size = (info->size + 7) / 8 * 8;
	for (uint32_t i = 0; i < info->nr_fields; i++) {
		rm_assert_ok(
			ringmap_format_field(format, i, &field, sizeof(field)));
		put_field(m, &field);
	}
	memcpy(m->bytes, &id, sizeof(id));
}

/* ---- both texts ------------------------------------------------------------ */

static struct tep_event *load_tep(struct tep_handle *tep, const char *text,
				  const char *system)
{
	struct tep_event *event = NULL;

	tep_set_loglevel(TEP_LOG_NONE);
	tep_set_long_size(tep, 8);
	tep_set_file_bigendian(tep, TEP_LITTLE_ENDIAN);
	tep_set_local_bigendian(tep, TEP_LITTLE_ENDIAN);
	for (unsigned int i = 0; i < 3; i++) {
		static const char *const names[] = {
			"first_function", "second_function", "last_function"};

		tep_register_function(tep, (char *)(uintptr_t)names[i],
				      FIRST + i * (SECOND - FIRST), NULL);
	}
	if (tep_parse_format(tep, &event, text, strlen(text), system))
		return NULL;
	return event;
}

/* It may divide by zero where it tears an operation apart. */
static sigjmp_buf divided;

static void on_division(int number)
{
	(void)number;
	siglongjmp(divided, 1);
}

/* The text ends as in the report of trace-cmd. */
static void tep_text(struct tep_handle *tep, struct maker *m, char *text)
{
	struct tep_record record = {.data = m->bytes,
				    .size = (int)m->size,
				    .record_size = (int)m->size};
	struct trace_seq seq;

	trace_seq_init(&seq);
	if (sigsetjmp(divided, 1))
		trace_seq_puts(&seq, "(a division by zero)");
	else
		tep_print_event(tep, &seq, &record, "%s", TEP_PRINT_INFO);
	trace_seq_terminate(&seq);
	snprintf(text, TEXT_MAX_BYTES, "%s", seq.buffer);
	size_t size = strlen(text);
	if (size && text[size - 1] == '\n')
		text[size - 1] = '\0';
	trace_seq_destroy(&seq);
}

static void compare(struct ringmap_schema *schema, struct tep_handle *tep,
		    struct maker *m, const struct ringmap_format_info *info)
{
	static char ours[TEXT_MAX_BYTES];
	static char theirs[TEXT_MAX_BYTES];
	const struct ringmap_event event = {.data = m->bytes, .size = m->size};

	rm_assert_ok(ringmap_event_print(schema, &event, 0, ours, sizeof(ours),
					 NULL));
	/* It would go astray in such a record, or divide by zero. */
	if (!strncmp(ours, "[FAILED", 7)) {
		seen.fields++;
		return;
	}
	tep_text(tep, m, theirs);
	if (!strcmp(ours, theirs)) {
		seen.same++;
		return;
	}
	seen.different++;
	ck_assert_msg(explain(info->print_fmt, m->negative, m->large),
		      "%s:%s\n  %s\nis  \"%s\"\nnot \"%s\"", info->system,
		      info->name, info->print_fmt, ours, theirs);
}

static uint64_t seed_of(const char *text)
{
	uint64_t seed = 88172645463325252;

	for (; *text; text++)
		seed = (seed ^ (uint8_t)*text) * 1099511628211;
	return seed ? seed : 1;
}

/* Dies of these, or keeps state between records: it has them in a way of its
 * own. */
static bool is_special(const char *system)
{
	return !strcmp(system, "ftrace");
}

static void try_format(const char *text, const char *system)
{
	static struct maker maker;
	struct rm_text_event only = {system, "event", text};
	struct rm_text_source source = {
		.events = &only, .count = 1, .kallsyms = kallsyms};
	struct ringmap_schema *schema = rm_text_schema(&source);
	const struct ringmap_format *format;
	struct ringmap_format_info info;
	struct tep_handle *tep = tep_alloc();

	ck_assert_ptr_nonnull(tep);
	if (ringmap_schema_format(schema, "event", &format, NULL) ==
		    RINGMAP_OK &&
	    !ringmap_format_info(format, &info, sizeof(info)) &&
	    info.print_fmt && !is_special(system)) {
		struct tep_event *event = load_tep(tep, text, system);

		seen.formats++;
		seen.unknown += !event;
		maker.state = seed_of(text);
		if (event && (event->flags & (int)TEP_EVENT_FL_FAILED)) {
			seen.failed++;
			event = NULL;
		}
		for (int i = 0; event && i < RECORDS; i++) {
			maker.large = i % 2;
			make_record(&maker, format, &info);
			compare(schema, tep, &maker, &info);
		}
	}
	tep_free(tep);
	ringmap_schema_unref(schema);
}

/* ---- folders of formats ---------------------------------------------------- */

static char *read_file(const char *path)
{
	FILE *f = fopen(path, "re");
	char *text = NULL;
	size_t room = 0;

	if (!f)
		return NULL;
	/* Files of tracefs do not say how long they are. */
	ssize_t size = getdelim(&text, &room, 0, f);
	fclose(f);
	if (size > 0)
		return text;
	free(text);
	return NULL;
}

static int visit(const char *path, const struct stat *st, int type,
		 struct FTW *ftw)
{
	char system[256] = "";
	const char *end = path + ftw->base - 1;

	(void)st;
	if (type != FTW_F || strcmp(path + ftw->base, "format"))
		return 0;
	/* .../SYSTEM/EVENT/format */
	while (end > path && *--end != '/')
		;
	const char *begin = end;
	while (begin > path && begin[-1] != '/')
		begin--;
	if ((size_t)(end - begin) < sizeof(system))
		memcpy(system, begin, (size_t)(end - begin));
	char *text = read_file(path);
	if (text)
		try_format(text, system);
	free(text);
	return 0;
}

static void get_ready(void)
{
	signal(SIGFPE, on_division);
	for (size_t i = 0; i < REASONS; i++)
		ck_assert_int_eq(regcomp(&regexes[i], reasons[i].print_fmt,
					 REG_EXTENDED | REG_NOSUB),
				 0);
}

static void report(void)
{
	printf("# %zu formats, %zu records alike, %zu for reasons, %zu shown "
	       "as "
	       "fields; libtraceevent does not take %zu formats and cannot "
	       "follow %zu\n",
	       seen.formats, seen.same, seen.different, seen.fields,
	       seen.unknown, seen.failed);
	for (size_t i = 0; i < REASONS; i++) {
		if (explained[i])
			printf("#   %6zu %s\n", explained[i], reasons[i].name);
		regfree(&regexes[i]);
	}
	ck_assert_uint_gt(seen.formats, 0);
	/* The list explains what is left over, not most of it. */
	ck_assert_uint_gt(seen.same, 5 * seen.different);
}

START_TEST(formats_of_the_running_kernel_print_alike)
{
	struct stat st;

	if (stat("/sys/kernel/tracing/events/header_page", &st))
		rm_skip("tracefs cannot be read");
	get_ready();
	ck_assert(!nftw("/sys/kernel/tracing/events", visit, 16, FTW_PHYS));
	report();
}
END_TEST

START_TEST(shared_formats_print_alike)
{
	static const char *const folders[] = {"pages/perfetto/formats",
					      "faults"};
	const char *dir = getenv("RINGMAP_SHARED_DATA");
	struct stat st;
	char *path;

	if (!dir || !*dir)
		rm_skip("RINGMAP_SHARED_DATA is not set");
	if (stat(dir, &st))
		rm_skip("RINGMAP_SHARED_DATA is no folder here");
	get_ready();
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		ck_assert_int_gt(asprintf(&path, "%s/%s", dir, folders[i]), 0);
		nftw(path, visit, 16, FTW_PHYS);
		free(path);
	}
	report();
}
END_TEST

RM_MAIN(formats_of_the_running_kernel_print_alike, shared_formats_print_alike)
