// SPDX-License-Identifier: GPL-2.0-only
/*
 * trace_snapshot_users.c - counts the users of an instance's snapshot
 *
 * This file is part of trace.c, which includes it. A snapshot exchanges the
 * buffer for the spare one. A mapped buffer must not be exchanged, so mappings
 * and users of the snapshot exclude each other. The users are tracers that keep
 * the maximum, triggers and function probes, which may take a snapshot at any
 * moment. They are counted here before they begin; trace_mmap.c counts the
 * mappings.
 *
 * The counts have a spinlock of their own: mmap() holds mmap_lock, which a task
 * that holds trace_types_lock may need to copy from or to user space.
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
 * tracing_arm_snapshot_locked - count a user and make snapshots possible
 * @tr: the instance
 *
 * Counts the user and allocates the spare buffer if there is none. Called under
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
 * tracing_arm_snapshot - count a user and make snapshots possible
 * @tr: the instance
 *
 * Takes trace_types_lock and calls tracing_arm_snapshot_locked().
 *
 * Return: 0, -EBUSY if the buffer is mapped, or -ENOMEM.
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
 * tracing_disarm_snapshot - drop a user of the snapshot
 * @tr: the instance
 *
 * The spare buffer stays allocated for the next user.
 */
void tracing_disarm_snapshot(struct trace_array *tr)
{
	spin_lock(&tr->snapshot_lock);
	if (!WARN_ON_ONCE(!tr->snapshot_users))
		tr->snapshot_users--;
	spin_unlock(&tr->snapshot_lock);
}
