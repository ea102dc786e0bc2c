/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * dat_out.h - numbers, strings and compressed blocks of a trace.dat to be
 */
#ifndef RM_DAT_OUT_H
#define RM_DAT_OUT_H

#include "tests/support/dat_writer.h"

/* Bytes to be. */
struct rm_out {
	uint8_t *bytes;
	size_t size;
	size_t room;
	bool big_endian;
};

/* Ends the program with @what if it does not hold. */
void rm_must_write(bool holds, const char *what);

void rm_out(struct rm_out *o, const void *bytes, size_t size);
void rm_out_number(struct rm_out *o, uint32_t size, uint64_t number);
void rm_out_string(struct rm_out *o, const char *string);

/* A size of that many bytes, then the text. */
void rm_out_text(struct rm_out *o, uint32_t size_bytes, const char *text);

/* Zeros up to a multiple of @to. */
void rm_out_align(struct rm_out *o, size_t to);

/* Both sizes, then the packed bytes. */
void rm_out_block(struct rm_out *o, enum rm_dat_packing packing,
		  const uint8_t *bytes, size_t size);

/* The bytes of a number in that order. */
void rm_out_order(uint8_t *ret, uint32_t size, uint64_t number, bool big);

#endif
