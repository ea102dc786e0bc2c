/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * go.i - what ringmap.i asks of Go
 *
 * Errors leave as panics, of which the package above makes error values. Bytes
 * are not copied: bytes.go. An empty string is none. Objects go when they are
 * deleted, which the package above does once nobody can reach them.
 */
%{
#include "objects.h"
#include <stdio.h>

/* What the package above makes its Error of. */
static void error_text(char *text, size_t size, const struct ringmap_error *err)
{
	snprintf(text, size, "ringmap: %d %d %s", (int)err->status,
		 (int)err->os_errno, err->text);
}

static struct rmb_bytes *keep_bytes(struct rmb_bytes bytes)
{
	struct rmb_bytes *kept = bytes.data ? malloc(sizeof(*kept)) : NULL;

	if (kept)
		*kept = bytes;
	else
		rmb_unref(bytes.owner);
	return kept;
}
%}

%define RINGMAP_RAISE(ERR)
char text[sizeof((ERR)->text) + 40];
error_text(text, sizeof(text), ERR);
_swig_gopanic(text);
%enddef

/* On the stack: who panics frees nothing. */
%typemap(in) const char *, char *
%{ $1 = $input.n ? memcpy(__builtin_alloca((size_t)$input.n + 1), $input.p,
			  (size_t)$input.n) : NULL;
   if ($1) ((char *)$1)[$input.n] = '\0'; %}
%typemap(freearg) const char *, char * ""

%typemap(gotype) (char *STRING, size_t LENGTH) "[]byte"
%typemap(in) (char *STRING, size_t LENGTH)
%{ $1 = $input.array; $2 = (size_t)$input.len; %}

%typemap(gotype) struct rmb_bytes "*Bytes"
%typemap(imtype) struct rmb_bytes "uint64"
%typemap(out) struct rmb_bytes %{ $result = (long long)(uintptr_t)keep_bytes($1); %}
%typemap(goout) struct rmb_bytes %{ $result = bytesAt(uintptr($1)) %}

%typemap(gotype) rmb_count "Count"
%typemap(imtype) rmb_count "uint64"
%typemap(out) rmb_count %{ $result = $1; %}
%typemap(goout) rmb_count %{ $result = Count($1) %}

%rename("%(camelcase)s", %$isfunction) "";
%rename("%(camelcase)s", %$isvariable) "";

%include "ringmap.i"

%inline %{
/* Nobody sees these bytes any more. */
static void forget_bytes(void *bytes)
{
	rmb_unref(((struct rmb_bytes *)bytes)->owner);
	free(bytes);
}
%}
