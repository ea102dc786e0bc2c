/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * seat_notes.h - between the library and the judges: notes, and their mutants
 */
#ifndef SEAT_NOTES_H
#define SEAT_NOTES_H

#include "tests/stress/seat.h"

void seat_notes_init(struct seat *seat);

/*
 * Lets the judge hear the notes of a page that proved true. @clocks: changes of
 * the clock that were done before the page was borrowed.
 */
void seat_testify(struct seat *seat, uint64_t lost, uint64_t clocks);

/* An event of a trace: its bytes are true. */
void seat_testify_event(struct seat *seat, const struct ringmap_event *event);

/* What the judge is told that the stats say. */
uint64_t seat_mutate_lost(struct seat *seat, uint64_t lost);

#endif
