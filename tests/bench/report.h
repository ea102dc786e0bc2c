/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * report.h - figures of a benchmark: collected by name, told as medians
 *
 * Every benchmark of the project writes this one schema:
 *
 *   {"machine": {"cpu": …, "kernel": …, "cpus": …, "memory_mb": …,
 *                "library": …},
 *    "results": [{"name": …, "unit": …, "median": …, "min": …, "max": …,
 *                 "runs": …}, …]}
 */
#ifndef REPORT_H
#define REPORT_H

#include <stdio.h>

struct report;

/* Ends the program when memory is short, as report_add() does. */
struct report *report_new(void);
void report_free(struct report *report);

/*
 * Adds one measured value to the result of that name. Results keep the order
 * in which they came first.
 */
void report_add(struct report *report, const char *unit, double value,
		const char *name, ...) __attribute__((format(printf, 4, 5)));

/* For a person: the machine and a table. */
void report_print(const struct report *report, FILE *file);

/* Returns 0, or -1 with errno set. */
int report_write_json(const struct report *report, const char *path);

#endif
