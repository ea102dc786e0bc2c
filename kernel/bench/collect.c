// SPDX-License-Identifier: GPL-2.0-only
/*
 * collect.c - what guests measured, as one report
 *
 * Usage: collect FILE, with lines of the form VALUE NAME as input
 */
#include <err.h>
#include <stdio.h>

#include "tests/bench/report.h"

/* Guests count instructions. */
static const char unit[] = "instructions";

int main(int argc, char **argv)
{
	struct report *report;
	char name[128];
	double value;
	int fields;

	if (argc != 2)
		errx(2, "usage: collect FILE");
	report = report_new();
	while ((fields = scanf("%lf %127s", &value, name)) == 2)
		report_add(report, unit, value, "%s", name);
	if (fields != EOF)
		errx(1, "a line is not VALUE NAME");
	report_print(report, stdout);
	if (report_write_json(report, argv[1]))
		err(1, "cannot write %s", argv[1]);
	report_free(report);
	return 0;
}
