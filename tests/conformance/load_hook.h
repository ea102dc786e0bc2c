/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * load_hook.h - forced into the library's files for the explorer
 *
 * Every look at shared memory becomes a place where the world may go on
 * first: so the explorer can put a writer, an interrupt or another consumer
 * between any two loads of the library.
 */
#ifndef RM_LOAD_HOOK_H
#define RM_LOAD_HOOK_H

void rm_load_hook(void);

#define __atomic_load_n(p, order) (rm_load_hook(), __atomic_load_n(p, order))

#endif
