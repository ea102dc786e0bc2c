// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT

// Command bench is told a folder of captures, a number of rounds and a way by
// tests/bench/languages.py. A line is the way, its events and its seconds.
package main

import (
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"

	"ringmap.invalid/go"
	"ringmap.invalid/go/arrow"
)

// seen keeps the compiler from leaving the work out.
var seen uint64

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

// pages calls work for each page of an image.
func pages(image []byte, work func(*ringmap.Page) int) (int, time.Duration) {
	ring := must(ringmap.OpenImage(image))
	defer ring.Close()
	events, begin := 0, time.Now()
	for page, err := range ring.Pages(0) {
		events += work(must(page, err))
	}
	return events, time.Since(begin)
}

func walk(page *ringmap.Page) (events int) {
	var sum uint64
	for record, err := range page.Records() {
		if err != nil {
			log.Fatal(err)
		}
		sum += record.TS + uint64(record.Data[0])
		events++
	}
	seen += sum
	return events
}

// index returns a work that indexes into arrays of its own.
func index() func(*ringmap.Page) int {
	var into ringmap.Index
	return func(page *ringmap.Page) int {
		if err := into.Read(page); err != nil {
			log.Fatal(err)
		}
		var sum uint64
		for _, ts := range into.TS {
			sum += ts
		}
		seen += sum
		return len(into.TS)
	}
}

func columns(folder string) (int, time.Duration) {
	trace := must(ringmap.Open(folder, ""))
	defer trace.Close()
	reader := must(trace.Reader(ringmap.TableOptions{Columns: []string{"ts", "cpu", "common_pid"}}))
	events, sum, begin := 0, uint64(0), time.Now()
	records := must(arrow.Import(reader))
	for {
		record, err := records.Read()
		if errors.Is(err, io.EOF) {
			seen += sum
			return events, time.Since(begin)
		}
		for _, ts := range must(record, err).Column(0).(*array.Timestamp).TimestampValues() {
			sum += uint64(ts)
		}
		events += int(record.NumRows())
	}
}

func main() {
	folder, rounds, way := os.Args[1], must(strconv.Atoi(os.Args[2])), os.Args[3]
	work := map[string]func(*ringmap.Page) int{"walk": walk, "index": index()}[way]
	var image []byte
	if work != nil {
		image = must(os.ReadFile(filepath.Join(folder, "per_cpu/cpu0/trace_pipe_raw")))
	}
	for range rounds {
		events, took := 0, time.Duration(0)
		if work != nil {
			events, took = pages(image, work)
		} else {
			events, took = columns(folder)
		}
		fmt.Println(way, events, took.Seconds())
	}
}
