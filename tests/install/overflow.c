/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * overflow.c - writes beyond a block whose size only the running program knows
 *
 * Built with the project's flags, it is ended by the C library. Level 2 of
 * _FORTIFY_SOURCE would not notice the write, because the size is no constant.
 */
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
	char *block = malloc((size_t)argc);

	if (!block)
		return EXIT_FAILURE;
	memset(block, argv[0][0], (size_t)argc + 1);
	/* The compiler has to keep the write. */
	return block[argc - 1] == argv[0][0] ? EXIT_SUCCESS : EXIT_FAILURE;
}
