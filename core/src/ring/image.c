/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * image.c - recorded sub-buffers as a ring
 */
#include "ring/image.h"

#include "base/opts.h"

#include "ring/page.h"
#include "ring/ring.h"

#include <inttypes.h>
#include <string.h>

enum {
	/* Bytes between the walk and its prefetches: enough for memory to
	 * answer in time, and few enough for the answer to be in the first
	 * cache. */
	PREFETCH = 2560,
};

enum ringmap_status rm_image_shape(const struct ringmap_image_opts *opts,
				   struct rm_image_shape *ret)
{
	struct ringmap_image_opts o = {.sz = 0};

	if (opts && rm_opts_copy(&o, sizeof(o), opts, NULL) != RINGMAP_OK)
		return RINGMAP_E_INVAL;
	uint32_t long_size = o.long_size ? o.long_size : 8;
	uint32_t offset = o.data_offset ? o.data_offset : 8 + long_size;
	uint32_t subbuf_size = o.subbuf_size ? o.subbuf_size : 4096;

	if ((long_size != 4 && long_size != 8) || o.big_endian > 1 ||
	    o.reserved || offset < 8 + long_size || offset % 4 ||
	    offset > RM_DATA_OFFSET_MAX)
		return RINGMAP_E_INVAL;
	*ret = (struct rm_image_shape){
		.layout = {long_size, offset, o.big_endian},
		.subbuf_size = subbuf_size,
		.cpu = o.cpu,
	};
	return RINGMAP_OK;
}

static bool possible_size(const struct rm_image_shape *shape)
{
	return shape->subbuf_size % 4 == 0 &&
	       shape->subbuf_size <= RM_SUBBUF_MAX &&
	       shape->subbuf_size >= shape->layout.data_offset + RM_EVENT_MIN;
}

enum ringmap_status
ringmap_ring_open_image(const void *image, size_t size,
			const struct ringmap_image_opts *opts,
			struct ringmap_ring **ret, struct ringmap_error *err)
{
	struct rm_image_shape shape;

	if (!ret || (!image && size) || (uintptr_t)image % 4 ||
	    rm_image_shape(opts, &shape) != RINGMAP_OK ||
	    !possible_size(&shape))
		return rm_fail(err, RINGMAP_E_INVAL, 0,
			       "image options or alignment (4) are wrong");
	if (size % shape.subbuf_size)
		return rm_fail(
			err, RINGMAP_E_CORRUPT, 0,
			"the image ends inside a sub-buffer, at byte %zu",
			size);
	struct ringmap_ring *ring;
	enum ringmap_status s = rm_ring_new(&ring, err);
	if (s != RINGMAP_OK)
		return s;
	ring->ops = &rm_image_ops;
	ring->layout = shape.layout;
	ring->subbuf_size = shape.subbuf_size;
	ring->cpu = shape.cpu;
	ring->image = (struct rm_image){
		.bytes = image,
		.size = size,
		.total = size,
	};
	rm_readahead_none(&ring->image.readahead);
	ring->account.base_known = true;
	strcpy(ring->reason, "the ring is a recorded image");
	*ret = ring;
	return RINGMAP_OK;
}

void rm_image_in_file(struct ringmap_ring *ring, const char *path,
		      uint64_t base, size_t rings)
{
	struct rm_image *im = &ring->image;

	im->file = path;
	im->base = base;
	rm_readahead_open(&im->readahead, im->bytes, im->size, rings);
}

void rm_image_continued(struct ringmap_ring *ring, size_t total,
			const struct rm_image_more *more)
{
	ring->image.total = total;
	ring->image.more = *more;
}

void rm_image_cut(struct ringmap_ring *ring)
{
	ring->image.cut = true;
}

static enum ringmap_status image_end(struct ringmap_ring *ring)
{
	if (ring->image.cut)
		rm_account_gap(ring, RINGMAP_LOST_UNKNOWN);
	ring->image.cut = false;
	return RINGMAP_DONE;
}

static enum ringmap_status image_more(struct ringmap_ring *ring)
{
	struct rm_image *im = &ring->image;
	const uint8_t *bytes = NULL;
	size_t size = 0;

	if (!im->more.fn)
		return image_end(ring);
	im->passed += im->size;
	im->size = im->next = 0;
	enum ringmap_status s =
		im->more.fn(im->more.ctx, &bytes, &size, &ring->error);
	/* Lost sub-buffers count as well, so that numbers stay right. */
	if (s == RINGMAP_E_CORRUPT) {
		im->passed += size;
		rm_account_gap(ring, RINGMAP_LOST_UNKNOWN);
	} else if (s == RINGMAP_OK) {
		im->bytes = bytes;
		im->size = size;
	}
	im->number = im->passed / ring->subbuf_size;
	return s == RINGMAP_DONE ? image_end(ring) : s;
}

static enum ringmap_status broken_header(struct ringmap_ring *ring,
					 const uint8_t *subbuf, size_t number,
					 uint32_t claimed)
{
	const struct rm_image *im = &ring->image;
	uint64_t at = im->base + im->passed + (size_t)(subbuf - im->bytes);

	rm_account_gap(ring, RINGMAP_LOST_UNKNOWN);
	return rm_fail(&ring->error, RINGMAP_E_CORRUPT, 0,
		       RM_FILE "CPU %u, sub-buffer %zu: commit at byte "
			       "%" PRIu64 " claims %u bytes",
		       RM_FILE_ARGS(im->file), ring->cpu, number,
		       at + rm_commit_low(&ring->layout), claimed);
}

/* Gives up the rest of the image: part of it is no longer in the file. */
static enum ringmap_status shrunk(struct ringmap_ring *ring)
{
	struct rm_image *im = &ring->image;
	uint64_t at = im->base + im->passed + im->next;

	rm_account_gap(ring, RINGMAP_LOST_UNKNOWN);
	im->size = im->next;
	im->more.fn = NULL;
	rm_readahead_none(&im->readahead);
	return rm_fail(&ring->error, RINGMAP_E_CORRUPT, 0,
		       RM_FILE "CPU %u: the file was cut while it was open, "
			       "behind byte %" PRIu64,
		       RM_FILE_ARGS(im->file), ring->cpu, at);
}

static enum ringmap_status image_borrow(struct ringmap_ring *ring,
					struct ringmap_page *ret)
{
	struct rm_image *im = &ring->image;

	for (;;) {
		if (!rm_readahead_pass(&im->readahead, im->next))
			return shrunk(ring);
		if (im->next == im->size) {
			enum ringmap_status s = image_more(ring);

			if (s != RINGMAP_OK)
				return s;
			continue;
		}
		const uint8_t *subbuf = im->bytes + im->next;
		size_t number = im->number++;
		struct rm_subbuf_header header;

		/* The walk prefetches PREFETCH bytes ahead. The translation of
		 * an address takes longer: prefetching a line two sub-buffers
		 * ahead looks it up in time. */
		__builtin_prefetch((const void *)((uintptr_t)subbuf +
						  2 * ring->subbuf_size));
		im->next += ring->subbuf_size;
		if (rm_subbuf_header(subbuf, ring->subbuf_size, &ring->layout,
				     &header) != RINGMAP_OK)
			return broken_header(ring, subbuf, number, header.size);
		if (!header.size) {
			rm_account_gap(ring, header.lost);
			continue;
		}
		const uint8_t *data = subbuf + ring->layout.data_offset;
		rm_page_set(ring, data, 0, header.size, header.ts, ret);
		ret->lost = header.lost;
		ret->subbuf = (uint32_t)number;
		if (im->next < im->size)
			ret->ahead = (const void *)((uintptr_t)data + PREFETCH);
		return RINGMAP_OK;
	}
}

static enum ringmap_status image_give_back(struct ringmap_ring *ring,
					   const struct ringmap_page *page,
					   enum ringmap_status walked)
{
	(void)ring;
	(void)page;
	(void)walked; /* the next sub-buffer does not depend on it */
	return RINGMAP_OK;
}

static bool image_ready(struct ringmap_ring *ring)
{
	return ring->image.next < ring->image.size;
}

static uint32_t image_nr_subbufs(const struct ringmap_ring *ring)
{
	return (uint32_t)(ring->image.total / ring->subbuf_size);
}

const struct rm_mode_ops rm_image_ops = {
	.mode = RINGMAP_MODE_IMAGE,
	.recorded = true,
	.borrow = image_borrow,
	.give_back = image_give_back,
	.ready = image_ready,
	.interval = rm_wait_interval,
	.nr_subbufs = image_nr_subbufs,
};
