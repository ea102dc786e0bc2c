/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * heap.h - binary heaps whose first item comes before all others
 *
 * They are macros, so that the comparison is compiled into the loop: a merge of
 * rings sinks an item for every event.
 */
#ifndef RM_HEAP_H
#define RM_HEAP_H

#include <stddef.h>

/*
 * Defines three functions for arrays of @type:
 *
 *	<name>_sink(ctx, heap, count, i)  moves an item that is too early down
 *	<name>_rise(ctx, heap, i, item)   adds @item; @i is the count before
 *	<name>_order(ctx, heap, count)    makes a heap of any array
 *
 * before(ctx, a, b) is true if item @a comes before item @b; @ctx_type is the
 * type of its first argument.
 */
#define RM_DEFINE_HEAP(name, type, ctx_type, before)                           \
	__attribute__((unused)) static inline void name##_sink(                \
		ctx_type ctx, type *heap, size_t count, size_t i)              \
	{                                                                      \
		const type moved = heap[i];                                    \
                                                                               \
		for (;;) {                                                     \
			size_t child = 2 * i + 1;                              \
                                                                               \
			if (child >= count)                                    \
				break;                                         \
			if (child + 1 < count &&                               \
			    before(ctx, heap[child + 1], heap[child]))         \
				child++;                                       \
			if (!before(ctx, heap[child], moved))                  \
				break;                                         \
			heap[i] = heap[child];                                 \
			i = child;                                             \
		}                                                              \
		heap[i] = moved;                                               \
	}                                                                      \
                                                                               \
	__attribute__((unused)) static inline void name##_rise(                \
		ctx_type ctx, type *heap, size_t i, type item)                 \
	{                                                                      \
		while (i > 0 && before(ctx, item, heap[(i - 1) / 2])) {        \
			heap[i] = heap[(i - 1) / 2];                           \
			i = (i - 1) / 2;                                       \
		}                                                              \
		heap[i] = item;                                                \
	}                                                                      \
                                                                               \
	__attribute__((unused)) static inline void name##_order(               \
		ctx_type ctx, type *heap, size_t count)                        \
	{                                                                      \
		for (size_t i = count / 2; i-- > 0;)                           \
			name##_sink(ctx, heap, count, i);                      \
	}

#endif
