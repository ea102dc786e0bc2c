/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * reader_stream.c - a reader of one table as an Arrow C stream
 *
 * Arrow's streams speak errno; the sentence is the reader's.
 */
#include "reader/reader.h"

#include <errno.h>
#include <stdlib.h>

struct stream {
	struct ringmap_reader *reader;
	struct ringmap_error error;
};

static int errno_of(enum ringmap_status s, const struct ringmap_error *error)
{
	if (error->os_errno)
		return error->os_errno;
	switch (s) {
	case RINGMAP_E_CORRUPT:
		return EBADMSG;
	case RINGMAP_E_NOMEM:
		return ENOMEM;
	case RINGMAP_E_UNSUPPORTED:
		return ENOTSUP;
	case RINGMAP_E_PERMISSION:
		return EACCES;
	case RINGMAP_E_FORKED:
		return ECHILD;
	case RINGMAP_E_INVAL:
		return EINVAL;
	default:
		return EIO;
	}
}

static int get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
	struct stream *s = stream->private_data;

	if (ringmap_reader_schema(s->reader, 0, out) == RINGMAP_OK)
		return 0;
	rm_fail(&s->error, RINGMAP_E_NOMEM, 0, "no memory for a schema");
	return ENOMEM;
}

static int get_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
	struct stream *st = stream->private_data;
	struct ringmap_batch batch;
	enum ringmap_status s;

	do {
		s = ringmap_reader_next(st->reader, -1, &batch, out);
	} while (s == RINGMAP_E_CORRUPT && !st->reader->recording);
	if (s == RINGMAP_OK)
		return 0;
	/* An array without a release callback is the end. */
	*out = (struct ArrowArray){.release = NULL};
	if (s > RINGMAP_OK)
		return 0;
	ringmap_reader_error(st->reader, &st->error);
	return errno_of(s, &st->error);
}

static const char *get_last_error(struct ArrowArrayStream *stream)
{
	const struct stream *s = stream->private_data;

	return s->error.text[0] ? s->error.text : NULL;
}

static void release(struct ArrowArrayStream *stream)
{
	struct stream *s = stream->private_data;

	ringmap_reader_unref(s->reader);
	free(s);
	stream->release = NULL;
}

enum ringmap_status ringmap_reader_stream(struct ringmap_reader *reader,
					  struct ArrowArrayStream *ret)
{
	if (reader->nr_tables != 1)
		return rm_fail(&reader->error, RINGMAP_E_INVAL, 0,
			       "a stream is of one table, this reader has %zu",
			       reader->nr_tables);
	struct stream *s = calloc(1, sizeof(*s));
	if (!s)
		return rm_fail(&reader->error, RINGMAP_E_NOMEM, 0,
			       "no memory for a stream");
	s->reader = ringmap_reader_ref(reader);
	*ret = (struct ArrowArrayStream){
		.get_schema = get_schema,
		.get_next = get_next,
		.get_last_error = get_last_error,
		.release = release,
		.private_data = s,
	};
	return RINGMAP_OK;
}
