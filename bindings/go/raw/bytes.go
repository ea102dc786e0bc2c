// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT

// Package raw is what SWIG makes of the library: every object and call, errors
// as panics, nothing collected. Package ringmap is made of it.
package raw

// #cgo pkg-config: ringmap
// #cgo CFLAGS: -std=gnu11 -D_GNU_SOURCE
// #cgo CFLAGS: -I${SRCDIR}/.. -I${SRCDIR}/../../swig
// #cgo CFLAGS: -I${SRCDIR}/../../../core/include
import "C"

import "unsafe"

// Count is a number of events that may be unknown.
type Count uint64

// Known tells whether it is a number.
func (c Count) Known() bool { return c != ^Count(0) }

// Bytes are in the library's memory, until Forget: struct rmb_bytes.
type Bytes struct {
	data  unsafe.Pointer
	size  uintptr
	owner unsafe.Pointer
}

func bytesAt(address uintptr) *Bytes { return *(**Bytes)(unsafe.Pointer(&address)) }

// Slice is a view of them, not a copy.
func (b *Bytes) Slice() []byte {
	if b == nil {
		return nil
	}
	return unsafe.Slice((*byte)(b.data), b.size)
}

// Forget says that nobody looks at them any more.
func (b *Bytes) Forget() {
	if b != nil {
		ForgetBytes(uintptr(unsafe.Pointer(b)))
	}
}
