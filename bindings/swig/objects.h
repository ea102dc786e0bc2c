/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * objects.h - the library as objects for languages with a garbage collector
 *
 * ringmap.h leaves to the C caller what a collector cannot know: that a page
 * went back, that a ring is closed, what must outlive what. Here each object
 * counts its references and knows its state, so that any order of calls and
 * collections ends in a result or in an error, never in memory that is gone.
 *
 * ringmap.i shows these to every language. new_X and delete_X are what SWIG
 * calls for constructors and destructors. Results are new references, or what
 * free(3) takes; NULL (with err->status 0) is "nothing now".
 *
 * Threads: delete_X and stop from any. All else one at a time for each object;
 * a second one is told RINGMAP_E_BUSY.
 */
#ifndef RMB_OBJECTS_H
#define RMB_OBJECTS_H

#include <ringmap/ringmap.h>
#include <stdbool.h>

/* RINGMAP_LOST_UNKNOWN where it is not known: the language's "no value". */
typedef uint64_t rmb_count;

/* Whatever is counted begins with this; see state.h. */
struct rmb_object;

/* Returns @object, for which it takes one more reference. Threads: any. */
void *rmb_ref(void *object);

/* Gives a reference back. NULL does nothing. Threads: any. */
void rmb_unref(void *object);

/*
 * Bytes in memory that stays mapped while owner is held: who gets this owes
 * rmb_unref(owner), once it has copied them or nobody can see them any more.
 */
struct rmb_bytes {
	const void *data;
	size_t size;
	struct rmb_object *owner;
};

/* Raises what a negative status means, one of a call in C, say. */
void rmb_check_status(int32_t status, struct ringmap_error *err);

/* What a call without the object it needs is told. */
void rmb_tell_missing(struct ringmap_error *err);

struct rmb_ring;
struct rmb_page;
struct rmb_index;
struct rmb_event;
struct rmb_trace;
struct rmb_schema;
struct rmb_format;
struct rmb_field;
struct rmb_symbol;
struct rmb_table;
struct rmb_reader;
struct rmb_batch;
struct rmb_column;
struct rmb_stream;
struct rmb_session;

/* ---- options: structs of ringmap.h, their strings and lists on the heap ---- */

struct ringmap_ring_opts *new_ringmap_ring_opts(void);
void delete_ringmap_ring_opts(struct ringmap_ring_opts *opts);
struct ringmap_image_opts *new_ringmap_image_opts(void);
void delete_ringmap_image_opts(struct ringmap_image_opts *opts);
struct ringmap_trace_opts *new_ringmap_trace_opts(void);
void delete_ringmap_trace_opts(struct ringmap_trace_opts *opts);
struct ringmap_session_opts *new_ringmap_session_opts(void);
void delete_ringmap_session_opts(struct ringmap_session_opts *opts);
struct ringmap_table_opts *new_ringmap_table_opts(void);
void delete_ringmap_table_opts(struct ringmap_table_opts *opts);
void ringmap_table_opts_add_column(struct ringmap_table_opts *opts,
				   const char *name, struct ringmap_error *err);
void ringmap_table_opts_add_pid(struct ringmap_table_opts *opts, int32_t pid,
				struct ringmap_error *err);
void ringmap_table_opts_add_cpu(struct ringmap_table_opts *opts, uint32_t cpu,
				struct ringmap_error *err);
struct ringmap_reader_opts *new_ringmap_reader_opts(void);
void delete_ringmap_reader_opts(struct ringmap_reader_opts *opts);

/* ---- rings ------------------------------------------------------------------ */

struct rmb_ring *new_rmb_ring(const struct ringmap_ring_opts *opts,
			      struct ringmap_error *err);
void delete_rmb_ring(struct rmb_ring *self);
struct rmb_ring *rmb_ring_open_fd(int fd, const struct ringmap_ring_opts *opts,
				  struct ringmap_error *err);
/* The image is copied. */
struct rmb_ring *rmb_ring_open_image(const char *image, size_t image_size,
				     const struct ringmap_image_opts *opts,
				     struct ringmap_error *err);
/* The page that is out goes back. A second close does nothing. */
void rmb_ring_close(struct rmb_ring *self, struct ringmap_error *err);
int rmb_ring_fileno(struct rmb_ring *self, struct ringmap_error *err);
struct ringmap_ring_info *rmb_ring_info(struct rmb_ring *self,
					struct ringmap_error *err);
struct ringmap_ring_stats *rmb_ring_stats(struct rmb_ring *self,
					  struct ringmap_error *err);
char *rmb_ring_mode_reason(struct rmb_ring *self, struct ringmap_error *err);
/*
 * Whether borrowing is worth while now; false: the time is over, a signal
 * came, or stop was called, which rmb_ring_stopped_get() tells.
 */
bool rmb_ring_wait(struct rmb_ring *self, int timeout_ms,
		   struct ringmap_error *err);
bool rmb_ring_stopped_get(struct rmb_ring *self);
void rmb_ring_stop(struct rmb_ring *self, struct ringmap_error *err);
/* A page that nobody holds any more is returned first, whatever it was. */
struct rmb_page *rmb_ring_borrow_page(struct rmb_ring *self,
				      struct ringmap_error *err);
void rmb_ring_return_page(struct rmb_ring *self, struct rmb_page *page,
			  struct ringmap_error *err);
/*
 * For loops: the page before goes back, the next one comes. In follow mode it
 * is a copy that was checked, pages that were overwritten are left out: what it
 * holds is true.
 */
struct rmb_page *rmb_ring_next_page(struct rmb_ring *self,
				    struct ringmap_error *err);
struct rmb_bytes rmb_ring_snapshot(struct rmb_ring *self,
				   struct ringmap_error *err);

/* ---- pages, their events, and indexes of them --------------------------------- */

void delete_rmb_page(struct rmb_page *self);
/* Whether it is still out; afterwards what follows gives RINGMAP_E_STALE. */
bool rmb_page_valid_get(struct rmb_page *self);
uint64_t rmb_page_ts_get(struct rmb_page *self);
rmb_count rmb_page_lost_get(struct rmb_page *self);
uint64_t rmb_page_seq_get(struct rmb_page *self);
uint32_t rmb_page_size_get(struct rmb_page *self);
uint32_t rmb_page_pos_get(struct rmb_page *self);
uint32_t rmb_page_events_get(struct rmb_page *self);
uint32_t rmb_page_cpu_get(struct rmb_page *self);
uint32_t rmb_page_subbuf_get(struct rmb_page *self);
uint32_t rmb_page_flags_get(struct rmb_page *self);
struct rmb_bytes rmb_page_bytes(struct rmb_page *self,
				struct ringmap_error *err);
struct rmb_bytes rmb_page_bytes_at(struct rmb_page *self, uint32_t offset,
				   uint32_t size, struct ringmap_error *err);
/* The number of 1, 2, 4 or 8 bytes at an offset, read where it lies. */
int64_t rmb_page_number(struct rmb_page *self, uint32_t offset, uint32_t size,
			bool is_signed, struct ringmap_error *err);
struct rmb_event *rmb_page_next_event(struct rmb_page *self,
				      struct ringmap_error *err);
/* As next_event, into an event that is there already; false: no more. */
bool rmb_page_read_event(struct rmb_page *self, struct rmb_event *event,
			 struct ringmap_error *err);
struct rmb_index *rmb_page_index(struct rmb_page *self,
				 struct ringmap_error *err);

struct rmb_index *new_rmb_index(void);
void delete_rmb_index(struct rmb_index *self);
/* The remaining events of a page, instead of what was there; how many. */
uint32_t rmb_index_read_page(struct rmb_index *self, struct rmb_page *page,
			     struct ringmap_error *err);
uint32_t rmb_index_count_get(struct rmb_index *self);
uint64_t rmb_index_ts(struct rmb_index *self, uint32_t i,
		      struct ringmap_error *err);
uint32_t rmb_index_offset(struct rmb_index *self, uint32_t i,
			  struct ringmap_error *err);
uint32_t rmb_index_size(struct rmb_index *self, uint32_t i,
			struct ringmap_error *err);
uint32_t rmb_index_id(struct rmb_index *self, uint32_t i,
		      struct ringmap_error *err);
/* The arrays: uint64_t, uint32_t, uint32_t, uint16_t of this machine. */
struct rmb_bytes rmb_index_ts_bytes(struct rmb_index *self);
struct rmb_bytes rmb_index_offset_bytes(struct rmb_index *self);
struct rmb_bytes rmb_index_size_bytes(struct rmb_index *self);
struct rmb_bytes rmb_index_id_bytes(struct rmb_index *self);

/* A copy of one event. */
struct rmb_event *new_rmb_event(void);
void delete_rmb_event(struct rmb_event *self);
uint64_t rmb_event_ts_get(struct rmb_event *self);
rmb_count rmb_event_lost_get(struct rmb_event *self);
uint32_t rmb_event_size_get(struct rmb_event *self);
uint32_t rmb_event_cpu_get(struct rmb_event *self);
uint32_t rmb_event_id_get(struct rmb_event *self);
struct rmb_bytes rmb_event_bytes(struct rmb_event *self);

/* ---- traces ------------------------------------------------------------------- */

struct rmb_trace *new_rmb_trace(const struct ringmap_trace_opts *opts,
				struct ringmap_error *err);
void delete_rmb_trace(struct rmb_trace *self);
/* A trace.dat, or a folder of raw captures. */
struct rmb_trace *rmb_trace_open_file(const char *path, const char *instance,
				      struct ringmap_error *err);
void rmb_trace_close(struct rmb_trace *self, struct ringmap_error *err);
char *rmb_trace_instance(struct rmb_trace *self, uint32_t i,
			 struct ringmap_error *err);
char *rmb_trace_clock(struct rmb_trace *self, struct ringmap_error *err);
uint32_t rmb_trace_ts_unit(struct rmb_trace *self, struct ringmap_error *err);
/* RINGMAP_TRACE_*. */
uint32_t rmb_trace_flags(struct rmb_trace *self, struct ringmap_error *err);
/* Where the file was cut; NULL: it is whole. */
char *rmb_trace_cut(struct rmb_trace *self, struct ringmap_error *err);
uint32_t rmb_trace_rings(struct rmb_trace *self, struct ringmap_error *err);
uint32_t rmb_trace_instances(struct rmb_trace *self, struct ringmap_error *err);
struct rmb_schema *rmb_trace_schema(struct rmb_trace *self,
				    struct ringmap_error *err);
struct rmb_ring *rmb_trace_ring(struct rmb_trace *self, uint32_t i,
				struct ringmap_error *err);
struct rmb_event *rmb_trace_next_event(struct rmb_trace *self,
				       struct ringmap_error *err);
bool rmb_trace_read_event(struct rmb_trace *self, struct rmb_event *event,
			  struct ringmap_error *err);
bool rmb_trace_wait(struct rmb_trace *self, int timeout_ms,
		    struct ringmap_error *err);
bool rmb_trace_stopped_get(struct rmb_trace *self);
void rmb_trace_stop(struct rmb_trace *self, struct ringmap_error *err);
struct ringmap_trace_stats *rmb_trace_stats(struct rmb_trace *self,
					    struct ringmap_error *err);

/* ---- schemas ------------------------------------------------------------------ */

/* path may be NULL: the running kernel. */
struct rmb_schema *new_rmb_schema(const char *path, struct ringmap_error *err);
struct rmb_schema *rmb_schema_open_bytes(const char *image, size_t image_size,
					 struct ringmap_error *err);
void delete_rmb_schema(struct rmb_schema *self);
struct rmb_bytes rmb_schema_save(struct rmb_schema *self, uint32_t flags,
				 struct ringmap_error *err);
struct rmb_format *rmb_schema_format(struct rmb_schema *self, const char *name,
				     struct ringmap_error *err);
struct rmb_format *rmb_schema_format_by_id(struct rmb_schema *self, uint32_t id,
					   struct ringmap_error *err);
uint32_t rmb_schema_load(struct rmb_schema *self, struct ringmap_error *err);
struct rmb_format *rmb_schema_format_at(struct rmb_schema *self, uint32_t i,
					struct ringmap_error *err);
char *rmb_schema_comm(struct rmb_schema *self, int32_t pid);
struct rmb_symbol *rmb_schema_symbol(struct rmb_schema *self, uint64_t address,
				     struct ringmap_error *err);
char *rmb_schema_printk(struct rmb_schema *self, uint64_t address);
char *rmb_schema_print_event(struct rmb_schema *self, struct rmb_event *event,
			     uint32_t flags, struct ringmap_error *err);

void delete_rmb_format(struct rmb_format *self);
const char *rmb_format_system_get(struct rmb_format *self);
const char *rmb_format_name_get(struct rmb_format *self);
const char *rmb_format_print_fmt_get(struct rmb_format *self);
uint32_t rmb_format_id_get(struct rmb_format *self);
uint32_t rmb_format_size_get(struct rmb_format *self);
uint32_t rmb_format_nr_fields_get(struct rmb_format *self);
struct rmb_field *rmb_format_field_at(struct rmb_format *self, uint32_t i,
				      struct ringmap_error *err);
struct rmb_field *rmb_format_field(struct rmb_format *self, const char *name,
				   struct ringmap_error *err);

void delete_rmb_field(struct rmb_field *self);
const char *rmb_field_name_get(struct rmb_field *self);
const char *rmb_field_c_type_get(struct rmb_field *self);
const char *rmb_field_delim_get(struct rmb_field *self);
uint32_t rmb_field_offset_get(struct rmb_field *self);
uint32_t rmb_field_size_get(struct rmb_field *self);
uint32_t rmb_field_kind_get(struct rmb_field *self);
uint32_t rmb_field_flags_get(struct rmb_field *self);
uint32_t rmb_field_elem_size_get(struct rmb_field *self);
uint32_t rmb_field_count_get(struct rmb_field *self);
uint32_t rmb_field_inner_get(struct rmb_field *self);
uint32_t rmb_field_nr_values_get(struct rmb_field *self);
uint64_t rmb_field_value_at(struct rmb_field *self, uint32_t i,
			    struct ringmap_error *err);
const char *rmb_field_value_name(struct rmb_field *self, uint32_t i,
				 struct ringmap_error *err);
/* Its first element as a number; of unsigned ones the same 64 bits. */
int64_t rmb_field_number(struct rmb_field *self, struct rmb_event *event,
			 struct ringmap_error *err);
/*
 * The whole value, as a column of one row: a list has all its elements. Numbers
 * are widened to 64 bits; symbols and flags are numbers.
 */
struct rmb_column *rmb_field_read(struct rmb_field *self,
				  struct rmb_event *event,
				  struct ringmap_error *err);
/*
 * Of a string, escaped if it is not UTF-8; the name of a symbol's value; NULL: it
 * is neither, or the record does not hold it.
 */
char *rmb_field_text(struct rmb_field *self, struct rmb_event *event,
		     struct ringmap_error *err);

void delete_rmb_symbol(struct rmb_symbol *self);
const char *rmb_symbol_name_get(struct rmb_symbol *self);
const char *rmb_symbol_module_get(struct rmb_symbol *self);
uint64_t rmb_symbol_start_get(struct rmb_symbol *self);

/* ---- columns ------------------------------------------------------------------ */

struct rmb_table *new_rmb_table(struct rmb_schema *schema,
				const struct ringmap_table_opts *opts,
				struct ringmap_error *err);
void delete_rmb_table(struct rmb_table *self);
void rmb_table_append(struct rmb_table *self, struct rmb_page *page,
		      struct ringmap_error *err);
void rmb_table_undo(struct rmb_table *self, struct ringmap_error *err);
uint64_t rmb_table_rows(struct rmb_table *self, struct ringmap_error *err);
struct rmb_batch *rmb_table_export(struct rmb_table *self,
				   struct ringmap_error *err);
struct ringmap_table_stats *rmb_table_stats(struct rmb_table *self,
					    struct ringmap_error *err);

/* schema and reader_opts may be NULL. */
struct rmb_reader *new_rmb_reader(struct rmb_trace *trace,
				  const struct ringmap_table_opts *opts,
				  struct rmb_schema *schema,
				  const struct ringmap_reader_opts *reader_opts,
				  struct ringmap_error *err);
void delete_rmb_reader(struct rmb_reader *self);
void rmb_reader_close(struct rmb_reader *self, struct ringmap_error *err);
struct rmb_batch *rmb_reader_next_batch(struct rmb_reader *self, int timeout_ms,
					struct ringmap_error *err);
struct rmb_stream *rmb_reader_stream(struct rmb_reader *self,
				     struct ringmap_error *err);
bool rmb_reader_stopped_get(struct rmb_reader *self);
void rmb_reader_stop(struct rmb_reader *self, struct ringmap_error *err);
struct ringmap_reader_stats *rmb_reader_stats(struct rmb_reader *self,
					      struct ringmap_error *err);

/*
 * For a language's Arrow library, which takes the struct at the address over:
 * it moves what is in it and leaves release NULL.
 */
void delete_rmb_stream(struct rmb_stream *self);
uint64_t rmb_stream_address(struct rmb_stream *self);

void delete_rmb_batch(struct rmb_batch *self);
uint64_t rmb_batch_rows_get(struct rmb_batch *self);
uint32_t rmb_batch_columns_get(struct rmb_batch *self);
struct rmb_column *rmb_batch_column_at(struct rmb_batch *self, uint32_t i,
				       struct ringmap_error *err);
struct rmb_column *rmb_batch_column(struct rmb_batch *self, const char *name,
				    struct ringmap_error *err);
uint64_t rmb_batch_array_address(struct rmb_batch *self);
uint64_t rmb_batch_schema_address(struct rmb_batch *self);

void delete_rmb_column(struct rmb_column *self);
const char *rmb_column_name_get(struct rmb_column *self);
/* Arrow's format; of a dictionary that of its values. */
const char *rmb_column_format_get(struct rmb_column *self);
/* "int", "uint", "bool", "text", "bytes" or "list": which call fits. */
const char *rmb_column_kind_get(struct rmb_column *self);
uint64_t rmb_column_length_get(struct rmb_column *self);
bool rmb_column_is_null(struct rmb_column *self, uint64_t row,
			struct ringmap_error *err);
/* int, bool; of uint the same 64 bits. */
int64_t rmb_column_number(struct rmb_column *self, uint64_t row,
			  struct ringmap_error *err);
char *rmb_column_text(struct rmb_column *self, uint64_t row,
		      struct ringmap_error *err);
struct rmb_bytes rmb_column_bytes(struct rmb_column *self, uint64_t row,
				  struct ringmap_error *err);
/* A list is list_length() rows of items() from list_begin() on. */
uint64_t rmb_column_list_begin(struct rmb_column *self, uint64_t row,
			       struct ringmap_error *err);
uint64_t rmb_column_list_length(struct rmb_column *self, uint64_t row,
				struct ringmap_error *err);
struct rmb_column *rmb_column_items(struct rmb_column *self,
				    struct ringmap_error *err);

/* ---- sessions ----------------------------------------------------------------- */

struct rmb_session *new_rmb_session(const struct ringmap_session_opts *opts,
				    struct ringmap_error *err);
void delete_rmb_session(struct rmb_session *self);
char *rmb_session_instance(struct rmb_session *self, struct ringmap_error *err);
void rmb_session_enable(struct rmb_session *self, const char *event,
			const char *filter, struct ringmap_error *err);
/* Record this task too, and only those that were added; clear: all again. */
void rmb_session_add_pid(struct rmb_session *self, int32_t pid,
			 struct ringmap_error *err);
void rmb_session_clear_pids(struct rmb_session *self,
			    struct ringmap_error *err);
void rmb_session_start(struct rmb_session *self, struct ringmap_error *err);
void rmb_session_stop(struct rmb_session *self, struct ringmap_error *err);
void rmb_session_close(struct rmb_session *self, struct ringmap_error *err);

#endif
