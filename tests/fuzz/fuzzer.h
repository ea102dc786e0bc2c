/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * fuzzer.h - what a fuzz target is: one function, which dies of what is wrong
 */
#ifndef RM_FUZZER_H
#define RM_FUZZER_H

#include "tests/support/must.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* libFuzzer's name for it. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
