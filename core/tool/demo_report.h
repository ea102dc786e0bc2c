/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * demo_report.h - prints the report of the demo
 */
#ifndef DEMO_REPORT_H
#define DEMO_REPORT_H

#include "core/tool/demo_analysis.h"

#include <ringmap/ringmap.h>

/* The result of one run of the demo. */
struct demo_result {
	char title[512];
	char mode[16];
	char reason[200];
	char missing[80]; /* events that this kernel lacks; empty: none */
	bool live;
	uint64_t lost; /* or RINGMAP_LOST_UNKNOWN */
	uint64_t subbufs;
	uint64_t bytes;
	uint64_t syscalls; /* made to read the data */
	uint64_t sleeps;
	uint64_t damaged; /* places whose bytes break the format */
	double wall_s;
	double cpu_s; /* CPU time that this process used */
	struct demo_analysis *analysis;
};

/* A number as text such as "1,234,567", returned by value. */
struct demo_number {
	char text[32];
};

struct demo_number demo_number(uint64_t value);

/* Adds the counters of the rings to @result, and copies mode and reason. */
enum ringmap_status demo_result_take(struct demo_result *result,
				     const struct ringmap_trace *trace,
				     struct ringmap_error *err);

/* Prints the report to standard output. */
void demo_report(const struct demo_result *result);

#endif
