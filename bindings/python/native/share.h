/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * share.h - an exported batch, handed to several consumers
 */
#ifndef RM_PY_SHARE_H
#define RM_PY_SHARE_H

#include <Python.h>
#include <ringmap/ringmap.h>
#include <stdbool.h>

/*
 * Fills @to with a tree of its own over the buffers of @from, which the
 * Python object @owner keeps. false: no memory.
 */
bool rm_py_share(const struct ArrowArray *from, PyObject *owner,
		 struct ArrowArray *to);

#endif
