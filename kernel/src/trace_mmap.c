// SPDX-License-Identifier: GPL-2.0-only
/*
 * trace_mmap.c - mmap and GET_READER of trace_pipe_raw
 *
 * This file is part of trace.c, which includes it. It has the file's side of a
 * mapping; ring_buffer_map.c has the ring's side.
 *
 * An area holds a reference to the file, and the file one to its trace_array,
 * so the buffer lives at least as long as its areas.
 */
#include <linux/trace_mmap.h>

static struct ftrace_buffer_info *vma_buffer_info(struct vm_area_struct *vma)
{
	return vma->vm_file->private_data;
}

#ifdef CONFIG_TRACER_SNAPSHOT
/*
 * Takes a reference for one more area, which keeps snapshots from exchanging
 * the buffer. Fails while a user of the snapshot exists.
 *
 * The last user may have been dropped while it was taking a snapshot, which it
 * does with interrupts off. Until a grace period has passed,
 * iter->array_buffer may still change its buffer: the first mapping waits for
 * that, and so does every other one that arrives meanwhile.
 */
static int tracing_map_begin(struct trace_array *tr)
{
	int err = 0;
	bool ended;

	spin_lock(&tr->snapshot_lock);
	if (tr->snapshot_users || tr->mapped == UINT_MAX)
		err = -EBUSY;
	else if (!tr->mapped++)
		tr->snapshots_ended = false;
	ended = tr->snapshots_ended;
	spin_unlock(&tr->snapshot_lock);

	if (err || ended)
		return err;

	synchronize_rcu();
	spin_lock(&tr->snapshot_lock);
	tr->snapshots_ended = true;
	spin_unlock(&tr->snapshot_lock);
	return 0;
}

/* Takes a reference for a copy of an area, which has nothing to wait for. */
static void tracing_map_dup(struct trace_array *tr)
{
	spin_lock(&tr->snapshot_lock);
	WARN_ON_ONCE(!tr->mapped++);
	spin_unlock(&tr->snapshot_lock);
}

static void tracing_map_end(struct trace_array *tr)
{
	spin_lock(&tr->snapshot_lock);
	if (!WARN_ON_ONCE(!tr->mapped))
		tr->mapped--;
	spin_unlock(&tr->snapshot_lock);
}
#else
static int tracing_map_begin(struct trace_array *tr)
{
	return 0;
}

static void tracing_map_dup(struct trace_array *tr)
{
}

static void tracing_map_end(struct trace_array *tr)
{
}
#endif

/* Called for a copy that fork() after MADV_DOFORK or mremap() made. */
static void tracing_buffers_vma_open(struct vm_area_struct *vma)
{
	struct trace_iterator *iter = &vma_buffer_info(vma)->iter;

	ring_buffer_map_dup(iter->array_buffer->buffer, iter->cpu_file);
	tracing_map_dup(iter->tr);
}

static void tracing_buffers_vma_close(struct vm_area_struct *vma)
{
	struct trace_iterator *iter = &vma_buffer_info(vma)->iter;

	WARN_ON(ring_buffer_unmap(iter->array_buffer->buffer, iter->cpu_file));
	/* Last, because snapshots may exchange the buffers from here on. */
	tracing_map_end(iter->tr);
}

/* An area holds one reference, so only the whole of it can be unmapped. */
static int tracing_buffers_vma_may_split(struct vm_area_struct *vma,
					 unsigned long addr)
{
	return -EINVAL;
}

static const struct vm_operations_struct tracing_buffers_vm_ops = {
	.open = tracing_buffers_vma_open,
	.close = tracing_buffers_vma_close,
	.may_split = tracing_buffers_vma_may_split,
};

static int tracing_buffers_mmap(struct file *filp, struct vm_area_struct *vma)
{
	struct ftrace_buffer_info *info = filp->private_data;
	struct trace_iterator *iter = &info->iter;
	int err;

	/* First, because a snapshot would exchange the buffer of iter. */
	err = tracing_map_begin(iter->tr);
	if (err)
		return err;

	err = ring_buffer_map(iter->array_buffer->buffer, iter->cpu_file, vma);
	if (err)
		tracing_map_end(iter->tr);
	else
		vma->vm_ops = &tracing_buffers_vm_ops;
	return err;
}

/* TRACE_MMAP_IOCTL_GET_READER */
static long tracing_buffers_get_reader(struct file *filp)
{
	struct ftrace_buffer_info *info = filp->private_data;
	struct trace_iterator *iter = &info->iter;

	if (!(filp->f_flags & O_NONBLOCK)) {
		int err = ring_buffer_wait(iter->array_buffer->buffer,
					   iter->cpu_file,
					   iter->tr->buffer_percent);

		if (err)
			return err;
	}
	return ring_buffer_map_get_reader(iter->array_buffer->buffer,
					  iter->cpu_file);
}
