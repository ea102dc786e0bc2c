/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * decode_capture.h - captures of any size, made of a small recording
 *
 * The recording's records are packed into sub-buffers again and again, as the
 * kernel packs them, with stamps that go on.
 */
#ifndef DECODE_CAPTURE_H
#define DECODE_CAPTURE_H

#include <ringmap/ringmap.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	/* More than threads, as on most machines: who is done with one takes
	 * the next, and none is waited for long at the end. */
	CAPTURE_CPUS = 16,
	CAPTURE_SUBBUF = 4096,
	CAPTURE_TYPES = 20,
};

/* Sub-buffers of each CPU, and a folder with the formats of their events. */
struct capture {
	char folder[64];
	uint8_t *cpus[CAPTURE_CPUS];
	int nr_cpus;
	size_t size; /* bytes of each CPU */
	uint64_t events;
	/* How often all is read, as if there were so many times the CPUs. */
	unsigned int times;
};

enum capture_mix {
	CAPTURE_SWITCHES, /* sched_switch only */
	CAPTURE_MIXED,    /* all there is: CAPTURE_TYPES types */
};

/* @size: bytes of each CPU, to be read once. Ends the program when that cannot be. */
void capture_make(struct capture *c, const char *recording,
		  enum capture_mix mix, size_t size);
void capture_free(struct capture *c);

/* Writes the sub-buffers into the folder, @times one after the other, with
 * stamps that go on: a capture as ringmap_trace_open_file() reads it. */
void capture_write(const struct capture *c, unsigned int times);

/* A trace over the sub-buffers in memory, so many times. */
struct ringmap_trace *capture_trace(const struct capture *c);

/* The names of the events in a mixed capture. */
const char *const *capture_types(void);

#endif
