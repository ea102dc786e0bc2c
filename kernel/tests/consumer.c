// SPDX-License-Identifier: GPL-2.0-only
/*
 * consumer.c - GET_READER, again and again
 */
#define _GNU_SOURCE
#include "consumer.h"

#include <string.h>

#include "ktap.h"
#include "page.h"

void consumer_init(struct consumer *c, const struct mapping *map)
{
	struct meta meta = meta_of(map);

	memset(c, 0, sizeof(*c));
	c->map = map;
	c->id = meta.reader_id;
	c->stamp = subbuf_stamp(subbuf_of(map, meta.reader_id));
	c->offset = meta.reader_read;
	c->entries = meta.entries;
}

static void see(void *context, uint32_t seq)
{
	struct consumer *c = context;

	if (!c->events++) {
		c->first = seq;
	} else {
		EXPECT(seq > c->last, "event %u comes after event %u", seq,
		       c->last);
		c->gaps += seq - c->last - 1;
	}
	c->last = seq;
}

/* The losses that the page and the meta page tell of. */
static void see_losses(struct consumer *c, const uint8_t *subbuf,
		       const struct meta *meta)
{
	uint32_t commit = subbuf_commit(subbuf);
	uint32_t size = commit & COMMIT_MASK;
	uint64_t count;

	c->lost_meta += meta->reader_lost_events;
	EXPECT(commit & MISSED_EVENTS || !(commit & MISSED_STORED),
	       "a count of lost events without the flag for them: %#x", commit);
	if (!(commit & MISSED_EVENTS))
		return;
	c->lost_pages++;
	if (!(commit & MISSED_STORED)) {
		c->lost_uncounted++;
		return;
	}
	EXPECT(size + sizeof(count) <= c->map->subbuf_size - SUBBUF_HEADER,
	       "no room for the count of lost events after %u bytes", size);
	memcpy(&count, subbuf + SUBBUF_HEADER + size, sizeof(count));
	EXPECT(count, "a sub-buffer tells of 0 lost events");
	c->lost_stored += count;
}

bool consumer_step(struct consumer *c)
{
	struct meta meta = get_reader(c->map);
	const uint8_t *subbuf = subbuf_of(c->map, meta.reader_id);
	uint32_t size = subbuf_commit(subbuf) & COMMIT_MASK;
	bool fresh =
		meta.reader_id != c->id || subbuf_stamp(subbuf) != c->stamp;

	if (meta.entries < c->entries ||
	    (!fresh && meta.reader_read < c->offset)) {
		c->resets++;
		c->offset = 0;
	}
	c->entries = meta.entries;
	if (fresh) {
		c->id = meta.reader_id;
		c->stamp = subbuf_stamp(subbuf);
		c->offset = 0;
		see_losses(c, subbuf, &meta);
	}
	EXPECT(meta.reader_read <= size, "reader.read %u of %u committed bytes",
	       meta.reader_read, size);
	if (meta.reader_read == c->offset)
		return fresh;
	const char *wrong =
		page_walk(subbuf, c->offset, meta.reader_read, see, c);
	EXPECT(!wrong, "sub-buffer %u: %s", c->id, wrong);
	c->offset = meta.reader_read;
	return true;
}

void consumer_drain(struct consumer *c)
{
	while (consumer_step(c))
		;
}
