// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT

package ringmap

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"testing"
)

var (
	_ io.Closer = (*Ring)(nil)
	_ io.Closer = (*Trace)(nil)
	_ io.Closer = (*Reader)(nil)
	_ io.Closer = (*Session)(nil)
)

const image = "../../tests/data/recordings/workload/per_cpu/cpu0/trace_pipe_raw"

func open(t *testing.T) *Ring {
	data, err := os.ReadFile(image)
	if err != nil {
		t.Fatal(err)
	}
	ring, err := OpenImage(data)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

func TestErrorsAreFoundByTheirStatus(t *testing.T) {
	ring := open(t)
	page, err := ring.Borrow()
	if err != nil {
		t.Fatal(err)
	}
	_, err = ring.Borrow()
	if !errors.Is(err, Busy) || errors.Is(err, Stale) {
		t.Errorf("the second borrow gave %v", err)
	}
	var failure *Error
	if !errors.As(err, &failure) || failure.Status != Busy || failure.Text == "" {
		t.Errorf("it is no Error: %#v", err)
	}
	if err := ring.Return(page); err != nil {
		t.Error(err)
	}
	if _, err := page.Bytes(); !errors.Is(err, Stale) {
		t.Errorf("bytes of a page that went back gave %v", err)
	}
	if Busy.Error() != "RINGMAP_E_BUSY" {
		t.Errorf("Busy is called %v", Busy)
	}
}

func TestErrorsOfTheSystemAreFound(t *testing.T) {
	_, err := Open("no/such/file", "")
	if !errors.Is(err, NoEntry) || !errors.Is(err, syscall.ENOENT) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there gave %v", err)
	}
	if err := CheckStatus(int(Stale)); errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no system call failed, but %v says so", err)
	}
}

// An index is used again: nothing of the page before may be left in it.
func TestRecordsBeforeACorruptPlaceAreThePagesOwn(t *testing.T) {
	data, err := os.ReadFile(image)
	if err != nil {
		t.Fatal(err)
	}
	const subbuf, broken = 4096, 3
	second, err := OpenImage(data[subbuf : 2*subbuf])
	if err != nil {
		t.Fatal(err)
	}
	page, err := second.NextPage()
	if err != nil {
		t.Fatal(err)
	}
	var whole Index
	if err := whole.Read(page); err != nil {
		t.Fatal(err)
	}
	view, _ := page.Bytes()
	at := bytes.Index(data[subbuf:2*subbuf], view[whole.Offset[broken]:]) + subbuf
	// A length in a word of its own, which is larger than any page.
	copy(data[at-4:], []byte{0, 0, 0, 0, 0xff, 0xff, 0xff, 0x7f})

	ring, err := OpenImage(data[:2*subbuf])
	if err != nil {
		t.Fatal(err)
	}
	var stamps []uint64
	var failed error
	for page, err := range ring.Pages(0) {
		if err != nil {
			break // the broken page went back, and says so once more
		}
		stamps = nil
		for record, err := range page.Records() {
			if failed = err; err == nil {
				stamps = append(stamps, record.TS)
			}
		}
	}
	if !errors.Is(failed, Corrupt) || !slices.Equal(stamps, whole.TS[:broken]) {
		t.Fatalf("%v, %d events instead of %d", failed, len(stamps), broken)
	}
}

func TestRecordsAreTheEventsOfAPage(t *testing.T) {
	walked, indexed := open(t), open(t)
	for page, err := range indexed.Pages(0) {
		if err != nil {
			t.Fatal(err)
		}
		other, err := walked.NextPage()
		if err != nil {
			t.Fatal(err)
		}
		for record, err := range page.Records() {
			event, failed := other.NextEvent()
			if err != nil || failed != nil {
				t.Fatal(err, failed)
			}
			data, _ := event.Bytes()
			if event.TS() != record.TS || event.ID() != int(record.ID) || !bytes.Equal(data, record.Data) {
				t.Fatalf("%v is not at %d", record, event.TS())
			}
		}
		if event, err := other.NextEvent(); event != nil || err != nil {
			t.Fatal("there is one more event", err)
		}
	}
}

// Pages and rings are left to the collector while others read their views.
func TestCollectorsDoNoHarm(t *testing.T) {
	var group sync.WaitGroup
	for range 4 {
		group.Add(1)
		go func() {
			defer group.Done()
			for range 50 {
				ring := open(t)
				page, err := ring.NextPage()
				if err != nil {
					t.Error(err)
					return
				}
				view, _ := page.Bytes()
				before := bytes.Clone(view)
				ring.Close()
				runtime.GC()
				if !bytes.Equal(view, before) {
					t.Error("a view of an image shows something else")
				}
				runtime.KeepAlive(page)
			}
		}()
	}
	group.Wait()
}
