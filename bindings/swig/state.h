/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * state.h - what the files behind objects.h share
 */
#ifndef RMB_STATE_H
#define RMB_STATE_H

#include "objects.h"

#include <stdatomic.h>
#include <stdlib.h>

/*
 * refs is zero only while destroy runs; held: some thread is in a call. guard
 * is between stop, which may come from any thread, and close: see rmb_guard().
 */
struct rmb_object {
	atomic_uint refs;
	atomic_flag held;
	atomic_flag guard;
	void (*destroy)(void *object);
};

/*
 * What must stay while somebody can see bytes in it: a block of our own, or
 * what a ring has mapped, or both. trace: whose ring it is, or NULL.
 */
struct rmb_memory {
	struct rmb_object object;
	struct ringmap_ring *ring;
	struct ringmap_trace *trace;
	uint64_t block[]; /* aligned for every array of an index */
};

/*
 * page->data lies in memory. memory is NULL once the page went back; raw says
 * that it is a copy, so the ring below knows nothing of it.
 */
struct rmb_page {
	struct rmb_object object;
	struct ringmap_page page;
	struct rmb_memory *memory;
	bool is_copy;
};

/* Its bytes lie in memory, which has room for that many. */
struct rmb_event {
	struct rmb_object object;
	struct ringmap_event event;
	struct rmb_memory *memory;
	uint32_t room;
	bool big_endian;
};

/* schema stays while any of its parts does. */
struct rmb_schema {
	struct rmb_object object;
	struct ringmap_schema *schema;
};

/* One of a format, which its schema keeps. */
struct rmb_field {
	struct rmb_object object;
	struct rmb_schema *schema;
	const struct ringmap_format *format;
	size_t number; /* in the format */
	struct ringmap_field_info info;
};

/*
 * trace is NULL once it is closed. lent: so many readers use its rings, in
 * threads of their own.
 */
struct rmb_trace {
	struct rmb_object object;
	struct ringmap_trace *trace;
	atomic_uint lent;
	bool big_endian;
	bool stopped;
	struct ringmap_error
		cut; /* where the file was cut; status 0: nowhere */
};

/* Either struct may have been moved out: then its release is NULL. */
struct rmb_batch {
	struct rmb_object object;
	struct ArrowSchema schema;
	struct ArrowArray array;
};

/* A new object of @size bytes, zero but for its head; NULL: no memory. */
void *rmb_new(size_t size, void (*destroy)(void *object),
	      struct ringmap_error *err);

/* Whether only the caller knows of @object. */
bool rmb_is_alone(const void *object);

struct rmb_memory *rmb_memory_new(size_t size, struct ringmap_error *err);

/* Bytes with a reference of their own to @owner. */
struct rmb_bytes rmb_bytes_of(const void *data, size_t size, void *owner);

/* Writes that another thread uses the object. */
void rmb_fail_held(struct ringmap_error *err);

/*
 * Until the end of the scope the calling thread has the object for itself.
 * This and what follows is inlined, because the calls for a single event use it.
 */
static inline struct rmb_object *rmb_hold(void *object,
					  struct ringmap_error *err)
{
	struct rmb_object *counted = object;

	if (!atomic_flag_test_and_set_explicit(&counted->held,
					       memory_order_acquire))
		return counted;
	rmb_fail_held(err);
	return NULL;
}

static inline void rmb_let_go(struct rmb_object **held)
{
	if (*held)
		atomic_flag_clear_explicit(&(*held)->held,
					   memory_order_release);
}
#define RMB_HELD __attribute__((cleanup(rmb_let_go), unused)) struct rmb_object

/* Until rmb_unguard() what stop uses does not change; no call waits inside. */
void rmb_guard(void *object);
void rmb_unguard(void *object);

/*
 * What a wait's status means: is there something? RINGMAP_STOPPED goes to
 * @stopped; a signal is "nothing now", so that the language may handle it.
 */
bool rmb_waited(enum ringmap_status status, bool *stopped,
		struct ringmap_error *err);

/* Writes @status and a text of our own. */
void rmb_fail(struct ringmap_error *err, enum ringmap_status status,
	      const char *text);

/* Writes a negative @status, with @err's text if it has one for that status. */
void rmb_fail_plain(enum ringmap_status status, struct ringmap_error *err);

/* Returns true for a negative @status, which it writes to @err. */
static inline bool rmb_failed(enum ringmap_status status,
			      struct ringmap_error *err)
{
	if (status >= 0)
		return false;
	rmb_fail_plain(status, err);
	return true;
}

/* A copy of a text; NULL: it is NULL, or there is no memory. */
char *rmb_text(const char *text, struct ringmap_error *err);

/* The number of 1, 2, 4 or 8 bytes at @data. */
int64_t rmb_number(const void *data, uint32_t size, bool is_signed,
		   bool big_endian);

/* Puts an event of a page or trace into @self, with a copy of its bytes. */
bool rmb_event_set(struct rmb_event *self, const struct ringmap_event *event,
		   bool big_endian, struct ringmap_error *err);

/* Whether threads of a reader use the rings of @trace; then @err says so. */
bool rmb_is_lent(struct rmb_trace *trace, struct ringmap_error *err);

/* A column of @batch, whose own or whose child's @schema and @array are. */
struct rmb_column *rmb_column_of(struct rmb_batch *batch,
				 const struct ArrowSchema *schema,
				 const struct ArrowArray *array,
				 struct ringmap_error *err);

/* A batch that nothing was put into. */
struct rmb_batch *rmb_batch_new(struct ringmap_error *err);

/* Takes @ring over, also when it fails. @trace: whose it is, or NULL. */
struct rmb_ring *rmb_ring_of(struct ringmap_ring *ring, struct rmb_trace *trace,
			     struct rmb_memory *image,
			     struct ringmap_error *err);

/* Takes a reference of the schema over, also when it fails. */
struct rmb_schema *rmb_schema_of(struct ringmap_schema *schema,
				 struct ringmap_error *err);

#endif
