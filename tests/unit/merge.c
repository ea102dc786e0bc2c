/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * merge.c - recordings of several CPUs, open as a trace
 */
#include "tests/unit/merge.h"

#include "tests/support/rm_check.h"

void rm_merge_record(struct rm_merge *f, const char *const *scripts)
{
	ck_assert_uint_lt(f->count, RM_MERGE_MAX);
	struct ringmap_image_opts shape = {.cpu = (uint32_t)f->count};

	rm_record(&f->recordings[f->count++], &shape, scripts);
}

void rm_merge_open(struct rm_merge *f)
{
	struct ringmap_ring *rings[RM_MERGE_MAX];
	struct ringmap_error err;

	for (size_t i = 0; i < f->count; i++)
		rings[i] = rm_recording_open(&f->recordings[i]);
	rm_assert_ok_err(
		ringmap_trace_open_rings(rings, f->count, &f->trace, &err),
		&err);
	/* The trace has references of its own. */
	for (size_t i = 0; i < f->count; i++)
		ringmap_ring_unref(rings[i]);
}

void rm_merge_close(struct rm_merge *f)
{
	ringmap_trace_unref(f->trace);
	for (size_t i = 0; i < f->count; i++)
		rm_recording_free(&f->recordings[i]);
}

struct ringmap_event rm_merge_next(struct rm_merge *f)
{
	struct ringmap_event event;

	rm_assert_ok(ringmap_trace_next(f->trace, &event));
	return event;
}

void rm_merge_assert_letters(struct rm_merge *f, const char *letters)
{
	for (const char *c = letters; *c; c++) {
		struct ringmap_event event = rm_merge_next(f);

		ck_assert_msg(*(const char *)event.data == *c,
			      "%c instead of %c in %s",
			      *(const char *)event.data, *c, letters);
	}
}

void rm_merge_assert_done(struct rm_merge *f)
{
	struct ringmap_event event;

	for (int again = 0; again < 2; again++)
		rm_assert_status(ringmap_trace_next(f->trace, &event),
				 RINGMAP_DONE);
}

struct ringmap_trace_stats rm_merge_stats(const struct rm_merge *f)
{
	struct ringmap_trace_stats stats;

	rm_assert_ok(ringmap_trace_stats(f->trace, &stats, sizeof(stats)));
	return stats;
}
