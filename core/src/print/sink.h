/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * sink.h - puts text into the caller's buffer, and measures all of it
 */
#ifndef RM_SINK_H
#define RM_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct rm_sink {
	char *at;    /* the buffer; may be NULL if cap is 0 */
	size_t cap;  /* chars it takes */
	size_t size; /* chars of the text so far, in the buffer or not */
	size_t end;  /* the text ends here, as a precision asks; or SIZE_MAX */
	size_t fast; /* the smaller one of cap and end */
	char last;   /* the last char of a text that is longer than cap */
};

/* Texts are short: calling memcpy would cost more than the copying. */
static inline void rm_copy_short(char *to, const char *from, size_t size)
{
	if (size >= 16) {
		memcpy(to, from, 16);
		if (size > 32)
			memcpy(to + 16, from + 16, size - 16);
		else
			memcpy(to + size - 16, from + size - 16, 16);
	} else if (size >= 8) {
		memcpy(to, from, 8);
		memcpy(to + size - 8, from + size - 8, 8);
	} else if (size >= 4) {
		memcpy(to, from, 4);
		memcpy(to + size - 4, from + size - 4, 4);
	} else {
		for (size_t i = 0; i < size; i++)
			to[i] = from[i];
	}
}

/* Handles text that does not fit into the buffer, or goes beyond the end. */
void rm_put_slow(struct rm_sink *out, const char *text, size_t size);

/*
 * Returns where the next @size chars of the text stand, if they all fit into the
 * buffer; what is written there counts after it was added to out->size. NULL:
 * they do not fit.
 */
static inline char *rm_sink_room(const struct rm_sink *out, size_t size)
{
	if (out->size < out->fast && size <= out->fast - out->size)
		return out->at + out->size;
	return NULL;
}

static inline void rm_put(struct rm_sink *out, const char *text, size_t size)
{
	char *at = rm_sink_room(out, size);

	if (at) {
		rm_copy_short(at, text, size);
		out->size += size;
	} else {
		rm_put_slow(out, text, size);
	}
}

static inline void rm_put_char(struct rm_sink *out, char c)
{
	if (out->size < out->fast)
		out->at[out->size++] = c;
	else
		rm_put_slow(out, &c, 1);
}

static inline void rm_put_string(struct rm_sink *out, const char *text)
{
	rm_put(out, text, strlen(text));
}

/* Puts @c @count times. */
void rm_put_fill(struct rm_sink *out, char c, size_t count);

/* Pads what stands behind @begin to @width chars. */
void rm_put_pad(struct rm_sink *out, size_t begin, size_t width, bool left);

/* Ends the text at @end; SIZE_MAX removes the end. */
static inline void rm_sink_end(struct rm_sink *out, size_t end)
{
	out->end = end;
	out->fast = end < out->cap ? end : out->cap;
}

/* Drops all text that was put since size and last had these values. */
static inline void rm_sink_cut(struct rm_sink *out, size_t size, char last)
{
	out->size = size;
	out->last = last;
}

/* Returns the last char of the text, or NUL if the text is empty. */
static inline char rm_sink_last(const struct rm_sink *out)
{
	if (!out->size)
		return '\0';
	return out->size <= out->cap ? out->at[out->size - 1] : out->last;
}

#endif
