// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT

package ringmap

import "ringmap.invalid/go/raw"

// Session is a tracing instance of our own; it goes when it is closed, and when
// the process ends in any way.
type Session object[raw.Session]

func (s *Session) o() *object[raw.Session] { return (*object[raw.Session])(s) }

// SessionOptions are ringmap.h's struct ringmap_session_opts; all may be zero.
type SessionOptions struct {
	Tracefs, Instance, Clock string
	BufferKB                 int // of each CPU's ring
}

// OpenSession makes an instance, with a name of its own if none is given.
func OpenSession(options SessionOptions) (*Session, error) {
	opts := raw.NewSessionOpts()
	defer raw.DeleteSessionOpts(opts)
	opts.SetTracefs(options.Tracefs)
	opts.SetInstance(options.Instance)
	opts.SetClock(options.Clock)
	opts.SetBufferKb(uint64(options.BufferKB))
	s, err := create(func() raw.Session { return raw.NewSession(opts) }, raw.DeleteSession)
	return (*Session)(s), err
}

// Instance is its name.
func (s *Session) Instance() (string, error) { return try(s.o(), raw.Session.Instance) }

// Enable records "system:event", "system:*" or "system"; filter may be "".
func (s *Session) Enable(event, filter string) error {
	return do(s.o(), func(session raw.Session) { session.Enable(event, filter) })
}

// AddPID records this task too, and only those that were added.
func (s *Session) AddPID(pid int) error {
	return do(s.o(), func(session raw.Session) { session.AddPid(pid) })
}

// Start switches recording on.
func (s *Session) Start() error { return do(s.o(), raw.Session.Start) }

// Stop switches it off; what was recorded stays.
func (s *Session) Stop() error { return do(s.o(), raw.Session.Stop) }

// Close removes the instance; Busy: a ring of it is still open.
func (s *Session) Close() error { return do(s.o(), raw.Session.Close) }
