/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * hotplug.c - rings of CPUs that go offline and come back
 *
 * usage: hotplug [--list]
 *
 * For guests only, because it takes CPU 1 of the machine offline. Each case
 * runs in each mode. The ring of a CPU that is offline keeps its events, gets
 * no new ones, and goes on when the CPU is back.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/conformance/witness.h"
#include "tests/support/numbered.h"
#include "tests/support/rm_check.h"

#define TRACEFS "/sys/kernel/tracing"
#define ONLINE "/sys/devices/system/cpu/cpu1/online"

enum {
	HOME = 0, /* the CPU that stays */
	AWAY = 1, /* the CPU that goes */
	CPUS = 2,
	EVENT_SIZE = 64,
	LARGE_KB = 1024,
	/* Seven sub-buffers or so, of 50 events. */
	SMALL_KB = 28
};

/* An instance of our own. */
struct place {
	char path[128];
	int marker;
	uint64_t written;
};

static int try_put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	int error = 0;

	if (fd < 0)
		return errno;
	if (write(fd, text, strlen(text)) < 0)
		error = errno;
	close(fd);
	return error;
}

static void put(const struct place *p, const char *file, const char *text)
{
	char path[192];

	snprintf(path, sizeof(path), "%s/%s", p->path, file);
	int error = try_put(path, text);
	ck_assert_msg(!error, "cannot write %s: %s", path, strerror(error));
}

static void set_online(bool online)
{
	int error = try_put(ONLINE, online ? "1" : "0");

	ck_assert_msg(!error, "cannot plug CPU 1: %s", strerror(error));
}

static bool try_pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	return !sched_setaffinity(0, sizeof(set), &set);
}

static bool write_event(const struct place *p, uint64_t number)
{
	uint32_t payload[EVENT_SIZE / 4];

	rm_numbered_fill(payload, number, 0, EVENT_SIZE);
	return write(p->marker, (uint8_t *)payload + RM_NUMBERED_ENTRY,
		     EVENT_SIZE - RM_NUMBERED_ENTRY) > 0;
}

/* Writes on the CPU that goes, and is at home again afterwards. */
static void write_away(struct place *p, uint64_t count)
{
	ck_assert(try_pin(AWAY));
	while (count--)
		ck_assert(write_event(p, p->written++));
	ck_assert(try_pin(HOME));
}

/* Kernels that cannot map rings have one mode: RINGMAP_MODE_READ. */
static bool maps(const struct place *p)
{
	char path[192];

	snprintf(path, sizeof(path), "%s/per_cpu/cpu0/trace_pipe_raw", p->path);
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	void *meta = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	int error = errno;
	close(fd);
	if (meta != MAP_FAILED)
		munmap(meta, 4096);
	return meta != MAP_FAILED || error != ENODEV;
}

static void remove_place(struct place *p)
{
	close(p->marker);
	ck_assert_msg(!rmdir(p->path), "cannot remove %s: %s", p->path,
		      strerror(errno));
}

/* False: the case is skipped, for the reason that it noted. */
static bool make_place(struct place *p, enum ringmap_mode mode, unsigned int kb)
{
	char path[192], text[32];

	if (access(ONLINE, W_OK)) {
		rm_note_skip("no CPU 1 that can be taken offline");
		return false;
	}
	/* A case that failed may have left it offline. */
	set_online(true);
	*p = (struct place){0};
	snprintf(p->path, sizeof(p->path),
		 TRACEFS "/instances/ringmap_hotplug_%d", (int)getpid());
	ck_assert_msg(!mkdir(p->path, 0750), "cannot make %s: %s", p->path,
		      strerror(errno));
	snprintf(text, sizeof(text), "%u", kb);
	put(p, "buffer_size_kb", text);
	put(p, "trace_clock", "mono");
	snprintf(path, sizeof(path), "%s/trace_marker_raw", p->path);
	p->marker = open(path, O_WRONLY | O_CLOEXEC);
	ck_assert_int_ge(p->marker, 0);
	ck_assert(try_pin(HOME));
	if (mode == RINGMAP_MODE_READ || maps(p))
		return true;
	remove_place(p);
	rm_note_skip("this kernel does not map rings");
	return false;
}

static const char *instance_of(const struct place *p)
{
	return strrchr(p->path, '/') + 1;
}

static struct ringmap_ring *open_away(const struct place *p,
				      enum ringmap_mode mode)
{
	const struct ringmap_ring_opts opts = {.sz = sizeof(opts),
					       .instance = instance_of(p),
					       .cpu = AWAY,
					       .mode = mode};
	struct ringmap_ring *ring;
	struct ringmap_error err = {0};

	rm_assert_ok_err(ringmap_ring_open(&opts, &ring, &err), &err);
	return ring;
}

/* Drains; then @written events are seen or known to be lost. */
static void expect_sum(struct witness *w, uint64_t written)
{
	witness_drain(w);
	witness_account(w, 0, written, true);
	ck_assert_msg(!w->wrong[0], "%s", w->wrong);
}

/* The same, and none is lost. */
static void expect_all(struct witness *w, uint64_t written)
{
	expect_sum(w, written);
	ck_assert_uint_eq(w->seen, written);
	ck_assert_uint_eq(w->holes, 0);
}

/* Consuming modes may say OK although they find nothing. */
static void expect_timeout(struct witness *w)
{
	enum ringmap_status status;

	while ((status = ringmap_ring_wait(w->ring, 20)) == RINGMAP_OK)
		ck_assert_int_eq(witness_look(w), RINGMAP_DONE);
	rm_assert_status(status, RINGMAP_DONE);
}

static void await_event(struct witness *w)
{
	uint64_t before = w->seen;

	while (w->seen == before) {
		rm_assert_ok(ringmap_ring_wait(w->ring, -1));
		witness_drain(w);
		ck_assert_msg(!w->wrong[0], "%s", w->wrong);
	}
}

static void is_read_to_its_end(enum ringmap_mode mode)
{
	struct place p;

	if (!make_place(&p, mode, LARGE_KB))
		return;
	struct witness w = {.ring = open_away(&p, mode)};
	for (int round = 0; round < 3; round++) {
		write_away(&p, 300);
		if (round == 1)
			expect_all(&w, p.written);
		set_online(false);
		expect_all(&w, p.written);
		expect_timeout(&w);
		set_online(true);
		expect_timeout(&w);
		write_away(&p, 7);
		await_event(&w);
		expect_all(&w, p.written);
	}
	ringmap_ring_unref(w.ring);
	remove_place(&p);
}

/* Overwritten before it goes, and again after it came back. */
static void counts_its_losses(enum ringmap_mode mode)
{
	struct place p;

	if (!make_place(&p, mode, SMALL_KB))
		return;
	struct witness w = {.ring = open_away(&p, mode)};
	for (int round = 0; round < 3; round++) {
		write_away(&p, 2000);
		set_online(false);
		expect_sum(&w, p.written);
		set_online(true);
		write_away(&p, 1);
		expect_sum(&w, p.written);
		ck_assert_uint_eq(w.last, p.written - 1);
	}
	ck_assert_uint_ge(w.holes + (w.first != 0), 3);
	ringmap_ring_unref(w.ring);
	remove_place(&p);
}

static void is_opened_while_offline(enum ringmap_mode mode)
{
	struct place p;

	if (!make_place(&p, mode, LARGE_KB))
		return;
	write_away(&p, 120);
	set_online(false);
	struct witness w = {.ring = open_away(&p, mode)};
	expect_all(&w, p.written);
	expect_timeout(&w);
	set_online(true);
	write_away(&p, 120);
	await_event(&w);
	expect_all(&w, p.written);
	/* Closed while it is offline, too. */
	set_online(false);
	ringmap_ring_unref(w.ring);
	remove_place(&p);
	set_online(true);
}

struct sleeper {
	struct witness w;
	int cpu; /* that it begins on */
	uint64_t until;
	atomic_uint_fast64_t seen;
	enum ringmap_status status;
};

/* Waits without a limit until it has seen enough or is stopped. */
static void *sleep_on(void *argument)
{
	struct sleeper *s = argument;

	try_pin(s->cpu);
	while (s->w.seen < s->until) {
		s->status = ringmap_ring_wait(s->w.ring, -1);
		if (s->status != RINGMAP_OK)
			break;
		witness_drain(&s->w);
		atomic_store(&s->seen, s->w.seen);
		if (s->w.wrong[0])
			break;
	}
	return NULL;
}

static void run_sleeper(struct place *p, struct sleeper *s, bool stop)
{
	pthread_t thread;

	s->until = p->written + 5;
	ck_assert(!pthread_create(&thread, NULL, sleep_on, s));
	for (int i = 0; i < 3; i++) {
		set_online(false);
		usleep(20000);
		if (i < 2)
			set_online(true);
	}
	if (stop) {
		ringmap_ring_stop(s->w.ring);
		pthread_join(thread, NULL);
		set_online(true);
	} else {
		set_online(true);
		write_away(p, 5);
		pthread_join(thread, NULL);
	}
	ck_assert_msg(!s->w.wrong[0], "%s", s->w.wrong);
	rm_assert_status(s->status, stop ? RINGMAP_STOPPED : RINGMAP_OK);
	ck_assert_uint_eq(s->w.seen, p->written);
}

/* Sleepers on either CPU; the one that goes hands its threads to the other. */
static void wakes_those_who_wait(enum ringmap_mode mode)
{
	struct place p;

	if (!make_place(&p, mode, LARGE_KB))
		return;
	struct sleeper s = {.w = {.ring = open_away(&p, mode)}};
	for (int i = 0; i < 4; i++) {
		s.cpu = i % 2 ? AWAY : HOME;
		run_sleeper(&p, &s, i >= 2);
	}
	expect_all(&s.w, p.written);
	ringmap_ring_unref(s.w.ring);
	remove_place(&p);
}

/* Two writers, a reader of the whole trace, and a CPU that goes and comes. */
enum {
	ROUNDS = 5,
	/* New events that the reader must get from that ring in each round. */
	NEWS = 100,
	/* Numbers of a writer; far more than the rounds take. */
	MOST_EVENTS = 1 << 20,
	WRITER_SHIFT = 32,
	/* A writer is never further ahead: no event is overwritten. */
	LEAD = 400,
	/* A writer looks whether its CPU is back after so many. */
	BURST = 10
};

struct traffic {
	struct place place;
	struct ringmap_trace *trace;
	atomic_bool stop; /* writers */
	atomic_bool end;  /* the reader: writers have ended */
	atomic_uint_fast64_t written[CPUS];
	atomic_uint_fast64_t caught[CPUS]; /* up with so many of these */
	atomic_uint_fast64_t last_away;    /* number, in the ring that goes */
	uint64_t seen;
	uint64_t next[CPUS][CPUS]; /* by ring and writer */
	uint8_t *had[CPUS];
	char wrong[200]; /* the reader's first complaint */
};

struct writer {
	struct traffic *traffic;
	int cpu; /* whenever it is online */
};

static void *write_on(void *argument)
{
	struct writer *writer = argument;
	struct traffic *t = writer->traffic;
	atomic_uint_fast64_t *written = &t->written[writer->cpu];

	while (!atomic_load(&t->stop)) {
		uint64_t number = atomic_load(written);

		if (number - atomic_load(&t->caught[writer->cpu]) >= LEAD ||
		    number == MOST_EVENTS) {
			usleep(200);
			continue;
		}
		/* Fails while that CPU is offline: then it writes elsewhere. */
		if (number % BURST == 0)
			try_pin(writer->cpu);
		if (write_event(&t->place,
				(uint64_t)writer->cpu << WRITER_SHIFT | number))
			atomic_store(written, number + 1);
	}
	return NULL;
}

static void complain(struct traffic *t, const char *what, uint64_t number)
{
	if (!t->wrong[0])
		snprintf(t->wrong, sizeof(t->wrong), "%s: event %llx", what,
			 (unsigned long long)number);
}

static void see(struct traffic *t, const struct ringmap_event *event)
{
	uint64_t number, writer;

	if (!rm_numbered_check(event, &number)) {
		complain(t, "wrong bytes", 0);
		return;
	}
	writer = number >> WRITER_SHIFT;
	uint64_t sequence = number & (MOST_EVENTS - 1);
	if (writer >= CPUS || event->cpu >= CPUS) {
		complain(t, "no such writer or ring", number);
		return;
	}
	if (sequence < t->next[event->cpu][writer])
		complain(t, "out of order in its ring", number);
	if (t->had[writer][sequence]++)
		complain(t, "doubled", number);
	t->next[event->cpu][writer] = sequence + 1;
	t->seen++;
	if (event->cpu == AWAY && writer == AWAY)
		atomic_store(&t->last_away, sequence);
}

static void catch_up(struct traffic *t)
{
	uint64_t written[CPUS];
	struct ringmap_event event;
	enum ringmap_status status;

	for (int i = 0; i < CPUS; i++)
		written[i] = atomic_load(&t->written[i]);
	while ((status = ringmap_trace_next(t->trace, &event)) == RINGMAP_OK)
		see(t, &event);
	if (status != RINGMAP_DONE)
		complain(t, ringmap_status_name(status), t->seen);
	for (int i = 0; i < CPUS; i++)
		atomic_store(&t->caught[i], written[i]);
}

static void *read_on(void *argument)
{
	struct traffic *t = argument;
	bool last;

	do {
		last = atomic_load(&t->end);
		enum ringmap_status status = ringmap_trace_wait(t->trace, 20);
		if (status != RINGMAP_OK && status != RINGMAP_DONE)
			complain(t, ringmap_status_name(status), t->seen);
		catch_up(t);
	} while (!last);
	/* Consuming modes may say once that there is nothing now. */
	for (int i = 0; i < 3; i++)
		catch_up(t);
	return NULL;
}

/* Each time the CPU is back, new events must arrive in its ring. */
static void plug_and_unplug(struct traffic *t)
{
	for (int round = 0; round < ROUNDS; round++) {
		set_online(false);
		usleep(10000);
		set_online(true);
		uint64_t before = atomic_load(&t->written[AWAY]);
		while (atomic_load(&t->last_away) < before + NEWS &&
		       !t->wrong[0])
			usleep(1000);
	}
}

static void open_traffic(struct traffic *t, enum ringmap_mode mode)
{
	const struct ringmap_trace_opts opts = {
		.sz = sizeof(opts),
		.instance = instance_of(&t->place),
		.mode = mode,
		.latency_us = 2000,
	};
	struct ringmap_error err = {0};

	for (int i = 0; i < CPUS; i++)
		ck_assert_ptr_nonnull(t->had[i] = calloc(MOST_EVENTS, 1));
	/* The trace has the ring of a CPU that is offline now. */
	set_online(false);
	rm_assert_ok_err(ringmap_trace_open(&opts, &t->trace, &err), &err);
	ck_assert_ptr_nonnull(ringmap_trace_ring(t->trace, AWAY));
	set_online(true);
}

static void check_traffic(struct traffic *t, enum ringmap_mode mode)
{
	struct ringmap_trace_stats stats;
	uint64_t written = 0;

	ck_assert_msg(!t->wrong[0], "%s", t->wrong);
	for (int i = 0; i < CPUS; i++)
		written += atomic_load(&t->written[i]);
	rm_assert_ok(ringmap_trace_stats(t->trace, &stats, sizeof(stats)));
	ck_assert_uint_eq(stats.events, t->seen);
	ck_assert_uint_eq(stats.lost, written - t->seen);
	/* Beside a writer, the kernel may mislay events for consumers. */
	if (mode == RINGMAP_MODE_FOLLOW)
		ck_assert_uint_eq(stats.lost, 0);
	ck_assert_uint_ge(t->seen, ROUNDS * NEWS);
}

static void goes_under_traffic(enum ringmap_mode mode)
{
	static struct traffic t;
	struct writer writers[CPUS] = {{&t, HOME}, {&t, AWAY}};
	pthread_t reader, threads[CPUS];

	if (!make_place(&t.place, mode, LARGE_KB))
		return;
	open_traffic(&t, mode);
	ck_assert(!pthread_create(&reader, NULL, read_on, &t));
	for (int i = 0; i < CPUS; i++)
		ck_assert(!pthread_create(&threads[i], NULL, write_on,
					  &writers[i]));
	plug_and_unplug(&t);
	atomic_store(&t.stop, true);
	for (int i = 0; i < CPUS; i++)
		pthread_join(threads[i], NULL);
	atomic_store(&t.end, true);
	pthread_join(reader, NULL);
	check_traffic(&t, mode);
	ringmap_trace_unref(t.trace);
	remove_place(&t.place);
	for (int i = 0; i < CPUS; i++)
		free(t.had[i]);
}

#define IN_EACH_MODE(name)                                                     \
	START_TEST(hotplug_follow_##name)                                      \
	{                                                                      \
		name(RINGMAP_MODE_FOLLOW);                                     \
	}                                                                      \
	END_TEST                                                               \
	START_TEST(hotplug_consume_##name)                                     \
	{                                                                      \
		name(RINGMAP_MODE_CONSUME);                                    \
	}                                                                      \
	END_TEST                                                               \
	START_TEST(hotplug_read_##name)                                        \
	{                                                                      \
		name(RINGMAP_MODE_READ);                                       \
	}                                                                      \
	END_TEST

#define ALL_MODES(name)                                                        \
	hotplug_follow_##name, hotplug_consume_##name, hotplug_read_##name

IN_EACH_MODE(is_read_to_its_end)
IN_EACH_MODE(counts_its_losses)
IN_EACH_MODE(is_opened_while_offline)
IN_EACH_MODE(wakes_those_who_wait)
IN_EACH_MODE(goes_under_traffic)

int main(int argc, char **argv)
{
	const TTest *const cases[] = {
		ALL_MODES(is_read_to_its_end),
		ALL_MODES(counts_its_losses),
		ALL_MODES(is_opened_while_offline),
		ALL_MODES(wakes_those_who_wait),
		ALL_MODES(goes_under_traffic),
	};
	size_t count = sizeof(cases) / sizeof(*cases);

	if (argc == 1)
		return rm_check_main(cases, count);
	if (argc > 2 || strcmp(argv[1], "--list")) {
		fprintf(stderr, "usage: %s [--list]\n", argv[0]);
		return EXIT_FAILURE;
	}
	for (size_t i = 0; i < count; i++)
		puts(cases[i]->name);
	return EXIT_SUCCESS;
}
