/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * ring.h - the inside of a ring, and the calls between its files
 *
 * ring.c             references, fork, errors, info
 * open.c             opens a live ring by path or descriptor, chooses the mode
 * borrow.c           borrows and returns a page, in every mode
 * follow.c           mode: observes the mapped ring behind its writer
 *   order.c          decides whether ids still give the order of sub-buffers
 *   scan.c           orders sub-buffers by the stamps of their fills
 *   hole.c           decides whether fills were overwritten unseen
 *   settle.c         waits for stores that the kernel does not order
 * consume.c          mode: takes the reader sub-buffer through the map
 * read.c             mode: copies one sub-buffer by read(2)
 * image.c            mode: recorded sub-buffers; opens them too
 *   readahead.c      keeps the needed part of a mapped file in memory
 * auto.c             chooses between consume and read by timing both
 * account.c          counts events and losses
 * epoch.c            notices that the ring was emptied
 * wait.c             sleeps until there is something to read
 * snapshot.c         copies a whole running ring
 * map.c              maps a ring; the only file that reads the meta page
 * source_tracefs.c   the kernel behind a ring: calls and files
 *   instance_dir.c   the folder that the rings of an instance share
 * page.c, index.c    walk the events of a page; page.h has the step
 * layout.h, stamps.h the bytes of a sub-buffer, its time stamps
 * time_shift.c       converts the time of a guest to that of its host
 */
#ifndef RM_RING_H
#define RM_RING_H

#include "base/error.h"
#include "ring/auto.h"
#include "ring/epoch.h"
#include "ring/follow.h"
#include "ring/layout.h"
#include "ring/map.h"
#include "ring/readahead.h"
#include "ring/source.h"
#include "ring/wait.h"

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
	/* Looks for a reset; at rest. NULL: there are none. */
	void (*look)(struct ringmap_ring *ring);
	/* For struct ringmap_ring_info. */
	uint32_t (*nr_subbufs)(const struct ringmap_ring *ring);
};

extern const struct rm_mode_ops rm_follow_ops;
extern const struct rm_mode_ops rm_consume_ops;
extern const struct rm_mode_ops rm_read_ops;
extern const struct rm_mode_ops rm_image_ops;

/* The position of consume; see consume.c. */
struct rm_consume {
	uint64_t fill_ts;  /* header stamp of the sub-buffer */
	uint64_t ts;       /* running time stamp at off */
	uint64_t entries;  /* as last seen, to notice a reset */
	uint64_t read;     /* as last seen */
	uint64_t overrun;  /* as last seen */
	uint64_t reported; /* least part of overrun that was reported as lost */
	uint64_t read_ts;  /* stamp of the last event that read(2) returned */
	uint64_t front_fill; /* header stamp of the page handed out last */
	uint64_t front_ts;   /* stamp of its last event; both 0: none */
	uint64_t left_fill;  /* header stamp of the one left out last */
	uint32_t left_out;   /* sub-buffers in a row */
	uint32_t id;         /* of the sub-buffer */
	uint32_t off;        /* bytes of it handed out */
	uint32_t limit;      /* end of the page that is out */
	bool ts_known;
	bool may_come_again; /* a loss may be stamped that was reported */
	bool rejoins; /* read(2) was used since, so off must be found again */
};

/* The memory that read(2) fills; see read.c. */
struct rm_read_buffer {
	uint8_t *mem;
	uint64_t lost; /* the loss marked on the sub-buffer in mem */
};

/*
 * Supplies more sub-buffers after the last one was handed out; fn may be NULL.
 * It is called while no page is out, and sets @ret to @size bytes, a multiple
 * of the sub-buffer size, that stay valid until the next call. RINGMAP_DONE:
 * there are no more. RINGMAP_E_CORRUPT: @size bytes are lost, and the next call
 * continues behind them.
 */
struct rm_image_more {
	enum ringmap_status (*fn)(void *ctx, const uint8_t **ret, size_t *size,
				  struct ringmap_error *err);
	void *ctx;
};

struct rm_image {
	const uint8_t *bytes;
	size_t size;
	size_t next;      /* offset of the next sub-buffer in bytes */
	size_t passed;    /* size of the image before bytes */
	size_t number;    /* of the next sub-buffer, in the whole image */
	size_t total;     /* size of the whole image */
	bool cut;         /* the recording went on where the image ends */
	const char *file; /* its path, for messages; NULL: not known */
	uint64_t base;    /* offset of the image in the file */
	struct rm_readahead readahead;
	struct rm_image_more more;
};

/*
 * The events that were handed out and those that were lost; see account.c.
 * base is the kernel's count of entries before our first event. It is known
 * once the ring was seen at rest without a gap of unknown size before that.
 */
struct rm_account {
	uint64_t base;
	uint64_t since;   /* events handed out since the last reset */
	uint64_t lost;    /* sum of the gaps whose size is known */
	uint64_t pending; /* gap before the next page: 0, count, UNKNOWN */
	uint64_t
		read_base; /* events that the kernel counts as read by others */
	uint64_t overrun_base; /* the kernel's count at the open or the reset */
	uint64_t mislaid; /* part of lost that the kernel counts as unread */
	uint64_t surplus; /* see may_be_late(); 0: none */
	uint64_t surplus_since; /* since when it was noticed */
	bool base_known;
	bool read_known;
	bool hole;    /* the size of some gap is not known */
	bool derived; /* lost follows from base and the kernel's counts */
	bool broken;  /* a reset wiped, or may have wiped, uncounted events */
	bool overwritten; /* a page was; the next borrow reports the gap */
};

struct ringmap_ring {
	const struct rm_mode_ops *ops;
	struct rm_map map;
	struct rm_source source;
	struct rm_layout layout;
	uint32_t cpu;
	uint32_t subbuf_size;
	int fd;
	struct rm_stop stop;
	uint32_t refs;
	uint8_t *alive; /* fork mark */

	bool out;            /* a page is borrowed */
	bool drained;        /* the last borrow found nothing */
	bool found;          /* page is valid, and is handed out next */
	bool caught_up;      /* the last RINGMAP_DONE does not mean empty */
	uint8_t short_pages; /* in a row: see borrow.c */
	uint32_t room;       /* bytes behind the last page in its sub-buffer */
	struct ringmap_page page; /* borrowed by rm_ring_empty() */
	const void *out_data;     /* data and size of the borrowed page */
	uint32_t out_size;
	uint64_t seq;

	struct rm_follow follow;
	struct rm_consume consume;
	struct rm_read_buffer read;
	struct rm_image image;
	struct rm_auto choice;

	struct rm_account account;
	struct rm_epoch epoch;
	struct ringmap_ring_stats stats;
	uint64_t latency_ns;
	uint64_t rate_ns;    /* time of the last call of follow_interval() */
	uint64_t rate_bytes; /* bytes handed out before that call */

	void (*on_free)(void *ctx);
	void *on_free_ctx;
	struct ringmap_error error;
	char reason[320];
};

/* ring.c */

/* Makes an empty ring with one reference, a stop descriptor and a fork mark. */
enum ringmap_status rm_ring_new(struct ringmap_ring **ret,
				struct ringmap_error *err);

/* False in a forked child, which does not inherit the mapping. */
static inline bool rm_ring_here(const struct ringmap_ring *ring)
{
	return *ring->alive;
}

/* Bytes of a page that was returned stay valid while the ring lives. */
static inline bool rm_ring_bytes_stay_valid(const struct ringmap_ring *ring)
{
	return ring->ops->recorded && !ring->image.more.fn;
}

/* Calls @fn after the last unref freed the ring. For the owner of its bytes. */
void rm_ring_on_free(struct ringmap_ring *ring, void (*fn)(void *ctx),
		     void *ctx);

/* Stores the error of a call in a forked child; for calls without an @err. */
enum ringmap_status rm_ring_forked(struct ringmap_ring *ring);

/* nr_subbufs of every live mode; 0 if the ring is not mapped. */
uint32_t rm_ring_mapped_subbufs(const struct ringmap_ring *ring);

/* open.c */

/*
 * Opens a ring on @fd through @source, in which tests put a simulated kernel.
 * On success the ring owns both.
 */
enum ringmap_status rm_ring_open_source(int fd, const struct rm_source *source,
					const struct ringmap_ring_opts *opts,
					struct ringmap_ring **ret,
					struct ringmap_error *err);

/*
 * Does what ringmap_ring_open_fd() does once @fd and opts->stats_fd are known to
 * be of tracefs; tests have files of their own. @opts is complete and checked.
 */
enum ringmap_status rm_ring_open_raw(int fd,
				     const struct ringmap_ring_opts *opts,
				     struct ringmap_ring **ret,
				     struct ringmap_error *err);

/*
 * Does what ringmap_ring_open() does. @dir is the folder of the instance that
 * @opts name; if it is NULL, it is opened, and stays with the caller even if the
 * call fails.
 */
enum ringmap_status rm_ring_open_shared(struct rm_instance_dir **dir,
					const struct ringmap_ring_opts *opts,
					struct ringmap_ring **ret,
					struct ringmap_error *err);

/* image.c */

/*
 * Notes that the image lies in a mapped file, at offset @base, and is one of
 * @rings that are read together. Errors name the file by @path, which must
 * live as long as the ring; NULL: its name is not known.
 */
void rm_image_in_file(struct ringmap_ring *ring, const char *path,
		      uint64_t base, size_t rings);

/*
 * Lets @more continue the image. @total is the size of the whole image, a
 * multiple of the sub-buffer size.
 */
void rm_image_continued(struct ringmap_ring *ring, size_t total,
			const struct rm_image_more *more);

/*
 * Notes that the image is what is left of a longer one: an unknown number of
 * events is lost where it ends.
 */
void rm_image_cut(struct ringmap_ring *ring);

/* consume.c */

/* Starts at the position of the kernel's reader. */
void rm_consume_open(struct ringmap_ring *ring, const struct rm_meta *meta);

/* The loss to report where the kernel stamped @lost. */
uint64_t rm_consume_loss(struct ringmap_ring *ring, uint64_t lost);

/*
 * Cuts off those events of @page, which read(2) returned, that were handed out
 * through the map before, or are older. True: there are no others.
 */
bool rm_consume_came_early(struct ringmap_ring *ring,
			   struct ringmap_page *page);

/* Notes that read(2) returned events up to @ts, and a loss of @lost before. */
void rm_consume_note_read(struct ringmap_ring *ring, uint64_t ts,
			  uint64_t lost);

/*
 * Called when the kernel's counts at the open are known. read(2) does not write
 * to the meta page: if others used it since the last GET_READER or the first
 * mapping, what the meta page says about the reader sub-buffer is old.
 */
void rm_consume_opened(struct ringmap_ring *ring);

/* Lets the next borrow through the map find its position after read(2). */
void rm_consume_rejoin(struct ringmap_ring *ring);

/*
 * Looks for a reset if that is due. @page: the page that was just taken, not
 * counted yet, or NULL. True: there was one, and it was noted.
 */
bool rm_consume_was_reset(struct ringmap_ring *ring,
			  const struct ringmap_page *page);

/* look of consume and read. */
void rm_consume_look(struct ringmap_ring *ring);

/* ready of consume and read: false after a borrow that found nothing. */
bool rm_consume_ready(struct ringmap_ring *ring);

/* auto.c */

/* Notes the cost of a borrow, and the page that came back from it. */
void rm_auto_note_borrow(struct ringmap_ring *ring, uint64_t ns);
void rm_auto_note_return(struct ringmap_ring *ring,
			 const struct ringmap_page *page);

/* borrow.c */

/*
 * True if a consuming mode finds nothing at this moment. A page that it finds
 * is kept, and handed out by the next borrow.
 */
bool rm_ring_empty(struct ringmap_ring *ring);

/*
 * Fills a page with bytes @off to @end of the sub-buffer whose data begins at
 * @data. The members are stored one by one: copying a struct whose parts were
 * just stored costs as much as ten events.
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

/* The same by value, for callers that need it less than once a sub-buffer. */
static inline struct ringmap_page rm_page_at(const struct ringmap_ring *ring,
					     const uint8_t *data, uint32_t off,
					     uint32_t end, uint64_t ts)
{
	struct ringmap_page page;

	rm_page_set(ring, data, off, end, ts, &page);
	return page;
}

/* account.c */

/* Reads the kernel's counts. False: they are out of reach. */
bool rm_kernel_stats(const struct ringmap_ring *ring,
		     struct rm_kernel_stats *ret);

/* True if every event since the ring was last empty is there or was read. */
bool rm_none_overwritten(const struct ringmap_ring *ring);

/* Adds a gap before the next page: 0, a count or RINGMAP_LOST_UNKNOWN. */
void rm_account_gap(struct ringmap_ring *ring, uint64_t lost);

/* Counts a page that came back intact. */
void rm_account_page(struct ringmap_ring *ring, const struct ringmap_page *p);

/* The kernel's count of events read, provided that nobody else consumes. */
uint64_t rm_account_read(const struct ringmap_ring *ring);

/* Notes that the kernel's ring was emptied; does not add the gap. */
void rm_account_reset(struct ringmap_ring *ring);

/* Notes that the kernel's ring may have been emptied. */
void rm_account_doubt(struct ringmap_ring *ring);

/* Adds the gap and notes what was found out about a reset. */
void rm_account_epoch(struct ringmap_ring *ring, enum rm_continuity found);

/* Notes the kernel's counts when the ring is opened. */
void rm_account_open(struct ringmap_ring *ring);

/* wait.c */

/* interval of every mode but follow: the caller's latency, or 100 ms. */
uint64_t rm_wait_interval(struct ringmap_ring *ring);

uint64_t rm_now_ns(void);

#endif
