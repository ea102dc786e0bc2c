/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * cases.h - the contract, case by case
 */
#ifndef RM_CASES_H
#define RM_CASES_H

#include "tests/support/rm_check.h"

/* Each puts its cases at @ret and returns how many. */
size_t cases_reading(const TTest **ret);
size_t cases_loss(const TTest **ret);
size_t cases_ring(const TTest **ret);
size_t cases_snapshot(const TTest **ret);
size_t cases_opening(const TTest **ret);
size_t cases_tables(const TTest **ret);

#endif
