/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * outcome.c - the verdict on what an observer saw, in words and in JSON
 */
#include "tests/stress/outcome.h"

#include <inttypes.h>

struct judge {
	const struct outcome *outcome;
	FILE *complaints;
	unsigned int count;
};

static void complain(struct judge *judge, const char *what, uint64_t how_often)
{
	if (!how_often)
		return;
	fprintf(judge->complaints, "%s, observer %u: %s: %" PRIu64 "\n",
		judge->outcome->scenario, judge->outcome->observer, what,
		how_often);
	judge->count++;
}

/*
 * The kernel itself can mislay events: rb_get_reader_page() finds the reader
 * sub-buffer read to its end and, if the writer adds to it and goes on to the
 * next before the look at commit_page, takes it for used up. What was added is
 * then neither read nor overwritten in the kernel's own books. No reader can
 * know of that gap when it comes; that it must be counted as lost in the end,
 * judge_sums() sees to.
 */
static bool mislaid_by_kernel(const struct outcome *outcome)
{
	return outcome->mode != RINGMAP_MODE_FOLLOW && outcome->mislaid &&
	       outcome->mislaid == outcome->findings.unexplained;
}

static void judge_events(struct judge *judge)
{
	const struct outcome *outcome = judge->outcome;
	const struct witness_findings *findings = &outcome->findings;

	complain(judge, "events seen twice", findings->duplicated);
	complain(judge, "events out of order", findings->out_of_order);
	complain(judge, "time stamps that go back", findings->backward);
	if (!mislaid_by_kernel(outcome))
		complain(judge, "gaps without a loss told", findings->silent);
	complain(judge, "losses told with a wrong count", findings->wrong);
	complain(judge, "events that nobody wrote", outcome->broken);
	complain(judge, "events that reach out of their page",
		 outcome->outside);
	complain(judge, "pages that do not decode", outcome->corrupt);
	if (!outcome->others_allowed)
		complain(judge, "events that are not the writer's",
			 outcome->others);
}

/* With a reset in between nobody can know what was in the ring then. */
static void judge_reset(struct judge *judge)
{
	const struct outcome *outcome = judge->outcome;
	uint64_t lost = outcome->stats.lost;

	complain(judge, "resets not noticed", outcome->stats.resets == 0);
	if (lost != RINGMAP_LOST_UNKNOWN &&
	    outcome->findings.seen + lost != outcome->written)
		complain(judge, "lost should be unknown or right, is", lost);
}

static void judge_sums(struct judge *judge)
{
	const struct outcome *outcome = judge->outcome;
	const struct ringmap_ring_stats *stats = &outcome->stats;
	uint64_t seen = outcome->findings.seen + outcome->others;

	complain(judge, "events seen but not counted in stats",
		 seen > stats->events ? seen - stats->events : 0);
	complain(judge, "events counted in stats but not seen",
		 stats->events > seen ? stats->events - seen : 0);
	if (outcome->reset) {
		judge_reset(judge);
		return;
	}
	if (!outcome->others_allowed)
		complain(judge, "system calls that the kernel did not record",
			 outcome->written - outcome->kernel);
	if (stats->kernel_entries != outcome->kernel)
		complain(judge, "kernel_entries in stats is wrong",
			 stats->kernel_entries);
	if (stats->lost == RINGMAP_LOST_UNKNOWN)
		complain(judge, "lost is unknown in a drained ring", 1);
	else if (seen + stats->lost != outcome->kernel)
		complain(judge, "seen + lost is not what was written, but",
			 seen + stats->lost);
	if (!mislaid_by_kernel(outcome) && outcome->findings.gaps)
		complain(judge, "stats tell of no gap, though there are some",
			 stats->gaps == 0);
}

unsigned int outcome_judge(const struct outcome *outcome, FILE *complaints)
{
	struct judge judge = {.outcome = outcome, .complaints = complaints};

	judge_events(&judge);
	judge_sums(&judge);
	return judge.count;
}

void outcome_print_head(FILE *file)
{
	fprintf(file,
		"# %-8s %-20s %6s %-7s %3s %10s %10s %10s %3s %3s %7s %6s "
		"%5s\n",
		"verdict", "scenario", "KiB", "mode", "obs", "written", "seen",
		"lost", "dup", "ooo", "gaps", "overwr", "resc");
}

void outcome_print(const struct outcome *outcome, bool good, size_t number,
		   FILE *file)
{
	const struct ringmap_ring_stats *stats = &outcome->stats;
	char lost[24] = "unknown";

	if (stats->lost != RINGMAP_LOST_UNKNOWN)
		snprintf(lost, sizeof(lost), "%" PRIu64, stats->lost);
	fprintf(file,
		"%s %zu - %-20s %6" PRIu64 " %-7s %u/%u %10" PRIu64
		" %10" PRIu64 " %10s %3" PRIu64 " %3" PRIu64 " %7" PRIu64
		" %6" PRIu64 " %5" PRIu64 "\n",
		good ? "ok" : "not ok", number, outcome->scenario,
		outcome->ring_kb, ringmap_mode_name(outcome->mode),
		outcome->observer + 1, outcome->observers, outcome->written,
		outcome->findings.seen, lost, outcome->findings.duplicated,
		outcome->findings.out_of_order, outcome->findings.gaps,
		stats->overwritten, stats->rescans);
}

static void number(FILE *file, const char *name, uint64_t value)
{
	fprintf(file, ", \"%s\": %" PRIu64, name, value);
}

void outcome_print_json(const struct outcome *outcome, FILE *file)
{
	const struct witness_findings *findings = &outcome->findings;
	const struct ringmap_ring_stats *stats = &outcome->stats;

	fprintf(file, "{\"scenario\": \"%s\", \"mode\": \"%s\"",
		outcome->scenario, ringmap_mode_name(outcome->mode));
	number(file, "size", outcome->ring_kb * 1024);
	number(file, "observers", outcome->observers);
	number(file, "observer", outcome->observer);
	number(file, "written", outcome->written);
	number(file, "recorded", outcome->kernel);
	number(file, "seen", findings->seen);
	number(file, "others", outcome->others);
	if (stats->lost == RINGMAP_LOST_UNKNOWN)
		fputs(", \"lost\": null", file);
	else
		number(file, "lost", stats->lost);
	number(file, "duplicated", findings->duplicated);
	number(file, "out_of_order", findings->out_of_order);
	number(file, "backward", findings->backward);
	number(file, "gaps", findings->gaps);
	number(file, "silent", findings->silent);
	number(file, "unexplained", findings->unexplained);
	number(file, "mislaid", outcome->mislaid);
	number(file, "wrong", findings->wrong);
	number(file, "broken", outcome->broken);
	number(file, "outside", outcome->outside);
	number(file, "corrupt", outcome->corrupt);
	number(file, "overwritten", stats->overwritten);
	number(file, "rescans", stats->rescans);
	number(file, "resets", stats->resets);
	number(file, "pages", stats->pages);
	fputc('}', file);
}
