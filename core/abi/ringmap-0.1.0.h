/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * ringmap.h - read the Linux kernel's trace ring buffers where they lie
 *
 * This header is the specification: what it says is tested, what it does not
 * say is not promised. CFFI and SWIG read it unchanged.
 *
 * Every fallible call returns enum ringmap_status: 0 did it, positive is an
 * outcome that is no error, negative is an error. Results go out through
 * @ret. @err, where there is one, is the caller's and may be NULL; it is
 * written on errors only. Option structs begin with their size, so that a
 * program built against an older header runs with a newer library; bytes the
 * library does not know must be zero.
 *
 * Threads: one ring, trace or session belongs to one thread at a time.
 * Different ones are independent. ref, unref and stop may be called from any
 * thread; stop from a signal handler too.
 *
 * Fork: the kernel does not copy the mapping into a child (VM_DONTCOPY). In a
 * child every call on an inherited object but unref gives RINGMAP_E_FORKED.
 */
#ifndef RINGMAP_H
#define RINGMAP_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define RINGMAP_API __attribute__((visibility("default")))
#else
#define RINGMAP_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

enum {
	RINGMAP_VERSION_MAJOR = 0,
	RINGMAP_VERSION_MINOR = 1,
	RINGMAP_VERSION_PATCH = 0
};

/* Values are ABI and never change. */
enum ringmap_status {
	RINGMAP_OK = 0,
	RINGMAP_DONE = 1,           /* nothing more, now or (image) ever */
	RINGMAP_STOPPED = 2,        /* stop was called */
	RINGMAP_E_INVAL = -1,       /* an argument breaks its contract */
	RINGMAP_E_NOMEM = -2,       /* no memory */
	RINGMAP_E_OS = -3,          /* a system call failed: see os_errno */
	RINGMAP_E_UNSUPPORTED = -4, /* this kernel or ring cannot do it */
	RINGMAP_E_BUSY = -5,    /* held: borrowed page, armed snapshot, ... */
	RINGMAP_E_CORRUPT = -6, /* bytes break the format */
	RINGMAP_E_STALE = -7,   /* page returned already, or instance changed */
	RINGMAP_E_OVERWRITTEN = -8, /* the writer came by: drop what was read */
	RINGMAP_E_FORKED = -9,      /* object of the parent process */
	RINGMAP_E_PERMISSION = -10, /* not allowed: the text says what to do */
	RINGMAP_E_NOENT = -11       /* no such instance, CPU, event or file */
};

/* How a ring is read. Values are ABI. */
enum ringmap_mode {
	RINGMAP_MODE_AUTO = 0,    /* let the library choose, and say why */
	RINGMAP_MODE_FOLLOW = 1,  /* walk the map behind the writer */
	RINGMAP_MODE_CONSUME = 2, /* GET_READER, then the map */
	RINGMAP_MODE_READ = 3,    /* read(2) into our memory */
	RINGMAP_MODE_IMAGE = 4    /* recorded sub-buffers */
};

/* Where a ring in follow mode begins. */
enum ringmap_start {
	RINGMAP_START_OLDEST = 0, /* with the oldest event still there */
	RINGMAP_START_NEWEST = 1  /* with what is committed after the open */
};

enum {
	/* struct ringmap_page flags */
	RINGMAP_PAGE_FIRST = 1,      /* begins where its sub-buffer begins */
	RINGMAP_PAGE_BIG_ENDIAN = 2, /* written by a big-endian kernel */
	/* struct ringmap_ring_opts flags */
	RINGMAP_RING_CONSUMING =
		1, /* auto: other readers must not see it again */
	RINGMAP_RING_OVERWRITES = 2 /* open_fd: it is in overwrite mode */
};

/* What a field holds. Values are ABI. */
enum ringmap_kind {
	RINGMAP_KIND_BYTES = 0,   /* of a type that is none of these */
	RINGMAP_KIND_INT = 1,     /* also char and wchar_t alone */
	RINGMAP_KIND_BOOL = 2,    /* one byte, 0 is false */
	RINGMAP_KIND_POINTER = 3, /* an address in the kernel */
	RINGMAP_KIND_STRING = 4,  /* chars up to the first NUL, or all */
	RINGMAP_KIND_BITMASK = 5, /* longs, bit n of them is number n */
	RINGMAP_KIND_SYMBOL = 6,  /* int; values has its names */
	RINGMAP_KIND_FLAGS = 7    /* int; values has the names of its bits */
};

enum {
	/* struct ringmap_trace_info flags */
	RINGMAP_TRACE_HOST_TIME = 1, /* a guest's stamps, in its host's time */
	RINGMAP_TRACE_CUT = 2,       /* a file ends before its data does */
	/* struct ringmap_field_info flags */
	RINGMAP_FIELD_SIGNED = 1,
	RINGMAP_FIELD_ARRAY = 2,    /* count elements, or as many as fit */
	RINGMAP_FIELD_DATA_LOC = 4, /* a word says where the data is */
	RINGMAP_FIELD_REL_LOC = 8,  /* likewise, from the end of that word */
	RINGMAP_FIELD_COMMON = 16,  /* every event has it */
	RINGMAP_FIELD_UNKNOWN = 32, /* BYTES: the type makes no sense */
	/* struct ringmap_cell flags */
	RINGMAP_CELL_NULL = 1, /* the record does not hold the value */
	RINGMAP_CELL_LIST = 2,
	RINGMAP_CELL_SIGNED = 4, /* the numbers are */
	/* ringmap_event_print */
	RINGMAP_PRINT_RAW = 1,  /* fields as they are, not by print fmt */
	RINGMAP_PRINT_LINE = 2, /* task, CPU, time and name before them */
	/* ringmap_schema_save */
	RINGMAP_SCHEMA_NO_ADDRESSES = 1, /* no symbols, no printk strings */
	/* struct ringmap_table_opts flags */
	RINGMAP_TABLE_NUMBERS = 1, /* symbols and flags as plain numbers */
	/* struct ringmap_reader_opts flags */
	RINGMAP_READER_ORDERED = 1, /* rows in time order over all CPUs */
	RINGMAP_READER_STRICT = 2   /* a stream ends at corrupt bytes */
};

/* What time stamps count. Values are ABI. */
enum ringmap_ts_unit {
	RINGMAP_TS_UNKNOWN = 0, /* something that grows */
	RINGMAP_TS_NS = 1,    /* nanoseconds: clocks local, global, mono, ... */
	RINGMAP_TS_COUNTS = 2 /* cycles, jiffies, ...: x86-tsc, uptime, ... */
};

/* A count that is not known. Never stands for zero. */
#define RINGMAP_LOST_UNKNOWN UINT64_MAX

struct ringmap_ring;    /* one CPU's ring, live or recorded */
struct ringmap_trace;   /* several rings in time order */
struct ringmap_session; /* a tracing instance that we made */
struct ringmap_schema;  /* the formats of a kernel's events */
struct ringmap_format;  /* one event's format, a part of its schema */
struct ringmap_table;   /* typed columns of one event */
struct ringmap_reader;  /* fills tables from a trace */

/* Detail of an error; the caller's memory. 256 bytes. */
struct ringmap_error {
	int32_t status;   /* enum ringmap_status */
	int32_t os_errno; /* errno of the failed call, or 0 */
	char text[248];   /* one sentence, with the remedy where there is one */
};

/*
 * Committed bytes of one sub-buffer, borrowed from a ring, and a cursor over
 * them. 64 bytes on LP64. The library fills it; the caller reads it.
 */
struct ringmap_page {
	const void *data;  /* first event header */
	uint64_t ts;       /* cursor: time stamp the next delta adds to */
	uint64_t lost;     /* events lost right before data; UNKNOWN possible */
	uint64_t seq;      /* which borrow this is; 0 outside a ring */
	const void *ahead; /* the library's own: where to prefetch */
	uint32_t size;     /* bytes at data */
	uint32_t pos;      /* cursor: offset of the next event header */
	uint32_t events;   /* cursor: data events passed */
	uint32_t cpu;      /* whose ring */
	uint32_t subbuf;   /* id in the map, or number in the image */
	uint32_t flags;    /* RINGMAP_PAGE_* */
};

/* One event. 32 bytes on LP64. */
struct ringmap_event {
	uint64_t ts;      /* in units of the trace clock; ns are signed */
	const void *data; /* payload: begins with struct trace_entry */
	uint64_t lost;    /* events lost right before this one */
	uint32_t size;    /* of payload, rounded up to 4 by the kernel */
	uint32_t cpu;
};

struct ringmap_ring_opts {
	size_t sz;            /* sizeof(struct ringmap_ring_opts) */
	const char *tracefs;  /* its directory; NULL: /sys/kernel/tracing */
	const char *instance; /* name; "/" is the top-level buffer */
	uint32_t cpu;
	uint32_t mode;       /* enum ringmap_mode */
	uint32_t start;      /* enum ringmap_start, follow mode only */
	uint32_t flags;      /* RINGMAP_RING_* */
	uint64_t latency_us; /* longest sleep of wait; 0: as wait says */
	const char *clock;   /* open_fd: the trace clock; NULL: not known */
	int32_t stats_fd;    /* open_fd: the file stats beside it; 0: none */
	uint32_t reserved;
};

struct ringmap_image_opts {
	size_t sz;            /* sizeof(struct ringmap_image_opts) */
	uint32_t cpu;         /* whose ring it was */
	uint32_t subbuf_size; /* bytes with header; 0: 4096 */
	uint32_t long_size;   /* 4 or 8: the commit word; 0: 8 */
	uint32_t data_offset; /* of the first event; 0: 8 + long_size */
	uint32_t big_endian;  /* 1: written by a big-endian kernel */
	uint32_t reserved;
};

/* What a ring is. */
struct ringmap_ring_info {
	uint32_t mode; /* the one in use: never AUTO */
	uint32_t cpu;
	uint32_t subbuf_size; /* bytes with header; 0: not known yet (read) */
	uint32_t nr_subbufs;  /* with the reader sub-buffer; 0: not known */
	uint32_t data_offset;
	uint32_t long_size;
	uint32_t big_endian;
	uint32_t reserved;
};

/*
 * Since open. lost counts the events that the kernel committed to the ring
 * after the place where reading began and that were never handed out intact:
 * exact, or RINGMAP_LOST_UNKNOWN. The kernel_ fields are the kernel's own,
 * since the ring's last reset, or UNKNOWN.
 */
struct ringmap_ring_stats {
	uint64_t events;      /* data events in pages returned intact */
	uint64_t bytes;       /* their bytes, headers included */
	uint64_t pages;       /* pages returned intact */
	uint64_t subbufs;     /* sub-buffers they lay in */
	uint64_t overwritten; /* pages returned with E_OVERWRITTEN */
	uint64_t gaps;        /* places where events are missing */
	uint64_t lost;
	uint64_t resets;         /* the ring was emptied under us */
	uint64_t rescans;        /* order of sub-buffers found anew */
	uint64_t sleeps;         /* times that wait slept */
	uint64_t syscalls;       /* read(2) and ioctl(2) made to get data */
	uint64_t kernel_entries; /* events ever committed */
	uint64_t kernel_overrun; /* overwritten before a consumer took them */
	uint64_t kernel_read;    /* taken by consumers */
	uint64_t kernel_dropped; /* refused: ring full, overwrite off */
};

struct ringmap_trace_opts {
	size_t sz;            /* sizeof(struct ringmap_trace_opts) */
	const char *tracefs;  /* as in struct ringmap_ring_opts */
	const char *instance; /* as in struct ringmap_ring_opts */
	uint32_t mode;        /* of every ring */
	uint32_t start;
	uint32_t flags; /* RINGMAP_RING_* */
	uint32_t reserved;
	uint64_t latency_us;
};

struct ringmap_trace_stats {
	uint64_t events; /* handed out */
	uint64_t late;   /* of these, older than one handed out before */
	uint64_t lost;   /* sum over the rings, or UNKNOWN */
	uint64_t rings;
};

struct ringmap_session_opts {
	size_t sz;            /* sizeof(struct ringmap_session_opts) */
	const char *tracefs;  /* as in struct ringmap_ring_opts */
	const char *instance; /* name to create; NULL: a new unique one */
	const char *clock;    /* trace clock; NULL: "mono" */
	uint64_t buffer_kb;   /* of each CPU; 0: the kernel's default */
};

/* One event's format. */
struct ringmap_format_info {
	const char *system;    /* "sched" */
	const char *name;      /* "sched_switch" */
	const char *print_fmt; /* as in the format file; NULL: it has none */
	uint32_t id;           /* common_type of its records */
	uint32_t size;         /* of a record, without dynamic data */
	uint32_t nr_fields;    /* the common ones included, they come first */
	uint32_t nr_unknown;   /* FIELD_UNKNOWN ones, and lines left out */
};

/* A number, sign-extended where its field is signed, and its name. */
struct ringmap_value {
	uint64_t value;
	const char *name;
};

/*
 * One field. Where its data is dynamic (DATA_LOC, REL_LOC) a u32 in the
 * record at offset holds length << 16 | place of the data. The u16 of kernels
 * before 2.6.32 holds the place only: the data ends with the record. An array of
 * count dynamic values, "__data_loc char[][3]", has as many such words.
 */
struct ringmap_field_info {
	const char *name;
	const char *type;   /* as in the format file, without the name */
	uint32_t offset;    /* in the record */
	uint32_t size;      /* in the record: of those words if dynamic */
	uint32_t kind;      /* enum ringmap_kind, of an element */
	uint32_t flags;     /* RINGMAP_FIELD_* */
	uint32_t elem_size; /* bytes of an element */
	uint32_t count;     /* elements in all; 1 if no array; if dynamic,
			       values of an array of them, else 0 */
	uint32_t inner;     /* a[x][y]: y, elements of an inner array; else 0 */
	uint32_t nr_values;
	const struct ringmap_value *values; /* nr_values of them */
	const char *delim; /* FLAGS: what stands between names */
};

/* What a field of one record holds; see ringmap_format_read(). */
struct ringmap_cell {
	uint64_t number; /* of one number, sign-extended where it is signed */
	size_t size;     /* bytes in the caller's buffer */
	uint32_t kind;   /* enum ringmap_kind of an element; no SYMBOL, FLAGS */
	uint32_t flags;  /* RINGMAP_CELL_* */
	uint32_t count;  /* elements of a list; else 1, or 0 if null */
	uint32_t inner;  /* a[x][y]: y, elements of an inner list; else 0 */
};

/* A symbol of the kernel. */
struct ringmap_symbol {
	const char *name;
	const char *module; /* NULL: the kernel itself */
	uint64_t start;
};

/*
 * One table's event, columns and rows. Strings and arrays are copied.
 * Rows are those events that all of pids, cpus and time range let through.
 */
struct ringmap_table_opts {
	size_t sz;         /* sizeof(struct ringmap_table_opts) */
	const char *event; /* "system:event" or "event"; NULL: every event */
	/* By name, see ringmap_table_open(); NULL: all. */
	const char *const *columns;
	size_t nr_columns;
	const int32_t *pids; /* common_pid is one of these; NULL: any */
	size_t nr_pids;
	const uint32_t *cpus; /* NULL: any */
	size_t nr_cpus;
	/* Stamps in ns are signed: these may stand for negative ones. */
	uint64_t ts_from;  /* first time stamp wanted; 0: no limit */
	uint64_t ts_to;    /* first one no longer wanted; 0: no limit */
	size_t batch_rows; /* rows of a batch, about; 0: 32,768 or more */
	uint32_t ts_unit;  /* enum ringmap_ts_unit */
	uint32_t flags;    /* RINGMAP_TABLE_* */
};

/* Since open. */
struct ringmap_table_stats {
	uint64_t rows;    /* appended and not undone */
	uint64_t undone;  /* rows of pages that were overwritten */
	uint64_t broken;  /* fields outside their record: null in the table */
	uint64_t escaped; /* strings that were no UTF-8: see table_open */
};

struct ringmap_reader_opts {
	size_t sz;        /* sizeof(struct ringmap_reader_opts) */
	uint32_t threads; /* that decode, the caller's own is one; 0: 1 */
	uint32_t flags;   /* RINGMAP_READER_* */
};

/* What a reader hands out. */
struct ringmap_batch {
	uint64_t rows;
	uint32_t table; /* number of the table they belong to */
	uint32_t reserved;
};

/* Since open. */
struct ringmap_reader_stats {
	uint64_t events;  /* in pages that were true, wanted or not */
	uint64_t bytes;   /* of these events, headers included */
	uint64_t rows;    /* handed out, or ready to be */
	uint64_t undone;  /* rows of pages that were overwritten */
	uint64_t broken;  /* as in struct ringmap_table_stats */
	uint64_t escaped; /* likewise */
	uint64_t lost;    /* before and behind those pages, or UNKNOWN */
	uint64_t late;    /* rows older than one before, when ordered */
	/* Places skipped because they break the format. What lies behind such a
	 * place in its sub-buffer is skipped too, so a sub-buffer has at most one,
	 * and each of several broken sub-buffers in a row is a place. */
	uint64_t corrupt;
	uint64_t threads; /* that decode, the caller's own is one */
};

/* What a trace is. */
struct ringmap_trace_info {
	const char *clock;  /* trace clock, e.g. "mono"; NULL: not known */
	uint32_t ts_unit;   /* enum ringmap_ts_unit */
	uint32_t rings;     /* CPUs with data */
	uint32_t instances; /* in the file; 1 for others */
	uint32_t flags;     /* RINGMAP_TRACE_* */
};

/*
 * Arrow's C data and C stream interfaces. By its specification every program
 * has these structs as they are here, under these guards.
 */
#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

struct ArrowSchema {
	const char *format;
	const char *name;
	const char *metadata;
	int64_t flags;
	int64_t n_children;
	struct ArrowSchema **children;
	struct ArrowSchema *dictionary;
	void (*release)(struct ArrowSchema *);
	void *private_data;
};

struct ArrowArray {
	int64_t length;
	int64_t null_count;
	int64_t offset;
	int64_t n_buffers;
	int64_t n_children;
	const void **buffers;
	struct ArrowArray **children;
	struct ArrowArray *dictionary;
	void (*release)(struct ArrowArray *);
	void *private_data;
};

#endif

#ifndef ARROW_C_STREAM_INTERFACE
#define ARROW_C_STREAM_INTERFACE

struct ArrowArrayStream {
	int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *out);
	int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *out);
	const char *(*get_last_error)(struct ArrowArrayStream *);
	void (*release)(struct ArrowArrayStream *);
	void *private_data;
};

#endif

/* ---- library ---------------------------------------------------------- */

/**
 * ringmap_version - version of the library at run time
 *
 * Returns major << 16 | minor << 8 | patch.
 */
RINGMAP_API uint32_t ringmap_version(void);

/**
 * ringmap_status_name - name of a status, such as "RINGMAP_E_BUSY"
 *
 * Returns a static string; "RINGMAP_E_?" for a value that is no status.
 */
RINGMAP_API const char *ringmap_status_name(enum ringmap_status status);

/**
 * ringmap_mode_name - name of a mode: "auto", "follow", "consume", ...
 *
 * Returns a static string; "?" for a value that is no mode.
 */
RINGMAP_API const char *ringmap_mode_name(enum ringmap_mode mode);

/* ---- rings ------------------------------------------------------------ */

/**
 * ringmap_ring_open - open one CPU's ring of a tracing instance
 *
 * Asking for a mode by name gives that mode or an error that says why not.
 * RINGMAP_MODE_AUTO takes follow when the ring can be mapped, is in overwrite
 * mode and RINGMAP_RING_CONSUMING is not set. Otherwise it consumes by read(2).
 * On kernels newer than 7.3 it also times consuming through the map on the ring
 * at hand, and takes that when sub-buffers hold so few events that it is cheaper;
 * it looks again when the size of events changes. ringmap_ring_mode_reason()
 * tells.
 *
 * Follow never takes an event away: any number of observers may follow one
 * ring, beside a consumer too. Consume and read take events away from every
 * other consumer; let one consume a ring, for two through the map share the
 * kernel's reader sub-buffer, and what it may swap under one of them the
 * other cannot always see: events that can no longer be handed out in order are
 * left out, with a gap of unknown size. Consuming through the map (consume) can make Linux
 * 6.10 to 7.3 log a warning with a stack trace and taint the kernel, which is the
 * end of a machine with panic_on_warn; only a caller that asks for consume by
 * name takes that risk. While a ring is mapped (follow, consume) the kernel refuses
 * to resize the instance's buffers and to take kernel snapshots of it.
 *
 * @opts: instance must be set; "/" is the top-level buffer.
 *
 * Returns RINGMAP_OK; RINGMAP_E_INVAL; RINGMAP_E_NOENT: no such instance or
 * CPU, or tracefs is not mounted; RINGMAP_E_PERMISSION;
 * RINGMAP_E_UNSUPPORTED: kernel before 6.10, a boot-mapped instance, a ring
 * not in overwrite mode or a trace clock too coarse to follow;
 * RINGMAP_E_BUSY: a kernel snapshot is armed, or (os_errno 0) somebody reads
 * the ring by read(2) or splice(2) so steadily that no first mapping of it is
 * certain to show all sub-buffers: try again, map it before the reader starts,
 * or use read mode; RINGMAP_E_CORRUPT: the meta page makes no sense;
 * RINGMAP_E_NOMEM; RINGMAP_E_OS.
 */
RINGMAP_API enum ringmap_status
ringmap_ring_open(const struct ringmap_ring_opts *opts,
		  struct ringmap_ring **ret, struct ringmap_error *err);

/**
 * ringmap_ring_open_fd - open a ring by an already open trace_pipe_raw
 *
 * For programs that got the descriptor from a more privileged one. On success
 * the ring owns @fd and opts->stats_fd, makes them close-on-exec and closes them
 * with the last unref; on failure they stay the caller's, unchanged. @fd is not
 * duplicated: closing any duplicate would make the kernel end reads on the
 * others. Consume and read must not block, so they set O_NONBLOCK, for every
 * process that shares the open file; follow does not set it. Give each receiver
 * an open file of its own.
 *
 * The files beside it (stats, trace_clock, options/overwrite) are read if their
 * path leads to them in this process. Otherwise opts->clock and
 * RINGMAP_RING_OVERWRITES are the sender's word for what they say; without that
 * the ring cannot be followed, and auto does not choose. Counts that need stats
 * are UNKNOWN if there is no opts->stats_fd either, and a follower then reports an
 * unknown loss before each sub-buffer, since nothing proves that the map shows
 * all of them, and consume and read do so after each RINGMAP_DONE, since nothing
 * shows a reset.
 *
 * @fd: open on a trace_pipe_raw of tracefs, which is checked (through /proc), as
 * is that stats_fd belongs to the same ring.
 * @opts: tracefs and instance are ignored; NULL: all defaults, cpu 0.
 *
 * Returns as ringmap_ring_open(); RINGMAP_E_INVAL: also if a descriptor is of
 * another file; RINGMAP_E_UNSUPPORTED: also if nobody says whether the ring can
 * be followed, or /proc is not mounted.
 */
RINGMAP_API enum ringmap_status
ringmap_ring_open_fd(int fd, const struct ringmap_ring_opts *opts,
		     struct ringmap_ring **ret, struct ringmap_error *err);

/**
 * ringmap_ring_open_image - open recorded sub-buffers as a ring
 *
 * @image: sub-buffers one after the other, as read(2) of trace_pipe_raw or
 * ringmap_ring_snapshot() gave them; stays the caller's and must stay
 * unchanged until the last unref.
 * @size: in bytes; a multiple of opts->subbuf_size.
 * @opts: NULL: 4 KiB sub-buffers of a 64-bit little-endian kernel, cpu 0.
 *
 * An image takes no descriptor, so that a recording may have any number of
 * CPUs.
 *
 * Returns RINGMAP_OK; RINGMAP_E_INVAL; RINGMAP_E_CORRUPT: the image ends
 * inside a sub-buffer; RINGMAP_E_NOMEM.
 */
RINGMAP_API enum ringmap_status
ringmap_ring_open_image(const void *image, size_t size,
			const struct ringmap_image_opts *opts,
			struct ringmap_ring **ret, struct ringmap_error *err);

/**
 * ringmap_ring_ref - take one more reference
 *
 * Threads: any. Returns @ring.
 */
RINGMAP_API struct ringmap_ring *ringmap_ring_ref(struct ringmap_ring *ring);

/**
 * ringmap_ring_unref - give a reference back
 *
 * The last one unmaps the ring and closes its descriptor. Memory that pages
 * point into stays mapped until then. NULL does nothing.
 *
 * Threads: any.
 */
RINGMAP_API void ringmap_ring_unref(struct ringmap_ring *ring);

/**
 * ringmap_ring_fd - the trace_pipe_raw descriptor, for an event loop
 *
 * poll(2) on it serves consuming modes. It cannot serve follow: the kernel
 * counts unread data, and nobody reads; use a timer. Do not close or read it.
 *
 * Returns the descriptor, still the ring's; -1 for an image.
 */
RINGMAP_API int ringmap_ring_fd(const struct ringmap_ring *ring);

/**
 * ringmap_ring_info - what this ring is: mode in use, geometry, byte order
 *
 * @sz: sizeof(struct ringmap_ring_info) as the caller compiled it.
 *
 * Returns RINGMAP_OK, RINGMAP_E_INVAL, RINGMAP_E_FORKED.
 */
RINGMAP_API enum ringmap_status
ringmap_ring_info(const struct ringmap_ring *ring,
		  struct ringmap_ring_info *ret, size_t sz);

/**
 * ringmap_ring_mode_reason - why the ring is in the mode it is in
 *
 * Returns one sentence; valid until the next call on @ring.
 */
RINGMAP_API const char *
ringmap_ring_mode_reason(const struct ringmap_ring *ring);

/**
 * ringmap_ring_error - detail of the last error of a call on this ring
 *
 * For the calls that have no @err of their own. @ret is all zero while there
 * was none.
 */
RINGMAP_API void ringmap_ring_error(const struct ringmap_ring *ring,
				    struct ringmap_error *ret);

/**
 * ringmap_ring_wait - sleep until borrowing is worth while
 *
 * Follow sleeps without asking the kernel: latency_us, or 10 ms if that is 0,
 * or an eighth of the time the ring takes to fill, whichever is shorter; then
 * looks, and sleeps again while there is nothing. The other modes poll(2):
 * they wake when the instance's buffer_percent is reached, and look by
 * themselves after latency_us, or 100 ms if that is 0. An image never sleeps.
 *
 * @timeout_ms: 0 looks without sleeping; negative has no limit.
 *
 * Returns RINGMAP_OK: borrow now (consuming modes may still find nothing);
 * RINGMAP_DONE: the time is over; RINGMAP_STOPPED; RINGMAP_E_FORKED;
 * RINGMAP_E_INVAL: @ring is NULL; RINGMAP_E_OS, with os_errno EINTR when a
 * signal came.
 */
RINGMAP_API enum ringmap_status ringmap_ring_wait(struct ringmap_ring *ring,
						  int timeout_ms);

/**
 * ringmap_ring_stop - make the running wait return, or else the next one
 *
 * One wait reports it, once, even if there is something to read. Stops that no
 * wait has reported yet count as one.
 *
 * Threads: any; async-signal-safe. Returns RINGMAP_OK, RINGMAP_E_FORKED,
 * RINGMAP_E_INVAL.
 */
RINGMAP_API enum ringmap_status ringmap_ring_stop(struct ringmap_ring *ring);

/**
 * ringmap_ring_borrow_page - take the next committed bytes, where they lie
 *
 * A page is what was committed to one sub-buffer and not handed out before.
 * Nothing is copied (read: by the kernel, into the ring's own memory). One
 * page at a time. Does not block and, in follow, makes no system call.
 *
 * No crash: page->data stays readable while a reference to the ring lives.
 * No lies: what it holds is certain only once return_page said RINGMAP_OK.
 * In follow the writer may overwrite it at any time; in the other modes the
 * bytes are safe until they are returned. In consume and read the borrow
 * itself takes the events away.
 *
 * @ret: page->lost counts what is missing between the last page that was
 * returned intact and this one. In consume and read, what other consumers took
 * meanwhile may be told later, by stats only. A reset (trace truncated,
 * trace_clock written) wipes events that nobody counted, so the page after it
 * says RINGMAP_LOST_UNKNOWN, and so does stats from then on. A follower notices
 * it at its next borrow. Consume and read look for it at the first borrow after
 * RINGMAP_DONE and otherwise every few milliseconds; if it comes in the midst of
 * a drain, a page after that one may be the first to say so. A trace_clock that
 * is written without O_TRUNC, or a reset by the kernel itself (a module with
 * events is unloaded), is noticed only by what it leaves in the ring and by
 * counts that went back.
 *
 * Returns RINGMAP_OK; RINGMAP_DONE: nothing now, or the writer was caught up
 * with: sleep, rather than ask for each event as it comes. A follower returns it
 * for the second reason only while the writer is writing. In consume and read,
 * go on to a second RINGMAP_DONE in a row to empty a ring whose writer stopped.
 * RINGMAP_E_BUSY: a page is out; RINGMAP_E_CORRUPT; RINGMAP_E_UNSUPPORTED: the
 * trace clock was changed to one too coarse to follow, which ends a follower for
 * good; RINGMAP_E_INVAL: a pointer is NULL; RINGMAP_E_FORKED; RINGMAP_E_OS.
 */
RINGMAP_API enum ringmap_status
ringmap_ring_borrow_page(struct ringmap_ring *ring, struct ringmap_page *ret);

/**
 * ringmap_ring_return_page - give the page back and learn whether it was true
 *
 * On RINGMAP_E_OVERWRITTEN the page is back too, and everything decoded from
 * it must be dropped: it was overwritten while it was out. It counts as lost
 * unless the next borrow offers the same bytes again.
 *
 * Returns RINGMAP_OK: every byte was as the writer committed it;
 * RINGMAP_E_OVERWRITTEN; RINGMAP_E_STALE: not the page that is out;
 * RINGMAP_E_CORRUPT: it was intact and breaks the page format; its events up
 * to there stand, the rest of the sub-buffer is skipped and counts as a gap;
 * RINGMAP_E_INVAL: a pointer is NULL; RINGMAP_E_FORKED.
 */
RINGMAP_API enum ringmap_status
ringmap_ring_return_page(struct ringmap_ring *ring, struct ringmap_page *page);

/**
 * ringmap_ring_stats - counters since open, and the kernel's own
 *
 * stats->lost is exact when the ring is drained (borrow said RINGMAP_DONE and
 * nothing was committed since), when no gap was ever noticed, or when every
 * gap carried its count; else it is UNKNOWN. If the kernel counts events that
 * neither came nor were noticed as lost, it is UNKNOWN until newer events came:
 * their writes may have been interrupted. Reads per_cpu/cpuN/stats where
 * it can: one system call, not counted in syscalls.
 *
 * @sz: sizeof(struct ringmap_ring_stats) as the caller compiled it.
 *
 * Returns RINGMAP_OK, RINGMAP_E_INVAL, RINGMAP_E_FORKED.
 */
RINGMAP_API enum ringmap_status
ringmap_ring_stats(struct ringmap_ring *ring, struct ringmap_ring_stats *ret,
		   size_t sz);

/**
 * ringmap_ring_snapshot - copy a running ring without disturbing anybody
 *
 * Writes whole sub-buffers, oldest first, that ringmap_ring_open_image()
 * reads back: the longest unbroken run of events that ends with the newest
 * one of some moment in the call; where the oldest sub-buffer is in doubt it is
 * left out. Nothing is consumed, tracing goes on, the ring's own place does not
 * move. Needs a mapped ring (follow, consume).
 *
 * @buf, @cap: room for the copy; NULL and 0 to ask how much is needed at the
 * most.
 * @ret: bytes written; with a NULL @buf: bytes needed.
 *
 * Returns RINGMAP_OK; RINGMAP_E_INVAL: too little room;
 * RINGMAP_E_UNSUPPORTED: not mapped; RINGMAP_E_OVERWRITTEN: the writer was
 * faster than the copy, try again; RINGMAP_E_FORKED; RINGMAP_E_NOMEM.
 */
RINGMAP_API enum ringmap_status ringmap_ring_snapshot(struct ringmap_ring *ring,
						      void *buf, size_t cap,
						      size_t *ret);

/* ---- pages and events -------------------------------------------------- */

/**
 * ringmap_page_init - set a page on one sub-buffer in memory, without a ring
 *
 * @subbuf: header and data, @size bytes (opts->subbuf_size is ignored); stays
 * the caller's.
 *
 * Returns RINGMAP_OK; RINGMAP_E_INVAL; RINGMAP_E_CORRUPT: the header claims
 * more bytes than there are.
 */
RINGMAP_API enum ringmap_status
ringmap_page_init(struct ringmap_page *page, const void *subbuf, size_t size,
		  const struct ringmap_image_opts *opts);

/**
 * ringmap_page_next - the next event of a page
 *
 * Padding, discarded events and time extensions are passed over. @ret points
 * into the page. Safe on any bytes, also while they change: it never reads
 * outside the page and always ends.
 *
 * Returns RINGMAP_OK; RINGMAP_DONE: the page is walked to its end;
 * RINGMAP_E_CORRUPT: page->pos is the offset of what breaks the format, and
 * stays there.
 */
RINGMAP_API enum ringmap_status ringmap_page_next(struct ringmap_page *page,
						  struct ringmap_event *ret);

/**
 * ringmap_page_index - the remaining events of a page, into arrays
 *
 * The same walk as ringmap_page_next(), several times faster. Each array has
 * room for @cap entries; any may be NULL.
 *
 * @ts: time stamps.
 * @offset: of the payload, from page->data.
 * @size: of the payload.
 * @id: event type: the first two bytes of the payload, common_type.
 * @ret: how many events; at most @cap. (size / 8) + 1 is always enough room.
 *
 * Returns RINGMAP_OK: the page is walked to its end; RINGMAP_DONE: it was so
 * before; RINGMAP_E_BUSY: @cap entries are filled and more events follow,
 * call again; RINGMAP_E_CORRUPT: as ringmap_page_next(), @ret entries hold.
 */
RINGMAP_API enum ringmap_status
ringmap_page_index(struct ringmap_page *page, uint64_t *ts, uint32_t *offset,
		   uint32_t *size, uint16_t *id, size_t cap, size_t *ret);

/* ---- traces ------------------------------------------------------------ */

/**
 * ringmap_trace_open - open the rings of all CPUs of an instance
 *
 * CPUs that are offline keep their ring; CPUs that never were online have
 * none and are left out.
 *
 * Each ring has two descriptors; the trace has three at most, for the folder of
 * the instance, for wait, and for the schema. So a trace of 256 CPUs has 515. A
 * ring that outlives its trace keeps the folder open.
 *
 * Returns as ringmap_ring_open().
 */
RINGMAP_API enum ringmap_status
ringmap_trace_open(const struct ringmap_trace_opts *opts,
		   struct ringmap_trace **ret, struct ringmap_error *err);

/**
 * ringmap_trace_open_rings - make a trace of rings that are open already
 *
 * Takes a reference to each. The rings must be used through the trace only.
 *
 * Returns RINGMAP_OK, RINGMAP_E_INVAL, RINGMAP_E_NOMEM.
 */
RINGMAP_API enum ringmap_status
ringmap_trace_open_rings(struct ringmap_ring *const *rings, size_t count,
			 struct ringmap_trace **ret, struct ringmap_error *err);

/**
 * ringmap_trace_open_capture - open a folder of raw captures
 *
 * @dir: laid out as tracefs is: events/header_page and
 * per_cpu/cpuN/trace_pipe_raw with the sub-buffers that read(2) gave; trace_clock
 * if there is one. A trace_pipe_raw that ends inside a sub-buffer was cut, see
 * ringmap_trace_open_file(). The folder need not be trusted: FIFOs and devices
 * are refused without being opened, and so are links that lead out of it. (If
 * its events/header_page is a link to that of another folder, it is that
 * folder.)
 *
 * Returns RINGMAP_OK; RINGMAP_E_NOENT; RINGMAP_E_PERMISSION;
 * RINGMAP_E_CORRUPT; RINGMAP_E_NOMEM; RINGMAP_E_OS.
 */
RINGMAP_API enum ringmap_status
ringmap_trace_open_capture(const char *dir, struct ringmap_trace **ret,
			   struct ringmap_error *err);

/**
 * ringmap_trace_open_file - open a trace.dat, or a folder of raw captures
 *
 * Versions 6 and 7 of trace.dat, plain or compressed by zlib or zstd, of any
 * byte order and size of long. The file is mapped; compressed data is unpacked
 * a chunk at a time. ringmap_trace_next() and readers shift and scale time
 * stamps as the file says (its date, time offset and rate of cycles); those of
 * a guest that was traced together with its host are converted to the time of
 * the host, as trace-cmd does it, and RINGMAP_TRACE_HOST_TIME is set. Pages of
 * the trace's rings have stamps as recorded. If a file does not name its clock,
 * stamps are nanoseconds: trace-cmd records with the clock "local" then. A
 * buffer without data has no rings.
 * A file that shrinks while it is open gives RINGMAP_E_CORRUPT and an unknown
 * loss as soon as that is noticed, before the next few MB are read; bytes that
 * were announced already and are gone raise SIGBUS, so do not let it shrink.
 *
 * A file that was cut is read up to its last whole event, or compressed chunk,
 * if the list of its CPUs is in front of the cut. Then RINGMAP_TRACE_CUT is
 * set, the error of the trace says where the file ends (ringmap_trace_error(),
 * until another call fails), and an unknown number of events is lost behind the
 * last page of each CPU whose data is not whole. A program that wants only
 * whole files checks the flag.
 *
 * @path: a folder is as for ringmap_trace_open_capture().
 * @instance: one of the file's, by name; NULL: the top-level buffer.
 *
 * Returns RINGMAP_OK; RINGMAP_E_NOENT: no such file or instance;
 * RINGMAP_E_PERMISSION; RINGMAP_E_CORRUPT: @err has the offset and why;
 * RINGMAP_E_UNSUPPORTED: a version or compression not known, or a file of the
 * latency tracers, which has text only; RINGMAP_E_NOMEM; RINGMAP_E_OS.
 */
RINGMAP_API enum ringmap_status
ringmap_trace_open_file(const char *path, const char *instance,
			struct ringmap_trace **ret, struct ringmap_error *err);

/**
 * ringmap_trace_instance - name of instance number @i of the file
 *
 * Number 0 is the top-level buffer, "". A trace that is no trace.dat has none
 * but that.
 *
 * Returns the name, valid as long as the trace; NULL: there are fewer.
 */
RINGMAP_API const char *
ringmap_trace_instance(const struct ringmap_trace *trace, size_t i);

/**
 * ringmap_trace_info - what this trace is: clock, rings, instances
 *
 * @sz: sizeof(struct ringmap_trace_info) as the caller compiled it.
 *
 * Returns RINGMAP_OK, RINGMAP_E_INVAL, RINGMAP_E_FORKED.
 */
RINGMAP_API enum ringmap_status
ringmap_trace_info(const struct ringmap_trace *trace,
		   struct ringmap_trace_info *ret, size_t sz);

/**
 * ringmap_trace_schema - the formats of the trace's events
 *
 * Of the kernel, file or folder that the trace was opened from; opened when it
 * is first asked for.
 *
 * @ret: still the trace's; ringmap_schema_ref() keeps it longer.
 *
 * Returns RINGMAP_OK; RINGMAP_E_UNSUPPORTED: a trace of rings has none; as
 * ringmap_schema_open().
 */
RINGMAP_API enum ringmap_status
ringmap_trace_schema(struct ringmap_trace *trace, struct ringmap_schema **ret,
		     struct ringmap_error *err);

/**
 * ringmap_trace_ref - take one more reference
 *
 * Threads: any. Returns @trace.
 */
RINGMAP_API struct ringmap_trace *
ringmap_trace_ref(struct ringmap_trace *trace);

/**
 * ringmap_trace_unref - give a reference back; the last one closes the rings
 *
 * NULL does nothing.
 *
 * Threads: any.
 */
RINGMAP_API void ringmap_trace_unref(struct ringmap_trace *trace);

/**
 * ringmap_trace_ring - ring number @i of the trace
 *
 * For info, stats and mode. Returns the ring, still the trace's; NULL when
 * @i is not less than the number of rings.
 */
RINGMAP_API struct ringmap_ring *
ringmap_trace_ring(const struct ringmap_trace *trace, size_t i);

/**
 * ringmap_trace_error - detail of the last error of a call on this trace
 *
 * As ringmap_ring_error(); an error of one of the rings is told here too.
 */
RINGMAP_API void ringmap_trace_error(const struct ringmap_trace *trace,
				     struct ringmap_error *ret);

/**
 * ringmap_trace_next - the next event in time order over all rings
 *
 * The bytes are a private copy that was checked after it was made: what is
 * handed out is true. An event is held back until every other ring was looked
 * at after that event was seen, so order holds but for events whose writer was
 * interrupted in between: these come late, and are counted. Memory: one
 * sub-buffer for each ring.
 *
 * @ret: ret->data is valid until the next call on @trace.
 *
 * Returns RINGMAP_OK; RINGMAP_DONE: nothing now; RINGMAP_E_CORRUPT: a ring has
 * bytes that break the format: they are skipped, the trace goes on;
 * RINGMAP_E_NOMEM: as many events are skipped as a sub-buffer has, and the next
 * one of that ring says that an unknown number is lost; RINGMAP_E_FORKED;
 * RINGMAP_E_OS.
 */
RINGMAP_API enum ringmap_status ringmap_trace_next(struct ringmap_trace *trace,
						   struct ringmap_event *ret);

/**
 * ringmap_trace_wait - sleep until some ring has something to read
 *
 * As ringmap_ring_wait(), over all rings.
 */
RINGMAP_API enum ringmap_status ringmap_trace_wait(struct ringmap_trace *trace,
						   int timeout_ms);

/**
 * ringmap_trace_stop - make the running wait return, or else the next one
 *
 * As ringmap_ring_stop(). Until a wait reports it, ringmap_trace_next() of a
 * live trace takes nothing more from the rings: it hands out what it has copied
 * already, then returns RINGMAP_DONE. So a loop that waits whenever next has
 * nothing also ends while the rings are never empty.
 *
 * Threads: any; async-signal-safe. Returns RINGMAP_OK, RINGMAP_E_FORKED.
 */
RINGMAP_API enum ringmap_status ringmap_trace_stop(struct ringmap_trace *trace);

/**
 * ringmap_trace_stats - counters since open
 *
 * @sz: sizeof(struct ringmap_trace_stats) as the caller compiled it.
 *
 * Returns RINGMAP_OK, RINGMAP_E_INVAL, RINGMAP_E_FORKED.
 */
RINGMAP_API enum ringmap_status
ringmap_trace_stats(struct ringmap_trace *trace,
		    struct ringmap_trace_stats *ret, size_t sz);

/* ---- schemas ------------------------------------------------------------ */

/**
 * ringmap_schema_open - the event formats of a kernel
 *
 * Formats are parsed when they are first asked for; events that the kernel gets
 * later are not seen. What a schema has handed
 * out never changes and stays valid until the schema's last unref.
 *
 * @path: a tracefs, a folder laid out like one (events/SYSTEM/EVENT/format,
 * events/header_page, and where they exist printk_formats, saved_cmdlines and
 * kallsyms), or a trace.dat; NULL: the running kernel, /sys/kernel/tracing
 * with /proc/kallsyms.
 *
 * Threads: a schema may be used by any number of them at once.
 *
 * Returns RINGMAP_OK; RINGMAP_E_INVAL; RINGMAP_E_NOENT: no such path, or no events in it;
 * RINGMAP_E_PERMISSION; RINGMAP_E_CORRUPT; RINGMAP_E_UNSUPPORTED: a trace.dat
 * of a version or compression that this library does not know;
 * RINGMAP_E_NOMEM; RINGMAP_E_OS.
 */
RINGMAP_API enum ringmap_status ringmap_schema_open(const char *path,
						    struct ringmap_schema **ret,
						    struct ringmap_error *err);

/**
 * ringmap_schema_save - a schema as bytes, for another process
 *
 * A program that may read tracefs gives them to one that may not, which opens
 * them with ringmap_schema_open_bytes(): all formats, the names of tasks, and
 * unless @flags leaves them out, the addresses of the kernel's symbols and of
 * the strings of trace_printk(). Every format is read when a schema is first
 * saved; later calls with the same @flags give the same bytes.
 *
 * @flags: RINGMAP_SCHEMA_*.
 * @buf, @cap: room for the bytes; NULL and 0 to ask how much is needed.
 * @ret: their size.
 *
 * Threads: any.
 *
 * Returns RINGMAP_OK; RINGMAP_E_INVAL: also if there is too little room;
 * RINGMAP_E_NOMEM; as ringmap_schema_load().
 */
RINGMAP_API enum ringmap_status
ringmap_schema_save(struct ringmap_schema *schema, uint32_t flags, void *buf,
		    size_t cap, size_t *ret, struct ringmap_error *err);

/**
 * ringmap_schema_open_bytes - a schema from what ringmap_schema_save() gave
 *
 * @bytes, @size: copied. They may come from a process that is not trusted.
 *
 * Returns RINGMAP_OK; RINGMAP_E_INVAL; RINGMAP_E_CORRUPT: they are something
 * else, or were cut; RINGMAP_E_NOMEM.
 */
RINGMAP_API enum ringmap_status
ringmap_schema_open_bytes(const void *bytes, size_t size,
			  struct ringmap_schema **ret,
			  struct ringmap_error *err);

/**
 * ringmap_schema_ref - take one more reference
 *
 * Threads: any. Returns @schema.
 */
RINGMAP_API struct ringmap_schema *
ringmap_schema_ref(struct ringmap_schema *schema);

/**
 * ringmap_schema_unref - give a reference back; the last one frees all formats
 *
 * NULL does nothing.
 *
 * Threads: any.
 */
RINGMAP_API void ringmap_schema_unref(struct ringmap_schema *schema);

/**
 * ringmap_schema_format - an event's format by name
 *
 * @name: "system:event", or "event" where one system only has it.
 *
 * Names are UTF-8; bytes of a source that are not become \xNN. A field that
 * makes no sense costs no other: it is RINGMAP_FIELD_UNKNOWN or left out, and
 * counted in struct ringmap_format_info.
 *
 * Returns RINGMAP_OK; RINGMAP_E_NOENT: no such event; RINGMAP_E_INVAL: several
 * systems have it, @err names them; RINGMAP_E_PERMISSION; RINGMAP_E_CORRUPT:
 * the text makes no sense; RINGMAP_E_NOMEM; RINGMAP_E_OS.
 */
RINGMAP_API enum ringmap_status
ringmap_schema_format(struct ringmap_schema *schema, const char *name,
		      const struct ringmap_format **ret,
		      struct ringmap_error *err);

/**
 * ringmap_schema_format_by_id - an event's format by its number
 *
 * @id: common_type of its records, the id of ringmap_page_index().
 *
 * Returns as ringmap_schema_format().
 */
RINGMAP_API enum ringmap_status
ringmap_schema_format_by_id(struct ringmap_schema *schema, uint32_t id,
			    const struct ringmap_format **ret,
			    struct ringmap_error *err);

/**
 * ringmap_schema_load - parse every format there is
 *
 * A format that makes no sense is left out.
 *
 * @ret: how many there are, for ringmap_schema_format_at().
 *
 * Returns RINGMAP_OK; RINGMAP_E_NOENT, RINGMAP_E_PERMISSION: the events cannot
 * be listed; RINGMAP_E_CORRUPT: there are more than 65,536; RINGMAP_E_NOMEM;
 * RINGMAP_E_OS.
 */
RINGMAP_API enum ringmap_status
ringmap_schema_load(struct ringmap_schema *schema, size_t *ret,
		    struct ringmap_error *err);

/**
 * ringmap_schema_format_at - format number @i, by system and name
 *
 * Returns the format; NULL when @i is not less than the count, or before
 * ringmap_schema_load().
 */
RINGMAP_API const struct ringmap_format *
ringmap_schema_format_at(struct ringmap_schema *schema, size_t i);

/**
 * ringmap_format_info - name, id and size of an event's records
 *
 * @sz: sizeof(struct ringmap_format_info) as the caller compiled it.
 *
 * Returns RINGMAP_OK, RINGMAP_E_INVAL.
 */
RINGMAP_API enum ringmap_status
ringmap_format_info(const struct ringmap_format *format,
		    struct ringmap_format_info *ret, size_t sz);

/**
 * ringmap_format_field - field number @i of a format
 *
 * In the format file's order: the common ones first.
 *
 * @sz: sizeof(struct ringmap_field_info) as the caller compiled it.
 *
 * Returns RINGMAP_OK; RINGMAP_E_INVAL; RINGMAP_E_NOENT: there are fewer.
 */
RINGMAP_API enum ringmap_status
ringmap_format_field(const struct ringmap_format *format, size_t i,
		     struct ringmap_field_info *ret, size_t sz);

/**
 * ringmap_format_field_by_name - a field of a format by its name
 *
 * @sz: sizeof(struct ringmap_field_info) as the caller compiled it.
 *
 * Returns RINGMAP_OK; RINGMAP_E_INVAL; RINGMAP_E_NOENT: no such field.
 */
RINGMAP_API enum ringmap_status
ringmap_format_field_by_name(const struct ringmap_format *format,
			     const char *name, struct ringmap_field_info *ret,
			     size_t sz);

/**
 * ringmap_format_read - the value of a field in one record
 *
 * It is what a column with RINGMAP_TABLE_NUMBERS has for the record. One number
 * is @ret's; other values are stored in @buf: a list as numbers of 64 bits in
 * this machine's byte order, sign-extended where they are signed; a string as
 * UTF-8 and, if there is room, a NUL behind its size; BYTES as they are. Where
 * ringmap_table_open() says that a value is null, RINGMAP_CELL_NULL is set.
 *
 * @i: number of the field, as for ringmap_format_field().
 * @number: in an array of dynamic values, which one; else 0.
 * @event: any; common fields can be read by the format of another event.
 * @sz: sizeof(struct ringmap_cell) as the caller compiled it.
 * @buf, @cap: room for the value. If @ret's size is larger, @buf holds a part.
 *
 * Threads: any.
 *
 * Returns RINGMAP_OK; RINGMAP_E_INVAL; RINGMAP_E_NOENT: there are fewer.
 */
RINGMAP_API enum ringmap_status
ringmap_format_read(const struct ringmap_format *format, size_t i,
		    size_t number, const struct ringmap_event *event,
		    struct ringmap_cell *ret, size_t sz, void *buf, size_t cap);

/**
 * ringmap_schema_comm - the name of a task
 *
 * As the kernel remembered it (saved_cmdlines) when it was first asked for.
 *
 * Returns the name, valid as long as the schema; NULL: not known.
 */
RINGMAP_API const char *ringmap_schema_comm(struct ringmap_schema *schema,
					    int32_t pid);

/**
 * ringmap_schema_symbol - the kernel symbol that an address belongs to
 *
 * Reads kallsyms when it is first asked for. Without privileges the running
 * kernel shows all addresses as 0: then there are no symbols.
 *
 * Returns RINGMAP_OK; RINGMAP_E_NOENT: none begins at or before @address;
 * RINGMAP_E_NOMEM.
 */
RINGMAP_API enum ringmap_status
ringmap_schema_symbol(struct ringmap_schema *schema, uint64_t address,
		      struct ringmap_symbol *ret);

/**
 * ringmap_schema_printk - the string that trace_printk() calls @address
 *
 * From printk_formats.
 *
 * Returns the string, valid as long as the schema; NULL: not known.
 */
RINGMAP_API const char *ringmap_schema_printk(struct ringmap_schema *schema,
					      uint64_t address);

/**
 * ringmap_event_print - an event as text, as the kernel's print fmt shows it
 *
 * Numbers have the types that C gives them, so the text is that of the kernel's
 * own trace file; tests/differential lists where trace-cmd's differs. A record
 * that its print fmt cannot show, e.g. because it divides by a field that is 0,
 * is shown as "[FAILED TO PARSE]" and its fields. "%p" shows the address itself,
 * where the trace file has a hash of it, and "(unknown)" for an address that only
 * the running kernel can compute: that of a struct page in kmem:mm_page_alloc. In
 * a line, time stamps that count something are shown as they are, others in
 * seconds.
 *
 * @flags: RINGMAP_PRINT_*; 0: what trace-cmd report shows behind the name.
 * @buf, @cap: room for the text and a NUL; a longer text is cut.
 * @ret: length of the whole text.
 *
 * Threads: any. The first call for an event takes the schema's lock and
 * allocates memory; later ones do neither.
 *
 * Returns RINGMAP_OK; RINGMAP_E_NOENT: no format has its id, @buf says so, in a
 * line behind task, CPU and time;
 * RINGMAP_E_CORRUPT: the record is shorter than
 * its format, or has data that lies outside of it; RINGMAP_E_INVAL;
 * RINGMAP_E_NOMEM.
 */
RINGMAP_API enum ringmap_status
ringmap_event_print(struct ringmap_schema *schema,
		    const struct ringmap_event *event, uint32_t flags,
		    char *buf, size_t cap, size_t *ret);

/* ---- tables -------------------------------------------------------------- */

/**
 * ringmap_table_open - typed columns of one event
 *
 * Columns that every table can have:
 *   ts           timestamp[ns], or uint64 where the unit is not ns
 *   cpu          uint32
 *   event        dictionary of utf8: the event's name
 *   lost_before  uint64: events this ring lost between the row before it (of
 *                the same CPU) and this one; null: an unknown number
 *   common_...   the common fields
 * and one for each field of the event, by its name; "field_NAME" where NAME is
 * one of the four above. With opts->columns NULL: ts, cpu, event (if
 * opts->event is NULL), common_pid, common_flags, common_preempt_count,
 * lost_before, then the event's fields.
 *
 * Field kinds become: INT by size and sign; BOOL bool; POINTER uint64 or
 * uint32; STRING utf8; SYMBOL and FLAGS a dictionary of utf8, a value without
 * a name as 0x1f; a char array of up to 64 bytes called comm, or that ends so, a
 * dictionary too; arrays list or fixed_size_list; BITMASK list of uint32, the
 * numbers of its bits; BYTES fixed_size_binary or, dynamic, binary; arrays of
 * dynamic values fixed_size_list of these. Bytes of a string
 * that are no UTF-8 become \xNN, in such a string the backslash too, and stats
 * count it. A field that
 * does not lie inside its record is null, and counted. A dynamic string of no
 * bytes, not even a NUL, is null: the kernel could not read it.
 *
 * Dictionaries only grow, so that batches agree; one that holds more than
 * 65,536 values is begun anew with the next batch.
 *
 * Returns RINGMAP_OK; RINGMAP_E_NOENT: no such event or column;
 * RINGMAP_E_INVAL; RINGMAP_E_UNSUPPORTED: pids are wanted, and these records do
 * not tell theirs; as ringmap_schema_format().
 */
RINGMAP_API enum ringmap_status
ringmap_table_open(struct ringmap_schema *schema,
		   const struct ringmap_table_opts *opts,
		   struct ringmap_table **ret, struct ringmap_error *err);

/**
 * ringmap_table_ref - take one more reference
 *
 * Threads: any. Returns @table.
 */
RINGMAP_API struct ringmap_table *
ringmap_table_ref(struct ringmap_table *table);

/**
 * ringmap_table_unref - give a reference back
 *
 * What was exported stays valid. NULL does nothing.
 *
 * Threads: any.
 */
RINGMAP_API void ringmap_table_unref(struct ringmap_table *table);

/**
 * ringmap_table_append - the wanted events of a page, as rows
 *
 * Walks what is left of the page: afterwards it is at its end. Copies; the
 * page may be returned. A page of a running ring is certain only when it is
 * back: if return_page says RINGMAP_E_OVERWRITTEN, ringmap_table_undo().
 *
 * Returns RINGMAP_OK; RINGMAP_E_BUSY: the batch is full, export it first,
 * nothing was appended; RINGMAP_E_CORRUPT: as ringmap_page_next(), the rows up
 * to there are appended; RINGMAP_E_NOMEM: nothing was appended.
 */
RINGMAP_API enum ringmap_status
ringmap_table_append(struct ringmap_table *table, struct ringmap_page *page);

/**
 * ringmap_table_undo - take the rows of the last append back
 *
 * Losses are as if that page had never come: its ring tells them again with
 * the next page. Once only for each append; not after an export.
 *
 * Returns RINGMAP_OK; RINGMAP_E_STALE: there is nothing to take back.
 */
RINGMAP_API enum ringmap_status ringmap_table_undo(struct ringmap_table *table);

/**
 * ringmap_table_rows - rows that wait for export
 *
 * Returns the number of rows.
 */
RINGMAP_API size_t ringmap_table_rows(const struct ringmap_table *table);

/**
 * ringmap_table_schema - the columns, for the Arrow C data interface
 *
 * @ret: a struct; released by its release callback.
 *
 * Returns RINGMAP_OK, RINGMAP_E_NOMEM.
 */
RINGMAP_API enum ringmap_status
ringmap_table_schema(const struct ringmap_table *table,
		     struct ArrowSchema *ret);

/**
 * ringmap_table_export - hand the rows over, through the Arrow C data interface
 *
 * Nothing is copied. The table begins a new batch, in the memory of one that
 * was released if there is any.
 *
 * @ret: a struct array; it and its children may be released in any thread,
 * also after the table is gone.
 *
 * Returns RINGMAP_OK; RINGMAP_DONE: no rows; RINGMAP_E_NOMEM: they still wait.
 */
RINGMAP_API enum ringmap_status
ringmap_table_export(struct ringmap_table *table, struct ArrowArray *ret);

/**
 * ringmap_table_stats - counters since open
 *
 * @sz: sizeof(struct ringmap_table_stats) as the caller compiled it.
 *
 * Returns RINGMAP_OK, RINGMAP_E_INVAL.
 */
RINGMAP_API enum ringmap_status
ringmap_table_stats(const struct ringmap_table *table,
		    struct ringmap_table_stats *ret, size_t sz);

/* ---- readers --------------------------------------------------------------- */

/**
 * ringmap_reader_open - fill tables from a trace, in one pass
 *
 * Takes a reference to @trace, whose rings must not be used otherwise
 * meanwhile. Each thread decodes one CPU's ring at a time. Rows of one CPU
 * come in its order; with RINGMAP_READER_ORDERED the rows of each table are in
 * time order over all CPUs, as ringmap_trace_next() orders, decoded by one
 * thread. Memory: two batches of each table for each thread, whatever the
 * trace's size, and what the caller has not released.
 *
 * @schema: NULL: the trace's own.
 * @tables, @count: 1 to 255 of them, all of one sz. ts_unit 0 is the trace's.
 * @opts: NULL: all defaults.
 *
 * Returns RINGMAP_OK; as ringmap_table_open(); RINGMAP_E_INVAL: also ordered
 * with several threads; RINGMAP_E_UNSUPPORTED: the trace has no schema.
 */
RINGMAP_API enum ringmap_status
ringmap_reader_open(struct ringmap_trace *trace, struct ringmap_schema *schema,
		    const struct ringmap_table_opts *tables, size_t count,
		    const struct ringmap_reader_opts *opts,
		    struct ringmap_reader **ret, struct ringmap_error *err);

/**
 * ringmap_reader_ref - take one more reference
 *
 * Threads: any. Returns @reader.
 */
RINGMAP_API struct ringmap_reader *
ringmap_reader_ref(struct ringmap_reader *reader);

/**
 * ringmap_reader_unref - give a reference back; the last one ends its threads
 *
 * NULL does nothing.
 *
 * Threads: any.
 */
RINGMAP_API void ringmap_reader_unref(struct ringmap_reader *reader);

/**
 * ringmap_reader_next - the next batch of any of the tables
 *
 * A batch comes when it is full, when a recording ends, or, of a live trace,
 * when @timeout_ms is over and there are rows.
 *
 * @timeout_ms: how long a live trace may be waited for; 0: take what is there;
 * negative: until a batch is full.
 * @ret: which table, how many rows.
 * @array: as ringmap_table_export().
 *
 * Returns RINGMAP_OK; RINGMAP_DONE: nothing now (live), or the recording is
 * over; RINGMAP_STOPPED; RINGMAP_E_CORRUPT: a place that breaks the format was
 * skipped, go on; RINGMAP_E_NOMEM: likewise; if rows are missing, lost_before
 * is null in the next row of their CPU; RINGMAP_E_STALE: since the reader was
 * opened, the live instance got another trace clock, or the event of a table
 * another format or id: the rows of the batch are dropped, open the trace
 * again; RINGMAP_E_FORKED; RINGMAP_E_OS.
 *
 * A signal does not end the call: it goes on for the rest of its time. If the
 * system refuses a thread, the reader goes on with those that it has, and
 * stats->threads says how many these are.
 */
RINGMAP_API enum ringmap_status
ringmap_reader_next(struct ringmap_reader *reader, int timeout_ms,
		    struct ringmap_batch *ret, struct ArrowArray *array);

/**
 * ringmap_reader_schema - the columns of table number @table
 *
 * As ringmap_table_schema(); RINGMAP_E_INVAL: there is no such table.
 */
RINGMAP_API enum ringmap_status
ringmap_reader_schema(const struct ringmap_reader *reader, size_t table,
		      struct ArrowSchema *ret);

/**
 * ringmap_reader_stream - a reader of one table as an Arrow C stream
 *
 * The stream holds a reference to the reader; nobody else may call next
 * meanwhile. Of a live trace it goes on until ringmap_reader_stop().
 *
 * A place that breaks the format is skipped: lost_before is null in the next
 * row of its CPU, and stats count it in corrupt. With RINGMAP_READER_STRICT it
 * ends the stream with EBADMSG and its text; ringmap_reader_error() has it too.
 *
 * Returns RINGMAP_OK; RINGMAP_E_INVAL: the reader has several tables;
 * RINGMAP_E_NOMEM.
 */
RINGMAP_API enum ringmap_status
ringmap_reader_stream(struct ringmap_reader *reader,
		      struct ArrowArrayStream *ret);

/**
 * ringmap_reader_stop - make the running next return, or else the next one
 *
 * One call of next reports it, once, even while events keep coming.
 *
 * Threads: any; async-signal-safe. Returns RINGMAP_OK, RINGMAP_E_FORKED.
 */
RINGMAP_API enum ringmap_status
ringmap_reader_stop(struct ringmap_reader *reader);

/**
 * ringmap_reader_error - detail of the last error of a call on this reader
 *
 * As ringmap_ring_error().
 */
RINGMAP_API void ringmap_reader_error(const struct ringmap_reader *reader,
				      struct ringmap_error *ret);

/**
 * ringmap_reader_stats - counters since open
 *
 * @sz: sizeof(struct ringmap_reader_stats) as the caller compiled it.
 *
 * Returns RINGMAP_OK, RINGMAP_E_INVAL, RINGMAP_E_FORKED.
 */
RINGMAP_API enum ringmap_status
ringmap_reader_stats(struct ringmap_reader *reader,
		     struct ringmap_reader_stats *ret, size_t sz);

/* ---- sessions: control, through libtracefs ------------------------------ */

/**
 * ringmap_session_open - make a tracing instance of our own
 *
 * It begins with tracing off and no event enabled. It is removed by
 * ringmap_session_close(), and when this process ends in any way, SIGKILL
 * included: a small child process, the guard, waits for that. While others use
 * the instance the guard waits for them too, without a limit. It never removes
 * an instance that somebody else has made under the same name.
 *
 * The guard cannot outlive its PID namespace or its cgroup: if the first
 * process of a container ends, or a whole cgroup is killed, the instance stays,
 * with its tracing. The exception is a session of that first process itself,
 * which it removes as it returns from main() or calls exit(3). What stays and
 * has a name that the library chose is removed by the next
 * ringmap_session_open(), in any process that uses the same kernel; until then
 * it holds its memory.
 *
 * A session has two descriptors. While it is open, tracefs can be unmounted only
 * lazily; the guard removes the instance then, too.
 *
 * The guard is made by a fork, for which the kernel copies the page tables of this
 * process. That takes tens of milliseconds for each GB in use: open the session
 * before the data grows. As after every fork, the kernel ends a blocking read(2) of
 * a trace_pipe_raw by another part of this program, and all later ones of that
 * open file, with 0 bytes when the child closes its copy. Rings of this library do
 * not block in read(2).
 *
 * @opts: NULL: all defaults. An instance of that name must not exist.
 *
 * Returns RINGMAP_OK; RINGMAP_E_INVAL; RINGMAP_E_NOENT: tracefs is not
 * mounted; RINGMAP_E_PERMISSION; RINGMAP_E_BUSY: the instance exists;
 * RINGMAP_E_UNSUPPORTED: no such clock, or no instances in this kernel, or
 * after unshare(CLONE_NEWPID) no right to start the guard outside the new
 * namespace; RINGMAP_E_NOMEM; RINGMAP_E_OS.
 */
RINGMAP_API enum ringmap_status
ringmap_session_open(const struct ringmap_session_opts *opts,
		     struct ringmap_session **ret, struct ringmap_error *err);

/**
 * ringmap_session_instance - the name of the session's instance
 *
 * Returns the name, valid until close.
 */
RINGMAP_API const char *
ringmap_session_instance(const struct ringmap_session *session);

/**
 * ringmap_session_enable - enable events
 *
 * @event: "system:event", "system:*" or "system".
 * @filter: in the kernel's filter language; NULL: none.
 *
 * Returns RINGMAP_OK; RINGMAP_E_NOENT: no such event, or somebody has removed
 * the instance or unmounted tracefs; RINGMAP_E_INVAL: the
 * kernel refuses the filter (its own words are in @err); RINGMAP_E_FORKED;
 * RINGMAP_E_OS.
 */
RINGMAP_API enum ringmap_status
ringmap_session_enable(struct ringmap_session *session, const char *event,
		       const char *filter, struct ringmap_error *err);

/**
 * ringmap_session_set_pids - record these tasks only
 *
 * @pids: thread ids; @count 0: all tasks again.
 *
 * Returns RINGMAP_OK; RINGMAP_E_INVAL; RINGMAP_E_UNSUPPORTED: this process is in
 * a PID namespace, whose ids are not those that the kernel compares, or /proc
 * does not show whether it is; RINGMAP_E_NOENT: as ringmap_session_enable();
 * RINGMAP_E_FORKED; RINGMAP_E_OS.
 */
RINGMAP_API enum ringmap_status
ringmap_session_set_pids(struct ringmap_session *session, const int32_t *pids,
			 size_t count, struct ringmap_error *err);

/**
 * ringmap_session_start - switch tracing on
 *
 * Returns RINGMAP_OK; RINGMAP_E_NOENT: as ringmap_session_enable();
 * RINGMAP_E_FORKED; RINGMAP_E_OS.
 */
RINGMAP_API enum ringmap_status
ringmap_session_start(struct ringmap_session *session,
		      struct ringmap_error *err);

/**
 * ringmap_session_stop - switch tracing off; what was recorded stays
 *
 * Returns as ringmap_session_start().
 */
RINGMAP_API enum ringmap_status
ringmap_session_stop(struct ringmap_session *session,
		     struct ringmap_error *err);

/**
 * ringmap_session_close - remove the instance and free the session
 *
 * Close its rings first. The session is freed in any case. If the instance is
 * still in use it is removed when its last user is gone. NULL does nothing.
 *
 * Returns RINGMAP_OK: it is gone; RINGMAP_E_BUSY: a ring or another process
 * still holds the instance; RINGMAP_E_NOENT: tracefs is no longer mounted where
 * it was, and the guard removes the instance; RINGMAP_E_FORKED: freed, the parent's instance is left alone;
 * RINGMAP_E_OS.
 */
RINGMAP_API enum ringmap_status
ringmap_session_close(struct ringmap_session *session,
		      struct ringmap_error *err);

#ifdef __cplusplus
}
#endif

#endif
