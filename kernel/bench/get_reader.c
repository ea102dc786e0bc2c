// SPDX-License-Identifier: GPL-2.0-only
/*
 * get_reader.c - the first process of a guest that measures GET_READER
 *
 * For each argument of the form COUNT it fills the sub-buffers of a ring with
 * COUNT events each, and takes one after the other. COUNT 0 asks a ring that
 * has nothing new. A line on the second serial port tells what one call cost:
 *
 *	call COUNT COST
 *
 * and a last line, "complete", that nothing is missing. The machine counts one
 * tick of its time stamp counter for each instruction, so a cost is a number
 * of instructions.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define RING "/sys/kernel/tracing/instances/ringmap_bench"
#define GET_READER _IO('R', 0x20)
/* How many sub-buffers are taken for each count. */
#define SUBBUFS 24
/* The header of a sub-buffer: a time stamp and the size. */
#define HEADER 16
/* The largest sub-buffer that is taken. */
#define SUBBUF_MAX 65536

/* The meta page, as far as it is used. */
struct meta {
	uint32_t meta_page_size;
	uint32_t meta_struct_len;
	uint32_t subbuf_size;
	uint32_t nr_subbufs;
	uint64_t lost;
	uint32_t id;
	uint32_t read_bytes;
	uint64_t flags;
	uint64_t entries;
	uint64_t overrun;
	uint64_t read;
};

struct ring {
	const volatile struct meta *meta;
	int raw;
	int marker;
	FILE *report;
};

/*
 * A guest that cannot go on ends at once; its report is not complete then. The
 * machine ends where another would start again.
 */
static void end_guest(void)
{
	sync();
	reboot(RB_AUTOBOOT);
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		err(1, "%s", path);
	close(fd);
}

static int open_file(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0)
		err(1, "%s", path);
	return fd;
}

static void mount_file_systems(void)
{
	if ((mkdir("/sys", 0755) && errno != EEXIST) ||
	    mount("sysfs", "/sys", "sysfs", 0, NULL) ||
	    mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, NULL))
		err(1, "cannot mount tracefs");
}

/* @subbuf_kb is NULL on a kernel that has sub-buffers of one size only. */
static void open_ring(struct ring *ring, const char *subbuf_kb)
{
	if (mkdir(RING, 0755))
		err(1, RING);
	if (subbuf_kb)
		write_file(RING "/buffer_subbuf_size_kb", subbuf_kb);
	/* Enough for all that is taken, in sub-buffers of either size. */
	write_file(RING "/buffer_size_kb", subbuf_kb ? "4096" : "256");
	ring->raw = open_file(RING "/per_cpu/cpu0/trace_pipe_raw",
			      O_RDONLY | O_NONBLOCK);
	ring->marker = open_file(RING "/trace_marker_raw", O_WRONLY);
	ring->meta = mmap(NULL, (size_t)getpagesize(), PROT_READ, MAP_SHARED,
			  ring->raw, 0);
	if (ring->meta == MAP_FAILED)
		err(1, "cannot map the meta page");
}

static void get_reader(const struct ring *ring)
{
	if (ioctl(ring->raw, GET_READER))
		err(1, "GET_READER");
}

static void write_event(const struct ring *ring, size_t payload)
{
	static char data[SUBBUF_MAX];

	ssize_t written = write(ring->marker, data, payload);
	if (written < 0)
		err(1, "cannot write an event of %zu bytes", payload);
	if ((size_t)written != payload)
		errx(1, "of an event of %zu bytes the kernel took %zd", payload,
		     written);
}

static void clear_ring(void)
{
	close(open_file(RING "/trace", O_WRONLY | O_TRUNC));
}

/* How much of a sub-buffer an event with that payload takes. */
static unsigned int event_bytes(const struct ring *ring, size_t payload)
{
	clear_ring();
	write_event(ring, payload);
	get_reader(ring);
	return ring->meta->read_bytes;
}

/* The largest payload of which a sub-buffer holds @count, and not one more. */
static size_t payload_for(const struct ring *ring, unsigned int count)
{
	unsigned int capacity = ring->meta->subbuf_size - HEADER;
	size_t payload = capacity / count / 4 * 4;

	/* One event must leave room for its headers; two are too many then. */
	if (count == 1)
		payload = capacity / 4 * 3;
	while (payload > 4 && event_bytes(ring, payload) * count > capacity)
		payload -= 4;
	if (event_bytes(ring, payload) * (count + 1) <= capacity)
		errx(1, "no event is so large that only %u fit", count);
	return payload;
}

static uint64_t instructions(void)
{
	return __builtin_ia32_rdtsc();
}

static uint64_t cost_of_call(const struct ring *ring)
{
	uint64_t began = instructions();

	get_reader(ring);
	return instructions() - began;
}

static void measure_nothing(const struct ring *ring)
{
	clear_ring();
	for (int i = 0; i < SUBBUFS; i++)
		fprintf(ring->report, "call 0 %llu\n",
			(unsigned long long)cost_of_call(ring));
}

/* One sub-buffer more is filled than is taken: the writer left all those. */
static void measure(const struct ring *ring, unsigned int count)
{
	size_t payload = payload_for(ring, count);

	clear_ring();
	for (unsigned int i = 0; i < (SUBBUFS + 1) * count; i++)
		write_event(ring, payload);
	for (int i = 0; i < SUBBUFS; i++) {
		uint64_t before = ring->meta->read;
		uint64_t cost = cost_of_call(ring);

		if (ring->meta->read - before != count)
			errx(1, "a sub-buffer with %llu events, not %u",
			     (unsigned long long)(ring->meta->read - before),
			     count);
		fprintf(ring->report, "call %u %llu\n", count,
			(unsigned long long)cost);
	}
}

static FILE *open_report(void)
{
	FILE *report;

	if (mknod("/report", S_IFCHR | 0600, makedev(4, 65)))
		err(1, "cannot make the second serial port");
	report = fopen("/report", "we");
	if (!report)
		err(1, "cannot open the second serial port");
	return report;
}

/* Arguments: the size of a sub-buffer in KiB or "page", then the counts. */
int main(int argc, char **argv)
{
	struct ring ring;

	atexit(end_guest);
	if (argc < 3)
		errx(1, "the kernel's command line names no counts");
	mount_file_systems();
	ring.report = open_report();
	open_ring(&ring, strcmp(argv[1], "page") ? argv[1] : NULL);
	for (int i = 2; i < argc; i++) {
		unsigned int count = (unsigned int)strtoul(argv[i], NULL, 10);

		if (count)
			measure(&ring, count);
		else
			measure_nothing(&ring);
	}
	fprintf(ring.report, "complete\n");
	return fclose(ring.report) ? 1 : 0;
}
