// SPDX-License-Identifier: GPL-2.0-only
/*
 * ktap.c - runs cases and reports them
 *
 * The parent is a subreaper: a case's processes are all gone before the next
 * case starts, and with them their mappings, so that an instance that cannot be
 * removed then is a reference that the kernel lost count of.
 */
#define _GNU_SOURCE
#include "ktap.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kmsg.h"
#include "ring.h"

enum outcome {
	DIED, /* until the case itself says otherwise */
	PASSED,
	FAILED,
	SKIPPED,
	OUTCOMES
};

/* The case's processes write it; the parent reads it when they are gone. */
struct report {
	enum outcome outcome;
	unsigned int instances;
	bool no_mappings;
	char text[400];
};

static struct {
	struct ktap_opts opts;
	struct report *report;
	pid_t runner;
	bool no_mappings; /* a case found that this kernel maps no rings */
} ktap;

#define NO_MAPPINGS "this kernel does not map rings"

const struct ktap_opts *ktap_opts(void)
{
	return &ktap.opts;
}

/* Only the first report of a case counts. */
static void conclude(enum outcome outcome, const char *text)
{
	if (ktap.report->outcome != DIED)
		return;
	snprintf(ktap.report->text, sizeof(ktap.report->text), "%s", text);
	ktap.report->outcome = outcome;
}

void ktap_fail(const char *file, int line, const char *format, ...)
{
	char what[300], text[400];
	const char *base = strrchr(file, '/');
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	snprintf(text, sizeof(text), "%s:%d: %s", base ? base + 1 : file, line,
		 what);
	conclude(FAILED, text);
	_exit(1);
}

void ktap_skip(const char *format, ...)
{
	char text[300];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	conclude(SKIPPED, text);
	_exit(0);
}

void ktap_skip_without_mappings(void)
{
	ktap.report->no_mappings = true;
	ktap_skip(NO_MAPPINGS);
}

void ktap_say(const char *format, ...)
{
	char text[300];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	/* One write for each line: several processes of a case may print. */
	dprintf(STDOUT_FILENO, "# %s\n", text);
}

void ktap_instance_name(char *name, size_t size)
{
	snprintf(name, size, "ringmap_k%d_%u", (int)ktap.runner,
		 __atomic_fetch_add(&ktap.report->instances, 1,
				    __ATOMIC_RELAXED));
}

static _Noreturn void run_child(const struct kcase *kcase)
{
	sigset_t chld;

	setpgid(0, 0);
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_UNBLOCK, &chld, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	kcase->run(kcase->arg);
	conclude(PASSED, "");
	_exit(0);
}

/* Waits for the case's first process. Returns false if the time is up. */
static bool wait_child(pid_t pid, int *status)
{
	sigset_t chld;
	struct timespec limit = {.tv_sec = ktap.opts.seconds};

	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	/* Orphans of the case end here too, each with a signal of its own. */
	while (waitpid(pid, status, WNOHANG) == 0)
		if (sigtimedwait(&chld, NULL, &limit) < 0 && errno == EAGAIN)
			return false;
	return true;
}

/* No process of the case runs any more when this returns. */
static void end_processes(pid_t group)
{
	do {
		kill(-group, SIGKILL);
	} while (waitpid(-1, NULL, 0) > 0 || errno == EINTR);
}

static void remove_instances(void)
{
	char prefix[32], path[400];
	DIR *dir = opendir(TRACEFS "/instances");
	struct dirent *entry;

	if (!dir)
		return;
	snprintf(prefix, sizeof(prefix), "ringmap_k%d_", (int)ktap.runner);
	while ((entry = readdir(dir))) {
		if (strncmp(entry->d_name, prefix, strlen(prefix)))
			continue;
		snprintf(path, sizeof(path), TRACEFS "/instances/%s",
			 entry->d_name);
		if (!rmdir(path))
			continue;
		snprintf(path, sizeof(path),
			 "%s cannot be removed after the case: %s",
			 entry->d_name, strerrorname_np(errno));
		/* This fails a case that reported success, too. */
		ktap.report->outcome = DIED;
		conclude(FAILED, path);
	}
	closedir(dir);
}

static void judge_status(bool in_time, int status)
{
	char text[100];

	if (!in_time)
		snprintf(text, sizeof(text), "no end after %u seconds",
			 ktap.opts.seconds);
	else if (WIFSIGNALED(status))
		snprintf(text, sizeof(text), "killed by signal %d",
			 WTERMSIG(status));
	else
		snprintf(text, sizeof(text), "exit status %d",
			 WEXITSTATUS(status));
	conclude(FAILED, text);
}

static void print_result(size_t number, const char *name)
{
	const struct report *r = ktap.report;

	if (r->outcome == SKIPPED)
		printf("ok %zu %s # SKIP %s\n", number, name, r->text);
	else if (r->outcome == PASSED)
		printf("ok %zu %s\n", number, name);
	else
		printf("# %s: %s\nnot ok %zu %s\n", name, r->text, number,
		       name);
	fflush(stdout);
}

static bool needs_mappings(const struct kcase *kcase)
{
	const char *exempt = ktap.opts.without_mappings;
	size_t length = strlen(exempt);

	return strncmp(kcase->name, exempt, length) ||
	       kcase->name[length] != '.';
}

static void fork_case(const struct kcase *kcase)
{
	int status = 0;

	pid_t pid = fork();
	if (pid == 0)
		run_child(kcase);
	if (pid < 0) {
		conclude(FAILED, "cannot fork");
		return;
	}
	setpgid(pid, pid);
	bool in_time = wait_child(pid, &status);
	end_processes(pid);
	judge_status(in_time, status);
}

static enum outcome run_case(size_t number, const struct kcase *kcase)
{
	struct kmsg log;
	char splat[300];

	memset(ktap.report, 0, sizeof(*ktap.report));
	if (ktap.no_mappings && needs_mappings(kcase)) {
		conclude(SKIPPED, NO_MAPPINGS);
		print_result(number, kcase->name);
		return SKIPPED;
	}
	/* Warnings from before the case say nothing about it. */
	if (ktap.opts.guest)
		kmsg_open(&log);
	fork_case(kcase);
	remove_instances();
	ktap.no_mappings |= ktap.report->no_mappings;
	if (ktap.opts.guest && kmsg_splat(&log, splat, sizeof(splat))) {
		printf("# splat: %s\n", splat);
		if (ktap.report->outcome != FAILED) {
			ktap.report->outcome = DIED;
			conclude(FAILED, splat);
		}
	}
	print_result(number, kcase->name);
	return ktap.report->outcome;
}

int ktap_run(const struct ktap_opts *opts, const struct kcase *const *cases,
	     size_t count)
{
	size_t counts[OUTCOMES] = {0};
	sigset_t chld;

	ktap.opts = *opts;
	ktap.runner = getpid();
	ktap.report = mmap(NULL, sizeof(*ktap.report), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (ktap.report == MAP_FAILED || prctl(PR_SET_CHILD_SUBREAPER, 1)) {
		perror("ktap");
		return EXIT_FAILURE;
	}
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, NULL);
	printf("KTAP version 1\n1..%zu\n", count);
	fflush(stdout);
	for (size_t i = 0; i < count; i++)
		counts[run_case(i + 1, cases[i])]++;
	printf("# %zu passed, %zu failed, %zu skipped\n", counts[PASSED],
	       counts[FAILED], counts[SKIPPED]);
	return counts[FAILED] ? EXIT_FAILURE : EXIT_SUCCESS;
}
