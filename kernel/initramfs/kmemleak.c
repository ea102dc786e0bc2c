// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmemleak.c - is there memory that the kernel has lost?
 *
 * The last program of a guest whose kernel can tell. What was allocated before
 * the programs began, by the boot (process 0) or by an initcall (process 1, which
 * becomes the guest's init and maps nothing), is not theirs: ACPI alone loses some.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/klog.h>
#include <unistd.h>

#define KMEMLEAK "/sys/kernel/debug/kmemleak"

enum {
	/* The kernel is silent about objects that are younger. */
	MIN_AGE_SECONDS = 6,
	/* It believes a checksum only when it has seen it twice. */
	SCANS = 3,
	/* Of klogctl(), and levels: warnings and worse; all but debugging. */
	CONSOLE_LEVEL = 8,
	WARNINGS = 5,
	ALL = 7
};

static char text[1 << 20];

static int say_errno(const char *what)
{
	printf("# %s: %s\nnot ok 1 kmemleak\n", what, strerror(errno));
	return 1;
}

/* Tells of the programs' own losses, each beginning with this; how many. */
static unsigned int tell(char *objects)
{
	static const char first[] = "unreferenced object";
	unsigned int count = 0;

	for (char *at = strstr(objects, first), *next; at; at = next) {
		next = strstr(at + 1, first);
		int size = next ? (int)(next - at) : (int)strlen(at);
		char *pid = strstr(at, ", pid ");
		bool boot = pid && pid < at + size &&
			    (!strncmp(pid, ", pid 0,", 8) ||
			     !strncmp(pid, ", pid 1,", 8));

		if (boot)
			continue;
		fprintf(stderr, "%.*s", size, at);
		count++;
	}
	return count;
}

static int scan(int fd)
{
	/* It says on the console that there is something new, whatever. */
	if (klogctl(CONSOLE_LEVEL, NULL, WARNINGS) < 0)
		return -1;
	for (int i = 0; i < SCANS; i++) {
		sleep(MIN_AGE_SECONDS);
		if (write(fd, "scan", 4) != 4)
			return -1;
	}
	return klogctl(CONSOLE_LEVEL, NULL, ALL);
}

int main(void)
{
	size_t used = 0;
	ssize_t size;
	int fd = open(KMEMLEAK, O_RDWR);

	printf("KTAP version 1\n1..1\n");
	if (fd < 0)
		return say_errno("open " KMEMLEAK);
	if (scan(fd) < 0)
		return say_errno("scan");
	while ((size = read(fd, text + used, sizeof(text) - 1 - used)) > 0)
		used += (size_t)size;
	if (size < 0 || used == sizeof(text) - 1)
		return say_errno("read");
	unsigned int lost = tell(text);
	printf("%s 1 kmemleak\n", lost ? "not ok" : "ok");
	return lost != 0;
}
