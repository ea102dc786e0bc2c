// SPDX-License-Identifier: GPL-2.0-only
/*
 * wait.c - a GET_READER that may sleep
 *
 * It waits once: whatever wakes it, it returns, with news or without.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cases.h"
#include "mapping.h"
#include "task.h"

/* Who sleeps in the ioctl, and how it came back. */
struct sleeper {
	struct ring ring;
	struct mapping map;
	int fd; /* a blocking one */
	pid_t pid;
	struct {
		volatile bool begun;
		volatile int error; /* errno, or 0 */
		volatile unsigned int signals;
	} * seen;
	bool restart; /* SA_RESTART */
};

static struct sleeper *current_sleeper;

static void count_signal(int number)
{
	(void)number;
	current_sleeper->seen->signals++;
}

static void sleep_in_ioctl(void *context)
{
	struct sleeper *s = context;
	struct sigaction action = {.sa_handler = count_signal,
				   .sa_flags = s->restart ? SA_RESTART : 0};

	current_sleeper = s;
	sigaction(SIGUSR1, &action, NULL);
	s->seen->begun = true;
	s->seen->error = ioctl(s->fd, GET_READER) ? errno : 0;
}

/* A mapped empty ring, and somebody who waits for its first event. */
static void begin(struct sleeper *s, const char *percent)
{
	s->seen = task_shared(sizeof(*s->seen));
	ring_make_small(&s->ring);
	ring_put(&s->ring, "buffer_percent", percent);
	mapping_open(&s->map, &s->ring);
	s->fd = ring_open(&s->ring, O_RDONLY);
	EXPECT_OK(fcntl(s->fd, F_SETFL, 0));
	s->pid = task_start(sleep_in_ioctl, s);
	while (!s->seen->begun)
		usleep(1000);
	task_await_sleep(s->pid);
}

static void end(struct sleeper *s, int expected)
{
	task_join(s->pid);
	EXPECT(s->seen->error == expected, "GET_READER: %s",
	       s->seen->error ? strerrorname_np(s->seen->error) : "success");
	close(s->fd);
	mapping_close(&s->map);
	EXPECT(!ring_try_resize(&s->ring),
	       "the ring cannot be resized any more");
}

static void until_an_event(const void *arg)
{
	struct sleeper s = {0};

	(void)arg;
	begin(&s, "0");
	ring_write_many(&s.ring, 0, 1, EVENT_SMALL);
	task_join(s.pid);
	EXPECT_EQ(s.seen->error, 0);
	EXPECT_EQ(meta_of(&s.map).read, 1);
	EXPECT_EQ(meta_of(&s.map).entries, 1);
	mapping_close(&s.map);
}

/* It waits once: the watermark may not be reached yet when it returns. */
static void until_woken_at_50(const void *arg)
{
	struct sleeper s = {0};
	uint32_t seq = 0;

	(void)arg;
	begin(&s, "50");
	while (!task_has_ended(s.pid)) {
		ring_write_many(&s.ring, seq++, 1, EVENT_LARGE);
		usleep(1000);
	}
	EXPECT_EQ(s.seen->error, 0);
	mapping_close(&s.map);
}

static void until_ioctl_zero(const void *arg)
{
	struct sleeper s = {0};

	(void)arg;
	begin(&s, "0");
	EXPECT_OK(ioctl(s.map.fd, 0));
	end(&s, 0);
}

static void until_a_close(const void *arg)
{
	struct sleeper s = {0};

	(void)arg;
	begin(&s, "0");
	close(ring_open(&s.ring, O_RDONLY));
	end(&s, 0);
}

static void until_a_signal(const void *arg)
{
	struct sleeper s = {0};

	(void)arg;
	begin(&s, "0");
	EXPECT_OK(kill(s.pid, SIGUSR1));
	end(&s, EINTR);
	EXPECT_EQ(s.seen->signals, 1);
}

static void restarted_after_a_signal(const void *arg)
{
	struct sleeper s = {.restart = true};

	(void)arg;
	begin(&s, "0");
	for (unsigned int i = 1; i < 5; i++) {
		EXPECT_OK(kill(s.pid, SIGUSR1));
		while (s.seen->signals < i)
			usleep(1000);
		task_await_sleep(s.pid);
		EXPECT(!task_has_ended(s.pid), "it was not restarted");
	}
	ring_write_many(&s.ring, 0, 1, EVENT_SMALL);
	end(&s, 0);
}

static void until_killed(const void *arg)
{
	struct sleeper s = {0};

	(void)arg;
	begin(&s, "0");
	task_kill(s.pid);
	ring_write_many(&s.ring, 0, 1, EVENT_SMALL);
	EXPECT_EQ(get_reader(&s.map).read, 1);
	close(s.fd);
	mapping_close(&s.map);
	EXPECT(!ring_try_resize(&s.ring),
	       "the ring cannot be resized any more");
}

/* The last mapping goes while somebody waits for its reader. */
static void until_the_mapping_is_gone(const void *arg)
{
	struct sleeper s = {0};

	(void)arg;
	begin(&s, "0");
	EXPECT_OK(munmap(s.map.base, s.map.size));
	ring_write_many(&s.ring, 0, 1, EVENT_SMALL);
	task_join(s.pid);
	EXPECT_EQ(s.seen->error, ENODEV);
	close(s.fd);
	EXPECT(!ring_try_resize(&s.ring),
	       "the ring cannot be resized any more");
}

/* With something to read it does not sleep at all. */
static void not_with_data(const void *arg)
{
	struct mapping m;
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	ring_put(&r, "buffer_percent", "0");
	mapping_open(&m, &r);
	EXPECT_OK(fcntl(m.fd, F_SETFL, 0));
	for (uint32_t i = 0; i < 100; i++) {
		ring_write_many(&r, i, 1, EVENT_LARGE);
		/* At a page's end its padding comes first. */
		if (get_reader(&m).read != i + 1)
			EXPECT_EQ(get_reader(&m).read, i + 1);
	}
	/* And again not at all without, told so by fcntl(). */
	EXPECT_OK(fcntl(m.fd, F_SETFL, O_NONBLOCK));
	EXPECT_EQ(get_reader(&m).read, 100);
	mapping_close(&m);
}

/* It waits first and looks for a mapping then; with data there is no wait. */
static void unmapped_with_data(const void *arg)
{
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	need_mapping(&r);
	ring_put(&r, "buffer_percent", "0");
	int fd = ring_open(&r, O_RDONLY);
	EXPECT_OK(fcntl(fd, F_SETFL, 0));
	ring_write_many(&r, 0, 1, EVENT_SMALL);
	EXPECT_ERRNO(ioctl(fd, GET_READER), ENODEV);
	EXPECT_EQ(ring_stat(&r, "read events"), 0);
}

const struct kcase wait_cases[] = {
	{"wait.until_an_event", until_an_event, NULL},
	{"wait.until_woken_at_50", until_woken_at_50, NULL},
	{"wait.until_ioctl_zero", until_ioctl_zero, NULL},
	{"wait.until_a_close", until_a_close, NULL},
	{"wait.until_a_signal", until_a_signal, NULL},
	{"wait.restarted_after_a_signal", restarted_after_a_signal, NULL},
	{"wait.until_killed", until_killed, NULL},
	{"wait.until_the_mapping_is_gone", until_the_mapping_is_gone, NULL},
	{"wait.not_with_data", not_with_data, NULL},
	{"wait.unmapped_with_data", unmapped_with_data, NULL},
	{NULL, NULL, NULL},
};
