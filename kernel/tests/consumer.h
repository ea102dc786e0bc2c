/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * consumer.h - the only consumer of a mapped ring
 *
 * Remembers how far it came in the reader sub-buffer, as the ABI asks of a
 * consumer: reader.read says what the kernel counts as read after the ioctl,
 * not where the news begin.
 */
#ifndef CONSUMER_H
#define CONSUMER_H

#include <stdbool.h>
#include <stdint.h>

#include "mapping.h"

struct consumer {
	const struct mapping *map;
	uint32_t id;
	uint64_t stamp;
	uint32_t offset;
	uint32_t resets;  /* noticed by what they leave behind */
	uint64_t entries; /* of the last look, to notice them by */
	/* What was seen. */
	uint64_t events;
	uint32_t first, last;    /* sequence numbers */
	uint64_t gaps;           /* sum of numbers not seen in between */
	uint64_t lost_stored;    /* sum of the counts on the pages */
	uint64_t lost_pages;     /* pages that tell of losses */
	uint64_t lost_uncounted; /* of these, without a count */
	uint64_t lost_meta;      /* sum of reader.lost_events */
};

void consumer_init(struct consumer *c, const struct mapping *map);

/* One ioctl, and what it brought. False: nothing new. */
bool consumer_step(struct consumer *c);

/* Until nothing is new. */
void consumer_drain(struct consumer *c);

#endif
