/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * languages.c - what the bindings are measured against
 *
 * Is told a folder of captures, a number of rounds and a way by languages.py. A
 * line is the way, its events and its seconds.
 */
#include <errno.h>
#include <ringmap/ringmap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	MAX_EVENTS = 8192
};

/* Keeps the compiler from leaving the work out. */
static volatile uint64_t seen;

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void must(enum ringmap_status status, const struct ringmap_error *err)
{
	if (status >= 0)
		return;
	fprintf(stderr, "languages: %s: %s\n", ringmap_status_name(status),
		err ? err->text : "");
	exit(1);
}

static void tell(const char *way, uint64_t events, double begin)
{
	printf("%s %llu %.9f\n", way, (unsigned long long)events,
	       now() - begin);
}

static char *load(const char *folder, size_t *size)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/per_cpu/cpu0/trace_pipe_raw", folder);

	FILE *file = fopen(path, "rb");

	if (!file || fseek(file, 0, SEEK_END)) {
		fprintf(stderr, "languages: %s: %s\n", path, strerror(errno));
		exit(1);
	}
	*size = (size_t)ftell(file);
	rewind(file);

	char *image = malloc(*size);

	if (!image || fread(image, 1, *size, file) != *size) {
		fprintf(stderr, "languages: %s cannot be read\n", path);
		exit(1);
	}
	fclose(file);
	return image;
}

static size_t walk(struct ringmap_page *page)
{
	struct ringmap_event event;
	size_t events = 0;
	uint64_t sum = 0;

	while (ringmap_page_next(page, &event) == RINGMAP_OK) {
		sum += event.ts + *(const unsigned char *)event.data;
		events++;
	}
	seen += sum;
	return events;
}

static size_t index_page(struct ringmap_page *page)
{
	static uint64_t ts[MAX_EVENTS];
	static uint32_t offset[MAX_EVENTS], size[MAX_EVENTS];
	static uint16_t id[MAX_EVENTS];
	size_t count = 0;
	uint64_t sum = 0;

	must(ringmap_page_index(page, ts, offset, size, id, MAX_EVENTS, &count),
	     NULL);
	for (size_t i = 0; i < count; i++)
		sum += ts[i];
	seen += sum;
	return count;
}

static void pages_once(const char *way, const char *image, size_t size,
		       size_t (*work)(struct ringmap_page *page))
{
	struct ringmap_ring *ring;
	struct ringmap_error err;
	struct ringmap_page page;
	uint64_t events = 0;

	must(ringmap_ring_open_image(image, size, NULL, &ring, &err), &err);

	double begin = now();

	while (ringmap_ring_borrow_page(ring, &page) == RINGMAP_OK) {
		events += work(&page);
		must(ringmap_ring_return_page(ring, &page), NULL);
	}
	tell(way, events, begin);
	ringmap_ring_unref(ring);
}

static void pages(const char *way, const char *folder, int rounds,
		  size_t (*work)(struct ringmap_page *page))
{
	size_t size;
	char *image = load(folder, &size);

	for (int i = 0; i < rounds; i++)
		pages_once(way, image, size, work);
	free(image);
}

static void columns(const char *folder)
{
	static const char *const names[] = {"ts", "cpu", "common_pid"};
	struct ringmap_table_opts opts = {
		.sz = sizeof(opts), .columns = names, .nr_columns = 3};
	struct ringmap_trace *trace;
	struct ringmap_reader *reader;
	struct ringmap_error err;
	struct ringmap_batch batch;
	struct ArrowArray array;
	uint64_t rows = 0, sum = 0;

	must(ringmap_trace_open_file(folder, NULL, &trace, &err), &err);
	must(ringmap_reader_open(trace, NULL, &opts, 1, NULL, &reader, &err),
	     &err);

	double begin = now();

	while (ringmap_reader_next(reader, 0, &batch, &array) == RINGMAP_OK) {
		const uint64_t *ts = array.children[0]->buffers[1];

		for (uint64_t i = 0; i < batch.rows; i++)
			sum += ts[i];
		rows += batch.rows;
		array.release(&array);
	}
	tell("columns", rows, begin);
	seen += sum;
	ringmap_reader_unref(reader);
	ringmap_trace_unref(trace);
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;

	const char *way = argv[3];
	int rounds = atoi(argv[2]);

	if (!strcmp(way, "walk"))
		pages(way, argv[1], rounds, walk);
	else if (!strcmp(way, "index"))
		pages(way, argv[1], rounds, index_page);
	else if (!strcmp(way, "columns"))
		for (int i = 0; i < rounds; i++)
			columns(argv[1]);
	return 0;
}
