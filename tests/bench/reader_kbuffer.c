/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * reader_kbuffer.c - the established way to read a ring, to compare with
 *
 * That is read(2) of trace_pipe_raw, walked by libtraceevent's kbuffer. And, so
 * that the walk can be told from the copy, the same walk over the mapped
 * sub-buffers of a ring that stands still.
 */
#include <err.h>
#include <errno.h>
#include <kbuffer.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/bench/reader.h"

struct kbuffer_reader {
	const struct rm_rig *rig;
	struct kbuffer *kbuffer;
	uint64_t interval_us;
	uint64_t sleeps;
	int fd;
	size_t size; /* of a sub-buffer */
	void *buffer;
	char *map; /* the mapped kind only, as the next two */
	size_t map_size;
	size_t data; /* offset of sub-buffer 0 in the map */
};

/* How struct trace_buffer_meta of the kernel's trace_mmap.h begins. */
struct meta_head {
	uint32_t meta_page_size;
	uint32_t meta_struct_len;
	uint32_t subbuf_size;
	uint32_t nr_subbufs;
};

static void walk(struct kbuffer *kbuffer, void *subbuf, struct tally *tally)
{
	unsigned long long ts;
	void *payload;

	if (kbuffer_load_subbuffer(kbuffer, subbuf))
		errx(1, "kbuffer refuses a sub-buffer");
	while ((payload = kbuffer_read_event(kbuffer, &ts))) {
		tally->sum += ts + reader_first_bytes(payload);
		tally->events++;
		kbuffer_next_event(kbuffer, NULL);
	}
}

static void *open_kbuffer(const struct rm_rig *rig, uint64_t interval_us)
{
	struct kbuffer_reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		err(1, "no memory for a reader");
	reader->rig = rig;
	reader->interval_us = interval_us;
	reader->fd = rm_rig_open_raw(rig, rig->cpu);
	/* What a sub-buffer is unless somebody changes it. */
	reader->size = (size_t)sysconf(_SC_PAGESIZE);
	reader->buffer = aligned_alloc(reader->size, reader->size);
	reader->kbuffer = kbuffer_alloc(KBUFFER_LSIZE_SAME_AS_HOST,
					KBUFFER_ENDIAN_SAME_AS_HOST);
	if (!reader->buffer || !reader->kbuffer)
		err(1, "no memory for a reader");
	return reader;
}

static void *open_kbuffer_mapped(const struct rm_rig *rig, uint64_t interval_us)
{
	struct kbuffer_reader *reader = open_kbuffer(rig, interval_us);
	struct meta_head *meta;

	meta = mmap(NULL, reader->size, PROT_READ, MAP_SHARED, reader->fd, 0);
	if (meta == MAP_FAILED)
		err(1, "cannot map the ring");
	reader->size = meta->subbuf_size;
	reader->data = meta->meta_page_size;
	reader->map_size = reader->data + reader->size * meta->nr_subbufs;
	munmap(meta, (size_t)sysconf(_SC_PAGESIZE));
	reader->map = mmap(NULL, reader->map_size, PROT_READ, MAP_SHARED,
			   reader->fd, 0);
	if (reader->map == MAP_FAILED)
		err(1, "cannot map the ring");
	return reader;
}

static void wait_kbuffer(void *self)
{
	struct kbuffer_reader *reader = self;

	reader_sleep_us(reader->interval_us);
	reader->sleeps++;
}

static void drain_kbuffer(void *self, const atomic_bool *finish,
			  struct tally *tally)
{
	struct reader_chase chase = reader_chase_begin();
	struct kbuffer_reader *reader = self;

	while (!atomic_load_explicit(finish, memory_order_relaxed)) {
		struct tally of_page = {0};
		ssize_t got = read(reader->fd, reader->buffer, reader->size);

		if (got < 0 && errno != EAGAIN)
			err(1, "cannot read the ring");
		if (got <= 0)
			return;
		walk(reader->kbuffer, reader->buffer, &of_page);
		tally_add(tally, &of_page);
		if (reader_caught_up(&chase, of_page.events))
			return;
	}
}

/*
 * The kernel numbers the sub-buffers on the first mapping: 0 is the reader's,
 * the others follow from the oldest to the newest. An unused one is empty.
 */
static void drain_kbuffer_mapped(void *self, const atomic_bool *finish,
				 struct tally *tally)
{
	struct kbuffer_reader *reader = self;

	(void)finish;
	for (size_t at = reader->data; at < reader->map_size;
	     at += reader->size)
		walk(reader->kbuffer, reader->map + at, tally);
}

static struct reader_account account_kbuffer(void *self)
{
	struct kbuffer_reader *reader = self;

	return (struct reader_account){
		.sleeps = reader->sleeps,
		.lost = rm_rig_counts(reader->rig, reader->rig->cpu).overrun,
	};
}

static void close_kbuffer(void *self)
{
	struct kbuffer_reader *reader = self;

	if (reader->map)
		munmap(reader->map, reader->map_size);
	kbuffer_free(reader->kbuffer);
	close(reader->fd);
	free(reader->buffer);
	free(reader);
}

const struct reader_kind reader_kbuffer = {
	.name = "kbuffer",
	.missing = reader_never_missing,
	.open = open_kbuffer,
	.wait = wait_kbuffer,
	.drain = drain_kbuffer,
	.account = account_kbuffer,
	.close = close_kbuffer,
};

const struct reader_kind reader_kbuffer_mapped = {
	.name = "kbuffer_mapped",
	.missing = reader_never_missing,
	.open = open_kbuffer_mapped,
	.wait = wait_kbuffer,
	.drain = drain_kbuffer_mapped,
	.account = account_kbuffer,
	.close = close_kbuffer,
};
