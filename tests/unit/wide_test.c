/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * wide_test.c - products of 128 bits keep every bit
 */
#include "base/wide.h"
#include "tests/support/rm_check.h"

#include <inttypes.h>

enum {
	BITS = 128
};

/* Multiplies bit by bit, as on paper: bits[i] is worth 2^i. */
static void multiply(uint64_t a, uint64_t b, int *bits)
{
	int carry = 0;

	for (int i = 0; i < BITS; i++) {
		int sum = carry;

		for (int j = 0; j < 64 && j <= i; j++)
			if (i - j < 64)
				sum += (int)(b >> j & 1) *
				       (int)(a >> (i - j) & 1);
		bits[i] = sum & 1;
		carry = sum >> 1;
	}
}

static void assert_product(uint64_t a, uint64_t b)
{
	struct rm_wide product = rm_wide_mul(a, b);
	int bits[BITS];

	multiply(a, b, bits);
	for (uint32_t shift = 0; shift < BITS; shift++) {
		uint64_t got = rm_wide_shift(product, shift);
		uint64_t want = 0;

		for (uint32_t i = 0; i < 64 && shift + i < BITS; i++)
			want |= (uint64_t)bits[shift + i] << i;
		ck_assert_msg(got == want,
			      "%" PRIu64 " * %" PRIu64 " >> %" PRIu32
			      " is %" PRIu64 ", not %" PRIu64,
			      a, b, shift, got, want);
	}
}

START_TEST(limits_do_not_overflow)
{
	static const uint64_t numbers[] = {
		0,
		1,
		UINT32_MAX,
		UINT64_C(1) << 32,
		UINT64_C(1) << 63,
		UINT64_C(0xffffffff00000000),
		UINT64_C(0x0123456789abcdef),
		UINT64_MAX,
	};
	const size_t count = sizeof(numbers) / sizeof(*numbers);

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < count; j++)
			assert_product(numbers[i], numbers[j]);
}
END_TEST

START_TEST(random_products_are_exact)
{
	uint64_t state = 42;
	uint64_t before = 1;

	for (int i = 0; i < 300; i++) {
		state = state * UINT64_C(6364136223846793005) +
			UINT64_C(1442695040888963407);
		uint64_t number = state ^ state >> 29;

		assert_product(number, before);
		before = number >> i % 40;
	}
}
END_TEST

/* n = quotient * by + rest gives the quotient again, for the largest rest too. */
START_TEST(quotients_are_exact)
{
	uint64_t state = 7;

	for (int i = 0; i < 1000; i++) {
		state = state * UINT64_C(6364136223846793005) +
			UINT64_C(1442695040888963407);
		uint64_t quotient = (state ^ state >> 31) >> i % 64;

		state = state * UINT64_C(6364136223846793005) +
			UINT64_C(1442695040888963407);
		uint64_t by = (state ^ state >> 30) >> i / 16 % 64 | 1;
		struct rm_wide n = rm_wide_mul(quotient, by);

		ck_assert_uint_eq(rm_wide_div(n, by), quotient);
		n = rm_wide_add(n, by - 1);
		ck_assert_uint_eq(rm_wide_div(n, by), quotient);
		n = rm_wide_sub(n, by - 1);
		ck_assert_uint_eq(rm_wide_shift(n, 64),
				  rm_wide_shift(rm_wide_mul(quotient, by), 64));
	}
}
END_TEST

RM_MAIN(limits_do_not_overflow, random_products_are_exact, quotients_are_exact)
