/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * borrow.c - borrows and returns a page, the same for every mode
 */
#include "ring/page.h"
#include "ring/ring.h"

/*
 * Each system call at the writer's heels takes the few events that came during
 * the last one: a reader that asks until nothing is left never sleeps. If two
 * pages in a row each leave more than half of their sub-buffer free, one of
 * them is still being written; otherwise the second page's first event would
 * have fitted into the first.
 */
enum {
	SHORT_PAGES = 2
};

static void note_short_page(struct ringmap_ring *ring)
{
	uint32_t room = ring->subbuf_size - ring->layout.data_offset;

	if (ring->ops->consumes && ring->room > room / 2)
		ring->short_pages++;
	else
		ring->short_pages = 0;
}

/* A page that rm_ring_empty() kept is handed out first. */
static enum ringmap_status next_page(struct ringmap_ring *ring,
				     struct ringmap_page *ret)
{
	if (ring->found) {
		ring->found = false;
		*ret = ring->page;
		return RINGMAP_OK;
	}
	ring->caught_up = ring->short_pages >= SHORT_PAGES;
	return ring->caught_up ? RINGMAP_DONE : ring->ops->borrow(ring, ret);
}

bool rm_ring_empty(struct ringmap_ring *ring)
{
	if (ring->found)
		return false;
	enum ringmap_status s = ring->ops->borrow(ring, &ring->page);
	ring->found = s == RINGMAP_OK;
	ring->drained = s == RINGMAP_DONE;
	return ring->drained;
}

enum ringmap_status ringmap_ring_borrow_page(struct ringmap_ring *ring,
					     struct ringmap_page *ret)
{
	if (!ring || !ret)
		return RINGMAP_E_INVAL;
	if (!rm_ring_here(ring))
		return rm_ring_forked(ring);
	if (ring->out)
		return rm_fail(&ring->error, RINGMAP_E_BUSY, 0,
			       "a page is borrowed already: return it first");
	uint64_t began = ring->choice.trying ? rm_now_ns() : 0;
	enum ringmap_status s = next_page(ring, ret);
	if (ring->choice.trying && s == RINGMAP_OK)
		rm_auto_note_borrow(ring, rm_now_ns() - began);
	ring->drained = s == RINGMAP_DONE;
	if (ring->drained)
		ring->short_pages = 0;
	if (s >= RINGMAP_OK)
		ring->account.overwritten = false;
	if (s != RINGMAP_OK)
		return s;
	/* The kernel's mark and the gaps we noticed are one and the same
	 * place: before this page. */
	rm_account_gap(ring, ret->lost);
	ret->lost = ring->account.pending;
	ret->seq = ++ring->seq;
	ring->out_data = ret->data;
	ring->out_size = ret->size;
	ring->out = true;
	note_short_page(ring);
	return RINGMAP_OK;
}

enum ringmap_status ringmap_ring_return_page(struct ringmap_ring *ring,
					     struct ringmap_page *page)
{
	if (!ring || !page)
		return RINGMAP_E_INVAL;
	if (!rm_ring_here(ring))
		return rm_ring_forked(ring);
	if (!ring->out || page->seq != ring->seq ||
	    page->data != ring->out_data || page->size != ring->out_size)
		return rm_fail(&ring->error, RINGMAP_E_STALE, 0,
			       "this page is not the one that is borrowed");
	/* Events that the caller did not visit are counted, too. */
	enum ringmap_status walked =
		page->pos == page->size ? RINGMAP_OK : rm_page_finish(page);
	enum ringmap_status s = ring->ops->give_back(ring, page, walked);
	ring->out = false;
	if (s != RINGMAP_OK) {
		ring->stats.overwritten++;
		ring->account.overwritten = true;
		return s;
	}
	rm_account_page(ring, page);
	if (ring->choice.active)
		rm_auto_note_return(ring, page);
	if (walked == RINGMAP_OK)
		return RINGMAP_OK;
	rm_account_gap(ring, RINGMAP_LOST_UNKNOWN);
	return rm_fail(&ring->error, RINGMAP_E_CORRUPT, 0,
		       RM_FILE "CPU %u, sub-buffer %u: no event can be at "
			       "offset %u of %u",
		       RM_FILE_ARGS(ring->image.file), ring->cpu, page->subbuf,
		       page->pos, page->size);
}
