/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * fuzz_start.c - what libFuzzer begins with
 *
 * Without a folder or a file among the arguments, a target begins with its
 * corpus, and what it finds goes to a new folder: the corpus of the checkout
 * is never written to. With them, the arguments are libFuzzer's own.
 */
#define _GNU_SOURCE
#include "tests/fuzz/fuzzer.h"

#include <err.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

/* libFuzzer's name for it. */
int LLVMFuzzerInitialize(int *argc, char ***argv);

static bool names_input(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (argv[i][0] != '-')
			return true;
	}
	return false;
}

static char *format_path(const char *before, const char *path,
			 const char *after)
{
	char *ret;

	if (asprintf(&ret, "%s%s%s", before, path, after) < 0)
		err(EXIT_FAILURE, "no memory");
	return ret;
}

/* Of the checkout, since "bazel run" links each file to it; absolute. */
static char *find_corpus(void)
{
	char *corpus = realpath(RM_FUZZ_CORPUS, NULL);

	if (!corpus)
		err(EXIT_FAILURE, "%s: run it with ./bazelw run",
		    RM_FUZZ_CORPUS);
	return corpus;
}

static char *make_folder(void)
{
	const char *tmp = getenv("TMPDIR");
	char *folder = format_path(tmp && *tmp ? tmp : "/tmp", "/ringmap_fuzz_",
				   "XXXXXX");

	if (!mkdtemp(folder))
		err(EXIT_FAILURE, "%s", folder);
	return folder;
}

/* libFuzzer keeps what it is given until the process ends. */
static void add_defaults(int *argc, char ***argv)
{
	char *found = make_folder();
	/* First of all, so that the caller's options win. */
	char *first[] = {(*argv)[0], "-timeout=10",
			 format_path("-artifact_prefix=", found, "/")};
	/* New inputs go to the first folder. */
	char *last[] = {found, find_corpus(), NULL};
	const size_t given = (size_t)*argc - 1;
	const size_t before = sizeof(first) / sizeof(*first);
	const size_t after = sizeof(last) / sizeof(*last);
	char **all = calloc(before + given + after, sizeof(*all));

	if (!all)
		err(EXIT_FAILURE, "no memory");
	memcpy(all, first, sizeof(first));
	memcpy(all + before, *argv + 1, given * sizeof(*all));
	memcpy(all + before + given, last, sizeof(last));
	*argc = (int)(before + given + after - 1);
	*argv = all;
	printf("%s: what is found\n", found);
	fflush(stdout);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *callers = getenv("BUILD_WORKING_DIRECTORY");

	if (!names_input(*argc, *argv))
		add_defaults(argc, argv);
	/* Paths of the caller's are relative to where the caller is. */
	else if (callers && chdir(callers))
		err(EXIT_FAILURE, "%s", callers);
	return 0;
}
