/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * probe.c - what the kernel does here, or an emulator in its place
 */
#define _GNU_SOURCE
#include "tests/support/probe.h"

#include "tests/support/must.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	POPULATE_READ = 22,      /* MADV_POPULATE_READ, since 5.14 */
	PAGEMAP_PRESENT_BIT = 63 /* Documentation/admin-guide/mm/pagemap.rst */
};

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* A page with a 1 in it. */
static uint8_t *some_page(void)
{
	uint8_t *page = mmap(NULL, page_size(), PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	rm_must(page != MAP_FAILED);
	*page = 1;
	return page;
}

bool rm_probe_wipes_on_fork(void)
{
	uint8_t *page = some_page();
	int status = 1;

	if (!madvise(page, page_size(), MADV_WIPEONFORK)) {
		pid_t pid = fork();

		rm_must(pid >= 0);
		if (!pid)
			_exit(*page);
		rm_must(waitpid(pid, &status, 0) == pid);
	}
	munmap(page, page_size());
	return !status;
}

bool rm_probe_populates(void)
{
	int fd = memfd_create("ringmap_probe", MFD_CLOEXEC);

	rm_must(fd >= 0);
	void *page = mmap(NULL, page_size(), PROT_READ, MAP_SHARED, fd, 0);
	rm_must(page != MAP_FAILED);
	bool refused =
		madvise(page, page_size(), POPULATE_READ) && errno == EFAULT;
	munmap(page, page_size());
	close(fd);
	return refused;
}

bool rm_probe_pagemap(void)
{
	int file = memfd_create("ringmap_probe", MFD_CLOEXEC);
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t entry = 0;

	rm_must(file >= 0 && !ftruncate(file, (off_t)page_size()));
	uint8_t *page = mmap(NULL, page_size(), PROT_READ,
			     MAP_SHARED | MAP_POPULATE, file, 0);
	rm_must(page != MAP_FAILED);
	off_t at = (off_t)((uintptr_t)page / page_size() * sizeof(entry));
	if (pagemap >= 0 &&
	    pread(pagemap, &entry, sizeof(entry), at) != sizeof(entry))
		entry = 0;
	munmap(page, page_size());
	close(file);
	if (pagemap >= 0)
		close(pagemap);
	return entry >> PAGEMAP_PRESENT_BIT & 1;
}
