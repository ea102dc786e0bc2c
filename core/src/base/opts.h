/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * opts.h - structs whose size the caller's version of the header decides
 *
 * Such a struct may be shorter or longer than ours: a program runs on a
 * library that is newer or older than the header it was compiled with.
 */
#ifndef RM_OPTS_H
#define RM_OPTS_H

#include <ringmap/ringmap.h>

#include <stddef.h>

/*
 * Copies the caller's options @src, whose first member is their size, over the
 * defaults in @dst. RINGMAP_E_INVAL: the size is not set, or a byte that this
 * version does not know is not zero.
 */
enum ringmap_status rm_opts_copy(void *dst, size_t dst_size, const void *src,
				 struct ringmap_error *err);

/*
 * Fills the caller's struct @ret of @sz bytes from @src. Bytes that this
 * version does not know become zero.
 */
void rm_give(void *ret, size_t sz, const void *src, size_t src_size);

#endif
