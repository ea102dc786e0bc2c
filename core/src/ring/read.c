/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * read.c - takes one sub-buffer by one read(2) into memory of our own
 *
 * tracing_buffers_read() returns at most one sub-buffer per call, however large
 * the destination is. So our memory has room for the largest possible
 * sub-buffer; the part that is never written takes up no pages. Each result is
 * complete: if a sub-buffer was read in part before, the kernel puts a new
 * header before the rest (ring_buffer_read_page()).
 */
#include "ring/page.h"
#include "ring/ring.h"

#include <errno.h>
#include <string.h>

static enum ringmap_status read_subbuf(struct ringmap_ring *ring,
				       struct ringmap_page *ret)
{
	uint8_t *mem = ring->read.mem;
	ssize_t n = ring->source.ops->read(ring->source.ctx, ring->fd, mem,
					   RM_SUBBUF_MAX);

	ring->stats.syscalls++;
	/* 0 is not the end: a duplicate of the descriptor was closed somewhere
	 * (tracing_buffers_flush()), and there is nothing to read now. */
	if (n == 0 || n == -EAGAIN)
		return RINGMAP_DONE;
	if (n < 0)
		return rm_fail(&ring->error, RINGMAP_E_OS, (int)-n,
			       "cannot read the ring: %s", strerror((int)-n));
	struct rm_subbuf_header header;
	if (n % 4 || (size_t)n < ring->layout.data_offset + RM_EVENT_MIN ||
	    rm_subbuf_header(mem, (size_t)n, &ring->layout, &header) !=
		    RINGMAP_OK) {
		rm_account_gap(ring, RINGMAP_LOST_UNKNOWN);
		return rm_fail(&ring->error, RINGMAP_E_CORRUPT, 0,
			       "the %zd bytes that were read are no sub-buffer",
			       n);
	}
	/* Another size of sub-buffers discards all that was in the ring. */
	if (ring->subbuf_size && ring->subbuf_size != (uint32_t)n)
		rm_account_gap(ring, RINGMAP_LOST_UNKNOWN);
	ring->subbuf_size = (uint32_t)n;
	*ret = rm_page_at(ring, mem + ring->layout.data_offset, 0, header.size,
			  header.ts);
	ret->lost = rm_consume_loss(ring, header.lost);
	ring->read.lost = header.lost;
	ring->room = (uint32_t)n - ring->layout.data_offset - header.size;
	return RINGMAP_OK;
}

/* A ring in AUTO may have handed some events out before, through the map. */
static enum ringmap_status read_borrow(struct ringmap_ring *ring,
				       struct ringmap_page *ret)
{
	enum ringmap_status s;

	do
		s = read_subbuf(ring, ret);
	while (s == RINGMAP_OK && rm_consume_came_early(ring, ret));
	if (s == RINGMAP_OK)
		rm_consume_was_reset(ring, ret);
	return s;
}

static enum ringmap_status read_give_back(struct ringmap_ring *ring,
					  const struct ringmap_page *page,
					  enum ringmap_status walked)
{
	(void)walked; /* the memory is ours, so it was intact */
	rm_consume_note_read(ring, page->ts, ring->read.lost);
	return RINGMAP_OK;
}

const struct rm_mode_ops rm_read_ops = {
	.mode = RINGMAP_MODE_READ,
	.consumes = true,
	.borrow = read_borrow,
	.give_back = read_give_back,
	.ready = rm_consume_ready,
	.interval = rm_wait_interval,
	.look = rm_consume_look,
	.nr_subbufs = rm_ring_mapped_subbufs,
};
