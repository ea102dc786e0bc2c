/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * ringmap.i - libringmap for SWIG 4.1, the same for every language
 *
 * Option and statistics structs and all constants are read from ringmap.h,
 * objects from what objects.h makes of its handles. A language's own file
 * defines, before it includes this one:
 *
 *  1. errors: the macro RINGMAP_RAISE(ERR), C statements that make a
 *     const struct ringmap_error * the language's error and leave the wrapper;
 *  2. bytes: %typemap(out) struct rmb_bytes, a view or a copy, which owes
 *     rmb_unref() to its owner, and %typemap(in) (char *STRING, size_t LENGTH)
 *     where SWIG has none for it;
 *  3. numbers: 64-bit integers where SWIG's own do not hold them, and
 *     %typemap(out) rmb_count, in which RINGMAP_LOST_UNKNOWN is no value;
 *  4. case: %rename rules for methods, where a_b is not the language's way.
 *
 * Destructors are named delete_X; what else C functions return is a new
 * reference that the language owns.
 */
%module ringmap

%{
#include "objects.h"
#include <stdlib.h>
#include <string.h>
%}

%include <stdint.i>

/* ---- errors ------------------------------------------------------------------ */

%typemap(in, numinputs=0, noblock=1) struct ringmap_error *err
	(struct ringmap_error detail) {
	memset(&detail, 0, sizeof(detail));
	$1 = &detail;
}

%typemap(argout, noblock=1) struct ringmap_error *err {
	if ($1->status < 0) {
		RINGMAP_RAISE($1)
	}
}

/* What is no object where one is needed; pointers that may be NULL opt out. */
%typemap(check, noblock=1) SWIGTYPE * {
	if (!$1) {
		struct ringmap_error missing;

		rmb_tell_missing(&missing);
		RINGMAP_RAISE(&missing)
	}
}
%typemap(check) char *, const char *, struct ringmap_error *err "";
%typemap(check) struct rmb_schema *optional_schema,
	const struct ringmap_image_opts *optional_opts,
	const struct ringmap_reader_opts *optional_opts,
	const struct ringmap_session_opts *optional_opts "";

/* ---- names and values ------------------------------------------------------- */

%rename("%(strip:[RINGMAP_])s", %$isenumitem) "";

%apply (char *STRING, size_t LENGTH) { (const char *image, size_t image_size) };

%apply rmb_count {
	uint64_t lost,
	uint64_t kernel_entries,
	uint64_t kernel_overrun,
	uint64_t kernel_read,
	uint64_t kernel_dropped
};

/* Strings that are set belong to the struct. */
%typemap(memberin) const char * {
	free((char *)$1);
	$1 = $input ? strdup($input) : NULL;
}

/* Texts that C functions make are freed once they are the language's. */
%typemap(newfree) char * "free($1);"

/* ---- what ringmap.h has ------------------------------------------------------ */

%rename("$ignore", regextarget=1, %$isfunction) "^ringmap_";
%rename("$ignore", regextarget=1, %$isclass) "^(ringmap_|Arrow)";
/* Guards; and a count that is not known is the language's "no value". */
%rename("$ignore", regextarget=1) "^(ARROW_.*|RINGMAP_(H|API|LOST_UNKNOWN))$";

%rename(version) ringmap_version;
%rename(status_name) ringmap_status_name;
%rename(mode_name) ringmap_mode_name;

%rename(Status) ringmap_status;
%rename(Mode) ringmap_mode;
%rename(Start) ringmap_start;
%rename(Kind) ringmap_kind;
%rename(TsUnit) ringmap_ts_unit;

%rename("RingOpts", %$isclass) ringmap_ring_opts;
%rename("ImageOpts", %$isclass) ringmap_image_opts;
%rename("TraceOpts", %$isclass) ringmap_trace_opts;
%rename("SessionOpts", %$isclass) ringmap_session_opts;
%rename("TableOpts", %$isclass) ringmap_table_opts;
%rename("ReaderOpts", %$isclass) ringmap_reader_opts;
%rename("RingInfo", %$isclass) ringmap_ring_info;
%rename("RingStats", %$isclass) ringmap_ring_stats;
%rename("TraceStats", %$isclass) ringmap_trace_stats;
%rename("TableStats", %$isclass) ringmap_table_stats;
%rename("ReaderStats", %$isclass) ringmap_reader_stats;

/* Options can be set, the rest is to be read. */
%immutable;
%define RINGMAP_OPTION(A, B)
%feature("immutable", "0") A;
%feature("immutable", "0") B;
%enddef
RINGMAP_OPTION(ringmap_ring_opts::tracefs, ringmap_ring_opts::instance)
RINGMAP_OPTION(ringmap_ring_opts::cpu, ringmap_ring_opts::mode)
RINGMAP_OPTION(ringmap_ring_opts::start, ringmap_ring_opts::flags)
RINGMAP_OPTION(ringmap_ring_opts::latency_us, ringmap_ring_opts::tracefs)
RINGMAP_OPTION(ringmap_ring_opts::clock, ringmap_ring_opts::stats_fd)
RINGMAP_OPTION(ringmap_image_opts::cpu, ringmap_image_opts::subbuf_size)
RINGMAP_OPTION(ringmap_image_opts::long_size, ringmap_image_opts::data_offset)
RINGMAP_OPTION(ringmap_image_opts::big_endian, ringmap_image_opts::cpu)
RINGMAP_OPTION(ringmap_trace_opts::tracefs, ringmap_trace_opts::instance)
RINGMAP_OPTION(ringmap_trace_opts::mode, ringmap_trace_opts::start)
RINGMAP_OPTION(ringmap_trace_opts::flags, ringmap_trace_opts::latency_us)
RINGMAP_OPTION(ringmap_session_opts::tracefs, ringmap_session_opts::instance)
RINGMAP_OPTION(ringmap_session_opts::clock, ringmap_session_opts::buffer_kb)
RINGMAP_OPTION(ringmap_table_opts::event, ringmap_table_opts::ts_from)
RINGMAP_OPTION(ringmap_table_opts::ts_to, ringmap_table_opts::batch_rows)
RINGMAP_OPTION(ringmap_table_opts::ts_unit, ringmap_table_opts::flags)
RINGMAP_OPTION(ringmap_reader_opts::threads, ringmap_reader_opts::flags)

%ignore sz;
%ignore reserved;
%ignore ringmap_field_info::type;
/* Lists grow by add_column() and the like. */
%ignore ringmap_table_opts::columns;
%ignore ringmap_table_opts::nr_columns;
%ignore ringmap_table_opts::pids;
%ignore ringmap_table_opts::nr_pids;
%ignore ringmap_table_opts::cpus;
%ignore ringmap_table_opts::nr_cpus;

%nodefaultctor;

%extend ringmap_ring_opts {
	ringmap_ring_opts();
	~ringmap_ring_opts();
}
%extend ringmap_image_opts {
	ringmap_image_opts();
	~ringmap_image_opts();
}
%extend ringmap_trace_opts {
	ringmap_trace_opts();
	~ringmap_trace_opts();
}
%extend ringmap_session_opts {
	ringmap_session_opts();
	~ringmap_session_opts();
}
%extend ringmap_table_opts {
	ringmap_table_opts();
	~ringmap_table_opts();
	void add_column(const char *name, struct ringmap_error *err);
	void add_pid(int32_t pid, struct ringmap_error *err);
	void add_cpu(uint32_t cpu, struct ringmap_error *err);
}
%extend ringmap_reader_opts {
	ringmap_reader_opts();
	~ringmap_reader_opts();
}

%include <ringmap/ringmap.h>

%rename(check_status) rmb_check_status;
void rmb_check_status(int32_t status, struct ringmap_error *err);

/* ---- objects ----------------------------------------------------------------- */

typedef uint64_t rmb_count;

%rename(Ring) rmb_ring;
%rename(Page) rmb_page;
%rename(Index) rmb_index;
%rename(Event) rmb_event;
%rename(Trace) rmb_trace;
%rename(Schema) rmb_schema;
%rename(Format) rmb_format;
%rename(Field) rmb_field;
%rename(Symbol) rmb_symbol;
%rename(Table) rmb_table;
%rename(Reader) rmb_reader;
%rename(Batch) rmb_batch;
%rename(Column) rmb_column;
%rename(Stream) rmb_stream;
%rename(Session) rmb_session;

/* Results that are the caller's. */
%newobject rmb_ring::open_fd;
%newobject rmb_ring::open_image;
%newobject rmb_ring::info;
%newobject rmb_ring::stats;
%newobject rmb_ring::mode_reason;
%newobject rmb_ring::borrow_page;
%newobject rmb_ring::next_page;
%newobject rmb_page::next_event;
%newobject rmb_page::index;
%newobject rmb_trace::open_file;
%newobject rmb_trace::instance;
%newobject rmb_trace::clock;
%newobject rmb_trace::cut;
%newobject rmb_trace::schema;
%newobject rmb_trace::ring;
%newobject rmb_trace::next_event;
%newobject rmb_trace::stats;
%newobject rmb_schema::open_bytes;
%newobject rmb_schema::format;
%newobject rmb_schema::format_by_id;
%newobject rmb_schema::format_at;
%newobject rmb_schema::comm;
%newobject rmb_schema::symbol;
%newobject rmb_schema::printk;
%newobject rmb_schema::print_event;
%newobject rmb_format::field_at;
%newobject rmb_format::field;
%newobject rmb_field::text;
%newobject rmb_field::read;
%newobject rmb_table::export;
%newobject rmb_table::stats;
%newobject rmb_reader::next_batch;
%newobject rmb_reader::stream;
%newobject rmb_reader::stats;
%newobject rmb_batch::column_at;
%newobject rmb_batch::column;
%newobject rmb_column::text;
%newobject rmb_column::items;
%newobject rmb_session::instance;

/* X.f(...) is rmb_X_f(X, ...). */
struct rmb_ring {
	%extend {
		bool stopped;
		rmb_ring(const struct ringmap_ring_opts *opts,
			struct ringmap_error *err);
		~rmb_ring();
		static struct rmb_ring *open_fd(int fd, const struct
			ringmap_ring_opts *opts, struct ringmap_error *err);
		static struct rmb_ring *open_image(
			const char *image, size_t image_size,
			const struct ringmap_image_opts *optional_opts,
			struct ringmap_error *err);
		void close(struct ringmap_error *err);
		int fileno(struct ringmap_error *err);
		struct ringmap_ring_info *info(struct ringmap_error *err);
		struct ringmap_ring_stats *stats(struct ringmap_error *err);
		char *mode_reason(struct ringmap_error *err);
		bool wait(int timeout_ms, struct ringmap_error *err);
		void stop(struct ringmap_error *err);
		struct rmb_page *borrow_page(struct ringmap_error *err);
		void return_page(struct rmb_page *page,
			struct ringmap_error *err);
		struct rmb_page *next_page(struct ringmap_error *err);
		struct rmb_bytes snapshot(struct ringmap_error *err);
	}
};

struct rmb_page {
	%extend {
		bool valid;
		uint64_t ts;
		rmb_count lost;
		uint64_t seq;
		uint32_t size;
		uint32_t pos;
		uint32_t events;
		uint32_t cpu;
		uint32_t subbuf;
		uint32_t flags;
		~rmb_page();
		struct rmb_bytes bytes(struct ringmap_error *err);
		struct rmb_bytes bytes_at(uint32_t offset, uint32_t
			size, struct ringmap_error *err);
		int64_t number(uint32_t offset, uint32_t size, bool
			is_signed, struct ringmap_error *err);
		struct rmb_event *next_event(struct ringmap_error *err);
		bool read_event(struct rmb_event *event, struct ringmap_error *err);
		struct rmb_index *index(struct ringmap_error *err);
	}
};

struct rmb_index {
	%extend {
		uint32_t count;
		rmb_index();
		~rmb_index();
		uint32_t read_page(struct rmb_page *page, struct ringmap_error *err);
		uint64_t ts(uint32_t i, struct ringmap_error *err);
		uint32_t offset(uint32_t i, struct ringmap_error *err);
		uint32_t size(uint32_t i, struct ringmap_error *err);
		uint32_t id(uint32_t i, struct ringmap_error *err);
		struct rmb_bytes ts_bytes(void);
		struct rmb_bytes offset_bytes(void);
		struct rmb_bytes size_bytes(void);
		struct rmb_bytes id_bytes(void);
	}
};

struct rmb_event {
	%extend {
		uint64_t ts;
		rmb_count lost;
		uint32_t size;
		uint32_t cpu;
		uint32_t id;
		rmb_event();
		~rmb_event();
		struct rmb_bytes bytes(void);
	}
};

struct rmb_trace {
	%extend {
		bool stopped;
		rmb_trace(const struct ringmap_trace_opts *opts,
			struct ringmap_error *err);
		~rmb_trace();
		static struct rmb_trace *open_file(const char *path,
			const char *instance, struct ringmap_error *err);
		void close(struct ringmap_error *err);
		char *instance(uint32_t i, struct ringmap_error *err);
		char *clock(struct ringmap_error *err);
		uint32_t ts_unit(struct ringmap_error *err);
		uint32_t flags(struct ringmap_error *err);
		char *cut(struct ringmap_error *err);
		uint32_t rings(struct ringmap_error *err);
		uint32_t instances(struct ringmap_error *err);
		struct rmb_schema *schema(struct ringmap_error *err);
		struct rmb_ring *ring(uint32_t i, struct ringmap_error *err);
		struct rmb_event *next_event(struct ringmap_error *err);
		bool read_event(struct rmb_event *event, struct ringmap_error *err);
		bool wait(int timeout_ms, struct ringmap_error *err);
		void stop(struct ringmap_error *err);
		struct ringmap_trace_stats *stats(struct ringmap_error *err);
	}
};

struct rmb_schema {
	%extend {
		rmb_schema(const char *path, struct ringmap_error *err);
		~rmb_schema();
		static struct rmb_schema *open_bytes(
			const char *image, size_t image_size,
			struct ringmap_error *err);
		struct rmb_bytes save(uint32_t flags,
			struct ringmap_error *err);
		struct rmb_format *format(const char *name,
			struct ringmap_error *err);
		struct rmb_format *format_by_id(uint32_t id,
			struct ringmap_error *err);
		uint32_t load(struct ringmap_error *err);
		struct rmb_format *format_at(uint32_t i,
			struct ringmap_error *err);
		char *comm(int32_t pid);
		struct rmb_symbol *symbol(uint64_t address,
			struct ringmap_error *err);
		char *printk(uint64_t address);
		char *print_event(struct rmb_event *event, uint32_t
			flags, struct ringmap_error *err);
	}
};

struct rmb_format {
	%extend {
		const char *system;
		const char *name;
		const char *print_fmt;
		uint32_t id;
		uint32_t size;
		uint32_t nr_fields;
		~rmb_format();
		struct rmb_field *field_at(uint32_t i,
			struct ringmap_error *err);
		struct rmb_field *field(const char *name,
			struct ringmap_error *err);
	}
};

struct rmb_field {
	%extend {
		const char *name;
		const char *c_type;
		const char *delim;
		uint32_t offset;
		uint32_t size;
		uint32_t kind;
		uint32_t flags;
		uint32_t elem_size;
		uint32_t count;
		uint32_t inner;
		uint32_t nr_values;
		~rmb_field();
		uint64_t value_at(uint32_t i, struct ringmap_error *err);
		const char *value_name(uint32_t i, struct ringmap_error *err);
		int64_t number(struct rmb_event *event,
			struct ringmap_error *err);
		char *text(struct rmb_event *event, struct ringmap_error *err);
		struct rmb_column *read(struct rmb_event *event,
			struct ringmap_error *err);
	}
};

struct rmb_symbol {
	%extend {
		const char *name;
		const char *module;
		uint64_t start;
		~rmb_symbol();
	}
};

struct rmb_table {
	%extend {
		rmb_table(struct rmb_schema *schema, const struct
			ringmap_table_opts *opts, struct ringmap_error *err);
		~rmb_table();
		void append(struct rmb_page *page, struct ringmap_error *err);
		void undo(struct ringmap_error *err);
		uint64_t rows(struct ringmap_error *err);
		struct rmb_batch *export(struct ringmap_error *err);
		struct ringmap_table_stats *stats(struct ringmap_error *err);
	}
};

struct rmb_reader {
	%extend {
		bool stopped;
		rmb_reader(struct rmb_trace *trace,
			const struct ringmap_table_opts *opts,
			struct rmb_schema *optional_schema,
			const struct ringmap_reader_opts *optional_opts,
			struct ringmap_error *err);
		~rmb_reader();
		void close(struct ringmap_error *err);
		struct rmb_batch *next_batch(int timeout_ms,
			struct ringmap_error *err);
		struct rmb_stream *stream(struct ringmap_error *err);
		void stop(struct ringmap_error *err);
		struct ringmap_reader_stats *stats(struct ringmap_error *err);
	}
};

struct rmb_stream {
	%extend {
		~rmb_stream();
		uint64_t address(void);
	}
};

struct rmb_batch {
	%extend {
		uint64_t rows;
		uint32_t columns;
		~rmb_batch();
		struct rmb_column *column_at(uint32_t i,
			struct ringmap_error *err);
		struct rmb_column *column(const char *name,
			struct ringmap_error *err);
		uint64_t array_address(void);
		uint64_t schema_address(void);
	}
};

struct rmb_column {
	%extend {
		const char *name;
		const char *format;
		const char *kind;
		uint64_t length;
		~rmb_column();
		bool is_null(uint64_t row, struct ringmap_error *err);
		int64_t number(uint64_t row, struct ringmap_error *err);
		char *text(uint64_t row, struct ringmap_error *err);
		struct rmb_bytes bytes(uint64_t row, struct ringmap_error *err);
		uint64_t list_begin(uint64_t row, struct ringmap_error *err);
		uint64_t list_length(uint64_t row, struct ringmap_error *err);
		struct rmb_column *items(struct ringmap_error *err);
	}
};

struct rmb_session {
	%extend {
		rmb_session(const struct ringmap_session_opts *optional_opts,
			struct ringmap_error *err);
		~rmb_session();
		char *instance(struct ringmap_error *err);
		void enable(const char *event, const char *filter,
			struct ringmap_error *err);
		void add_pid(int32_t pid, struct ringmap_error *err);
		void clear_pids(struct ringmap_error *err);
		void start(struct ringmap_error *err);
		void stop(struct ringmap_error *err);
		void close(struct ringmap_error *err);
	}
};
