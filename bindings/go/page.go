// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT

package ringmap

import (
	"errors"
	"iter"
	"runtime"
	"sync"
	"time"
	"unsafe"

	"ringmap.invalid/go/raw"
)

// Page is the committed part of one sub-buffer, until it goes back.
type Page object[raw.Page]

func (p *Page) o() *object[raw.Page] { return (*object[raw.Page])(p) }

// Valid tells whether it is still out; all else is Stale afterwards.
func (p *Page) Valid() bool { return get(p.o(), raw.Page.GetValid) }

// CPU is whose ring it is.
func (p *Page) CPU() int { return int(get(p.o(), raw.Page.GetCpu)) }

// Lost is how many events are missing right before it.
func (p *Page) Lost() raw.Count { return get(p.o(), raw.Page.GetLost) }

// Bytes is a view of the page, not a copy, and never to be written to. It can
// be read as long as the Page can be reached (runtime.KeepAlive), also when the
// page went back and its ring is closed; what it shows then is not promised.
func (p *Page) Bytes() ([]byte, error) { return see(p.o(), raw.Page.Bytes) }

// Number reads 1, 2, 4 or 8 bytes at an offset of the page.
func (p *Page) Number(offset, size int, signed bool) (int64, error) {
	return try(p.o(), func(page raw.Page) int64 {
		return page.Number(uint(offset), uint(size), signed)
	})
}

// NextEvent copies the next event, at the price of several calls into C; nil:
// there are no more. Records is the fast way.
func (p *Page) NextEvent() (*Event, error) {
	e, err := tryOwn(p.o(), raw.Page.NextEvent, raw.DeleteEvent)
	return (*Event)(e), err
}

// Index is where the events of a page are, in Go's memory. It can be read into
// again and again.
type Index struct {
	TS     []uint64
	Offset []uint32 // of the event's data in Page.Bytes
	Size   []uint32
	ID     []uint16
	own    *object[raw.Index]
}

// Read finds the page's remaining events in one go, instead of what was there.
// Those before a Corrupt place are there, too.
func (x *Index) Read(page *Page) error {
	if x.own == nil {
		x.own = own(raw.NewIndex(), raw.DeleteIndex)
	}
	defer runtime.KeepAlive(page)
	err := do(x.own, func(index raw.Index) { index.ReadPage(rawOf(page.o())) })
	index := x.own.raw
	x.TS = refill(x.TS, index.TsBytes())
	x.Offset = refill(x.Offset, index.OffsetBytes())
	x.Size = refill(x.Size, index.SizeBytes())
	x.ID = refill(x.ID, index.IdBytes())
	return err
}

func refill[T any](to []T, from *raw.Bytes) []T {
	defer from.Forget()
	bytes := from.Slice()
	var one T
	numbers := unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(bytes))),
		len(bytes)/int(unsafe.Sizeof(one)))
	return append(to[:0], numbers...)
}

// Record is an event of a page; Data is a view, as Page.Bytes.
type Record struct {
	TS   uint64
	ID   uint16
	Data []byte
}

var indexes = sync.Pool{New: func() any { return new(Index) }}

// Records walks the remaining events of a page in Go's own code.
func (p *Page) Records() iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		index := indexes.Get().(*Index)
		defer indexes.Put(index)
		bytes, err := p.Bytes()
		if err != nil {
			yield(Record{}, err)
			return
		}
		err = index.Read(p)
		for i, ts := range index.TS {
			at, size := index.Offset[i], index.Size[i]
			if !yield(Record{ts, index.ID[i], bytes[at : at+size : at+size]}, nil) {
				return
			}
		}
		if err != nil {
			yield(Record{}, err)
		}
	}
}

// Pages are those that come until there was nothing for as long as idle. Each
// goes back when the next one comes. After a Corrupt one others may come.
func (r *Ring) Pages(idle time.Duration) iter.Seq2[*Page, error] {
	return func(yield func(*Page, error) bool) {
		for {
			page, err := r.NextPage()
			if page == nil && err == nil {
				// A wait is a system call, which may itself be recorded.
				more, failed := false, error(nil)
				if idle > 0 {
					more, failed = r.Wait(idle)
				}
				if more {
					continue
				}
				if failed == nil {
					return
				}
				err = failed
			}
			if !yield(page, err) || err != nil && !errors.Is(err, Corrupt) {
				return
			}
		}
	}
}
