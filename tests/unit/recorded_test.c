/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * recorded_test.c - our recordings hold what an independent decoder found
 *
 * expected.json was written by tests/data/golden.c, one CPU or event a line. Each
 * recording is read as it is, and as a big-endian kernel would have written it.
 */
#define _GNU_SOURCE
#include "tests/support/byteswap.h"
#include "tests/support/rm_check.h"

#include <glob.h>
#include <inttypes.h>
#include <sys/stat.h>

#define RECORDINGS "tests/data/recordings/"

enum {
	SUBBUF = 4096
};

static struct ringmap_error err;

struct span {
	uint64_t count;
	uint64_t first;
	uint64_t last;
};

/* What one CPU's ring holds. */
struct tally {
	struct span all;
	struct span by_id[65536];
	uint64_t lost_counted;
	uint64_t lost_marks;
	uint64_t lost_unknown;
};

struct image {
	uint8_t *bytes;
	size_t size;
};

static char *load_text(const char *path)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = fopen(path, "re");

	ck_assert_msg(file && getdelim(&text, &size, '\0', file) > 0,
		      "%s: missing", path);
	fclose(file);
	return text;
}

/* Turns the sub-buffers into those of a big-endian kernel. */
static void turn(const char *recording, struct image *image)
{
	struct rm_swap *swap = calloc(1, sizeof(*swap));
	char *pattern;
	glob_t found;

	ck_assert_ptr_nonnull(swap);
	ck_assert_int_gt(asprintf(&pattern, RECORDINGS "%s/events/*/*/format",
				  recording),
			 0);
	ck_assert_int_eq(glob(pattern, 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		char *text = load_text(found.gl_pathv[i]);

		rm_swap_learn(swap, text);
		free(text);
	}
	rm_swap_subbufs(swap, image->bytes, image->size, SUBBUF);
	globfree(&found);
	free(pattern);
	free(swap);
}

static struct image load(const char *recording, unsigned int cpu,
			 bool big_endian)
{
	struct image image = {.size = 0};
	struct stat st;
	char *path;

	ck_assert_int_gt(asprintf(&path,
				  RECORDINGS "%s/per_cpu/cpu%u/trace_pipe_raw",
				  recording, cpu),
			 0);
	FILE *file = fopen(path, "re");
	ck_assert_msg(file && !fstat(fileno(file), &st), "%s: missing", path);
	image.size = (size_t)st.st_size;
	image.bytes = malloc(image.size);
	ck_assert_ptr_nonnull(image.bytes);
	ck_assert_uint_eq(fread(image.bytes, 1, image.size, file), image.size);
	fclose(file);
	free(path);
	if (big_endian)
		turn(recording, &image);
	return image;
}

static struct ringmap_ring *open_ring(const struct image *image, uint32_t cpu,
				      bool big_endian)
{
	const struct ringmap_image_opts opts = {
		.sz = sizeof(opts),
		.cpu = cpu,
		.big_endian = big_endian,
	};
	struct ringmap_ring *ring;

	rm_assert_ok_err(ringmap_ring_open_image(image->bytes, image->size,
						 &opts, &ring, &err),
			 &err);
	return ring;
}

static void add(struct span *span, uint64_t ts)
{
	if (!span->count++)
		span->first = ts;
	span->last = ts;
}

static void tally_page(struct tally *t, struct ringmap_page *page)
{
	struct ringmap_event event;

	t->lost_marks += page->lost != 0;
	t->lost_unknown += page->lost == RINGMAP_LOST_UNKNOWN;
	t->lost_counted += page->lost == RINGMAP_LOST_UNKNOWN ? 0 : page->lost;
	while (ringmap_page_next(page, &event) == RINGMAP_OK) {
		const uint8_t *data = event.data;
		int high = page->flags & RINGMAP_PAGE_BIG_ENDIAN ? 0 : 1;
		uint16_t id = (uint16_t)(data[high] << 8 | data[1 - high]);

		add(&t->all, event.ts);
		add(&t->by_id[id], event.ts);
	}
}

static struct tally *tally_cpu(const struct image *image, uint32_t cpu,
			       bool big_endian)
{
	struct tally *t = calloc(1, sizeof(*t));
	struct ringmap_ring *ring = open_ring(image, cpu, big_endian);
	struct ringmap_ring_stats stats;
	struct ringmap_page page;

	ck_assert_ptr_nonnull(t);
	while (ringmap_ring_borrow_page(ring, &page) == RINGMAP_OK) {
		tally_page(t, &page);
		rm_assert_ok(ringmap_ring_return_page(ring, &page));
	}
	rm_assert_ok(ringmap_ring_stats(ring, &stats, sizeof(stats)));
	ck_assert_uint_eq(stats.events, t->all.count);
	ck_assert_uint_eq(stats.gaps, t->lost_marks);
	ck_assert_uint_eq(stats.lost, t->lost_unknown ? RINGMAP_LOST_UNKNOWN
						      : t->lost_counted);
	ringmap_ring_unref(ring);
	return t;
}

static void assert_span(const char *line, const char *from,
			const struct span *span)
{
	struct span e;

	ck_assert_msg(sscanf(from,
			     "\"count\": %" SCNu64 ", \"first_ts\": %" SCNu64
			     ", \"last_ts\": %" SCNu64,
			     &e.count, &e.first, &e.last) == 3,
		      "not understood: %s", line);
	ck_assert_msg(span->count == e.count && span->first == e.first &&
			      span->last == e.last,
		      "%" PRIu64 " events from %" PRIu64 " to %" PRIu64
		      " instead of %s",
		      span->count, span->first, span->last, line);
}

/* What of expected.json was compared. */
struct progress {
	bool big_endian;
	struct tally *tally;
	uint64_t of_events; /* sum of the events' own counts */
	int cpus;
	int losses;
	int events;
};

static void finish_cpu(struct progress *p)
{
	/* No event has an id that is not listed. */
	if (p->tally)
		ck_assert_uint_eq(p->of_events, p->tally->all.count);
	free(p->tally);
	p->tally = NULL;
	p->of_events = 0;
}

static void begin_cpu(struct progress *p, const char *recording,
		      const char *line)
{
	unsigned int cpu;
	size_t subbufs;

	ck_assert_int_eq(sscanf(strstr(line, "\"cpu\""),
				"\"cpu\": %u, \"subbufs\": %zu", &cpu,
				&subbufs),
			 2);
	finish_cpu(p);
	struct image image = load(recording, cpu, p->big_endian);
	ck_assert_uint_eq(image.size, subbufs * SUBBUF);
	p->tally = tally_cpu(&image, cpu, p->big_endian);
	free(image.bytes);
	assert_span(line, strstr(line, "\"count\""), &p->tally->all);
	p->cpus++;
}

static void compare_losses(struct progress *p, const char *line)
{
	uint64_t counted;
	uint64_t marks;
	uint64_t unknown;

	ck_assert_msg(sscanf(strstr(line, "\"lost_counted\""),
			     "\"lost_counted\": %" SCNu64
			     ", \"lost_marks\": %" SCNu64
			     ", \"lost_unknown\": %" SCNu64,
			     &counted, &marks, &unknown) == 3,
		      "not understood: %s", line);
	ck_assert_uint_eq(p->tally->lost_counted, counted);
	ck_assert_uint_eq(p->tally->lost_marks, marks);
	ck_assert_uint_eq(p->tally->lost_unknown, unknown);
	p->losses++;
}

static void compare_event(struct progress *p, const char *line)
{
	unsigned int id;

	ck_assert_int_eq(sscanf(strstr(line, "\"id\""), "\"id\": %u", &id), 1);
	ck_assert_uint_lt(id, 65536);
	assert_span(line, strstr(line, "\"count\""), &p->tally->by_id[id]);
	p->of_events += p->tally->by_id[id].count;
	p->events++;
}

static void compare(const char *recording, bool big_endian)
{
	struct progress p = {.big_endian = big_endian};
	char line[512];
	char *path;

	ck_assert_int_gt(
		asprintf(&path, RECORDINGS "%s/expected.json", recording), 0);
	FILE *file = fopen(path, "re");
	ck_assert_msg(file, "%s: missing", path);
	while (fgets(line, sizeof(line), file)) {
		if (strstr(line, "{\"cpu\""))
			begin_cpu(&p, recording, line);
		else if (strstr(line, "\"lost_total\""))
			compare_losses(&p, line);
		else if (strstr(line, "{\"id\""))
			compare_event(&p, line);
	}
	finish_cpu(&p);
	fclose(file);
	free(path);
	ck_assert_int_ge(p.cpus, 2);
	ck_assert_int_eq(p.losses, p.cpus);
	ck_assert_int_ge(p.events, 2 * p.cpus);
}

START_TEST(recording_without_losses_is_found_whole)
{
	compare("workload", false);
}
END_TEST

START_TEST(recording_with_losses_is_found_with_its_marks)
{
	compare("overrun", false);
}
END_TEST

START_TEST(big_endian_recording_without_losses_is_found_whole)
{
	compare("workload", true);
}
END_TEST

START_TEST(big_endian_recording_with_losses_is_found_with_its_marks)
{
	compare("overrun", true);
}
END_TEST

START_TEST(all_cpus_merge_into_order)
{
	static const char *const recordings[] = {"workload", "overrun"};

	for (int r = 0; r < 2; r++) {
		struct ringmap_ring *rings[2];
		struct ringmap_trace_stats stats;
		struct ringmap_trace *trace;
		struct ringmap_event event;
		struct image images[2];
		uint64_t total = 0;
		uint64_t before = 0;

		for (uint32_t cpu = 0; cpu < 2; cpu++) {
			images[cpu] = load(recordings[r], cpu, false);
			struct tally *t = tally_cpu(&images[cpu], cpu, false);
			total += t->all.count;
			free(t);
			rings[cpu] = open_ring(&images[cpu], cpu, false);
		}
		rm_assert_ok(ringmap_trace_open_rings(rings, 2, &trace, &err));
		while (ringmap_trace_next(trace, &event) == RINGMAP_OK) {
			ck_assert_uint_ge(event.ts, before);
			before = event.ts;
			total--;
		}
		ck_assert_uint_eq(total, 0);
		rm_assert_ok(ringmap_trace_stats(trace, &stats, sizeof(stats)));
		ck_assert_uint_eq(stats.late, 0);
		ringmap_trace_unref(trace);
		for (int cpu = 0; cpu < 2; cpu++) {
			ringmap_ring_unref(rings[cpu]);
			free(images[cpu].bytes);
		}
	}
}
END_TEST

RM_MAIN(recording_without_losses_is_found_whole,
	recording_with_losses_is_found_with_its_marks,
	big_endian_recording_without_losses_is_found_whole,
	big_endian_recording_with_losses_is_found_with_its_marks,
	all_cpus_merge_into_order)
