/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * ring.c - rings that can be closed, and know which page is out
 */
#include "state.h"

#include <string.h>

/*
 * memory is NULL once it is closed. out is the page that was handed out last,
 * a copy too, until it goes back. trace: whose ring it is, or NULL.
 */
struct rmb_ring {
	struct rmb_object object;
	struct rmb_trace *trace;
	struct rmb_memory *memory;
	struct rmb_page *out;
	bool copies;
	bool stopped;
};

static void destroy_ring(void *object)
{
	struct rmb_ring *self = object;

	/* Who holds the page may go on reading it. */
	rmb_unref(self->out);
	rmb_unref(self->trace);
	rmb_unref(self->memory);
}

void delete_rmb_ring(struct rmb_ring *self)
{
	rmb_unref(self);
}

/* The ring to call; NULL: it is closed. */
static struct ringmap_ring *opened(const struct rmb_ring *self,
				   struct ringmap_error *err)
{
	if (self->memory)
		return self->memory->ring;
	rmb_fail(err, RINGMAP_E_INVAL, "the ring is closed: open it again");
	return NULL;
}

/* The ring to take pages from; NULL: it is closed, or threads take them. */
static struct ringmap_ring *ours(const struct rmb_ring *self,
				 struct ringmap_error *err)
{
	struct ringmap_ring *ring = opened(self, err);

	return ring && self->trace && rmb_is_lent(self->trace, err) ? NULL
								    : ring;
}

/* As rmb_failed(), for calls that leave the detail in the ring. */
static bool failed(const struct rmb_ring *self, enum ringmap_status status,
		   struct ringmap_error *err)
{
	if (status >= 0)
		return false;
	ringmap_ring_error(self->memory->ring, err);
	return rmb_failed(status, err);
}

struct rmb_ring *rmb_ring_of(struct ringmap_ring *ring, struct rmb_trace *trace,
			     struct rmb_memory *image,
			     struct ringmap_error *err)
{
	struct rmb_memory *memory = image ? image : rmb_memory_new(0, err);

	if (!memory) {
		ringmap_ring_unref(ring);
		return NULL;
	}
	memory->ring = ring;
	memory->trace = trace ? ringmap_trace_ref(trace->trace) : NULL;

	struct rmb_ring *self = rmb_new(sizeof(*self), destroy_ring, err);
	struct ringmap_ring_info info = {0};

	if (!self ||
	    rmb_failed(ringmap_ring_info(ring, &info, sizeof(info)), err)) {
		rmb_unref(self);
		rmb_unref(memory);
		return NULL;
	}
	self->memory = memory;
	self->trace = trace ? rmb_ref(trace) : NULL;
	self->copies = info.mode == RINGMAP_MODE_FOLLOW;
	return self;
}

struct rmb_ring *new_rmb_ring(const struct ringmap_ring_opts *opts,
			      struct ringmap_error *err)
{
	struct ringmap_ring *ring;

	if (rmb_failed(ringmap_ring_open(opts, &ring, err), err))
		return NULL;
	return rmb_ring_of(ring, NULL, NULL, err);
}

struct rmb_ring *rmb_ring_open_fd(int fd, const struct ringmap_ring_opts *opts,
				  struct ringmap_error *err)
{
	struct ringmap_ring *ring;

	if (rmb_failed(ringmap_ring_open_fd(fd, opts, &ring, err), err))
		return NULL;
	return rmb_ring_of(ring, NULL, NULL, err);
}

struct rmb_ring *rmb_ring_open_image(const char *image, size_t image_size,
				     const struct ringmap_image_opts *opts,
				     struct ringmap_error *err)
{
	struct rmb_memory *copy = rmb_memory_new(image_size, err);
	struct ringmap_ring *ring;

	if (!copy)
		return NULL;
	if (image_size)
		memcpy(copy->block, image, image_size);
	if (rmb_failed(ringmap_ring_open_image(copy->block, image_size, opts,
					       &ring, err),
		       err)) {
		rmb_unref(copy);
		return NULL;
	}
	return rmb_ring_of(ring, NULL, copy, err);
}

/*
 * The page goes back; afterwards nothing reads it through the object.
 * RINGMAP_E_BUSY: another thread reads it just now, and it is still out.
 */
static enum ringmap_status put_back(struct rmb_ring *self)
{
	struct rmb_page *page = self->out;
	enum ringmap_status status = RINGMAP_OK;
	struct ringmap_error unheard;

	if (!page)
		return RINGMAP_OK;

	struct rmb_object *held = rmb_hold(page, &unheard);

	if (!held)
		return RINGMAP_E_BUSY;
	if (!page->is_copy)
		status = ringmap_ring_return_page(self->memory->ring,
						  &page->page);
	rmb_unref(page->memory);
	page->memory = NULL;
	self->out = NULL;
	rmb_let_go(&held);
	rmb_unref(page);
	return status;
}

void rmb_ring_close(struct rmb_ring *self, struct ringmap_error *err)
{
	RMB_HELD *held = rmb_hold(self, err);

	if (!held || !self->memory)
		return;

	struct rmb_memory *memory = self->memory;

	if (put_back(self) == RINGMAP_E_BUSY) {
		rmb_fail(err, RINGMAP_E_BUSY,
			 "another thread reads the page that is out: close "
			 "when it is done");
		return;
	}
	rmb_guard(self);
	self->memory = NULL;
	rmb_unguard(self);
	rmb_unref(memory);
}

int rmb_ring_fileno(struct rmb_ring *self, struct ringmap_error *err)
{
	RMB_HELD *held = rmb_hold(self, err);
	struct ringmap_ring *ring = held ? opened(self, err) : NULL;

	return ring ? ringmap_ring_fd(ring) : -1;
}

struct ringmap_ring_info *rmb_ring_info(struct rmb_ring *self,
					struct ringmap_error *err)
{
	RMB_HELD *held = rmb_hold(self, err);
	struct ringmap_ring *ring = held ? opened(self, err) : NULL;
	struct ringmap_ring_info *info = calloc(1, sizeof(*info));

	if (ring && info &&
	    !failed(self, ringmap_ring_info(ring, info, sizeof(*info)), err))
		return info;
	if (!info)
		rmb_failed(RINGMAP_E_NOMEM, err);
	free(info);
	return NULL;
}

struct ringmap_ring_stats *rmb_ring_stats(struct rmb_ring *self,
					  struct ringmap_error *err)
{
	RMB_HELD *held = rmb_hold(self, err);
	struct ringmap_ring *ring = held ? opened(self, err) : NULL;
	struct ringmap_ring_stats *stats = calloc(1, sizeof(*stats));

	if (ring && stats &&
	    !failed(self, ringmap_ring_stats(ring, stats, sizeof(*stats)), err))
		return stats;
	if (!stats)
		rmb_failed(RINGMAP_E_NOMEM, err);
	free(stats);
	return NULL;
}

char *rmb_ring_mode_reason(struct rmb_ring *self, struct ringmap_error *err)
{
	RMB_HELD *held = rmb_hold(self, err);
	struct ringmap_ring *ring = held ? opened(self, err) : NULL;

	return ring ? rmb_text(ringmap_ring_mode_reason(ring), err) : NULL;
}

bool rmb_ring_wait(struct rmb_ring *self, int timeout_ms,
		   struct ringmap_error *err)
{
	RMB_HELD *held = rmb_hold(self, err);
	struct ringmap_ring *ring = held ? opened(self, err) : NULL;

	if (!ring)
		return false;

	enum ringmap_status status = ringmap_ring_wait(ring, timeout_ms);

	if (status < 0)
		ringmap_ring_error(ring, err);
	return rmb_waited(status, &self->stopped, err);
}

bool rmb_ring_stopped_get(struct rmb_ring *self)
{
	return self->stopped;
}

void rmb_ring_stop(struct rmb_ring *self, struct ringmap_error *err)
{
	rmb_guard(self);

	struct ringmap_ring *ring = opened(self, err);

	if (ring)
		rmb_failed(ringmap_ring_stop(ring), err);
	rmb_unguard(self);
}

/* What nobody can return any more does not hold the ring up for ever. */
static void forget_abandoned(struct rmb_ring *self)
{
	if (self->out && rmb_is_alone(self->out))
		put_back(self);
}

static void destroy_page(void *object)
{
	struct rmb_page *self = object;

	rmb_unref(self->memory);
}

/* A page of @memory as the one that is out, with a reference to it. */
static struct rmb_page *hand_out(struct rmb_ring *self, struct rmb_page *page,
				 struct rmb_memory *memory)
{
	page->memory = rmb_ref(memory);
	self->out = rmb_ref(page);
	return page;
}

struct rmb_page *rmb_ring_borrow_page(struct rmb_ring *self,
				      struct ringmap_error *err)
{
	RMB_HELD *held = rmb_hold(self, err);
	struct ringmap_ring *ring = held ? ours(self, err) : NULL;

	if (!ring)
		return NULL;
	forget_abandoned(self);
	/* The ring below knows nothing of a copy that is out. */
	if (self->out) {
		rmb_failed(RINGMAP_E_BUSY, err);
		return NULL;
	}

	struct rmb_page *page = rmb_new(sizeof(*page), destroy_page, err);

	if (!page)
		return NULL;

	enum ringmap_status status =
		ringmap_ring_borrow_page(ring, &page->page);

	if (!status)
		return hand_out(self, page, self->memory);
	failed(self, status, err);
	rmb_unref(page);
	return NULL;
}

void rmb_ring_return_page(struct rmb_ring *self, struct rmb_page *page,
			  struct ringmap_error *err)
{
	RMB_HELD *held = rmb_hold(self, err);

	if (!held || !opened(self, err))
		return;
	if (page != self->out) {
		rmb_failed(RINGMAP_E_STALE, err);
		return;
	}
	failed(self, put_back(self), err);
}

/* A copy of a followed page, out instead of it; NULL, no error: overwritten. */
static struct rmb_page *checked_copy(struct rmb_ring *self,
				     struct ringmap_page *raw,
				     struct ringmap_error *err)
{
	struct rmb_page *page = rmb_new(sizeof(*page), destroy_page, err);
	struct rmb_memory *copy = page ? rmb_memory_new(raw->size, err) : NULL;

	if (copy)
		memcpy(copy->block, raw->data, raw->size);
	if (page)
		page->page = *raw;

	enum ringmap_status status =
		ringmap_ring_return_page(self->memory->ring, raw);

	if (copy && status != RINGMAP_E_OVERWRITTEN &&
	    !failed(self, status, err)) {
		page->page.data = copy->block;
		page->page.ahead = NULL;
		page->is_copy = true;
		hand_out(self, page, copy);
	} else {
		rmb_unref(page);
		page = NULL;
	}
	rmb_unref(copy);
	return page;
}

struct rmb_page *rmb_ring_next_page(struct rmb_ring *self,
				    struct ringmap_error *err)
{
	if (!self->copies) {
		struct rmb_object *held = rmb_hold(self, err);
		bool broken = !held || !opened(self, err) ||
			      failed(self, put_back(self), err);

		rmb_let_go(&held);
		return broken ? NULL : rmb_ring_borrow_page(self, err);
	}

	RMB_HELD *held = rmb_hold(self, err);
	struct ringmap_ring *ring = held ? ours(self, err) : NULL;

	if (!ring || failed(self, put_back(self), err))
		return NULL;
	while (!err->status) {
		struct ringmap_page raw;
		enum ringmap_status status =
			ringmap_ring_borrow_page(ring, &raw);

		if (status) {
			failed(self, status, err);
			return NULL;
		}

		struct rmb_page *page = checked_copy(self, &raw, err);

		if (page)
			return page;
	}
	return NULL;
}

struct rmb_bytes rmb_ring_snapshot(struct rmb_ring *self,
				   struct ringmap_error *err)
{
	RMB_HELD *held = rmb_hold(self, err);
	struct ringmap_ring *ring = held ? opened(self, err) : NULL;
	struct rmb_bytes bytes = {0};
	size_t size = 0;

	if (!ring ||
	    failed(self, ringmap_ring_snapshot(ring, NULL, 0, &size), err))
		return bytes;

	struct rmb_memory *copy = rmb_memory_new(size, err);

	if (copy &&
	    !failed(self, ringmap_ring_snapshot(ring, copy->block, size, &size),
		    err))
		bytes = rmb_bytes_of(copy->block, size, copy);
	rmb_unref(copy);
	return bytes;
}
