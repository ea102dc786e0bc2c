// SPDX-License-Identifier: GPL-2.0-only
/*
 * task.c - processes beside the case's first one
 */
#define _GNU_SOURCE
#include "task.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ktap.h"

pid_t task_start(void (*body)(void *context), void *context)
{
	pid_t pid = fork();

	EXPECT_OK(pid);
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	body(context);
	_exit(0);
}

static void expect_good_end(int status)
{
	EXPECT(!WIFSIGNALED(status), "a process died by signal %d",
	       WTERMSIG(status));
	/* What went wrong it has already said itself. */
	EXPECT(WEXITSTATUS(status) == 0, "a process failed");
}

bool task_has_ended(pid_t pid)
{
	int status;
	pid_t ended = waitpid(pid, &status, WNOHANG);

	EXPECT_OK(ended);
	if (ended == pid)
		expect_good_end(status);
	return ended == pid;
}

void task_join(pid_t pid)
{
	int status;

	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	expect_good_end(status);
}

void task_kill(pid_t pid)
{
	EXPECT_OK(kill(pid, SIGKILL));
	EXPECT_EQ(waitpid(pid, NULL, 0), pid);
}

/* The letter in /proc/PID/stat. */
static char state_of(pid_t pid)
{
	char path[40], text[300];

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	FILE *file = fopen(path, "re");
	EXPECT(file, "cannot open %s", path);
	size_t n = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[n] = '\0';
	const char *end = strrchr(text, ')');
	EXPECT(end && end[1] == ' ', "%s is not as expected", path);
	return end[2];
}

void task_await_sleep(pid_t pid)
{
	char state;

	while ((state = state_of(pid)) != 'S') {
		EXPECT(state != 'Z', "the process ended and did not sleep");
		sched_yield();
	}
}

void *task_shared(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	EXPECT(memory != MAP_FAILED, "no memory");
	return memory;
}

pid_t task_writer(const struct ring *r, uint32_t count, size_t size)
{
	pid_t pid = fork();

	EXPECT_OK(pid);
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	pin_to(r->cpu);
	ring_write_many(r, 0, count, size);
	_exit(0);
}
