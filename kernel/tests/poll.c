// SPDX-License-Identifier: GPL-2.0-only
/*
 * poll.c - when a mapped ring is readable
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "cases.h"
#include "consumer.h"
#include "mapping.h"
#include "task.h"

static short events_of(int fd, int timeout)
{
	struct pollfd p = {.fd = fd, .events = POLLIN | POLLRDNORM};

	EXPECT_OK(poll(&p, 1, timeout));
	return p.revents;
}

static bool readable(const struct mapping *m)
{
	short events = events_of(m->fd, 0);

	EXPECT(events == 0 || events == (POLLIN | POLLRDNORM), "poll says %#x",
	       (unsigned int)events);
	return events;
}

static void make_mapped(struct ring *r, struct mapping *m, unsigned int kb,
			const char *percent)
{
	ring_make(r, kb, 0);
	ring_put(r, "buffer_percent", percent);
	mapping_open(m, r);
}

/* 0: any unread byte will do. */
static void percent_0(const void *arg)
{
	struct consumer c;
	struct mapping m;
	struct ring r;

	(void)arg;
	make_mapped(&r, &m, 28, "0");
	consumer_init(&c, &m);
	EXPECT(!readable(&m), "an empty ring is readable");
	for (uint32_t i = 0; i < 100; i++) {
		ring_write_many(&r, i, 1, EVENT_LARGE);
		EXPECT(readable(&m), "event %u does not make it readable", i);
		consumer_drain(&c);
		EXPECT(!readable(&m), "a drained ring is readable");
	}
	mapping_close(&m);
}

/*
 * Full sub-buffers against the ring's. Kernels differ by one sub-buffer in
 * how they round, so the watermark is known up to that.
 */
static void percent(const void *arg)
{
	unsigned int want = *(const unsigned int *)arg;
	struct mapping m;
	struct ring r;
	char text[20];

	snprintf(text, sizeof(text), "%u", want);
	make_mapped(&r, &m, 128, text);
	unsigned int pages = m.subbufs - 1;
	EXPECT(!readable(&m), "an empty ring is readable");
	/* Never more than the ring holds: nothing is lost. */
	for (unsigned int full = 0; full < pages; full++) {
		unsigned int part = full * 100, all = want * pages;

		if (part + 200 < all)
			EXPECT(!readable(&m), "readable with %u of %u full",
			       full, pages);
		if (part > all + 100)
			EXPECT(readable(&m), "not readable with %u of %u full",
			       full, pages);
		ring_write_many(&r, full * 4, 4, EVENT_LARGE);
	}
	ring_write_many(&r, pages * 4, 4, EVENT_LARGE);
	EXPECT(readable(&m), "a full ring is not readable");
	mapping_close(&m);
}

static const unsigned int percents[] = {25, 50, 75, 100};

/* The sub-buffer being written is not full, however full it is. */
static void not_by_the_last_page(const void *arg)
{
	struct consumer c;
	struct mapping m;
	struct ring r;

	(void)arg;
	make_mapped(&r, &m, 4, "1");
	consumer_init(&c, &m);
	for (uint32_t i = 0; i < 4; i++)
		consumer_drain(&c);
	ring_write_many(&r, 0, 1, EVENT_LARGE);
	consumer_drain(&c); /* the reader's page is the one written to */
	ring_write_many(&r, 1, 1, EVENT_LARGE);
	EXPECT(!readable(&m), "readable by a page that is written to");
	mapping_close(&m);
}

/* However few sub-buffers there are. */
static void empty_is_not_readable(const void *arg)
{
	static const char *const values[] = {"0", "1", "25", "50", "100"};
	struct consumer c;
	struct mapping m;
	struct ring r;

	(void)arg;
	make_mapped(&r, &m, 1, "0");
	consumer_init(&c, &m);
	for (uint32_t i = 0; i < 30; i++) {
		ring_put(&r, "buffer_percent", values[i % 5]);
		EXPECT(!readable(&m), "an empty ring is readable at %s %%",
		       values[i % 5]);
		ring_write_many(&r, i * 9, 9, EVENT_LARGE);
		consumer_drain(&c);
		EXPECT(!readable(&m), "a drained ring is readable at %s %%",
		       values[i % 5]);
	}
	ring_reset(&r);
	EXPECT(!readable(&m), "a ring that was reset is readable");
	mapping_close(&m);
}

static void percent_is_checked(const void *arg)
{
	struct ring r;
	char text[20];

	(void)arg;
	ring_make_small(&r);
	need_mapping(&r);
	ring_get(&r, "buffer_percent", text, sizeof(text));
	EXPECT(!strcmp(text, "50"), "buffer_percent begins as %s", text);
	EXPECT_EQ(ring_try(&r, "buffer_percent", "101"), EINVAL);
	EXPECT_EQ(ring_try(&r, "buffer_percent", "100"), 0);
	EXPECT_EQ(ring_try(&r, "buffer_percent", "0"), 0);
}

/* With the option "block", reads wait themselves: always readable. */
static void always_with_block(const void *arg)
{
	struct mapping m;
	struct ring r;

	(void)arg;
	make_mapped(&r, &m, 28, "50");
	ring_put(&r, "options/block", "1");
	EXPECT(readable(&m), "not readable with the option block");
	ring_put(&r, "options/block", "0");
	EXPECT(!readable(&m), "an empty ring is readable");
	mapping_close(&m);
}

struct sleeper {
	struct mapping map;
	bool *begun;
};

static void sleep_in_poll(void *context)
{
	struct sleeper *s = context;

	*s->begun = true;
	EXPECT_EQ(events_of(s->map.fd, -1), POLLIN | POLLRDNORM);
}

/* Who sleeps in poll() is woken when the watermark is passed. */
static void wakes_a_sleeper(const void *arg)
{
	struct sleeper s = {.begun = task_shared(sizeof(bool))};
	struct ring r;
	uint32_t seq = 0;

	make_mapped(&r, &s.map, 28, arg);
	pid_t pid = task_start(sleep_in_poll, &s);
	while (!*(volatile bool *)s.begun)
		usleep(1000);
	task_await_sleep(pid);
	while (!task_has_ended(pid)) {
		ring_write_many(&r, seq++, 1, EVENT_LARGE);
		usleep(1000);
	}
	EXPECT(readable(&s.map), "not readable any more");
	mapping_close(&s.map);
}

/* One edge for each wake-up; and a new one for new data. */
static void edge_triggered(const void *arg)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLET};
	struct epoll_event got;
	struct mapping m;
	struct ring r;

	(void)arg;
	make_mapped(&r, &m, 28, "0");
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	EXPECT_OK(epoll);
	EXPECT_OK(epoll_ctl(epoll, EPOLL_CTL_ADD, m.fd, &event));
	EXPECT_EQ(epoll_wait(epoll, &got, 1, 0), 0);
	for (uint32_t i = 0; i < 5; i++) {
		ring_write_many(&r, i, 1, EVENT_SMALL);
		/* The wake-up itself comes from an interrupt, soon. */
		EXPECT_EQ(epoll_wait(epoll, &got, 1, -1), 1);
		EXPECT_EQ(got.events, EPOLLIN);
	}
	get_reader(&m);
	EXPECT(!readable(&m), "a drained ring is readable");
	mapping_close(&m);
}

const struct kcase poll_cases[] = {
	{"poll.percent_0", percent_0, NULL},
	{"poll.percent_25", percent, &percents[0]},
	{"poll.percent_50", percent, &percents[1]},
	{"poll.percent_75", percent, &percents[2]},
	{"poll.percent_100", percent, &percents[3]},
	{"poll.not_by_the_last_page", not_by_the_last_page, NULL},
	{"poll.empty_is_not_readable", empty_is_not_readable, NULL},
	{"poll.percent_is_checked", percent_is_checked, NULL},
	{"poll.always_with_block", always_with_block, NULL},
	{"poll.wakes_a_sleeper_at_0", wakes_a_sleeper, "0"},
	{"poll.wakes_a_sleeper_at_50", wakes_a_sleeper, "50"},
	{"poll.edge_triggered", edge_triggered, NULL},
	{NULL, NULL, NULL},
};
