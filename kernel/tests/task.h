/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * task.h - processes that a case starts beside itself
 */
#ifndef TASK_H
#define TASK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "ring.h"

/* Runs @body in a process of its own, which then ends. */
pid_t task_start(void (*body)(void *context), void *context);

/* The process has ended; false: it runs. Ending badly fails the case. */
bool task_has_ended(pid_t pid);

/* Waits for its end, which must be a good one. */
void task_join(pid_t pid);

/* Kills it and waits for its end. */
void task_kill(pid_t pid);

/*
 * Waits until it sleeps in the kernel. It must have come so far that it sleeps
 * nowhere but where it is meant to.
 */
void task_await_sleep(pid_t pid);

/* Memory that the processes of a case share; zeroed. */
void *task_shared(size_t size);

/* A writer of @count events on the ring's CPU, from 0 on. */
pid_t task_writer(const struct ring *r, uint32_t count, size_t size);

#endif
