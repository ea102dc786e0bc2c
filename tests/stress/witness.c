/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * witness.c - what is wrong with a sequence of numbered events
 */
#include "tests/stress/witness.h"

#include <err.h>
#include <ringmap/ringmap.h>
#include <stdlib.h>

void witness_init(struct witness *witness, uint64_t capacity, bool exact)
{
	*witness = (struct witness){.capacity = capacity, .exact = exact};
	for (int i = 0; i < WITNESS_WRITERS; i++) {
		witness->writers[i].bits =
			calloc(capacity / 64 + 1, sizeof(uint64_t));
		if (!witness->writers[i].bits)
			err(1, "no memory to remember %ju numbers",
			    (uintmax_t)capacity);
	}
}

void witness_deinit(struct witness *witness)
{
	for (int i = 0; i < WITNESS_WRITERS; i++)
		free(witness->writers[i].bits);
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
	word = &of->bits[number / 64];
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
