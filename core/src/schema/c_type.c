/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * c_type.c - size and sign of C's types and the kernel's, by name
 */
#include "schema/c_type.h"

#include "base/word.h"

#include <string.h>

/* No known type has a name of more words. */
#define WORDS_MAX 8

struct word {
	const char *at;
	size_t size;
};

/* A typedef of the kernel. Size 0 stands for the size of a long. */
struct typedef_name {
	const char *name;
	uint32_t size;
	enum rm_sign sign;
};

/* These are the same on every architecture and in every kernel. */
static const struct typedef_name typedefs[] = {
	{"u8", 1, RM_UNSIGNED},        {"u16", 2, RM_UNSIGNED},
	{"u32", 4, RM_UNSIGNED},       {"u64", 8, RM_UNSIGNED},
	{"s8", 1, RM_SIGNED},          {"s16", 2, RM_SIGNED},
	{"s32", 4, RM_SIGNED},         {"s64", 8, RM_SIGNED},
	{"__u8", 1, RM_UNSIGNED},      {"__u16", 2, RM_UNSIGNED},
	{"__u32", 4, RM_UNSIGNED},     {"__u64", 8, RM_UNSIGNED},
	{"__s8", 1, RM_SIGNED},        {"__s16", 2, RM_SIGNED},
	{"__s32", 4, RM_SIGNED},       {"__s64", 8, RM_SIGNED},
	{"uint8_t", 1, RM_UNSIGNED},   {"uint16_t", 2, RM_UNSIGNED},
	{"uint32_t", 4, RM_UNSIGNED},  {"uint64_t", 8, RM_UNSIGNED},
	{"int8_t", 1, RM_SIGNED},      {"int16_t", 2, RM_SIGNED},
	{"int32_t", 4, RM_SIGNED},     {"int64_t", 8, RM_SIGNED},
	{"u_int8_t", 1, RM_UNSIGNED},  {"u_int16_t", 2, RM_UNSIGNED},
	{"u_int32_t", 4, RM_UNSIGNED}, {"u_int64_t", 8, RM_UNSIGNED},
	{"__le16", 2, RM_UNSIGNED},    {"__be16", 2, RM_UNSIGNED},
	{"__le32", 4, RM_UNSIGNED},    {"__be32", 4, RM_UNSIGNED},
	{"__le64", 8, RM_UNSIGNED},    {"__be64", 8, RM_UNSIGNED},
	{"uint", 4, RM_UNSIGNED},      {"ulong", 0, RM_UNSIGNED},
	{"size_t", 0, RM_UNSIGNED},    {"ssize_t", 0, RM_SIGNED},
	{"uintptr_t", 0, RM_UNSIGNED}, {"ptrdiff_t", 0, RM_SIGNED},
	{"pid_t", 4, RM_SIGNED},       {"uid_t", 4, RM_UNSIGNED},
	{"gid_t", 4, RM_UNSIGNED},     {"gfp_t", 4, RM_UNSIGNED},
	{"loff_t", 8, RM_SIGNED},      {"ktime_t", 8, RM_SIGNED},
};

static bool same(const struct word *word, const char *text)
{
	return rm_same(word->at, word->size, text);
}

/* Qualifiers affect neither size nor sign. */
static bool is_qualifier(const struct word *word)
{
	return same(word, "const") || same(word, "volatile") ||
	       same(word, "__user") || same(word, "__rcu") ||
	       same(word, "__percpu") || same(word, "__iomem");
}

/* Skips one character, or a whole "(...)" such as that of __attribute__. */
static size_t skip_parens(const char *text, size_t size, size_t at)
{
	size_t depth = 0;

	do {
		depth += text[at] == '(';
		depth -= text[at] == ')' && depth;
		at++;
	} while (depth && at < size);
	return at;
}

/*
 * Stores the words but qualifiers, at most WORDS_MAX. Returns how many there
 * are, which may be more.
 */
static size_t split(const char *text, size_t size, struct word *words)
{
	size_t count = 0;
	size_t at = 0;

	while (at < size) {
		if (!rm_is_word(text[at])) {
			at = skip_parens(text, size, at);
			continue;
		}
		struct word word = {text + at, 0};
		while (at < size && rm_is_word(text[at])) {
			word.size++;
			at++;
		}
		if (is_qualifier(&word) || same(&word, "__attribute__"))
			continue;
		if (count < WORDS_MAX)
			words[count] = word;
		count++;
	}
	return count;
}

/* The number of times that each keyword of C occurs in a type. */
struct c_words {
	unsigned int is_unsigned;
	unsigned int is_signed;
	unsigned int is_char;
	unsigned int is_short;
	unsigned int is_long;
	unsigned int is_int;
};

static bool count_word(const struct word *word, struct c_words *ret)
{
	const struct {
		const char *name;
		unsigned int *count;
	} known[] = {
		{"unsigned", &ret->is_unsigned}, {"signed", &ret->is_signed},
		{"char", &ret->is_char},         {"short", &ret->is_short},
		{"long", &ret->is_long},         {"int", &ret->is_int},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (same(word, known[i].name)) {
			++*known[i].count;
			return true;
		}
	}
	return false;
}

/* Reads a type such as "unsigned long long". False: a word is no keyword. */
static bool c_integer(const struct word *words, size_t count,
		      uint32_t long_size, struct rm_c_type *ret)
{
	struct c_words w = {0};

	for (size_t i = 0; i < count; i++) {
		if (!count_word(&words[i], &w))
			return false;
	}
	if (w.is_char)
		ret->size = 1;
	else if (w.is_short)
		ret->size = 2;
	else if (w.is_long)
		ret->size = w.is_long > 1 ? 8 : long_size;
	else
		ret->size = 4;
	ret->is_char = w.is_char && !w.is_signed && !w.is_unsigned;
	/* The sign of a plain char depends on the machine. */
	if (!ret->is_char)
		ret->sign = w.is_unsigned ? RM_UNSIGNED : RM_SIGNED;
	return true;
}

static void one_word(const struct word *word, uint32_t long_size,
		     struct rm_c_type *ret)
{
	ret->is_bool = same(word, "bool") || same(word, "_Bool");
	ret->cpumask = same(word, "cpumask_t");
	if (ret->is_bool) {
		ret->size = 1;
		ret->sign = RM_UNSIGNED;
	}
	for (size_t i = 0; i < sizeof(typedefs) / sizeof(*typedefs); i++) {
		const struct typedef_name *t = &typedefs[i];

		if (same(word, t->name)) {
			ret->size = t->size ? t->size : long_size;
			ret->sign = t->sign;
		}
	}
}

void rm_c_type(const char *text, size_t size, uint32_t long_size,
	       struct rm_c_type *ret)
{
	struct word words[WORDS_MAX];
	size_t count = split(text, size, words);

	*ret = (struct rm_c_type){.pointer = memchr(text, '*', size)};
	if (!count || count > WORDS_MAX)
		return;
	if (same(&words[0], "struct") || same(&words[0], "union")) {
		ret->is_struct = true;
		ret->cpumask = count == 2 && same(&words[1], "cpumask");
	} else if (same(&words[0], "enum")) {
		ret->size = 4;
	} else if (!c_integer(words, count, long_size, ret) && count == 1) {
		one_word(&words[0], long_size, ret);
	}
	if (ret->pointer) {
		ret->size = long_size;
		ret->sign = RM_UNSIGNED;
	}
}
