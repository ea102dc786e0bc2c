// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT

// Package ringmap reads the Linux kernel's trace ring buffers where they lie.
//
// Whatever has a Close is better closed; what is forgotten goes when the
// garbage collector finds that nobody can reach it.
package ringmap

import (
	"iter"
	"runtime"

	"ringmap.invalid/go/raw"
)

// object is one of the library's. It goes, with the bytes that were seen
// through it, when nobody can reach it.
type object[T any] struct {
	raw  T
	seen []*raw.Bytes
}

type handle interface{ Swigcptr() uintptr }

// own gives an object of package raw to the garbage collector; nil if none.
func own[T handle](made T, free func(T)) *object[T] {
	if made.Swigcptr() == 0 {
		return nil
	}
	o := &object[T]{raw: made}
	runtime.SetFinalizer(o, func(o *object[T]) {
		for _, bytes := range o.seen {
			bytes.Forget()
		}
		free(o.raw)
	})
	return o
}

// rawOf is what package raw wants; a nil interface where there is no object.
func rawOf[T any](o *object[T]) (raw T) {
	if o != nil {
		raw = o.raw
	}
	return raw
}

// get calls what cannot fail.
func get[T, R any](o *object[T], f func(T) R) R {
	defer runtime.KeepAlive(o)
	return f(o.raw)
}

// try calls what can.
func try[T, R any](o *object[T], f func(T) R) (result R, err error) {
	defer catch(&err)
	defer runtime.KeepAlive(o)
	return f(o.raw), nil
}

// do calls what has no result.
func do[T any](o *object[T], f func(T)) (err error) {
	defer catch(&err)
	defer runtime.KeepAlive(o)
	f(o.raw)
	return nil
}

// tryOwn calls what makes another object; nil: nothing now.
func tryOwn[T any, R handle](o *object[T], f func(T) R, free func(R)) (*object[R], error) {
	made, err := try(o, f)
	if err != nil {
		return nil, err
	}
	return own(made, free), nil
}

// create calls a constructor.
func create[R handle](f func() R, free func(R)) (made *object[R], err error) {
	defer catch(&err)
	return own(f(), free), nil
}

// each is what next gives, up to nil or the first error.
func each[T any](next func() (*T, error)) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		for {
			found, err := next()
			if found == nil && err == nil || !yield(found, err) || err != nil {
				return
			}
		}
	}
}

// see keeps bytes where they are as long as o can be reached.
func see[T any](o *object[T], f func(T) *raw.Bytes) ([]byte, error) {
	bytes, err := try(o, f)
	if err != nil || bytes == nil {
		return nil, err
	}
	o.seen = append(o.seen, bytes)
	return bytes.Slice(), nil
}
