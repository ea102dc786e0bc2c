/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * must.h - what must hold, where no case could fail or it is asked for often
 *
 * Check's assertions write to their runner each time, also when they hold.
 */
#ifndef RM_MUST_H
#define RM_MUST_H

#include <stdio.h>
#include <stdlib.h>

/* Dies, with a sentence, if it does not hold. */
#define rm_must(holds)                                                         \
	do {                                                                   \
		if (!(holds)) {                                                \
			fprintf(stderr, "%s:%d: this must hold: %s\n",         \
				__FILE__, __LINE__, #holds);                   \
			abort();                                               \
		}                                                              \
	} while (0)

#endif
