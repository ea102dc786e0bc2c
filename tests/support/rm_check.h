/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * rm_check.h - main() for programs of Check cases, with counted skips
 *
 *	START_TEST(borrow_twice_is_busy)
 *	{
 *		...
 *	}
 *	END_TEST
 *
 *	RM_MAIN(borrow_twice_is_busy, ...)
 *
 * Prints KTAP, which is also TAP: one line for each case, and the counts at
 * the end. Each case runs in a process of its own unless CK_FORK=no. With
 * TESTBRIDGE_TEST_ONLY=NAME, which is how Bazel passes --test_filter=NAME on,
 * only the case of that name runs; it is an error if there is none.
 */
#ifndef RM_CHECK_H
#define RM_CHECK_H

#include <ringmap/ringmap.h>

#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Long enough for a machine that is busy with other tests. */
#define RM_CASE_SECONDS 120

/* The call's status is this one; the message tells both by name. */
#define rm_assert_status(expr, expected)                                       \
	do {                                                                   \
		enum ringmap_status rm_got = (expr);                           \
		enum ringmap_status rm_want = (expected);                      \
		ck_assert_msg(rm_got == rm_want, "%s is %s, not %s", #expr,    \
			      ringmap_status_name(rm_got),                     \
			      ringmap_status_name(rm_want));                   \
	} while (0)

#define rm_assert_ok(expr) rm_assert_status(expr, RINGMAP_OK)

/* As rm_assert_ok(), for calls that fill a struct ringmap_error. */
#define rm_assert_ok_err(expr, err)                                            \
	do {                                                                   \
		enum ringmap_status rm_got = (expr);                           \
		ck_assert_msg(rm_got == RINGMAP_OK, "%s is %s: %s", #expr,     \
			      ringmap_status_name(rm_got), (err)->text);       \
	} while (0)

/* An error told in full: status, and a sentence. */
#define rm_assert_error(expr, expected, err)                                   \
	do {                                                                   \
		memset((err), 0, sizeof(*(err)));                              \
		rm_assert_status(expr, expected);                              \
		ck_assert_int_eq((err)->status, expected);                     \
		ck_assert_msg((err)->text[0], "%s: no text", #expr);           \
	} while (0)

/* Why the running case skips itself; shared with the process it runs in. */
struct rm_skip {
	char reason[256];
};

/* Weak: one for all files of a program. */
__attribute__((weak)) struct rm_skip *rm_skip_now;

static inline void rm_note_skip(const char *reason)
{
	snprintf(rm_skip_now->reason, sizeof(rm_skip_now->reason), "%s",
		 reason);
}

/* In the body of a case: it is skipped, for this reason, and ends here. */
#define rm_skip(reason)                                                        \
	do {                                                                   \
		rm_note_skip(reason);                                          \
		return;                                                        \
	} while (0)

enum rm_verdict {
	RM_PASSED,
	RM_FAILED,
	RM_SKIPPED,
	RM_VERDICTS
};

/* Prints the case's line. */
static inline enum rm_verdict rm_report(int number, const char *name,
					TestResult *result)
{
	if (tr_rtype(result) != CK_PASS) {
		printf("# %s: %s:%d: %s\nnot ok %d %s\n", name,
		       tr_lfile(result), tr_lno(result), tr_msg(result), number,
		       name);
		return RM_FAILED;
	}
	if (rm_skip_now->reason[0]) {
		printf("ok %d %s # SKIP %s\n", number, name,
		       rm_skip_now->reason);
		return RM_SKIPPED;
	}
	printf("ok %d %s\n", number, name);
	return RM_PASSED;
}

static inline enum rm_verdict rm_run_case(int number, const TTest *test)
{
	Suite *suite = suite_create(test->name);
	TCase *tcase = tcase_create(test->name);

	tcase_add_test(tcase, test);
	tcase_set_timeout(tcase, RM_CASE_SECONDS);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	rm_skip_now->reason[0] = '\0';
	srunner_run_all(runner, CK_SILENT);
	TestResult **results = srunner_results(runner);
	enum rm_verdict verdict = rm_report(number, test->name, results[0]);
	free(results);
	srunner_free(runner);
	return verdict;
}

static inline bool rm_wanted(const TTest *test)
{
	const char *only = getenv("TESTBRIDGE_TEST_ONLY");

	return !only || !strcmp(only, test->name);
}

static inline int rm_run_wanted(const TTest *const *tests, size_t count,
				int *counts)
{
	int wanted = 0;

	for (size_t i = 0; i < count; i++)
		wanted += rm_wanted(tests[i]);
	printf("KTAP version 1\n1..%d\n", wanted);
	wanted = 0;
	for (size_t i = 0; i < count; i++)
		if (rm_wanted(tests[i]))
			counts[rm_run_case(++wanted, tests[i])]++;
	return wanted;
}

/* Runs all cases that are wanted; returns the program's exit status. */
static inline int rm_check_main(const TTest *const *tests, size_t count)
{
	int counts[RM_VERDICTS] = {0};

	setvbuf(stdout, NULL, _IOLBF, 0);
	rm_skip_now = mmap(NULL, sizeof(*rm_skip_now), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (rm_skip_now == MAP_FAILED)
		return EXIT_FAILURE;
	int ran = rm_run_wanted(tests, count, counts);
	printf("# %d passed, %d failed, %d skipped\n", counts[RM_PASSED],
	       counts[RM_FAILED], counts[RM_SKIPPED]);
	munmap(rm_skip_now, sizeof(*rm_skip_now));
	return counts[RM_FAILED] || !ran ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* main() that runs these cases, in this order. */
#define RM_MAIN(...)                                                           \
	int main(void)                                                         \
	{                                                                      \
		const TTest *const tests[] = {__VA_ARGS__};                    \
                                                                               \
		return rm_check_main(tests, sizeof(tests) / sizeof(*tests));   \
	}

#endif
