/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * foreign_test.c - recordings that other projects made and decoded
 *
 * They lie beside this project, where $RINGMAP_SHARED_DATA says; without them
 * the cases are skipped.
 */
#define _GNU_SOURCE
#include "tests/support/rm_check.h"

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

struct content {
	uint8_t *bytes; /* malloc: aligned for any type */
	size_t size;
};

static struct content load(const char *file)
{
	struct content c = {.size = 0};
	char *path = shared(file);
	FILE *stream = fopen(path, "re");
	struct stat st;

	ck_assert_msg(stream && !fstat(fileno(stream), &st), "%s: missing",
		      path);
	c.size = (size_t)st.st_size;
	c.bytes = malloc(c.size + 1);
	ck_assert_ptr_nonnull(c.bytes);
	ck_assert_uint_eq(fread(c.bytes, 1, c.size, stream), c.size);
	c.bytes[c.size] = '\0';
	fclose(stream);
	free(path);
	return c;
}

/* The number behind "key": in a line of JSON. */
static int64_t number(const char *line, const char *key)
{
	char quoted[64];
	int64_t n;

	snprintf(quoted, sizeof(quoted), "\"%s\":", key);
	const char *found = strstr(line, quoted);
	ck_assert_msg(found && sscanf(found + strlen(quoted), "%" SCNd64, &n) ==
				       1,
		      "no %s in %.80s", key, line);
	return n;
}

/* Compares one event with one line of what schedviz found. */
static void assert_line(const struct ringmap_event *event, const char *line)
{
	uint16_t id;
	int32_t pid;

	ck_assert_int_eq((int64_t)event->ts, number(line, "Timestamp"));
	ck_assert_uint_eq(event->cpu, (uint64_t)number(line, "CPU"));
	memcpy(&id, event->data, sizeof(id));
	ck_assert_int_eq(id, number(line, "FormatID"));
	memcpy(&pid, (const uint8_t *)event->data + 4, sizeof(pid));
	ck_assert_int_eq(pid, number(line, "common_pid"));
}

/* All events of a recording, in order, are those of the JSON lines. */
static void assert_same(const char *pages, const char *json, uint32_t long_size,
			int expected)
{
	const struct ringmap_image_opts opts = {.sz = sizeof(opts),
						.long_size = long_size};
	struct content image = load(pages);
	struct content text = load(json);
	struct ringmap_ring *ring;
	struct ringmap_page page;
	char *rest = (char *)text.bytes;
	int count = 0;

	rm_assert_ok_err(ringmap_ring_open_image(image.bytes, image.size, &opts,
						 &ring, &err),
			 &err);
	while (ringmap_ring_borrow_page(ring, &page) == RINGMAP_OK) {
		struct ringmap_event event;

		ck_assert_uint_eq(page.lost, 0);
		while (ringmap_page_next(&page, &event) == RINGMAP_OK) {
			char *line = strsep(&rest, "\n");

			ck_assert_msg(line && *line, "more than %d events",
				      count);
			assert_line(&event, line);
			count++;
		}
		rm_assert_ok(ringmap_ring_return_page(ring, &page));
	}
	ck_assert_int_eq(count, expected);
	ck_assert_msg(!rest || !*rest, "more events in %s", json);
	ringmap_ring_unref(ring);
	free(text.bytes);
	free(image.bytes);
}

START_TEST(schedviz_of_a_64_bit_kernel)
{
	const char *missing = no_shared_data();

	if (missing)
		rm_skip(missing);
	assert_same("schedviz/cpu0", "schedviz/trace.gob.jsonl", 8, 1366);
}
END_TEST

START_TEST(schedviz_of_a_32_bit_kernel)
{
	const char *missing = no_shared_data();

	if (missing)
		rm_skip(missing);
	assert_same("schedviz/cpu0-32", "schedviz/trace-32.gob.jsonl", 4, 63);
}
END_TEST

/*
 * One sub-buffer each. Counts, stamps and bytes as two other decoders found
 * them, but for the two that old kernels wrote wrong: there the zeros behind
 * the last event are no events.
 */
static const struct perfetto {
	const char *file;
	uint32_t events;
	uint64_t first;
	uint64_t last;
	uint64_t bytes; /* of payload */
	uint64_t lost;
	uint32_t broken_at; /* 0: it is sound */
	enum ringmap_status end;
} perfetto[] = {
	{"g_abs_timestamp", 47, 1376833327307547, 1376833335221933, 1648, 0, 0,
	 RINGMAP_DONE},
	{"g_full_page_ext4", 92, 174991234104912, 175002714501197, 3664, 17141,
	 0, RINGMAP_DONE},
	{"g_full_page_sched_switch", 59, 112247370289, 112291511904, 3776, 0, 0,
	 RINGMAP_DONE},
	{"g_really_long_event", 2, 282762884472939, 282762884492158, 976, 0, 0,
	 RINGMAP_DONE},
	{"g_single_print", 1, 608934535199296, 608934535199296, 32, 0, 0,
	 RINGMAP_DONE},
	{"g_six_sched_switch", 6, 1045157722134059, 1045157726697236, 384, 0, 0,
	 RINGMAP_DONE},
	{"g_switch_page_lost_events", 1, 1045157722134059, 1045157722134059, 64,
	 RINGMAP_LOST_UNKNOWN, 0, RINGMAP_DONE},
	{"g_four_byte_commit", 0, 0, 0, 0, 0, 0, RINGMAP_E_CORRUPT},
	{"g_zero_padded", 81, 2173228807387, 2173254529525, 3736, 0, 4060,
	 RINGMAP_E_CORRUPT},
};

static void assert_perfetto(const struct perfetto *p)
{
	struct ringmap_page page;
	struct ringmap_event event;
	enum ringmap_status s;
	uint64_t bytes = 0;
	uint64_t last = 0;
	char file[96];

	snprintf(file, sizeof(file), "perfetto/%s.bin", p->file);
	struct content c = load(file);
	rm_assert_ok(ringmap_page_init(&page, c.bytes, c.size, NULL));
	ck_assert_uint_eq(page.lost, p->lost);
	while ((s = ringmap_page_next(&page, &event)) == RINGMAP_OK) {
		if (page.events == 1) {
			ck_assert_uint_eq(event.ts, p->first);
			ck_assert_uint_eq(event.lost, p->lost);
		}
		last = event.ts;
		bytes += event.size;
	}
	rm_assert_status(s, p->end);
	ck_assert_uint_eq(page.pos,
			  s == RINGMAP_DONE ? page.size : p->broken_at);
	ck_assert_uint_eq(page.events, p->events);
	ck_assert_uint_eq(last, p->last);
	ck_assert_uint_eq(bytes, p->bytes);
	free(c.bytes);
}

START_TEST(perfetto_pages)
{
	const char *missing = no_shared_data();

	if (missing)
		rm_skip(missing);
	for (size_t i = 0; i < sizeof(perfetto) / sizeof(*perfetto); i++)
		assert_perfetto(&perfetto[i]);
}
END_TEST

RM_MAIN(schedviz_of_a_64_bit_kernel, schedviz_of_a_32_bit_kernel,
	perfetto_pages)
