/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cases.h - all cases, by subject; each list ends with a case without a name
 */
#ifndef CASES_H
#define CASES_H

#include "ktap.h"

extern const struct kcase refusal_cases[];
extern const struct kcase errors_cases[];
extern const struct kcase windows_cases[];
extern const struct kcase vma_cases[];
extern const struct kcase split_cases[];
extern const struct kcase access_cases[];
extern const struct kcase held_cases[];
extern const struct kcase reset_cases[];
extern const struct kcase snapshot_cases[];
extern const struct kcase meta_cases[];
extern const struct kcase reader_cases[];
extern const struct kcase loss_cases[];
extern const struct kcase nested_cases[];
extern const struct kcase poll_cases[];
extern const struct kcase wait_cases[];
extern const struct kcase others_cases[];
extern const struct kcase storm_cases[];
extern const struct kcase accounting_cases[];
extern const struct kcase zeroed_cases[];
extern const struct kcase race_cases[];
extern const struct kcase follow_cases[];
extern const struct kcase orders_cases[];
extern const struct kcase fault_cases[];
extern const struct kcase cpu_cases[];
extern const struct kcase compat_cases[];
extern const struct kcase top_cases[];

#endif
