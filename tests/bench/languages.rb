# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
# frozen_string_literal: true

# Is told a folder of captures and a number of rounds by languages.py. A line is
# a way, its events and its seconds.

require "ringmap"

FOLDER = ARGV[0]
IMAGE = File.binread("#{FOLDER}/per_cpu/cpu0/trace_pipe_raw")
COLUMNS = %w[ts cpu common_pid].freeze

def tell(way)
  start = Process.clock_gettime(Process::CLOCK_MONOTONIC)
  events = yield
  puts "#{way} #{events} #{Process.clock_gettime(Process::CLOCK_MONOTONIC) - start}"
end

def pages(way)
  ring = Ringmap::Ring.image(IMAGE)
  tell(way) do
    events = 0
    ring.each_page { |page| events += yield page }
    events
  end
  ring.close
end

ARGV[1].to_i.times do
  seen = 0
  event = Ringmap::Event.new
  pages("walk") do |page|
    events = 0
    while page.read_event(event)
      seen += event.ts
      events += 1
    end
    events
  end
  pages("index") do |page|
    stamps = page.index.ts_bytes.unpack("Q*")
    seen += stamps.sum
    stamps.size
  end
  Ringmap.open(FOLDER) do |trace|
    reader = trace.reader(columns: COLUMNS)
    tell("columns") do
      reader.sum do |batch|
        seen += batch[:ts].sum(&:to_i)
        batch.rows
      end
    end
  end
end
