/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * print_report.c - a report with known figures, for schema_test.py
 *
 * Usage: print_report FILE
 */
#include <err.h>

#include "tests/bench/report.h"

int main(int argc, char **argv)
{
	struct report *report;

	if (argc != 2)
		errx(2, "usage: print_report FILE");
	report = report_new();
	report_add(report, "ns", 3, "odd/%s", "three");
	report_add(report, "s", 4, "even/%d", 2);
	report_add(report, "ns", 1.5, "odd/%s", "three");
	report_add(report, "ns", 700, "odd/%s", "three");
	report_add(report, "s", 1, "even/%d", 2);
	report_add(report, "count", 12345678, "one/single");
	report_print(report, stdout);
	if (report_write_json(report, argv[1]))
		err(1, "cannot write %s", argv[1]);
	report_free(report);
	return 0;
}
