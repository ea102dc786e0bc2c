/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * demo_report.h - the demo's figures, for a person to read
 */
#ifndef DEMO_REPORT_H
#define DEMO_REPORT_H

#include "core/tool/demo_analysis.h"

#include <ringmap/ringmap.h>

/* What one run of the demo found out. */
struct demo_result {
	char title[512];
	char mode[16];
	char reason[200];
	char missing[80]; /* what this kernel cannot record; empty: nothing */
	bool live;
	uint64_t lost; /* or RINGMAP_LOST_UNKNOWN */
	uint64_t subbufs;
	uint64_t bytes;
	uint64_t syscalls; /* to get the data */
	uint64_t sleeps;
	uint64_t damaged; /* places whose bytes break the format */
	double wall_s;
	double cpu_s; /* of this process, meanwhile */
	struct demo_analysis *analysis;
};

/* "1,234,567", in room that the caller gives. */
struct demo_number {
	char text[32];
};

struct demo_number demo_number(uint64_t value);

/* Adds the counters of a trace's rings to @result; takes mode and reason. */
enum ringmap_status demo_result_take(struct demo_result *result,
				     const struct ringmap_trace *trace,
				     struct ringmap_error *err);

/* To standard output. */
void demo_report(const struct demo_result *result);

#endif
