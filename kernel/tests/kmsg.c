// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmsg.c - the kernel's log since a case began
 */
#define _GNU_SOURCE
#include "kmsg.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How warnings, oopses, lockdep, KASAN, UBSAN, RCU and the like begin. */
static const char *const complaints[] = {
	"WARNING: ",
	"BUG: ",
	"Oops",
	"general protection fault",
	"UBSAN: ",
	"INFO: possible",
	"INFO: task",
	"INFO: trying to register",
	"rcu_sched",
	"rcu: INFO",
	"INFO: rcu",
	"possible circular locking",
	"kernel BUG at",
	"suspicious RCU usage",
	"soft lockup",
	"refcount_t: ",
	"unreferenced object",
	"list_add corruption",
	"list_del corruption",
	"ring buffer time stamp mismatch",
};

void kmsg_open(struct kmsg *log)
{
	log->fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (log->fd < 0 || lseek(log->fd, 0, SEEK_END) < 0) {
		perror("/dev/kmsg");
		exit(EXIT_FAILURE);
	}
}

static bool is_complaint(const char *text)
{
	for (size_t i = 0; i < sizeof(complaints) / sizeof(*complaints); i++)
		if (strstr(text, complaints[i]))
			return true;
	return false;
}

bool kmsg_splat(struct kmsg *log, char *text, size_t size)
{
	char record[8192];
	bool found = false;
	ssize_t n;

	/* One record a read; EPIPE: records were lost, the next is readable. */
	while ((n = read(log->fd, record, sizeof(record) - 1)) > 0 ||
	       (n < 0 && errno == EPIPE)) {
		if (n < 0 || found)
			continue;
		record[n] = '\0';
		/* "level,sequence,time,flags;text\n KEY=value\n" */
		char *said = strchr(record, ';');
		if (!said)
			continue;
		said[strcspn(said, "\n")] = '\0';
		if (!is_complaint(said + 1))
			continue;
		snprintf(text, size, "%s", said + 1);
		found = true;
	}
	close(log->fd);
	return found;
}
