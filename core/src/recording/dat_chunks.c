/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * dat_chunks.c - reads a CPU's compressed data, a chunk at a time
 *
 * The headers of all chunks are read when the ring is opened: a chunk that
 * does not fit into the file is reported then, and the memory for the largest
 * chunk is allocated before the first is read.
 */
#include "recording/dat.h"

#include "base/error.h"
#include "ring/image.h"
#include "ring/ring.h"

#include <stdlib.h>
#include <sys/mman.h>

enum {
	/* A chunk may hold this many sub-buffers however small it is, for
	 * nearly empty ones compress very well. trace-cmd puts ten into one. */
	SLACK_SUBBUFS = 16
};

struct chunks {
	struct rm_dat_map *map;
	struct rm_cursor next;
	uint32_t left; /* chunks not read yet */
	uint32_t slack;
	struct rm_unpacker *unpacker;
	uint8_t *mem;
	size_t mem_size;
	struct rm_readahead readahead;
};

static void free_chunks(void *ctx)
{
	struct chunks *ch = ctx;

	if (ch->mem)
		munmap(ch->mem, ch->mem_size);
	rm_unpacker_free(ch->unpacker);
	rm_dat_map_unref(ch->map);
	free(ch);
}

static enum ringmap_status next_chunk(void *ctx, const uint8_t **ret,
				      size_t *size, struct ringmap_error *err)
{
	struct chunks *ch = ctx;
	struct rm_block block;

	if (!ch->left)
		return RINGMAP_DONE;
	ch->left--;
	rm_readahead_pass(&ch->readahead, (size_t)ch->next.at);
	ch->next.err = err;
	uint64_t at = ch->next.at;
	/* The file may have been written to since it was opened. */
	if (rm_block_at(&ch->next, ch->slack, &block) ||
	    block.size > ch->mem_size) {
		ch->left = 0;
		*size = 0;
		return RINGMAP_E_CORRUPT;
	}
	*size = block.size;
	if (!rm_unpack(ch->unpacker, &block, ch->mem))
		return rm_fail(err, RINGMAP_E_CORRUPT, 0,
			       RM_FILE "byte %llu: the chunk does not "
				       "decompress to its %u bytes",
			       RM_FILE_ARGS(ch->next.file),
			       (unsigned long long)at, block.size);
	*ret = ch->mem;
	return RINGMAP_OK;
}

/* Returns false if the next chunk reaches beyond the end of the data. */
static bool is_whole(struct rm_cursor c)
{
	const uint64_t sizes = 2 * sizeof(uint32_t);

	if (c.end - c.at < sizes)
		return false;
	uint32_t size = rm_cursor_u32(&c, "size of a compressed block");
	return size <= c.end - c.at - sizeof(uint32_t);
}

/*
 * Checks every chunk's header. Sets @total to the sum of the decompressed
 * sizes, and ch->mem_size to the largest. If the data was @cut, the chunks are
 * those that are whole.
 */
static enum ringmap_status measure(struct chunks *ch, uint32_t subbuf_size,
				   bool cut, size_t *total)
{
	struct rm_cursor c = ch->next;

	*total = 0;
	for (uint32_t i = 0; i < ch->left; i++) {
		struct rm_block block;

		if (cut && !is_whole(c)) {
			ch->left = i;
			break;
		}
		if (rm_block_at(&c, ch->slack, &block))
			return c.status;
		if (block.size % subbuf_size)
			return rm_cursor_fail(&c,
					      "the chunk before this ends "
					      "inside a sub-buffer: %u bytes",
					      block.size);
		if (__builtin_add_overflow(*total, block.size, total))
			return rm_cursor_fail(&c, "the sum of the chunks' "
						  "sizes overflows");
		if (block.size > ch->mem_size)
			ch->mem_size = block.size;
	}
	return RINGMAP_OK;
}

static enum ringmap_status prepare(const struct rm_dat *dat, struct chunks *ch,
				   const struct rm_dat_cpu *cpu,
				   const struct ringmap_image_opts *shape,
				   size_t *total)
{
	ch->next = rm_dat_cursor(dat, cpu->offset);
	/* trace-cmd 3.1 leaves the number of chunks out of the size. */
	uint64_t end = cpu->offset + cpu->size + sizeof(uint32_t);
	if (end < ch->next.end)
		ch->next.end = end;
	*total = 0;
	if (cpu->cut && ch->next.end - ch->next.at < sizeof(uint32_t))
		return RINGMAP_OK;
	ch->left = rm_cursor_u32(&ch->next, "number of chunks");
	ch->slack = shape->subbuf_size * SLACK_SUBBUFS;
	enum ringmap_status s = ch->next.status;
	if (!s)
		s = measure(ch, shape->subbuf_size, cpu->cut, total);
	if (!s)
		s = rm_unpacker_new(dat->packing, &ch->unpacker, dat->err);
	if (s || !ch->mem_size)
		return s;
	/* With mmap(), memory is used only when a chunk is decompressed. */
	void *mem = mmap(NULL, ch->mem_size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mem == MAP_FAILED)
		return rm_dat_nomem(dat);
	ch->mem = mem;
	return RINGMAP_OK;
}

enum ringmap_status rm_dat_open_chunks(struct rm_dat *dat,
				       const struct rm_dat_cpu *cpu,
				       const struct ringmap_image_opts *shape,
				       size_t rings, struct ringmap_ring **ret)
{
	struct chunks *ch = calloc(1, sizeof(*ch));
	size_t total;

	if (!ch)
		return rm_dat_nomem(dat);
	ch->map = rm_dat_map_ref(dat->map);
	enum ringmap_status s = prepare(dat, ch, cpu, shape, &total);
	if (!s)
		s = ringmap_ring_open_image(NULL, 0, shape, ret, dat->err);
	if (s) {
		free_chunks(ch);
		return s;
	}
	rm_readahead_open(&ch->readahead, dat->map->bytes + cpu->offset,
			  (size_t)cpu->size, rings);
	(*ret)->image.file = dat->map->path;
	const struct rm_image_more more = {next_chunk, ch};
	rm_image_continued(*ret, total, &more);
	if (cpu->cut)
		rm_image_cut(*ret);
	rm_ring_on_free(*ret, free_chunks, ch);
	return RINGMAP_OK;
}
