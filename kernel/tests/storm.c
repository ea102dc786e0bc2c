// SPDX-License-Identifier: GPL-2.0-only
/*
 * storm.c - everything at once, and afterwards the ring is in order
 *
 * What the processes see meanwhile is not worth much; that the kernel does not
 * lose its way is. Kernels that check their locks and their memory tell more.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cases.h"
#include "mapping.h"
#include "task.h"

struct hammer {
	struct ring ring;
	uint32_t events;
	volatile bool stop;
};

/* Some may be dropped: resets and resizes stop the recording meanwhile. */
static void write_events(void *context)
{
	struct hammer *h = context;

	pin_to(h->ring.cpu);
	for (uint32_t i = 0; i < h->events; i++)
		ring_write(&h->ring, i, 200);
}

static void hammer_ioctl(void *context)
{
	struct hammer *h = context;
	struct mapping m;

	mapping_open(&m, &h->ring);
	while (!h->stop) {
		struct meta meta = get_reader(&m);

		EXPECT(meta.reader_id < m.subbufs, "reader.id %u of %u",
		       meta.reader_id, m.subbufs);
		EXPECT(meta.reader_read <= m.subbuf_size - SUBBUF_HEADER,
		       "reader.read is %u", meta.reader_read);
	}
	mapping_close(&m);
}

static void hammer_read(void *context)
{
	struct hammer *h = context;
	uint8_t copy[4096];
	size_t size = 700;

	while (!h->stop) {
		ssize_t n = ring_steal(&h->ring, copy, size);

		EXPECT(n > 0 || errno == EAGAIN || errno == ENOMEM ||
			       errno == EBUSY || n == 0,
		       "read: %s", strerrorname_np(errno));
		size = size == 700 ? 4096 : 700;
	}
}

static void hammer_map(void *context)
{
	struct hammer *h = context;
	struct mapping m;

	while (!h->stop) {
		mapping_open(&m, &h->ring);
		get_reader(&m);
		mapping_close(&m);
	}
}

static void hammer_reset(void *context)
{
	struct hammer *h = context;

	while (!h->stop) {
		ring_put(&h->ring, "per_cpu/cpu%d/trace", "");
		usleep(2000);
	}
}

static void hammer_resize(void *context)
{
	struct hammer *h = context;

	while (!h->stop) {
		int error = ring_try_resize(&h->ring);

		EXPECT(!error || error == EBUSY, "resize: %s",
		       strerrorname_np(error));
	}
}

/* All of @bodies beside a writer; afterwards the ring is in order. */
static void run_hammers(void (*const *bodies)(void *), size_t count,
			uint32_t events)
{
	struct hammer *h = task_shared(sizeof(*h));
	pid_t tasks[8];
	struct mapping m;

	ring_make_small(&h->ring);
	need_mapping(&h->ring);
	for (size_t i = 0; i < count; i++)
		tasks[i] = task_start(bodies[i], h);
	h->events = events;
	task_join(task_start(write_events, h));
	h->stop = true;
	for (size_t i = 0; i < count; i++)
		task_join(tasks[i]);
	EXPECT(!ring_try_resize(&h->ring),
	       "the ring cannot be resized any more");
	ring_reset(&h->ring);
	mapping_open(&m, &h->ring);
	ring_write_many(&h->ring, 0, 10, EVENT_SMALL);
	struct meta meta = get_reader(&m);
	EXPECT_EQ(meta.entries, 10);
	EXPECT_EQ(meta.read, 10);
	mapping_close(&m);
}

static void two_get_readers(const void *arg)
{
	void (*const bodies[])(void *) = {hammer_ioctl, hammer_ioctl};

	(void)arg;
	run_hammers(bodies, 2, 5000);
}

static void all_at_once(const void *arg)
{
	void (*const bodies[])(void *) = {hammer_ioctl, hammer_read, hammer_map,
					  hammer_reset};

	(void)arg;
	run_hammers(bodies, 4, 5000);
}

static void mapping_against_resizing(const void *arg)
{
	void (*const bodies[])(void *) = {hammer_map, hammer_map,
					  hammer_resize};

	(void)arg;
	run_hammers(bodies, 3, 2000);
}

const struct kcase storm_cases[] = {
	{"storm.two_get_readers", two_get_readers, NULL},
	{"storm.all_at_once", all_at_once, NULL},
	{"storm.mapping_against_resizing", mapping_against_resizing, NULL},
	{NULL, NULL, NULL},
};
