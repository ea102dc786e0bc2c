/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * foreign_format_test.c - formats and fields that other projects recorded
 *
 * They lie beside this project, where $RINGMAP_SHARED_DATA says; without them
 * the cases are skipped.
 */
#define _GNU_SOURCE
#include "tests/support/rm_check.h"
#include "tests/support/text_source.h"

#include <ftw.h>
#include <inttypes.h>
#include <sys/stat.h>

static struct ringmap_error err;

/* Path of a file of the shared data; the caller's. */
static char *shared(const char *file)
{
	const char *dir = getenv("RINGMAP_SHARED_DATA");
	char *path;

	ck_assert_int_gt(asprintf(&path, "%s/pages/%s", dir, file), 0);
	return path;
}

/* Why this machine has no shared data; NULL if it has. */
static const char *no_shared_data(void)
{
	const char *dir = getenv("RINGMAP_SHARED_DATA");
	struct stat st;

	if (!dir || !*dir)
		return "RINGMAP_SHARED_DATA is not set";
	char *pages = shared("");
	int missing = stat(pages, &st);
	free(pages);
	return missing ? "RINGMAP_SHARED_DATA has no folder pages" : NULL;
}

static char *read_file(const char *path, size_t *size)
{
	FILE *stream = fopen(path, "re");
	struct stat st;

	ck_assert_msg(stream && !fstat(fileno(stream), &st), "%s: missing",
		      path);
	*size = (size_t)st.st_size;
	char *bytes = malloc(*size + 1);
	ck_assert_ptr_nonnull(bytes);
	ck_assert_uint_eq(fread(bytes, 1, *size, stream), *size);
	bytes[*size] = '\0';
	fclose(stream);
	return bytes;
}

/* ---- every format file -------------------------------------------------------- */

static struct {
	size_t files;
	size_t fields;
} seen;

/* Alone in a folder: some lie where no event of tracefs would. */
static int load_alone(const char *path, const struct stat *st, int type,
		      struct FTW *ftw)
{
	const struct ringmap_format *format;
	struct ringmap_format_info info;
	struct ringmap_schema *schema;
	struct rm_text_event event = {"test", "event", NULL};
	struct rm_text_source source = {.events = &event, .count = 1};
	size_t size;

	/* One is empty: that of a folder which is none of an event's. */
	if (type != FTW_F || strcmp(path + ftw->base, "format") || !st->st_size)
		return 0;
	char *text = read_file(path, &size);
	event.text = text;
	schema = rm_text_schema(&source);
	enum ringmap_status s =
		ringmap_schema_format(schema, "event", &format, &err);
	ck_assert_msg(s == RINGMAP_OK, "%s: %s", path, err.text);
	rm_assert_ok(ringmap_format_info(format, &info, sizeof(info)));
	seen.files++;
	seen.fields += info.nr_fields;
	ringmap_schema_unref(schema);
	free(text);
	return 0;
}

START_TEST(every_format_file_of_perfetto_loads)
{
	const char *missing = no_shared_data();

	if (missing)
		rm_skip(missing);
	char *folder = shared("perfetto/formats");
	ck_assert(!nftw(folder, load_alone, 16, FTW_PHYS));
	ck_assert_uint_eq(seen.files, 251);
	printf("# %zu format files, %zu fields\n", seen.files, seen.fields);
	free(folder);
}
END_TEST

/* ---- perfetto's pages ----------------------------------------------------------- */

/* How many events of that name there are, in the folder's own words. */
static void assert_names(const char *page_file, const char *folder,
			 const char *name, int expected, int others)
{
	char *formats = shared(folder);
	char *path = shared(page_file);
	struct ringmap_schema *schema;
	struct ringmap_event event;
	struct ringmap_page page;
	char text[1024];
	size_t size;
	int count = 0;
	int other = 0;

	rm_assert_ok_err(ringmap_schema_open(formats, &schema, &err), &err);
	char *bytes = read_file(path, &size);
	rm_assert_ok(ringmap_page_init(&page, bytes, size, NULL));
	while (ringmap_page_next(&page, &event) == RINGMAP_OK) {
		const struct ringmap_format *format;
		struct ringmap_format_info info;
		uint16_t id;

		memcpy(&id, event.data, sizeof(id));
		rm_assert_ok_err(
			ringmap_schema_format_by_id(schema, id, &format, &err),
			&err);
		rm_assert_ok(ringmap_format_info(format, &info, sizeof(info)));
		if (!strcmp(info.name, name))
			count++;
		else
			other++;
		rm_assert_ok(ringmap_event_print(schema, &event,
						 RINGMAP_PRINT_LINE, text,
						 sizeof(text), NULL));
		ck_assert_ptr_nonnull(strstr(text, info.name));
		ck_assert_ptr_null(strstr(text, "FAILED"));
	}
	ck_assert_int_eq(count, expected);
	ck_assert_int_eq(other, others);
	ringmap_schema_unref(schema);
	free(bytes);
	free(formats);
	free(path);
}

START_TEST(events_of_perfetto_have_their_names)
{
	const char *missing = no_shared_data();

	if (missing)
		rm_skip(missing);
	assert_names("perfetto/g_full_page_sched_switch.bin",
		     "perfetto/formats/synthetic", "sched_switch", 59, 0);
	assert_names("perfetto/g_six_sched_switch.bin",
		     "perfetto/formats/synthetic", "sched_switch", 6, 0);
	assert_names("perfetto/g_single_print.bin",
		     "perfetto/formats/synthetic", "print", 1, 0);
	assert_names("perfetto/g_really_long_event.bin",
		     "perfetto/formats/synthetic", "print", 2, 0);
}
END_TEST

/* ---- schedviz: every field of every event ---------------------------------------- */

/* The formats as its own decoder had them: ids, and where fields lie. */
static const struct rm_text_event events_64[] = {
	{"sched", "sched_switch",
	 RM_FORMAT("sched_switch", 297,
		   RM_FIELD("char prev_comm[16]", 8, 16,
			    1) RM_FIELD("pid_t prev_pid", 24, 4,
					1) RM_FIELD("int prev_prio", 28, 4, 1)
			   RM_FIELD("long prev_state", 32, 8,
				    1) RM_FIELD("char next_comm[16]", 40, 16, 1)
				   RM_FIELD("pid_t next_pid", 56, 4, 1)
					   RM_FIELD("int next_prio", 60, 4, 1),
		   "\"\"")},
	{"sched", "sched_wakeup",
	 RM_FORMAT("sched_wakeup", 299,
		   RM_FIELD("char comm[16]", 8, 16, 1) RM_FIELD(
			   "pid_t pid", 24, 4, 1) RM_FIELD("int prio", 28, 4, 1)
			   RM_FIELD("int success", 32, 4, 1)
				   RM_FIELD("int target_cpu", 36, 4, 1),
		   "\"\"")},
};

/* With two more common fields, as real-time kernels had them. */
#define COMMON_RT                                                              \
	RM_FIELD("unsigned short common_migrate_disable", 8, 2, 0)             \
	RM_FIELD("unsigned short common_padding", 10, 2, 0)

static const struct rm_text_event events_32[] = {
	{"sched", "sched_switch",
	 RM_FORMAT("sched_switch", 221,
		   COMMON_RT RM_FIELD("char prev_comm[16]", 16, 16, 0) RM_FIELD(
			   "pid_t prev_pid", 32, 4,
			   1) RM_FIELD("int prev_prio", 36, 4,
				       1) RM_FIELD("long prev_state", 40, 4, 1)
			   RM_FIELD("char next_comm[16]", 44, 16, 0)
				   RM_FIELD("pid_t next_pid", 60, 4, 1)
					   RM_FIELD("int next_prio", 64, 4, 1),
		   "\"\"")},
	/* This one it took as an older kernel's. */
	{"sched", "sched_wakeup",
	 RM_FORMAT("sched_wakeup", 223,
		   COMMON_RT RM_FIELD("char comm[16]", 8, 16, 0) RM_FIELD(
			   "pid_t pid", 24, 4, 1) RM_FIELD("int prio", 28, 4, 1)
			   RM_FIELD("int success", 32, 4, 1)
				   RM_FIELD("int target_cpu", 36, 4, 1),
		   "\"\"")},
	{"sched", "sched_wakeup_new",
	 RM_FORMAT("sched_wakeup_new", 222,
		   COMMON_RT RM_FIELD("char comm[16]", 16, 16, 0) RM_FIELD(
			   "pid_t pid", 32, 4, 1) RM_FIELD("int prio", 36, 4, 1)
			   RM_FIELD("int success", 40, 4, 1)
				   RM_FIELD("int target_cpu", 44, 4, 1),
		   "\"\"")},
};

/* What stands behind "name": in a line of JSON; NULL: nothing. */
static const char *find_value(const char *line, const char *name)
{
	char quoted[64];

	snprintf(quoted, sizeof(quoted), "\"%s\":", name);
	const char *found = strstr(line, quoted);
	return found ? found + strlen(quoted) : NULL;
}

static int64_t number_at(const struct ringmap_field_info *f,
			 const uint8_t *record)
{
	uint64_t n = 0;

	memcpy(&n, record + f->offset, f->size);
	unsigned int unused = 64 - 8 * f->size;
	return f->flags & RINGMAP_FIELD_SIGNED
		       ? (int64_t)(n << unused) >> unused
		       : (int64_t)n;
}

/* Plain ASCII only; a byte of the common fields may be any. */
static void assert_text(const char *json, const uint8_t *text, size_t size)
{
	char plain[64] = "";
	size_t n = 0;

	for (size_t i = 0; i < size && text[i]; i++) {
		if (text[i] > '~')
			return;
		if (text[i] == '\t' || text[i] == '\r')
			n += (size_t)sprintf(plain + n, "\\%c",
					     text[i] == '\t' ? 't' : 'r');
		else if (text[i] < ' ')
			n += (size_t)sprintf(plain + n, "\\u%04x", text[i]);
		else
			plain[n++] = (char)text[i];
	}
	ck_assert_int_eq(*json, '"');
	ck_assert_msg(!strncmp(json + 1, plain, n) && json[1 + n] == '"',
		      "%s is not at %.40s", plain, json);
}

static void assert_field(const struct ringmap_field_info *f,
			 const uint8_t *record, const char *line)
{
	const char *value = find_value(line, f->name);
	int64_t expected;

	ck_assert_msg(value, "no %s in %s", f->name, line);
	/* It holds single bytes for text. */
	if (f->elem_size == 1) {
		assert_text(value, record + f->offset, f->size);
		return;
	}
	ck_assert_int_eq(f->kind, RINGMAP_KIND_INT);
	ck_assert(sscanf(value, "%" SCNd64, &expected) == 1);
	ck_assert_msg(number_at(f, record) == expected,
		      "%s is %" PRId64 " in %s", f->name, number_at(f, record),
		      line);
}

static size_t assert_event(struct ringmap_schema *schema,
			   const struct ringmap_event *event, const char *line)
{
	const struct ringmap_format *format;
	struct ringmap_field_info field;
	size_t compared = 0;
	uint16_t id;

	memcpy(&id, event->data, sizeof(id));
	rm_assert_ok_err(ringmap_schema_format_by_id(schema, id, &format, &err),
			 &err);
	/* common_type is the line's FormatID. */
	for (size_t i = 1;
	     !ringmap_format_field(format, i, &field, sizeof(field)); i++) {
		assert_field(&field, event->data, line);
		compared++;
	}
	return compared;
}

static void assert_same(const char *pages, const char *json,
			struct rm_text_source *source, int expected)
{
	const struct ringmap_image_opts opts = {.sz = sizeof(opts),
						.long_size = source->long_size};
	struct ringmap_schema *schema = rm_text_schema(source);
	char *pages_path = shared(pages);
	char *json_path = shared(json);
	struct ringmap_ring *ring;
	struct ringmap_event event;
	struct ringmap_page page;
	size_t compared = 0;
	size_t size;
	int count = 0;

	char *text = read_file(json_path, &size);
	char *image = read_file(pages_path, &size);
	char *rest = text;
	rm_assert_ok_err(
		ringmap_ring_open_image(image, size, &opts, &ring, &err), &err);
	while (ringmap_ring_borrow_page(ring, &page) == RINGMAP_OK) {
		while (ringmap_page_next(&page, &event) == RINGMAP_OK) {
			compared += assert_event(schema, &event,
						 strsep(&rest, "\n"));
			count++;
		}
		rm_assert_ok(ringmap_ring_return_page(ring, &page));
	}
	ck_assert_int_eq(count, expected);
	printf("# %s: %d events, %zu fields\n", json, count, compared);
	ringmap_ring_unref(ring);
	ringmap_schema_unref(schema);
	free(text);
	free(image);
	free(pages_path);
	free(json_path);
}

START_TEST(fields_of_schedviz_from_a_64_bit_kernel)
{
	struct rm_text_source source = {
		.long_size = 8, .events = events_64, .count = 2};
	const char *missing = no_shared_data();

	if (missing)
		rm_skip(missing);
	assert_same("schedviz/cpu0", "schedviz/trace.gob.jsonl", &source, 1366);
}
END_TEST

START_TEST(fields_of_schedviz_from_a_32_bit_kernel)
{
	struct rm_text_source source = {
		.long_size = 4, .events = events_32, .count = 3};
	const char *missing = no_shared_data();

	if (missing)
		rm_skip(missing);
	assert_same("schedviz/cpu0-32", "schedviz/trace-32.gob.jsonl", &source,
		    63);
}
END_TEST

RM_MAIN(every_format_file_of_perfetto_loads,
	events_of_perfetto_have_their_names,
	fields_of_schedviz_from_a_64_bit_kernel,
	fields_of_schedviz_from_a_32_bit_kernel)
