/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * cases.c - runs Check cases, or says why not
 */
#include "tests/control/cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Long enough for a machine that is busy with other tests. */
#define CASE_SECONDS 60

int rm_run_cases(const TTest *const *const *cases, size_t count,
		 const char *skip)
{
	if (skip) {
		printf("1..%zu\n", count);
		for (size_t i = 0; i < count; i++)
			printf("ok %zu - %s # SKIP %s\n", i + 1,
			       (*cases[i])->name, skip);
		return 0;
	}
	Suite *suite = suite_create("");
	TCase *tcase = tcase_create("");

	for (size_t i = 0; i < count; i++)
		tcase_add_test(tcase, *cases[i]);
	tcase_set_timeout(tcase, CASE_SECONDS);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed;
}

const char *rm_no_tracing(void)
{
	static const char instances[] = "/sys/kernel/tracing/instances";

	if (getuid())
		return "only root can make tracing instances";
	if (access(instances, F_OK))
		return "tracefs is not mounted at /sys/kernel/tracing";
	if (access(instances, W_OK))
		return "tracefs is mounted read-only";
	return NULL;
}
