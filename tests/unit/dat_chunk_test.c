/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * dat_chunk_test.c - compressed CPU data, a chunk at a time
 */
#include "tests/support/rm_check.h"
#include "tests/unit/dat_file.h"

static struct ringmap_error err;

/* Version 7, compressed; then two CPUs, one of seven sub-buffers, is added. */
static void make(struct rm_dat_file *f, enum rm_dat_packing packing,
		 size_t chunk_subbufs)
{
	*f = (struct rm_dat_file){.plan = {.version = 7, .packing = packing}};
	f->plan.chunk_subbufs = chunk_subbufs;
	rm_dat_file_ring(f, 0, 0,
			 RM_SCRIPTS("TS 1; EVENT 'a'", "TS 2; EVENT 'b'",
				    "TS 3", "TS 4; EVENT 'd'; LOST 5",
				    "TS 5; EVENT 'e'", "TS 6; EVENT 'f'",
				    "TS 7; EVENT 'g'"));
	rm_dat_file_ring(f, 0, 1, RM_SCRIPTS("TS 8; EVENT 'h'"));
	rm_dat_file_write(f);
}

static struct ringmap_page take(struct ringmap_ring *ring, char letter)
{
	struct ringmap_page page;
	struct ringmap_event event;

	rm_assert_ok(ringmap_ring_borrow_page(ring, &page));
	rm_assert_ok(ringmap_page_next(&page, &event));
	ck_assert_int_eq(*(const char *)event.data, letter);
	rm_assert_ok(ringmap_ring_return_page(ring, &page));
	return page;
}

START_TEST(chunks_of_any_size_read_alike)
{
	for (size_t chunk = 1; chunk <= 8; chunk++)
		for (int packing = RM_DAT_ZLIB; packing <= RM_DAT_ZSTD;
		     packing++) {
			struct rm_dat_file f;

			make(&f, (enum rm_dat_packing)packing, chunk);
			struct ringmap_trace *trace =
				rm_dat_file_open(&f, NULL);
			rm_dat_assert_letters(trace, "abdefgh");
			ringmap_trace_unref(trace);
			rm_dat_file_free(&f);
		}
}
END_TEST

START_TEST(sub_buffers_are_numbered_through_all_chunks)
{
	static const uint32_t numbers[] = {0, 1, 3, 4, 5, 6};
	struct ringmap_ring_stats stats;
	struct ringmap_ring_info info;
	struct ringmap_page page;
	struct rm_dat_file f;

	make(&f, RM_DAT_ZSTD, 3);
	struct ringmap_trace *trace = rm_dat_file_open(&f, NULL);
	struct ringmap_ring *ring = ringmap_trace_ring(trace, 0);
	rm_assert_ok(ringmap_ring_info(ring, &info, sizeof(info)));
	ck_assert_uint_eq(info.nr_subbufs, 7);
	for (int i = 0; i < 6; i++) {
		page = take(ring, "abdefg"[i]);
		ck_assert_uint_eq(page.subbuf, numbers[i]);
		ck_assert_uint_eq(page.lost, i == 2 ? 5 : 0);
	}
	for (int again = 0; again < 3; again++)
		rm_assert_status(ringmap_ring_borrow_page(ring, &page),
				 RINGMAP_DONE);
	rm_assert_ok(ringmap_ring_info(ring, &info, sizeof(info)));
	ck_assert_uint_eq(info.nr_subbufs, 7);
	rm_assert_ok(ringmap_ring_stats(ring, &stats, sizeof(stats)));
	ck_assert_uint_eq(stats.events, 6);
	ck_assert_uint_eq(stats.lost, 5);
	ringmap_trace_unref(trace);
	rm_dat_file_free(&f);
}
END_TEST

START_TEST(borrowed_page_stays_until_it_is_returned)
{
	struct ringmap_page page, other;
	struct ringmap_event event;
	struct rm_dat_file f;

	make(&f, RM_DAT_ZLIB, 1);
	struct ringmap_trace *trace = rm_dat_file_open(&f, NULL);
	struct ringmap_ring *ring = ringmap_trace_ring(trace, 0);
	rm_assert_ok(ringmap_ring_borrow_page(ring, &page));
	/* The next chunk must not take its place. */
	rm_assert_status(ringmap_ring_borrow_page(ring, &other),
			 RINGMAP_E_BUSY);
	take(ringmap_trace_ring(trace, 1), 'h');
	rm_assert_ok(ringmap_page_next(&page, &event));
	ck_assert_int_eq(*(const char *)event.data, 'a');
	rm_assert_ok(ringmap_ring_return_page(ring, &page));
	take(ring, 'b');
	ringmap_trace_unref(trace);
	rm_dat_file_free(&f);
}
END_TEST

START_TEST(broken_chunk_is_a_gap_and_the_next_is_read)
{
	for (int packing = RM_DAT_ZLIB; packing <= RM_DAT_ZSTD; packing++) {
		struct ringmap_event event;
		struct rm_dat_file f;
		char at[32];

		make(&f, (enum rm_dat_packing)packing, 2);
		/* The second chunk: what it begins with. */
		size_t chunk = f.written->data_at[0][0] + 4;
		chunk += 8 + (size_t)rm_dat_get(f.written, chunk, 4);
		rm_dat_put(f.written, chunk + 8, 4, 0);
		struct ringmap_trace *trace = rm_dat_file_open(&f, NULL);
		rm_assert_ok(ringmap_trace_next(trace, &event));
		rm_assert_ok(ringmap_trace_next(trace, &event));
		rm_assert_status(ringmap_trace_next(trace, &event),
				 RINGMAP_E_CORRUPT);
		ringmap_trace_error(trace, &err);
		snprintf(at, sizeof(at), "byte %zu:", chunk);
		ck_assert_msg(strstr(err.text, at), "no \"%s\" in: %s", at,
			      err.text);
		ck_assert_ptr_nonnull(strstr(err.text, f.saved.path));
		rm_assert_ok(ringmap_trace_next(trace, &event));
		ck_assert_int_eq(*(const char *)event.data, 'e');
		ck_assert_uint_eq(event.lost, RINGMAP_LOST_UNKNOWN);
		rm_dat_assert_letters(trace, "fgh");
		ringmap_trace_unref(trace);
		rm_dat_file_free(&f);
	}
}
END_TEST

START_TEST(chunk_that_holds_less_or_more_than_it_says_is_broken)
{
	static const uint32_t sizes[] = {4096, 3 * 4096};

	for (int i = 0; i < 4; i++) {
		struct ringmap_event event;
		struct rm_dat_file f;

		make(&f, i / 2 ? RM_DAT_ZSTD : RM_DAT_ZLIB, 2);
		rm_dat_put(f.written, f.written->data_at[0][0] + 8, 4,
			   sizes[i % 2]);
		struct ringmap_trace *trace = rm_dat_file_open(&f, NULL);
		rm_assert_status(ringmap_trace_next(trace, &event),
				 RINGMAP_E_CORRUPT);
		rm_dat_assert_letters(trace, "defgh");
		ringmap_trace_unref(trace);
		rm_dat_file_free(&f);
	}
}
END_TEST

START_TEST(size_without_the_number_of_chunks_is_understood)
{
	struct rm_dat_file f;

	/* As trace-cmd 3.1 writes it. */
	make(&f, RM_DAT_ZSTD, 2);
	for (int cpu = 0; cpu < 2; cpu++) {
		size_t at = f.written->entry_at[0][cpu] + 8;

		rm_dat_put(f.written, at, 8, rm_dat_get(f.written, at, 8) - 4);
	}
	struct ringmap_trace *trace = rm_dat_file_open(&f, NULL);
	rm_dat_assert_letters(trace, "abdefgh");
	ringmap_trace_unref(trace);
	rm_dat_file_free(&f);
}
END_TEST

START_TEST(large_chunks_of_hardly_anything_are_read)
{
	const struct ringmap_image_opts shape = {.subbuf_size = 65536};
	struct rm_dat_file f = {
		.plan = {.version = 7, .page_size = 65536, .packing = 2}};
	struct rm_recording *r = &f.recordings[f.nr_recordings++];

	rm_record(r, &shape, RM_SCRIPTS("TS 1; EVENT 'a'", "TS 2; EVENT 'b'"));
	/* Ten sub-buffers to a chunk, nearly empty as when they are flushed. */
	uint8_t *bytes = calloc(10, 65536);
	ck_assert_ptr_nonnull(bytes);
	for (int i = 0; i < 10; i++)
		memcpy(bytes + i * 65536, r->bytes, 64);
	f.plan.chunk_subbufs = 10;
	f.plan.buffers[0] = (struct rm_dat_buffer){
		.name = "", .rings = {{bytes, 10 * 65536, 0}}, .nr_rings = 1};
	f.plan.nr_buffers = 1;
	rm_dat_file_write(&f);
	struct ringmap_trace *trace = rm_dat_file_open(&f, NULL);
	rm_dat_assert_letters(trace, "aaaaaaaaaa");
	ringmap_trace_unref(trace);
	free(bytes);
	rm_dat_file_free(&f);
}
END_TEST

RM_MAIN(chunks_of_any_size_read_alike,
	sub_buffers_are_numbered_through_all_chunks,
	borrowed_page_stays_until_it_is_returned,
	broken_chunk_is_a_gap_and_the_next_is_read,
	chunk_that_holds_less_or_more_than_it_says_is_broken,
	size_without_the_number_of_chunks_is_understood,
	large_chunks_of_hardly_anything_are_read)
