/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * observer.c - a thread that takes every page and looks closely
 */
#define _GNU_SOURCE
#include "tests/stress/observer.h"

#include <err.h>
#include <string.h>
#include <unistd.h>

/* An eager observer keeps one page in so many, for so long. */
#define LINGER_PAGES 1024
#define LINGER_US 400

static const uint64_t latencies_us[PACE_COUNT] = {
	[PACE_PATIENT] = 0, [PACE_EAGER] = 50, [PACE_BUSY] = 50};

static void refuse(const struct observer *observer, const char *call,
		   enum ringmap_status status)
{
	struct ringmap_error error;

	ringmap_ring_error(observer->ring, &error);
	errx(1, "%s: %s: %s", call, ringmap_status_name(status), error.text);
}

static struct note take_note(const void *ctx, const struct ringmap_event *event)
{
	const struct rm_rig *rig = ctx;
	struct rm_load_event load = {0};
	struct note note = {.ts = event->ts, .kind = NOTE_BROKEN};

	memcpy(&load, event->data,
	       event->size < sizeof(load) ? event->size : sizeof(load));
	note.writer = load.writer;
	note.number = load.seq;
	if (load.type != rig->type)
		note.kind = NOTE_OTHER;
	else if (event->size >= sizeof(load) && load.id == RM_LOAD_SYSCALL &&
		 load.magic == RM_LOAD_MAGIC && load.writer < rig->writers &&
		 load.pid == rm_load_pid(rig->loads[load.writer]))
		note.kind = NOTE_NUMBERED;
	return note;
}

/* Hands the notes of a page that proved true to the witness. */
static void testify(struct observer *observer, uint64_t lost)
{
	const struct notes *notes = &observer->notes;
	struct witness *witness = &observer->witness;

	if (lost)
		witness_loss(witness, lost);
	for (size_t i = 0; i < notes->count; i++) {
		const struct note *note = &notes->note[i];

		if (note->kind == NOTE_OTHER) {
			observer->others++;
			witness_other(witness, note->ts);
		} else if (note->kind == NOTE_BROKEN ||
			   !witness_event(witness, note->ts, note->writer,
					  note->number)) {
			observer->broken++;
		}
	}
}

static void take_page(struct observer *observer, struct ringmap_page *page)
{
	uint64_t lost = page->lost;
	enum ringmap_status walked, returned;

	walked = notes_of_page(&observer->notes, page);
	if (observer->pace == PACE_EAGER && page->seq % LINGER_PAGES == 0)
		usleep(LINGER_US);
	returned = ringmap_ring_return_page(observer->ring, page);
	if (returned == RINGMAP_E_OVERWRITTEN)
		return;
	if (returned != RINGMAP_OK && returned != RINGMAP_E_CORRUPT)
		refuse(observer, "return_page", returned);
	if (walked != RINGMAP_DONE || returned != RINGMAP_OK)
		observer->corrupt++;
	testify(observer, lost);
}

static void drain(struct observer *observer)
{
	struct ringmap_page page;
	enum ringmap_status status;

	while (!(status = ringmap_ring_borrow_page(observer->ring, &page)))
		take_page(observer, &page);
	if (status != RINGMAP_DONE)
		refuse(observer, "borrow_page", status);
}

static void *run(void *argument)
{
	struct observer *observer = argument;
	enum ringmap_status status;
	bool last;

	rm_rig_pin(observer->cpu);
	do {
		last = atomic_load(observer->done);
		if (!last && observer->pace != PACE_BUSY) {
			status = ringmap_ring_wait(observer->ring, 100);
			if (status != RINGMAP_OK && status != RINGMAP_DONE)
				refuse(observer, "wait", status);
		}
		drain(observer);
	} while (!last);
	status = ringmap_ring_stats(observer->ring, &observer->stats,
				    sizeof(observer->stats));
	if (status != RINGMAP_OK)
		refuse(observer, "stats", status);
	return NULL;
}

void observer_open(struct observer *observer, const struct rm_rig *rig,
		   enum ringmap_mode mode, enum observer_pace pace,
		   uint64_t capacity, bool exact)
{
	struct ringmap_ring_opts opts = rm_rig_ring_opts(rig, mode);
	struct ringmap_error error;

	*observer = (struct observer){
		.rig = rig,
		.pace = pace,
		.notes = {.take = take_note, .ctx = rig},
	};
	witness_init(&observer->witness, capacity, exact);
	opts.latency_us = latencies_us[pace];
	if (ringmap_ring_open(&opts, &observer->ring, &error) != RINGMAP_OK)
		errx(1, "cannot open the ring: %s", error.text);
}

void observer_start(struct observer *observer, uint32_t cpu,
		    const atomic_bool *done)
{
	observer->cpu = cpu;
	observer->done = done;
	if (pthread_create(&observer->thread, NULL, run, observer))
		errx(1, "cannot start a thread");
}

void observer_join(struct observer *observer)
{
	pthread_join(observer->thread, NULL);
}

void observer_close(struct observer *observer)
{
	ringmap_ring_unref(observer->ring);
	witness_deinit(&observer->witness);
	notes_deinit(&observer->notes);
}
