/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * sweep.h - names of instances, and the removal of those that were left over
 */
#ifndef RM_SWEEP_H
#define RM_SWEEP_H

enum {
	RM_UNIQUE_NAME = 64,  /* room for a name */
	RM_UNIQUE_MAX = 10000 /* no process has so many sessions */
};

/*
 * Writes the name of session number @n of this process. The time at which the
 * process started is a part of the name, so that no earlier process with the
 * same pid has taken it.
 */
void rm_unique_name(unsigned int n, char ret[RM_UNIQUE_NAME]);

/*
 * Removes the instances below @tracefs that have such a name and that neither
 * a program nor a guard holds. One that is in use is switched off and left to
 * the next sweep.
 */
void rm_sweep(const char *tracefs);

#endif
