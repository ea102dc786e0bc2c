// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT

// Command top_tasks prints which tasks ran longest in a FILE, or --live INSTANCE.
package main

import (
	"cmp"
	"fmt"
	"log"
	"maps"
	"os"
	"slices"
	"time"

	"ringmap.invalid/go"
)

type task struct {
	pid, ns int64
	name    string
} // or, of what runs: since

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

// charge adds up who ran between two switches of a CPU, if it is known who.
func charge(tasks map[int64]task, last map[uint64]task, batch *ringmap.Batch) {
	for i := range batch.Rows() {
		row := must(batch.Row(i))
		ts, cpu, pid := row[0].(int64), row[1].(uint64), row[2].(int64)
		if before := last[cpu]; before.pid == pid && pid != 0 && row[5] == uint64(0) {
			tasks[pid] = task{pid, tasks[pid].ns + ts - before.ns, row[3].(string)}
		}
		last[cpu] = task{row[4].(int64), ts, ""}
	}
}

func open(first string, others []string) *ringmap.Trace {
	if first == "--live" {
		return must(ringmap.OpenLive(others[0], 0))
	}
	return must(ringmap.Open(first, ""))
}

func main() {
	reader := must(open(os.Args[1], os.Args[2:]).Reader(ringmap.TableOptions{Event: "sched:sched_switch",
		Columns: []string{"ts", "cpu", "prev_pid", "prev_comm", "next_pid", "lost_before"}}))
	tasks, last := map[int64]task{}, map[uint64]task{}
	for batch, err := range reader.Batches(time.Second) {
		if charge(tasks, last, must(batch, err)); len(os.Args) > 2 {
			break
		}
	}
	fmt.Printf("%-16s %8s %14s\n", "TASK", "PID", "CPU TIME")
	byTime := func(a, b task) int { return cmp.Or(cmp.Compare(b.ns, a.ns), cmp.Compare(a.pid, b.pid)) }
	order := slices.SortedFunc(maps.Values(tasks), byTime)
	for _, t := range order[:min(10, len(order))] {
		fmt.Printf("%-16s %8d %5d.%06d s\n", t.name, t.pid, t.ns/1e9, t.ns/1000%1e6)
	}
}
