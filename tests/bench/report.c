/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * report.c - figures of a benchmark: collected by name, told as medians
 */
#define _GNU_SOURCE
#include "tests/bench/report.h"

#include <err.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/machine.h"

/* Invariant: values are sorted, and there is one at least. */
struct result {
	char *name;
	const char *unit;
	double *values;
	size_t runs;
};

struct report {
	struct result *results;
	size_t count;
};

struct report *report_new(void)
{
	struct report *report = calloc(1, sizeof(*report));

	if (!report)
		err(1, "no memory for a report");
	return report;
}

void report_free(struct report *report)
{
	if (!report)
		return;
	for (size_t i = 0; i < report->count; i++) {
		free(report->results[i].name);
		free(report->results[i].values);
	}
	free(report->results);
	free(report);
}

/* Takes @name over. */
static struct result *result_named(struct report *report, char *name,
				   const char *unit)
{
	struct result *result;

	for (size_t i = 0; i < report->count; i++) {
		if (!strcmp(report->results[i].name, name)) {
			free(name);
			return &report->results[i];
		}
	}
	report->results = reallocarray(report->results, report->count + 1,
				       sizeof(*report->results));
	if (!report->results)
		err(1, "no memory for a report");
	result = &report->results[report->count++];
	*result = (struct result){.name = name, .unit = unit};
	return result;
}

void report_add(struct report *report, const char *unit, double value,
		const char *name, ...)
{
	struct result *result;
	va_list arguments;
	char *full;
	size_t i;

	va_start(arguments, name);
	if (vasprintf(&full, name, arguments) < 0)
		err(1, "no memory for a report");
	va_end(arguments);
	if (!isfinite(value))
		errx(1, "%s is not a finite number", full);
	result = result_named(report, full, unit);
	result->values = reallocarray(result->values, result->runs + 1,
				      sizeof(*result->values));
	if (!result->values)
		err(1, "no memory for a report");
	for (i = result->runs++; i > 0 && result->values[i - 1] > value; i--)
		result->values[i] = result->values[i - 1];
	result->values[i] = value;
}

static double median(const struct result *result)
{
	const double *middle = &result->values[result->runs / 2];

	return result->runs % 2 ? *middle : (middle[-1] + *middle) / 2;
}

/* Enough digits for each size, and no more. */
static void print_value(FILE *file, double value)
{
	int digits = value >= 10000 ? 0
		     : value >= 100 ? 1
		     : value >= 10  ? 2
				    : 3;

	fprintf(file, " %14.*f", digits, value);
}

void report_print(const struct report *report, FILE *file)
{
	machine_print(file);
	fprintf(file, "%-40s %-9s %14s %14s %14s %5s\n", "name", "unit",
		"median", "min", "max", "runs");
	for (size_t i = 0; i < report->count; i++) {
		const struct result *result = &report->results[i];

		fprintf(file, "%-40s %-9s", result->name, result->unit);
		print_value(file, median(result));
		print_value(file, result->values[0]);
		print_value(file, result->values[result->runs - 1]);
		fprintf(file, " %5zu\n", result->runs);
	}
}

int report_write_json(const struct report *report, const char *path)
{
	FILE *file = fopen(path, "we");

	if (!file)
		return -1;
	fputs("{\"machine\": ", file);
	machine_print_json(file);
	fputs(",\n \"results\": [\n", file);
	for (size_t i = 0; i < report->count; i++) {
		const struct result *result = &report->results[i];

		fprintf(file,
			"  {\"name\": \"%s\", \"unit\": \"%s\", "
			"\"median\": %.9g, \"min\": %.9g, \"max\": %.9g, "
			"\"runs\": %zu}%s\n",
			result->name, result->unit, median(result),
			result->values[0], result->values[result->runs - 1],
			result->runs, i + 1 < report->count ? "," : "");
	}
	fputs(" ]}\n", file);
	return fclose(file) ? -1 : 0;
}
