/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ktap.h - cases that run one by one, each in a process of its own
 *
 * A case ends by returning (it passed), by FAIL() or SKIP(). Whatever it left
 * behind, processes and tracing instances, is removed by the process that
 * started it; what cannot be removed fails the case.
 */
#ifndef KTAP_H
#define KTAP_H

#include <stdbool.h>
#include <stddef.h>

struct kcase {
	const char *name; /* subject.what_holds */
	void (*run)(const void *arg);
	const void *arg;
};

/* The options of the command line. */
struct ktap_opts {
	bool guest; /* the machine is a guest of ours */
	unsigned int seconds;
	const char *without_mappings; /* this subject needs no mappings */
};

/* The options of the running program. */
const struct ktap_opts *ktap_opts(void);

/* Ends the case. The text is the reason. */
_Noreturn void ktap_fail(const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
_Noreturn void ktap_skip(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

/*
 * Skips the case because this kernel maps no rings. The cases after it that need
 * mappings are skipped for the same reason and do not run: an instance that
 * each of them makes for nothing costs an old kernel much time.
 */
_Noreturn void ktap_skip_without_mappings(void);

/* A diagnostic line. */
void ktap_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A name for an instance that is removed after the case. */
void ktap_instance_name(char *name, size_t size);

/* Runs all cases, prints KTAP, returns the program's exit status. */
int ktap_run(const struct ktap_opts *opts, const struct kcase *const *cases,
	     size_t count);

#define FAIL(...) ktap_fail(__FILE__, __LINE__, __VA_ARGS__)
#define SKIP(...) ktap_skip(__VA_ARGS__)

/* The case fails if @what does not hold; the rest is the reason. */
#define EXPECT(what, ...)                                                      \
	do {                                                                   \
		if (!(what))                                                   \
			FAIL(__VA_ARGS__);                                     \
	} while (0)

/* The case fails if two numbers differ. */
#define EXPECT_EQ(left, right)                                                 \
	do {                                                                   \
		long long ktap_l = (long long)(left);                          \
		long long ktap_r = (long long)(right);                         \
		if (ktap_l != ktap_r)                                          \
			FAIL("%s is %lld, not %s = %lld", #left, ktap_l,       \
			     #right, ktap_r);                                  \
	} while (0)

/* The case fails unless a system call fails with @expected. */
#define EXPECT_ERRNO(call, expected)                                           \
	do {                                                                   \
		errno = 0;                                                     \
		long long ktap_ret = (long long)(call);                        \
		int ktap_errno = errno;                                        \
		if (ktap_ret != -1 || ktap_errno != (expected))                \
			FAIL("%s: returns %lld, %s, not %s", #call, ktap_ret,  \
			     ktap_ret == -1 ? strerrorname_np(ktap_errno)      \
					    : "success",                       \
			     #expected);                                       \
	} while (0)

/* The case fails if a system call fails. */
#define EXPECT_OK(call)                                                        \
	do {                                                                   \
		errno = 0;                                                     \
		if ((long long)(call) == -1)                                   \
			FAIL("%s: %s", #call, strerrorname_np(errno));         \
	} while (0)

#endif
