/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * cases.h - runs Check cases, or says why not
 */
#ifndef RM_CASES_H
#define RM_CASES_H

#include <check.h>
#include <stddef.h>

/*
 * Runs the cases or, if @skip gives a reason, skips them. Prints TAP. Returns
 * how many failed.
 */
int rm_run_cases(const TTest *const *const *cases, size_t count,
		 const char *skip);

/* Why this process cannot make tracing instances; NULL if it can. */
const char *rm_no_tracing(void);

#endif
