// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmemleak.c - is there memory that the kernel has lost?
 *
 * The last program of a guest whose kernel can tell.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define KMEMLEAK "/sys/kernel/debug/kmemleak"

enum {
	/* The kernel is silent about objects that are younger. */
	MIN_AGE_SECONDS = 6,
	/* It believes a checksum only when it has seen it twice. */
	SCANS = 3
};

static int say_errno(const char *what)
{
	printf("# %s: %s\nnot ok 1 kmemleak\n", what, strerror(errno));
	return 1;
}

int main(void)
{
	char text[4096];
	size_t leaked = 0;
	ssize_t size;
	int fd = open(KMEMLEAK, O_RDWR);

	printf("KTAP version 1\n1..1\n");
	if (fd < 0)
		return say_errno("open " KMEMLEAK);
	for (int i = 0; i < SCANS; i++) {
		sleep(MIN_AGE_SECONDS);
		if (write(fd, "scan", 4) != 4)
			return say_errno("scan");
	}
	while ((size = read(fd, text, sizeof(text))) > 0) {
		leaked += (size_t)size;
		fwrite(text, 1, (size_t)size, stderr);
	}
	if (size < 0)
		return say_errno("read");
	printf("%s 1 kmemleak\n", leaked ? "not ok" : "ok");
	return leaked != 0;
}
