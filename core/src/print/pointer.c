/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * pointer.c - "%p" with its letters: symbols, addresses, UUIDs, dumps
 */
#include "print/convert.h"
#include "print/eval.h"

/* "%ph" shows no more bytes than this in the kernel either. */
#define DUMP_MAX 64

/* Error codes are the last addresses there are. */
#define ERRORS 4095

/* These numbers are the same on every architecture of Linux. */
#define FAMILY_INET 2
#define FAMILY_INET6 10

/* ---- addresses of the kernel ----------------------------------------------- */

void rm_put_symbol(struct rm_sink *out, const struct rm_eval *e,
		   uint64_t address, bool offset)
{
	const struct rm_symbols *symbols = e->symbols;
	const struct ringmap_symbol *found =
		symbols ? rm_symbols_find(symbols, address) : NULL;

	/* The last symbol has an unknown end, so only its start belongs to it. */
	if (found && found->start != address &&
	    found->start == symbols->symbols[symbols->count - 1].start)
		found = NULL;
	if (!found) {
		rm_put(out, "0x", 2);
		rm_put_hex(out, address, 1);
		return;
	}
	rm_put_string(out, found->name);
	if (offset) {
		rm_put(out, "+0x", 3);
		rm_put_hex(out, address - found->start, 1);
	}
}

void rm_put_pointer(struct rm_sink *out, const struct rm_eval *e,
		    const char *letters, uint64_t value)
{
	int64_t number;

	switch (letters[0]) {
	case 'S':
	case 'F':
	case 'B':
		rm_put_symbol(out, e, value, true);
		return;
	case 's':
	case 'f':
		rm_put_symbol(out, e, value, false);
		return;
	case 'x':
		rm_put_hex(out, value, 2 * e->format->long_size);
		return;
	case 'e':
		number = (int64_t)rm_wrap(value, e->format->long_size, false);
		if (number < 0 && number >= -ERRORS) {
			rm_put_signed(out, number);
			return;
		}
		break;
	default:
		break;
	}
	if (value) {
		rm_put(out, "0x", 2);
		rm_put_hex(out, value, 1);
	} else {
		rm_put_string(out, "(nil)");
	}
}

/* ---- hardware and network addresses ---------------------------------------- */

/* "%pM" puts colons, "%pMF" dashes, "%pm" neither; R starts at the end. */
static bool put_mac(const char *letters, const struct rm_bytes *bytes,
		    struct rm_sink *out)
{
	char between = letters[0] == 'm' ? '\0' : letters[1] == 'F' ? '-' : ':';

	if (bytes->size < 6)
		return false;
	for (unsigned int i = 0; i < 6; i++) {
		if (i && between)
			rm_put_char(out, between);
		rm_put_hex(out, bytes->at[letters[1] == 'R' ? 5 - i : i], 2);
	}
	return true;
}

/* The letter says in which order the bytes of the address lie. */
static bool is_reversed(const struct rm_eval *e, char order)
{
	return order == 'l' || (order == 'h' && !e->format->big_endian);
}

static void put_ip4(const uint8_t *at, bool reversed, bool zeros,
		    struct rm_sink *out)
{
	for (unsigned int i = 0; i < 4; i++) {
		if (i)
			rm_put_char(out, '.');
		rm_put_padded(out, at[reversed ? 3 - i : i], zeros ? 3 : 1);
	}
}

static uint64_t word_at(const uint8_t *at, unsigned int i)
{
	return rm_load(at + 2 * i, 2, true);
}

/* True if the last 4 bytes are an IPv4 address, which is shown as one. */
static bool holds_ip4(const uint8_t *at)
{
	bool mapped = word_at(at, 5) == 0xffff;

	for (unsigned int i = 0; i < 5; i++)
		mapped &= !word_at(at, i);
	/* The other form is ISATAP, with the "globally unique" bit set or not. */
	return mapped || ((word_at(at, 4) | 0x0200) == 0x0200 &&
			  word_at(at, 5) == 0x5efe);
}

/* Finds the longest run of zero words, the first one of several; a single word is
 * no run, and @begin is @words if there is none. */
static void longest_zeros(const uint8_t *at, unsigned int words,
			  unsigned int *begin, unsigned int *count)
{
	*begin = words;
	*count = 1;
	for (unsigned int i = 0; i < words; i++) {
		unsigned int n = 0;

		while (i + n < words && !word_at(at, i + n))
			n++;
		if (n > *count) {
			*begin = i;
			*count = n;
		}
	}
}

static void put_ip6_short(const uint8_t *at, struct rm_sink *out)
{
	const unsigned int words = holds_ip4(at) ? 6 : 8;
	unsigned int zeros;
	unsigned int count;
	bool colon = false;

	longest_zeros(at, words, &zeros, &count);
	for (unsigned int i = 0; i < words; i++) {
		if (i == zeros) {
			rm_put_string(out, "::");
			i += count - 1;
			colon = false;
			continue;
		}
		if (colon)
			rm_put_char(out, ':');
		rm_put_hex(out, word_at(at, i), 1);
		colon = true;
	}
	if (words == 8)
		return;
	if (colon)
		rm_put_char(out, ':');
	put_ip4(at + 12, false, false, out);
}

static void put_ip6(const uint8_t *at, bool colons, bool shortest,
		    struct rm_sink *out)
{
	if (shortest) {
		put_ip6_short(at, out);
		return;
	}
	for (unsigned int i = 0; i < 8; i++) {
		if (i && colons)
			rm_put_char(out, ':');
		rm_put_hex(out, word_at(at, i), 4);
	}
}

/* Letters behind "%pIS". */
struct socket_letters {
	bool port;
	bool flow;
	bool scope;
	bool shortest;
	char order;
};

static struct socket_letters read_letters(const char *letters)
{
	struct socket_letters ret = {.order = 'n'};

	for (; *letters; letters++) {
		ret.port |= *letters == 'p';
		ret.flow |= *letters == 'f';
		ret.scope |= *letters == 's';
		ret.shortest |= *letters == 'c';
		if (strchr("hnbl", *letters))
			ret.order = *letters;
	}
	return ret;
}

static void put_socket6(const struct rm_eval *e, const uint8_t *at, bool colons,
			const struct socket_letters *l, struct rm_sink *out)
{
	bool bracket = l->port || l->flow || l->scope;

	if (bracket)
		rm_put_char(out, '[');
	put_ip6(at + 8, colons, colons && l->shortest, out);
	if (bracket)
		rm_put_char(out, ']');
	if (l->port) {
		rm_put_char(out, ':');
		rm_put_decimal(out, rm_load(at + 2, 2, true));
	}
	if (l->flow) {
		rm_put_char(out, '/');
		rm_put_decimal(out, rm_load(at + 4, 4, true) & 0x0fffffff);
	}
	if (l->scope) {
		rm_put_char(out, '%');
		rm_put_decimal(out, rm_load(at + 24, 4, e->format->big_endian));
	}
}

/* A struct sockaddr_in has 16 bytes, a struct sockaddr_in6 28. */
static bool put_socket(const struct rm_eval *e, const char *letters,
		       const struct rm_bytes *bytes, struct rm_sink *out)
{
	const struct socket_letters l = read_letters(letters + 2);
	const bool capital = letters[0] == 'I';

	if (bytes->size < 2)
		return false;
	switch (rm_load(bytes->at, 2, e->format->big_endian)) {
	case FAMILY_INET:
		if (bytes->size < 16)
			return false;
		put_ip4(bytes->at + 4, is_reversed(e, l.order), !capital, out);
		if (l.port) {
			rm_put_char(out, ':');
			rm_put_decimal(out, rm_load(bytes->at + 2, 2, true));
		}
		return true;
	case FAMILY_INET6:
		if (bytes->size < 28)
			return false;
		put_socket6(e, bytes->at, capital, &l, out);
		return true;
	default:
		rm_put_string(out, "(einval)");
		return true;
	}
}

static bool put_ip(const struct rm_eval *e, const char *letters,
		   const struct rm_bytes *bytes, struct rm_sink *out)
{
	const bool capital = letters[0] == 'I';

	if (letters[1] == 'S')
		return put_socket(e, letters, bytes, out);
	if (letters[1] == '4') {
		if (bytes->size < 4)
			return false;
		put_ip4(bytes->at, is_reversed(e, letters[2]), !capital, out);
		return true;
	}
	if (bytes->size < 16)
		return false;
	put_ip6(bytes->at, capital, capital && letters[2] == 'c', out);
	return true;
}

/* ---- other bytes ----------------------------------------------------------- */

/* "%pUb" keeps the byte order, "%pUl" is a GUID; B and L use capitals. */
static bool put_uuid(const char *letters, const struct rm_bytes *bytes,
		     struct rm_sink *out)
{
	static const uint8_t plain[] = {0, 1, 2,  3,  4,  5,  6,  7,
					8, 9, 10, 11, 12, 13, 14, 15};
	static const uint8_t guid[] = {3, 2, 1,  0,  5,  4,  7,  6,
				       8, 9, 10, 11, 12, 13, 14, 15};
	const bool little = letters[1] == 'l' || letters[1] == 'L';
	const bool capital = letters[1] == 'B' || letters[1] == 'L';
	const uint8_t *order = little ? guid : plain;
	struct rm_conversion c = {
		.letter = capital ? 'X' : 'x', .size = 1, .precision = 2};

	if (bytes->size < sizeof(plain))
		return false;
	for (unsigned int i = 0; i < sizeof(plain); i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			rm_put_char(out, '-');
		rm_put_number(out, &c, bytes->at[order[i]]);
	}
	return true;
}

/* "%*ph" shows as many bytes as the width says, if the array has them. */
static void put_dump(const char *letters, int32_t width,
		     const struct rm_bytes *bytes, struct rm_sink *out)
{
	char between = letters[1] == 'C'   ? ':'
		       : letters[1] == 'D' ? '-'
		       : letters[1] == 'N' ? '\0'
					   : ' ';
	uint32_t count = width ? (uint32_t)width : 1;

	if (count > bytes->size)
		count = bytes->size;
	if (count > DUMP_MAX)
		count = DUMP_MAX;
	for (uint32_t i = 0; i < count; i++) {
		if (i && between)
			rm_put_char(out, between);
		rm_put_hex(out, bytes->at[i], 2);
	}
}

/*
 * Checks for an address that the record does not hold, such as that of page
 * number REC->pfn in an array of the kernel whose place and elements only the
 * kernel knows. False: it is known, or its condition cannot be evaluated.
 */
static bool is_unknown(const struct rm_eval *e, const struct rm_expr *x)
{
	uint64_t value;

	while (x->kind == RM_EXPR_CONVERT || x->kind == RM_EXPR_COND) {
		if (x->kind == RM_EXPR_CONVERT)
			x = x->a;
		else if (rm_eval_number(e, x->a, &value))
			x = value ? x->b : x->c;
		else
			return false;
	}
	return x->kind == RM_EXPR_UNKNOWN;
}

bool rm_eval_pointer(const struct rm_eval *e, const struct rm_conversion *c,
		     const struct rm_expr *x, struct rm_sink *out)
{
	const char *letters = c->pointer;
	struct rm_bytes bytes;
	uint64_t value;

	if (x->class == RM_CLASS_NUMBER) {
		if (!rm_eval_number(e, x, &value)) {
			if (!is_unknown(e, x))
				return false;
			rm_put_string(out, "(unknown)");
			return true;
		}
		rm_put_pointer(out, e, letters,
			       rm_wrap(value, e->format->long_size, true));
		return true;
	}
	if (!rm_eval_place(e, x, &bytes))
		return false;
	switch (letters[0]) {
	case 'M':
	case 'm':
		return put_mac(letters, &bytes, out);
	case 'U':
		return put_uuid(letters, &bytes, out);
	case 'h':
		put_dump(letters, c->width, &bytes, out);
		return true;
	case 'b':
		/* "%*pb" and "%*pbl": a mask of as many bits. */
		if ((uint64_t)c->width > 8ULL * bytes.size)
			return false;
		if (letters[1] == 'l')
			rm_put_bits(out, e, &bytes, (uint64_t)c->width);
		else
			rm_put_mask(out, e, &bytes, (uint64_t)c->width);
		return true;
	default:
		return put_ip(e, letters, &bytes, out);
	}
}
