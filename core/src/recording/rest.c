/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * rest.c - what a cut leaves of the last sub-buffer of a recording
 *
 * The rest is copied into a sub-buffer of its own, whose commit is set to the
 * end of the last event that is whole. No walk sees a byte that was cut off.
 */
#include "recording/rest.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "ring/image.h"
#include "ring/page.h"
#include "ring/ring.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

struct rest {
	uint8_t *subbuf;
	size_t size;
	bool given;
	/* Of the ring, before the rest was added to it. */
	void (*on_free)(void *ctx);
	void *on_free_ctx;
};

static void free_rest(void *ctx)
{
	struct rest *rest = ctx;

	if (rest->on_free)
		rest->on_free(rest->on_free_ctx);
	free(rest->subbuf);
	free(rest);
}

static enum ringmap_status give_rest(void *ctx, const uint8_t **ret,
				     size_t *size, struct ringmap_error *err)
{
	struct rest *rest = ctx;

	(void)err;
	if (rest->given)
		return RINGMAP_DONE;
	rest->given = true;
	*ret = rest->subbuf;
	*size = rest->size;
	return RINGMAP_OK;
}

static void set_commit(uint8_t *subbuf, const struct rm_layout *layout,
		       uint32_t word)
{
	word = layout->big_endian ? htobe32(word) : htole32(word);
	memcpy(subbuf + rm_commit_low(layout), &word, sizeof(word));
}

/*
 * Lets the commit of a sub-buffer, of which @size bytes are left, end behind
 * the last whole event. A commit that no sub-buffer can have is left alone, and
 * is corrupt when it is read.
 */
static void set_end(uint8_t *subbuf, size_t size,
		    const struct rm_image_shape *shape,
		    const struct ringmap_image_opts *opts)
{
	const struct rm_layout *layout = &shape->layout;
	uint32_t word =
		rm_load32(subbuf + rm_commit_low(layout), layout->big_endian);
	uint32_t claimed = word & RM_COMMIT_SIZE;
	uint32_t left = (uint32_t)(size - layout->data_offset) & ~3u;
	struct ringmap_page page;

	if (claimed > shape->subbuf_size - layout->data_offset)
		return;
	/* The number of lost events lies behind the last event. */
	if (claimed + layout->long_size > left)
		word &= ~RM_COMMIT_STORED;
	set_commit(subbuf, layout, word);
	if (claimed <= left)
		return;
	word &= ~RM_COMMIT_SIZE;
	set_commit(subbuf, layout, word | left);
	if (ringmap_page_init(&page, subbuf, shape->subbuf_size, opts))
		return;
	/* The event that the cut goes through is corrupt: stop before it. */
	(void)rm_page_finish(&page);
	set_commit(subbuf, layout, word | page.pos);
}

enum ringmap_status rm_ring_was_cut(struct ringmap_ring *ring, const void *rest,
				    size_t size,
				    const struct ringmap_image_opts *opts,
				    struct ringmap_error *err)
{
	struct rm_image_shape shape;

	if (rm_image_shape(opts, &shape) ||
	    size < shape.layout.data_offset + RM_EVENT_MIN) {
		rm_image_cut(ring);
		return RINGMAP_OK;
	}
	rm_autofree struct rest *r = calloc(1, sizeof(*r));
	rm_autofree uint8_t *subbuf = calloc(1, shape.subbuf_size);
	if (!r || !subbuf)
		return rm_fail(err, RINGMAP_E_NOMEM, 0,
			       "no memory for a sub-buffer");
	memcpy(subbuf, rest, size);
	set_end(subbuf, size, &shape, opts);
	*r = (struct rest){
		.subbuf = rm_steal(subbuf),
		.size = shape.subbuf_size,
		.on_free = ring->on_free,
		.on_free_ctx = ring->on_free_ctx,
	};
	const struct rm_image_more more = {give_rest, r};
	rm_image_continued(ring, ring->image.total + shape.subbuf_size, &more);
	rm_ring_on_free(ring, free_rest, rm_steal(r));
	rm_image_cut(ring);
	return RINGMAP_OK;
}
