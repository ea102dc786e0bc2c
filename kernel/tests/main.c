// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - conformance of a kernel that maps trace rings
 *
 * usage: kcases [--guest] [--seconds N] [--list] [CASE...]
 *
 * Prints KTAP. CASE is a name, or a subject such as "errors"; without CASE, all
 * cases run.
 *   --guest      the machine is a guest of ours: cases may take CPUs offline,
 *                use the top-level buffer and inject faults, and a warning
 *                that the kernel logs during a case fails it
 *   --seconds N  a case that takes longer fails (default 120)
 *   --list       prints the cases' names
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"

enum {
	MOST_CASES = 400
};

static const struct kcase *const subjects[] = {
	refusal_cases,  errors_cases,     windows_cases, vma_cases,
	split_cases,    access_cases,     held_cases,    reset_cases,
	snapshot_cases, meta_cases,       reader_cases,  loss_cases,
	nested_cases,   poll_cases,       wait_cases,    others_cases,
	storm_cases,    accounting_cases, zeroed_cases,  race_cases,
	follow_cases,   orders_cases,     fault_cases,   compat_cases,
	top_cases,      cpu_cases,
};

static bool is_wanted(const char *name, char **wanted, int count)
{
	if (!count)
		return true;
	for (int i = 0; i < count; i++) {
		size_t length = strlen(wanted[i]);

		if (!strcmp(name, wanted[i]) ||
		    (!strncmp(name, wanted[i], length) && name[length] == '.'))
			return true;
	}
	return false;
}

static size_t choose(const struct kcase **cases, char **wanted, int count)
{
	size_t chosen = 0;

	for (size_t i = 0; i < sizeof(subjects) / sizeof(*subjects); i++)
		for (const struct kcase *k = subjects[i]; k->name; k++)
			if (is_wanted(k->name, wanted, count) &&
			    chosen < MOST_CASES)
				cases[chosen++] = k;
	return chosen;
}

static int usage(void)
{
	fprintf(stderr, "usage: kcases [--guest] [--seconds N] [--list] "
			"[CASE...]\n");
	return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	const struct kcase *cases[MOST_CASES];
	struct ktap_opts opts = {.seconds = 120, .without_mappings = "refusal"};
	bool list = false;
	int i = 1;

	for (; i < argc && argv[i][0] == '-'; i++) {
		if (!strcmp(argv[i], "--guest"))
			opts.guest = true;
		else if (!strcmp(argv[i], "--list"))
			list = true;
		else if (!strcmp(argv[i], "--seconds") && i + 1 < argc)
			opts.seconds = (unsigned int)atoi(argv[++i]);
		else
			return usage();
	}
	size_t count = choose(cases, argv + i, argc - i);
	if (!count || !opts.seconds)
		return usage();
	if (!list)
		return ktap_run(&opts, cases, count);
	for (size_t k = 0; k < count; k++)
		puts(cases[k]->name);
	return EXIT_SUCCESS;
}
