/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* Prints the version that the library says at run time. */
#include <inttypes.h>
#include <ringmap/ringmap.h>
#include <stdio.h>

int main(void)
{
	uint32_t version = ringmap_version();

	printf("%" PRIu32 ".%" PRIu32 ".%" PRIu32 "\n", version >> 16,
	       version >> 8 & 0xff, version & 0xff);
	return 0;
}
