/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmsg.h - did the kernel complain?
 */
#ifndef KMSG_H
#define KMSG_H

#include <stdbool.h>
#include <stddef.h>

/* A place in the kernel's log. */
struct kmsg {
	int fd;
};

/* What the kernel logs from here on. A guest without /dev/kmsg is no guest. */
void kmsg_open(struct kmsg *log);

/* Copies the first complaint since, if there is one, and ends the watch. */
bool kmsg_splat(struct kmsg *log, char *text, size_t size);

#endif
