// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT

package ringmap

import (
	"fmt"
	"strings"
	"syscall"

	"ringmap.invalid/go/raw"
)

// Status is what kind of error it is: errors.Is(err, ringmap.Stale).
type Status int

// Statuses, as in ringmap.h.
var (
	Invalid     = Status(raw.E_INVAL)
	NoMemory    = Status(raw.E_NOMEM)
	OS          = Status(raw.E_OS)
	Unsupported = Status(raw.E_UNSUPPORTED)
	Busy        = Status(raw.E_BUSY)
	Corrupt     = Status(raw.E_CORRUPT)
	Stale       = Status(raw.E_STALE)
	Overwritten = Status(raw.E_OVERWRITTEN)
	Forked      = Status(raw.E_FORKED)
	Permission  = Status(raw.E_PERMISSION)
	NoEntry     = Status(raw.E_NOENT)
)

// Error is the status's name in C.
func (s Status) Error() string { return raw.Status_name(raw.Enum_SS_ringmap_status(s)) }

// Error is one sentence, with what to do about it where there is something.
type Error struct {
	Status Status
	Errno  syscall.Errno // of a system call, or 0
	Text   string
}

func (e *Error) Error() string { return e.Text }

// Unwrap lets errors.Is find the status and the system call's error.
func (e *Error) Unwrap() []error { return []error{e.Status, e.Errno} }

// CheckStatus is the error that a status stands for; nil: it is none.
func CheckStatus(status int) (err error) {
	defer catch(&err)
	raw.Check_status(status)
	return nil
}

// catch makes an error of what package raw panics with.
func catch(err *error) {
	panicked := recover()
	if panicked == nil {
		return
	}
	text, _ := panicked.(string)
	numbers, found := strings.CutPrefix(text, "ringmap: ")
	if !found {
		panic(panicked)
	}
	failure := &Error{}
	words := strings.SplitN(numbers, " ", 3)
	fmt.Sscan(words[0], (*int)(&failure.Status))
	fmt.Sscan(words[1], &failure.Errno)
	failure.Text = words[2]
	*err = failure
}
