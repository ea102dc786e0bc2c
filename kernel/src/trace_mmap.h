/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * The layout of a mapping of per_cpu/cpuN/trace_pipe_raw, and its ioctl.
 * Documentation/trace/ring-buffer-map.rst explains their use.
 */
#ifndef _TRACE_MMAP_H_
#define _TRACE_MMAP_H_

#include <linux/types.h>

/**
 * struct trace_buffer_meta - the first page of a mapping
 * @meta_page_size:	Size of this area; sub-buffer 0 begins after it
 * @meta_struct_len:	Size of this structure; later kernels may add fields
 * @subbuf_size:	Size of a sub-buffer, including its header
 * @nr_subbufs:		Number of sub-buffers, including the reader sub-buffer
 * @reader.lost_events:	Events lost between the reader sub-buffer and the one
 *			before it
 * @reader.id:		Id of the reader sub-buffer, 0 to @nr_subbufs - 1
 * @reader.read:	Bytes of its data that are consumed
 * @flags:		None is defined
 * @entries:		Events written since the last reset
 * @overrun:		Events overwritten unread since the last reset
 * @read:		Events read since the last reset
 * @Reserved1:		Zero
 * @Reserved2:		Zero
 *
 * The first four fields do not change while the ring is mapped. The others are
 * refreshed by TRACE_MMAP_IOCTL_GET_READER, by the first mmap(2) and by a reset
 * of the ring, and at no other time. The number of unread events is
 * @entries - @overrun - @read.
 */
struct trace_buffer_meta {
	__u32 meta_page_size;
	__u32 meta_struct_len;

	__u32 subbuf_size;
	__u32 nr_subbufs;

	struct {
		__u64 lost_events;
		__u32 id;
		__u32 read;
	} reader;

	__u64 flags;

	__u64 entries;
	__u64 overrun;
	__u64 read;

	__u64 Reserved1;
	__u64 Reserved2;
};

/*
 * Consumes the rest of the reader sub-buffer, or the next sub-buffer if there
 * is no rest. Sleeps until there are events, unless the file is O_NONBLOCK.
 */
#define TRACE_MMAP_IOCTL_GET_READER _IO('R', 0x20)

#endif /* _TRACE_MMAP_H_ */
