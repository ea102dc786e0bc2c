// SPDX-License-Identifier: GPL-2.0-only
/*
 * page.c - walks a sub-buffer as it came from a kernel under test
 */
#include "page.h"

#include <string.h>

#include "mapping.h"
#include "ring.h"

enum {
	TYPE_LONG = 0,
	TYPE_PADDING = 29,
	TYPE_EXTEND = 30,
	TYPE_STAMP = 31
};

static uint32_t word_at(const uint8_t *at)
{
	uint32_t word;

	memcpy(&word, at, sizeof(word));
	return word;
}

/* NULL: it is ours, and as we wrote it. */
static const char *check_event(const uint8_t *payload, uint32_t size,
			       uint32_t *seq)
{
	const uint8_t *written = payload + TRACE_ENTRY_SIZE;
	struct numbered event;

	if (size < TRACE_ENTRY_SIZE + sizeof(event))
		return "an event is too short to be one of ours";
	memcpy(&event, written, sizeof(event));
	if (event.magic != NUMBERED_MAGIC)
		return "an event is not one of ours";
	if (event.bytes > size - TRACE_ENTRY_SIZE)
		return "an event is shorter than what was written";
	for (uint32_t i = sizeof(event); i < event.bytes; i++)
		if (written[i] != (uint8_t)(event.seq % 251))
			return "an event's bytes are not those written";
	*seq = event.seq;
	return NULL;
}

/* The event's whole length; 0: the page ends here; more than @room: wrong. */
static uint32_t length_of(const uint8_t *at, uint32_t room)
{
	uint32_t word = word_at(at);
	uint32_t type = word & 31;

	if (type == TYPE_PADDING && !(word >> 5))
		return 0;
	if (type != TYPE_LONG && type < TYPE_PADDING)
		return 4 + 4 * type;
	if (room < 8)
		return UINT32_MAX;
	if (type == TYPE_EXTEND || type == TYPE_STAMP)
		return 8;
	uint32_t length = word_at(at + 4);
	return length < 4 || length > room ? UINT32_MAX : length + 4;
}

/* What page_walk() and page_count() have in common. */
typedef const char *visit_event(void *context, const uint8_t *payload,
				uint32_t size);

static const char *walk(const uint8_t *subbuf, uint32_t from, uint32_t to,
			visit_event *visit, void *context)
{
	const uint8_t *data = subbuf + SUBBUF_HEADER;

	while (from < to) {
		if (to - from < 4)
			return "less than a header word is left";
		uint32_t length = length_of(data + from, to - from);
		uint32_t type = word_at(data + from) & 31;
		if (!length)
			return NULL;
		if (length > to - from)
			return "an event passes the end of the page";
		if (type < TYPE_PADDING) {
			uint32_t header = type == TYPE_LONG ? 8 : 4;
			const char *wrong = visit(context, data + from + header,
						  length - header);
			if (wrong)
				return wrong;
		}
		from += length;
	}
	return NULL;
}

struct numbered_visit {
	page_visit *visit;
	void *context;
};

static const char *visit_numbered(void *context, const uint8_t *payload,
				  uint32_t size)
{
	const struct numbered_visit *v = context;
	uint32_t seq = 0;
	const char *wrong = check_event(payload, size, &seq);

	if (!wrong)
		v->visit(v->context, seq);
	return wrong;
}

const char *page_walk(const uint8_t *subbuf, uint32_t from, uint32_t to,
		      page_visit *visit, void *context)
{
	struct numbered_visit v = {visit, context};

	return walk(subbuf, from, to, visit_numbered, &v);
}

static const char *count_event(void *context, const uint8_t *payload,
			       uint32_t size)
{
	uint32_t *count = context;

	(void)payload;
	(void)size;
	(*count)++;
	return NULL;
}

const char *page_count(const uint8_t *subbuf, uint32_t from, uint32_t to,
		       uint32_t *ret)
{
	*ret = 0;
	return walk(subbuf, from, to, count_event, ret);
}
