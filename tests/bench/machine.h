/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * machine.h - what a result was measured on
 */
#ifndef MACHINE_H
#define MACHINE_H

#include <stdio.h>

/* For a person: one line. */
void machine_print(FILE *file);

/* {"cpu": …, "kernel": …, "cpus": …, "memory_mb": …, "library": …} */
void machine_print_json(FILE *file);

#endif
