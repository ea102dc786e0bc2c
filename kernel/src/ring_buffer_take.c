// SPDX-License-Identifier: GPL-2.0-only
/*
 * ring_buffer_take.c - what GET_READER takes off a ring
 *
 * Part of ring_buffer.c, which includes it: it works on that file's private
 * structures. All functions are called under reader_lock.
 *
 * A mapped reader gets a sub-buffer at a time and looks for the events itself.
 * The kernel need not look at them, only account for them: the costs here do
 * not depend on how many there are, as long as the writer has left the
 * sub-buffer.
 */

/*
 * Whether the writer has left @page, so that nothing about it changes any more.
 *
 * An event is counted in page->entries by __rb_reserve_next(), long before it
 * is committed, and ring_buffer_discard_commit() takes it out again. While the
 * writer is on a page, entries is thus no count of the events below commit, and
 * no order of reading the two makes it one.
 *
 * rb_set_commit_to_write() moves commit_page off a page only for the outermost
 * writer of the CPU, in rb_end_commit() with committing at 1: all that was
 * reserved on the page, by this writer and by those that interrupted it, is
 * committed or discarded by then, and rb_reset_tail() has closed the page. From
 * then on entries counts its data events exactly: time stamps, padding and
 * discarded events are not in it. ring_buffer_read_page() counts on the same
 * when it hands a page to splice. The page stays so until
 * rb_get_reader_page() gives it back to the writer, under reader_lock.
 */
static bool rb_writer_left(struct ring_buffer_per_cpu *cpu_buffer,
			   struct buffer_page *page)
{
	if (READ_ONCE(cpu_buffer->commit_page) == page)
		return false;

	/* The page's last commit was stored first, so it is read second. */
	smp_rmb();

	/*
	 * Nothing makes a weakly ordered writer's two stores visible in that
	 * order. Until commit has caught up with write, the page counts as one
	 * that is written. On a marked page both are known to be final.
	 */
	return rb_page_commit(page) & RB_MISSED_MASK ||
	       rb_page_commit(page) == rb_page_write(page);
}

/*
 * Moves the reader over the events below @size; returns how many had data.
 * This is what rb_advance_reader() does for one event.
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
 * rb_take_rest - consume all that is unread on the reader page
 * @cpu_buffer: the CPU's ring
 * @reader: its reader page
 *
 * Afterwards the ring is as if rb_advance_reader() had been called for each
 * event, so that read(2), splice(2), trace_pipe and GET_READER can take turns.
 *
 * A page that is unread from its start, and that the writer has left, is taken
 * at once. Its read_stamp is then the first event's time and not the last's:
 * nobody asks for it again, because the next event is on another page and
 * rb_get_reader_page() starts afresh there.
 *
 * Any other page is walked, from where the last reader stopped. If a reader
 * began it, entries says how many events were on the page but not how many of
 * them are left. If the writer is still on it, there is no count of what is
 * committed, as rb_writer_left() explains, and later events continue from the
 * last one's time, which only the walk finds. Either way an event is walked
 * once, by whoever consumes it.
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
	 * What is on the page is read after commit, here and by the mapper.
	 * Pairs with the smp_wmb() in rb_set_commit_to_write().
	 */
	smp_rmb();

	/* A page that was empty at the last look may have begun since. */
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
 * Puts losses that nobody was told of yet on the reader page, the first one
 * after them: RB_MISSED_EVENTS in commit, and behind the events their number,
 * if it fits. The padding at the end of the page makes room for it; it counts
 * as read, as it would have if it had stayed.
 *
 * The writer's own page cannot be marked, because its next commit would wipe
 * the mark out. Of that loss only the meta page tells.
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
	/* A mapper that sees the mark sees the number. */
	smp_wmb();
	local_set(&reader->page->commit, size | mark);
}

/**
 * rb_take_next - let a mapped reader have what comes next
 * @cpu_buffer: the CPU's ring
 * @capacity: how many bytes a sub-buffer has for events
 *
 * That is what was added to the reader page since the last time, else the next
 * page. It may be nothing, also when the ring is not empty: then the writer is
 * just beginning a page, or closing one.
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
