/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * tracefs_tree.c - a folder laid out as tracefs is, with ordinary files
 */
#define _GNU_SOURCE
#include "tests/unit/tracefs_tree.h"

#include "tests/support/rm_check.h"
#include "tests/unit/map_file.h"
#include "tests/unit/recording.h"

#include <errno.h>
#include <ftw.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

void rm_tree_make(struct rm_tree *ret)
{
	const char *dir = getenv("TEST_TMPDIR");

	int n = snprintf(ret->root, sizeof(ret->root), "%s/ringmap_XXXXXX",
			 dir ? dir : "/tmp");
	ck_assert(n > 0 && (size_t)n < sizeof(ret->root));
	ck_assert_ptr_nonnull(mkdtemp(ret->root));
	/* Others may look in, unless a case says otherwise. */
	ck_assert(!chmod(ret->root, 0755));
}

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void rm_tree_free(struct rm_tree *tree)
{
	ck_assert(!nftw(tree->root, remove_one, 8, FTW_DEPTH | FTW_PHYS));
}

char *rm_tree_path(const struct rm_tree *tree, const char *path)
{
	char *full;

	ck_assert_int_gt(asprintf(&full, "%s/%s", tree->root, path), 0);
	return full;
}

static void make_folders(char *path)
{
	for (char *slash = path + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		ck_assert(!mkdir(path, 0755) || errno == EEXIST);
		*slash = '/';
	}
}

void rm_tree_write(const struct rm_tree *tree, const char *path,
		   const void *bytes, size_t size)
{
	char *full = rm_tree_path(tree, path);

	make_folders(full);
	FILE *file = fopen(full, "we");
	ck_assert_msg(file, "%s: %s", full, strerror(errno));
	ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
	ck_assert(!fclose(file));
	free(full);
}

void rm_tree_print(const struct rm_tree *tree, const char *path,
		   const char *text)
{
	rm_tree_write(tree, path, text, strlen(text));
}

/* Where an instance's files are, from the root. */
static char *instance_file(const char *instance, const char *file)
{
	bool top = !strcmp(instance, "/");
	char *path;

	ck_assert_int_gt(asprintf(&path, "%s%s%s%s", top ? "" : "instances/",
				  top ? "" : instance, top ? "" : "/", file),
			 0);
	return path;
}

void rm_tree_add_ring(const struct rm_tree *tree, const char *instance,
		      uint32_t cpu, uint64_t ts)
{
	struct rm_map_file file;
	char script[96];
	char name[64];

	snprintf(script, sizeof(script), "TS %" PRIu64 "; EVENT 'abcd'", ts);
	rm_map_file_make(&file, RM_SCRIPTS("TS 0", script, "TS 0"));
	file.meta->entries = 1;
	snprintf(name, sizeof(name), "per_cpu/cpu%u/trace_pipe_raw", cpu);
	char *path = instance_file(instance, name);
	rm_tree_write(tree, path, file.mem, file.size);
	free(path);
	rm_map_file_free(&file);
	snprintf(name, sizeof(name), "per_cpu/cpu%u/stats", cpu);
	path = instance_file(instance, name);
	rm_tree_print(tree, path,
		      "entries: 1\noverrun: 0\ncommit overrun: 0\nbytes: 8\n"
		      "oldest event ts:     0.000010\nnow ts:     0.000020\n"
		      "dropped events: 7\nread events: 0\n");
	free(path);
	snprintf(name, sizeof(name), "per_cpu/cpu%u/trace", cpu);
	path = instance_file(instance, name);
	rm_tree_print(tree, path, "");
	free(path);
}

void rm_tree_add_instance(const struct rm_tree *tree, const char *instance)
{
	char *path = instance_file(instance, "trace_clock");

	rm_tree_print(tree, path,
		      "local global counter uptime perf [mono] mono_raw boot "
		      "tai x86-tsc\n");
	free(path);
	path = instance_file(instance, "options/overwrite");
	rm_tree_print(tree, path, "1\n");
	free(path);
	/* The rings of rm_map_file_make() have the long of this program; that of
	 * the running kernel may be longer. */
	char text[128];
	snprintf(text, sizeof(text),
		 "\tfield: u64 timestamp;\toffset:0;\tsize:8;\n"
		 "\tfield: local_t commit;\toffset:8;\tsize:%zu;\n",
		 sizeof(long));
	path = instance_file(instance, "events/header_page");
	rm_tree_print(tree, path, text);
	free(path);
	path = instance_file(instance, "trace");
	rm_tree_print(tree, path, "");
	free(path);
}
