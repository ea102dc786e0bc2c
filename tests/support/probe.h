/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * probe.h - what the kernel does here, or an emulator in its place
 *
 * QEMU's emulators of processors take some advice of madvise(2) without passing
 * it on, and have their own place in memory for the program's addresses. A case
 * that needs the kernel itself asks first and is skipped where it is out of
 * reach. Each probe looks at the effect of a call, because an emulator reports
 * success, and none uses the library, so that no fault of the library can skip a
 * case.
 */
#ifndef RM_PROBE_H
#define RM_PROBE_H

#include <stdbool.h>

/* A child finds the pages of MADV_WIPEONFORK zeroed. */
bool rm_probe_wipes_on_fork(void);

/* MADV_POPULATE_READ reports a page behind the end of its file. */
bool rm_probe_populates(void);

/* MAP_POPULATE gives a page of a file an entry in /proc/self/pagemap. */
bool rm_probe_pagemap(void);

/* In the body of a case: it is skipped where children keep such pages. */
#define RM_NEEDS_WIPE_ON_FORK()                                                \
	do {                                                                   \
		if (!rm_probe_wipes_on_fork())                                 \
			rm_skip("MADV_WIPEONFORK has no effect here");         \
	} while (0)

/* In the body of a case: it is skipped where no mapping is known as the first. */
#define RM_NEEDS_PAGEMAP()                                                     \
	do {                                                                   \
		if (!rm_probe_pagemap())                                       \
			rm_skip("MAP_POPULATE has no effect on pagemap here"); \
	} while (0)

#endif
