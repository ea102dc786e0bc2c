// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT

package arrow

import (
	"errors"
	"io"
	"runtime"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"ringmap.invalid/go"
)

const recording = "../../../tests/data/recordings/workload"

func open(t *testing.T, options ringmap.TableOptions) *ringmap.Reader {
	t.Helper()
	trace, err := ringmap.Open(recording, "")
	if err != nil {
		t.Fatal(err)
	}
	reader, err := trace.Reader(options)
	if err != nil {
		t.Fatal(err)
	}
	return reader
}

func TestColumnsOfArrowAreThoseOfTheBatches(t *testing.T) {
	options := ringmap.TableOptions{Event: "sched:sched_switch", Columns: []string{"ts", "next_pid", "next_comm"}}
	records, err := Import(open(t, options))
	if err != nil {
		t.Fatal(err)
	}
	other := open(t, options)
	rows := 0
	for {
		record, err := records.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		runtime.GC()
		batch, err := other.NextBatch(0)
		if err != nil || batch.Rows() != int(record.NumRows()) {
			t.Fatalf("%v: %d rows", err, record.NumRows())
		}
		for i, same := range []func(row int) any{
			func(row int) any { return int64(record.Column(0).(*array.Timestamp).Value(row)) },
			func(row int) any { return int64(record.Column(1).(*array.Int32).Value(row)) },
			func(row int) any { return record.Column(2).ValueStr(row) },
		} {
			column, err := batch.ColumnAt(i)
			if err != nil {
				t.Fatal(err)
			}
			for row := range batch.Rows() {
				value, err := column.Value(row)
				if err != nil || value != same(row) {
					t.Fatalf("column %d, row %d: %v, %v, %v", i, row, value, same(row), err)
				}
			}
		}
		rows += batch.Rows()
	}
	if rows != 4945 {
		t.Errorf("%d rows", rows)
	}
}

func TestNothingIsCopied(t *testing.T) {
	records, err := Import(open(t, ringmap.TableOptions{Columns: []string{"ts", "common_pid"}}))
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	columns := uint64(0)
	runtime.ReadMemStats(&before)
	for record, err := records.Read(); err == nil; record, err = records.Read() {
		columns += uint64(record.NumRows()) * 12
	}
	runtime.ReadMemStats(&after)
	if taken := after.TotalAlloc - before.TotalAlloc; columns < 25618*12 || taken > columns/4 {
		t.Errorf("%d bytes of columns took %d of Go's memory", columns, taken)
	}
}

func TestRecordsOutliveTheReader(t *testing.T) {
	records, err := Import(open(t, ringmap.TableOptions{Event: "sched:sched_switch", Columns: []string{"ts"}}))
	if err != nil {
		t.Fatal(err)
	}
	record, err := records.Read()
	if err != nil {
		t.Fatal(err)
	}
	record.Retain()
	records = nil
	for range 3 {
		runtime.GC()
	}
	stamps := record.Column(0).(*array.Timestamp)
	if first := stamps.Value(0); first != arrow.Timestamp(6817747997) {
		t.Errorf("first row is of %d", first)
	}
	record.Release()
}
