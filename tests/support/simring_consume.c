/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * simring_consume.c - taking events out of the ring
 *
 * rb_get_reader_page(), ring_buffer_map_get_reader(), ring_buffer_read_page(),
 * ring_buffer_consume(), in steps.
 */
#include "simring_inner.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

enum swap_step {
	SWAP_LOOK,  /* is there more on the reader page? */
	SWAP_CHECK, /* is the writer still on it? */
	SWAP_EMPTY, /* the old reader page */
	SWAP_STAMP,
	SWAP_EXCHANGE,
	SWAP_WAIT, /* for a writer that is still padding */
};

enum get_reader_step {
	GET_LOOK,
	GET_NEXT,
	GET_CUT,
	GET_STORE,
	GET_STORED,
	GET_MISSED,
	GET_META,
};

enum take_step {
	TAKE_PAGE,
	TAKE_BYTES,
};

struct sim_event sim_event_at(const uint8_t *data, uint32_t offset)
{
	uint32_t word = sim_get32(data + offset);
	uint32_t type = sim_event_type(word);
	uint32_t delta = sim_event_delta(word);

	if (type && type <= RM_TYPE_DATA_MAX)
		return (struct sim_event){
			.length = 4 + 4 * type, .data = true, .time = delta};
	uint32_t array0 = sim_get32(data + offset + 4);
	uint64_t time = ((uint64_t)array0 << RM_TIME_SHIFT) + delta;

	switch (type) {
	case RM_TYPE_TIME_EXTEND:
		return (struct sim_event){
			.length = 8, .stamp = true, .time = time};
	case RM_TYPE_TIME_STAMP:
		return (struct sim_event){.length = 8,
					  .stamp = true,
					  .absolute = true,
					  .time = time};
	case RM_TYPE_PADDING:
		return (struct sim_event){.length = array0 + 4};
	}
	return (struct sim_event){
		.length = array0 + 4, .data = true, .time = delta};
}

/* rb_advance_reader() */
static void advance(struct simring *sim)
{
	struct sim_page *page = &sim->pages[sim->reader_page];
	struct sim_event event =
		sim_event_at(sim_data(sim, sim->reader_page), page->read);

	if (!page->read)
		sim->read_stamp = sim_stamp_of(sim, sim->reader_page);
	if (event.absolute)
		sim->read_stamp = event.time;
	else
		sim->read_stamp += event.time;
	if (event.data)
		sim->read++;
	page->read += event.length;
}

static uint32_t reader_size(const struct simring *sim)
{
	return sim_commit_of(sim, sim->reader_page);
}

/* rb_per_cpu_empty() */
static bool is_empty(const struct simring *sim)
{
	uint32_t reader = sim->reader_page;
	uint32_t commit = sim->commit_page;

	if (sim->pages[reader].read != reader_size(sim))
		return false;
	if (commit == reader)
		return true;
	if (commit != sim->head_page)
		return false;
	return !sim_commit_of(sim, commit);
}

static bool end_swap(struct simring *sim, bool found)
{
	sim->consumer.found = found;
	sim->consumer.swapping = false;
	return true;
}

static void swap_look(struct simring *sim)
{
	struct sim_page *reader = &sim->pages[sim->reader_page];

	sim->consumer.i =
		reader->read < reader_size(sim) ? SWAP_WAIT : SWAP_CHECK;
}

/*
 * Two looks: what a writer committed in between, before it moved on, is
 * swapped away unread. The kernel loses it, too.
 */
static void swap_check(struct simring *sim)
{
	struct sim_page *reader = &sim->pages[sim->reader_page];
	uint64_t gone = sim->overrun + sim->read;
	if (sim->commit_page == sim->reader_page || sim->entries == gone) {
		end_swap(sim, false);
		return;
	}
	sim->mislaid += reader->read < reader_size(sim);
	reader->write = 0;
	reader->entries = 0;
	reader->real_end = 0;
	sim->consumer.i = SWAP_EMPTY;
}

/* Takes the head out and puts the old reader page in its place. */
static void swap_exchange(struct simring *sim)
{
	pthread_mutex_lock(&sim->swap_lock);
	uint32_t old = sim->reader_page;
	uint32_t head = sim->head_page;
	uint32_t next = sim->pages[head].next;
	uint32_t prev = sim->pages[head].prev;

	sim->pages[old].next = next;
	sim->pages[old].prev = prev;
	sim->pages_start = prev;
	sim->pages[prev].next = old;
	sim->pages[next].prev = old;
	sim->head_page = next;
	sim->pages[head].read = 0;
	sim->reader_page = head;
	uint64_t overrun = sim->overrun;
	pthread_mutex_unlock(&sim->swap_lock);

	sim->read_stamp = sim_stamp_of(sim, head);
	if (overrun != sim->last_overrun) {
		sim->lost_events = overrun - sim->last_overrun;
		sim->last_overrun = overrun;
	}
	sim->consumer.i = SWAP_LOOK;
}

/* rb_get_reader_page(); the outcome is in consumer.found. */
static enum simring_progress step_swap(struct simring *sim)
{
	struct sim_page *reader = &sim->pages[sim->reader_page];

	switch (sim->consumer.i) {
	case SWAP_LOOK:
		swap_look(sim);
		break;
	case SWAP_CHECK:
		swap_check(sim);
		break;
	case SWAP_EMPTY:
		sim_put_commit(sim, sim->reader_page, 0, __ATOMIC_RELAXED);
		sim->consumer.i =
			sim->opts.zero_stamps ? SWAP_STAMP : SWAP_EXCHANGE;
		break;
	case SWAP_STAMP:
		sim_put_stamp(sim, sim->reader_page, 0);
		sim->consumer.i = SWAP_EXCHANGE;
		break;
	case SWAP_EXCHANGE:
		swap_exchange(sim);
		break;
	case SWAP_WAIT:
		if (reader->write > sim->capacity)
			return SIMRING_BLOCKED;
		if (!reader->read)
			sim->read_stamp = sim_stamp_of(sim, sim->reader_page);
		end_swap(sim, true);
		break;
	}
	return SIMRING_MORE;
}

static void begin_swap(struct simring *sim)
{
	sim->consumer.swapping = true;
	sim->consumer.i = SWAP_LOOK;
}

/* Everything on the reader page counts as read; false: there was nothing. */
static bool read_all(struct simring *sim)
{
	struct sim_page *reader = &sim->pages[sim->reader_page];
	uint32_t size = reader_size(sim);

	if (reader->read >= size)
		return false;
	while (reader->read < size)
		advance(sim);
	return true;
}

/* Whether the loss is to be noted on the page that was swapped in. */
static uint32_t note_loss(struct simring *sim)
{
	uint32_t page = sim->reader_page;

	if (!sim->lost_events || page == sim->commit_page) {
		sim->lost_events = 0;
		return GET_LOOK;
	}
	return sim->pages[page].real_end ? GET_CUT : GET_STORE;
}

/* The count is a long of the kernel, stored in words of 32 bits. */
static void store_count(uint8_t *data, uint32_t offset, unsigned long count)
{
	uint32_t words[sizeof(count) / 4];

	memcpy(words, &count, sizeof(count));
	for (uint32_t i = 0; i < sizeof(count) / 4; i++)
		sim_put32(data + offset + 4 * i, words[i]);
}

/* Adds a flag as the kernel does: as a negative int, sign and all. */
static void flag_commit(struct simring *sim, uint32_t flag)
{
	uint32_t page = sim->reader_page;
	unsigned long add = (unsigned long)(int32_t)flag;

	sim_put_commit(sim, page, sim_commit_word(sim, page) + add,
		       __ATOMIC_RELAXED);
}

static void step_loss(struct simring *sim, struct sim_consumer *c)
{
	uint32_t page = sim->reader_page;
	uint32_t commit = sim_commit_of(sim, page);

	switch (c->at) {
	case GET_CUT:
		sim_put_commit(sim, page, sim->pages[page].real_end,
			       __ATOMIC_RELAXED);
		c->at = GET_STORE;
		break;
	case GET_STORE:
		if (sim->capacity - commit < sizeof(unsigned long)) {
			c->at = GET_MISSED;
			break;
		}
		store_count(sim_data(sim, page), commit,
			    (unsigned long)sim->lost_events);
		c->at = GET_STORED;
		break;
	case GET_STORED:
		flag_commit(sim, RM_COMMIT_STORED);
		c->at = GET_MISSED;
		break;
	case GET_MISSED:
		flag_commit(sim, RM_COMMIT_MISSED);
		sim->lost_events = 0;
		c->at = GET_LOOK;
		break;
	}
}

static void step_get_reader(struct simring *sim, struct sim_consumer *c)
{
	switch (c->at) {
	case GET_LOOK:
		if (is_empty(sim) || read_all(sim)) {
			c->at = GET_META;
			break;
		}
		begin_swap(sim);
		c->at = GET_NEXT;
		break;
	case GET_NEXT:
		c->at = c->found ? note_loss(sim) : GET_META;
		break;
	case GET_META:
		sim_refresh_meta(sim);
		c->busy = false;
		break;
	default:
		step_loss(sim, c);
		break;
	}
}

/* Copies the unread bytes of the reader page behind a header of its own. */
static void copy_out(struct simring *sim, struct sim_consumer *c)
{
	struct sim_page *reader = &sim->pages[sim->reader_page];
	const uint8_t *data = sim_data(sim, sim->reader_page);
	uint64_t stamp = sim->read_stamp;
	uint32_t from = reader->read;
	uint32_t size = c->commit - from;
	unsigned long commit = size;
	unsigned long lost = (unsigned long)c->lost;
	uint8_t *out = c->bytes;

	while (reader->read < c->commit)
		advance(sim);
	c->result = (ssize_t)sim->opts.subbuf_size;
	if (!out)
		return;
	memset(out, 0, sim->opts.subbuf_size);
	memcpy(out, &stamp, sizeof(stamp));
	for (uint32_t i = 0; i < size; i += 4) {
		uint32_t word = sim_get32(data + from + i);

		memcpy(out + SIM_DATA_OFFSET + i, &word, sizeof(word));
	}
	if (lost && sim->capacity - size >= sizeof(lost)) {
		memcpy(out + SIM_DATA_OFFSET + size, &lost, sizeof(lost));
		commit += RM_COMMIT_STORED;
	}
	if (lost)
		commit += (unsigned long)INT32_MIN;
	memcpy(out + RM_COMMIT_OFFSET, &commit, sizeof(commit));
}

/*
 * Not mapped and whole: the page itself goes, a fresh one takes its place. Its
 * padding is cut off, so that a count of losses has room.
 */
static bool give_page(struct simring *sim, struct sim_consumer *c)
{
	uint32_t page = sim->reader_page;
	struct sim_page *reader = &sim->pages[page];

	if (sim->maps || reader->read || page == sim->commit_page)
		return false;
	if (reader->real_end)
		c->commit = reader->real_end;
	copy_out(sim, c);
	reader->write = 0;
	reader->entries = 0;
	reader->read = 0;
	sim_put_commit(sim, page, 0, __ATOMIC_RELAXED);
	sim_put_stamp(sim, page, 0);
	return true;
}

static void step_take(struct simring *sim, struct sim_consumer *c)
{
	if (c->at == TAKE_PAGE) {
		begin_swap(sim);
		c->at = TAKE_BYTES;
		return;
	}
	c->busy = false;
	if (!c->found)
		return;
	c->commit = reader_size(sim);
	c->lost = sim->lost_events;
	sim->lost_events = 0;
	if (c->op == SIMRING_READ) {
		if (!give_page(sim, c))
			copy_out(sim, c);
		return;
	}
	/* trace_pipe passes over stamps and padding by itself. */
	uint64_t before = sim->read;
	while (sim->pages[sim->reader_page].read < c->commit &&
	       sim->read == before)
		advance(sim);
	c->result = sim->read != before;
	if (!c->result) {
		/* Padding only: look at the next page. */
		c->busy = true;
		c->at = TAKE_PAGE;
	}
}

bool simring_begin_op(struct simring *sim, enum simring_op op)
{
	if (sim->consumer.busy || (op == SIMRING_GET_READER && !sim->maps))
		return false;
	sim->consumer = (struct sim_consumer){
		.busy = true,
		.op = op,
		.result = op == SIMRING_READ ? -EAGAIN : 0,
	};
	return true;
}

enum simring_progress simring_step_op(struct simring *sim)
{
	struct sim_consumer *c = &sim->consumer;

	if (!c->busy)
		return SIMRING_DONE;
	if (c->swapping)
		return step_swap(sim);
	if (c->op == SIMRING_RESET)
		return sim_step_reset(sim);
	if (c->op == SIMRING_GET_READER)
		step_get_reader(sim, c);
	else
		step_take(sim, c);
	return c->busy ? SIMRING_MORE : SIMRING_DONE;
}

bool simring_op_under_way(const struct simring *sim)
{
	return sim->consumer.busy;
}

void sim_run_under_way(struct simring *sim)
{
	enum simring_progress p;

	while ((p = simring_step_op(sim)) != SIMRING_DONE) {
		if (p == SIMRING_BLOCKED && sim->opts.threads)
			sched_yield();
		else if (p == SIMRING_BLOCKED)
			simring_step(sim);
		sim_between(sim);
	}
}

ssize_t sim_run_op(struct simring *sim, enum simring_op op, uint8_t *buf)
{
	pthread_mutex_lock(&sim->reader_lock);
	sim_run_under_way(sim);
	if (!simring_begin_op(sim, op)) {
		pthread_mutex_unlock(&sim->reader_lock);
		return -ENODEV;
	}
	sim->consumer.bytes = buf;
	sim_run_under_way(sim);
	ssize_t result = sim->consumer.result;
	pthread_mutex_unlock(&sim->reader_lock);
	return result;
}

int simring_get_reader(struct simring *sim)
{
	return (int)sim_run_op(sim, SIMRING_GET_READER, NULL);
}

ssize_t simring_read(struct simring *sim, uint8_t *buf)
{
	return sim_run_op(sim, SIMRING_READ, buf);
}

bool simring_take_one(struct simring *sim)
{
	return sim_run_op(sim, SIMRING_TAKE_ONE, NULL) > 0;
}
