/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * module.c - what cannot be said through CFFI: capsules and a buffer
 *
 * CFFI generates the module's initialisation as rm_py_cffi_init(); this file
 * wraps it, so that there is one extension. Buffers of own types came into
 * the stable ABI with 3.11; the interpreters before have had the same slots
 * and the same struct since 3.9, and the tests run with them.
 */
#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030b0000
#include <Python.h>

#include "extras.h"
#include "share.h"

#include <stdlib.h>

PyMODINIT_FUNC rm_py_cffi_init(void);
PyMODINIT_FUNC PyInit__ringmap(void);

/* Invariant: while exports > 0 the owner's memory is at data, unchanged. */
struct page_view {
	PyObject_HEAD void *data; /* NULL: the page went back */
	Py_ssize_t size;
	Py_ssize_t exports;
	PyObject *owner;
};

/* A stream that keeps a Python object until it is released. */
struct owned_stream {
	struct ArrowArrayStream inner;
	PyObject *owner;
};

static int view_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
	struct page_view *view = (struct page_view *)self;
	unsigned long long address;
	Py_ssize_t size;
	PyObject *owner;

	if (kwargs && PyDict_Size(kwargs)) {
		PyErr_SetString(PyExc_TypeError, "no keywords, please");
		return -1;
	}
	if (!PyArg_ParseTuple(args, "KnO", &address, &size, &owner))
		return -1;
	if (view->data || size < 0) {
		PyErr_SetString(PyExc_ValueError, "a page is set once");
		return -1;
	}
	Py_INCREF(owner);
	view->owner = owner;
	view->data = (void *)(uintptr_t)address;
	view->size = size;
	return 0;
}

static void view_dealloc(PyObject *self)
{
	struct page_view *view = (struct page_view *)self;
	PyTypeObject *type = Py_TYPE(self);
	freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);

	Py_XDECREF(view->owner);
	release(self);
	Py_DECREF(type);
}

static int view_get(PyObject *self, Py_buffer *buffer, int flags)
{
	struct page_view *view = (struct page_view *)self;

	if (!view->data) {
		buffer->obj = NULL;
		PyErr_SetString(PyExc_BufferError,
				"the page was already given back to its ring: "
				"keep a copy with bytes(page)");
		return -1;
	}
	if (PyBuffer_FillInfo(buffer, self, view->data, view->size, 1, flags))
		return -1;
	view->exports++;
	return 0;
}

static void view_release(PyObject *self, Py_buffer *buffer)
{
	(void)buffer;
	((struct page_view *)self)->exports--;
}

static PyObject *view_detach(PyObject *self, PyObject *unused)
{
	struct page_view *view = (struct page_view *)self;

	(void)unused;
	if (view->exports)
		return PyErr_Format(PyExc_BufferError,
				    "views of the page are in use (%zd): drop "
				    "them before the page is released",
				    view->exports);
	/* A page that somebody still has must not keep its ring open. */
	PyObject *owner = view->owner;
	view->data = NULL;
	view->owner = NULL;
	Py_XDECREF(owner);
	Py_INCREF(Py_None);
	return Py_None;
}

static PyMethodDef view_methods[] = {
	{"_detach", view_detach, METH_NOARGS,
	 "Give the memory up; BufferError while views of it exist."},
	{NULL, NULL, 0, NULL},
};

static PyType_Slot view_slots[] = {
	{Py_tp_doc, "Memory that can be taken away when nobody looks."},
	{Py_tp_init, view_init},
	{Py_tp_dealloc, view_dealloc},
	{Py_tp_methods, view_methods},
	{Py_bf_getbuffer, view_get},
	{Py_bf_releasebuffer, view_release},
	{0, NULL},
};

static PyType_Spec view_spec = {
	.name = "ringmap._ringmap.PageView",
	.basicsize = sizeof(struct page_view),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
	.slots = view_slots,
};

static int stream_schema(struct ArrowArrayStream *stream,
			 struct ArrowSchema *out)
{
	struct owned_stream *s = stream->private_data;

	return s->inner.get_schema(&s->inner, out);
}

static int stream_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
	struct owned_stream *s = stream->private_data;

	return s->inner.get_next(&s->inner, out);
}

static const char *stream_error(struct ArrowArrayStream *stream)
{
	struct owned_stream *s = stream->private_data;

	return s->inner.get_last_error(&s->inner);
}

/* Consumers release in any thread, some after the interpreter is gone. */
static void stream_release(struct ArrowArrayStream *stream)
{
	struct owned_stream *s = stream->private_data;

	s->inner.release(&s->inner);
	if (Py_IsInitialized()) {
		PyGILState_STATE state = PyGILState_Ensure();

		Py_DECREF(s->owner);
		PyGILState_Release(state);
	}
	free(s);
	stream->release = NULL;
}

static void free_stream(PyObject *capsule)
{
	struct ArrowArrayStream *stream =
		PyCapsule_GetPointer(capsule, "arrow_array_stream");

	if (stream && stream->release)
		stream->release(stream);
	free(stream);
}

static void free_schema(PyObject *capsule)
{
	struct ArrowSchema *schema =
		PyCapsule_GetPointer(capsule, "arrow_schema");

	if (schema && schema->release)
		schema->release(schema);
	free(schema);
}

static void free_array(PyObject *capsule)
{
	struct ArrowArray *array = PyCapsule_GetPointer(capsule, "arrow_array");

	if (array && array->release)
		array->release(array);
	free(array);
}

static PyObject *capsule_of(void *what, const char *name,
			    PyCapsule_Destructor release)
{
	PyObject *capsule = PyCapsule_New(what, name, release);

	if (!capsule)
		free(what);
	return capsule;
}

static PyObject *stream_capsule(PyObject *module, PyObject *args)
{
	struct ArrowArrayStream *from, *to = malloc(sizeof(*to));
	struct owned_stream *owned = malloc(sizeof(*owned));
	unsigned long long address;
	PyObject *owner;

	(void)module;
	if (!to || !owned || !PyArg_ParseTuple(args, "KO", &address, &owner)) {
		free(to);
		free(owned);
		return PyErr_Occurred() ? NULL : PyErr_NoMemory();
	}
	from = (void *)(uintptr_t)address;
	PyObject *capsule = capsule_of(to, "arrow_array_stream", free_stream);
	if (!capsule) {
		free(owned);
		return NULL;
	}
	Py_INCREF(owner);
	*owned = (struct owned_stream){.inner = *from, .owner = owner};
	*to = (struct ArrowArrayStream){
		.get_schema = stream_schema,
		.get_next = stream_next,
		.get_last_error = stream_error,
		.release = stream_release,
		.private_data = owned,
	};
	from->release = NULL;
	return capsule;
}

static PyObject *schema_capsule(PyObject *module, PyObject *arg)
{
	struct ArrowSchema *from = PyLong_AsVoidPtr(arg), *to;

	(void)module;
	if (!from)
		return NULL;
	to = malloc(sizeof(*to));
	if (!to)
		return PyErr_NoMemory();
	*to = *from;
	PyObject *capsule = capsule_of(to, "arrow_schema", free_schema);
	if (capsule)
		from->release = NULL;
	return capsule;
}

static PyObject *array_capsule(PyObject *module, PyObject *args)
{
	struct ArrowArray *to = malloc(sizeof(*to));
	unsigned long long address;
	PyObject *owner;

	(void)module;
	if (!to || !PyArg_ParseTuple(args, "KO", &address, &owner)) {
		free(to);
		return PyErr_Occurred() ? NULL : PyErr_NoMemory();
	}
	if (!rm_py_share((void *)(uintptr_t)address, owner, to)) {
		free(to);
		return PyErr_NoMemory();
	}
	PyObject *capsule = PyCapsule_New(to, "arrow_array", free_array);
	if (!capsule) {
		to->release(to);
		free(to);
	}
	return capsule;
}

static PyMethodDef functions[] = {
	{"stream_capsule", stream_capsule, METH_VARARGS,
	 "Move the struct ArrowArrayStream at an address into a capsule."},
	{"schema_capsule", schema_capsule, METH_O,
	 "Move the struct ArrowSchema at an address into a capsule."},
	{"array_capsule", array_capsule, METH_VARARGS,
	 "A capsule that shares the struct ArrowArray at an address."},
	{NULL, NULL, 0, NULL},
};

PyMODINIT_FUNC PyInit__ringmap(void)
{
	PyObject *module = rm_py_cffi_init();

	if (!module)
		return NULL;
	PyObject *type = PyType_FromSpec(&view_spec);
	if (!type || PyModule_AddObject(module, "PageView", type) ||
	    PyModule_AddFunctions(module, functions)) {
		Py_DECREF(module);
		return NULL;
	}
	return module;
}
