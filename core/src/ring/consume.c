/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * consume.c - GET_READER, then the reader sub-buffer where it lies
 *
 * ring_buffer_map_get_reader() counts everything committed on the reader
 * sub-buffer as read or, if that was so already, swaps in the next one. It
 * says what it did in the meta page only, and not where our own reading
 * stopped: that is remembered here. The same sub-buffer can come back with
 * another fill, so its stamp is compared too.
 */
#include "ring/page.h"
#include "ring/ring.h"

#include <errno.h>
#include <string.h>

/* A loss stamped on the reader sub-buffer when it was swapped in. */
static uint64_t loss_on(const struct ringmap_ring *ring, uint32_t id)
{
	const uint8_t *p = rm_map_subbuf(&ring->map, id);
	uint32_t commit = rm_load32(p + rm_commit_low(&ring->layout),
				    ring->layout.big_endian);

	return rm_stored_loss(p, ring->subbuf_size, commit, &ring->layout);
}

/*
 * The first call may find a sub-buffer that others read in part. Its running
 * time stamp is found by walking what they read.
 */
static void catch_up(struct ringmap_ring *ring)
{
	struct rm_consume *c = &ring->consume;
	const uint8_t *data =
		rm_map_subbuf(&ring->map, c->id) + ring->layout.data_offset;
	struct ringmap_page before =
		rm_page_at(ring, data, 0, c->off, c->fill_ts);

	if (rm_page_finish(&before) == RINGMAP_OK)
		c->ts = before.ts;
	else
		c->off = 0;
	c->ts_known = true;
}

void rm_consume_open(struct ringmap_ring *ring, const struct rm_meta *meta)
{
	struct rm_head head =
		rm_map_head(&ring->map, &ring->layout, meta->reader_id);

	ring->consume = (struct rm_consume){
		.id = meta->reader_id,
		.off = meta->reader_read,
		.fill_ts = head.ts,
		.entries = meta->entries,
		.overrun = meta->overrun,
		.told = meta->overrun,
	};
}

/*
 * ring_buffer_map_get_reader() stamps no loss on a sub-buffer that the writer
 * has not left yet, or has left and not committed yet: then it only logs the
 * loss, and forgets it. The count of overwritten events tells of that: marks
 * add up to what it was at the swap. What it was exactly is not known: not
 * less than in the meta page of the ioctl before, not more than now. Where it
 * grew between swap and refresh this may claim a loss in vain.
 */
static uint64_t loss_before(struct ringmap_ring *ring,
			    const struct rm_meta *meta)
{
	struct rm_consume *c = &ring->consume;
	uint64_t lost = loss_on(ring, c->id);
	uint64_t told = c->told;

	if (lost && lost != RINGMAP_LOST_UNKNOWN)
		told += lost;
	if (told < c->overrun)
		told = c->overrun;
	if (!lost && meta->overrun != c->told)
		lost = RINGMAP_LOST_UNKNOWN;
	c->told = told < meta->overrun ? told : meta->overrun;
	return lost;
}

/* The sub-buffer or its fill is another one than before. */
static void turn_to(struct ringmap_ring *ring, const struct rm_meta *meta,
		    const struct rm_head *head)
{
	struct rm_consume *c = &ring->consume;

	c->id = meta->reader_id;
	c->fill_ts = head->ts;
	c->ts = head->ts;
	c->ts_known = true;
	c->off = 0;
	rm_account_gap(ring, loss_before(ring, meta));
}

/* Passes over @count events of the sub-buffer, from its start. */
static void pass_over(struct ringmap_ring *ring, uint32_t limit, uint64_t count)
{
	struct rm_consume *c = &ring->consume;
	const uint8_t *data =
		rm_map_subbuf(&ring->map, c->id) + ring->layout.data_offset;
	struct ringmap_page page = rm_page_at(ring, data, 0, limit, c->fill_ts);
	struct ringmap_event event;

	while (count-- && ringmap_page_next(&page, &event) == RINGMAP_OK)
		;
	c->off = page.pos;
	c->ts = page.ts;
}

/*
 * After a while of read(2): of the events on the reader sub-buffer the ioctl
 * took the last ones, as many as the kernel's count grew beyond ours. But
 * others may have grown it, so the stamps have a say: nothing comes twice,
 * and where the count cannot be right something is missing.
 */
static void rejoin(struct ringmap_ring *ring, const struct rm_meta *meta,
		   uint32_t limit)
{
	struct rm_consume *c = &ring->consume;
	const uint8_t *data =
		rm_map_subbuf(&ring->map, c->id) + ring->layout.data_offset;
	struct ringmap_page page = rm_page_at(ring, data, 0, limit, c->fill_ts);
	struct ringmap_event event;
	uint64_t ours = rm_account_read(ring);
	uint64_t older = 0, known = 0;

	while (ringmap_page_next(&page, &event) == RINGMAP_OK) {
		older += event.ts < c->read_ts;
		known += event.ts <= c->read_ts;
	}
	uint64_t taken = meta->read > ours ? meta->read - ours : 0;
	uint64_t before = page.events > taken ? page.events - taken : 0;
	/* Of those with its very stamp the last that came is one. */
	older += known > older;
	if (before < older || before > known || meta->read < ours) {
		before = known;
		rm_account_gap(ring, RINGMAP_LOST_UNKNOWN);
	}
	if (before)
		pass_over(ring, limit, before);
	c->rejoins = false;
}

void rm_consume_note_read(struct ringmap_ring *ring, uint64_t ts, uint64_t lost)
{
	struct rm_consume *c = &ring->consume;

	c->read_ts = ts;
	if (lost != RINGMAP_LOST_UNKNOWN)
		c->told += lost;
}

void rm_consume_rejoin(struct ringmap_ring *ring)
{
	ring->consume.rejoins = true;
}

static enum ringmap_status consume_borrow(struct ringmap_ring *ring,
					  struct ringmap_page *ret)
{
	struct rm_consume *c = &ring->consume;
	struct rm_meta meta;
	int error = ring->source.ops->get_reader(ring->source.ctx, ring->fd);

	ring->stats.syscalls++;
	if (error)
		return rm_fail(&ring->error, RINGMAP_E_OS, -error,
			       "GET_READER failed: %s", strerror(-error));
	enum ringmap_status s =
		rm_map_meta(&ring->map, &ring->layout, &meta, &ring->error);
	if (s != RINGMAP_OK)
		return s;
	struct rm_head head =
		rm_map_head(&ring->map, &ring->layout, meta.reader_id);
	if (meta.entries < c->entries) {
		rm_account_gap(ring, RINGMAP_LOST_UNKNOWN);
		rm_account_reset(ring);
		c->overrun = 0;
		c->told = 0;
		c->read_ts = 0;
		turn_to(ring, &meta, &head);
	} else if (c->rejoins || meta.reader_id != c->id ||
		   head.ts != c->fill_ts || meta.reader_read < c->off) {
		turn_to(ring, &meta, &head);
	}
	c->entries = meta.entries;
	c->overrun = meta.overrun;
	if (!c->ts_known)
		catch_up(ring);
	/* A competitor's swap may have emptied it since: then it is less. */
	c->limit =
		meta.reader_read < head.commit ? meta.reader_read : head.commit;
	if (c->rejoins)
		rejoin(ring, &meta, c->limit);
	if (c->limit <= c->off)
		return RINGMAP_DONE;
	const uint8_t *data =
		rm_map_subbuf(&ring->map, c->id) + ring->layout.data_offset;
	*ret = rm_page_at(ring, data, c->off, c->limit, c->ts);
	ret->subbuf = c->id;
	ring->room = ring->subbuf_size - ring->layout.data_offset - c->limit;
	return RINGMAP_OK;
}

static enum ringmap_status consume_give_back(struct ringmap_ring *ring,
					     const struct ringmap_page *page,
					     enum ringmap_status walked)
{
	struct rm_consume *c = &ring->consume;
	bool intact = rm_map_intact(&ring->map, &ring->layout, c->id,
				    c->fill_ts, c->limit);

	c->off = c->limit;
	c->ts = page->ts;
	/* Past broken bytes no time stamp is known: the next fill has one. */
	if (walked != RINGMAP_OK)
		c->off = ring->subbuf_size;
	if (intact)
		return RINGMAP_OK;
	rm_account_gap(ring, RINGMAP_LOST_UNKNOWN);
	return RINGMAP_E_OVERWRITTEN;
}

bool rm_consume_ready(struct ringmap_ring *ring)
{
	return !ring->drained;
}

const struct rm_mode_ops rm_consume_ops = {
	.mode = RINGMAP_MODE_CONSUME,
	.consumes = true,
	.borrow = consume_borrow,
	.give_back = consume_give_back,
	.ready = rm_consume_ready,
	.interval = rm_wait_interval,
	.nr_subbufs = rm_ring_mapped_subbufs,
};
