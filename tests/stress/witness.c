/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * witness.c - what is wrong with a sequence of numbered events
 */
#include "tests/stress/witness.h"

#include <err.h>
#include <ringmap/ringmap.h>
#include <stdlib.h>
#include <string.h>

void witness_init(struct witness *witness, uint64_t capacity, bool exact)
{
	*witness = (struct witness){.capacity = capacity, .exact = exact};
}

void witness_deinit(struct witness *witness)
{
	for (int i = 0; i < WITNESS_WRITERS; i++)
		free(witness->writers[i].bits);
}

/* Twice as much as before, so that each bit is moved once on average. */
static uint64_t *word_of(struct witness_writer *writer, uint64_t number)
{
	uint64_t wanted = number / 64, words = writer->words;

	if (wanted >= words) {
		words = 2 * words > wanted ? 2 * words : wanted + 1024;
		writer->bits = reallocarray(writer->bits, words,
					    sizeof(*writer->bits));
		if (!writer->bits)
			err(1, "no memory to remember %ju numbers",
			    (uintmax_t)words * 64);
		memset(&writer->bits[writer->words], 0,
		       (words - writer->words) * sizeof(*writer->bits));
		writer->words = words;
	}
	return &writer->bits[wanted];
}

void witness_pause(struct witness *witness)
{
	witness->losses++;
	witness->told = RINGMAP_LOST_UNKNOWN;
	witness->ts = 0;
}

void witness_clock(struct witness *witness)
{
	witness->ts = 0;
}

void witness_forget(struct witness *witness)
{
	for (int i = 0; i < WITNESS_WRITERS; i++) {
		struct witness_writer *writer = &witness->writers[i];

		if (writer->words)
			memset(writer->bits, 0,
			       writer->words * sizeof(*writer->bits));
		writer->next = 0;
	}
	witness_pause(witness);
}

void witness_loss(struct witness *witness, uint64_t lost)
{
	witness->losses++;
	if (lost == RINGMAP_LOST_UNKNOWN ||
	    witness->told == RINGMAP_LOST_UNKNOWN)
		witness->told = RINGMAP_LOST_UNKNOWN;
	else
		witness->told += lost;
}

static void judge_time(struct witness *witness, uint64_t ts)
{
	if (ts < witness->ts)
		witness->findings.backward++;
	witness->ts = ts;
}

static void judge_repeat(struct witness *witness, bool seen_before)
{
	if (seen_before)
		witness->findings.duplicated++;
	else
		witness->findings.out_of_order++;
}

/* @gap: numbers of @writer that were passed over on the way to this one. */
static void judge_gap(struct witness *witness,
		      const struct witness_writer *writer, uint64_t gap)
{
	if (gap) {
		witness->findings.gaps++;
		if (writer->losses == witness->losses) {
			witness->findings.silent++;
			witness->findings.unexplained += gap;
		}
	}
	if (witness->exact && witness->told != RINGMAP_LOST_UNKNOWN &&
	    witness->told && witness->told != gap)
		witness->findings.wrong++;
}

int witness_event(struct witness *witness, uint64_t ts, uint64_t writer,
		  uint64_t number)
{
	struct witness_writer *of;
	uint64_t bit = UINT64_C(1) << number % 64;
	uint64_t *word;

	if (writer >= WITNESS_WRITERS || number >= witness->capacity)
		return 0;
	of = &witness->writers[writer];
	word = word_of(of, number);
	witness->findings.seen++;
	judge_time(witness, ts);
	if (number < of->next) {
		judge_repeat(witness, (*word & bit) != 0);
	} else {
		judge_gap(witness, of, number - of->next);
		of->next = number + 1;
	}
	*word |= bit;
	of->losses = witness->losses;
	witness->told = 0;
	return 1;
}

void witness_other(struct witness *witness, uint64_t ts)
{
	judge_time(witness, ts);
}
