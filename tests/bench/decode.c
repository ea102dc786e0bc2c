/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * decode.c - from sub-buffers to columns: how fast, in how much memory
 *
 *	./bazelw run //tests/bench:decode -- [--json FILE] [--rounds N]
 *
 * Names: decode/WORK/WAY/THREADS/events_per_s, where WORK is
 *   ts3        ts and three numbers of sched_switch, from memory
 *   ts3_rings  the same from rings of the size that the kernel gives them by
 *              default: the processor's cache may hold these
 *   ts3_fresh  the same into memory that was never used before
 *   ts3_file   the same from a mapped file
 *   ts3_live   ts and three numbers of a live ring that stands still
 *   switch     every field of sched_switch, names of tasks included
 *   mixed      every field of twenty types of events
 * and WAY is ringmap, hand (a loop for just these columns), libtraceevent or
 * read (the memory is looked at, nothing is decoded: about the machine's limit).
 */
#include "tests/bench/decode.h"

#include <err.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	/* TRACE_BUF_SIZE_DEFAULT, kernel/trace/trace.c */
	DEFAULT_RING = 1408 << 10,
};

struct arguments {
	const char *recording;
	const char *json;
	const char *peak;
	unsigned int rounds;
	size_t capture_mb;  /* in memory, of all CPUs */
	unsigned int times; /* the rings are read */
	size_t file_mb[2];  /* whose peak memory is measured */
	uint64_t ring_kb;
};

double decode_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static struct arguments parse(int argc, char **argv)
{
	static const struct option known[] = {
		{"json", required_argument, NULL, 'j'},
		{"rounds", required_argument, NULL, 'r'},
		{"smoke", no_argument, NULL, 'q'},
		{"peak", required_argument, NULL, 'p'},
		{NULL, 0, NULL, 0},
	};
	struct arguments a = {
		.recording = "tests/data/recordings/workload",
		.rounds = 11,
		.capture_mb = 1600,
		.times = 32,
		.file_mb = {100, 1000},
		.ring_kb = 200 * 1024,
	};
	int option;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (option == 'j') {
			a.json = optarg;
		} else if (option == 'p') {
			a.peak = optarg;
		} else if (option == 'r') {
			a.rounds = (unsigned int)strtoul(optarg, NULL, 10);
		} else if (option == 'q') {
			a.rounds = a.times = 1;
			a.capture_mb = a.file_mb[0] = 2;
			a.file_mb[1] = 4;
			a.ring_kb = 1024;
		} else {
			errx(2, "usage: decode [--json FILE] [--rounds N] "
				"[--smoke]");
		}
	}
	if (optind < argc || !a.rounds || a.rounds > 1000)
		errx(2, "%s: what is that?",
		     optind < argc ? argv[optind] : "--rounds");
	return a;
}

/* One figure, and what it was measured on. */
static void tell(struct report *report, const struct work *work,
		 const char *way, unsigned int threads,
		 const struct outcome *outcome, uint64_t rows)
{
	const struct capture *c = work->capture;
	double events = (double)outcome->events;
	double bytes = (double)c->size * c->nr_cpus / (double)c->events;

	if (outcome->rows && outcome->rows != rows)
		errx(1, "%s/%s: %" PRIu64 " rows, others have %" PRIu64,
		     work->name, way, outcome->rows, rows);
	report_add(report, "events/s", events / outcome->seconds,
		   "decode/%s/%s/%u/events_per_s", work->name, way, threads);
	report_add(report, "bytes/s", bytes * events / outcome->seconds,
		   "decode/%s/%s/%u/bytes_per_s", work->name, way, threads);
}

/* One more way to do a work, so that a round can begin with any of them. */
struct way {
	const char *name;
	unsigned int threads;
	struct outcome (*run)(const struct work *work, unsigned int threads);
};

static struct outcome recycled(const struct work *work, unsigned int threads)
{
	return decode_ringmap(work, threads, false);
}

static struct outcome tep(const struct work *work, unsigned int threads)
{
	(void)threads;
	return decode_tep(work);
}

static void run_ways(struct report *report, const struct work *work,
		     const struct way *ways, size_t count, unsigned int round)
{
	uint64_t rows = 0;

	for (size_t i = 0; i < count; i++) {
		const struct way *way = &ways[(i + round) % count];
		struct outcome outcome = way->run(work, way->threads);

		rows = rows ? rows : outcome.rows;
		tell(report, work, way->name, way->threads, &outcome, rows);
	}
}

/*
 * Memory that is new to the process, not to the machine: the first pass only
 * sees to it that the hypervisor has given it the pages, which it does far
 * more slowly than anybody decodes.
 */
static void fresh(struct report *report, const struct work *work)
{
	struct work named = *work;

	decode_ringmap(work, 1, true);
	struct outcome outcome = decode_ringmap(work, 1, true);

	named.name = "ts3_fresh";
	tell(report, &named, "ringmap", 1, &outcome, outcome.rows);
}

/* Whole sub-buffers of each CPU, @mb in all. */
static size_t size_of_each(size_t mb)
{
	return mb * 1000000 / CAPTURE_CPUS & ~(size_t)(CAPTURE_SUBBUF - 1);
}

static const char *const switches[] = {"sched:sched_switch", NULL};
static const char *const ts3[] = {"ts", "common_pid", "prev_pid", "next_pid",
				  NULL};

static void measure_switches(const struct arguments *a, struct report *report)
{
	static const struct way numbers[] = {
		{"ringmap", 1, recycled},  {"ringmap", 2, recycled},
		{"hand", 1, decode_hand},  {"hand", 2, decode_hand},
		{"read", 1, decode_read},  {"read", 2, decode_read},
		{"libtraceevent", 1, tep},
	};
	static const struct way all[] = {
		{"ringmap", 1, recycled},
		{"ringmap", 2, recycled},
		{"libtraceevent", 1, tep},
	};
	struct capture c;
	struct capture rings;
	const struct work of_ts3 = {"ts3", &c, switches, ts3};
	const struct work of_rings = {"ts3_rings", &rings, switches, ts3};
	const struct work of_all = {"switch", &c, switches, NULL};

	capture_make(&c, a->recording, CAPTURE_SWITCHES,
		     size_of_each(a->capture_mb));
	capture_make(&rings, a->recording, CAPTURE_SWITCHES, DEFAULT_RING);
	rings.times = a->times;
	for (unsigned int round = 0; round < a->rounds; round++) {
		fprintf(stderr, "one event: round %u of %u\n", round + 1,
			a->rounds);
		run_ways(report, &of_ts3, numbers, 7, round);
		run_ways(report, &of_rings, numbers, 7, round);
		fresh(report, &of_ts3);
		run_ways(report, &of_all, all, 3, round);
	}
	capture_free(&rings);
	capture_free(&c);
}

static void measure_mixed(const struct arguments *a, struct report *report)
{
	static const struct way ways[] = {
		{"ringmap", 1, recycled},
		{"ringmap", 2, recycled},
		{"libtraceevent", 1, tep},
	};
	const char *events[CAPTURE_TYPES + 1] = {NULL};
	struct capture c;
	const struct work work = {"mixed", &c, events, NULL};

	memcpy(events, capture_types(), CAPTURE_TYPES * sizeof(*events));
	capture_make(&c, a->recording, CAPTURE_MIXED,
		     size_of_each(a->capture_mb));
	for (unsigned int round = 0; round < a->rounds; round++) {
		fprintf(stderr, "twenty events: round %u of %u\n", round + 1,
			a->rounds);
		run_ways(report, &work, ways, 3, round);
	}
	capture_free(&c);
}

static void measure_file(const struct arguments *a, struct report *report,
			 size_t mb)
{
	static const struct way ways[] = {
		{"ringmap", 1, decode_ringmap_file},
		{"ringmap", 2, decode_ringmap_file},
	};
	const unsigned int times = 10;
	struct capture c;
	const struct work work = {"ts3_file", &c, switches, ts3};
	uint64_t rows;

	capture_make(&c, a->recording, CAPTURE_SWITCHES,
		     size_of_each(mb) / times & ~(size_t)(CAPTURE_SUBBUF - 1));
	capture_write(&c, times);
	fprintf(stderr, "a file of %zu MB\n", mb);
	double peak = decode_peak(&work, &rows);
	if (rows != c.events * times)
		errx(1, "%" PRIu64 " rows of %" PRIu64 " events", rows,
		     c.events * times);
	report_add(report, "MB", peak, "decode/peak_%zumb/ringmap/1/rss", mb);
	c.size *= times;
	c.events *= times;
	for (unsigned int i = 0; mb == a->file_mb[1] && i < a->rounds; i++)
		run_ways(report, &work, ways, 2, i);
	c.size /= times;
	capture_free(&c);
}

int main(int argc, char **argv)
{
	struct arguments a = parse(argc, argv);
	char why[256];

	if (a.peak)
		return decode_peak_child(a.peak);
	struct report *report = report_new();
	measure_switches(&a, report);
	measure_mixed(&a, report);
	measure_file(&a, report, a.file_mb[0]);
	measure_file(&a, report, a.file_mb[1]);
	if (!decode_live(a.rounds, a.ring_kb, report, why, sizeof(why)))
		fprintf(stderr, "no live ring: %s\n", why);
	report_print(report, stdout);
	if (a.json && report_write_json(report, a.json))
		err(1, "cannot write %s", a.json);
	report_free(report);
	return 0;
}
