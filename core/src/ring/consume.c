/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * consume.c - takes the reader sub-buffer through the map, by GET_READER
 *
 * ring_buffer_map_get_reader() counts everything that is committed on the
 * reader sub-buffer as read; if nothing was left to count, it swaps in the next
 * sub-buffer. It reports this in the meta page only, and does not know where
 * our own reading stopped, so we keep that position. The same sub-buffer can
 * come back with another fill, so its stamp is compared, too.
 *
 * The ioctl and our look at the sub-buffer are two steps. Another consumer may
 * swap it back into the ring in between, where the writer may fill it anew. The
 * meta page does not show that: read(2), splice(2) and trace_pipe do not write
 * to it. So a newer fill may be handed out early; the older ones that the reader
 * comes to afterwards are then left out, with a gap of unknown size.
 */
#include "ring/page.h"
#include "ring/ring.h"

#include <errno.h>
#include <string.h>

/* Reads the loss that was stamped on the sub-buffer when it was swapped in. */
static uint64_t loss_on(const struct ringmap_ring *ring, uint32_t id)
{
	const uint8_t *p = rm_map_subbuf(&ring->map, id);
	uint32_t commit = rm_load32(p + rm_commit_low(&ring->layout),
				    ring->layout.big_endian);

	return rm_stored_loss(p, ring->subbuf_size, commit, &ring->layout);
}

/*
 * Finds the running time stamp of a sub-buffer that others read in part, by
 * walking the events that they read. Only the first borrow needs it.
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
		.read = meta->read,
		.overrun = meta->overrun,
		.reported = meta->overrun,
	};
}

/*
 * A swap that finds nothing committed on the new sub-buffer leaves the count of
 * overwritten events in the kernel. What is committed there later is taken
 * without it, and the next swap stamps it on a sub-buffer that has no gap before
 * it. By then the growth of overrun has revealed the loss.
 */
uint64_t rm_consume_loss(struct ringmap_ring *ring, uint64_t lost)
{
	if (!lost || !ring->consume.may_come_again)
		return lost;
	ring->consume.may_come_again = false;
	return RINGMAP_LOST_UNKNOWN;
}

/*
 * ring_buffer_map_get_reader() stamps no loss on a sub-buffer that the writer
 * has not left yet, or has left and not committed yet: it only logs the loss
 * and forgets it. The overrun count reveals that, because the stamped losses
 * add up to its value at the swap. That value is not known exactly: it lies
 * between the overrun in the meta page of the ioctl before and the present one.
 * If overrun grew between swap and refresh, this may report a loss where there
 * is none.
 */
static uint64_t loss_before(struct ringmap_ring *ring,
			    const struct rm_meta *meta)
{
	struct rm_consume *c = &ring->consume;
	uint64_t lost = loss_on(ring, c->id);
	uint64_t reported = c->reported;

	if (lost && lost != RINGMAP_LOST_UNKNOWN)
		reported += lost;
	if (reported < c->overrun)
		reported = c->overrun;
	if (!lost && meta->overrun != c->reported) {
		lost = RINGMAP_LOST_UNKNOWN;
		c->may_come_again = true;
	} else {
		lost = rm_consume_loss(ring, lost);
	}
	c->reported = reported < meta->overrun ? reported : meta->overrun;
	return lost;
}

/* Goes to another sub-buffer, or to another fill of the same one. */
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

/* Skips the first @count events of the sub-buffer. */
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
 * Finds our position after read(2) was used for a while. The ioctl took the
 * last events of the reader sub-buffer, as many as the kernel's count of events
 * read exceeds ours. But other consumers may have raised that count, so it is
 * checked against the stamps: no event is handed out twice, and if the count
 * cannot be right, a gap is reported. After a @reset the count says nothing:
 * read(2) may have returned events from before it and from after it. If it was
 * others who used read(2), before the ring was opened, there is no stamp, and
 * the count alone decides.
 */
static void rejoin(struct ringmap_ring *ring, const struct rm_meta *meta,
		   uint32_t limit, bool reset)
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
	if (!c->read_ts)
		known = reset ? 0 : page.events;
	else
		/* read(2) returned at least one of those with that stamp. */
		older += known > older;
	if (reset || before < older || before > known || meta->read < ours) {
		before = known;
		rm_account_gap(ring, RINGMAP_LOST_UNKNOWN);
	}
	if (before)
		pass_over(ring, limit, before);
	c->rejoins = false;
}

static uint64_t events_on(const struct ringmap_page *page)
{
	struct ringmap_page copy = *page;

	(void)rm_page_finish(&copy);
	return copy.events;
}

/* The counts of the meta page start again. */
static void forget_counts(struct ringmap_ring *ring)
{
	ring->consume.entries = 0;
	ring->consume.read = 0;
	ring->consume.overrun = 0;
	ring->consume.reported = 0;
	ring->consume.may_come_again = false;
}

static bool note_epoch(struct ringmap_ring *ring, enum rm_continuity found)
{
	rm_account_epoch(ring, found);
	if (found == RM_NEW_EPOCH)
		forget_counts(ring);
	return found == RM_NEW_EPOCH;
}

static bool look(struct ringmap_ring *ring, uint64_t taken)
{
	struct rm_least least = {0};

	if (ring->account.read_known)
		least.read = rm_account_read(ring) + taken;
	return note_epoch(ring, rm_epoch_look(ring, least));
}

bool rm_consume_was_reset(struct ringmap_ring *ring,
			  const struct ringmap_page *page)
{
	return rm_epoch_due(ring) && look(ring, page ? events_on(page) : 0);
}

void rm_consume_look(struct ringmap_ring *ring)
{
	look(ring, 0);
}

/*
 * True if the meta page shows a reset. One ioctl takes the events of one
 * sub-buffer at the most, so after a reset the count of events read is lower
 * than before, unless we had taken fewer than fit into a sub-buffer.
 */
static bool meta_went_back(const struct ringmap_ring *ring,
			   const struct rm_meta *meta,
			   const struct ringmap_page *page)
{
	const struct rm_consume *c = &ring->consume;

	if (meta->entries < c->entries || meta->overrun < c->overrun ||
	    meta->read < c->read)
		return true;
	return page && ring->account.read_known &&
	       c->read <= ring->subbuf_size / RM_EVENT_MIN &&
	       meta->read < rm_account_read(ring) + events_on(page);
}

static void found_reset(struct ringmap_ring *ring)
{
	rm_epoch_found(ring);
	note_epoch(ring, RM_NEW_EPOCH);
}

/* True if another consumer read events, if @taken are those of our last read. */
static bool kernel_counts_more(const struct ringmap_ring *ring, uint64_t taken)
{
	struct rm_kernel_stats ks;

	return !ring->account.read_known || !rm_kernel_stats(ring, &ks) ||
	       ks.read != rm_account_read(ring) + taken;
}

/* Leaves the events of @page that are newer than those of the map. */
static void cut_front(const struct ringmap_ring *ring,
		      struct ringmap_page *page)
{
	uint64_t lost = page->lost;
	struct ringmap_page ahead = *page, rest = *page;
	struct ringmap_event event = {.ts = 0};

	while (ringmap_page_next(&ahead, &event) == RINGMAP_OK &&
	       event.ts <= ring->consume.front_ts)
		rest = ahead;
	if (event.ts <= ring->consume.front_ts)
		rest.pos = page->size;
	*page = rm_page_at(ring, page->data, rest.pos, page->size, rest.ts);
	page->lost = lost;
}

bool rm_consume_came_early(struct ringmap_ring *ring, struct ringmap_page *page)
{
	struct rm_consume *c = &ring->consume;

	if (!c->front_fill)
		return false;
	if (page->ts > c->front_ts || c->left_out >= ring->map.nr_subbufs ||
	    !kernel_counts_more(ring, events_on(page))) {
		c->front_fill = 0;
		c->left_out = 0;
		return false;
	}
	cut_front(ring, page);
	rm_account_gap(ring, RINGMAP_LOST_UNKNOWN);
	c->left_out++;
	return !page->size;
}

void rm_consume_note_read(struct ringmap_ring *ring, uint64_t ts, uint64_t lost)
{
	struct rm_consume *c = &ring->consume;

	c->read_ts = ts;
	if (lost != RINGMAP_LOST_UNKNOWN)
		c->reported += lost;
}

void rm_consume_rejoin(struct ringmap_ring *ring)
{
	ring->consume.rejoins = true;
}

void rm_consume_opened(struct ringmap_ring *ring)
{
	struct rm_consume *c = &ring->consume;

	if (!ring->account.read_known || ring->account.read_base == c->read)
		return;
	c->overrun = c->reported = ring->epoch.counts.overrun;
	rm_consume_rejoin(ring);
}

static void note_counts(struct ringmap_ring *ring, const struct rm_meta *meta)
{
	ring->consume.entries = meta->entries;
	ring->consume.read = meta->read;
	ring->consume.overrun = meta->overrun;
}

/* Asks for the next events, and looks at what the meta page says then. */
static enum ringmap_status get_reader(struct ringmap_ring *ring,
				      struct rm_meta *meta,
				      struct rm_head *head)
{
	int error = ring->source.ops->get_reader(ring->source.ctx, ring->fd);

	ring->stats.syscalls++;
	if (error)
		return rm_fail(&ring->error, RINGMAP_E_OS, -error,
			       "GET_READER failed: %s", strerror(-error));
	enum ringmap_status s =
		rm_map_meta(&ring->map, &ring->layout, meta, &ring->error);
	if (s == RINGMAP_OK)
		*head = rm_map_head(&ring->map, &ring->layout, meta->reader_id);
	return s;
}

/* End of the bytes that the ioctl took, as far as they are still there. */
static uint32_t limit_of(const struct rm_meta *meta, const struct rm_head *head)
{
	return meta->reader_read < head->commit ? meta->reader_read
						: head->commit;
}

/*
 * True if the kernel counts other events as read than those that this ioctl
 * took and those that were handed out: another consumer takes events, too.
 */
static bool others_read(const struct ringmap_ring *ring,
			const struct rm_meta *meta, const struct rm_head *head)
{
	const uint8_t *data = rm_map_subbuf(&ring->map, meta->reader_id) +
			      ring->layout.data_offset;
	const struct ringmap_page page =
		rm_page_at(ring, data, 0, limit_of(meta, head), head->ts);
	uint64_t events = events_on(&page);

	return meta->read - ring->consume.read != events ||
	       (ring->account.read_known &&
		meta->read != rm_account_read(ring) + events);
}

/*
 * True if the reader sub-buffer is older than a fill that was handed out early.
 * A clock that went back looks the same, but then nobody else read. No more
 * than the ring's sub-buffers can be older.
 */
static bool comes_late(struct ringmap_ring *ring, const struct rm_meta *meta,
		       const struct rm_head *head)
{
	struct rm_consume *c = &ring->consume;

	if (head->ts >= c->front_fill || !head->commit)
		return false;
	if (c->left_out < ring->map.nr_subbufs && others_read(ring, meta, head))
		return true;
	c->front_fill = 0;
	return false;
}

/* A clock of jiffies may stamp with 0; no other one does. */
static bool clock_begins_at_0(const struct ringmap_ring *ring)
{
	struct rm_source_info info = {.coarse_clock = true};

	ring->source.ops->info(ring->source.ctx, &info);
	return info.coarse_clock;
}

/*
 * True if the bytes up to our limit are not those that the ioctl took. Then they
 * may end within an event. Linux 7.2 zeroes the stamp of a sub-buffer that it
 * empties, so with that stamp the commit is already that of another fill.
 */
static bool limit_is_old(const struct ringmap_ring *ring,
			 const struct rm_head *head)
{
	const struct rm_consume *c = &ring->consume;
	const uint8_t *data =
		rm_map_subbuf(&ring->map, c->id) + ring->layout.data_offset;

	if (c->limit <= c->off)
		return false;
	if (!head->ts && !clock_begins_at_0(ring))
		return true;
	if (c->limit == head->commit)
		return false;
	struct ringmap_page page =
		rm_page_at(ring, data, c->off, c->limit, c->ts);
	return rm_page_finish(&page) != RINGMAP_OK;
}

/* Finds our place on the reader sub-buffer. False: it is not the reader's now. */
static bool find_place(struct ringmap_ring *ring, const struct rm_meta *meta,
		       const struct rm_head *head, bool reset)
{
	struct rm_consume *c = &ring->consume;

	if (reset)
		c->front_fill = 0;
	else if (comes_late(ring, meta, head))
		return false;
	if (reset || c->rejoins || meta->reader_id != c->id ||
	    head->ts != c->fill_ts || meta->reader_read < c->off)
		turn_to(ring, meta, head);
	if (!c->ts_known)
		catch_up(ring);
	c->limit = limit_of(meta, head);
	if (c->rejoins)
		rejoin(ring, meta, c->limit, reset);
	return !limit_is_old(ring, head);
}

/* True if the reader moved on since the last sub-buffer that was left out. */
static bool leave_out(struct ringmap_ring *ring, const struct rm_meta *meta,
		      const struct rm_head *head)
{
	struct rm_consume *c = &ring->consume;
	bool moved = head->ts != c->left_fill || meta->read != c->read;

	rm_account_gap(ring, RINGMAP_LOST_UNKNOWN);
	c->left_fill = head->ts;
	c->left_out += moved;
	note_counts(ring, meta);
	return moved;
}

/*
 * Asks until the reader is on a sub-buffer that can be handed out. No more than
 * the ring's sub-buffers are older than one that was handed out early; a map that
 * shows more is no kernel's.
 */
static enum ringmap_status find_page(struct ringmap_ring *ring,
				     struct rm_meta *meta, bool *reset)
{
	for (uint32_t n = 0; n <= ring->map.nr_subbufs; n++) {
		struct rm_head head = {0};
		enum ringmap_status s = get_reader(ring, meta, &head);

		if (s != RINGMAP_OK)
			return s;
		*reset = meta_went_back(ring, meta, NULL);
		if (*reset)
			found_reset(ring);
		if (find_place(ring, meta, &head, *reset))
			return RINGMAP_OK;
		if (!leave_out(ring, meta, &head))
			break;
	}
	return RINGMAP_DONE;
}

static enum ringmap_status consume_borrow(struct ringmap_ring *ring,
					  struct ringmap_page *ret)
{
	struct rm_consume *c = &ring->consume;
	struct rm_meta meta = {0};
	bool reset = false;
	enum ringmap_status s = find_page(ring, &meta, &reset);

	if (s != RINGMAP_OK)
		return s;
	if (c->limit <= c->off) {
		note_counts(ring, &meta);
		return RINGMAP_DONE;
	}
	const uint8_t *data =
		rm_map_subbuf(&ring->map, c->id) + ring->layout.data_offset;
	*ret = rm_page_at(ring, data, c->off, c->limit, c->ts);
	ret->subbuf = c->id;
	if (!reset && meta_went_back(ring, &meta, ret))
		found_reset(ring);
	else if (!reset)
		rm_consume_was_reset(ring, ret);
	note_counts(ring, &meta);
	c->left_out = 0;
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
	/* The time after corrupt bytes is unknown until the next fill. */
	if (walked != RINGMAP_OK)
		c->off = ring->subbuf_size;
	if (!intact) {
		rm_account_gap(ring, RINGMAP_LOST_UNKNOWN);
		return RINGMAP_E_OVERWRITTEN;
	}
	c->front_fill = c->fill_ts;
	c->front_ts = c->ts;
	return RINGMAP_OK;
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
	.look = rm_consume_look,
	.nr_subbufs = rm_ring_mapped_subbufs,
};
