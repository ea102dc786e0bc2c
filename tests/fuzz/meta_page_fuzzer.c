/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * meta_page_fuzzer.c - any meta page and sub-buffers, which change between calls
 *
 * The input is a list of steps: a byte says what, those behind it how. First
 * the map may be changed, then a ring is opened on it, then calls and changes
 * take turns. Changes also come from within GET_READER, as the kernel's do.
 * Whatever the map says, pages lie inside it and every call ends.
 */
#define _GNU_SOURCE
#include "ring/ring.h"
#include "tests/fuzz/fuzzer.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	SUBBUFS = 4,
	STEPS_MAX = 200,
	PAGES_MAX = 70,
	EVENTS = 8, /* in a sub-buffer, before anything is changed */
};

struct input {
	const uint8_t *at;
	size_t left;
};

/* The map's file, made once; the input in hand. */
static struct fuzz {
	int fd;
	size_t page_size;
	size_t size;
	uint8_t *mem;
	struct input in;
	bool counted; /* stats were asked for: it may sleep for a moment */
} fuzz = {.fd = -1};

static uint64_t take(uint32_t size)
{
	uint64_t value = 0;

	for (uint32_t i = 0; i < size; i++) {
		uint8_t byte = 0;

		if (fuzz.in.left) {
			byte = *fuzz.in.at++;
			fuzz.in.left--;
		}
		value |= (uint64_t)byte << 8 * i;
	}
	return value;
}

/* ---- the map -------------------------------------------------------------- */

static uint8_t *subbuf_at(uint32_t id)
{
	return fuzz.mem + fuzz.page_size * (1 + id % SUBBUFS);
}

static void fill(uint32_t id, uint64_t ts, uint64_t commit)
{
	uint8_t *subbuf = subbuf_at(id);

	memcpy(subbuf, &ts, sizeof(ts));
	memcpy(subbuf + RM_COMMIT_OFFSET, &commit, sizeof(long));
}

static void make_map(void)
{
	const uint32_t event[2] = {1u << 5 | 1, 0x41414141};

	if (fuzz.fd < 0) {
		fuzz.page_size = (size_t)sysconf(_SC_PAGESIZE);
		fuzz.size = fuzz.page_size * (1 + SUBBUFS);
		fuzz.fd = memfd_create("ringmap_fuzz", MFD_CLOEXEC);
		rm_must(fuzz.fd >= 0);
		rm_must(!ftruncate(fuzz.fd, (off_t)fuzz.size));
		fuzz.mem = mmap(NULL, fuzz.size, PROT_READ | PROT_WRITE,
				MAP_SHARED, fuzz.fd, 0);
		rm_must(fuzz.mem != MAP_FAILED);
	}
	*(struct rm_meta_page *)(void *)fuzz.mem = (struct rm_meta_page){
		.meta_page_size = (uint32_t)fuzz.page_size,
		.meta_struct_len = RM_META_MIN,
		.subbuf_size = (uint32_t)fuzz.page_size,
		.nr_subbufs = SUBBUFS,
	};
	for (uint32_t id = 0; id < SUBBUFS; id++) {
		uint8_t *data = subbuf_at(id) + RM_COMMIT_OFFSET + sizeof(long);

		fill(id, 100 * id, id ? EVENTS * sizeof(event) : 0);
		for (int i = 0; i < EVENTS; i++)
			memcpy(data + (size_t)i * sizeof(event), event,
			       sizeof(event));
	}
}

/* Changes a word of the meta page, a header, or bytes of an event. */
static void change_map(void)
{
	uint32_t what = (uint32_t)take(1);

	if (what % 3 == 0) {
		uint32_t word = (uint32_t)take(4);

		memcpy(fuzz.mem + what / 3 % 20 * 4, &word, sizeof(word));
	} else if (what % 3 == 1) {
		uint64_t ts = take(2);

		/* Mostly a time near the others, mostly a size that fits. */
		fill(what / 3, what & 128 ? ts << 48 : ts,
		     what & 64 ? take(8) : take(2) & 0xfff);
	} else {
		uint32_t word = (uint32_t)take(4);
		uint8_t *data = subbuf_at(what / 3) + RM_COMMIT_OFFSET;

		memcpy(data + take(1) * 4, &word, sizeof(word));
	}
}

static void change_often(uint32_t times)
{
	while (times--)
		change_map();
}

/* ---- the kernel beside the map ---------------------------------------------- */

/* Mostly the next sub-buffer becomes the reader's, whole. */
static int fuzz_get_reader(void *ctx, int fd)
{
	struct rm_meta_page *meta = (void *)fuzz.mem;
	uint32_t what = (uint32_t)take(1);

	(void)ctx;
	(void)fd;
	if (what < 128) {
		meta->reader_id = (meta->reader_id + 1) % SUBBUFS;
		meta->reader_read = EVENTS * 8;
		meta->read += EVENTS;
		meta->entries += EVENTS;
	}
	change_often(what % 4);
	return what == 255 ? -EINTR : 0;
}

static ssize_t fuzz_read(void *ctx, int fd, void *buf, size_t size)
{
	uint32_t what = (uint32_t)take(1);

	(void)ctx;
	(void)fd;
	if (what >= 192)
		return -EAGAIN;
	size_t n = what & 1 ? take(2) % (fuzz.page_size + 1) : fuzz.page_size;
	rm_must(n <= size);
	memcpy(buf, subbuf_at(1 + what / 2), n);
	return (ssize_t)n;
}

static int fuzz_stats(void *ctx, struct rm_kernel_stats *ret)
{
	uint32_t what = (uint32_t)take(1);

	(void)ctx;
	*ret = (struct rm_kernel_stats){
		.entries = what & 1 ? take(8) : take(1),
		.overrun = what & 2 ? take(1) : 0,
		.read = what & 4 ? take(1) : 0,
	};
	return what == 255 ? -EACCES : 0;
}

static int fuzz_marks(void *ctx, struct rm_source_marks *ret)
{
	uint32_t what = (uint32_t)take(1);

	(void)ctx;
	*ret = (struct rm_source_marks){
		.instance = what >= 240 ? what : 0,
		.clock = what == 239,
	};
	return what == 238 ? -EACCES : 0;
}

static void fuzz_info(void *ctx, struct rm_source_info *ret)
{
	uint32_t what = (uint32_t)take(1);

	(void)ctx;
	*ret = (struct rm_source_info){
		.overwrite_off = what >= 250,
		.coarse_clock = what == 249,
		.persistent = what & 1,
	};
}

static void fuzz_free(void *ctx)
{
	(void)ctx;
}

static const struct rm_source_ops fuzz_ops = {
	.get_reader = fuzz_get_reader,
	.read = fuzz_read,
	.stats = fuzz_stats,
	.marks = fuzz_marks,
	.info = fuzz_info,
	.free = fuzz_free,
};

static struct ringmap_ring *open_ring(uint32_t how)
{
	const struct rm_source source = {.ops = &fuzz_ops};
	const struct ringmap_ring_opts opts = {
		.sz = sizeof(opts),
		.mode = how & 3,
		.start = how >> 2 & 1,
		.flags = (how >> 3 & 1) | RINGMAP_RING_OVERWRITES,
		.clock = "mono",
	};
	struct ringmap_ring *ring = NULL;
	int fd = fcntl(fuzz.fd, F_DUPFD_CLOEXEC, 0);

	rm_must(fd >= 0);
	enum ringmap_status s =
		how & 16 ? rm_ring_open_raw(fd, &opts, &ring, NULL)
			 : rm_ring_open_source(fd, &source, &opts, &ring, NULL);
	if (s != RINGMAP_OK) {
		rm_must(s < 0 && !ring);
		close(fd);
	}
	return ring;
}

/* ---- calls ------------------------------------------------------------------ */

static void must_lie_inside(const struct ringmap_ring *ring,
			    const struct ringmap_page *page)
{
	const uint8_t *data = page->data;
	const uint8_t *begin = ring->map.addr;
	size_t size = ring->map.size;

	if (ring->ops == &rm_read_ops) {
		begin = ring->read.mem;
		size = RM_SUBBUF_MAX;
	}
	rm_must((uintptr_t)data % 4 == 0);
	rm_must(data >= begin && data <= begin + size);
	rm_must(page->size <= (size_t)(begin + size - data));
	rm_must(page->pos == 0);
}

static void walk(struct ringmap_page *page, uint32_t how)
{
	struct ringmap_event event;
	uint64_t ts[16];
	size_t n;

	/* The sum keeps the loads of the payload. */
	for (uint32_t i = 0; i < how % 16; i++) {
		volatile uint8_t last = 0;

		if (ringmap_page_next(page, &event) != RINGMAP_OK)
			break;
		if (event.size)
			last = ((const uint8_t *)event.data)[event.size - 1];
		(void)last;
	}
	if (how & 8)
		ringmap_page_index(page, ts, NULL, NULL, NULL, 16, &n);
	rm_must(page->pos <= page->size);
}

/* What a snapshot wrote can be opened; its pages may be broken. */
static void take_snapshot(struct ringmap_ring *ring)
{
	struct ringmap_ring *image;
	struct ringmap_page page;
	size_t size;

	if (ringmap_ring_snapshot(ring, NULL, 0, &size) != RINGMAP_OK)
		return;
	rm_must(size <= fuzz.size);
	void *copy = malloc(size);
	rm_must(copy);
	size_t cap = size;
	if (ringmap_ring_snapshot(ring, copy, cap, &size) == RINGMAP_OK) {
		const struct ringmap_image_opts opts = {
			.sz = sizeof(opts),
			.subbuf_size = ring->map.subbuf_size,
			.long_size = ring->layout.long_size,
		};

		rm_must(size <= cap);
		rm_must(ringmap_ring_open_image(copy, size, &opts, &image,
						NULL) == RINGMAP_OK);
		while (ringmap_ring_borrow_page(image, &page) == RINGMAP_OK)
			ringmap_ring_return_page(image, &page);
		ringmap_ring_unref(image);
	}
	free(copy);
}

/* Enough for auto to make up its mind. */
static void read_on(struct ringmap_ring *ring)
{
	struct ringmap_page page;

	for (int i = 0; i < PAGES_MAX; i++) {
		if (ringmap_ring_borrow_page(ring, &page) != RINGMAP_OK)
			break;
		must_lie_inside(ring, &page);
		ringmap_ring_return_page(ring, &page);
	}
}

static void count(struct ringmap_ring *ring)
{
	struct ringmap_ring_stats stats;

	if (fuzz.counted)
		return;
	fuzz.counted = true;
	rm_must(ringmap_ring_stats(ring, &stats, sizeof(stats)) == RINGMAP_OK);
	rm_must(stats.subbufs <= stats.pages);
}

/* One call on the ring. @page is out while @out says so. */
static void call_ring(struct ringmap_ring *ring, uint32_t what,
		      struct ringmap_page *page, bool *out)
{
	enum ringmap_status s;

	switch (what % 8) {
	case 0:
	case 1:
		s = ringmap_ring_borrow_page(ring, page);
		rm_must(!*out || s == RINGMAP_E_BUSY);
		if (s == RINGMAP_OK)
			must_lie_inside(ring, page);
		*out |= s == RINGMAP_OK;
		break;
	case 2:
	case 3:
		if (*out)
			walk(page, what / 8);
		break;
	case 4:
	case 5:
		s = ringmap_ring_return_page(ring, page);
		rm_must(*out || s == RINGMAP_E_STALE);
		*out = false;
		break;
	case 6:
		if (what & 8 && !*out)
			read_on(ring);
		else
			ringmap_ring_wait(ring, 0);
		break;
	case 7:
		if (what & 8)
			take_snapshot(ring);
		else
			count(ring);
		break;
	}
}

static void use_ring(struct ringmap_ring *ring)
{
	struct ringmap_page page = {.data = NULL};
	bool out = false;

	for (int i = 0; i < STEPS_MAX && fuzz.in.left; i++) {
		uint32_t what = (uint32_t)take(1);

		if (what & 128)
			change_often(what % 4 + 1);
		else
			call_ring(ring, what, &page, &out);
	}
}

static void use_trace(struct ringmap_ring *ring)
{
	/* Two rings on one map tell events twice, which nobody minds here. */
	struct ringmap_ring *rings[2] = {ring, open_ring((uint32_t)take(1))};
	const size_t rings_open = rings[1] ? 2 : 1;
	struct ringmap_trace *trace;
	struct ringmap_event event;

	rm_must(ringmap_trace_open_rings(rings, rings_open, &trace, NULL) ==
		RINGMAP_OK);
	ringmap_ring_unref(rings[1]);
	for (int i = 0; i < STEPS_MAX && fuzz.in.left; i++) {
		uint32_t what = (uint32_t)take(1);

		if (what & 128)
			change_often(what % 4 + 1);
		else if (what & 64)
			ringmap_trace_wait(trace, 0);
		else
			ringmap_trace_next(trace, &event);
	}
	ringmap_trace_unref(trace);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	make_map();
	fuzz.in = (struct input){data, size};
	fuzz.counted = false;
	uint32_t how = (uint32_t)take(1);
	change_often((uint32_t)take(1) % 8);
	struct ringmap_ring *ring = open_ring(how);
	if (!ring)
		return 0;
	if (how & 32)
		use_trace(ring);
	else
		use_ring(ring);
	ringmap_ring_unref(ring);
	return 0;
}
