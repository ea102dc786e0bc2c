/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * state.c - references, errors and bytes of the objects
 */
#include "state.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

void *rmb_new(size_t size, void (*destroy)(void *object),
	      struct ringmap_error *err)
{
	struct rmb_object *object = calloc(1, size);

	if (!object) {
		rmb_failed(RINGMAP_E_NOMEM, err);
		return NULL;
	}
	atomic_init(&object->refs, 1);
	atomic_flag_clear(&object->held);
	atomic_flag_clear(&object->guard);
	object->destroy = destroy;
	return object;
}

void *rmb_ref(void *object)
{
	struct rmb_object *counted = object;

	atomic_fetch_add_explicit(&counted->refs, 1, memory_order_relaxed);
	return object;
}

void rmb_unref(void *object)
{
	struct rmb_object *counted = object;

	/* What others did with it comes before its end. */
	if (counted && atomic_fetch_sub_explicit(&counted->refs, 1,
						 memory_order_acq_rel) == 1) {
		counted->destroy(object);
		free(object);
	}
}

bool rmb_is_alone(const void *object)
{
	const struct rmb_object *counted = object;

	return atomic_load_explicit(&counted->refs, memory_order_acquire) == 1;
}

static void destroy_memory(void *object)
{
	struct rmb_memory *self = object;

	ringmap_ring_unref(self->ring);
	ringmap_trace_unref(self->trace);
}

struct rmb_memory *rmb_memory_new(size_t size, struct ringmap_error *err)
{
	return rmb_new(sizeof(struct rmb_memory) + size, destroy_memory, err);
}

struct rmb_bytes rmb_bytes_of(const void *data, size_t size, void *owner)
{
	return (struct rmb_bytes){data, size, rmb_ref(owner)};
}

void rmb_fail_held(struct ringmap_error *err)
{
	rmb_fail(err, RINGMAP_E_BUSY,
		 "another thread uses this object: give each thread one of its "
		 "own, or take turns");
}

void rmb_guard(void *object)
{
	struct rmb_object *counted = object;

	while (atomic_flag_test_and_set_explicit(&counted->guard,
						 memory_order_acquire))
		sched_yield();
}

void rmb_unguard(void *object)
{
	struct rmb_object *counted = object;

	atomic_flag_clear_explicit(&counted->guard, memory_order_release);
}

bool rmb_waited(enum ringmap_status status, bool *stopped,
		struct ringmap_error *err)
{
	*stopped = status == RINGMAP_STOPPED;
	if (status == RINGMAP_E_OS && err->os_errno == EINTR)
		err->status = RINGMAP_OK;
	else
		rmb_failed(status, err);
	return status == RINGMAP_OK;
}

void rmb_fail(struct ringmap_error *err, enum ringmap_status status,
	      const char *text)
{
	err->status = status;
	err->os_errno = 0;
	snprintf(err->text, sizeof(err->text), "%s", text);
}

void rmb_tell_missing(struct ringmap_error *err)
{
	rmb_fail(err, RINGMAP_E_INVAL,
		 "an object is missing: none was given, or it was deleted");
}

static const char *plain_text(enum ringmap_status status)
{
	switch (status) {
	case RINGMAP_E_NOMEM:
		return "there is no memory";
	case RINGMAP_E_BUSY:
		return "it is held: return the page that is out, or export "
		       "the full batch, first";
	case RINGMAP_E_CORRUPT:
		return "the bytes break the format; what was read before that "
		       "place stands";
	case RINGMAP_E_STALE:
		return "the page went back to its ring before: borrow the next";
	case RINGMAP_E_OVERWRITTEN:
		return "the writer overwrote it: drop what was read from it";
	case RINGMAP_E_FORKED:
		return "this belongs to the parent process: open it again here";
	default:
		return ringmap_status_name(status);
	}
}

void rmb_fail_plain(enum ringmap_status status, struct ringmap_error *err)
{
	if (err->status != (int32_t)status || !err->text[0])
		rmb_fail(err, status, plain_text(status));
}

void rmb_check_status(int32_t status, struct ringmap_error *err)
{
	rmb_failed((enum ringmap_status)status, err);
}

char *rmb_text(const char *text, struct ringmap_error *err)
{
	char *copy = text ? strdup(text) : NULL;

	if (text && !copy)
		rmb_failed(RINGMAP_E_NOMEM, err);
	return copy;
}

int64_t rmb_number(const void *data, uint32_t size, bool is_signed,
		   bool big_endian)
{
	const unsigned char *bytes = data;
	uint64_t value = 0;

	for (uint32_t i = 0; i < size; i++)
		value = value << 8 | bytes[big_endian ? i : size - 1 - i];
	if (is_signed && size < 8 && value >> (8 * size - 1))
		value |= UINT64_MAX << 8 * size;
	return (int64_t)value;
}
