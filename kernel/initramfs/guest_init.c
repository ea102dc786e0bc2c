// SPDX-License-Identifier: GPL-2.0-only
/*
 * guest_init.c - the first process of a test guest
 *
 * It runs the programs of /etc/programs, one a line with its arguments, one
 * after the other, and writes one report to the second serial port:
 *
 *	KTAP version 1
 *	1..2
 *	# ringmap-guest: kernel 6.1.192 x86_64
 *	    KTAP version 1
 *	    1..40
 *	    ok 1 map.is_shared_only
 *	    ok 2 map.after_exec # SKIP no mapping
 *	    ...
 *	ok 1 kcases
 *	    ...
 *	not ok 2 stress # exit 1
 *	# ringmap-guest: tainted 0
 *	# ringmap-guest: complete
 *
 * What is indented is a program's stdout: one KTAP report with its plan first;
 * no case of any program may be called as another one. A program ends with 0 if
 * no case failed, with 1 if one did; whatever else it does is its own failure.
 * Its stderr goes to the console. What it leaves running is killed. The
 * environment has RINGMAP_KERNEL, the name that kernel/expected.txt uses.
 * kernel/tools/verdict.py judges the report.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define PROGRAMS "/etc/programs"

enum {
	/* QEMU's isa-debug-exit is there, and ends with 2 * value + 1. */
	EXIT_PORT = 0xf4,
	EXIT_COMPLETE = 0x10,
	EXIT_FAILED = 0x11,
	MAX_PROGRAMS = 16,
	MAX_ARGS = 16
};

struct program {
	char *argv[MAX_ARGS + 1];
	const char *name;
};

/* Ends the machine. Nothing but this gives QEMU these exit statuses. */
static _Noreturn void end_guest(unsigned char value)
{
	sync();
	if (!ioperm(EXIT_PORT, 1, 1))
		outb(value, EXIT_PORT);
	/* A panic, which is what the end of the first process is. */
	_exit(1);
}

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "guest_init: %s: %s\n", what, strerror(errno));
	end_guest(EXIT_FAILED);
}

static void mount_one(const char *type, const char *where)
{
	mkdir(where, 0755);
	if (mount(type, where, type, 0, NULL))
		die(where);
}

static void mount_all(void)
{
	mount_one("proc", "/proc");
	mount_one("sysfs", "/sys");
	mount_one("debugfs", "/sys/kernel/debug");
	mount_one("tracefs", "/sys/kernel/tracing");
	mount_one("tmpfs", "/tmp");
	mount_one("tmpfs", "/dev/shm");
}

/* The kernel opened no console: there was no /dev. */
static void open_console(void)
{
	mkdir("/dev", 0755);
	if (mount("devtmpfs", "/dev", "devtmpfs", 0, NULL) && errno != EBUSY)
		end_guest(EXIT_FAILED);
	int fd = open("/dev/console", O_RDWR);
	if (fd < 0)
		end_guest(EXIT_FAILED);
	for (int i = 0; i <= STDERR_FILENO; i++)
		dup2(fd, i);
	if (fd > STDERR_FILENO)
		close(fd);
}

static int open_report(void)
{
	struct termios raw;
	int fd = open("/dev/ttyS1", O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd < 0 || tcgetattr(fd, &raw))
		die("/dev/ttyS1");
	cfmakeraw(&raw);
	if (tcsetattr(fd, TCSANOW, &raw))
		die("/dev/ttyS1");
	return fd;
}

static void write_all(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t done = write(fd, data, size);

		if (done < 0 && errno != EINTR)
			die("the report");
		if (done > 0) {
			data += done;
			size -= (size_t)done;
		}
	}
}

static void report(int fd, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void report(int fd, const char *format, ...)
{
	char line[300];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	write_all(fd, line, strlen(line));
}

/* The lines of the file, cut into words. */
static size_t read_programs(struct program *programs)
{
	FILE *file = fopen(PROGRAMS, "re");
	size_t count = 0, size = 0;
	char *line = NULL;

	if (!file)
		die(PROGRAMS);
	for (; getline(&line, &size, file) >= 0; line = NULL) {
		struct program *program = &programs[count++];
		char *rest, *slash;
		int words = 0;

		for (char *word = strtok_r(line, " \n", &rest); word;
		     word = strtok_r(NULL, " \n", &rest)) {
			if (words == MAX_ARGS || count > MAX_PROGRAMS)
				die(PROGRAMS ": too much");
			program->argv[words++] = word;
		}
		if (!words)
			die(PROGRAMS ": an empty line");
		slash = strrchr(program->argv[0], '/');
		program->name = slash ? slash + 1 : program->argv[0];
	}
	fclose(file);
	return count;
}

/* Copies what can be read now, indented. False at the end. */
static bool forward(int from, int to, bool *line_start)
{
	char data[4096];
	ssize_t size = read(from, data, sizeof(data));

	if (size <= 0)
		return size < 0 && errno == EINTR;
	for (char *next = data; next < data + size;) {
		size_t left = (size_t)(data + size - next);
		char *newline = memchr(next, '\n', left);
		size_t length = newline ? (size_t)(newline + 1 - next) : left;

		if (*line_start)
			write_all(to, "    ", 4);
		write_all(to, next, length);
		*line_start = newline;
		next += length;
	}
	return true;
}

/* Until the program ends; a process that it leaves may hold its stdout. */
static void forward_until_end(int pidfd, int from, int to)
{
	struct pollfd wait[] = {{.fd = from, .events = POLLIN},
				{.fd = pidfd, .events = POLLIN}};
	bool line_start = true, open = true;

	while (open) {
		if (poll(wait, 2, -1) < 0 && errno != EINTR)
			die("poll");
		if (wait[0].revents)
			open = forward(from, to, &line_start);
		else if (wait[1].revents)
			break;
	}
	if (!line_start)
		write_all(to, "\n", 1);
}

static _Noreturn void exec_program(const struct program *program, int out)
{
	setsid();
	dup2(out, STDOUT_FILENO);
	execv(program->argv[0], program->argv);
	fprintf(stderr, "guest_init: %s: %s\n", program->argv[0],
		strerror(errno));
	_exit(127);
}

/* Returns the program's status as waitpid() gives it. */
static int run_program(const struct program *program, int fd)
{
	int out[2], status;

	if (pipe2(out, O_CLOEXEC))
		die("pipe");
	pid_t pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0)
		exec_program(program, out[1]);
	close(out[1]);
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (pidfd < 0)
		die("pidfd_open");
	forward_until_end(pidfd, out[0], fd);
	close(pidfd);
	close(out[0]);
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid");
	kill(-1, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
	return status;
}

static void report_program(int fd, size_t number, const char *name, int status)
{
	if (WIFSIGNALED(status))
		report(fd, "not ok %zu %s # signal %d\n", number, name,
		       WTERMSIG(status));
	else if (WEXITSTATUS(status))
		report(fd, "not ok %zu %s # exit %d\n", number, name,
		       WEXITSTATUS(status));
	else
		report(fd, "ok %zu %s\n", number, name);
}

/* What the kernel thinks of itself after all that. */
static void report_taint(int fd)
{
	char taint[32];
	FILE *file = fopen("/proc/sys/kernel/tainted", "re");

	if (!file || !fgets(taint, sizeof(taint), file))
		die("tainted");
	fclose(file);
	report(fd, "# ringmap-guest: tainted %s", taint);
}

int main(void)
{
	struct program programs[MAX_PROGRAMS + 1] = {0};
	struct utsname names;

	open_console();
	mount_all();
	/* run_guest.py only wants to know whether a guest gets here. */
	if (getenv("RINGMAP_PROBE"))
		end_guest(EXIT_COMPLETE);
	int fd = open_report();
	size_t count = read_programs(programs);

	uname(&names);
	report(fd, "KTAP version 1\n1..%zu\n", count);
	report(fd, "# ringmap-guest: kernel %s %s\n", names.release,
	       names.machine);
	for (size_t i = 0; i < count; i++) {
		int status = run_program(&programs[i], fd);

		report_program(fd, i + 1, programs[i].name, status);
	}
	report_taint(fd);
	report(fd, "# ringmap-guest: complete\n");
	tcdrain(fd);
	end_guest(EXIT_COMPLETE);
}
