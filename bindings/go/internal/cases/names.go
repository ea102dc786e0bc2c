// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT

package main

import (
	"fmt"
	"runtime"

	"ringmap.invalid/go"
)

func collectNow() { runtime.GC() }

type closer interface{ Close() error }

var verbs = map[string]func(words) (any, error){
	"image":       func(w words) (any, error) { return some(openImage(w.text(0))) },
	"file":        func(w words) (any, error) { return some(ringmap.Open(w.text(0), w.text(1))) },
	"ring":        func(w words) (any, error) { return some(openRing(w.text(0), w.number(1), w.text(2))) },
	"borrow":      func(w words) (any, error) { return some(at[ring](w, 0).Borrow()) },
	"return":      func(w words) (any, error) { return "done", at[ring](w, 0).Return(at[page](w, 1)) },
	"missing":     missing,
	"next_page":   func(w words) (any, error) { return some(at[ring](w, 0).NextPage()) },
	"close":       func(w words) (any, error) { return "done", at[closer](w, 0).Close() },
	"valid":       func(w words) (any, error) { return at[page](w, 0).Valid(), nil },
	"bytes":       bytesOf,
	"view":        viewOf,
	"look":        func(w words) (any, error) { return sum(at[view](w, 0).bytes), nil },
	"number":      func(w words) (any, error) { return at[page](w, 0).Number(w.number(1), w.number(2), false) },
	"walk":        func(w words) (any, error) { s := &span{}; return s, walk(at[page](w, 0), s) },
	"index":       func(w words) (any, error) { s := &span{}; return s, index(at[page](w, 0), s) },
	"walk_all":    func(w words) (any, error) { return all(w, walk) },
	"index_all":   func(w words) (any, error) { return all(w, index) },
	"lost":        func(w words) (any, error) { return lost(at[ring](w, 0)) },
	"stats":       func(w words) (any, error) { return stats(at[ring](w, 0)) },
	"mode":        func(w words) (any, error) { return at[ring](w, 0).Mode() },
	"snapshot":    snapshot,
	"trace_ring":  func(w words) (any, error) { return some(at[trace](w, 0).Ring(w.number(1))) },
	"event":       func(w words) (any, error) { return some(at[trace](w, 0).NextEvent()) },
	"about_event": aboutEvent,
	"drain":       drain,
	"clock":       func(w words) (any, error) { return at[trace](w, 0).Clock() },
	"flags":       func(w words) (any, error) { return at[trace](w, 0).Flags() },
	"schema":      func(w words) (any, error) { return some(at[trace](w, 0).Schema()) },
	"format":      func(w words) (any, error) { return some(at[*ringmap.Schema](w, 0).Format(w.text(1))) },
	"format_by_id": func(w words) (any, error) {
		return some(at[*ringmap.Schema](w, 0).FormatByID(w.number(1)))
	},
	"about_format": aboutFormat,
	"fields":       func(w words) (any, error) { return fields(at[*ringmap.Format](w, 0)) },
	"field":        func(w words) (any, error) { return some(at[*ringmap.Format](w, 0).Field(w.text(1))) },
	"about_field":  aboutField,
	"number_of": func(w words) (any, error) {
		return at[*ringmap.Field](w, 0).Number(at[*ringmap.Event](w, 1))
	},
	"text_of": func(w words) (any, error) {
		return at[*ringmap.Field](w, 0).Text(at[*ringmap.Event](w, 1))
	},
	"value_of": func(w words) (any, error) {
		return at[*ringmap.Field](w, 0).Value(at[*ringmap.Event](w, 1))
	},
	"event_of": func(w words) (any, error) { return eventOf(at[trace](w, 0), at[*ringmap.Format](w, 1)) },
	"print": func(w words) (any, error) {
		return at[*ringmap.Schema](w, 0).Print(at[*ringmap.Event](w, 1))
	},
	"reader":  reader,
	"batch":   func(w words) (any, error) { return some(at[*ringmap.Reader](w, 0).NextBatch(0)) },
	"rows":    func(w words) (any, error) { return at[*ringmap.Batch](w, 0).Rows(), nil },
	"columns": func(w words) (any, error) { return columns(at[*ringmap.Batch](w, 0)) },
	"cell": func(w words) (any, error) {
		return cell(at[*ringmap.Batch](w, 0), w.text(1), w.number(2))
	},
	"total": func(w words) (any, error) {
		return total(at[*ringmap.Reader](w, 0), func(b *ringmap.Batch) (int, error) { return b.Rows(), nil })
	},
	"sum": func(w words) (any, error) {
		return total(at[*ringmap.Reader](w, 0), func(b *ringmap.Batch) (int, error) { return sumOf(b, w.text(1)) })
	},
	"table": func(w words) (any, error) {
		return some(at[*ringmap.Schema](w, 0).Table(ringmap.TableOptions{Event: w.text(1)}))
	},
	"append":  func(w words) (any, error) { return "done", at[*ringmap.Table](w, 0).Append(at[page](w, 1)) },
	"undo":    func(w words) (any, error) { return "done", at[*ringmap.Table](w, 0).Undo() },
	"export":  func(w words) (any, error) { return some(at[*ringmap.Table](w, 0).Export()) },
	"check":   func(w words) (any, error) { return "done", ringmap.CheckStatus(w.number(0)) },
	"collect": func(words) (any, error) { collect(); return "done", nil },
	"burn":    func(w words) (any, error) { return nil, burn(w.number(0)) },
	"churn":   func(w words) (any, error) { return churn(w.text(0), w.number(1)) },
	"session": func(w words) (any, error) { return session(w.text(0)) },
	"live_ring": func(w words) (any, error) {
		return some(liveRing(at[*ringmap.Session](w, 0), w.number(1), w.text(2)))
	},
	"follow": func(w words) (any, error) { return follow(at[*ringmap.Session](w, 0), w.number(1)) },
}

func missing(words) (any, error) {
	r, err := openImage("tests/data/recordings/workload/per_cpu/cpu0/trace_pipe_raw")
	if err != nil {
		return nil, err
	}
	return "done", r.Return(nil)
}

func all(w words, how func(page, *span) error) (any, error) {
	s := &span{}
	return s, each(at[ring](w, 0), func(p page) error { return how(p, s) })
}

func bytesOf(w words) (any, error) {
	bytes, err := at[page](w, 0).Bytes()
	return sum(bytes), err
}

func viewOf(w words) (any, error) {
	p := at[page](w, 0)
	bytes, err := p.Bytes()
	return view{bytes, p}, err
}

func snapshot(w words) (any, error) {
	bytes, err := at[ring](w, 0).Snapshot()
	return sum(bytes), err
}

func aboutEvent(w words) (any, error) {
	e := at[*ringmap.Event](w, 0)
	return fmt.Sprint(e.TS(), e.CPU(), e.ID(), e.Size()), nil
}

func drain(w words) (any, error) {
	s := &span{}
	for event, err := range at[trace](w, 0).Events() {
		if err != nil {
			return nil, err
		}
		s.add(event.TS())
	}
	return s, nil
}

func aboutFormat(w words) (any, error) {
	f := at[*ringmap.Format](w, 0)
	return fmt.Sprintf("%s %s %d %d %d", f.System(), f.Name(), f.ID(), f.Size(), f.Fields()), nil
}

func aboutField(w words) (any, error) {
	f := at[*ringmap.Field](w, 0)
	return fmt.Sprintf("%s %d %d %d %d", f.Name(), f.Offset(), f.Size(), f.Kind(), f.Flags()), nil
}
