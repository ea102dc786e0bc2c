/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * stage.c - what all backends' stages have in common
 */
#include "tests/conformance/stage.h"

const struct backend *stage_backend;

struct stage *stage_new(const struct stage_opts *opts)
{
	struct stage_opts o = *opts;

	if (!o.subbufs)
		o.subbufs = 16;
	if (!o.event_size)
		o.event_size = 64;
	struct stage *stage = stage_backend->make(&o);
	if (stage) {
		stage->backend = stage_backend;
		stage->event_size = o.event_size;
	}
	return stage;
}

void stage_free(struct stage *stage)
{
	stage->backend->end(stage);
}

void stage_write(struct stage *stage, uint64_t count)
{
	while (count) {
		uint64_t done =
			stage->backend->write(stage, stage->written, count);

		ck_assert_msg(done, "event %llu was refused",
			      (unsigned long long)stage->written);
		stage->written += done;
		count -= done;
	}
}

struct ringmap_ring *stage_open_at(struct stage *stage, enum ringmap_mode mode,
				   enum ringmap_start start)
{
	const struct ringmap_ring_opts opts = {
		.sz = sizeof(opts), .mode = mode, .start = start};
	struct ringmap_error err = {0};
	struct ringmap_ring *ring = NULL;

	rm_assert_ok_err(stage->backend->open(stage, &opts, &ring, &err), &err);
	return ring;
}

struct ringmap_ring *stage_open(struct stage *stage, enum ringmap_mode mode)
{
	return stage_open_at(stage, mode, RINGMAP_START_OLDEST);
}

uint64_t stage_lap(const struct stage *stage, const struct ringmap_ring *ring)
{
	struct ringmap_ring_info info;

	rm_assert_ok(ringmap_ring_info(ring, &info, sizeof(info)));
	ck_assert_uint_gt(info.nr_subbufs, 0);
	return (uint64_t)info.nr_subbufs * info.subbuf_size /
	       (stage->event_size + 4);
}

bool stage_mode(unsigned int i, enum ringmap_mode *ret)
{
	static const enum ringmap_mode modes[] = {
		RINGMAP_MODE_FOLLOW, RINGMAP_MODE_CONSUME, RINGMAP_MODE_READ};

	if (stage_backend->recorded) {
		*ret = RINGMAP_MODE_IMAGE;
		return i == 0;
	}
	if (i >= sizeof(modes) / sizeof(*modes))
		return false;
	*ret = modes[i];
	return true;
}
