// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.ToLongFunction;
import org.apache.arrow.c.ArrowArrayStream;
import org.apache.arrow.c.Data;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.ipc.ArrowReader;
import ringmap.*;

/**
 * Is told a folder of captures, a number of rounds and a way by tests/bench/languages.py. A line is
 * the way, its events and its seconds.
 */
final class Bench {
  /** Keeps the compiler from leaving the work out. */
  private static volatile long seen;

  private static final Event EVENT = new Event();
  private static final Index INDEX = new Index();

  private static void tell(String way, long events, long begin) {
    System.out.printf("%s %d %.9f%n", way, events, (System.nanoTime() - begin) / 1e9);
  }

  private static void pages(String way, byte[] image, ToLongFunction<Page> work) {
    try (Ring ring = Ring.openImage(image, null)) {
      long events = 0;
      long begin = System.nanoTime();
      for (Page page : Following.pages(ring, 0)) {
        events += work.applyAsLong(page);
        page.close();
      }
      tell(way, events, begin);
    }
  }

  private static long walk(Page page) {
    long events = 0;
    long sum = 0;
    while (page.readEvent(EVENT)) {
      sum += EVENT.getTs();
      events++;
    }
    seen += sum;
    return events;
  }

  private static long index(Page page) {
    long sum = 0;
    INDEX.readPage(page);
    LongBuffer stamps = INDEX.tsBytes().asLongBuffer();
    for (int i = 0; i < stamps.limit(); i++) {
      sum += stamps.get(i);
    }
    seen += sum;
    return stamps.limit();
  }

  private static void columns(String folder, BufferAllocator allocator) throws IOException {
    TableOpts opts = new TableOpts();
    for (String name : new String[] {"ts", "cpu", "common_pid"}) {
      opts.addColumn(name);
    }
    try (Trace trace = Trace.openFile(folder, null);
        Reader reader = new Reader(trace, opts, null, null)) {
      long rows = 0;
      long sum = 0;
      long begin = System.nanoTime();
      try (Stream stream = reader.stream();
          ArrowReader records =
              Data.importArrayStream(allocator, ArrowArrayStream.wrap(stream.address()))) {
        while (records.loadNextBatch()) {
          ArrowBuf data = records.getVectorSchemaRoot().getVector(0).getDataBuffer();
          int count = records.getVectorSchemaRoot().getRowCount();
          ByteBuffer bytes = data.nioBuffer(0, 8 * count).order(ByteOrder.nativeOrder());
          LongBuffer stamps = bytes.asLongBuffer();
          for (int i = 0; i < count; i++) {
            sum += stamps.get(i);
          }
          rows += count;
        }
      }
      seen += sum;
      tell("columns", rows, begin);
    }
  }

  public static void main(String[] args) throws IOException {
    String way = args[2];
    int rounds = Integer.parseInt(args[1]);
    if (way.equals("columns")) {
      try (BufferAllocator allocator = new RootAllocator()) {
        for (int i = 0; i < rounds; i++) {
          columns(args[0], allocator);
        }
      }
      return;
    }
    byte[] image = Files.readAllBytes(Path.of(args[0], "per_cpu/cpu0/trace_pipe_raw"));
    for (int i = 0; i < rounds; i++) {
      pages(way, image, way.equals("walk") ? Bench::walk : Bench::index);
    }
  }
}
