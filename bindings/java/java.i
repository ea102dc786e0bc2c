/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * java.i - what ringmap.i asks of Java 11 and later
 *
 * Errors are RingmapException. Bytes are read-only direct buffers over the
 * library's own memory, which stays as long as a buffer or a slice of it can be
 * reached. 64-bit numbers are long; above 2^63 - 1 they are negative. What has
 * no close() of its own gets one, which deletes it.
 */
%{
#include "objects.h"

static void throw_error(JNIEnv *env, const struct ringmap_error *err)
{
	jstring text = (*env)->NewStringUTF(env, err->text);
	jclass type = (*env)->FindClass(env, "ringmap/RingmapException");
	jmethodID make = (*env)->GetMethodID(env, type, "<init>",
					     "(IILjava/lang/String;)V");

	(*env)->Throw(env, (*env)->NewObject(env, type, make, err->status,
					     err->os_errno, text));
}

/* Views.keep() owes rmb_unref() to the owner. */
static jobject view_of(JNIEnv *env, struct rmb_bytes bytes)
{
	jobject buffer = (*env)->NewDirectByteBuffer(env, (void *)bytes.data,
						     (jlong)bytes.size);
	jclass views = (*env)->FindClass(env, "ringmap/Views");
	jmethodID keep = (*env)->GetStaticMethodID(env, views, "keep",
		"(Ljava/nio/ByteBuffer;J)Ljava/nio/ByteBuffer;");

	return (*env)->CallStaticObjectMethod(env, views, keep, buffer,
					      (jlong)(intptr_t)bytes.owner);
}
%}

%define RINGMAP_RAISE(ERR)
throw_error(jenv, ERR); return $null;
%enddef

%typemap(jni) struct rmb_bytes "jobject"
%typemap(jtype) struct rmb_bytes "java.nio.ByteBuffer"
%typemap(jstype) struct rmb_bytes "java.nio.ByteBuffer"
%typemap(out) struct rmb_bytes %{ $result = $1.data ? view_of(jenv, $1) : NULL; %}
%typemap(javaout) struct rmb_bytes { return $jnicall; }

/* A string of ours: nothing is left to release where an error leaves. */
%typemap(in, noblock=1) const char *, char * {
	jsize $1_size = $input ? (*jenv)->GetStringUTFLength(jenv, $input) : 0;

	$1 = $input ? __builtin_alloca((size_t)$1_size + 1) : NULL;
	if ($1) {
		(*jenv)->GetStringUTFRegion(jenv, $input, 0,
			(*jenv)->GetStringLength(jenv, $input), (char *)$1);
		((char *)$1)[$1_size] = '\0';
	}
}
%typemap(freearg) const char *, char * ""

%apply long long { uint64_t, size_t, rmb_count };
%typemap(jstype) rmb_count "java.util.OptionalLong"
%typemap(javaout) rmb_count { return Views.count($jnicall); }

%include "enumtypeunsafe.swg"
%javaconst(1);
%typemap(javainterfaces) SWIGTYPE "AutoCloseable"
%typemap(javainterfaces) struct rmb_column "AutoCloseable, Values"
%typemap(javacode) SWIGTYPE %{ public void close() { delete(); } %}
%typemap(javacode) struct rmb_ring, struct rmb_trace, struct rmb_reader,
	struct rmb_session ""
%typemap(javaclassmodifiers) enum SWIGTYPE "public final class"
%rename("%(lowercamelcase)s", %$isfunction) "";
%rename("%(lowercamelcase)s", %$isvariable) "";

%pragma(java) jniclasscode="static { NativeLibrary.load(); }"

%inline %{ static void forgetOwner(uint64_t owner) { rmb_unref((void *)owner); } %}

%include "ringmap.i"
