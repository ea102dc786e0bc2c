/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * judge.c - compares what a ring under attack handed out with what was written
 */
#include "tests/stress/judge.h"

#include <inttypes.h>
#include <ringmap/ringmap.h>
#include <stdarg.h>

/* Numbers of one writer; far more than a run writes. */
#define CAPACITY (UINT64_C(1) << 40)

/* Findings of one judge that are put into words; the others are counted. */
#define LOGGED 10

const char *judge_kind_name(enum judge_kind kind)
{
	static const char *const names[JUDGE_KINDS] = {
		[JUDGE_WRONG] = "wrong",
		[JUDGE_DOUBLED] = "doubled",
		[JUDGE_SILENT] = "silent",
		[JUDGE_FALSE_EXACT] = "false_exact",
	};

	return names[kind];
}

__attribute__((format(printf, 4, 5))) static void find(struct judge *judge,
						       enum judge_kind kind,
						       uint64_t count,
						       const char *format, ...)
{
	va_list args;

	if (!count)
		return;
	judge->counts.found[kind] += count;
	if (!judge->log || judge->logged == LOGGED)
		return;
	judge->logged++;
	va_start(args, format);
	flockfile(judge->log);
	fprintf(judge->log, "# %s: %s: ", judge_kind_name(kind), judge->name);
	vfprintf(judge->log, format, args);
	fputc('\n', judge->log);
	funlockfile(judge->log);
	va_end(args);
}

void judge_wrong(struct judge *judge, const char *format, ...)
{
	char text[384];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	find(judge, JUDGE_WRONG, 1, "%s", text);
}

void judge_init(struct judge *judge, bool exact, FILE *log)
{
	*judge = (struct judge){.log = log};
	witness_init(&judge->witness, CAPACITY, exact);
}

void judge_deinit(struct judge *judge)
{
	witness_deinit(&judge->witness);
}

void judge_begin(struct judge *judge, const struct judge_life *life,
		 const char *name)
{
	judge->life = *life;
	snprintf(judge->name, sizeof(judge->name), "%s", name);
	if (life->consumes)
		witness_pause(&judge->witness);
	else
		witness_forget(&judge->witness);
	for (int i = 0; i < WITNESS_WRITERS; i++) {
		judge->seen[i] = 0;
		judge->first[i] = UINT64_MAX;
	}
	judge->others = 0;
	judge->told = 0;
	judge->highest = 0;
	judge->unheard = 0;
	judge->before = RINGMAP_LOST_UNKNOWN;
	judge->others_before = RINGMAP_LOST_UNKNOWN;
	judge->resets = UINT64_MAX;
	judge->unread = 0;
}

void judge_clock(struct judge *judge)
{
	witness_clock(&judge->witness);
}

void judge_loss(struct judge *judge, uint64_t lost)
{
	if (!lost)
		return;
	witness_loss(&judge->witness, lost);
	if (lost == RINGMAP_LOST_UNKNOWN) {
		judge->counts.unknown++;
		judge->told = RINGMAP_LOST_UNKNOWN;
	} else {
		judge->counts.losses++;
		if (judge->told != RINGMAP_LOST_UNKNOWN)
			judge->told += lost;
	}
}

/* Judges what the witness found in one more event. */
static void absorb(struct judge *judge, const struct note *note)
{
	const struct witness_findings *now = &judge->witness.findings;
	const struct witness_findings *was = &judge->absorbed;
	uint64_t gap = now->unexplained - was->unexplained;

	find(judge, JUDGE_DOUBLED, now->duplicated - was->duplicated,
	     "event %" PRIu64 " of writer %" PRIu64 " again", note->number,
	     note->writer);
	find(judge, JUDGE_WRONG, now->out_of_order - was->out_of_order,
	     "event %" PRIu64 " of writer %" PRIu64 " out of order",
	     note->number, note->writer);
	find(judge, JUDGE_WRONG, now->backward - was->backward,
	     "time stamp %" PRIu64 " of event %" PRIu64 " of writer %" PRIu64
	     " goes back",
	     note->ts, note->number, note->writer);
	if (!judge->life.consumes)
		find(judge, JUDGE_SILENT, gap,
		     "%" PRIu64 " events missing before event %" PRIu64
		     " of writer %" PRIu64,
		     gap, note->number, note->writer);
	else
		judge->unheard += gap;
	/* Pages of a ring that others consume need not tell of these. */
	if (!judge->life.consumes || judge->life.alone)
		find(judge, JUDGE_FALSE_EXACT, now->wrong - was->wrong,
		     "a page reports another loss than that before event "
		     "%" PRIu64 " of writer %" PRIu64,
		     note->number, note->writer);
	judge->absorbed = *now;
}

void judge_note(struct judge *judge, const struct note *note)
{
	struct witness *witness = &judge->witness;

	if (note->kind == NOTE_OTHER) {
		judge->counts.others++;
		judge->others++;
		witness_other(witness, note->ts);
	} else if (note->kind == NOTE_BROKEN ||
		   !witness_event(witness, note->ts, note->writer,
				  note->number)) {
		judge_wrong(judge, "an event at %" PRIu64 " that nobody wrote",
			    note->ts);
	} else {
		judge->counts.seen++;
		if (witness->findings.duplicated == judge->absorbed.duplicated)
			judge->seen[note->writer]++;
		if (note->number < judge->first[note->writer])
			judge->first[note->writer] = note->number;
	}
	absorb(judge, note);
}

void judge_stats(struct judge *judge, uint64_t lost)
{
	if (lost != RINGMAP_LOST_UNKNOWN && lost > judge->highest)
		judge->highest = lost;
}

/* Gaps that no page reported, of a ring that we alone consume. */
static void judge_unheard(struct judge *judge, const struct judge_rest *rest)
{
	uint64_t unheard = judge->unheard, excuse = rest->unread;

	judge->unheard = 0;
	if (judge->life.others || !judge->life.alone || !unheard)
		return;
	if (judge->resets == rest->resets)
		excuse -= judge->unread < excuse ? judge->unread : excuse;
	else if (judge->resets != UINT64_MAX)
		excuse += (rest->resets - judge->resets) * judge->life.holds;
	else
		excuse += judge->life.holds;
	if (unheard > excuse)
		find(judge, JUDGE_SILENT, unheard,
		     "%" PRIu64 " events missing since the last rest, %" PRIu64
		     " may have been mislaid",
		     unheard, excuse);
	else
		judge->counts.excused += unheard;
}

/* How many events can lie before the place where this life began to read. */
static uint64_t most_before(const struct judge *judge)
{
	uint64_t sum = 0;

	for (int i = 0; i < WITNESS_WRITERS; i++) {
		uint64_t begun = judge->life.begun[i];

		sum += judge->first[i] < begun ? judge->first[i] : begun;
	}
	return sum;
}

/* Events before the place, if stats is right; it must not change. */
static void judge_before(struct judge *judge, uint64_t missing, uint64_t lost,
			 uint64_t most, uint64_t *before)
{
	uint64_t now = missing - lost;

	if (lost > missing)
		find(judge, JUDGE_FALSE_EXACT, 1,
		     "stats says %" PRIu64 " lost, but only %" PRIu64
		     " events were not seen",
		     lost, missing);
	else if (*before == RINGMAP_LOST_UNKNOWN && now > most)
		find(judge, JUDGE_FALSE_EXACT, 1,
		     "stats says %" PRIu64 " lost, but it is %" PRIu64
		     " at the least",
		     lost, missing - most);
	else if (*before != RINGMAP_LOST_UNKNOWN && now != *before)
		find(judge, JUDGE_FALSE_EXACT, 1,
		     "stats says %" PRIu64 " lost, but it is %" PRIu64, lost,
		     missing - *before);
	*before = now;
}

/* All events are numbered. */
static void judge_sums(struct judge *judge, const struct judge_rest *rest,
		       uint64_t missing)
{
	judge_before(judge, missing, rest->lost, most_before(judge),
		     &judge->before);
	find(judge, JUDGE_FALSE_EXACT,
	     judge->told != RINGMAP_LOST_UNKNOWN && judge->told > rest->lost,
	     "pages reported %" PRIu64 " lost, stats %" PRIu64, judge->told,
	     rest->lost);
	find(judge, JUDGE_FALSE_EXACT, judge->highest > rest->lost,
	     "stats said %" PRIu64 " lost before, but it is %" PRIu64,
	     judge->highest, rest->lost);
}

/* With events that have no number, the kernel's count tells how many. */
static void judge_all(struct judge *judge, const struct judge_rest *rest,
		      uint64_t missing)
{
	uint64_t least = 0;

	for (int i = 0; i < WITNESS_WRITERS; i++)
		if (judge->seen[i])
			least += rest->accepted[i] - judge->first[i] -
				 judge->seen[i];
	find(judge, JUDGE_FALSE_EXACT, rest->lost < least,
	     "stats says %" PRIu64 " lost, but %" PRIu64
	     " events are missing (of %" PRIu64 " in all)",
	     rest->lost, least, missing);
	if (judge->resets != rest->resets)
		judge->others_before = RINGMAP_LOST_UNKNOWN;
	uint64_t seen = judge->others;

	for (int i = 0; i < WITNESS_WRITERS; i++)
		seen += judge->seen[i];
	/* After a reset the count is smaller; any difference will do. */
	uint64_t now = rest->entries - seen - rest->lost;

	find(judge, JUDGE_FALSE_EXACT,
	     judge->others_before != RINGMAP_LOST_UNKNOWN &&
		     judge->others_before != now,
	     "stats says %" PRIu64 " lost, which is %" PRId64 " too many",
	     rest->lost, (int64_t)(judge->others_before - now));
	judge->others_before = now;
}

void judge_rest(struct judge *judge, const struct judge_rest *rest)
{
	uint64_t missing = 0;

	judge->counts.rests++;
	for (int i = 0; i < WITNESS_WRITERS; i++) {
		if (judge->witness.writers[i].next > rest->accepted[i])
			judge_wrong(judge,
				    "event %" PRIu64
				    " of writer %d, who wrote only %" PRIu64,
				    judge->witness.writers[i].next - 1, i,
				    rest->accepted[i]);
		missing += rest->accepted[i] - judge->seen[i];
	}
	judge_unheard(judge, rest);
	if (rest->lost != RINGMAP_LOST_UNKNOWN) {
		judge->counts.exact++;
		if (judge->life.others)
			judge_all(judge, rest, missing);
		else
			judge_sums(judge, rest, missing);
	}
	judge->highest = 0;
	judge->resets = rest->resets;
	judge->unread = rest->unread;
}
