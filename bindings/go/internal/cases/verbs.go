// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT

package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"ringmap.invalid/go"
	"ringmap.invalid/go/raw"
)

type ring = *ringmap.Ring
type page = *ringmap.Page
type trace = *ringmap.Trace

func openImage(path string) (ring, error) {
	image, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return ringmap.OpenImage(image)
}

func openRing(instance string, cpu int, mode string) (ring, error) {
	modes := map[string]raw.Enum_SS_ringmap_mode{"follow": raw.MODE_FOLLOW, "consume": raw.MODE_CONSUME}
	return ringmap.OpenRing(ringmap.RingOptions{Instance: instance, CPU: cpu, Mode: modes[mode]})
}

func walk(p page, s *span) error {
	for {
		event, err := p.NextEvent()
		if event == nil {
			return err
		}
		s.add(event.TS())
	}
}

func index(p page, s *span) error {
	for record, err := range p.Records() {
		if err != nil {
			return err
		}
		s.add(record.TS)
	}
	return nil
}

func each(r ring, do func(page) error) error {
	for p, err := range r.Pages(0) {
		if err == nil {
			err = do(p)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func lost(r ring) (any, error) {
	var marks, counted, unknown uint64
	err := each(r, func(p page) error {
		n := p.Lost()
		if n != 0 {
			marks++
		}
		if n.Known() {
			counted += uint64(n)
		} else {
			unknown++
		}
		return nil
	})
	return fmt.Sprint(marks, counted, unknown), err
}

func stats(r ring) (any, error) {
	s, err := r.Stats()
	lost := "unknown"
	if s.Lost.Known() {
		lost = fmt.Sprint(s.Lost)
	}
	return fmt.Sprint(s.Events, s.Pages, " ", lost), err
}

func fields(f *ringmap.Format) (any, error) {
	names := make([]string, f.Fields())
	for i := range names {
		field, err := f.FieldAt(i)
		if err != nil {
			return nil, err
		}
		names[i] = field.Name()
	}
	return strings.Join(names, ","), nil
}

func eventOf(t trace, f *ringmap.Format) (any, error) {
	for event, err := range t.Events() {
		if err != nil || event.ID() == f.ID() {
			return some(event, err)
		}
	}
	return nil, nil
}

func reader(w words) (any, error) {
	options := ringmap.TableOptions{Event: w.text(1)}
	if len(w) > 2 {
		options.Columns = strings.Split(w.text(2), ",")
	}
	if len(w) > 3 {
		options.Threads = w.number(3)
	}
	if options.Event == "*" {
		options.Event = ""
	}
	return some(at[trace](w, 0).Reader(options))
}

func columns(b *ringmap.Batch) (any, error) {
	names := make([]string, b.Columns())
	for i := range names {
		column, err := b.ColumnAt(i)
		if err != nil {
			return nil, err
		}
		names[i] = column.Name()
	}
	return strings.Join(names, ","), nil
}

func cell(b *ringmap.Batch, name string, row int) (any, error) {
	column, err := b.Column(name)
	if err != nil {
		return nil, err
	}
	return column.Value(row)
}

func total(r *ringmap.Reader, add func(*ringmap.Batch) (int, error)) (any, error) {
	rows := 0
	for batch, err := range r.Batches(0) {
		if err == nil {
			var more int
			more, err = add(batch)
			rows += more
		}
		if err != nil {
			return nil, err
		}
	}
	return rows, nil
}

func sumOf(b *ringmap.Batch, name string) (int, error) {
	column, err := b.Column(name)
	sum := 0
	for row := 0; err == nil && row < b.Rows(); row++ {
		var value any
		value, err = column.Value(row)
		switch number := value.(type) {
		case uint64:
			sum += int(number)
		case int64:
			sum += int(number)
		}
	}
	return sum, err
}

// churn opens an image many times and leaves all to the collector.
func churn(path string, times int) (any, error) {
	var s span
	for range times {
		r, err := openImage(path)
		if err != nil {
			return nil, err
		}
		p, err := r.NextPage()
		collectNow()
		if err == nil {
			err = index(p, &s)
		}
		if err != nil {
			return nil, err
		}
	}
	return s.count, nil
}

func session(event string) (any, error) {
	s, err := ringmap.OpenSession(ringmap.SessionOptions{BufferKB: 64})
	if err != nil {
		return nil, err
	}
	for _, do := range []func() error{
		func() error { return s.Enable(event, "") },
		func() error { return addThreads(s) },
		s.Start,
	} {
		if err := do(); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// addThreads records all of this process: a goroutine has no thread of its own.
func addThreads(s *ringmap.Session) error {
	tasks, err := os.ReadDir("/proc/self/task")
	for _, task := range tasks {
		var pid int
		if _, err := fmt.Sscan(task.Name(), &pid); err != nil {
			return err
		}
		if err := s.AddPID(pid); err != nil {
			return err
		}
	}
	return err
}

func liveRing(s *ringmap.Session, cpu int, mode string) (ring, error) {
	instance, err := s.Instance()
	if err != nil {
		return nil, err
	}
	return openRing(instance, cpu, mode)
}

// burn makes system calls: events, where they are recorded.
func burn(times int) error {
	for range times {
		if _, err := os.Stat("/proc/self/stat"); err != nil {
			return err
		}
	}
	return nil
}

func follow(s *ringmap.Session, seconds int) (any, error) {
	var rings []ring
	for r, err := liveRing(s, 0, "follow"); err == nil; r, err = liveRing(s, len(rings), "follow") {
		rings = append(rings, r)
	}
	var seen span
	var lost uint64
	for end := time.Now().Add(time.Duration(seconds) * time.Second); time.Now().Before(end); {
		if err := burn(100); err != nil {
			return nil, err
		}
		for _, r := range rings {
			if err := each(r, func(p page) error { return index(p, &seen) }); err != nil {
				return nil, err
			}
		}
	}
	for _, r := range rings {
		counted, err := r.Stats()
		if err != nil {
			return nil, err
		}
		if counted.Lost.Known() {
			lost += uint64(counted.Lost)
		}
		if err := r.Close(); err != nil {
			return nil, err
		}
	}
	return fmt.Sprint(seen.count, lost), nil
}
