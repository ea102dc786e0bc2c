// SPDX-License-Identifier: GPL-2.0-only
/*
 * selftest.c - a program that does what the runner must not believe
 *
 * RINGMAP_SELFTEST, from the kernel's command line, says what.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <unistd.h>

enum {
	EXIT_PORT = 0xf4,
	EXIT_COMPLETE = 0x10
};

static void write_to(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	if (!file || fputs(text, file) < 0 || fclose(file)) {
		perror(path);
		exit(2);
	}
}

static int good(void)
{
	puts("1..2\nok 1 first\nok 2 second");
	return 0;
}

static int fail(void)
{
	puts("1..2\nok 1 first\nnot ok 2 second");
	return 1;
}

/* A case failed, says the report; none did, says the program. */
static int deny(void)
{
	fail();
	return 0;
}

static int skip(void)
{
	puts("1..2\nok 1 first # SKIP tired\nok 2 second # SKIP too");
	return 0;
}

static int short_plan(void)
{
	puts("1..3\nok 1 first\nok 2 second");
	return 0;
}

static int twice(void)
{
	puts("1..2\nok 1 first\nok 2 second\nok 2 third");
	return 0;
}

static int no_plan(void)
{
	puts("ok 1 first\nok 2 second");
	return 0;
}

static int empty_plan(void)
{
	puts("1..0 # SKIP nothing to do");
	return 0;
}

static int crash(void)
{
	good();
	fflush(stdout);
	abort();
}

static int panic(void)
{
	good();
	fflush(stdout);
	write_to("/proc/sysrq-trigger", "c");
	return 0;
}

static int hang(void)
{
	good();
	fflush(stdout);
	while (pause() < 0)
		;
	return 2;
}

static int splat(void)
{
	write_to("/dev/kmsg", "<4>WARNING: CPU: 0 PID: 1 at selftest.c:1\n");
	return good();
}

static int stall(void)
{
	write_to("/dev/kmsg", "<3>rcu: INFO: rcu_sched detected stalls\n");
	return good();
}

/* Ends the machine as the first process would, but before it. */
static int leave(void)
{
	good();
	fflush(stdout);
	/* What was written has to be out. */
	sleep(1);
	if (!ioperm(EXIT_PORT, 1, 1))
		outb(EXIT_COMPLETE, EXIT_PORT);
	return 2;
}

/* Reboots, which is what a panic does, too. */
static int reset(void)
{
	good();
	fflush(stdout);
	write_to("/proc/sysrq-trigger", "b");
	return 0;
}

int main(void)
{
	static const struct {
		const char *name;
		int (*run)(void);
	} modes[] = {
		{"good", good},       {"fail", fail},        {"deny", deny},
		{"skip", skip},       {"short", short_plan}, {"twice", twice},
		{"no-plan", no_plan}, {"empty", empty_plan}, {"crash", crash},
		{"panic", panic},     {"hang", hang},        {"splat", splat},
		{"stall", stall},     {"leave", leave},      {"reset", reset},
	};
	const char *wanted = getenv("RINGMAP_SELFTEST");

	puts("KTAP version 1");
	for (size_t i = 0; wanted && i < sizeof(modes) / sizeof(*modes); i++)
		if (!strcmp(modes[i].name, wanted))
			return modes[i].run();
	fprintf(stderr, "selftest: what is %s?\n", wanted ? wanted : "wanted");
	return 2;
}
