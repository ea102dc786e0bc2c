/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * opts.c - structs whose size the caller's version of the header decides
 */
#include "base/opts.h"

#include "base/error.h"

#include <string.h>

enum {
	/* No version's options are so large: an sz beyond was not initialised,
	 * and there may be no bytes to look at. */
	SZ_MAX = 4096
};

enum ringmap_status rm_opts_copy(void *dst, size_t dst_size, const void *src,
				 struct ringmap_error *err)
{
	size_t sz = *(const size_t *)src;
	const uint8_t *bytes = src;

	if (sz < sizeof(size_t) || sz > SZ_MAX)
		return rm_fail(err, RINGMAP_E_INVAL, 0,
			       "the options' sz is not set");
	for (size_t i = dst_size; i < sz; i++)
		if (bytes[i])
			return rm_fail(
				err, RINGMAP_E_INVAL, 0,
				"the options ask for something that this "
				"version does not know");
	memcpy(dst, src, sz < dst_size ? sz : dst_size);
	return RINGMAP_OK;
}

void rm_give(void *ret, size_t sz, const void *src, size_t src_size)
{
	memset(ret, 0, sz);
	memcpy(ret, src, sz < src_size ? sz : src_size);
}
