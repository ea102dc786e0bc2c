/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * check.h - the part of Check that rm_check.h and the tests use
 *
 * Programs for machines with nothing but the C library are built with this file
 * instead of Check's. Each case runs in a process of its own. A failed assertion
 * leaves its message in memory that the runner shares, and ends the process.
 */
#ifndef CHECK_STAND_IN_H
#define CHECK_STAND_IN_H

#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define TTest struct ck_test
#define Suite struct ck_suite
#define TCase struct ck_tcase
#define SRunner struct ck_runner
#define TestResult struct ck_result

enum {
	CK_SILENT
};

enum ck_rtype {
	CK_PASS,
	CK_FAILURE,
	CK_ERROR
};

struct ck_test {
	const char *name;
	void (*fn)(int);
};

struct ck_tcase {
	const struct ck_test *test;
	unsigned int seconds;
};

struct ck_suite {
	struct ck_tcase *tcase;
};

struct ck_result {
	enum ck_rtype rtype;
	int line;
	char file[256];
	char message[4096];
};

/* One case is run by each runner, because rm_check.h asks for no more. */
struct ck_runner {
	struct ck_suite *suite;
	struct ck_result result;
};

/* The result of the running case, in shared memory. Weak: one for all files. */
__attribute__((weak)) struct ck_result *ck_now;

#define START_TEST(test)                                                       \
	static void test##_fn(int _i);                                         \
	static const TTest test##_ttest = {#test, test##_fn};                  \
	static const TTest *const test = &test##_ttest;                        \
	static void test##_fn(int _i __attribute__((unused)))

#define END_TEST

__attribute__((noreturn, format(printf, 3, 4))) static inline void
ck_fail(const char *file, int line, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(ck_now->message, sizeof(ck_now->message), format, args);
	va_end(args);
	snprintf(ck_now->file, sizeof(ck_now->file), "%s", file);
	ck_now->line = line;
	ck_now->rtype = CK_FAILURE;
	fflush(NULL);
	_exit(EXIT_FAILURE);
}

static inline void *ck_alloc(size_t size)
{
	void *memory = calloc(1, size);

	if (!memory)
		abort();
	return memory;
}

static inline struct ck_suite *suite_create(const char *name)
{
	(void)name;
	return ck_alloc(sizeof(struct ck_suite));
}

static inline struct ck_tcase *tcase_create(const char *name)
{
	(void)name;
	return ck_alloc(sizeof(struct ck_tcase));
}

static inline void tcase_add_test(struct ck_tcase *tcase,
				  const struct ck_test *test)
{
	tcase->test = test;
}

static inline void tcase_set_timeout(struct ck_tcase *tcase,
				     unsigned int seconds)
{
	tcase->seconds = seconds;
}

static inline void suite_add_tcase(struct ck_suite *suite,
				   struct ck_tcase *tcase)
{
	suite->tcase = tcase;
}

static inline struct ck_runner *srunner_create(struct ck_suite *suite)
{
	struct ck_runner *runner = ck_alloc(sizeof(*runner));

	runner->suite = suite;
	return runner;
}

/* The case's process leads a group, so that nothing outlives the case. */
static inline int ck_run_process(const struct ck_tcase *tcase)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		setpgid(0, 0);
		alarm(tcase->seconds);
		tcase->test->fn(0);
		exit(EXIT_SUCCESS);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		abort();
	kill(-pid, SIGKILL);
	return status;
}

static inline void srunner_run_all(struct ck_runner *runner, int mode)
{
	(void)mode;
	ck_now = mmap(NULL, sizeof(*ck_now), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (ck_now == MAP_FAILED)
		abort();
	fflush(NULL);
	int status = ck_run_process(runner->suite->tcase);
	if (ck_now->rtype == CK_PASS && status) {
		ck_now->rtype = CK_ERROR;
		snprintf(ck_now->message, sizeof(ck_now->message),
			 "the case ended with wait status %#x",
			 (unsigned int)status);
	}
	runner->result = *ck_now;
	munmap(ck_now, sizeof(*ck_now));
}

static inline struct ck_result **srunner_results(struct ck_runner *runner)
{
	struct ck_result **results = ck_alloc(sizeof(*results));

	*results = &runner->result;
	return results;
}

static inline void srunner_free(struct ck_runner *runner)
{
	free(runner->suite->tcase);
	free(runner->suite);
	free(runner);
}

static inline enum ck_rtype tr_rtype(const struct ck_result *result)
{
	return result->rtype;
}

static inline const char *tr_lfile(const struct ck_result *result)
{
	return result->file;
}

static inline int tr_lno(const struct ck_result *result)
{
	return result->line;
}

static inline const char *tr_msg(const struct ck_result *result)
{
	return result->message;
}

#define ck_abort_msg(...) ck_fail(__FILE__, __LINE__, __VA_ARGS__)

#define ck_assert_msg(expr, ...)                                               \
	((expr) ? (void)0 : ck_fail(__FILE__, __LINE__, __VA_ARGS__))

#define ck_assert(expr) ck_assert_msg(expr, "%s does not hold", #expr)

#define CK_COMPARE(type, format, a, op, b)                                     \
	do {                                                                   \
		type ck_a = (a);                                               \
		type ck_b = (b);                                               \
		ck_assert_msg(ck_a op ck_b,                                    \
			      "%s " #op " %s does not hold: " format           \
			      " and " format,                                  \
			      #a, #b, ck_a, ck_b);                             \
	} while (0)

#define ck_assert_int_eq(a, b) CK_COMPARE(intmax_t, "%jd", a, ==, b)
#define ck_assert_int_ne(a, b) CK_COMPARE(intmax_t, "%jd", a, !=, b)
#define ck_assert_int_lt(a, b) CK_COMPARE(intmax_t, "%jd", a, <, b)
#define ck_assert_int_le(a, b) CK_COMPARE(intmax_t, "%jd", a, <=, b)
#define ck_assert_int_gt(a, b) CK_COMPARE(intmax_t, "%jd", a, >, b)
#define ck_assert_int_ge(a, b) CK_COMPARE(intmax_t, "%jd", a, >=, b)
#define ck_assert_uint_eq(a, b) CK_COMPARE(uintmax_t, "%ju", a, ==, b)
#define ck_assert_uint_ne(a, b) CK_COMPARE(uintmax_t, "%ju", a, !=, b)
#define ck_assert_uint_lt(a, b) CK_COMPARE(uintmax_t, "%ju", a, <, b)
#define ck_assert_uint_le(a, b) CK_COMPARE(uintmax_t, "%ju", a, <=, b)
#define ck_assert_uint_gt(a, b) CK_COMPARE(uintmax_t, "%ju", a, >, b)
#define ck_assert_uint_ge(a, b) CK_COMPARE(uintmax_t, "%ju", a, >=, b)
#define ck_assert_ptr_eq(a, b) CK_COMPARE(const void *, "%p", a, ==, b)
#define ck_assert_ptr_ne(a, b) CK_COMPARE(const void *, "%p", a, !=, b)
#define ck_assert_ptr_null(a) ck_assert_ptr_eq(a, NULL)
#define ck_assert_ptr_nonnull(a) ck_assert_ptr_ne(a, NULL)

#define CK_COMPARE_STR(a, op, b)                                               \
	do {                                                                   \
		const char *ck_a = (a);                                        \
		const char *ck_b = (b);                                        \
		ck_assert_msg(strcmp(ck_a, ck_b) op 0,                         \
			      "%s " #op " %s does not hold: %s and %s", #a,    \
			      #b, ck_a, ck_b);                                 \
	} while (0)

#define ck_assert_str_eq(a, b) CK_COMPARE_STR(a, ==, b)
#define ck_assert_str_ne(a, b) CK_COMPARE_STR(a, !=, b)

#define ck_assert_mem_eq(a, b, size)                                           \
	ck_assert_msg(!memcmp(a, b, size), "%s and %s differ", #a, #b)

#endif
