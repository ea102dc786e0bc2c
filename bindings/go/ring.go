// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT

package ringmap

import (
	"runtime"
	"time"

	"ringmap.invalid/go/raw"
)

// Ring is one CPU's ring, live or recorded.
type Ring object[raw.Ring]

func (r *Ring) o() *object[raw.Ring] { return (*object[raw.Ring])(r) }

// RingOptions say which ring: ringmap.h's struct ringmap_ring_opts.
type RingOptions struct {
	Tracefs, Instance string
	CPU               int
	Mode              raw.Enum_SS_ringmap_mode
	Start             raw.Enum_SS_ringmap_start
	Latency           time.Duration
}

// OpenRing opens a live ring.
func OpenRing(options RingOptions) (*Ring, error) {
	opts := raw.NewRingOpts()
	defer raw.DeleteRingOpts(opts)
	opts.SetTracefs(options.Tracefs)
	opts.SetInstance(options.Instance)
	opts.SetCpu(uint(options.CPU))
	opts.SetMode(uint(options.Mode))
	opts.SetStart(uint(options.Start))
	opts.SetLatencyUs(uint64(options.Latency.Microseconds()))
	r, err := create(func() raw.Ring { return raw.NewRing(opts) }, raw.DeleteRing)
	return (*Ring)(r), err
}

// OpenImage opens recorded sub-buffers of a little-endian 64-bit kernel.
func OpenImage(image []byte) (*Ring, error) {
	r, err := create(func() raw.Ring { return raw.RingOpenImage(image, nil) }, raw.DeleteRing)
	return (*Ring)(r), err
}

// Close gives the page that is out back. Views stay as long as their pages.
func (r *Ring) Close() error { return do(r.o(), raw.Ring.Close) }

// Stop makes a running or the next wait return. Any goroutine may call it.
func (r *Ring) Stop() error { return do(r.o(), raw.Ring.Stop) }

// Fileno is a file descriptor to poll.
func (r *Ring) Fileno() (int, error) { return try(r.o(), raw.Ring.Fileno) }

// ModeReason says why the mode is the one it is.
func (r *Ring) ModeReason() (string, error) { return try(r.o(), raw.Ring.ModeReason) }

// Wait sleeps until there is something: false if not, or if it was stopped.
func (r *Ring) Wait(timeout time.Duration) (bool, error) {
	ms := int(timeout.Milliseconds())
	return try(r.o(), func(ring raw.Ring) bool { return ring.Wait(ms) })
}

// Borrow takes the next page; nil: nothing now.
func (r *Ring) Borrow() (*Page, error) {
	p, err := tryOwn(r.o(), raw.Ring.BorrowPage, raw.DeletePage)
	return (*Page)(p), err
}

// Return gives a page back; Overwritten: what was read from it is void.
func (r *Ring) Return(page *Page) error {
	defer runtime.KeepAlive(page)
	return do(r.o(), func(ring raw.Ring) { ring.ReturnPage(rawOf(page.o())) })
}

// NextPage returns the page before and takes the next one, which is true: one
// that the writer may overwrite is copied and checked. nil: nothing now.
func (r *Ring) NextPage() (*Page, error) {
	p, err := tryOwn(r.o(), raw.Ring.NextPage, raw.DeletePage)
	return (*Page)(p), err
}

// Snapshot copies all that is in the ring; it can be opened as an image.
func (r *Ring) Snapshot() ([]byte, error) {
	bytes, err := try(r.o(), raw.Ring.Snapshot)
	defer bytes.Forget()
	return append([]byte(nil), bytes.Slice()...), err
}

// Mode is how the ring is read: "follow", "consume", "read" or "image".
func (r *Ring) Mode() (string, error) {
	return try(r.o(), func(ring raw.Ring) string {
		info := ring.Info()
		defer raw.DeleteRingInfo(info)
		return raw.Mode_name(raw.Enum_SS_ringmap_mode(info.GetMode()))
	})
}

// RingStats count since the ring was opened, as ringmap.h says.
type RingStats struct {
	Events, Bytes, Pages, Overwritten, Gaps, Resets, Sleeps, Syscalls uint64
	Lost                                                              raw.Count
}

// Stats reads the counters.
func (r *Ring) Stats() (RingStats, error) {
	return try(r.o(), func(ring raw.Ring) RingStats {
		s := ring.Stats()
		defer raw.DeleteRingStats(s)
		return RingStats{s.GetEvents(), s.GetBytes(), s.GetPages(), s.GetOverwritten(),
			s.GetGaps(), s.GetResets(), s.GetSleeps(), s.GetSyscalls(), s.GetLost()}
	})
}
