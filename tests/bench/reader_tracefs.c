/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * reader_tracefs.c - libtracefs reading a mapped ring, which it learned in 1.8
 *
 * The symbols are weak, so that the same program builds and runs with older
 * ones and says so.
 */
#include <err.h>
#include <kbuffer.h>
#include <stdlib.h>
#include <tracefs.h>

#include "tests/bench/reader.h"

struct tracefs_cpu *tracefs_cpu_open_mapped(struct tracefs_instance *instance,
					    int cpu, bool nonblock)
	__attribute__((weak));
bool tracefs_cpu_is_mapped(struct tracefs_cpu *tcpu) __attribute__((weak));
struct kbuffer *tracefs_cpu_read_buf(struct tracefs_cpu *tcpu, bool nonblock)
	__attribute__((weak));

struct tracefs_reader {
	const struct rm_rig *rig;
	struct tracefs_instance *instance;
	struct tracefs_cpu *cpu;
	uint64_t interval_us;
	uint64_t sleeps;
};

static const char *missing_tracefs(void)
{
	if (tracefs_cpu_open_mapped && tracefs_cpu_is_mapped &&
	    tracefs_cpu_read_buf)
		return NULL;
	return "the libtracefs installed here does not map (1.8 and later do)";
}

static void *open_tracefs(const struct rm_rig *rig, uint64_t interval_us)
{
	struct tracefs_reader *reader = calloc(1, sizeof(*reader));
	const char *name = ringmap_session_instance(rig->session);

	if (!reader)
		err(1, "no memory for a reader");
	reader->rig = rig;
	reader->interval_us = interval_us;
	reader->instance = tracefs_instance_alloc(NULL, name);
	if (!reader->instance)
		err(1, "libtracefs does not find the instance");
	reader->cpu =
		tracefs_cpu_open_mapped(reader->instance, (int)rig->cpu, true);
	if (!reader->cpu)
		err(1, "libtracefs cannot open the ring");
	if (!tracefs_cpu_is_mapped(reader->cpu))
		errx(1, "libtracefs cannot map the ring");
	return reader;
}

static void wait_tracefs(void *self)
{
	struct tracefs_reader *reader = self;

	reader_sleep_us(reader->interval_us);
	reader->sleeps++;
}

static void drain_tracefs(void *self, const atomic_bool *finish,
			  struct tally *tally)
{
	struct reader_chase chase = reader_chase_begin();
	struct tracefs_reader *reader = self;

	while (!atomic_load_explicit(finish, memory_order_relaxed)) {
		struct kbuffer *kbuffer =
			tracefs_cpu_read_buf(reader->cpu, true);
		struct tally of_page = {0};
		unsigned long long ts;
		void *payload;

		if (!kbuffer)
			return;
		while ((payload = kbuffer_read_event(kbuffer, &ts))) {
			of_page.sum += ts + reader_first_bytes(payload);
			of_page.events++;
			kbuffer_next_event(kbuffer, NULL);
		}
		tally_add(tally, &of_page);
		if (reader_caught_up(&chase, of_page.events))
			return;
	}
}

static struct reader_account account_tracefs(void *self)
{
	struct tracefs_reader *reader = self;

	return (struct reader_account){
		.sleeps = reader->sleeps,
		.lost = rm_rig_counts(reader->rig, reader->rig->cpu).overrun,
	};
}

static void close_tracefs(void *self)
{
	struct tracefs_reader *reader = self;

	tracefs_cpu_close(reader->cpu);
	tracefs_instance_free(reader->instance);
	free(reader);
}

const struct reader_kind reader_tracefs = {
	.name = "tracefs",
	.missing = missing_tracefs,
	.open = open_tracefs,
	.wait = wait_tracefs,
	.drain = drain_tracefs,
	.account = account_tracefs,
	.close = close_tracefs,
};
