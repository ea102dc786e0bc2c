/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * guard_test.c - an instance goes when its process does, whatever ends it
 */
#define _GNU_SOURCE
#include "tests/control/tracefs.h"
#include "tests/support/rm_check.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <ringmap/ringmap.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct ringmap_error err;

static struct ringmap_session *open_default(void)
{
	struct ringmap_session *session;

	ck_assert_msg(!ringmap_session_open(NULL, &session, &err), "%s",
		      err.text);
	return session;
}

static void close_it(struct ringmap_session *session)
{
	ck_assert_msg(!ringmap_session_close(session, &err), "%s", err.text);
}

static int open_raw(const char *instance)
{
	char path[256];

	snprintf(path, sizeof(path),
		 "/sys/kernel/tracing/instances/%s/per_cpu/cpu0/trace_pipe_raw",
		 instance);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ck_assert_int_ge(fd, 0);
	return fd;
}

/* At least one event there, if system calls are recorded. */
static void enter_kernel_on_cpu(unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	ck_assert(!sched_setaffinity(0, sizeof(set), &set));
	getppid();
}

/* ---- a process of its own that has a session -------------------------------- */

struct owner {
	pid_t pid;
	pid_t child; /* of the owner; 0: none */
	char instance[64];
};

/* What the owner does once it has told its instance's name. */
enum owner_end {
	WAIT_FOR_SIGNAL,
	RETURN_FROM_MAIN,
	WAIT_WITH_CHILD,
	BECOME_SLEEP,
	GIVE_UP_RIGHTS,
	EXIT_WITHOUT_CLOSE
};

/* The statuses that GIVE_UP_RIGHTS found, as an exit status. */
#define RIGHTS_AS_EXPECTED 7

static void give_up_rights(struct ringmap_session *session)
{
	if (setuid(65534))
		_exit(1);
	enum ringmap_status s = ringmap_session_close(session, NULL);
	_exit(s == RINGMAP_E_PERMISSION ? RIGHTS_AS_EXPECTED : 1);
}

static void own(enum owner_end end, int out)
{
	struct owner self = {.pid = getpid()};
	struct ringmap_session *session;

	if (ringmap_session_open(NULL, &session, NULL))
		_exit(1);
	strcpy(self.instance, ringmap_session_instance(session));
	if (end == WAIT_WITH_CHILD) {
		self.child = fork();
		if (!self.child)
			for (;;)
				pause();
	}
	if (write(out, &self, sizeof(self)) != sizeof(self))
		_exit(1);
	if (end == BECOME_SLEEP)
		execlp("sleep", "sleep", "1000", (char *)NULL);
	if (end == GIVE_UP_RIGHTS)
		give_up_rights(session);
	/* Unlike _exit(), exit() lets the library look after its sessions. */
	if (end == EXIT_WITHOUT_CLOSE)
		exit(0);
	while (end != RETURN_FROM_MAIN)
		pause();
	_exit(0);
}

/* @flags: CLONE_NEWPID, and the owner is the first process of a namespace. */
static struct owner start_owner_in(unsigned long flags, enum owner_end end)
{
	struct owner owner;
	int pipes[2];

	ck_assert(!pipe2(pipes, O_CLOEXEC));
	ck_assert(!unshare((int)flags));
	pid_t pid = fork();
	if (!pid) {
		setpgid(0, 0);
		/* Check's handlers would kill the case, too. */
		for (int i = 1; i < NSIG; i++)
			signal(i, SIG_DFL);
		own(end, pipes[1]);
	}
	close(pipes[1]);
	ck_assert_int_eq(read(pipes[0], &owner, sizeof(owner)), sizeof(owner));
	close(pipes[0]);
	/* As this process knows it. */
	owner.pid = pid;
	return owner;
}

static struct owner start_owner(enum owner_end end)
{
	return start_owner_in(0, end);
}

static const char *path_of(const char *instance)
{
	static char path[256];

	snprintf(path, sizeof(path), "/sys/kernel/tracing/instances/%s",
		 instance);
	return path;
}

static int end_of(const struct owner *owner)
{
	int status;

	ck_assert_int_eq(waitpid(owner->pid, &status, 0), owner->pid);
	return status;
}

/* ---- ends of a process ----------------------------------------------------------- */

START_TEST(exit_removes)
{
	rm_needs_tracing();
	struct owner owner = start_owner(RETURN_FROM_MAIN);

	ck_assert_int_eq(end_of(&owner), 0);
	ck_assert(rm_vanishes(owner.instance));
}
END_TEST

START_TEST(every_fatal_signal_removes)
{
	rm_needs_tracing();
	const int signals[] = {SIGKILL, SIGINT,  SIGTERM,
			       SIGHUP,  SIGSEGV, SIGUSR1};

	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		struct owner owner = start_owner(WAIT_FOR_SIGNAL);

		ck_assert(rm_exists(owner.instance));
		kill(owner.pid, signals[i]);
		ck_assert_int_eq(WTERMSIG(end_of(&owner)), signals[i]);
		ck_assert(rm_vanishes(owner.instance));
	}
}
END_TEST

START_TEST(killed_process_group_removes)
{
	rm_needs_tracing();
	struct owner owner = start_owner(WAIT_FOR_SIGNAL);

	kill(-owner.pid, SIGKILL);
	end_of(&owner);
	ck_assert(rm_vanishes(owner.instance));
}
END_TEST

START_TEST(child_that_lives_on_does_not_keep_it)
{
	rm_needs_tracing();
	struct owner owner = start_owner(WAIT_WITH_CHILD);

	kill(owner.pid, SIGKILL);
	end_of(&owner);
	ck_assert(rm_vanishes(owner.instance));
	ck_assert(!kill(owner.child, SIGKILL));
}
END_TEST

START_TEST(child_that_ends_does_not_remove_it)
{
	rm_needs_tracing();
	struct owner owner = start_owner(WAIT_WITH_CHILD);

	kill(owner.child, SIGKILL);
	usleep(200000);
	ck_assert(rm_exists(owner.instance));
	kill(owner.pid, SIGKILL);
	end_of(&owner);
	ck_assert(rm_vanishes(owner.instance));
}
END_TEST

START_TEST(program_that_was_executed_removes_at_its_end)
{
	rm_needs_tracing();
	struct owner owner = start_owner(BECOME_SLEEP);

	usleep(200000);
	ck_assert(rm_exists(owner.instance));
	kill(owner.pid, SIGTERM);
	ck_assert_int_eq(WTERMSIG(end_of(&owner)), SIGTERM);
	ck_assert(rm_vanishes(owner.instance));
}
END_TEST

START_TEST(process_that_gave_up_its_rights_removes_at_its_end)
{
	rm_needs_tracing();
	struct owner owner = start_owner(GIVE_UP_RIGHTS);

	ck_assert_int_eq(WEXITSTATUS(end_of(&owner)), RIGHTS_AS_EXPECTED);
	ck_assert(rm_vanishes(owner.instance));
}
END_TEST

/* The children of this process cannot fork any more, so it goes back. */
static void leave_namespace(int own)
{
	ck_assert(!setns(own, CLONE_NEWPID));
	close(own);
}

START_TEST(first_process_of_a_namespace_removes_at_its_exit)
{
	rm_needs_tracing();
	int own = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
	struct owner owner = start_owner_in(CLONE_NEWPID, EXIT_WITHOUT_CLOSE);

	ck_assert_int_eq(end_of(&owner), 0);
	ck_assert(!rm_exists(owner.instance));
	leave_namespace(own);
}
END_TEST

START_TEST(next_session_removes_what_a_namespace_left)
{
	rm_needs_tracing();
	int own = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
	struct owner owner = start_owner_in(CLONE_NEWPID, WAIT_FOR_SIGNAL);
	struct owner alive;

	kill(owner.pid, SIGKILL);
	end_of(&owner);
	/* Its guard was killed with it. */
	ck_assert(rm_exists(owner.instance));
	leave_namespace(own);
	alive = start_owner(WAIT_FOR_SIGNAL);
	ck_assert(!rm_exists(owner.instance));
	/* Those that have a program stay. */
	close_it(open_default());
	ck_assert(rm_exists(alive.instance));
	kill(alive.pid, SIGKILL);
	end_of(&alive);
	ck_assert(rm_vanishes(alive.instance));
}
END_TEST

START_TEST(session_with_a_killed_guard_is_not_swept)
{
	rm_needs_tracing();
	struct ringmap_session *session = open_default();
	pid_t guard;

	ck_assert_int_eq(rm_children(&guard), 1);
	kill(guard, SIGKILL);
	ck_assert_int_eq(waitpid(guard, NULL, __WALL), guard);
	struct ringmap_session *other = open_default();
	/* A swept name would be free, and the other session would have it. */
	ck_assert_str_ne(ringmap_session_instance(other),
			 ringmap_session_instance(session));
	ck_assert_msg(!ringmap_session_start(session, &err), "%s", err.text);
	ck_assert(rm_exists(ringmap_session_instance(session)));
	close_it(other);
	close_it(session);
}
END_TEST

/* The pid that a child has in the namespace of this process's children. */
static int pid_of_next_child(void)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(getpid());
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WEXITSTATUS(status);
}

static void open_and_close(void)
{
	struct ringmap_session *session = open_default();
	char name[64];

	strcpy(name, ringmap_session_instance(session));
	close_it(session);
	ck_assert(!rm_exists(name));
}

START_TEST(children_in_another_namespace_do_not_matter)
{
	rm_needs_tracing();
#ifdef __SANITIZE_THREAD__
	rm_skip("the sanitizer's thread in each child takes a pid");
#endif
	int own = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);

	/* The new namespace has no process, then one, then its last is dead. */
	ck_assert(!unshare(CLONE_NEWPID));
	open_and_close();
	pid_t first = fork();
	if (!first)
		for (;;)
			pause();
	open_and_close();
	ck_assert_int_eq(pid_of_next_child(), 2);
	kill(first, SIGKILL);
	ck_assert_int_eq(waitpid(first, NULL, 0), first);
	open_and_close();
	ck_assert_int_eq(fork(), -1);
	ck_assert_int_eq(errno, ENOMEM);
	leave_namespace(own);
	/* A namespace without a process stays one. */
	own = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
	ck_assert(!unshare(CLONE_NEWPID));
	open_and_close();
	ck_assert_int_eq(pid_of_next_child(), 1);
	leave_namespace(own);
	ck_assert_int_eq(rm_children(NULL), 0);
}
END_TEST

START_TEST(guard_without_the_right_to_its_namespace_is_refused)
{
	rm_needs_tracing();
	int own = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
	struct ringmap_session *session;

	ck_assert(!unshare(CLONE_NEWPID));
	ck_assert(!seteuid(65534));
	ck_assert_int_eq(ringmap_session_open(NULL, &session, &err),
			 RINGMAP_E_UNSUPPORTED);
	ck_assert_ptr_nonnull(strstr(err.text, "CLONE_NEWPID"));
	ck_assert(!seteuid(0));
	ck_assert_int_eq(pid_of_next_child(), 1);
	leave_namespace(own);
}
END_TEST

START_TEST(instance_of_the_same_name_is_left_alone)
{
	rm_needs_tracing();
	struct owner owner = start_owner(WAIT_FOR_SIGNAL);
	char text[256];

	ck_assert(!rmdir(path_of(owner.instance)));
	ck_assert(!mkdir(path_of(owner.instance), 0750));
	kill(owner.pid, SIGKILL);
	end_of(&owner);
	usleep(300000);
	ck_assert(rm_exists(owner.instance));
	ck_assert_str_eq(rm_read(owner.instance, "tracing_on", text), "1");
	ck_assert(!rmdir(path_of(owner.instance)));
}
END_TEST

START_TEST(session_does_not_use_an_instance_of_the_same_name)
{
	rm_needs_tracing();
	struct ringmap_session *session = open_default();
	const int32_t pid = 1;
	char name[64], text[256];

	strcpy(name, ringmap_session_instance(session));
	ck_assert(!rmdir(path_of(name)));
	ck_assert(!mkdir(path_of(name), 0750));
	ck_assert_int_eq(ringmap_session_stop(session, &err), RINGMAP_E_NOENT);
	ck_assert_int_eq(ringmap_session_enable(session, "sched", NULL, &err),
			 RINGMAP_E_NOENT);
	ck_assert_int_eq(ringmap_session_set_pids(session, &pid, 1, &err),
			 RINGMAP_E_NOENT);
	close_it(session);
	ck_assert(rm_exists(name));
	ck_assert_str_eq(rm_read(name, "tracing_on", text), "1");
	ck_assert(!rmdir(path_of(name)));
	ck_assert_int_eq(rm_children(NULL), 0);
}
END_TEST

START_TEST(unmounted_tracefs_is_an_error)
{
	rm_needs_tracing();
	char dir[] = "/tmp/ringmap_mount_XXXXXX";
	struct ringmap_session_opts opts = {.sz = sizeof(opts)};
	struct ringmap_session *session;
	char name[64];

	ck_assert(!unshare(CLONE_NEWNS));
	ck_assert(!mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert(!mount("nodev", dir, "tracefs", 0, NULL));
	opts.tracefs = dir;
	ck_assert_msg(!ringmap_session_open(&opts, &session, &err), "%s",
		      err.text);
	strcpy(name, ringmap_session_instance(session));
	ck_assert(!umount2(dir, MNT_DETACH));
	ck_assert_int_eq(ringmap_session_start(session, &err), RINGMAP_E_NOENT);
	ck_assert_ptr_nonnull(strstr(err.text, "no longer mounted"));
	ck_assert_int_eq(ringmap_session_close(session, &err), RINGMAP_E_NOENT);
	ck_assert(rm_vanishes(name));
	ck_assert(!rmdir(dir));
}
END_TEST

START_TEST(namespace_does_not_set_pids)
{
	rm_needs_tracing();
	int own = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
	int status;

	ck_assert(!unshare(CLONE_NEWPID));
	pid_t pid = fork();
	if (!pid) {
		struct ringmap_session *session = open_default();
		const int32_t self = getpid();

		ck_assert_int_eq(
			ringmap_session_set_pids(session, &self, 1, &err),
			RINGMAP_E_UNSUPPORTED);
		ck_assert_int_eq(
			ringmap_session_set_pids(session, NULL, 0, &err),
			RINGMAP_OK);
		close_it(session);
		_exit(7);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(WEXITSTATUS(status), 7);
	leave_namespace(own);
}
END_TEST

/* ---- forks and threads ------------------------------------------------------------- */

/* The number of the first call that is not refused. */
static int calls_of_a_child(struct ringmap_session *session)
{
	const int32_t pid = 1;

	if (ringmap_session_enable(session, "sched", NULL, &err) !=
	    RINGMAP_E_FORKED)
		return 1;
	if (ringmap_session_set_pids(session, &pid, 1, &err) !=
	    RINGMAP_E_FORKED)
		return 2;
	if (ringmap_session_start(session, &err) != RINGMAP_E_FORKED)
		return 3;
	if (ringmap_session_stop(session, &err) != RINGMAP_E_FORKED)
		return 4;
	if (ringmap_session_close(session, &err) != RINGMAP_E_FORKED)
		return 5;
	return 0;
}

START_TEST(forked_child_is_refused)
{
	rm_needs_tracing();
	struct ringmap_session *session = open_default();
	int status;
	char text[256];

	pid_t pid = fork();
	if (!pid)
		_exit(calls_of_a_child(session));
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert_str_eq(rm_read(ringmap_session_instance(session),
				 "events/enable", text),
			 "0");
	close_it(session);
}
END_TEST

static void *open_in_thread(void *ret)
{
	*(struct ringmap_session **)ret = open_default();
	return NULL;
}

START_TEST(thread_that_ends_does_not_remove_it)
{
	rm_needs_tracing();
	struct ringmap_session *session;
	pthread_t thread;

	ck_assert(!pthread_create(&thread, NULL, open_in_thread, &session));
	pthread_join(thread, NULL);
	usleep(200000);
	ck_assert(rm_exists(ringmap_session_instance(session)));
	close_it(session);
	ck_assert_int_eq(rm_children(NULL), 0);
}
END_TEST

/* ---- closing ------------------------------------------------------------------------- */

START_TEST(close_leaves_nothing_behind)
{
	rm_needs_tracing();
	int before = rm_descriptors(getpid());
	char name[64];

	for (int i = 0; i < 100; i++) {
		struct ringmap_session *session = open_default();

		strcpy(name, ringmap_session_instance(session));
		close_it(session);
		ck_assert(!rm_exists(name));
	}
	ck_assert_int_eq(rm_descriptors(getpid()), before);
	ck_assert_int_eq(rm_children(NULL), 0);
}
END_TEST

START_TEST(instance_in_use_goes_with_its_last_user)
{
	enum {
		/* Longer than a guard would have patience for: it has no limit. */
		LONG_S = 12
	};

	rm_needs_tracing();
	struct ringmap_session *session = open_default();
	char name[64];

	strcpy(name, ringmap_session_instance(session));
	int fd = open_raw(name);
	ck_assert_int_eq(ringmap_session_close(session, &err), RINGMAP_E_BUSY);
	ck_assert(strstr(err.text, name) != NULL);
	ck_assert_int_eq(rm_children(NULL), 0);
	sleep(LONG_S);
	ck_assert(rm_exists(name));
	close(fd);
	ck_assert(rm_vanishes(name));
}
END_TEST

START_TEST(session_whose_guard_was_killed_closes)
{
	rm_needs_tracing();
	struct ringmap_session *session = open_default();
	char name[64];
	pid_t guard;

	strcpy(name, ringmap_session_instance(session));
	ck_assert_int_eq(rm_children(&guard), 1);
	kill(guard, SIGKILL);
	close_it(session);
	ck_assert(!rm_exists(name));
	ck_assert_int_eq(rm_children(NULL), 0);
}
END_TEST

START_TEST(instance_removed_by_others_closes)
{
	rm_needs_tracing();
	struct ringmap_session *session = open_default();
	char path[256];

	snprintf(path, sizeof(path), "/sys/kernel/tracing/instances/%s",
		 ringmap_session_instance(session));
	ck_assert(!rmdir(path));
	close_it(session);
	ck_assert_int_eq(rm_children(NULL), 0);
}
END_TEST

/* ---- a good neighbour -------------------------------------------------------------------- */

static volatile sig_atomic_t child_signals;

static void count_child(int sig)
{
	(void)sig;
	child_signals++;
}

START_TEST(guard_does_not_show)
{
	rm_needs_tracing();
	struct sigaction count = {.sa_handler = count_child}, before;
	struct ringmap_session *session;
	pid_t guard;

	sigaction(SIGCHLD, &count, &before);
	session = open_default();
	ck_assert_int_eq(rm_children(&guard), 1);
	ck_assert_int_eq(getsid(guard), guard);
	/* Of our end, our orders, the instance, and the folder of all. */
	ck_assert_int_eq(rm_descriptors(guard), 4);
	ck_assert_int_eq(wait(NULL), -1);
	ck_assert_int_eq(errno, ECHILD);
	close_it(session);
	ck_assert_int_eq(child_signals, 0);
	sigaction(SIGCHLD, &before, NULL);
}
END_TEST

START_TEST(order_of_a_stranger_is_ignored)
{
	rm_needs_tracing();
	struct ringmap_session *session = open_default();
	int status;
	pid_t guard;

	ck_assert_int_eq(rm_children(&guard), 1);
	pid_t stranger = fork();
	if (!stranger)
		_exit(kill(guard, SIGUSR1) || kill(guard, SIGTERM));
	waitpid(stranger, &status, 0);
	ck_assert_int_eq(status, 0);
	usleep(200000);
	ck_assert_int_eq(rm_children(NULL), 1);
	ck_assert(rm_exists(ringmap_session_instance(session)));
	close_it(session);
}
END_TEST

/*
 * The guard inherits a ring's descriptor and closes it, whereupon the kernel
 * says end of file on the other one instead of EAGAIN.
 */
START_TEST(rings_read_on)
{
	rm_needs_tracing();
	struct ringmap_session *first = open_default(), *second;
	struct ringmap_ring_opts opts = {
		.sz = sizeof(opts),
		.instance = ringmap_session_instance(first),
		.mode = RINGMAP_MODE_READ,
	};
	struct ringmap_ring *ring;
	struct ringmap_page page;

	ck_assert_msg(!ringmap_ring_open(&opts, &ring, &err), "%s", err.text);
	second = open_default();
	ck_assert_int_eq(ringmap_ring_borrow_page(ring, &page), RINGMAP_DONE);
	ck_assert(!ringmap_session_enable(first, "raw_syscalls:sys_enter", NULL,
					  &err));
	ck_assert(!ringmap_session_start(first, &err));
	enter_kernel_on_cpu(0);
	ck_assert_int_eq(ringmap_ring_borrow_page(ring, &page), RINGMAP_OK);
	ck_assert_int_eq(ringmap_ring_return_page(ring, &page), RINGMAP_OK);
	ringmap_ring_unref(ring);
	close_it(second);
	close_it(first);
}
END_TEST

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true
#else
#define SANITIZED false
#endif

START_TEST(guard_does_not_keep_memory)
{
	rm_needs_tracing();
	if (SANITIZED)
		rm_skip("the sanitizers' own memory is kept");
	enum {
		SMALL = 1000,
		SMALL_COUNT = 40000,
		LARGE = 64 << 20
	};
	static void *small[SMALL_COUNT];
	char *large = malloc(LARGE);
	pid_t guard;

	memset(large, 1, LARGE);
	for (size_t i = 0; i < SMALL_COUNT; i++)
		small[i] = memset(malloc(SMALL), 1, SMALL);
	struct ringmap_session *session = open_default();
	ck_assert_int_eq(rm_children(&guard), 1);
	ck_assert_int_gt(rm_status_kb(getpid(), "RssAnon"), LARGE / 1024);
	ck_assert_int_lt(rm_status_kb(guard, "RssAnon"), 4096);
	close_it(session);
	for (size_t i = 0; i < SMALL_COUNT; i++)
		free(small[i]);
	free(large);
}
END_TEST

RM_MAIN(exit_removes, every_fatal_signal_removes, killed_process_group_removes,
	child_that_lives_on_does_not_keep_it,
	child_that_ends_does_not_remove_it,
	program_that_was_executed_removes_at_its_end,
	process_that_gave_up_its_rights_removes_at_its_end,
	first_process_of_a_namespace_removes_at_its_exit,
	next_session_removes_what_a_namespace_left,
	session_with_a_killed_guard_is_not_swept,
	children_in_another_namespace_do_not_matter,
	guard_without_the_right_to_its_namespace_is_refused,
	instance_of_the_same_name_is_left_alone,
	session_does_not_use_an_instance_of_the_same_name,
	unmounted_tracefs_is_an_error, namespace_does_not_set_pids,
	forked_child_is_refused, thread_that_ends_does_not_remove_it,
	close_leaves_nothing_behind, instance_in_use_goes_with_its_last_user,
	session_whose_guard_was_killed_closes,
	instance_removed_by_others_closes, guard_does_not_show,
	order_of_a_stranger_is_ignored, rings_read_on,
	guard_does_not_keep_memory)
