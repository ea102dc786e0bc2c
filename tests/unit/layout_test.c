/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * layout_test.c - frozen sizes, and loads in either byte order
 */
#include "ring/layout.h"

#include "tests/support/rm_check.h"

START_TEST(views_have_their_frozen_sizes)
{
	if (sizeof(void *) != 8)
		rm_skip("the sizes are promised on LP64");
	ck_assert_uint_eq(sizeof(struct ringmap_page), 64);
	ck_assert_uint_eq(sizeof(struct ringmap_event), 32);
	ck_assert_uint_eq(sizeof(struct ringmap_error), 256);
}
END_TEST

START_TEST(error_has_its_size_everywhere)
{
	ck_assert_uint_eq(sizeof(struct ringmap_error), 256);
	ck_assert_uint_eq(offsetof(struct ringmap_error, text), 8);
}
END_TEST

START_TEST(meta_page_is_that_of_the_kernel)
{
	ck_assert_uint_eq(sizeof(struct rm_meta_page), 80);
	ck_assert_uint_eq(offsetof(struct rm_meta_page, meta_page_size), 0);
	ck_assert_uint_eq(offsetof(struct rm_meta_page, meta_struct_len), 4);
	ck_assert_uint_eq(offsetof(struct rm_meta_page, subbuf_size), 8);
	ck_assert_uint_eq(offsetof(struct rm_meta_page, nr_subbufs), 12);
	ck_assert_uint_eq(offsetof(struct rm_meta_page, reader_lost_events),
			  16);
	ck_assert_uint_eq(offsetof(struct rm_meta_page, reader_id), 24);
	ck_assert_uint_eq(offsetof(struct rm_meta_page, reader_read), 28);
	ck_assert_uint_eq(offsetof(struct rm_meta_page, flags), 32);
	ck_assert_uint_eq(offsetof(struct rm_meta_page, entries), 40);
	ck_assert_uint_eq(offsetof(struct rm_meta_page, overrun), 48);
	ck_assert_uint_eq(offsetof(struct rm_meta_page, read), 56);
	ck_assert_uint_eq(offsetof(struct rm_meta_page, pages_lost), 64);
	ck_assert_uint_eq(offsetof(struct rm_meta_page, pages_touched), 72);
}
END_TEST

START_TEST(words_are_loaded_in_either_order)
{
	_Alignas(8) static const uint8_t bytes[12] = {1, 2, 3, 4,  5,  6,
						      7, 8, 9, 10, 11, 12};

	ck_assert_uint_eq(rm_load16(bytes, false), 0x0201);
	ck_assert_uint_eq(rm_load16(bytes, true), 0x0102);
	ck_assert_uint_eq(rm_load32(bytes, false), 0x04030201);
	ck_assert_uint_eq(rm_load32(bytes, true), 0x01020304);
	/* Aligned to 4 is enough. */
	ck_assert_uint_eq(rm_load64(bytes + 4, false), 0x0c0b0a0908070605);
	ck_assert_uint_eq(rm_load64(bytes + 4, true), 0x05060708090a0b0c);
}
END_TEST

START_TEST(copy_of_shared_bytes_is_exact)
{
	_Alignas(8) uint8_t from[68];
	_Alignas(8) uint8_t to[68];

	for (size_t i = 0; i < sizeof(from); i++)
		from[i] = (uint8_t)(i * 7);
	for (size_t size = 0; size <= 64; size += 4) {
		memset(to, 0xee, sizeof(to));
		rm_copy_shared(to, from, size);
		ck_assert_mem_eq(to, from, size);
		ck_assert_uint_eq(to[size], 0xee);
	}
}
END_TEST

RM_MAIN(views_have_their_frozen_sizes, error_has_its_size_everywhere,
	meta_page_is_that_of_the_kernel, words_are_loaded_in_either_order,
	copy_of_shared_bytes_is_exact)
