// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT

// Command cases obeys tests/bindings/run_cases.py: one step a line, one answer
// a line.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"ringmap.invalid/go"
)

// view is bytes of a page, and the page, which keeps them where they are.
type view struct {
	bytes []byte
	page  *ringmap.Page
}

type words []any

func (w words) text(i int) string {
	if i >= len(w) {
		return ""
	}
	return w[i].(string)
}

func (w words) number(i int) int {
	n, err := strconv.Atoi(w.text(i))
	if err != nil {
		panic(err)
	}
	return n
}

// at is an argument that is an object; what is none is nil.
func at[T any](w words, i int) T { return w[i].(T) }

// span is "count first last" of time stamps.
type span struct{ count, first, last uint64 }

func (s *span) add(ts uint64) {
	if s.count == 0 {
		s.first = ts
	}
	s.count, s.last = s.count+1, ts
}

func (s *span) String() string { return fmt.Sprint(s.count, s.first, s.last) }

func sum(bytes []byte) string {
	total := 0
	for _, b := range bytes {
		total += int(b)
	}
	return fmt.Sprint(len(bytes), total)
}

// collect waits until finalizers ran, those that run because of others too.
func collect() {
	for range 3 {
		ran := make(chan bool)
		runtime.SetFinalizer(&struct{ p *int }{new(int)}, func(any) { close(ran) })
		for done := false; !done; {
			runtime.GC()
			select {
			case <-ran:
				done = true
			case <-time.After(10 * time.Millisecond):
			}
		}
	}
}

// answer says what a verb's results are.
func answer(result any, err error) string {
	var failure *ringmap.Error
	if errors.As(err, &failure) {
		name := strings.TrimPrefix(failure.Status.Error(), "RINGMAP_E_")
		return "error\t" + name + "\t" + failure.Error()
	}
	if err != nil {
		panic(err)
	}
	switch r := result.(type) {
	case nil:
		return "nothing"
	case fmt.Stringer, string, int, int64, uint64, bool:
		return "value\t" + fmt.Sprint(r)
	case []any:
		parts := make([]string, len(r))
		for i, one := range r {
			parts[i] = fmt.Sprint(one)
		}
		return "value\t" + strings.Join(parts, ",")
	}
	return "object"
}

// some is an object, or nothing at all where it is a nil pointer.
func some[T any](object *T, err error) (any, error) {
	if object == nil {
		return nil, err
	}
	return object, err
}

func main() {
	vars := map[string]any{}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		line := strings.Split(lines.Text(), "\t")
		if line[1] == "drop" {
			delete(vars, line[2])
			fmt.Println("value\tdropped")
			continue
		}
		args := make(words, len(line)-2)
		for i, word := range line[2:] {
			if args[i] = word; vars[word] != nil {
				args[i] = vars[word]
			}
		}
		if line[1] == "close" {
			collect() // a view keeps its ring mapped until it is collected
		}
		result, err := verbs[line[1]](args)
		if vars[line[0]] = result; err != nil || line[0] == "-" {
			delete(vars, line[0])
		}
		fmt.Println(answer(result, err))
	}
}
