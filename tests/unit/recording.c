/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * recording.c - sub-buffers from scripts, one after the other
 */
#include "tests/unit/recording.h"

#include "tests/support/rm_check.h"

#include <unistd.h>

void rm_record(struct rm_recording *ret, const struct ringmap_image_opts *shape,
	       const char *const *scripts)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	memset(ret, 0, sizeof(*ret));
	for (; scripts[ret->count]; ret->count++) {
		ck_assert_uint_lt(ret->count, RM_RECORDING_MAX);
		ret->subbufs[ret->count] =
			rm_generate(shape, scripts[ret->count]);
	}
	ck_assert_uint_gt(ret->count, 0);
	ret->opts = ret->subbufs[0]->opts;
	size_t each = ret->opts.subbuf_size;
	ret->size = ret->count * each;
	size_t used = (ret->size + page - 1) / page * page;
	ret->mapping_size = used + page;
	ret->mapping = mmap(NULL, ret->mapping_size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert(ret->mapping != MAP_FAILED);
	uint8_t *guard = (uint8_t *)ret->mapping + used;
	ck_assert(!mprotect(guard, page, PROT_NONE));
	ret->bytes = guard - ret->size;
	for (size_t i = 0; i < ret->count; i++)
		memcpy(ret->bytes + i * each, ret->subbufs[i]->subbuf, each);
}

void rm_recording_free(struct rm_recording *recording)
{
	for (size_t i = 0; i < recording->count; i++)
		rm_generated_free(recording->subbufs[i]);
	munmap(recording->mapping, recording->mapping_size);
}

struct ringmap_ring *rm_recording_open(const struct rm_recording *recording)
{
	struct ringmap_error err;
	struct ringmap_ring *ring;

	rm_assert_ok_err(ringmap_ring_open_image(recording->bytes,
						 recording->size,
						 &recording->opts, &ring, &err),
			 &err);
	return ring;
}
