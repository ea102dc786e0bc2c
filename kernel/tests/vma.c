// SPDX-License-Identifier: GPL-2.0-only
/*
 * vma.c - what may be done to a mapping as a whole
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cases.h"
#include "mapping.h"

/* A line of our mapping in /proc/self/smaps. Skips where there is no such. */
static void smaps_line(const struct mapping *m, const char *name, char *text,
		       size_t size)
{
	char line[400], start[40];
	bool ours = false;
	FILE *smaps = fopen("/proc/self/smaps", "r");

	if (!smaps)
		SKIP("this kernel has no /proc/self/smaps");
	snprintf(start, sizeof(start), "%lx-", (unsigned long)m->base);
	while (fgets(line, sizeof(line), smaps)) {
		if (!strncmp(line, start, strlen(start)))
			ours = true;
		if (!ours || strncmp(line, name, strlen(name)))
			continue;
		snprintf(text, size, "%s", line + strlen(name));
		fclose(smaps);
		return;
	}
	FAIL("no line %s of the mapping", name);
}

static bool has_flag(const char *flags, const char *flag)
{
	const char *at = flags;

	while ((at = strstr(at, flag))) {
		if ((at == flags || at[-1] == ' ') &&
		    (at[2] == ' ' || at[2] == '\n' || !at[2]))
			return true;
		at += 2;
	}
	return false;
}

static void has_these_flags(const void *arg)
{
	static const char *const wanted[] = {"rd", "mr", "ms", "dc",
					     "de", "dd", "mm"};
	static const char *const unwanted[] = {"wr", "ex", "mw", "io", "pf"};
	struct mapping m;
	struct ring r;
	char flags[300];

	(void)arg;
	ring_make_small(&r);
	mapping_open(&m, &r);
	smaps_line(&m, "VmFlags:", flags, sizeof(flags));
	ktap_say("VmFlags:%.*s", (int)strcspn(flags, "\n"), flags);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
		EXPECT(has_flag(flags, wanted[i]), "flag %s is missing",
		       wanted[i]);
	for (size_t i = 0; i < sizeof(unwanted) / sizeof(*unwanted); i++)
		EXPECT(!has_flag(flags, unwanted[i]), "flag %s is set",
		       unwanted[i]);
	mapping_close(&m);
}

/* The pages are the process's own in its accounts, but not locked. */
static void counts_as_resident(const void *arg)
{
	struct mapping m;
	struct ring r;
	char text[100];

	(void)arg;
	ring_make_small(&r);
	mapping_open(&m, &r);
	smaps_line(&m, "Rss:", text, sizeof(text));
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	EXPECT_EQ(strtol(text, NULL, 10) * 1024, m.size - m.meta_size + page);
	smaps_line(&m, "Locked:", text, sizeof(text));
	EXPECT_EQ(strtol(text, NULL, 10), 0);
	mapping_close(&m);
}

static void never_writable(const void *arg)
{
	struct mapping m;
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	mapping_open(&m, &r);
	EXPECT_ERRNO(mprotect(m.base, m.size, PROT_READ | PROT_WRITE), EACCES);
	EXPECT_ERRNO(mprotect(m.base, m.size, PROT_WRITE), EACCES);
	mapping_close(&m);
}

/* Nor by a descriptor that might write. */
static void never_writable_rdwr(const void *arg)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	need_mapping(&r);
	int fd = ring_open(&r, O_RDWR);
	void *part = map_raw(page, PROT_READ, MAP_SHARED, fd, 0);
	EXPECT(part != MAP_FAILED, "%s", strerrorname_np(errno));
	EXPECT_ERRNO(mprotect(part, page, PROT_READ | PROT_WRITE), EACCES);
	void *none = map_raw(page, PROT_NONE, MAP_SHARED, fd, 0);
	EXPECT(none != MAP_FAILED, "%s", strerrorname_np(errno));
	EXPECT_ERRNO(mprotect(none, page, PROT_WRITE), EACCES);
	EXPECT_OK(munmap(part, page));
	EXPECT_OK(munmap(none, page));
}

/* mmap() refuses PROT_EXEC, so what it gave must not become executable. */
static void never_executable(const void *arg)
{
	struct statvfs fs;
	struct mapping m;
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	mapping_open(&m, &r);
	EXPECT_OK(statvfs(r.dir, &fs));
	if (fs.f_flag & ST_NOEXEC)
		SKIP("tracefs is mounted noexec");
	EXPECT_ERRNO(mprotect(m.base, m.size, PROT_READ | PROT_EXEC), EACCES);
	EXPECT_ERRNO(mprotect(m.base, m.size, PROT_EXEC), EACCES);
	mapping_close(&m);
}

static void none_and_back(const void *arg)
{
	struct mapping m;
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	mapping_open(&m, &r);
	ring_write_many(&r, 0, 3, EVENT_SMALL);
	EXPECT_OK(mprotect(m.base, m.size, PROT_NONE));
	EXPECT_OK(mprotect(m.base, m.size, PROT_READ));
	EXPECT_EQ(get_reader(&m).entries, 3);
	mapping_close(&m);
	EXPECT(!ring_try_resize(&r), "the ring cannot be resized any more");
}

/* A signal that has a handler is not worth a line in the kernel's log. */
static void end_by(int number)
{
	_exit(number);
}

/* Reads a byte in a process of its own. Returns the signal that ended it. */
static int signal_of_reading(const volatile uint8_t *at)
{
	int status;
	pid_t pid = fork();

	EXPECT_OK(pid);
	if (pid == 0) {
		signal(SIGSEGV, end_by);
		signal(SIGBUS, end_by);
		(void)*at;
		_exit(0);
	}
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT(WIFEXITED(status), "a reader died by signal %d",
	       WTERMSIG(status));
	return WEXITSTATUS(status);
}

/* VM_DONTCOPY: the child has no such memory, and holds nothing. */
static void not_inherited(const void *arg)
{
	struct mapping m;
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	mapping_open(&m, &r);
	EXPECT_EQ(signal_of_reading(m.base), SIGSEGV);
	ring_write_many(&r, 0, 1, EVENT_SMALL);
	EXPECT_EQ(get_reader(&m).entries, 1);
	mapping_close(&m);
	EXPECT(!ring_try_resize(&r), "the ring cannot be resized any more");
}

/* MADV_DOFORK, which needs no right: then the child reads what we read. */
static void inherited_on_request(const void *arg)
{
	struct mapping m;
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	mapping_open(&m, &r);
	EXPECT_OK(madvise(m.base, m.size, MADV_DOFORK));
	EXPECT_EQ(signal_of_reading(m.base), 0);
	EXPECT_OK(madvise(m.base, m.size, MADV_DONTFORK));
	EXPECT_EQ(signal_of_reading(m.base), SIGSEGV);
	mapping_close(&m);
	EXPECT(!ring_try_resize(&r), "the ring cannot be resized any more");
}

/* Nothing brings a page back that was dropped: there is no fault handler. */
static void dropped_pages_stay_away(const void *arg)
{
	struct mapping m;
	struct ring r;
	int pipes[2];

	(void)arg;
	ring_make_small(&r);
	mapping_open(&m, &r);
	EXPECT_OK(madvise(m.base, m.size, MADV_DOFORK));
	EXPECT_OK(madvise(m.base, m.size, MADV_DONTNEED));
	EXPECT_EQ(signal_of_reading(m.base), SIGBUS);
	EXPECT_EQ(signal_of_reading(m.base + m.size - 1), SIGBUS);
	EXPECT_OK(pipe2(pipes, O_CLOEXEC | O_NONBLOCK));
	EXPECT_ERRNO(write(pipes[1], m.base, 1), EFAULT);
	/* The ring and its ioctl do not care. */
	ring_write_many(&r, 0, 1, EVENT_SMALL);
	EXPECT_OK(ioctl(m.fd, GET_READER));
	mapping_close(&m);
	EXPECT(!ring_try_resize(&r), "the ring cannot be resized any more");
}

struct advice {
	int value;
	int expected;   /* errno, or 0 */
	bool is_option; /* EINVAL as well: not every kernel has it */
};

static const struct advice advices[] = {
	{MADV_NORMAL, 0, false},        {MADV_RANDOM, 0, false},
	{MADV_SEQUENTIAL, 0, false},    {MADV_WILLNEED, 0, true},
	{MADV_FREE, EINVAL, false},     {MADV_REMOVE, EACCES, false},
	{MADV_DODUMP, EINVAL, false},   {MADV_DONTDUMP, 0, false},
	{MADV_COLD, 0, false},          {MADV_PAGEOUT, 0, false},
	{MADV_POPULATE_READ, 0, false}, {MADV_MERGEABLE, 0, true},
	{MADV_UNMERGEABLE, 0, true},
};

/* Advice changes nothing of what is there to be read. */
static void advice_is_harmless(const void *arg)
{
	struct mapping m;
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	mapping_open(&m, &r);
	ring_write_many(&r, 0, 3, EVENT_SMALL);
	for (size_t i = 0; i < sizeof(advices) / sizeof(*advices); i++) {
		const struct advice *a = &advices[i];
		int error = madvise(m.base, m.size, a->value) ? errno : 0;

		EXPECT(error == a->expected ||
			       (a->is_option && error == EINVAL),
		       "madvise(%d): %s", a->value,
		       error ? strerrorname_np(error) : "success");
		EXPECT_EQ(get_reader(&m).entries, 3);
	}
	mapping_close(&m);
	EXPECT(!ring_try_resize(&r), "the ring cannot be resized any more");
}

static void memory_calls_work(const void *arg)
{
	unsigned char there[64];
	struct mapping m;
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	mapping_open(&m, &r);
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	EXPECT_OK(mlock(m.base, m.size));
	EXPECT_OK(munlock(m.base, m.size));
	EXPECT_OK(msync(m.base, m.size, MS_SYNC));
	EXPECT_OK(msync(m.base, m.size, MS_ASYNC));
	EXPECT(m.size / page <= sizeof(there), "the ring is too large");
	EXPECT_OK(mincore(m.base, m.size, there));
	EXPECT_OK(mlockall(MCL_CURRENT));
	EXPECT_OK(munlockall());
	ring_write_many(&r, 0, 3, EVENT_SMALL);
	EXPECT_EQ(get_reader(&m).entries, 3);
	mapping_close(&m);
	EXPECT(!ring_try_resize(&r), "the ring cannot be resized any more");
}

const struct kcase vma_cases[] = {
	{"vma.has_these_flags", has_these_flags, NULL},
	{"vma.counts_as_resident", counts_as_resident, NULL},
	{"vma.never_writable", never_writable, NULL},
	{"vma.never_writable_rdwr", never_writable_rdwr, NULL},
	{"vma.never_executable", never_executable, NULL},
	{"vma.none_and_back", none_and_back, NULL},
	{"vma.not_inherited", not_inherited, NULL},
	{"vma.inherited_on_request", inherited_on_request, NULL},
	{"vma.dropped_pages_stay_away", dropped_pages_stay_away, NULL},
	{"vma.advice_is_harmless", advice_is_harmless, NULL},
	{"vma.memory_calls_work", memory_calls_work, NULL},
	{NULL, NULL, NULL},
};
