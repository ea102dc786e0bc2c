// SPDX-License-Identifier: GPL-2.0-only
/*
 * top.c - the rings of the top level, which no instance has
 *
 * They are everybody's, so these cases run in a guest only.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cases.h"
#include "consumer.h"
#include "mapping.h"

/* The top level as if it were an instance of the case's own. */
static void take_top(struct ring *r)
{
	if (!ktap_opts()->guest)
		SKIP("the top level is touched in a guest only");
	/* Pins, and skips where there is no tracing at all. */
	ring_make_small(r);
	need_mapping(r);
	close(r->marker);
	strcpy(r->dir, TRACEFS);
	r->marker = ring_open_file(r, "trace_marker_raw", O_WRONLY);
	EXPECT_OK(r->marker);
}

/*
 * Until the first event is enabled the rings are as small as they can be. That
 * they grow then has to wait, or to fail, while one is mapped; afterwards
 * nothing of it is left.
 */
static void first_event_while_mapped(const void *arg)
{
	const char *enable = "events/sched/sched_switch/enable";
	struct mapping m;
	struct ring r;

	(void)arg;
	take_top(&r);
	if (!ring_has(&r, enable))
		SKIP("this kernel has no sched_switch");
	mapping_open(&m, &r);
	int error = ring_try(&r, enable, "1");
	EXPECT(!error || error == EBUSY, "%s: %s", enable,
	       strerrorname_np(error));
	ring_put(&r, enable, "0");
	EXPECT_EQ(get_reader(&m).nr_subbufs, m.subbufs);
	EXPECT_EQ(ring_try(&r, "buffer_size_kb", "64"), EBUSY);
	mapping_close(&m);
	ring_put(&r, enable, "1");
	ring_put(&r, enable, "0");
	EXPECT_EQ(ring_try(&r, "buffer_size_kb", "64"), 0);
	mapping_open(&m, &r);
	EXPECT_EQ(m.subbufs, (64 * 1024 + 4079) / 4080 + 1);
	mapping_close(&m);
}

static void maps_as_instances_do(const void *arg)
{
	struct consumer c;
	struct mapping m;
	struct ring r;

	(void)arg;
	take_top(&r);
	EXPECT_EQ(ring_try(&r, "buffer_size_kb", "64"), 0);
	ring_reset(&r);
	mapping_open(&m, &r);
	consumer_init(&c, &m);
	for (uint32_t i = 0; i < 50; i++) {
		ring_write_many(&r, i * 10, 10, EVENT_LARGE);
		consumer_drain(&c);
	}
	EXPECT_EQ(c.events, 500);
	EXPECT_EQ(c.gaps, 0);
	EXPECT_EQ(ring_try_resize(&r), EBUSY);
	mapping_close(&m);
	EXPECT(!ring_try_resize(&r), "the rings cannot be resized any more");
}

/* It is not an instance's that an instance's mapping holds up. */
static void apart_from_instances(const void *arg)
{
	struct ring r, instance;
	struct mapping m;

	(void)arg;
	take_top(&r);
	ring_make_small(&instance);
	mapping_open(&m, &instance);
	EXPECT(!ring_try_resize(&r), "an instance's mapping holds the top");
	mapping_close(&m);
	mapping_open(&m, &r);
	EXPECT(!ring_try_resize(&instance), "the top's mapping holds all");
	mapping_close(&m);
}

const struct kcase top_cases[] = {
	{"top.first_event_while_mapped", first_event_while_mapped, NULL},
	{"top.maps_as_instances_do", maps_as_instances_do, NULL},
	{"top.apart_from_instances", apart_from_instances, NULL},
	{NULL, NULL, NULL},
};
