/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * ring.h - what a ring is inside, and the seams between its files
 *
 * ring.c       life: references, errors, info
 * open.c       opening by path, descriptor or image; which mode
 * borrow.c     borrow and return, the same for every mode
 * follow.c     )
 * consume.c    ) the modes: where the next page comes from
 * read.c       ) and whether it was true
 * image.c      )
 * auto.c       chooses between consume and read
 * account.c    what was seen, what was lost
 * wait.c       sleeping
 * snapshot.c   a copy of the whole ring
 */
#ifndef RM_RING_H
#define RM_RING_H

#include "base/error.h"
#include "ring/auto.h"
#include "ring/follow.h"
#include "ring/layout.h"
#include "ring/map.h"
#include "ring/readahead.h"
#include "ring/source.h"

#include <ringmap/ringmap.h>

/*
 * One mode: all that differs between modes once the ring is open. Only the
 * modes themselves, open.c and auto.c know which one a ring has; everything
 * else calls or reads a member of this table.
 */
struct rm_mode_ops {
	enum ringmap_mode mode;
	bool consumes; /* takes events away; poll(2) then reports new ones */
	bool recorded; /* bytes of the past: no writer, nothing to wait for */

	/* Fills the page but for seq, cpu and the loss of earlier gaps. */
	enum ringmap_status (*borrow)(struct ringmap_ring *ring,
				      struct ringmap_page *ret);
	/*
	 * Receives the page back after it was walked to its end with status
	 * @walked. RINGMAP_E_OVERWRITTEN: its bytes changed meanwhile.
	 */
	enum ringmap_status (*give_back)(struct ringmap_ring *ring,
					 const struct ringmap_page *page,
					 enum ringmap_status walked);
	/* True if a borrow may find a page; makes no system call. */
	bool (*ready)(struct ringmap_ring *ring);
	/* Longest sleep before the next look at the ring, in ns. */
	uint64_t (*interval)(struct ringmap_ring *ring);
	/*
	 * True if events were lost that the next borrow will report. NULL: a
	 * loss is never in sight before the borrow that reports it.
	 */
	bool (*lost_place)(const struct ringmap_ring *ring);
	/* For struct ringmap_ring_info. */
	uint32_t (*nr_subbufs)(const struct ringmap_ring *ring);
};

extern const struct rm_mode_ops rm_follow_ops;
extern const struct rm_mode_ops rm_consume_ops;
extern const struct rm_mode_ops rm_read_ops;
extern const struct rm_mode_ops rm_image_ops;

/* Where consume stands; see consume.c. */
struct rm_consume {
	uint64_t fill_ts; /* header stamp of the sub-buffer */
	uint64_t ts;      /* running time stamp at off */
	uint64_t entries; /* as last seen, to notice a reset */
	uint64_t overrun; /* as last seen */
	uint64_t told;    /* of overrun, at least, by marks; see turn_to() */
	uint64_t read_ts; /* of the last event that read(2) gave */
	uint32_t id;
	uint32_t off;   /* bytes of it handed out */
	uint32_t limit; /* end of the page that is out */
	bool ts_known;
	bool rejoins; /* read(2) was used since: off is to be found */
};

/* The memory that read(2) fills; see read.c. */
struct rm_read_buffer {
	uint8_t *mem;
	uint64_t lost; /* as marked on what it holds */
};

/*
 * Where more sub-buffers come from when all are passed; fn may be NULL. @ret
 * gets @size bytes, a multiple of the sub-buffer size, valid until the next
 * call: no page is out then. RINGMAP_DONE: there are no more.
 * RINGMAP_E_CORRUPT: @size bytes are lost, the next call goes on behind them.
 */
struct rm_image_more {
	enum ringmap_status (*fn)(void *ctx, const uint8_t **ret, size_t *size,
				  struct ringmap_error *err);
	void *ctx;
};

struct rm_image {
	const uint8_t *bytes;
	size_t size;
	size_t next;   /* offset of the next sub-buffer */
	size_t passed; /* bytes of the image before these */
	size_t number; /* of the next sub-buffer, in the whole image */
	size_t total;  /* bytes of the image */
	uint64_t base; /* where it begins in its file: for messages */
	struct rm_readahead readahead;
	struct rm_image_more more;
};

/*
 * What was handed out and what was not; see account.c. base counts the
 * kernel's entries from before our first event; it is known once we saw the
 * ring at rest without a hole behind us.
 */
struct rm_account {
	uint64_t base;
	uint64_t entries;   /* the kernel's, as it was since the last reset */
	uint64_t since;     /* events since the last reset */
	uint64_t lost;      /* sum of the gaps whose size is known */
	uint64_t pending;   /* gap before the next page: 0, count, UNKNOWN */
	uint64_t read_base; /* consumed, by the kernel's count, but not by us */
	uint64_t mislaid;   /* of lost: unread for the kernel, not to be had */
	bool base_known;
	bool read_known;
	bool hole;        /* some gap's size is not known */
	bool derived;     /* lost was told by the kernel's counts, and base */
	bool reset;       /* what a reset wiped is never known */
	bool overwritten; /* a page was; the next borrow reports how much */
};

struct ringmap_ring {
	const struct rm_mode_ops *ops;
	struct rm_map map;
	struct rm_source source;
	struct rm_layout layout;
	uint32_t cpu;
	uint32_t subbuf_size;
	int fd;
	int stop_fd; /* eventfd */
	uint32_t refs;
	uint8_t *alive; /* a page of its own: 1 here, 0 in a forked child */

	bool out;            /* a page is borrowed */
	bool drained;        /* the last borrow found nothing */
	bool found;          /* page holds what rm_ring_empty() found */
	bool caught_up;      /* the last RINGMAP_DONE does not mean empty */
	uint8_t short_pages; /* in a row: see borrow.c */
	uint32_t room;       /* bytes left behind the page in its sub-buffer */
	struct ringmap_page page; /* what rm_ring_empty() found */
	const void *out_data;     /* of the page that is borrowed */
	uint32_t out_size;
	uint64_t seq;

	struct rm_follow follow;
	struct rm_consume consume;
	struct rm_read_buffer read;
	struct rm_image image;
	struct rm_auto choice;

	struct rm_account account;
	struct ringmap_ring_stats stats;
	uint64_t latency_ns;
	uint64_t rate_ns;    /* when rate_bytes was taken */
	uint64_t rate_bytes; /* bytes handed out up to then */

	void (*on_free)(void *ctx);
	void *on_free_ctx;
	struct ringmap_error error;
	char reason[320];
};

/* ring.c */

/* An empty ring with one reference, a stop descriptor and a fork mark. */
enum ringmap_status rm_ring_new(struct ringmap_ring **ret,
				struct ringmap_error *err);

/* False in a child that inherited the ring. */
static inline bool rm_ring_here(const struct ringmap_ring *ring)
{
	return *ring->alive;
}

/* Bytes of a page that was returned stay valid while the ring lives. */
static inline bool rm_ring_bytes_stay_valid(const struct ringmap_ring *ring)
{
	return ring->ops->recorded && !ring->image.more.fn;
}

/* Calls @fn after the last unref freed the ring: for who owns its memory. */
void rm_ring_on_free(struct ringmap_ring *ring, void (*fn)(void *ctx),
		     void *ctx);

/* Remembers an error of a call that has no @err of its own. */
enum ringmap_status rm_ring_forked(struct ringmap_ring *ring);

/* nr_subbufs of every live mode; 0 if the ring is not mapped. */
uint32_t rm_ring_mapped_subbufs(const struct ringmap_ring *ring);

/* open.c */

/*
 * Opens a ring on @fd through @source: the seam where tests put a kernel of
 * their own. Takes both over on success.
 */
enum ringmap_status rm_ring_open_source(int fd, const struct rm_source *source,
					const struct ringmap_ring_opts *opts,
					struct ringmap_ring **ret,
					struct ringmap_error *err);

/* image.c */

/* The image lies mapped in a file, at @base, one of @rings read together. */
void rm_image_in_file(struct ringmap_ring *ring, uint64_t base, size_t rings);

/* More sub-buffers follow, @total bytes in all, a multiple of their size. */
void rm_image_continued(struct ringmap_ring *ring, size_t total,
			const struct rm_image_more *more);

/* consume.c */

/* Starts where the kernel's reader stands. */
void rm_consume_open(struct ringmap_ring *ring, const struct rm_meta *meta);

/* read(2) gave events up to @ts, and told that before them @lost were lost. */
void rm_consume_note_read(struct ringmap_ring *ring, uint64_t ts,
			  uint64_t lost);

/* read(2) was used; the next borrow through the map finds its place. */
void rm_consume_rejoin(struct ringmap_ring *ring);

/* ready of consume and read: false after a borrow that found nothing. */
bool rm_consume_ready(struct ringmap_ring *ring);

/* auto.c */

/* A borrow took @ns; the page that it gave came back. */
void rm_auto_note_borrow(struct ringmap_ring *ring, uint64_t ns);
void rm_auto_note_return(struct ringmap_ring *ring,
			 const struct ringmap_page *page);

/* borrow.c */

/*
 * Consuming modes: is there really nothing to be had? What is found is kept
 * for the next borrow.
 */
bool rm_ring_empty(struct ringmap_ring *ring);

/*
 * The page that starts at @off of the sub-buffer whose data is at @data.
 * Stored field by field: to copy a struct whose parts were just stored costs
 * as much as ten events.
 */
static inline void rm_page_set(const struct ringmap_ring *ring,
			       const uint8_t *data, uint32_t off, uint32_t end,
			       uint64_t ts, struct ringmap_page *ret)
{
	ret->data = data + off;
	ret->ts = ts;
	ret->lost = 0;
	ret->seq = 0;
	ret->ahead = data + off;
	ret->size = end - off;
	ret->pos = 0;
	ret->events = 0;
	ret->cpu = ring->cpu;
	ret->subbuf = 0;
	ret->flags = (off ? 0u : RINGMAP_PAGE_FIRST) |
		     (ring->layout.big_endian ? RINGMAP_PAGE_BIG_ENDIAN : 0u);
}

/* The same, where it is not asked for once a sub-buffer. */
static inline struct ringmap_page rm_page_at(const struct ringmap_ring *ring,
					     const uint8_t *data, uint32_t off,
					     uint32_t end, uint64_t ts)
{
	struct ringmap_page page;

	rm_page_set(ring, data, off, end, ts, &page);
	return page;
}

/* account.c */

/* The kernel's counts; false: they cannot be had. */
bool rm_kernel_stats(const struct ringmap_ring *ring,
		     struct rm_kernel_stats *ret);

/* Every event since the ring was last empty is still there or was read. */
bool rm_none_overwritten(const struct ringmap_ring *ring);

/* Our fill is gone: by a reset? @nearly_empty: what the sub-buffers look like.
 */
bool rm_account_was_reset(const struct ringmap_ring *ring, bool nearly_empty);

/* Notes a gap before the next page: a count or RINGMAP_LOST_UNKNOWN. */
void rm_account_gap(struct ringmap_ring *ring, uint64_t lost);

/* The page was handed out and true. */
void rm_account_page(struct ringmap_ring *ring, const struct ringmap_page *p);

/* What the kernel's count of consumed events is if nobody else consumes. */
uint64_t rm_account_read(const struct ringmap_ring *ring);

/* The kernel's ring was emptied. */
void rm_account_reset(struct ringmap_ring *ring);

/* Takes the base where the ring is known to be untouched or at rest. */
void rm_account_open(struct ringmap_ring *ring);

/* wait.c */

/* interval of every mode but follow: the caller's latency, or 100 ms. */
uint64_t rm_wait_interval(struct ringmap_ring *ring);

uint64_t rm_now_ns(void);

#endif
