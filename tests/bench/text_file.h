/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * text_file.h - an uncompressed trace.dat of any size, made of a small one
 */
#ifndef RM_BENCH_TEXT_FILE_H
#define RM_BENCH_TEXT_FILE_H

#include <stdint.h>

/*
 * Writes a trace.dat of two CPUs with about @events sched_switch events, those
 * of @small again and again, with stamps that go on; returns how many. Ends
 * the program where that fails.
 */
uint64_t text_file_make(const char *small, const char *path, uint64_t events);

#endif
