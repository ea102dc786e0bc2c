/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * simring.c - a simulated ring's memory, and what the library asks of it
 */
#define _GNU_SOURCE
#include "tests/support/simring.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ring/ring.h"
#include "tests/support/simring_inner.h"

enum {
	/* Steps over the pages of a persistent ring: in no order. */
	PERSISTENT_STRIDE = 7,
};

static struct rm_meta_page *meta_of(const struct simring *sim)
{
	return (struct rm_meta_page *)(void *)sim->mem;
}

void sim_refresh_meta(struct simring *sim)
{
	struct rm_meta_page *meta = meta_of(sim);
	const struct sim_page *reader = &sim->pages[sim->reader_page];

	__atomic_store_n(&meta->reader_read, reader->read, __ATOMIC_RELAXED);
	__atomic_store_n(&meta->reader_id, reader->id, __ATOMIC_RELAXED);
	__atomic_store_n(&meta->reader_lost_events, sim->lost_events,
			 __ATOMIC_RELAXED);
	__atomic_store_n(&meta->entries, sim->entries, __ATOMIC_RELAXED);
	__atomic_store_n(&meta->overrun, sim->overrun, __ATOMIC_RELAXED);
	__atomic_store_n(&meta->read, sim->read, __ATOMIC_RELAXED);
}

void sim_between(struct simring *sim)
{
	if (sim->between)
		sim->between(sim->between_ctx);
}

void simring_between(struct simring *sim, void (*fn)(void *ctx), void *ctx)
{
	sim->between = fn;
	sim->between_ctx = ctx;
}

/* The pages of the ring in a circle, the last one outside as reader page. */
static void link_pages(struct simring *sim)
{
	uint32_t n = sim->opts.nr_subbufs - 1;

	for (uint32_t i = 0; i < n; i++) {
		sim->pages[i].next = (i + 1) % n;
		sim->pages[i].prev = (i + n - 1) % n;
	}
	for (uint32_t i = 0; i <= n; i++)
		sim->pages[i].id = i;
	if (sim->opts.persistent)
		for (uint32_t i = 0; i <= n; i++)
			sim->pages[i].id = (i * PERSISTENT_STRIDE + 1) %
					   sim->opts.nr_subbufs;
	sim->reader_page = n;
	sim->head_page = 0;
	sim->tail_page = 0;
	sim->commit_page = 0;
	sim->pages_start = 0;
}

static void take_memory(struct simring *sim)
{
	sim->size = sim->opts.meta_size +
		    (size_t)sim->opts.nr_subbufs * sim->opts.subbuf_size;
	sim->fd = memfd_create("simring", MFD_CLOEXEC);
	if (sim->fd < 0 || ftruncate(sim->fd, (off_t)sim->size))
		err(1, "no memory for a simulated ring");
	void *mem = mmap(NULL, sim->size, PROT_READ | PROT_WRITE, MAP_SHARED,
			 sim->fd, 0);
	sim->pages = calloc(sim->opts.nr_subbufs, sizeof(*sim->pages));
	if (mem == MAP_FAILED || !sim->pages)
		err(1, "no memory for a simulated ring");
	sim->mem = mem;
}

struct simring *simring_new(const struct simring_opts *opts)
{
	struct simring *sim = calloc(1, sizeof(*sim));

	if (!sim)
		err(1, "no memory for a simulated ring");
	sim->opts = *opts;
	if (!sim->opts.subbuf_size)
		sim->opts.subbuf_size = 4096;
	if (!sim->opts.meta_size)
		sim->opts.meta_size = 4096;
	if (!sim->opts.clock_step)
		sim->opts.clock_step = 1000;
	sim->capacity = sim->opts.subbuf_size - SIM_DATA_OFFSET;
	pthread_mutex_init(&sim->gate, NULL);
	pthread_mutex_init(&sim->reader_lock, NULL);
	pthread_mutex_init(&sim->swap_lock, NULL);
	take_memory(sim);
	link_pages(sim);
	struct rm_meta_page *meta = meta_of(sim);
	meta->meta_page_size = sim->opts.meta_size;
	meta->meta_struct_len = sizeof(*meta) + (opts->newer_meta ? 8 : 0);
	meta->subbuf_size = sim->opts.subbuf_size;
	meta->nr_subbufs = sim->opts.nr_subbufs;
	return sim;
}

void simring_free(struct simring *sim)
{
	munmap(sim->mem, sim->size);
	close(sim->fd);
	free(sim->pages);
	pthread_mutex_destroy(&sim->gate);
	pthread_mutex_destroy(&sim->reader_lock);
	pthread_mutex_destroy(&sim->swap_lock);
	free(sim);
}

uint8_t *simring_memory(struct simring *sim, size_t *size)
{
	*size = sim->size;
	return sim->mem;
}

/*
 * rb_setup_ids_meta_page(): the reader page is 0, then the ring's from its
 * head on. Only the numbers move in the kernel; here the number is the place,
 * so the bytes do, and nobody is looking.
 */
static void number_pages(struct simring *sim)
{
	const size_t size = sim->opts.subbuf_size;
	uint32_t n = sim->opts.nr_subbufs;
	uint8_t *copy = malloc(n * size);
	uint32_t page = sim->reader_page;

	if (!copy)
		err(1, "no memory for a simulated ring");
	for (uint32_t id = 0; id < n; id++) {
		memcpy(copy + id * size, sim_subbuf(sim, page), size);
		page = id ? sim->pages[page].next : sim->head_page;
	}
	page = sim->reader_page;
	for (uint32_t id = 0; id < n; id++) {
		sim->pages[page].id = id;
		page = id ? sim->pages[page].next : sim->head_page;
	}
	memcpy(sim->mem + sim->opts.meta_size, copy, n * size);
	free(copy);
}

void simring_map(struct simring *sim)
{
	pthread_mutex_lock(&sim->gate);
	pthread_mutex_lock(&sim->reader_lock);
	if (!sim->maps) {
		sim_run_under_way(sim);
		sim->maps = 1;
		if (!sim->opts.persistent)
			number_pages(sim);
		sim_refresh_meta(sim);
	} else {
		sim->maps++;
	}
	pthread_mutex_unlock(&sim->reader_lock);
	pthread_mutex_unlock(&sim->gate);
}

void simring_unmap(struct simring *sim)
{
	pthread_mutex_lock(&sim->gate);
	sim->maps--;
	pthread_mutex_unlock(&sim->gate);
}

/* ---- what the library asks ---------------------------------------------- */

/* One ring of the library on a simulated one. */
struct sim_user {
	struct simring *sim;
	bool mapped;
};

static int ask_get_reader(void *ctx, int fd)
{
	struct sim_user *user = ctx;

	(void)fd;
	int result = simring_get_reader(user->sim);
	sim_between(user->sim);
	return result;
}

static ssize_t ask_read(void *ctx, int fd, void *buf, size_t size)
{
	struct sim_user *user = ctx;

	(void)fd;
	if (size < user->sim->opts.subbuf_size)
		return -EINVAL;
	ssize_t result = simring_read(user->sim, buf);
	sim_between(user->sim);
	return result;
}

/* The file's lines are counted one after the other, not at one moment. */
static int ask_stats(void *ctx, struct rm_kernel_stats *ret)
{
	struct simring *sim = ((struct sim_user *)ctx)->sim;

	if (sim->opts.no_stats)
		return -ENOENT;
	uint64_t unread = sim->entries - (sim->overrun + sim->read);
	sim_between(sim);
	ret->overrun = sim->overrun;
	sim_between(sim);
	ret->dropped = sim->dropped;
	sim_between(sim);
	ret->read = sim->read;
	ret->entries = unread + ret->overrun + ret->read;
	return 0;
}

static int ask_marks(void *ctx, struct rm_source_marks *ret)
{
	struct simring *sim = ((struct sim_user *)ctx)->sim;

	if (sim->opts.no_stats)
		return -ENOENT;
	sim_between(sim);
	*ret = (struct rm_source_marks){.instance = sim->resets};
	return 0;
}

static void ask_info(void *ctx, struct rm_source_info *ret)
{
	const struct simring *sim = ((struct sim_user *)ctx)->sim;

	*ret = (struct rm_source_info){0};
	if (sim->opts.no_stats)
		return;
	ret->overwrite_off = sim->opts.overwrite_off;
	ret->coarse_clock = sim->opts.coarse;
	ret->persistent = sim->opts.persistent;
}

static void ask_free(void *ctx)
{
	struct sim_user *user = ctx;

	if (user->mapped)
		simring_unmap(user->sim);
	free(user);
}

static const struct rm_source_ops sim_ops = {
	.get_reader = ask_get_reader,
	.read = ask_read,
	.stats = ask_stats,
	.marks = ask_marks,
	.info = ask_info,
	.free = ask_free,
};

enum ringmap_status simring_open(struct simring *sim,
				 const struct ringmap_ring_opts *opts,
				 struct ringmap_ring **ret,
				 struct ringmap_error *error)
{
	struct sim_user *user = malloc(sizeof(*user));
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", sim->fd);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (!user || fd < 0)
		err(1, "no descriptor of a simulated ring");
	*user = (struct sim_user){sim, opts->mode != RINGMAP_MODE_READ};
	if (user->mapped)
		simring_map(sim);
	const struct rm_source source = {
		.ops = &sim_ops,
		.ctx = user,
		.long_size = sizeof(long),
	};
	enum ringmap_status s =
		rm_ring_open_source(fd, &source, opts, ret, error);
	if (s != RINGMAP_OK) {
		close(fd);
		ask_free(user);
	}
	return s;
}

/* ---- looking ------------------------------------------------------------ */

struct simring_counts simring_counts(const struct simring *sim)
{
	return (struct simring_counts){
		.entries = sim->entries,
		.overrun = sim->overrun,
		.read = sim->read,
		.dropped = sim->dropped,
		.commit_overrun = sim->commit_overrun,
		.mislaid = sim->mislaid,
		.written = sim->next_number,
	};
}

uint32_t simring_tail_id(const struct simring *sim)
{
	return sim->pages[sim->tail_page].id;
}

uint32_t simring_reader_id(const struct simring *sim)
{
	return sim->pages[sim->reader_page].id;
}

/* The largest number on a page; false: there is none. */
static bool newest_on(const struct simring *sim, uint32_t page, uint64_t *ret)
{
	const uint8_t *data = sim_data(sim, page);
	uint32_t size = sim_commit_of(sim, page);
	bool any = false;

	for (uint32_t off = 0; off < size;) {
		struct sim_event event = sim_event_at(data, off);

		if (event.data) {
			uint32_t head =
				sim_event_type(sim_get32(data + off)) ? 4 : 8;
			const uint8_t *p = data + off + head;

			uint32_t low = SIM_BIG_ENDIAN ? 20 : 16;

			*ret = (uint64_t)sim_get32(p + 36 - low) << 32 |
			       sim_get32(p + low);
			any = true;
		}
		off += event.length;
	}
	return any;
}

bool simring_newest(const struct simring *sim, uint64_t *ret)
{
	bool any = false;
	uint64_t number;

	for (uint32_t page = 0; page < sim->opts.nr_subbufs; page++) {
		if (!newest_on(sim, page, &number))
			continue;
		if (!any || number > *ret)
			*ret = number;
		any = true;
	}
	return any;
}
