// SPDX-License-Identifier: GPL-2.0-only
/*
 * ring_buffer_map.c - maps a CPU's ring into the memory of its reader
 *
 * This file is part of ring_buffer.c, which includes it because it needs that
 * file's private structures.
 *
 * A mapping begins with one page that describes the ring (struct
 * trace_buffer_meta). The sub-buffers follow in the order of their ids, which
 * the first mapping assigns. A sub-buffer keeps its id and its memory for as
 * long as the ring is mapped; only its place in the ring changes, when it
 * becomes the reader sub-buffer or returns to the ring.
 *
 * The memory of a sub-buffer must therefore stay in the ring. Three operations
 * would remove it: a resize, which resize_disabled forbids; a reader that swaps
 * its own page for one of the ring, which user_mapped > 0 forbids; and a
 * snapshot, which trace.c forbids.
 *
 * Locks, outermost first: mm->mmap_lock, mapping_lock, buffer->mutex,
 * reader_lock. The mapping's fields are written under mapping_lock and
 * reader_lock, so that either is enough to read them.
 */
#include <linux/highmem.h>
#include <linux/trace_mmap.h>

/* The number of pages inserted in one call; their array is on the stack. */
#define RB_MAP_BATCH 32UL

/* The largest number of ids that struct buffer_page can hold. */
#define RB_MAX_SUBBUFS ((unsigned long)INT_MAX)

/**
 * rb_refresh_meta - copy a ring's state to its meta page
 * @cpu_buffer: the CPU's ring
 *
 * Called under reader_lock. Does nothing if the ring is not mapped.
 */
static void rb_refresh_meta(struct ring_buffer_per_cpu *cpu_buffer)
{
	struct trace_buffer_meta *meta = cpu_buffer->meta_page;

	lockdep_assert_held(&cpu_buffer->reader_lock);

	if (!meta)
		return;

	meta->reader.lost_events = cpu_buffer->reader_lost;
	meta->reader.id = cpu_buffer->reader_page->id;
	meta->reader.read = cpu_buffer->reader_page->read;
	meta->entries = local_read(&cpu_buffer->entries);
	meta->overrun = local_read(&cpu_buffer->overrun);
	meta->read = cpu_buffer->read;

	/* User space may see this page through another alias in the cache. */
	flush_kernel_vmap_range(meta, PAGE_SIZE);
}

/*
 * Assigns the ids: 0 to the reader sub-buffer, the next ones to the others in
 * the order in which they will be read.
 */
static int rb_number_subbufs(struct ring_buffer_per_cpu *cpu_buffer,
			     struct buffer_data_page **subbufs,
			     unsigned long nr_subbufs)
{
	struct buffer_page *first = rb_set_head_page(cpu_buffer);
	struct buffer_page *subbuf = first;
	unsigned long id = 0;

	/* rb_set_head_page() has warned and has disabled the ring. */
	if (!first)
		return -EIO;

	cpu_buffer->reader_page->id = id;
	subbufs[id++] = cpu_buffer->reader_page->page;
	do {
		if (RB_WARN_ON(cpu_buffer, id >= nr_subbufs))
			return -EIO;
		subbuf->id = id;
		subbufs[id++] = subbuf->page;
		rb_inc_page(&subbuf);
	} while (subbuf != first);

	return RB_WARN_ON(cpu_buffer, id != nr_subbufs) ? -EIO : 0;
}

static void rb_init_meta(struct trace_buffer_meta *meta,
			 unsigned long nr_subbufs)
{
	meta->meta_page_size = PAGE_SIZE;
	meta->meta_struct_len = sizeof(*meta);
	meta->subbuf_size = PAGE_SIZE;
	meta->nr_subbufs = nr_subbufs;
}

/*
 * Records the sub-buffers for the first mapping and takes its reference.
 *
 * Both happen in one section of reader_lock: a reader that came in between
 * would swap one of the recorded sub-buffers out of the ring, and the mapping
 * would show memory that no longer belongs to the ring.
 */
static int rb_map_begin(struct ring_buffer_per_cpu *cpu_buffer,
			struct trace_buffer_meta *meta,
			struct buffer_data_page **subbufs,
			unsigned long nr_subbufs)
{
	unsigned long flags;
	int err;

	rb_init_meta(meta, nr_subbufs);

	raw_spin_lock_irqsave(&cpu_buffer->reader_lock, flags);
	err = rb_number_subbufs(cpu_buffer, subbufs, nr_subbufs);
	if (!err) {
		cpu_buffer->meta_page = meta;
		cpu_buffer->subbufs = subbufs;
		cpu_buffer->user_mapped = 1;
		rb_refresh_meta(cpu_buffer);
	}
	raw_spin_unlock_irqrestore(&cpu_buffer->reader_lock, flags);
	return err;
}

static void rb_map_free(struct trace_buffer_meta *meta,
			struct buffer_data_page **subbufs)
{
	free_page((unsigned long)meta);
	kvfree(subbufs);
}

/* Sets the ring up for its first mapping; undoes everything on failure. */
static int rb_map_first(struct ring_buffer_per_cpu *cpu_buffer)
{
	struct trace_buffer *buffer = cpu_buffer->buffer;
	struct buffer_data_page **subbufs;
	struct trace_buffer_meta *meta;
	unsigned long nr_subbufs;
	int err = -ENOMEM;

	/* Waits for a resize that has begun; no other can begin afterwards. */
	mutex_lock(&buffer->mutex);
	atomic_inc(&cpu_buffer->resize_disabled);
	mutex_unlock(&buffer->mutex);

	nr_subbufs = cpu_buffer->nr_pages + 1;
	if (nr_subbufs > RB_MAX_SUBBUFS) {
		atomic_dec(&cpu_buffer->resize_disabled);
		return -E2BIG;
	}

	meta = (void *)get_zeroed_page(GFP_USER);
	subbufs = kvcalloc(nr_subbufs, sizeof(*subbufs), GFP_KERNEL);
	if (meta && subbufs)
		err = rb_map_begin(cpu_buffer, meta, subbufs, nr_subbufs);
	if (err) {
		rb_map_free(meta, subbufs);
		atomic_dec(&cpu_buffer->resize_disabled);
	}
	return err;
}

/* Tears down what rb_map_first() set up, with the last reference. */
static void rb_map_last(struct ring_buffer_per_cpu *cpu_buffer)
{
	struct trace_buffer_meta *meta = cpu_buffer->meta_page;
	struct buffer_data_page **subbufs = cpu_buffer->subbufs;
	unsigned long flags;

	raw_spin_lock_irqsave(&cpu_buffer->reader_lock, flags);
	cpu_buffer->user_mapped = 0;
	cpu_buffer->meta_page = NULL;
	cpu_buffer->subbufs = NULL;
	raw_spin_unlock_irqrestore(&cpu_buffer->reader_lock, flags);

	rb_map_free(meta, subbufs);
	atomic_dec(&cpu_buffer->resize_disabled);
}

/* Takes a reference for one more mapping. Called under mapping_lock. */
static int rb_map_get(struct ring_buffer_per_cpu *cpu_buffer)
{
	unsigned long flags;

	lockdep_assert_held(&cpu_buffer->mapping_lock);

	if (!cpu_buffer->user_mapped)
		return rb_map_first(cpu_buffer);
	if (cpu_buffer->user_mapped == UINT_MAX)
		return -EBUSY;

	raw_spin_lock_irqsave(&cpu_buffer->reader_lock, flags);
	cpu_buffer->user_mapped++;
	raw_spin_unlock_irqrestore(&cpu_buffer->reader_lock, flags);
	return 0;
}

/* Drops the reference of one mapping. Called under mapping_lock. */
static void rb_map_put(struct ring_buffer_per_cpu *cpu_buffer)
{
	unsigned long flags;

	lockdep_assert_held(&cpu_buffer->mapping_lock);

	if (cpu_buffer->user_mapped == 1) {
		rb_map_last(cpu_buffer);
		return;
	}

	raw_spin_lock_irqsave(&cpu_buffer->reader_lock, flags);
	cpu_buffer->user_mapped--;
	raw_spin_unlock_irqrestore(&cpu_buffer->reader_lock, flags);
}

/* Returns the page at offset @pgoff of the file. */
static struct page *rb_map_page(struct ring_buffer_per_cpu *cpu_buffer,
				unsigned long pgoff)
{
	return pgoff ? virt_to_page(cpu_buffer->subbufs[pgoff - 1])
		     : virt_to_page(cpu_buffer->meta_page);
}

/*
 * Inserts all pages of @vma at once, because there is no fault handler. If an
 * insertion fails half-way, mmap() fails and its caller removes the others.
 */
static int rb_map_insert(struct ring_buffer_per_cpu *cpu_buffer,
			 struct vm_area_struct *vma)
{
	unsigned long all = cpu_buffer->meta_page->nr_subbufs + 1UL;
	unsigned long pgoff = vma->vm_pgoff, left = vma_pages(vma);
	unsigned long addr = vma->vm_start;
	struct page *pages[RB_MAP_BATCH];

	if (pgoff >= all || left > all - pgoff)
		return -EINVAL;

	while (left) {
		unsigned long batch = min(left, RB_MAP_BATCH);
		unsigned long i, missing = batch;
		int err;

		for (i = 0; i < batch; i++)
			pages[i] = rb_map_page(cpu_buffer, pgoff + i);
		err = vm_insert_pages(vma, addr, pages, &missing);
		if (err)
			return err;
		addr += batch * PAGE_SIZE;
		pgoff += batch;
		left -= batch;
	}
	return 0;
}

/*
 * Refuses any access to the ring but reading, and forbids to change that
 * later. VM_MAYSHARE stands for MAP_SHARED: mmap() clears VM_SHARED for a file
 * that is not open for writing.
 */
static int rb_map_restrict(struct vm_area_struct *vma)
{
	if (!(vma->vm_flags & VM_MAYSHARE) ||
	    vma->vm_flags & (VM_WRITE | VM_EXEC))
		return -EPERM;

	/* mmap() holds mmap_lock for writing. */
	vma->vm_flags |= VM_DONTCOPY | VM_DONTEXPAND | VM_DONTDUMP;
	vma->vm_flags &= ~(VM_MAYWRITE | VM_MAYEXEC);
	return 0;
}

/**
 * ring_buffer_map - map a CPU's ring
 * @buffer: the buffer
 * @cpu: the CPU
 * @vma: the area to fill; its offset selects the part of the ring
 *
 * ring_buffer_unmap() undoes each success.
 *
 * Return: 0; -EPERM for a mapping that is not shared, or writable or
 * executable; -EINVAL for a CPU without a ring or a range outside of it; -EIO
 * for a ring that is corrupted; -EOPNOTSUPP without an MMU; -E2BIG for more
 * sub-buffers than there are ids; -EBUSY for too many mappings; -ENOMEM.
 */
int ring_buffer_map(struct trace_buffer *buffer, int cpu,
		    struct vm_area_struct *vma)
{
	struct ring_buffer_per_cpu *cpu_buffer;
	int err;

	if (!IS_ENABLED(CONFIG_MMU))
		return -EOPNOTSUPP;
	if (!cpumask_test_cpu(cpu, buffer->cpumask))
		return -EINVAL;

	err = rb_map_restrict(vma);
	if (err)
		return err;

	cpu_buffer = buffer->buffers[cpu];
	mutex_lock(&cpu_buffer->mapping_lock);
	err = rb_map_get(cpu_buffer);
	if (!err) {
		err = rb_map_insert(cpu_buffer, vma);
		if (err)
			rb_map_put(cpu_buffer);
	}
	mutex_unlock(&cpu_buffer->mapping_lock);
	return err;
}

/*
 * Returns the ring of @cpu with its mapping_lock held, or an error if the ring
 * is not mapped. The caller unlocks.
 */
static struct ring_buffer_per_cpu *rb_lock_mapped(struct trace_buffer *buffer,
						  int cpu)
{
	struct ring_buffer_per_cpu *cpu_buffer;

	if (!cpumask_test_cpu(cpu, buffer->cpumask))
		return ERR_PTR(-EINVAL);

	cpu_buffer = buffer->buffers[cpu];
	mutex_lock(&cpu_buffer->mapping_lock);
	if (!cpu_buffer->user_mapped) {
		mutex_unlock(&cpu_buffer->mapping_lock);
		return ERR_PTR(-ENODEV);
	}
	return cpu_buffer;
}

/**
 * ring_buffer_map_dup - take a reference for a copy made by fork() or mremap()
 * @buffer: the buffer
 * @cpu: the CPU
 */
void ring_buffer_map_dup(struct trace_buffer *buffer, int cpu)
{
	struct ring_buffer_per_cpu *cpu_buffer = rb_lock_mapped(buffer, cpu);

	if (WARN_ON_ONCE(IS_ERR(cpu_buffer)))
		return;
	/* The copy cannot be refused, and no process has that many areas. */
	WARN_ON_ONCE(rb_map_get(cpu_buffer));
	mutex_unlock(&cpu_buffer->mapping_lock);
}

/**
 * ring_buffer_unmap - drop the reference of a mapping
 * @buffer: the buffer
 * @cpu: the CPU
 *
 * Return: 0; -EINVAL for a CPU without a ring; -ENODEV if the ring is not
 * mapped.
 */
int ring_buffer_unmap(struct trace_buffer *buffer, int cpu)
{
	struct ring_buffer_per_cpu *cpu_buffer = rb_lock_mapped(buffer, cpu);

	if (IS_ERR(cpu_buffer))
		return PTR_ERR(cpu_buffer);
	rb_map_put(cpu_buffer);
	mutex_unlock(&cpu_buffer->mapping_lock);
	return 0;
}

/**
 * ring_buffer_map_get_reader - consume the next events of a mapped ring
 * @buffer: the buffer
 * @cpu: the CPU
 *
 * Takes the rest of the reader sub-buffer, or the next sub-buffer if there is
 * no rest, and refreshes the meta page. An empty ring is no error.
 *
 * Return: 0; -EINVAL for a CPU without a ring; -ENODEV if the ring is not
 * mapped.
 */
int ring_buffer_map_get_reader(struct trace_buffer *buffer, int cpu)
{
	struct ring_buffer_per_cpu *cpu_buffer = rb_lock_mapped(buffer, cpu);
	unsigned long flags;

	if (IS_ERR(cpu_buffer))
		return PTR_ERR(cpu_buffer);

	raw_spin_lock_irqsave(&cpu_buffer->reader_lock, flags);
	rb_take_next(cpu_buffer, BUF_PAGE_SIZE);
	flush_kernel_vmap_range(cpu_buffer->reader_page->page, PAGE_SIZE);
	rb_refresh_meta(cpu_buffer);
	raw_spin_unlock_irqrestore(&cpu_buffer->reader_lock, flags);

	mutex_unlock(&cpu_buffer->mapping_lock);
	return 0;
}
