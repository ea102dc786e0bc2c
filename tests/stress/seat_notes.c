/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * seat_notes.c - between the library and the judges: notes, and their mutants
 */
#include "tests/stress/seat_notes.h"

#include <string.h>

#include "tests/support/numbered.h"

enum {
	/* One page, or event of a trace, in so many is mutated. */
	MUTANT_EVERY = 64,
	/* What print_entry has before the text: the address of its caller. */
	TEXT_OFFSET = 8,
};

static bool mutates(const struct seat *seat, enum attack_mutant mutant)
{
	return seat->attack->plan.mutant == mutant &&
	       seat->pages % MUTANT_EVERY == MUTANT_EVERY / 2;
}

/* Returns false if the bytes are not what one writer wrote. */
static bool read_number(const uint8_t *payload, size_t size, uint64_t *ret)
{
	const struct ringmap_event event = {.data = payload,
					    .size = (uint32_t)size};

	return size >= RM_NUMBERED_MIN && rm_numbered_check(&event, ret);
}

/* The payload may change while it is looked at: one copy, then look. */
static struct note take(const void *ctx, const struct ringmap_event *event)
{
	const struct seat *seat = ctx;
	const struct attack *attack = seat->attack;
	_Alignas(8) uint8_t copy[RM_LOAD_LARGEST + 16];
	struct note note = {.ts = event->ts, .kind = NOTE_BROKEN};
	size_t size = event->size;
	uint16_t type;
	uint64_t number;
	bool good = false;

	if (size < RM_NUMBERED_ENTRY)
		return note;
	if (size > sizeof(copy))
		size = sizeof(copy);
	memcpy(copy, event->data, size);
	if (mutates(seat, MUTANT_TORN))
		copy[size - 1 - RM_NUMBERED_SLACK] ^= 1;
	memcpy(&type, copy, sizeof(type));
	if (type == attack->raw_type)
		good = read_number(copy, size, &number);
	else if (type == attack->text_type)
		good = size > TEXT_OFFSET &&
		       read_number(copy + TEXT_OFFSET, size - TEXT_OFFSET,
				   &number);
	else if (attack->plan.interrupted)
		note.kind = NOTE_OTHER;
	if (!good)
		return note;
	note.writer = number >> RM_LOAD_WRITER_SHIFT;
	note.number = number & ((UINT64_C(1) << RM_LOAD_WRITER_SHIFT) - 1);
	if (note.writer < attack->rig.writers &&
	    rm_rig_cpu_of(&attack->rig, (uint32_t)note.writer) == event->cpu)
		note.kind = NOTE_NUMBERED;
	return note;
}

void seat_notes_init(struct seat *seat)
{
	seat->notes = (struct notes){.take = take, .ctx = seat};
}

static void testify(struct seat *seat, uint64_t lost, bool clock_moves)
{
	const struct notes *notes = &seat->notes;
	struct judge *judge = &seat->judges[0];

	judge_loss(judge, lost);
	for (size_t i = 0; i < notes->count; i++) {
		if (clock_moves)
			judge_clock(judge);
		judge_note(judge, &notes->note[i]);
	}
}

/*
 * Stamps may go back where the clock was changed: in a page that was borrowed
 * meanwhile, and between a page of before and one of after.
 */
void seat_testify(struct seat *seat, uint64_t lost, uint64_t clocks)
{
	uint64_t begun = atomic_load(&seat->attack->clocks_begun);

	if (begun != seat->clocks)
		judge_clock(&seat->judges[0]);
	seat->clocks = clocks;
	if (mutates(seat, MUTANT_FEWER) && lost && lost != RINGMAP_LOST_UNKNOWN)
		lost--;
	if (!mutates(seat, MUTANT_DROP))
		testify(seat, lost, begun != clocks);
	if (mutates(seat, MUTANT_TWICE))
		testify(seat, lost, begun != clocks);
	seat->pages += seat->notes.count != 0;
}

static struct judge *judge_of(struct seat *seat, uint32_t cpu)
{
	for (uint32_t i = 0; i < seat->nr_judges; i++)
		if (rm_rig_cpu_of(&seat->attack->rig, i) == cpu)
			return &seat->judges[i];
	return NULL;
}

/* Events of a trace may come late, so their stamps are not judged. */
void seat_testify_event(struct seat *seat, const struct ringmap_event *event)
{
	struct note note = take(seat, event);
	struct judge *judge = judge_of(seat, event->cpu);
	uint64_t lost = event->lost;

	if (!judge) {
		judge_wrong(&seat->judges[0],
			    "an event of CPU %u, which has no writer",
			    event->cpu);
		return;
	}
	if (mutates(seat, MUTANT_FEWER) && lost && lost != RINGMAP_LOST_UNKNOWN)
		lost--;
	judge_clock(judge);
	judge_loss(judge, lost);
	if (!mutates(seat, MUTANT_DROP))
		judge_note(judge, &note);
	judge_clock(judge);
	if (mutates(seat, MUTANT_TWICE))
		judge_note(judge, &note);
	seat->pages++;
}

uint64_t seat_mutate_lost(struct seat *seat, uint64_t lost)
{
	if (seat->attack->plan.mutant == MUTANT_FEWER && lost &&
	    lost != RINGMAP_LOST_UNKNOWN && dice_one_in(&seat->dice, 2))
		return lost - 1;
	return lost;
}
