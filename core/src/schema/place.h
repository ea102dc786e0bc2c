/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * place.h - where the bytes of a field lie in a record
 *
 * Text, tables and single values all find a field here, so that they agree.
 */
#ifndef RM_PLACE_H
#define RM_PLACE_H

#include "schema/format.h"

#include <string.h>

enum rm_where {
	RM_WHERE_FIXED,
	RM_WHERE_DATA_LOC, /* a word has the offset in the record */
	RM_WHERE_REL_LOC,  /* a word has the offset from its own end */
	RM_WHERE_TAIL,     /* from offset to the end of the record */
};

struct rm_place {
	enum rm_where where;
	uint32_t offset;
	uint32_t size; /* bytes at offset: the value's, or its words' */
	uint32_t word; /* bytes of a word: 4, or 2 without a length */
};

/* These bytes lie in the record. */
struct rm_bytes {
	const uint8_t *at;
	uint32_t size;
};

/* @field is one of the format's own. */
static inline struct rm_place
rm_field_place(const struct ringmap_format *format,
	       const struct ringmap_field_info *field)
{
	const uint32_t loc = RINGMAP_FIELD_DATA_LOC | RINGMAP_FIELD_REL_LOC;
	struct rm_place ret = {RM_WHERE_FIXED, field->offset, field->size, 4};

	if (field->flags & loc) {
		ret.where = field->flags & RINGMAP_FIELD_DATA_LOC
				    ? RM_WHERE_DATA_LOC
				    : RM_WHERE_REL_LOC;
		ret.word = field->size / (field->count ? field->count : 1);
	} else if (field == format->tail ||
		   (field->flags & RINGMAP_FIELD_ARRAY && !field->size)) {
		ret.where = RM_WHERE_TAIL;
	}
	return ret;
}

/*
 * Loads a word, which need not be aligned, once: the writer may change it, and
 * the value that was checked must be the value that is used. Relaxed: callers
 * check afterwards whether the record was intact.
 */
static inline uint32_t rm_place_word(const uint8_t *at, uint32_t size,
				     bool big_endian)
{
	const bool swap =
		big_endian != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);

	if (size == sizeof(uint16_t)) {
		uint16_t v =
			__atomic_load_n((const uint16_t *)at, __ATOMIC_RELAXED);

		return swap ? __builtin_bswap16(v) : v;
	}
	uint32_t v = __atomic_load_n((const uint32_t *)at, __ATOMIC_RELAXED);
	return swap ? __builtin_bswap32(v) : v;
}

/*
 * Finds value number @number, which is 0 but in an array of dynamic values, in
 * a record of @size bytes. Returns false if the record does not hold it.
 */
static inline bool rm_place_find(const struct rm_place *place,
				 const uint8_t *record, uint32_t size,
				 bool big_endian, uint32_t number,
				 struct rm_bytes *ret)
{
	const uint32_t at = place->offset + number * place->word;

	if (place->where == RM_WHERE_FIXED || place->where == RM_WHERE_TAIL) {
		if (at > size)
			return false;
		uint32_t length =
			place->where == RM_WHERE_TAIL ? size - at : place->size;
		if (length > size - at)
			return false;
		*ret = (struct rm_bytes){record + at, length};
		return true;
	}
	if (at > size || place->word > size - at)
		return false;
	uint32_t word = rm_place_word(record + at, place->word, big_endian);
	uint32_t begin = word & 0xffff;
	if (place->where == RM_WHERE_REL_LOC)
		begin += at + place->word;
	if (begin > size)
		return false;
	uint32_t length = place->word == 2 ? size - begin : word >> 16;
	if (length > size - begin)
		return false;
	*ret = (struct rm_bytes){record + begin, length};
	return true;
}

/* Loads a number, which need not be aligned, in the kernel's byte order. */
static inline uint64_t rm_load(const uint8_t *at, uint32_t size,
			       bool big_endian)
{
	const bool swap =
		big_endian != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
	uint64_t v64;
	uint32_t v32;
	uint16_t v16;

	switch (size) {
	case 1:
		return *at;
	case 2:
		memcpy(&v16, at, sizeof(v16));
		return swap ? __builtin_bswap16(v16) : v16;
	case 4:
		memcpy(&v32, at, sizeof(v32));
		return swap ? __builtin_bswap32(v32) : v32;
	case 8:
		memcpy(&v64, at, sizeof(v64));
		return swap ? __builtin_bswap64(v64) : v64;
	default:
		return 0;
	}
}

#endif
