/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * A program of an earlier release: compiled with that release's header, run
 * with today's library. It reads one page with everything the header offers
 * for that, and looks whether the library wrote past what it knew of.
 */
#include <ringmap/ringmap.h>
#include <stdio.h>
#include <string.h>

enum {
	SUBBUF = 4096,
	GUARD_BYTES = 64,
	GUARD = 0x5a
};

/* A structure of the caller's, and what lies behind it in his memory. */
#define GUARDED(type, name)                                                    \
	struct {                                                               \
		struct type s;                                                 \
		unsigned char guard[GUARD_BYTES];                              \
	} name;                                                                \
	memset(&(name), GUARD, sizeof(name))

#define GUARD_HOLDS(name) guard_holds((name).guard, #name)

static int failures;

static void expect(int holds, const char *what)
{
	if (!holds) {
		printf("FAILED: %s\n", what);
		failures++;
	}
}

static void guard_holds(const unsigned char *guard, const char *what)
{
	for (int i = 0; i < GUARD_BYTES; i++) {
		if (guard[i] != GUARD) {
			printf("FAILED: wrote behind %s\n", what);
			failures++;
			return;
		}
	}
}

/* Two events of 8 bytes, 5 ns apart, as a little-endian kernel lays them. */
static void make_image(unsigned char *image)
{
	const uint64_t ts = 1000;
	const uint64_t commit = 24;
	const uint32_t type_len = 2; /* payload in units of 4 bytes */

	memset(image, 0, SUBBUF);
	memcpy(image, &ts, sizeof(ts));
	memcpy(image + 8, &commit, sizeof(commit));
	for (uint32_t i = 0; i < 2; i++) {
		uint32_t delta = 5 * i;
		uint32_t header = delta << 5 | type_len;
		uint32_t id = 7 + i;
		unsigned char *event = image + 16 + 12 * i;

		memcpy(event, &header, sizeof(header));
		memcpy(event + 4, &id, sizeof(id));
	}
}

static void read_events(struct ringmap_page *page)
{
	struct ringmap_page start = *page;
	GUARDED(ringmap_event, event);

	expect(ringmap_page_next(page, &event.s) == RINGMAP_OK, "first");
	expect(event.s.ts == 1000 && event.s.size == 8, "first's contents");
	expect(ringmap_page_next(page, &event.s) == RINGMAP_OK, "second");
	expect(event.s.ts == 1005 && event.s.cpu == 3, "second's contents");
	expect(ringmap_page_next(page, &event.s) == RINGMAP_DONE, "the end");
	GUARD_HOLDS(event);

	uint64_t ts[4];
	uint32_t offset[4], size[4];
	uint16_t id[4];
	size_t count = 0;

	expect(ringmap_page_index(&start, ts, offset, size, id, 4, &count) ==
		       RINGMAP_OK,
	       "index");
	expect(count == 2 && ts[1] == 1005 && id[1] == 8, "what index found");
}

static void read_ring(struct ringmap_ring *ring)
{
	GUARDED(ringmap_page, page);

	expect(ringmap_ring_borrow_page(ring, &page.s) == RINGMAP_OK, "borrow");
	GUARD_HOLDS(page);
	read_events(&page.s);
	GUARD_HOLDS(page);
	expect(ringmap_ring_return_page(ring, &page.s) == RINGMAP_OK, "return");
	expect(ringmap_ring_borrow_page(ring, &page.s) == RINGMAP_DONE,
	       "borrow at the end");

	GUARDED(ringmap_ring_info, info);
	expect(ringmap_ring_info(ring, &info.s, sizeof(info.s)) == RINGMAP_OK,
	       "info");
	GUARD_HOLDS(info);
	expect(info.s.mode == RINGMAP_MODE_IMAGE && info.s.cpu == 3,
	       "what info says");

	GUARDED(ringmap_ring_stats, stats);
	expect(ringmap_ring_stats(ring, &stats.s, sizeof(stats.s)) ==
		       RINGMAP_OK,
	       "stats");
	GUARD_HOLDS(stats);
	expect(stats.s.events == 2 && stats.s.pages == 1, "what stats says");
}

int main(void)
{
	static unsigned char image[SUBBUF];
	struct ringmap_image_opts opts;
	struct ringmap_ring *ring = NULL;
	GUARDED(ringmap_error, err);

	expect(ringmap_version() >> 16 == RINGMAP_VERSION_MAJOR, "version");

	make_image(image);
	memset(&opts, 0, sizeof(opts));
	opts.sz = sizeof(opts);
	opts.cpu = 3;
	expect(ringmap_ring_open_image(image, SUBBUF - 1, &opts, &ring,
				       &err.s) < 0,
	       "a truncated image");
	GUARD_HOLDS(err);
	expect(err.s.status < 0 && strlen(err.s.text) > 0, "what err says");

	if (ringmap_ring_open_image(image, SUBBUF, &opts, &ring, &err.s) !=
	    RINGMAP_OK) {
		printf("FAILED: open: %s\n", err.s.text);
		return 1;
	}
	read_ring(ring);
	ringmap_ring_unref(ring);
	printf("%d failures\n", failures);
	return failures ? 1 : 0;
}
