// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT

// Command top_tasks prints the tasks that ran longest in FILE or --live INSTANCE.
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

type task struct{ pid, ns int64 } // or what runs on a CPU, and since when
func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

// charge adds the time between two switches to the task that ran, if it is known.
func charge(tasks map[int64]task, last map[uint64]task, names map[int64]string, batch *ringmap.Batch) {
	for i := range batch.Rows() {
		row := must(batch.Row(i))
		ts, cpu, pid := row[0].(int64), row[1].(uint64), row[2].(int64)
		if before := last[cpu]; before.pid == pid && pid != 0 && row[5] == uint64(0) {
			tasks[pid] = task{pid, tasks[pid].ns + ts - before.ns}
			names[pid] = row[3].(string)
		}
		last[cpu] = task{row[4].(int64), ts}
	}
}

func open(args []string) (*ringmap.Trace, error) {
	if len(args) > 1 { // --live NAME
		return ringmap.OpenLive(args[1], 0)
	}
	return ringmap.Open(args[0], "")
}

func main() {
	reader := must(must(open(os.Args[1:])).Reader(ringmap.TableOptions{Event: "sched:sched_switch", Columns: []string{"ts", "cpu", "prev_pid", "prev_comm", "next_pid", "lost_before"}}))
	tasks, last, names := map[int64]task{}, map[uint64]task{}, map[int64]string{}
	for batch, err := range reader.Batches(time.Second) {
		if charge(tasks, last, names, must(batch, err)); len(os.Args) > 2 {
			break
		}
	}
	fmt.Printf("%-16s %8s %14s\n", "TASK", "PID", "CPU TIME")
	order := slices.Collect(maps.Values(tasks))
	slices.SortFunc(order, func(a, b task) int { return cmp.Or(cmp.Compare(b.ns, a.ns), cmp.Compare(a.pid, b.pid)) })
	for _, t := range order[:min(10, len(order))] {
		fmt.Printf("%-16s %8d %5d.%06d s\n", names[t.pid], t.pid, t.ns/1e9, t.ns/1000%1e6)
	}
}
