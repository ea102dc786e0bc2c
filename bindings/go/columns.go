// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT

package ringmap

import (
	"iter"
	"runtime"
	"time"

	"ringmap.invalid/go/raw"
)

// TableOptions say which rows and columns: struct ringmap_table_opts.
type TableOptions struct {
	Event        string
	Columns      []string
	PIDs         []int
	CPUs         []int
	From, To     uint64
	BatchRows    int
	Threads      int  // of a reader
	Ordered      bool // rows of a reader in time order over all CPUs
	PlainNumbers bool // symbols and flags as numbers
}

// use makes the struct for as long as f runs.
func (t TableOptions) use(f func(raw.TableOpts)) {
	opts := raw.NewTableOpts()
	defer raw.DeleteTableOpts(opts)
	opts.SetEvent(t.Event)
	opts.SetTsFrom(t.From)
	opts.SetTsTo(t.To)
	opts.SetBatchRows(int64(t.BatchRows))
	if t.PlainNumbers {
		opts.SetFlags(uint(raw.TABLE_NUMBERS))
	}
	for _, name := range t.Columns {
		opts.AddColumn(name)
	}
	for _, pid := range t.PIDs {
		opts.AddPid(pid)
	}
	for _, cpu := range t.CPUs {
		opts.AddCpu(uint(cpu))
	}
	f(opts)
}

// Reader fills batches from a trace, in one pass.
type Reader object[raw.Reader]

func (r *Reader) o() *object[raw.Reader] { return (*object[raw.Reader])(r) }

// Reader makes columns of one event.
func (t *Trace) Reader(options TableOptions) (*Reader, error) {
	r, err := tryOwn(t.o(), func(trace raw.Trace) (reader raw.Reader) {
		more := raw.NewReaderOpts()
		defer raw.DeleteReaderOpts(more)
		more.SetThreads(uint(options.Threads))
		if options.Ordered {
			more.SetFlags(uint(raw.READER_ORDERED))
		}
		options.use(func(opts raw.TableOpts) { reader = raw.NewReader(trace, opts, nil, more) })
		return reader
	}, raw.DeleteReader)
	return (*Reader)(r), err
}

// Close ends its threads.
func (r *Reader) Close() error { return do(r.o(), raw.Reader.Close) }

// Stop makes a running or the next call return. Any goroutine may call it.
func (r *Reader) Stop() error { return do(r.o(), raw.Reader.Stop) }

// NextBatch waits for rows for as long as timeout; nil: nothing now.
func (r *Reader) NextBatch(timeout time.Duration) (*Batch, error) {
	ms := int(timeout.Milliseconds())
	b, err := tryOwn(r.o(), func(reader raw.Reader) raw.Batch { return reader.NextBatch(ms) }, raw.DeleteBatch)
	return (*Batch)(b), err
}

// Batches are all that come, up to the first error.
func (r *Reader) Batches(timeout time.Duration) iter.Seq2[*Batch, error] {
	return each(func() (*Batch, error) { return r.NextBatch(timeout) })
}

// Stream calls use with the address of an Arrow C stream of all the rows, for
// cdata.ImportCRecordReader of arrow-go, which takes it over.
func (r *Reader) Stream(use func(address uintptr) error) error {
	stream, err := tryOwn(r.o(), raw.Reader.Stream, raw.DeleteStream)
	if err != nil {
		return err
	}
	defer runtime.KeepAlive(stream)
	return use(uintptr(stream.raw.Address()))
}

// Table makes columns page by page.
type Table object[raw.Table]

func (t *Table) o() *object[raw.Table] { return (*object[raw.Table])(t) }

// Table makes columns of one event, of pages that are given to it.
func (s *Schema) Table(options TableOptions) (*Table, error) {
	t, err := tryOwn(s.o(), func(schema raw.Schema) (table raw.Table) {
		options.use(func(opts raw.TableOpts) { table = raw.NewTable(schema, opts) })
		return table
	}, raw.DeleteTable)
	return (*Table)(t), err
}

// Append takes the rows of a page; Busy: export first.
func (t *Table) Append(page *Page) error {
	defer runtime.KeepAlive(page)
	return do(t.o(), func(table raw.Table) { table.Append(rawOf(page.o())) })
}

// Undo takes the rows of the last Append back.
func (t *Table) Undo() error { return do(t.o(), raw.Table.Undo) }

// Export hands the rows over; nil: there are none.
func (t *Table) Export() (*Batch, error) {
	b, err := tryOwn(t.o(), raw.Table.Export, raw.DeleteBatch)
	return (*Batch)(b), err
}

// Batch is rows of all the columns.
type Batch object[raw.Batch]

func (b *Batch) o() *object[raw.Batch] { return (*object[raw.Batch])(b) }

// Rows and Columns are how many it has.
func (b *Batch) Rows() int    { return int(get(b.o(), raw.Batch.GetRows)) }
func (b *Batch) Columns() int { return int(get(b.o(), raw.Batch.GetColumns)) }

// ColumnAt is column number i.
func (b *Batch) ColumnAt(i int) (*Column, error) {
	c, err := tryOwn(b.o(), func(batch raw.Batch) raw.Column { return batch.ColumnAt(uint(i)) }, raw.DeleteColumn)
	return (*Column)(c), err
}

// Column finds a column by name.
func (b *Batch) Column(name string) (*Column, error) {
	c, err := tryOwn(b.o(), func(batch raw.Batch) raw.Column { return batch.Column(name) }, raw.DeleteColumn)
	return (*Column)(c), err
}

// Row is the values of all columns, as Column.Value has them.
func (b *Batch) Row(i int) ([]any, error) {
	return try(b.o(), func(batch raw.Batch) []any {
		row := make([]any, batch.GetColumns())
		for j := range row {
			row[j] = take(batch.ColumnAt(uint(j)), uint64(i))
		}
		return row
	})
}

// Column is read row by row; whole columns are for Arrow's own library.
type Column object[raw.Column]

func (c *Column) o() *object[raw.Column] { return (*object[raw.Column])(c) }

// Name is the column's.
func (c *Column) Name() string { return get(c.o(), raw.Column.GetName) }

// Value is an int64, uint64, bool, string, []byte, a slice of such, or nil.
func (c *Column) Value(row int) (any, error) {
	return try(c.o(), func(column raw.Column) any { return valueOf(column, uint64(row)) })
}

// take is a row's value of a column that is not used again.
func take(column raw.Column, row uint64) any {
	defer raw.DeleteColumn(column)
	return valueOf(column, row)
}

func valueOf(column raw.Column, row uint64) any {
	if column.IsNull(row) {
		return nil
	}
	switch column.GetKind() {
	case "text":
		return column.Text(row)
	case "bytes":
		bytes := column.Bytes(row)
		defer bytes.Forget()
		return append([]byte{}, bytes.Slice()...)
	case "bool":
		return column.Number(row) != 0
	case "uint":
		return uint64(column.Number(row))
	case "int":
		return column.Number(row)
	}
	items := column.Items()
	defer raw.DeleteColumn(items)
	begin, list := column.ListBegin(row), make([]any, column.ListLength(row))
	for i := range list {
		list[i] = valueOf(items, begin+uint64(i))
	}
	return list
}
