# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
# frozen_string_literal: true

# Is told a folder of captures, a number of rounds and a way by languages.py. A
# line is the way, its events and its seconds.

require "ringmap"

FOLDER, ROUNDS, WAY = ARGV
COLUMNS = %w[ts cpu common_pid].freeze

def tell
  start = Process.clock_gettime(Process::CLOCK_MONOTONIC)
  events = yield
  puts "#{WAY} #{events} #{Process.clock_gettime(Process::CLOCK_MONOTONIC) - start}"
end

def pages(image)
  ring = Ringmap::Ring.image(image)
  tell do
    events = 0
    ring.each_page { |page| events += yield page }
    events
  end
  ring.close
end

def walk(page, event)
  seen = 0
  events = 0
  while page.read_event(event)
    seen += event.ts
    events += 1
  end
  [events, seen]
end

def index(page)
  stamps = page.index.ts_bytes.unpack("Q*")
  [stamps.size, stamps.sum]
end

def columns
  Ringmap.open(FOLDER) do |trace|
    reader = trace.reader(columns: COLUMNS)
    seen = 0
    tell do
      reader.sum do |batch|
        seen += batch[:ts].sum(&:to_i)
        batch.rows
      end
    end
  end
end

image = File.binread("#{FOLDER}/per_cpu/cpu0/trace_pipe_raw") unless WAY == "columns"
event = Ringmap::Event.new
ROUNDS.to_i.times do
  case WAY
  when "walk" then pages(image) { |page| walk(page, event).first }
  when "index" then pages(image) { |page| index(page).first }
  when "columns" then columns
  end
end
