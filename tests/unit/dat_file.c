/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * dat_file.c - a trace.dat from scripts of sub-buffers, opened as a trace
 */
#include "tests/unit/dat_file.h"

#include "tests/support/rm_check.h"

#include <unistd.h>

void rm_dat_file_ring(struct rm_dat_file *f, size_t i, uint32_t cpu,
		      const char *const *scripts)
{
	const struct ringmap_image_opts shape = {
		.subbuf_size = f->plan.page_size,
		.long_size = f->plan.long_size,
		.big_endian = f->plan.big_endian,
	};
	struct rm_dat_buffer *buffer = &f->plan.buffers[i];
	struct rm_recording *r = &f->recordings[f->nr_recordings++];

	ck_assert_uint_le(f->nr_recordings, RM_DAT_FILE_RINGS);
	rm_record(r, &shape, scripts);
	if (!buffer->name)
		buffer->name = "";
	if (f->plan.nr_buffers <= i)
		f->plan.nr_buffers = i + 1;
	buffer->rings[buffer->nr_rings++] = (struct rm_dat_ring){
		.bytes = r->bytes,
		.size = r->size,
		.cpu = cpu,
	};
}

void rm_dat_file_write(struct rm_dat_file *f)
{
	rm_dat_written_free(f->written);
	f->written = rm_dat_write(&f->plan);
}

const char *rm_dat_file_save(struct rm_dat_file *f)
{
	if (f->saved.path[0])
		close(f->saved.fd);
	f->saved = rm_dat_save(f->written, f->written->size);
	return f->saved.path;
}

struct ringmap_trace *rm_dat_file_open(struct rm_dat_file *f,
				       const char *instance)
{
	struct ringmap_trace *trace;
	struct ringmap_error err;

	rm_assert_ok_err(ringmap_trace_open_file(rm_dat_file_save(f), instance,
						 &trace, &err),
			 &err);
	return trace;
}

void rm_dat_file_free(struct rm_dat_file *f)
{
	if (f->saved.path[0])
		close(f->saved.fd);
	rm_dat_written_free(f->written);
	for (size_t i = 0; i < f->nr_recordings; i++)
		rm_recording_free(&f->recordings[i]);
}

void rm_dat_assert_letters(struct ringmap_trace *trace, const char *letters)
{
	struct ringmap_event event;
	struct ringmap_error err;

	for (const char *c = letters; *c; c++) {
		enum ringmap_status s = ringmap_trace_next(trace, &event);

		ringmap_trace_error(trace, &err);
		ck_assert_msg(s == RINGMAP_OK, "%s instead of %c in %s: %s",
			      ringmap_status_name(s), *c, letters, err.text);
		ck_assert_msg(*(const char *)event.data == *c,
			      "%c instead of %c in %s",
			      *(const char *)event.data, *c, letters);
	}
	for (int again = 0; again < 2; again++)
		rm_assert_status(ringmap_trace_next(trace, &event),
				 RINGMAP_DONE);
}

void rm_dat_assert_refused(struct rm_dat_file *f, enum ringmap_status status,
			   const char *const *words)
{
	struct ringmap_trace *trace = NULL;
	struct ringmap_error err;

	rm_assert_error(ringmap_trace_open_file(rm_dat_file_save(f), NULL,
						&trace, &err),
			status, &err);
	ck_assert_ptr_null(trace);
	ck_assert_msg(strstr(err.text, f->saved.path), "no \"%s\" in: %s",
		      f->saved.path, err.text);
	for (; *words; words++)
		ck_assert_msg(strstr(err.text, *words), "no \"%s\" in: %s",
			      *words, err.text);
}

bool rm_dat_every_kind(size_t i, struct rm_dat_plan *ret)
{
	static const struct {
		int version;
		enum rm_dat_packing packing;
		bool plain_sections;
		bool packed_options;
	} kinds[] = {
		{6, RM_DAT_NONE, false, false}, {7, RM_DAT_NONE, false, false},
		{7, RM_DAT_ZLIB, false, false}, {7, RM_DAT_ZSTD, false, false},
		{7, RM_DAT_ZLIB, true, false},  {7, RM_DAT_ZSTD, false, true},
	};
	size_t count = sizeof(kinds) / sizeof(*kinds);

	*ret = (struct rm_dat_plan){
		.version = kinds[i % count].version,
		.packing = kinds[i % count].packing,
		.plain_sections = kinds[i % count].plain_sections,
		.packed_options = kinds[i % count].packed_options,
		.big_endian = i / count % 2,
		.long_size = i / count / 2 % 2 ? 4 : 8,
	};
	return i < 4 * count;
}
