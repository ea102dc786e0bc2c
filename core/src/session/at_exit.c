/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * at_exit.c - removes the instances of a program that no guard outlives
 *
 * When the first process of a PID namespace ends, the kernel kills all others
 * before they notice. As such a process returns from main() or calls exit(3),
 * it can still remove its instances itself. Every other program leaves that to
 * the guard.
 */
#define _GNU_SOURCE
#include "session/at_exit.h"

#include "session/session.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct ringmap_session *first;

static void lock_list(void)
{
	pthread_mutex_lock(&lock);
}

static void unlock_list(void)
{
	pthread_mutex_unlock(&lock);
}

/* A child gets a copy of the list, which must be whole and not locked. */
__attribute__((constructor)) static void at_start(void)
{
	pthread_atfork(lock_list, unlock_list, unlock_list);
}

void rm_at_exit_add(struct ringmap_session *session)
{
	lock_list();
	session->next = first;
	first = session;
	unlock_list();
}

void rm_at_exit_drop(struct ringmap_session *session)
{
	lock_list();
	for (struct ringmap_session **at = &first; *at; at = &(*at)->next)
		if (*at == session) {
			*at = session->next;
			break;
		}
	unlock_list();
}

/* Rings that are still open make the removal fail; the next sweep does it. */
static void leave(const struct ringmap_session *session)
{
	int fd = openat(session->guard.dir, "tracing_on", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	bool off = write(fd, "0", 1) == 1;
	/* An open file would keep the instance. */
	close(fd);
	if (off && !rm_guard_find(&session->guard, session->directory))
		rmdir(session->directory);
}

__attribute__((destructor)) static void at_exit(void)
{
	if (getpid() != 1)
		return;
	lock_list();
	for (struct ringmap_session *s = first; s; s = s->next)
		if (*s->here)
			leave(s);
	unlock_list();
}
