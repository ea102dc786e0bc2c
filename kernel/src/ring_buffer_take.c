// SPDX-License-Identifier: GPL-2.0-only
/*
 * ring_buffer_take.c - consumes a sub-buffer for GET_READER
 *
 * This file is part of ring_buffer.c, which includes it because it needs that
 * file's private structures. All functions are called under reader_lock.
 *
 * A reader that maps the ring receives one sub-buffer at a time and finds the
 * events in it by itself. The kernel only has to account for them: the cost
 * does not depend on their number if the writer has left the sub-buffer.
 */

/*
 * Returns true if the writer has left @page, so that the page is final.
 *
 * __rb_reserve_next() counts an event in page->entries long before the event is
 * committed, and ring_buffer_discard_commit() subtracts it again. While the
 * writer is on a page, entries is therefore not the number of events below
 * commit, in whichever order the two are read.
 *
 * rb_set_commit_to_write() moves commit_page off a page only for the outermost
 * writer of the CPU, in rb_end_commit() with committing at 1. By then every
 * reservation on the page, of this writer and of those that interrupted it, is
 * committed or discarded, and rb_reset_tail() has closed the page. From then on
 * entries is the exact number of data events, without time stamps, padding and
 * discarded events. ring_buffer_read_page() relies on the same when it hands a
 * page to splice. The page stays final until rb_get_reader_page() returns it to
 * the writer, under reader_lock.
 */
static bool rb_writer_left(struct ring_buffer_per_cpu *cpu_buffer,
			   struct buffer_page *page)
{
	if (READ_ONCE(cpu_buffer->commit_page) == page)
		return false;

	/*
	 * The writer stores the page's last commit before commit_page, so this
	 * reads it after commit_page. The writer has no barrier to pair with.
	 */
	smp_rmb();

	/*
	 * A weakly ordered writer may make its two stores visible in the other
	 * order. Until commit has caught up with write, the page counts as being
	 * written. A page that carries a mark of a loss is known to be final.
	 */
	return rb_page_commit(page) & RB_MISSED_MASK ||
	       rb_page_commit(page) == rb_page_write(page);
}

/*
 * Moves the reader over the events below @size, as rb_advance_reader() does for
 * one event. Returns the number of data events.
 */
static unsigned long rb_walk_rest(struct ring_buffer_per_cpu *cpu_buffer,
				  struct buffer_page *reader, unsigned int size)
{
	unsigned long walked = 0;

	while (reader->read < size) {
		struct ring_buffer_event *event = rb_reader_event(cpu_buffer);
		unsigned int length = rb_event_length(event);

		/* Committed events fill the page up to commit exactly. */
		if (RB_WARN_ON(cpu_buffer,
			       !length || length > size - reader->read)) {
			reader->read = size;
			break;
		}
		if (event->type_len <= RINGBUF_TYPE_DATA_TYPE_LEN_MAX)
			walked++;
		rb_update_read_stamp(cpu_buffer, event);
		reader->read += length;
	}
	return walked;
}

/**
 * rb_take_rest - consume all unread events of the reader page
 * @cpu_buffer: the CPU's ring
 * @reader: its reader page
 *
 * The ring is left as if rb_advance_reader() had been called for each event, so
 * that read(2), splice(2), trace_pipe and GET_READER can take turns.
 *
 * A page is taken at once if it is unread from its start and the writer has
 * left it. read_stamp is then the time of its first event, not of its last one.
 * No reader uses it again, because the next event is on another page, for which
 * rb_get_reader_page() sets it anew.
 *
 * Any other page is walked from where the last reader stopped. If a reader has
 * begun it, entries does not say how many of its events are left. If the writer
 * is still on it, there is no count of the committed events, as
 * rb_writer_left() explains, and later events continue from the time of the
 * last one, which only the walk finds. Each event is walked at most once, by
 * the reader that consumes it.
 *
 * Return: the number of events consumed.
 */
static unsigned long rb_take_rest(struct ring_buffer_per_cpu *cpu_buffer,
				  struct buffer_page *reader)
{
	bool whole = !reader->read && rb_writer_left(cpu_buffer, reader);
	unsigned int size = rb_page_size(reader);
	unsigned long taken;

	/*
	 * The events are read after commit, here and in user space. Pairs with
	 * the smp_wmb() in rb_set_commit_to_write().
	 */
	smp_rmb();

	/* The page may have been empty when the last reader looked at it. */
	if (!reader->read)
		cpu_buffer->read_stamp = reader->page->time_stamp;

	cpu_buffer->read_bytes += size - reader->read;
	if (whole) {
		taken = rb_page_entries(reader);
		reader->read = size;
	} else {
		taken = rb_walk_rest(cpu_buffer, reader, size);
	}
	cpu_buffer->read += taken;
	return taken;
}

/*
 * Marks a loss that no reader has seen yet on the reader page, which is the
 * first page after the loss: RB_MISSED_EVENTS in commit and, if it fits, the
 * number of lost events behind the data. That number replaces the padding at
 * the end of the page, whose bytes count as read as they would otherwise.
 *
 * A page that the writer is still on cannot be marked, because the next commit
 * would erase the mark. Only the meta page reports that loss.
 */
static void rb_mark_lost(struct ring_buffer_per_cpu *cpu_buffer,
			 struct buffer_page *reader, unsigned int capacity)
{
	unsigned long lost = cpu_buffer->lost_events;
	unsigned int mark = RB_MISSED_EVENTS;
	unsigned int size;

	cpu_buffer->lost_events = 0;
	if (!lost || !rb_writer_left(cpu_buffer, reader))
		return;

	size = rb_page_size(reader);
	if (reader->real_end && reader->real_end < size) {
		cpu_buffer->read_bytes += size - reader->real_end;
		size = reader->real_end;
	}
	if (capacity - size >= sizeof(lost)) {
		memcpy(&reader->page->data[size], &lost, sizeof(lost));
		mark |= RB_MISSED_STORED;
	}
	/*
	 * User space that sees the mark sees the number. Pairs with the acquire
	 * load of commit by the program that maps the ring.
	 */
	smp_wmb();
	local_set(&reader->page->commit, size | mark);
}

/**
 * rb_take_next - consume the next events for a mapped reader
 * @cpu_buffer: the CPU's ring
 * @capacity: the bytes that a sub-buffer has for events
 *
 * Consumes the events added to the reader page since the last call, or the next
 * page if there are none. The result can be zero although the ring is not
 * empty, while the writer begins or closes a page.
 *
 * Return: the number of events consumed.
 */
static unsigned long rb_take_next(struct ring_buffer_per_cpu *cpu_buffer,
				  unsigned int capacity)
{
	struct buffer_page *reader = cpu_buffer->reader_page;

	if (rb_per_cpu_empty(cpu_buffer))
		return 0;

	if (reader->read >= rb_page_size(reader)) {
		reader = rb_get_reader_page(cpu_buffer);
		if (!reader)
			return 0;
	}
	rb_mark_lost(cpu_buffer, reader, capacity);
	return rb_take_rest(cpu_buffer, reader);
}
