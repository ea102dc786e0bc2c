/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * guard_trim.c - finds and unmaps memory that a cloned child does not need
 *
 * A child shares its parent's pages until one of the two writes to them. If the
 * parent frees a table of ten gigabytes, the pages stay in use as long as the
 * child maps them. The guard therefore unmaps the heap and large anonymous
 * mappings.
 */
#define _GNU_SOURCE
#include "session/guard_trim.h"

#include "base/cleanup.h"
#include "session/instance.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

/* The sanitizers' shadow memory looks like a heap but must stay. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SHADOW_MEMORY true
#else
#define SHADOW_MEMORY false
#endif

static void close_file(FILE **f)
{
	if (*f)
		fclose(*f);
}

static bool holds(uintptr_t start, uintptr_t end, const void *p)
{
	return start <= (uintptr_t)p && (uintptr_t)p < end;
}

/* Parses "START-END PERMS OFFSET DEVICE INODE NAME", see proc(5). */
static void consider(struct rm_trim *trim, const char *line, const void *stack)
{
	uintptr_t start, end;
	char perms[5];
	unsigned long inode;
	int name = 0;

	if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s %*s %*s %lu %n", &start,
		   &end, perms, &inode, &name) != 4)
		return;
	if (strncmp(perms, "rw", 2) || perms[3] != 'p' || inode)
		return;
	if (line[name] && strncmp(line + name, "[heap]", 6) &&
	    strncmp(line + name, "[anon:", 6))
		return;
	if (end - start < RM_TRIM_SMALLEST || holds(start, end, stack) ||
	    holds(start, end, &errno))
		return;
	trim->region[trim->count].start = (void *)start;
	trim->region[trim->count].size = end - start;
	trim->count++;
}

void rm_trim_plan(struct rm_trim *ret)
{
	ret->count = 0;
	if (SHADOW_MEMORY)
		return;
	__attribute__((cleanup(close_file))) FILE *maps =
		fopen("/proc/self/maps", "re");
	rm_autofree char *line = NULL;
	size_t room = 0;
	char here;

	while (maps && ret->count < RM_TRIM_REGIONS &&
	       getline(&line, &room, maps) > 0)
		consider(ret, line, &here);
}

void rm_trim_drop(const struct rm_trim *trim)
{
	for (size_t i = 0; i < trim->count; i++)
		syscall(SYS_munmap, trim->region[i].start,
			trim->region[i].size);
}
