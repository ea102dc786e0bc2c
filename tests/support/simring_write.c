/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * simring_write.c - reserving room for an event and storing it
 *
 * ring_buffer_lock_reserve() and what it calls, in steps: __rb_reserve_next(),
 * rb_move_tail(), rb_handle_head_page(), rb_tail_page_update(),
 * rb_reset_tail(), rb_try_to_discard(). An interrupt is a write that begins
 * and ends between two steps of another one.
 */
#include "simring_inner.h"
#include "tests/support/numbered.h"

enum {
	SMALL_DATA = 112, /* RB_MAX_SMALL_DATA */
	ENTRY_TYPE = 16,  /* common_type: any, but always the same */
};

static uint64_t now(struct simring *sim)
{
	sim->clock += sim->opts.clock_step;
	return sim->opts.coarse
		       ? sim->clock / sim->opts.coarse * sim->opts.coarse
		       : sim->clock;
}

/* rb_calculate_event_length() */
uint32_t sim_event_length(uint32_t payload)
{
	uint32_t length = payload + RM_EVENT_HEADER;

	if (payload > SMALL_DATA)
		length += 4;
	length = (length + 3) / 4 * 4;
	return length == SIM_STAMP_LENGTH + 4 ? length + 4 : length;
}

static void step_start(struct simring *sim, struct sim_write *w)
{
	w->page = sim->tail_page;
	w->w = sim->pages[w->page].write;
	w->before = sim->before_stamp;
	w->after = sim->write_stamp;
	w->ts = now(sim);
	w->set_back = sim->set_back;
	w->length = sim_event_length(w->payload);
	w->stamp = SIM_DELTA;
	w->delta = 0;
	/* The first event of a page has the page's own stamp. */
	if (w->w && w->before != w->after)
		w->stamp = SIM_ABSOLUTE;
	else if (w->w && (w->ts - w->after) >> RM_TIME_SHIFT)
		w->stamp = SIM_EXTEND;
	if (w->stamp != SIM_DELTA)
		w->length += SIM_STAMP_LENGTH;
	sim->before_stamp = w->ts;
	w->at = SIMRING_AT_LOOKED;
}

static void step_looked(struct simring *sim, struct sim_write *w)
{
	struct sim_page *page = &sim->pages[w->page];
	uint32_t end = atomic_fetch_add(&page->write, w->length) + w->length;

	w->tail = end - w->length;
	if (end > sim->capacity) {
		w->at = SIMRING_AT_FULL;
		return;
	}
	w->number = w->discard ? RM_NUMBERED_NEVER : sim->next_number++;
	w->at = SIMRING_AT_TAKEN;
}

static void step_taken(struct simring *sim, struct sim_write *w)
{
	struct sim_page *page = &sim->pages[w->page];

	if (w->tail == w->w) {
		sim->write_stamp = w->ts;
		w->delta = w->stamp == SIM_ABSOLUTE ? w->ts : w->ts - w->after;
		/* rb_add_timestamp(): the clock went back. */
		if (w->stamp == SIM_EXTEND && w->ts < w->after)
			w->delta = 0;
	} else {
		/* An interrupt wrote before us. */
		uint64_t before = sim->before_stamp;

		w->ts = now(sim);
		w->set_back = sim->set_back;
		sim->before_stamp = w->ts;
		w->after = sim->write_stamp;
		bool alone = w->tail + w->length == page->write &&
			     w->after == before && w->after < w->ts;
		w->delta = alone ? w->ts - w->after : 0;
		if (w->stamp == SIM_ABSOLUTE)
			w->stamp = SIM_EXTEND;
		/* What it will be read as is not known. */
		if (!alone || sim->tail_page != w->page)
			w->after = 0;
	}
	if (!w->tail && w->stamp != SIM_ABSOLUTE)
		w->delta = 0;
	page->entries++;
	w->at = SIMRING_AT_TIMED;
}

static void put_stamp_event(uint8_t *p, enum sim_stamp stamp, uint64_t time)
{
	uint32_t type = stamp == SIM_ABSOLUTE ? RM_TYPE_TIME_STAMP
					      : RM_TYPE_TIME_EXTEND;
	uint32_t low = (uint32_t)time & ((1u << RM_TIME_SHIFT) - 1);

	sim_put32(p, sim_event_word(type, low));
	sim_put32(p + 4, (uint32_t)(time >> RM_TIME_SHIFT));
}

/* Offset of the data event, behind its stamp. */
static uint32_t data_event(const struct sim_write *w)
{
	return w->tail + (w->stamp == SIM_DELTA ? 0 : SIM_STAMP_LENGTH);
}

/* Offset of the payload. */
static uint32_t payload_at(const struct sim_write *w)
{
	return data_event(w) + RM_EVENT_HEADER +
	       (w->payload > SMALL_DATA ? 4 : 0);
}

/* rb_update_event() */
static void step_timed(struct simring *sim, struct sim_write *w)
{
	uint8_t *data = sim_data(sim, w->page);
	uint32_t delta = (uint32_t)w->delta & ((1u << RM_TIME_SHIFT) - 1);
	uint8_t *event = data + data_event(w);

	if (w->stamp != SIM_DELTA) {
		put_stamp_event(data + w->tail, w->stamp, w->delta);
		delta = 0;
	}
	if (w->payload > SMALL_DATA) {
		sim_put32(event, sim_event_word(RM_TYPE_LONG, delta));
		sim_put32(event + 4, (w->payload + 3) / 4 * 4 + 4);
	} else {
		sim_put32(event, sim_event_word((w->payload + 3) / 4, delta));
	}
	w->at = SIMRING_AT_HEADER;
}

static void step_header(struct simring *sim, struct sim_write *w)
{
	if (!w->tail) {
		sim->pages[w->page].set_back = w->set_back;
		sim_put_stamp(sim, w->page, w->ts);
	}
	w->at = SIMRING_AT_STAMP;
}

/* Words [from, to) of the payload. */
static void put_payload(struct simring *sim, const struct sim_write *w,
			uint32_t from, uint32_t to)
{
	uint8_t *p = sim_data(sim, w->page) + payload_at(w);
	bool known = (w->after || w->tail == 0) &&
		     w->set_back == sim->set_back &&
		     sim->pages[w->page].set_back == sim->set_back;
	uint32_t stamp = known ? (uint32_t)w->ts : 0;

	for (uint32_t i = from; i < to; i++) {
		uint32_t v = ENTRY_TYPE;

		/* common_type is the first half of the first word. */
		if (!i && SIM_BIG_ENDIAN)
			v <<= 16;
		if (i >= RM_NUMBERED_ENTRY / 4)
			v = rm_numbered_word(w->number, stamp, w->payload,
					     i - RM_NUMBERED_ENTRY / 4);
		sim_put32(p + 4 * (size_t)i, v);
	}
}

static void step_stamp(struct simring *sim, struct sim_write *w)
{
	put_payload(sim, w, 0, w->payload / 8);
	w->at = SIMRING_AT_HALF;
}

static void step_half(struct simring *sim, struct sim_write *w)
{
	put_payload(sim, w, w->payload / 8, w->payload / 4);
	w->at = SIMRING_AT_PAYLOAD;
}

/* ring_buffer_discard_commit(): taken back if it is the newest, else padding. */
static void discard(struct simring *sim, struct sim_write *w)
{
	struct sim_page *page = &sim->pages[w->page];
	uint32_t offset = data_event(w);
	uint8_t *event = sim_data(sim, w->page) + offset;
	uint32_t end = w->tail + w->length;
	uint32_t delta = sim_event_delta(sim_get32(event));

	if (w->payload <= SMALL_DATA)
		sim_put32(event + 4, end - offset - RM_EVENT_HEADER);
	sim_put32(event, sim_event_word(RM_TYPE_PADDING, delta ? delta : 1));
	page->entries--;
	if (sim->tail_page != w->page || sim->write_stamp != sim->before_stamp)
		return;
	/* The next event's delta cannot count from one that is not there. */
	sim->before_stamp = 0;
	atomic_compare_exchange_strong(&page->write, &end, offset);
}

static void step_payload(struct simring *sim, struct sim_write *w)
{
	if (w->discard)
		discard(sim, w);
	else
		sim->entries++;
	w->at = SIMRING_AT_COUNTED;
}

static void step_counted(struct simring *sim, struct sim_write *w)
{
	(void)sim;
	w->at = SIMRING_AT_COMMIT;
}

/*
 * rb_move_tail() up to rb_handle_head_page(): may the next page be taken, and
 * if it is the head, what it holds is overrun.
 */
static void step_full(struct simring *sim, struct sim_write *w)
{
	pthread_mutex_lock(&sim->swap_lock);
	bool off_reader = sim->commit_page != sim->reader_page;
	w->next = sim->pages[w->page].next;
	bool head = w->page != sim->reader_page && w->next == sim->head_page;
	w->at = SIMRING_AT_PUSHED;
	if (w->next == sim->commit_page) {
		sim->commit_overrun++;
		w->dropped = true;
	} else if (head && off_reader && sim->opts.overwrite_off) {
		sim->dropped++;
		w->dropped = true;
	} else if (head && off_reader) {
		sim->overrun += sim->pages[w->next].entries;
		sim->head_page = sim->pages[w->next].next;
	} else if (head && sim->commit_page != sim->tail_page) {
		sim->commit_overrun++;
		w->dropped = true;
	}
	pthread_mutex_unlock(&sim->swap_lock);
	if (w->dropped)
		w->at = SIMRING_AT_MOVED;
}

/* rb_tail_page_update(), unless an interrupt did it. */
static void step_pushed(struct simring *sim, struct sim_write *w)
{
	if (sim->tail_page != w->page) {
		w->at = SIMRING_AT_MOVED;
		return;
	}
	sim->pages[w->next].write = 0;
	sim->pages[w->next].entries = 0;
	w->at = SIMRING_AT_CLEARED;
}

static void step_cleared(struct simring *sim, struct sim_write *w)
{
	sim_put_commit(sim, w->next, 0, __ATOMIC_RELAXED);
	w->at = SIMRING_AT_ZEROED;
}

static void step_zeroed(struct simring *sim, struct sim_write *w)
{
	uint32_t page = w->page;

	atomic_compare_exchange_strong(&sim->tail_page, &page, w->next);
	atomic_thread_fence(memory_order_seq_cst);
	w->at = SIMRING_AT_MOVED;
}

/* rb_reset_tail(): only who crossed the end pads the page. */
static void step_moved(struct simring *sim, struct sim_write *w)
{
	struct sim_page *page = &sim->pages[w->page];
	uint8_t *event = sim_data(sim, w->page) + w->tail;
	uint32_t back = w->length;

	w->at = SIMRING_AT_PADDED;
	if (w->tail >= sim->capacity) {
		if (w->tail == sim->capacity)
			page->real_end = 0;
		atomic_fetch_sub(&page->write, back);
		return;
	}
	page->real_end = w->tail;
	if (sim->capacity - w->tail < RM_EVENT_MIN) {
		sim_put32(event, sim_event_word(RM_TYPE_PADDING, 0));
	} else {
		uint32_t room = sim->capacity - w->tail;

		sim_put32(event + 4, room - RM_EVENT_HEADER);
		sim_put32(event, sim_event_word(RM_TYPE_PADDING, 1));
		back = w->tail + w->length - sim->capacity;
	}
	atomic_fetch_sub_explicit(&page->write, back, memory_order_release);
}

static void step_padded(struct simring *sim, struct sim_write *w)
{
	(void)sim;
	/* Dropped: the end. Otherwise what is there is published, then the
	 * next page is tried. */
	w->moved = !w->dropped;
	w->at = SIMRING_AT_COMMIT;
}

static void (*const steps[])(struct simring *, struct sim_write *) = {
	[SIMRING_AT_START] = step_start,
	[SIMRING_AT_LOOKED] = step_looked,
	[SIMRING_AT_TAKEN] = step_taken,
	[SIMRING_AT_TIMED] = step_timed,
	[SIMRING_AT_HEADER] = step_header,
	[SIMRING_AT_STAMP] = step_stamp,
	[SIMRING_AT_HALF] = step_half,
	[SIMRING_AT_PAYLOAD] = step_payload,
	[SIMRING_AT_COUNTED] = step_counted,
	[SIMRING_AT_FULL] = step_full,
	[SIMRING_AT_PUSHED] = step_pushed,
	[SIMRING_AT_CLEARED] = step_cleared,
	[SIMRING_AT_ZEROED] = step_zeroed,
	[SIMRING_AT_MOVED] = step_moved,
	[SIMRING_AT_PADDED] = step_padded,
};

enum simring_point simring_step(struct simring *sim)
{
	if (!sim->depth)
		return SIMRING_AT_END;
	struct sim_write *w = &sim->writes[sim->depth - 1];

	if (w->at < SIMRING_AT_COMMIT) {
		steps[w->at](sim, w);
		return w->at;
	}
	if (sim_step_commit(sim, w)) {
		w->at = SIMRING_AT_END;
		sim->depth--;
	}
	return w->at;
}
