/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * attack.c - rings that are reset, stolen from, re-clocked and opened at the
 * wrong moment
 *
 * Usage: attack [--seconds N] [--seed S] [--first I] [--only A,B] [--without A,B]
 *               [--mutant NAME] [--guest] [--at-rest] [--json FILE]
 *
 * Makes instance after instance, ringmap_attack_*. In each, writers number
 * their events (trace_marker and trace_marker_raw, in some instances interrupted
 * by timers whose events are recorded, too), seats read rings and traces in
 * every mode, and attackers do what others may do to an instance at any time.
 * The seed decides who there is and what each does in which order; when it
 * happens is up to the machine, so a seed that found something finds it again
 * soon, but not at the same event. A finding names its instance: --first I
 * begins with that one.
 *
 * Four counts result, all of which must be 0; judge.h says what they mean and
 * what they cannot see:
 *
 *   attack/wrong, attack/doubled, attack/silent, attack/false_exact
 *
 * With --mutant, a fault is put between the library and the judge: torn, twice,
 * drop, fewer. Then the count of its kind must not be 0; the run ends when it is
 * not, or after the time.
 *
 * Attackers: reset, toggle, clock, signal, stop, reopen, read, splice, consume;
 * "none" for --only. GET_READER beside read(2) or splice(2) can make kernels
 * without our fixes warn, so that needs --guest, for a virtual machine with one
 * of our kernels (RINGMAP_KERNEL=ours-...; without it all is skipped). --guest
 * adds the attackers get_reader, pipe and subbuf, and prints KTAP. GET_READER
 * beside trace_pipe can crash those kernels, too, so no instance has both. Kernels
 * keep the counts of events that a new size of sub-buffers throws away, so exact
 * counts can be wrong after subbuf.
 *
 * With --at-rest, rings are opened only while nobody writes or consumes, which
 * tells a fault of the open from a fault of reading.
 */
#include <err.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/bench/machine.h"
#include "tests/stress/campaign.h"

struct options {
	struct campaign_opts campaign;
	uint64_t seconds;
	uint64_t first;
	const char *json;
};

static const char *const attackers[ATTACK_NAMES] = {
	"reset", "toggle", "clock",   "signal",     "stop", "reopen",
	"read",  "splice", "consume", "get_reader", "pipe", "subbuf",
};

static const char *const mutants[MUTANTS] = {"none", "torn", "twice", "drop",
					     "fewer"};

static const enum judge_kind kind_of_mutant[MUTANTS] = {
	[MUTANT_TORN] = JUDGE_WRONG,
	[MUTANT_TWICE] = JUDGE_DOUBLED,
	[MUTANT_DROP] = JUDGE_SILENT,
	[MUTANT_FEWER] = JUDGE_FALSE_EXACT,
};

static uint64_t number(const char *option, const char *text)
{
	char *end;
	uint64_t value = strtoull(text, &end, 10);

	if (*end || end == text)
		errx(2, "--%s %s: not a number", option, text);
	return value;
}

/* The bits of a list of attackers. */
static uint32_t bits(const char *list)
{
	char copy[256], *rest = copy, *name;
	uint32_t ret = 0;

	snprintf(copy, sizeof(copy), "%s", list);
	while ((name = strsep(&rest, ","))) {
		uint32_t i = 0;

		if (!strcmp(name, "none"))
			continue;
		while (i < ATTACK_NAMES && strcmp(name, attackers[i]))
			i++;
		if (i == ATTACK_NAMES)
			errx(2, "%s: no such attacker", name);
		ret |= 1u << i;
	}
	return ret;
}

static enum attack_mutant mutant(const char *name)
{
	for (int i = 0; i < MUTANTS; i++)
		if (!strcmp(name, mutants[i]))
			return (enum attack_mutant)i;
	errx(2, "--mutant %s: there is none", name);
}

static void take_option(struct options *options, int option, const char *text)
{
	struct campaign_opts *campaign = &options->campaign;

	switch (option) {
	case 't':
		options->seconds = number("seconds", text);
		break;
	case 's':
		campaign->seed = number("seed", text);
		break;
	case 'f':
		options->first = number("first", text);
		break;
	case 'o':
		campaign->attackers &= bits(text);
		break;
	case 'w':
		campaign->attackers &= ~bits(text);
		break;
	case 'm':
		campaign->mutant = mutant(text);
		break;
	case 'g':
		campaign->guest = true;
		break;
	case 'r':
		campaign->at_rest = true;
		break;
	case 'j':
		options->json = text;
		break;
	default:
		errx(2, "usage: attack [--seconds N] [--seed S] [--first I] "
			"[--only A,B] [--without A,B] [--mutant NAME] "
			"[--guest] [--at-rest] [--json FILE]");
	}
}

static struct options parse(int argc, char **argv)
{
	static const struct option known[] = {
		{"seconds", required_argument, NULL, 't'},
		{"seed", required_argument, NULL, 's'},
		{"first", required_argument, NULL, 'f'},
		{"only", required_argument, NULL, 'o'},
		{"without", required_argument, NULL, 'w'},
		{"mutant", required_argument, NULL, 'm'},
		{"guest", no_argument, NULL, 'g'},
		{"at-rest", no_argument, NULL, 'r'},
		{"json", required_argument, NULL, 'j'},
		{NULL, 0, NULL, 0},
	};
	struct options options = {
		.campaign = {.seed = 1, .attackers = ATTACK_ALL, .log = stderr},
		.seconds = 60,
	};
	int option;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1)
		take_option(&options, option, optarg);
	if (optind < argc)
		errx(2, "%s: what is that?", argv[optind]);
	if (!options.campaign.guest)
		options.campaign.attackers &= ~(uint32_t)ATTACK_GUEST;
	return options;
}

/* What a mutant makes the judge find is no failure, hence no line of TAP. */
static void print_line(const struct options *options,
		       const struct campaign_counts *counts,
		       enum judge_kind kind)
{
	uint64_t found = counts->judged.found[kind];
	const char *name = judge_kind_name(kind);

	if (options->campaign.mutant != MUTANT_NONE)
		printf("# attack/%s: %" PRIu64 "\n", name, found);
	else if (options->campaign.guest)
		printf("# %" PRIu64 " found\n%s %d attack/%s\n", found,
		       found ? "not ok" : "ok", kind + 1, name);
	else
		printf("%s %d - attack/%s # %" PRIu64 "\n",
		       found ? "not ok" : "ok", kind + 1, name, found);
}

static void print_sums(const struct options *options,
		       const struct campaign_counts *counts)
{
	const struct judge_counts *judged = &counts->judged;
	const struct seat_counts *seats = &counts->seats;

	printf("# seed %" PRIu64 ": %" PRIu64 " instances, %" PRIu64
	       " rounds, %" PRIu64 " events written, %" PRIu64
	       " handed out, %" PRIu64 " others\n",
	       options->campaign.seed, counts->instances, counts->rounds,
	       counts->written, judged->seen, judged->others);
	printf("# %" PRIu64 " lives, %" PRIu64 " opens refused, %" PRIu64
	       " lives ended by a coarse clock, %" PRIu64
	       " pages overwritten\n",
	       seats->lives, seats->refused, seats->ended, seats->overwritten);
	printf("# %" PRIu64 " exact losses, %" PRIu64 " unknown; %" PRIu64
	       " rests, %" PRIu64 " of them with an exact sum; %" PRIu64
	       " events excused\n",
	       judged->losses, judged->unknown, judged->rests, judged->exact,
	       judged->excused);
	printf("# %" PRIu64 " sub-buffers stolen, %" PRIu64
	       " other attacks, %" PRIu64 " waits stopped, %" PRIu64
	       " interrupted\n",
	       counts->stolen, counts->acts, seats->stopped,
	       seats->interrupted);
	if (options->campaign.guest)
		printf("# %" PRIu64 " changes of the size of sub-buffers\n",
		       counts->resized);
}

static void write_json(const struct options *options,
		       const struct campaign_counts *counts)
{
	const struct judge_counts *judged = &counts->judged;
	FILE *file = fopen(options->json, "we");

	if (!file)
		err(1, "cannot write %s", options->json);
	fputs("{\"machine\": ", file);
	machine_print_json(file);
	fprintf(file,
		",\n \"seed\": %" PRIu64 ", \"seconds\": %" PRIu64
		", \"instances\": %" PRIu64 ", \"rounds\": %" PRIu64
		", \"written\": %" PRIu64 ", \"seen\": %" PRIu64
		", \"lives\": %" PRIu64 ", \"refused\": %" PRIu64
		",\n \"losses_exact\": %" PRIu64
		", \"losses_unknown\": %" PRIu64 ", \"rests\": %" PRIu64
		", \"rests_exact\": %" PRIu64 ", \"excused\": %" PRIu64
		", \"stolen\": %" PRIu64 ", \"acts\": %" PRIu64
		",\n \"results\": [\n",
		options->campaign.seed, options->seconds, counts->instances,
		counts->rounds, counts->written, judged->seen,
		counts->seats.lives, counts->seats.refused, judged->losses,
		judged->unknown, judged->rests, judged->exact, judged->excused,
		counts->stolen, counts->acts);
	for (int kind = 0; kind < JUDGE_KINDS; kind++)
		fprintf(file,
			"  {\"name\": \"attack/%s\", \"value\": %" PRIu64
			"}%s\n",
			judge_kind_name((enum judge_kind)kind),
			judged->found[kind], kind + 1 < JUDGE_KINDS ? "," : "");
	fputs(" ]}\n", file);
	if (fclose(file))
		err(1, "cannot write %s", options->json);
}

static void no_op(int signal)
{
	(void)signal;
}

/* Without SA_RESTART: calls of those who read are interrupted. */
static void accept_signals(void)
{
	const struct sigaction action = {.sa_handler = no_op};

	if (sigaction(SIGUSR1, &action, NULL))
		err(1, "cannot handle signals");
}

/* What a mutant must be found as. */
static uint64_t caught(const struct options *options,
		       const struct campaign_counts *counts)
{
	enum attack_mutant mutant = options->campaign.mutant;

	return mutant == MUTANT_NONE
		       ? 0
		       : counts->judged.found[kind_of_mutant[mutant]];
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* A mutant that was found need not be found again. */
static void attack(const struct options *options,
		   struct campaign_counts *counts)
{
	uint64_t end_ns = now_ns() + options->seconds * 1000000000;

	for (uint64_t i = options->first;
	     now_ns() < end_ns && !caught(options, counts); i++)
		campaign_run(&options->campaign, (uint32_t)i, end_ns, counts);
}

static int verdict(const struct options *options,
		   const struct campaign_counts *counts)
{
	uint64_t all = 0;

	if (options->campaign.mutant != MUTANT_NONE) {
		printf("%s 1 - attack/mutant_%s\n",
		       caught(options, counts) ? "ok" : "not ok",
		       mutants[options->campaign.mutant]);
		return !caught(options, counts);
	}
	for (int kind = 0; kind < JUDGE_KINDS; kind++)
		all += counts->judged.found[kind];
	return all != 0;
}

/* Why nothing can be attacked here, in @text; NULL: something can. */
static const char *missing(const struct options *options, char *text,
			   size_t size)
{
	const char *kernel = getenv("RINGMAP_KERNEL");

	if (options->campaign.guest && (!kernel || strncmp(kernel, "ours-", 5)))
		return "kernels without our fixes can warn";
	return rm_rig_possible(0, text, size) ? NULL : text;
}

static void skip_all(const struct options *options, const char *why)
{
	for (int kind = 0; kind < JUDGE_KINDS; kind++)
		printf("ok %d%s attack/%s # SKIP %s\n", kind + 1,
		       options->campaign.guest ? "" : " -",
		       judge_kind_name((enum judge_kind)kind), why);
}

int main(int argc, char **argv)
{
	struct options options = parse(argc, argv);
	struct campaign_counts counts = {0};
	char text[256];

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (options.campaign.guest)
		printf("KTAP version 1\n1..%d\n", JUDGE_KINDS);
	const char *why = missing(&options, text, sizeof(text));
	if (why) {
		skip_all(&options, why);
		return 0;
	}
	accept_signals();
	attack(&options, &counts);
	for (int kind = 0; kind < JUDGE_KINDS; kind++)
		print_line(&options, &counts, (enum judge_kind)kind);
	print_sums(&options, &counts);
	if (options.json)
		write_json(&options, &counts);
	return verdict(&options, &counts);
}
