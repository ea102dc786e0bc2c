/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * sink.c - puts text into the caller's buffer, and measures all of it
 */
#include "print/sink.h"

/* Returns how many of @size chars belong to the text; @fits: to the buffer too. */
static size_t limit(const struct rm_sink *out, size_t size, size_t *fits)
{
	const size_t room = out->end - out->size;
	const size_t free = out->size < out->cap ? out->cap - out->size : 0;

	size = size < room ? size : room;
	*fits = size < free ? size : free;
	return size;
}

void rm_put_slow(struct rm_sink *out, const char *text, size_t size)
{
	size_t fits;

	size = limit(out, size, &fits);
	if (!size)
		return;
	if (fits)
		memcpy(out->at + out->size, text, fits);
	out->size += size;
	out->last = text[size - 1];
}

void rm_put_fill(struct rm_sink *out, char c, size_t count)
{
	size_t fits;

	count = limit(out, count, &fits);
	if (!count)
		return;
	if (fits)
		memset(out->at + out->size, c, fits);
	out->size += count;
	out->last = c;
}

void rm_put_pad(struct rm_sink *out, size_t begin, size_t width, bool left)
{
	const size_t size = out->size - begin;

	if (size >= width)
		return;
	const size_t pad = width - size;
	const char last = rm_sink_last(out);
	rm_put_fill(out, ' ', pad);
	if (left || !size)
		return;
	/* Chars that the blanks push out of the buffer are lost, as if they had
	 * been put behind them. */
	out->last = last;
	if (begin >= out->cap)
		return;
	const size_t room = out->cap - begin;
	const size_t blanks = pad < room ? pad : room;
	const size_t moved = size < room - blanks ? size : room - blanks;
	memmove(out->at + begin + blanks, out->at + begin, moved);
	memset(out->at + begin, ' ', blanks);
}
