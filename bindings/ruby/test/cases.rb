# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
# frozen_string_literal: true

# Obeys tests/bindings/run_cases.py: one step a line, one answer a line.

require "ringmap"

# "count first last" of time stamps.
def span(stamps)
  all = stamps.to_a
  [all.size, all.first || 0, all.last || 0].join(" ")
end

def sum(bytes) = "#{bytes.bytesize} #{bytes.sum(32)}"

def text(value) = value.is_a?(Array) ? value.map { |one| text(one) }.join(",") : value.to_s

# What the verbs do; objects come as they are, other words as strings.
module Verbs
  module_function

  def image(path) = Ringmap::Ring.image(File.binread(path))
  def file(path, instance = nil) = Ringmap.open(path, instance: instance)

  def ring(instance, cpu, mode)
    Ringmap::Ring.open(instance: instance, cpu: cpu.to_i, mode: mode.to_sym)
  end

  def borrow(ring) = ring.borrow_page
  def return(ring, page) = ring.return_page(page)
  def next_page(ring) = ring.next_page
  def close(object) = object.close
  def valid(page) = page.valid?
  def bytes(page) = sum(page.bytes)
  def view(page) = [page.bytes]
  def look(view) = sum(view[0])
  def number(page, offset, size) = page.number(offset.to_i, size.to_i, false)
  def walk(page) = span(page.map(&:ts))
  def index(page) = span(page.index.map { |ts, *| ts })
  def walk_all(ring) = span(ring.flat_map { |page| page.map(&:ts) })
  def index_all(ring) = span(ring.flat_map { |page| page.index.map { |ts, *| ts } })

  def lost(ring)
    lost = ring.map(&:lost)
    "#{lost.count { |n| n != 0 }} #{lost.compact.sum} #{lost.count(nil)}"
  end

  def stats(ring)
    stats = ring.stats
    "#{stats.events} #{stats.pages} #{stats.lost || "unknown"}"
  end

  def mode(ring) = Ringmap.mode_name(ring.info.mode)
  def snapshot(ring) = sum(ring.snapshot)
  def event(trace) = trace.next_event
  def trace_ring(trace, i) = trace.ring(i.to_i)
  def about_event(event) = [event.ts, event.cpu, event.id, event.size].join(" ")
  def drain(trace) = span(trace.map(&:ts))
  def clock(trace) = trace.clock
  def flags(trace) = trace.flags
  def schema(trace) = trace.schema
  def format(schema, name) = schema.format(name)
  def format_by_id(schema, id) = schema.format_by_id(id.to_i)
  def about_format(f) = [f.system, f.name, f.id, f.size, f.nr_fields].join(" ")
  def fields(format) = text(format.fields.map(&:name))
  def field(format, name) = format.field(name)
  def about_field(f) = [f.name, f.offset, f.size, f.kind, f.flags].join(" ")
  def number_of(field, event) = field.number(event)
  def text_of(field, event) = field.text(event)
  def value_of(field, event) = field[event]&.then { |value| text(value) }
  def event_of(trace, format) = trace.find { |event| event.id == format.id }
  def print(schema, event) = schema.print_event(event, 0)

  def reader(trace, event, columns = "", threads = "0")
    options = { event: event, columns: columns.split(","), threads: threads.to_i }
    trace.reader(**options.reject { |_, value| ["*", []].include?(value) })
  end

  def batch(reader) = reader.next_batch(0)
  def rows(batch) = batch.rows
  def columns(batch) = text(Array.new(batch.columns) { |i| batch.column_at(i).name })

  def cell(batch, name, row)
    value = batch[name][row.to_i]
    value.nil? ? nil : text(value)
  end

  def total(reader) = reader.sum(&:rows)
  def sum_of(reader, column) = reader.sum { |batch| batch[column].sum(&:to_i) }

  def table(schema, event)
    Ringmap::Table.new(schema, Ringmap.options(Ringmap::TableOpts, { event: event }))
  end

  def append(table, page) = table.append(page)
  def undo(table) = table.undo
  def export(table) = table.export
  def check(status) = Ringmap.check_status(status.to_i)
  def missing = Ringmap::Ring.new(nil)

  def collect
    GC.start
    nil
  end

  def churn(path, times)
    image = File.binread(path)
    Array.new(times.to_i) do
      page = Ringmap::Ring.image(image).next_page
      GC.start
      page.index.count
    end.sum
  end

  def session(event)
    session = Ringmap::Session.open(buffer_kb: 64)
    session.enable(event, nil)
    session.add_pid(Process.pid)
    session.start
    session
  end

  def burn(times)
    times.to_i.times { File.stat("/proc/self/stat") }
    nil
  end

  def live_ring(session, cpu, mode) = ring(session.instance, cpu, mode)

  def follow(session, seconds)
    rings = open_rings(session)
    ends = Time.now + seconds.to_f
    events = 0
    while Time.now < ends
      burn(100)
      rings.each do |ring|
        ring.wait(1)
        ring.each_page { |page| events += page.index.count }
      end
    end
    lost = rings.sum { |ring| ring.stats.lost.to_i }
    rings.each(&:close)
    "#{events} #{lost}"
  end

  # What a forked child is told.
  def child(verb, *words)
    reader, writer = IO.pipe
    pid = fork do
      writer.write(ANSWER.call("-", verb, words))
      exit!(0)
    end
    writer.close
    Process.wait(pid)
    Said.new(reader.read)
  end

  def open_rings(session)
    rings = []
    loop { rings << live_ring(session, rings.size, "follow") }
  rescue Ringmap::NoentError
    rings
  end
end

# An answer that somebody else gave.
Said = Class.new(String)

VARS = {}

ANSWER = lambda do |variable, verb, words|
  verb = "sum_of" if verb == "sum"
  result = VARS[variable] = Verbs.public_send(verb, *words.map { |word| VARS.fetch(word, word) })
  case result
  when Said then result
  when nil then "nothing"
  when Integer, String, true, false then "value\t#{text(result)}"
  else "object"
  end
rescue Ringmap::Error => e
  name = Ringmap.status_name(e.status).delete_prefix("RINGMAP_E_")
  "error\t#{name}\t#{e.message}"
end

$stdout.sync = true
$stdin.each_line(chomp: true) do |line|
  variable, verb, *words = line.split("\t")
  if verb == "drop"
    VARS.delete(words[0])
    puts "value\tdropped"
  else
    puts ANSWER.call(variable, verb, words)
  end
end
