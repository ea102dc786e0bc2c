// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT

package ringmap

import (
	"iter"
	"runtime"
	"time"

	"ringmap.invalid/go/raw"
)

// Trace is several rings in time order, and their schema.
type Trace object[raw.Trace]

func (t *Trace) o() *object[raw.Trace] { return (*object[raw.Trace])(t) }

// Open opens a trace.dat file or a folder of captures; instance may be "".
func Open(path, instance string) (*Trace, error) {
	t, err := create(func() raw.Trace { return raw.TraceOpenFile(path, instance) }, raw.DeleteTrace)
	return (*Trace)(t), err
}

// OpenLive opens the rings of an instance that is recording.
func OpenLive(instance string, mode raw.Enum_SS_ringmap_mode) (*Trace, error) {
	opts := raw.NewTraceOpts()
	defer raw.DeleteTraceOpts(opts)
	opts.SetInstance(instance)
	opts.SetMode(uint(mode))
	t, err := create(func() raw.Trace { return raw.NewTrace(opts) }, raw.DeleteTrace)
	return (*Trace)(t), err
}

// Close closes its rings.
func (t *Trace) Close() error { return do(t.o(), raw.Trace.Close) }

// Stop makes a running or the next wait return. Any goroutine may call it.
func (t *Trace) Stop() error { return do(t.o(), raw.Trace.Stop) }

// Clock names what its time stamps count.
func (t *Trace) Clock() (string, error) { return try(t.o(), raw.Trace.Clock) }

// Flags are raw.TRACE_HOST_TIME and raw.TRACE_CUT.
func (t *Trace) Flags() (int, error) {
	return try(t.o(), func(trace raw.Trace) int { return int(trace.Flags()) })
}

// Cut says where the file was cut; empty: it is whole.
func (t *Trace) Cut() (string, error) { return try(t.o(), raw.Trace.Cut) }

// Rings is how many there are.
func (t *Trace) Rings() (int, error) {
	return try(t.o(), func(trace raw.Trace) int { return int(trace.Rings()) })
}

// Ring is number i of them.
func (t *Trace) Ring(i int) (*Ring, error) {
	r, err := tryOwn(t.o(), func(trace raw.Trace) raw.Ring { return trace.Ring(uint(i)) }, raw.DeleteRing)
	return (*Ring)(r), err
}

// Schema is the formats of its events.
func (t *Trace) Schema() (*Schema, error) {
	s, err := tryOwn(t.o(), raw.Trace.Schema, raw.DeleteSchema)
	return (*Schema)(s), err
}

// NextEvent copies the oldest event of all rings; nil: nothing now.
func (t *Trace) NextEvent() (*Event, error) {
	e, err := tryOwn(t.o(), raw.Trace.NextEvent, raw.DeleteEvent)
	return (*Event)(e), err
}

// Wait sleeps until there is something: false if not, or if it was stopped.
func (t *Trace) Wait(timeout time.Duration) (bool, error) {
	ms := int(timeout.Milliseconds())
	return try(t.o(), func(trace raw.Trace) bool { return trace.Wait(ms) })
}

// Events are all there are now, in time order, up to the first error.
func (t *Trace) Events() iter.Seq2[*Event, error] { return each(t.NextEvent) }

// Event is a copy of one event.
type Event object[raw.Event]

func (e *Event) o() *object[raw.Event] { return (*object[raw.Event])(e) }

// TS, CPU, ID, Size and Lost are what ringmap.h says of events.
func (e *Event) TS() uint64      { return get(e.o(), raw.Event.GetTs) }
func (e *Event) CPU() int        { return int(get(e.o(), raw.Event.GetCpu)) }
func (e *Event) ID() int         { return int(get(e.o(), raw.Event.GetId)) }
func (e *Event) Size() int       { return int(get(e.o(), raw.Event.GetSize)) }
func (e *Event) Lost() raw.Count { return get(e.o(), raw.Event.GetLost) }

// Bytes are the event's own, as long as it can be reached.
func (e *Event) Bytes() ([]byte, error) { return see(e.o(), raw.Event.Bytes) }

// Schema is the formats of a kernel's events.
type Schema object[raw.Schema]

func (s *Schema) o() *object[raw.Schema] { return (*object[raw.Schema])(s) }

// Format finds "system:event" or "event".
func (s *Schema) Format(name string) (*Format, error) {
	f, err := tryOwn(s.o(), func(schema raw.Schema) raw.Format { return schema.Format(name) }, raw.DeleteFormat)
	return (*Format)(f), err
}

// FormatByID finds the format of an event's ID.
func (s *Schema) FormatByID(id int) (*Format, error) {
	f, err := tryOwn(s.o(), func(schema raw.Schema) raw.Format { return schema.FormatById(uint(id)) }, raw.DeleteFormat)
	return (*Format)(f), err
}

// Print shows an event as the kernel would.
func (s *Schema) Print(event *Event) (string, error) {
	defer runtime.KeepAlive(event)
	return try(s.o(), func(schema raw.Schema) string { return schema.PrintEvent(rawOf(event.o()), 0) })
}

// Format is one event's.
type Format object[raw.Format]

func (f *Format) o() *object[raw.Format] { return (*object[raw.Format])(f) }

// System, Name, ID, Size and Fields are what ringmap.h says of formats.
func (f *Format) System() string { return get(f.o(), raw.Format.GetSystem) }
func (f *Format) Name() string   { return get(f.o(), raw.Format.GetName) }
func (f *Format) ID() int        { return int(get(f.o(), raw.Format.GetId)) }
func (f *Format) Size() int      { return int(get(f.o(), raw.Format.GetSize)) }
func (f *Format) Fields() int    { return int(get(f.o(), raw.Format.GetNrFields)) }

// FieldAt is field number i.
func (f *Format) FieldAt(i int) (*Field, error) {
	field, err := tryOwn(f.o(), func(format raw.Format) raw.Field { return format.FieldAt(uint(i)) }, raw.DeleteField)
	return (*Field)(field), err
}

// Field finds a field by name.
func (f *Format) Field(name string) (*Field, error) {
	field, err := tryOwn(f.o(), func(format raw.Format) raw.Field { return format.Field(name) }, raw.DeleteField)
	return (*Field)(field), err
}

// Field is one of a format.
type Field object[raw.Field]

func (f *Field) o() *object[raw.Field] { return (*object[raw.Field])(f) }

// Name, Offset, Size, Kind and Flags are what ringmap.h says of fields.
func (f *Field) Name() string { return get(f.o(), raw.Field.GetName) }
func (f *Field) Offset() int  { return int(get(f.o(), raw.Field.GetOffset)) }
func (f *Field) Size() int    { return int(get(f.o(), raw.Field.GetSize)) }
func (f *Field) Kind() int    { return int(get(f.o(), raw.Field.GetKind)) }
func (f *Field) Flags() int   { return int(get(f.o(), raw.Field.GetFlags)) }

// Number is an event's value of it.
func (f *Field) Number(event *Event) (int64, error) {
	defer runtime.KeepAlive(event)
	return try(f.o(), func(field raw.Field) int64 { return field.Number(rawOf(event.o())) })
}

// Text is an event's value of it, where that is a string or has a name.
func (f *Field) Text(event *Event) (string, error) {
	defer runtime.KeepAlive(event)
	return try(f.o(), func(field raw.Field) string { return field.Text(rawOf(event.o())) })
}

// Value is an event's value of it, as Column.Value has one: of a list all of it.
func (f *Field) Value(event *Event) (any, error) {
	defer runtime.KeepAlive(event)
	return try(f.o(), func(field raw.Field) any { return take(field.Read(rawOf(event.o())), 0) })
}
