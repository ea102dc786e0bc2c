/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * reader_ringmap.c - readers that use the library, as a program would
 */
#include <err.h>
#include <ringmap/ringmap.h>
#include <stdlib.h>

#include "tests/bench/reader.h"

/* So that a wait without data comes back to look whether all is over. */
#define WAIT_MS 100

typedef void walk(void *reader, struct ringmap_page *page, struct tally *tally);

struct ringmap_reader {
	struct ringmap_ring *ring;
	walk *walk;
	uint64_t *ts; /* these four: of one page, for ringmap_page_index() */
	uint32_t *offset;
	uint32_t *size;
	uint16_t *id;
	size_t capacity;
};

static void refuse(const struct ringmap_reader *reader, const char *call,
		   enum ringmap_status status)
{
	struct ringmap_error error;

	ringmap_ring_error(reader->ring, &error);
	errx(1, "%s: %s: %s", call, ringmap_status_name(status), error.text);
}

static void walk_next(void *self, struct ringmap_page *page,
		      struct tally *tally)
{
	struct ringmap_event event;

	(void)self;
	while (ringmap_page_next(page, &event) == RINGMAP_OK) {
		tally->sum += event.ts + reader_first_bytes(event.data);
		tally->events++;
	}
}

static void walk_index(void *self, struct ringmap_page *page,
		       struct tally *tally)
{
	struct ringmap_reader *reader = self;
	const char *data = page->data;
	size_t events;

	ringmap_page_index(page, reader->ts, reader->offset, reader->size,
			   reader->id, reader->capacity, &events);
	for (size_t i = 0; i < events; i++)
		tally->sum += reader->ts[i] +
			      reader_first_bytes(data + reader->offset[i]);
	tally->events += events;
}

static struct ringmap_reader *open_ring(const struct rm_rig *rig,
					enum ringmap_mode mode,
					uint64_t interval_us)
{
	struct ringmap_reader *reader = calloc(1, sizeof(*reader));
	struct ringmap_ring_opts opts = rm_rig_ring_opts(rig, mode);
	struct ringmap_error error;

	if (!reader)
		err(1, "no memory for a reader");
	opts.latency_us = interval_us;
	if (ringmap_ring_open(&opts, &reader->ring, &error) != RINGMAP_OK)
		errx(1, "cannot open the ring: %s", error.text);
	reader->walk = walk_next;
	return reader;
}

static void *open_follow(const struct rm_rig *rig, uint64_t interval_us)
{
	return open_ring(rig, RINGMAP_MODE_FOLLOW, interval_us);
}

static void *open_consume(const struct rm_rig *rig, uint64_t interval_us)
{
	return open_ring(rig, RINGMAP_MODE_CONSUME, interval_us);
}

static void *open_read(const struct rm_rig *rig, uint64_t interval_us)
{
	return open_ring(rig, RINGMAP_MODE_READ, interval_us);
}

static void *open_follow_index(const struct rm_rig *rig, uint64_t interval_us)
{
	struct ringmap_reader *reader =
		open_ring(rig, RINGMAP_MODE_FOLLOW, interval_us);
	struct ringmap_ring_info info;
	size_t capacity;

	if (ringmap_ring_info(reader->ring, &info, sizeof(info)) != RINGMAP_OK)
		errx(1, "the ring has no geometry");
	capacity = info.subbuf_size / 8 + 1;
	reader->ts = calloc(capacity, sizeof(*reader->ts));
	reader->offset = calloc(capacity, sizeof(*reader->offset));
	reader->size = calloc(capacity, sizeof(*reader->size));
	reader->id = calloc(capacity, sizeof(*reader->id));
	if (!reader->ts || !reader->offset || !reader->size || !reader->id)
		err(1, "no memory for an index");
	reader->capacity = capacity;
	reader->walk = walk_index;
	return reader;
}

static void wait_ring(void *self)
{
	struct ringmap_reader *reader = self;
	enum ringmap_status status = ringmap_ring_wait(reader->ring, WAIT_MS);

	if (status != RINGMAP_OK && status != RINGMAP_DONE)
		refuse(reader, "wait", status);
}

static void drain_ring(void *self, const atomic_bool *finish,
		       struct tally *tally)
{
	struct ringmap_reader *reader = self;
	enum ringmap_status status;
	struct ringmap_page page;

	while (!atomic_load_explicit(finish, memory_order_relaxed)) {
		struct tally of_page = {0};

		status = ringmap_ring_borrow_page(reader->ring, &page);
		if (status == RINGMAP_DONE)
			return;
		if (status != RINGMAP_OK)
			refuse(reader, "borrow_page", status);
		reader->walk(reader, &page, &of_page);
		status = ringmap_ring_return_page(reader->ring, &page);
		if (status == RINGMAP_OK)
			tally_add(tally, &of_page);
		else if (status != RINGMAP_E_OVERWRITTEN)
			refuse(reader, "return_page", status);
	}
}

static struct reader_account account_ring(void *self)
{
	struct ringmap_reader *reader = self;
	struct ringmap_ring_stats stats;
	atomic_bool never = false;
	struct tally rest = {0};
	uint64_t before;

	/* Lost is exact in a drained ring. */
	do {
		before = rest.events;
		drain_ring(reader, &never, &rest);
	} while (rest.events > before);
	if (ringmap_ring_stats(reader->ring, &stats, sizeof(stats)))
		errx(1, "the ring has no stats");
	return (struct reader_account){.sleeps = stats.sleeps,
				       .lost = stats.lost};
}

static void close_ring(void *self)
{
	struct ringmap_reader *reader = self;

	ringmap_ring_unref(reader->ring);
	free(reader->ts);
	free(reader->offset);
	free(reader->size);
	free(reader->id);
	free(reader);
}

#define RINGMAP_READER(kind)                                                   \
	const struct reader_kind reader_##kind = {                             \
		.name = #kind,                                                 \
		.missing = reader_never_missing,                               \
		.open = open_##kind,                                           \
		.wait = wait_ring,                                             \
		.drain = drain_ring,                                           \
		.account = account_ring,                                       \
		.close = close_ring,                                           \
	}

RINGMAP_READER(follow);
RINGMAP_READER(follow_index);
RINGMAP_READER(consume);
RINGMAP_READER(read);
