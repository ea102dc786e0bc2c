/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * replay_main.c - a fuzz target over the files of its corpus, as a test
 *
 * Prints TAP. An input that kills the target is the last one named.
 */
#define _GNU_SOURCE
#include "tests/fuzz/fuzzer.h"

#include <dirent.h>
#include <err.h>
#include <sys/stat.h>

static int no_dot(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void replay(const char *dir, const char *name)
{
	struct stat st;
	char *path;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		err(EXIT_FAILURE, "no memory");
	FILE *file = fopen(path, "re");
	if (!file || fstat(fileno(file), &st))
		err(EXIT_FAILURE, "%s", path);
	size_t size = (size_t)st.st_size;
	uint8_t *data = malloc(size + 1);
	if (!data || fread(data, 1, size, file) != size)
		err(EXIT_FAILURE, "%s", path);
	printf("# %s\n", path);
	fflush(stdout);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	fclose(file);
	free(path);
}

int main(int argc, char **argv)
{
	struct dirent **names;
	int count;

	/* To replay when somebody wants to fuzz would find nothing, silently. */
	if (argc > 1)
		errx(2, "%s: libFuzzer's arguments want --config=fuzz",
		     argv[1]);
	count = scandir(RM_FUZZ_CORPUS, &names, no_dot, alphasort);
	if (count < 0)
		err(EXIT_FAILURE, "%s", RM_FUZZ_CORPUS);
	for (int i = 0; i < count; i++) {
		replay(RM_FUZZ_CORPUS, names[i]->d_name);
		printf("ok %d - %s\n", i + 1, names[i]->d_name);
		free(names[i]);
	}
	free(names);
	printf("1..%d\n", count);
	/* A corpus that is not there proves nothing. */
	return count ? EXIT_SUCCESS : EXIT_FAILURE;
}
