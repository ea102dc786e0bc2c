/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * ruby.i - what ringmap.i asks of Ruby 2.7 and later
 *
 * Errors are classes under Ringmap::Error, one for each status. Bytes are
 * copied into binary strings, which Ruby code can hold for as long as it likes.
 */
%{
#include <ringmap/ringmap.h>

/* RINGMAP_E_NOENT is Ringmap::NoentError. */
static VALUE error_class(const struct ringmap_error *err)
{
	VALUE module = rb_define_module("Ringmap");
	VALUE base = rb_define_class_under(module, "Error", rb_eStandardError);
	const char *status =
		ringmap_status_name((enum ringmap_status)err->status);
	char name[64] = "";
	size_t length = 0;

	for (const char *c = status + strlen("RINGMAP_E_"); *c; c++)
		name[length++] = length ? (char)(*c - 'A' + 'a') : *c;
	memcpy(name + length, "Error", sizeof("Error"));
	return rb_define_class_under(module, name, base);
}

static void raise(const struct ringmap_error *err)
{
	VALUE text = rb_utf8_str_new_cstr(err->text);
	VALUE error = rb_class_new_instance(1, &text, error_class(err));

	rb_iv_set(error, "@status", INT2NUM(err->status));
	rb_iv_set(error, "@os_errno", INT2NUM(err->os_errno));
	rb_exc_raise(error);
}
%}

/* All classes are there before the first error, to be rescued. */
%init %{
	for (int status = RINGMAP_E_NOENT; status < 0; status++) {
		struct ringmap_error err = {.status = status};

		rb_define_attr(error_class(&err), "status", 1, 0);
		rb_define_attr(error_class(&err), "os_errno", 1, 0);
	}
%}

%define RINGMAP_RAISE(ERR)
raise(ERR);
%enddef

%typemap(out, noblock=1) struct rmb_bytes {
	$result = rb_str_new($1.data, (long)$1.size);
	rmb_unref($1.owner);
}
%typemap(out, noblock=1) const char *, char * {
	$result = $1 ? rb_utf8_str_new_cstr($1) : Qnil;
}
%typemap(out, noblock=1) rmb_count {
	$result = $1 == RINGMAP_LOST_UNKNOWN ? Qnil : ULL2NUM($1);
}

/* What is asked ends as Ruby has it. */
%rename("null?") rmb_column::is_null;
%rename("valid?") rmb_page::valid;
%rename("stopped?") stopped;

%include "ringmap.i"
