# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
# frozen_string_literal: true

require "ringmap/ringmap"

# The Linux kernel's trace ring buffers, where they lie. What SWIG makes of the
# library, and what is Ruby's own way: keywords, blocks, Enumerable.
module Ringmap
  LISTS = { columns: :add_column, pids: :add_pid, cpus: :add_cpu }.freeze
  NAP = 0.01 # seconds between looks; other threads run meanwhile

  # Keywords as an option struct; mode: :follow and the like may be symbols.
  def self.options(struct, given)
    given.each_with_object(struct.new) do |(key, value), opts|
      value = const_get("#{key}_#{value}".upcase) if value.is_a?(::Symbol)
      next opts.public_send("#{key}=", value) unless LISTS.key?(key)

      value.each { |one| opts.public_send(LISTS[key], one) }
    end
  end

  # With a block: the object closes at its end.
  def self.closing(object)
    return object unless block_given?

    yield object
  ensure
    object.close if block_given?
  end

  def self.open(path, instance: nil, &block) = closing(Trace.open_file(path, instance), &block)

  # What the block takes from source, until there was nothing for timeout seconds.
  def self.following(source, timeout)
    idle = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    loop do
      found = yield
      now = Process.clock_gettime(Process::CLOCK_MONOTONIC)
      return found if found || now - idle >= timeout

      sleep NAP
      return nil if !source.wait(0) && source.stopped?
    end
  end

  { Ring => RingOpts, Trace => TraceOpts, Session => SessionOpts }.each do |type, opts|
    type.define_singleton_method(:open) do |**given, &block|
      Ringmap.closing(type.new(Ringmap.options(opts, given)), &block)
    end
  end

  # Iterators return an Enumerator where they get no block.
  { Ring => [:each_page, :next_page], Trace => [:each_event, :next_event] }.each do |type, (name, take)|
    type.define_method(name) do |timeout: 0, &block|
      next enum_for(name, timeout: timeout) unless block

      while (found = Ringmap.following(self, timeout) { public_send(take) })
        block.call(found)
      end
    end
    type.alias_method(:each, name)
  end

  class Ring
    def self.image(bytes, **given, &block)
      Ringmap.closing(open_image(bytes, Ringmap.options(ImageOpts, given)), &block)
    end
  end

  class Page
    def each = block_given? ? (while (event = next_event) do yield event end) : enum_for
  end

  class Index
    def each
      return enum_for unless block_given?

      count.times { |i| yield ts(i), id(i), offset(i), size(i) }
    end
  end

  class Trace
    def reader(schema: nil, threads: 0, flags: 0, **table)
      Reader.new(self, Ringmap.options(TableOpts, table), schema,
                 Ringmap.options(ReaderOpts, { threads: threads, flags: flags }))
    end
  end

  class Reader
    def each(timeout_ms: 0)
      return enum_for(timeout_ms: timeout_ms) unless block_given?

      while (batch = next_batch(timeout_ms)) do yield batch end
    end
  end

  class Format
    def fields = Array.new(nr_fields) { |i| field_at(i) }
  end

  # An event's value, as a row of a Column has one: field[event].
  class Field
    def [](event) = read(event)[0]
  end

  # A row's value: Integer, true or false, String, Array, or nil.
  class Column
    def [](row)
      return nil if null?(row)

      case kind
      when "text" then text(row)
      when "bytes" then bytes(row)
      when "bool" then number(row) != 0
      when "uint" then number(row) % (1 << 64)
      when "list" then Array.new(list_length(row)) { |i| items[list_begin(row) + i] }
      else number(row)
      end
    end

    def each
      return enum_for unless block_given?

      length.times { |row| yield self[row] }
    end
  end

  # [Ring, Page] is a ring's pages, a page's events, and so on.
  [Ring, Page, Index, Trace, Reader, Column].each { |type| type.include(Enumerable) }

  class Batch
    def [](name) = column(name.to_s)

    def each_row
      names = Array.new(columns) { |i| column_at(i) }
      rows.times { |row| yield names.to_h { |c| [c.name, c[row]] } }
    end
  end
end
