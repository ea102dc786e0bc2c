/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * text.c - how fast a recording becomes text
 *
 *	text [--json FILE] [--smoke] [--rounds N]
 *
 * Names: text/RECORDING/WAY/events_per_s, where RECORDING is switch, three
 * million sched_switch events, or plain, eleven thousand events of fifty kinds,
 * and WAY is ringmap, one thread that prints lines into a buffer and writes
 * them to /dev/null, or tracecmd, "trace-cmd report -N -t" with the same
 * destination. Each is measured from opening the file to the last line, and
 * both in turn. The texts of switch are compared first.
 */
#define _GNU_SOURCE
#include "tests/bench/report.h"
#include "tests/bench/text_file.h"

#include <ringmap/ringmap.h>

#include <err.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SMALL "tests/data/trace_dat/plain_v6.dat"
#define LINE_MAX_BYTES 4096
#define BUFFER_BYTES (1 << 16)

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- ringmap --------------------------------------------------------------- */

struct printer {
	struct ringmap_trace *trace;
	struct ringmap_schema *schema;
};

static struct printer open_printer(const char *path)
{
	struct ringmap_error error;
	struct printer p;

	if (ringmap_trace_open_file(path, NULL, &p.trace, &error) ||
	    ringmap_trace_schema(p.trace, &p.schema, &error))
		errx(1, "%s", error.text);
	return p;
}

/* The next event's line with its end; 0: there is none. */
static size_t next_line(struct printer *p, char *text)
{
	struct ringmap_event event;
	size_t size;

	enum ringmap_status s = ringmap_trace_next(p->trace, &event);
	if (s == RINGMAP_DONE)
		return 0;
	if (!s)
		s = ringmap_event_print(p->schema, &event, RINGMAP_PRINT_LINE,
					text, LINE_MAX_BYTES, &size);
	if (s || size >= LINE_MAX_BYTES)
		errx(1, "cannot print: %s", ringmap_status_name(s));
	text[size] = '\n';
	return size + 1;
}

static uint64_t ringmap_report(const char *path)
{
	static char buffer[BUFFER_BYTES];
	struct printer p = open_printer(path);
	uint64_t events = 0;
	size_t used = 0;
	size_t size;

	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		err(1, "/dev/null");
	while ((size = next_line(&p, buffer + used))) {
		events++;
		used += size;
		if (used > sizeof(buffer) - LINE_MAX_BYTES) {
			if (write(fd, buffer, used) != (ssize_t)used)
				err(1, "/dev/null");
			used = 0;
		}
	}
	if (write(fd, buffer, used) != (ssize_t)used)
		err(1, "/dev/null");
	close(fd);
	ringmap_trace_unref(p.trace);
	return events;
}

/* ---- trace-cmd ------------------------------------------------------------- */

/* Its report of a file, into @fd. */
static pid_t start_tracecmd(const char *path, int fd)
{
	pid_t pid = fork();

	if (pid < 0)
		err(1, "fork");
	if (pid)
		return pid;
	if (dup2(fd, STDOUT_FILENO) < 0)
		_exit(126);
	execlp("trace-cmd", "trace-cmd", "report", "-N", "-t", path,
	       (char *)NULL);
	_exit(127);
}

static int wait_for(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		err(1, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void tracecmd_report(const char *path)
{
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		err(1, "/dev/null");
	int status = wait_for(start_tracecmd(path, fd));
	close(fd);
	if (status)
		errx(1, "trace-cmd report ends with %d", status);
}

static bool has_tracecmd(void)
{
	return !system("command -v trace-cmd >/dev/null");
}

/* ---- the same text --------------------------------------------------------- */

/* From the time stamp on: old versions of trace-cmd show no context. */
static const char *from_time(const char *line)
{
	const char *at = strchr(line, ']');

	if (!at)
		errx(1, "not a line: %s", line);
	at++;
	at += strspn(at, " ");
	/* Letters, dots and digits without a fraction. */
	size_t size = strcspn(at, " ");
	if (at[size - 1] != ':')
		at += size + strspn(at + size, " ");
	return at;
}

static bool same_line(char *a, char *b)
{
	const size_t before = strcspn(a, "]");

	return !strncmp(a, b, before + 1) &&
	       !strcmp(from_time(a), from_time(b));
}

static void compare(const char *path, uint64_t events)
{
	static char ours[LINE_MAX_BYTES + 1];
	static char theirs[LINE_MAX_BYTES];
	struct printer p = open_printer(path);
	int fds[2];
	size_t size;

	if (pipe2(fds, O_CLOEXEC))
		err(1, "pipe");
	pid_t pid = start_tracecmd(path, fds[1]);
	close(fds[1]);
	FILE *f = fdopen(fds[0], "re");
	/* The first line counts the CPUs. */
	if (!f || !fgets(theirs, sizeof(theirs), f))
		errx(1, "trace-cmd says nothing");
	while ((size = next_line(&p, ours))) {
		ours[size] = '\0';
		if (!fgets(theirs, sizeof(theirs), f) ||
		    !same_line(ours, theirs))
			errx(1, "texts differ:\n%s%s", ours, theirs);
		events--;
	}
	if (events || fgets(theirs, sizeof(theirs), f))
		errx(1, "the reports have different events");
	fclose(f);
	wait_for(pid);
	ringmap_trace_unref(p.trace);
}

/* ---- figures --------------------------------------------------------------- */

static void measure(struct report *report, const char *name, const char *path,
		    int rounds, bool rival)
{
	for (int round = 0; round < rounds; round++) {
		double start = now();
		uint64_t events = ringmap_report(path);
		report_add(report, "events/s", (double)events / (now() - start),
			   "text/%s/ringmap/events_per_s", name);
		if (!rival)
			continue;
		start = now();
		tracecmd_report(path);
		report_add(report, "events/s", (double)events / (now() - start),
			   "text/%s/tracecmd/events_per_s", name);
	}
}

static void run(struct report *report, bool smoke, int rounds)
{
	char path[] = "/tmp/ringmap_text_XXXXXX";
	const bool rival = has_tracecmd();
	int fd = mkstemp(path);

	if (fd < 0)
		err(1, "%s", path);
	close(fd);
	if (!rival)
		printf("text/*/tracecmd: left out: trace-cmd is not "
		       "installed\n");
	uint64_t events = text_file_make(SMALL, path, 30000);
	if (rival)
		compare(path, events);
	if (!smoke)
		text_file_make(SMALL, path, 3000000);
	measure(report, "switch", path, rounds, rival);
	measure(report, "plain", SMALL, rounds, rival);
	unlink(path);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"json", required_argument, NULL, 'j'},
		{"smoke", no_argument, NULL, 's'},
		{"rounds", required_argument, NULL, 'r'},
		{0},
	};
	const char *json = NULL;
	bool smoke = false;
	int rounds = 5;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'j')
			json = optarg;
		else if (option == 's')
			smoke = true;
		else if (option == 'r' && atoi(optarg) > 0)
			rounds = atoi(optarg);
		else
			errx(2, "usage: text [--json FILE] [--smoke] "
				"[--rounds N]");
	}
	struct report *report = report_new();
	run(report, smoke, smoke ? 1 : rounds);
	report_print(report, stdout);
	if (json && report_write_json(report, json))
		err(1, "cannot write %s", json);
	report_free(report);
	return 0;
}
