/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * share.c - an exported batch, handed to several consumers
 *
 * Each gets a tree of structs of its own, for consumers may move children out
 * of theirs. The buffers are the batch's, which every node keeps.
 */
#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030b0000
#include <Python.h>

#include "share.h"

#include <stdlib.h>

static void drop_node(struct ArrowArray *node)
{
	if (node && node->release)
		node->release(node);
	free(node);
}

/* Consumers release in any thread, some after the interpreter is gone. */
static void drop_owner(PyObject *owner)
{
	if (!Py_IsInitialized())
		return;
	PyGILState_STATE state = PyGILState_Ensure();
	Py_DECREF(owner);
	PyGILState_Release(state);
}

static void release_node(struct ArrowArray *node)
{
	for (int64_t i = 0; i < node->n_children; i++)
		drop_node(node->children[i]);
	free(node->children);
	drop_node(node->dictionary);
	node->release = NULL;
	drop_owner(node->private_data);
}

static struct ArrowArray *copy_node(const struct ArrowArray *from,
				    PyObject *owner)
{
	struct ArrowArray *to = malloc(sizeof(*to));

	if (to && !rm_py_share(from, owner, to)) {
		free(to);
		return NULL;
	}
	return to;
}

bool rm_py_share(const struct ArrowArray *from, PyObject *owner,
		 struct ArrowArray *to)
{
	size_t count = (size_t)from->n_children;

	*to = *from;
	to->children = calloc(count + 1, sizeof(*to->children));
	to->dictionary = NULL;
	to->private_data = owner;
	to->release = release_node;
	Py_INCREF(owner);
	bool good = to->children != NULL;
	if (!good)
		to->n_children = 0;
	for (size_t i = 0; good && i < count; i++) {
		to->children[i] = copy_node(from->children[i], owner);
		good = to->children[i] != NULL;
	}
	if (good && from->dictionary) {
		to->dictionary = copy_node(from->dictionary, owner);
		good = to->dictionary != NULL;
	}
	if (!good)
		release_node(to);
	return good;
}
