// SPDX-License-Identifier: GPL-2.0-only
/*
 * trace_snapshot_users.c - who may want to take a snapshot
 *
 * Part of trace.c, which includes it. A snapshot exchanges the buffer for the
 * spare one. That must not happen to a buffer that is mapped, nor may a buffer
 * be mapped that something would exchange at any moment: a tracer that keeps
 * the maximum, a trigger, a function probe. Such users are counted here before
 * they begin, and so are the mappings, by trace_mmap.c.
 *
 * The counts have a spinlock of their own: mmap() holds mmap_lock, which a
 * holder of trace_types_lock may need for copying to or from its caller.
 */

/**
 * tracing_hold_snapshot - count a user of the snapshot
 * @tr: the instance
 *
 * Return: 0, or -EBUSY if the buffer is mapped.
 */
int tracing_hold_snapshot(struct trace_array *tr)
{
	int err = 0;

	spin_lock(&tr->snapshot_lock);
	if (tr->mapped || tr->snapshot_users == UINT_MAX)
		err = -EBUSY;
	else
		tr->snapshot_users++;
	spin_unlock(&tr->snapshot_lock);
	return err;
}

/**
 * tracing_arm_snapshot_locked - a user of the snapshot comes
 * @tr: the instance
 *
 * Counts him, and allocates the spare buffer if there is none. Called under
 * trace_types_lock.
 *
 * Return: 0, -EBUSY if the buffer is mapped, or -ENOMEM.
 */
int tracing_arm_snapshot_locked(struct trace_array *tr)
{
	int err;

	lockdep_assert_held(&trace_types_lock);

	err = tracing_hold_snapshot(tr);
	if (err)
		return err;

	err = tracing_alloc_snapshot_instance(tr);
	if (err)
		tracing_disarm_snapshot(tr);
	return err;
}

/**
 * tracing_arm_snapshot - the same for a caller without trace_types_lock
 * @tr: the instance
 *
 * Return: 0 or what tracing_arm_snapshot_locked() returns.
 */
int tracing_arm_snapshot(struct trace_array *tr)
{
	int err;

	mutex_lock(&trace_types_lock);
	err = tracing_arm_snapshot_locked(tr);
	mutex_unlock(&trace_types_lock);
	return err;
}

/**
 * tracing_disarm_snapshot - a user of the snapshot goes
 * @tr: the instance
 *
 * The spare buffer stays for the next one.
 */
void tracing_disarm_snapshot(struct trace_array *tr)
{
	spin_lock(&tr->snapshot_lock);
	if (!WARN_ON_ONCE(!tr->snapshot_users))
		tr->snapshot_users--;
	spin_unlock(&tr->snapshot_lock);
}
