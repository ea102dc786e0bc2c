/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
#include <ringmap/ringmap.h>
#include <stdio.h>

/* Follows CPU 0 of a tracing instance until no event arrives for a second. */
int main(int argc, char **argv)
{
	struct ringmap_ring_opts opts = {.sz = sizeof(opts)};
	struct ringmap_error err;
	struct ringmap_ring *ring;
	struct ringmap_page page;
	struct ringmap_event event;

	opts.instance = argc > 1 ? argv[1] : "/";
	opts.mode = RINGMAP_MODE_FOLLOW;
	if (ringmap_ring_open(&opts, &ring, &err))
		return fprintf(stderr, "%s\n", err.text), 1;
	while (ringmap_ring_wait(ring, 1000) == RINGMAP_OK) {
		while (ringmap_ring_borrow_page(ring, &page) == RINGMAP_OK) {
			while (ringmap_page_next(&page, &event) == RINGMAP_OK)
				; /* event.ts, event.data, event.size */
			if (ringmap_ring_return_page(ring, &page) == RINGMAP_OK)
				printf("%u events, intact\n", page.events);
		}
	}
	ringmap_ring_unref(ring);
	return 0;
}
