// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT

import org.apache.arrow.c.ArrowArray;
import org.apache.arrow.c.ArrowArrayStream;
import org.apache.arrow.c.ArrowSchema;
import org.apache.arrow.c.Data;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.memory.util.MemoryUtil;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.TimeStampNanoVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowReader;
import ringmap.*;

/** Columns reach Arrow's library for Java where they lie. Prints TAP. */
final class ArrowTest {
  /** Offsets in struct ArrowArray. */
  private static final int BUFFERS = 40;

  private static final int CHILDREN = 48;

  private static void check(int number, boolean good, String what) {
    System.out.printf("%sok %d - %s%n", good ? "" : "not ", number, what);
    if (!good) {
      System.exit(1);
    }
  }

  private static Reader reader() {
    TableOpts opts = new TableOpts();
    opts.setEvent("sched:sched_switch");
    opts.addColumn("ts");
    opts.addColumn("next_pid");
    return new Reader(Trace.openFile("tests/data/recordings/workload", null), opts, null, null);
  }

  /** Whether a batch of our own says the same. */
  private static boolean same(VectorSchemaRoot root, Batch batch) {
    TimeStampNanoVector ts = (TimeStampNanoVector) root.getVector(0);
    IntVector pid = (IntVector) root.getVector(1);
    Column ourTs = batch.column("ts");
    Column ourPid = batch.column("next_pid");
    boolean same = root.getRowCount() == batch.getRows();
    for (int row = 0; same && row < root.getRowCount(); row++) {
      same = ts.get(row) == ourTs.number(row) && pid.get(row) == ourPid.number(row);
    }
    return same;
  }

  private static void stream(BufferAllocator allocator) throws Exception {
    long rows = 0;
    boolean same = true;
    try (Reader reader = reader();
        Reader other = reader();
        Stream stream = reader.stream();
        ArrowReader records =
            Data.importArrayStream(allocator, ArrowArrayStream.wrap(stream.address()))) {
      while (records.loadNextBatch()) {
        System.gc();
        VectorSchemaRoot root = records.getVectorSchemaRoot();
        same &= same(root, other.nextBatch(0));
        rows += root.getRowCount();
      }
    }
    check(1, rows == 4945, "all rows of the recording come");
    check(2, same, "their values are those of the batches");
  }

  private static void batch(BufferAllocator allocator) {
    try (Reader reader = reader();
        Batch batch = reader.nextBatch(0)) {
      long child = MemoryUtil.getLong(MemoryUtil.getLong(batch.arrayAddress() + CHILDREN));
      long ours = MemoryUtil.getLong(MemoryUtil.getLong(child + BUFFERS) + Long.BYTES);
      try (ArrowArray array = ArrowArray.wrap(batch.arrayAddress());
          ArrowSchema schema = ArrowSchema.wrap(batch.schemaAddress());
          VectorSchemaRoot root = Data.importVectorSchemaRoot(allocator, array, schema, null)) {
        long theirs = root.getVector(0).getDataBuffer().memoryAddress();
        check(3, theirs == ours, "nothing is copied");
      }
    }
  }

  public static void main(String[] args) throws Exception {
    System.out.println("1..3");
    try (BufferAllocator allocator = new RootAllocator()) {
      stream(allocator);
      batch(allocator);
    }
  }
}
