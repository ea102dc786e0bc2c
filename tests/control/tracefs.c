/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * tracefs.c - what tracefs and /proc say, asked without the library
 */
#define _GNU_SOURCE
#include "tests/control/tracefs.h"

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TRACEFS "/sys/kernel/tracing"

/* A guard retries for ten seconds; a busy machine may take longer. */
#define VANISH_SECONDS 30

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

static void path_of(const char *instance, const char *file, char ret[512])
{
	if (instance)
		snprintf(ret, 512, TRACEFS "/instances/%s/%s", instance, file);
	else
		snprintf(ret, 512, TRACEFS "/%s", file);
}

bool rm_exists(const char *instance)
{
	char path[512];

	path_of(instance, "", path);
	return !access(path, F_OK);
}

bool rm_vanishes(const char *instance)
{
	for (int i = 0; i < VANISH_SECONDS * 100; i++) {
		if (!rm_exists(instance))
			return true;
		usleep(10000);
	}
	return false;
}

char *rm_read_sized(const char *instance, const char *file, char *ret,
		    size_t size)
{
	char path[512];

	path_of(instance, file, path);
	FILE *f = fopen(path, "re");
	ck_assert_msg(f != NULL, "%s", path);
	size_t n = fread(ret, 1, size - 1, f);
	fclose(f);
	ret[n] = '\0';
	if (n && ret[n - 1] == '\n')
		ret[n - 1] = '\0';
	return ret;
}

char *rm_read(const char *instance, const char *file, char ret[256])
{
	return rm_read_sized(instance, file, ret, 256);
}

int rm_lines(const char *instance, const char *file)
{
	char path[512];
	int lines = 0;

	path_of(instance, file, path);
	FILE *f = fopen(path, "re");
	ck_assert_msg(f != NULL, "%s", path);
	for (int c; (c = fgetc(f)) != EOF;)
		lines += c == '\n';
	fclose(f);
	return lines;
}

static pid_t parent_of(const char *pid)
{
	char path[300], line[512];
	int parent = -1;

	snprintf(path, sizeof(path), "/proc/%s/stat", pid);
	FILE *f = fopen(path, "re");
	if (!f)
		return -1;
	/* The name before it may hold anything. */
	if (fgets(line, sizeof(line), f) && strrchr(line, ')'))
		sscanf(strrchr(line, ')'), ") %*c %d", &parent);
	fclose(f);
	return parent;
}

int rm_children(pid_t *ret)
{
	DIR *proc = opendir("/proc");
	int count = 0;

	ck_assert(proc != NULL);
	for (struct dirent *entry; (entry = readdir(proc));) {
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9' ||
		    parent_of(entry->d_name) != getpid())
			continue;
		count++;
		if (ret)
			*ret = atoi(entry->d_name);
	}
	closedir(proc);
	return count;
}

int rm_descriptors(pid_t pid)
{
	char path[64];
	int count = 0;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	DIR *dir = opendir(path);
	ck_assert(dir != NULL);
	for (struct dirent *entry; (entry = readdir(dir));)
		count += entry->d_name[0] != '.';
	closedir(dir);
	return count;
}

long rm_status_kb(pid_t pid, const char *line)
{
	char path[64], text[256];
	long kb = -1;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	FILE *f = fopen(path, "re");
	ck_assert(f != NULL);
	while (kb < 0 && fgets(text, sizeof(text), f)) {
		if (!strncmp(text, line, strlen(line)) &&
		    text[strlen(line)] == ':')
			kb = atol(text + strlen(line) + 1);
	}
	fclose(f);
	return kb;
}
