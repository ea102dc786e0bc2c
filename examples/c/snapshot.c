/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * A flight recorder: the kernel records continuously and overwrites the oldest
 * events. When an event with the id EVENT occurs, the program saves the ring, and
 * with it the events that led to it.
 *
 *	snapshot INSTANCE CPU EVENT FILE
 *
 * FILE has the format of per_cpu/cpuN/trace_pipe_raw in a capture folder.
 */
#include <ringmap/ringmap.h>
#include <stdio.h>
#include <stdlib.h>

/* Returns whether the event was committed since the last call. */
static int happened(struct ringmap_ring *ring, int wanted)
{
	uint16_t id[1024];
	struct ringmap_page page;
	int found = 0;

	while (ringmap_ring_borrow_page(ring, &page) == RINGMAP_OK) {
		enum ringmap_status s;
		int here = 0;
		size_t n;

		do {
			s = ringmap_page_index(&page, NULL, NULL, NULL, id,
					       1024, &n);
			for (size_t i = 0; i < n; i++)
				here |= id[i] == wanted;
		} while (s == RINGMAP_E_BUSY);
		if (ringmap_ring_return_page(ring, &page) == RINGMAP_OK)
			found |= here;
	}
	return found;
}

static int save(struct ringmap_ring *ring, const char *path)
{
	FILE *f = fopen(path, "w");
	enum ringmap_status s;
	size_t most, size = 0;

	ringmap_ring_snapshot(ring, NULL, 0, &most);
	void *copy = malloc(most);
	s = copy ? RINGMAP_E_OVERWRITTEN : RINGMAP_E_NOMEM;
	while (s == RINGMAP_E_OVERWRITTEN) /* the writer was faster: retry */
		s = ringmap_ring_snapshot(ring, copy, most, &size);
	int saved = !s && f && fwrite(copy, 1, size, f) == size;
	free(copy);
	return f && fclose(f) == 0 && saved;
}

int main(int argc, char **argv)
{
	struct ringmap_ring_opts opts = {.sz = sizeof(opts)};
	struct ringmap_ring *ring;
	struct ringmap_error err;
	int done = 0;

	if (argc != 5) {
		fprintf(stderr, "usage: snapshot INSTANCE CPU EVENT FILE\n");
		return 2;
	}
	opts.instance = argv[1];
	opts.cpu = (uint32_t)atoi(argv[2]);
	opts.mode = RINGMAP_MODE_FOLLOW;
	opts.start = RINGMAP_START_NEWEST;
	if (ringmap_ring_open(&opts, &ring, &err)) {
		fprintf(stderr, "snapshot: %s\n", err.text);
		return 1;
	}
	while (!done && ringmap_ring_wait(ring, -1) == RINGMAP_OK) {
		if (happened(ring, atoi(argv[3])))
			done = save(ring, argv[4]);
	}
	ringmap_ring_unref(ring);
	return !done;
}
