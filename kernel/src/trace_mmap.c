// SPDX-License-Identifier: GPL-2.0-only
/*
 * trace_mmap.c - trace_pipe_raw in the memory of its reader
 *
 * Part of trace.c, which includes it. The file's side of a mapping is here;
 * the ring's is in ring_buffer_map.c.
 *
 * An area pins the file, the file its trace_array: as long as an area lives,
 * its buffer does.
 */
#include <linux/trace_mmap.h>

static struct ftrace_buffer_info *vma_buffer_info(struct vm_area_struct *vma)
{
	return vma->vm_file->private_data;
}

#ifdef CONFIG_TRACER_SNAPSHOT
/*
 * Counts one area more, so that no snapshot takes the buffer away; refuses if
 * one might.
 *
 * The last user of the snapshot may have gone while he was just taking one,
 * which he does with interrupts off. Until that is certainly over nobody may
 * look which buffer iter->array_buffer has, neither the first mapper nor those
 * who come while he waits.
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

/* For an area that is a copy, so that there is nothing to wait for. */
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

/* An area was copied: by fork() after MADV_DOFORK, or by mremap(). */
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
	/* Only now may a snapshot exchange the buffers. */
	tracing_map_end(iter->tr);
}

/* An area is one count, so it goes as a whole or not at all. */
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

	/* First, because a snapshot would exchange iter's buffer. */
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
