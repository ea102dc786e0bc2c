/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * ring.c - the references of a ring, its mark of fork, errors and info
 */
#include "ring/ring.h"

#include "base/fork_mark.h"
#include "base/opts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum ringmap_status rm_ring_new(struct ringmap_ring **ret,
				struct ringmap_error *err)
{
	struct ringmap_ring *ring = calloc(1, sizeof(*ring));

	if (!ring)
		return rm_fail(err, RINGMAP_E_NOMEM, 0, "no memory for a ring");
	ring->refs = 1;
	ring->fd = -1;
	rm_stop_init(&ring->stop);
	ring->alive = rm_fork_mark_new();
	if (!ring->alive) {
		ringmap_ring_unref(ring);
		return rm_fail(err, RINGMAP_E_NOMEM, 0, "no memory for a ring");
	}
	*ret = ring;
	return RINGMAP_OK;
}

void rm_ring_on_free(struct ringmap_ring *ring, void (*fn)(void *ctx),
		     void *ctx)
{
	ring->on_free = fn;
	ring->on_free_ctx = ctx;
}

struct ringmap_ring *ringmap_ring_ref(struct ringmap_ring *ring)
{
	/* The caller has a reference already, so there is nothing to order. */
	__atomic_fetch_add(&ring->refs, 1, __ATOMIC_RELAXED);
	return ring;
}

static void free_ring(struct ringmap_ring *ring)
{
	/* A child has no mapping, and may have other memory at that address. */
	if (ring->alive && rm_ring_here(ring))
		rm_map_close(&ring->map);
	if (ring->read.mem)
		munmap(ring->read.mem, RM_SUBBUF_MAX);
	rm_fork_mark_free(ring->alive);
	rm_follow_close(ring);
	if (ring->source.ops)
		ring->source.ops->free(ring->source.ctx);
	if (ring->fd >= 0)
		close(ring->fd);
	rm_stop_close(&ring->stop);
	void (*on_free)(void *ctx) = ring->on_free;
	void *ctx = ring->on_free_ctx;
	free(ring);
	if (on_free)
		on_free(ctx);
}

void ringmap_ring_unref(struct ringmap_ring *ring)
{
	/* Acquire pairs with the release of the other unrefs: all that other
	 * threads did with the ring before those happens before it is freed. */
	if (ring && __atomic_sub_fetch(&ring->refs, 1, __ATOMIC_ACQ_REL) == 0)
		free_ring(ring);
}

int ringmap_ring_fd(const struct ringmap_ring *ring)
{
	return ring->fd;
}

enum ringmap_status ringmap_ring_info(const struct ringmap_ring *ring,
				      struct ringmap_ring_info *ret, size_t sz)
{
	if (!ring || !ret || !sz)
		return RINGMAP_E_INVAL;
	if (!rm_ring_here(ring))
		return RINGMAP_E_FORKED;
	const struct ringmap_ring_info info = {
		.mode = ring->ops->mode,
		.cpu = ring->cpu,
		.subbuf_size = ring->subbuf_size,
		.nr_subbufs = ring->ops->nr_subbufs(ring),
		.data_offset = ring->layout.data_offset,
		.long_size = ring->layout.long_size,
		.big_endian = ring->layout.big_endian,
	};
	rm_give(ret, sz, &info, sizeof(info));
	return RINGMAP_OK;
}

uint32_t rm_ring_mapped_subbufs(const struct ringmap_ring *ring)
{
	return ring->map.nr_subbufs;
}

const char *ringmap_ring_mode_reason(const struct ringmap_ring *ring)
{
	return ring->reason;
}

void ringmap_ring_error(const struct ringmap_ring *ring,
			struct ringmap_error *ret)
{
	*ret = ring->error;
}

enum ringmap_status rm_ring_forked(struct ringmap_ring *ring)
{
	return rm_fail(&ring->error, RINGMAP_E_FORKED, 0,
		       "this ring belongs to the parent process: open one of "
		       "your own");
}
