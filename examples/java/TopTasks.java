// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT

import java.util.HashMap;
import java.util.Map;
import ringmap.*;

/**
 * Prints the ten tasks that ran longest, from the columns of sched_switch.
 *
 * <p>java -cp ringmap.jar TopTasks.java FILE reads a trace.dat or a folder of raw captures; --live
 * NAME follows a tracing instance for one second.
 */
final class TopTasks {
  private record Running(long pid, long since) {}

  private record Task(long pid, String name, long ns) {}

  private final Map<Long, Running> last = new HashMap<>();
  private final Map<Long, Task> tasks = new HashMap<>();

  /** Charges the time between two switches to the task that ran, if it is known. */
  private void charge(Batch batch) {
    Column ts = batch.column("ts"), cpu = batch.column("cpu"), lost = batch.column("lost_before");
    Column prev = batch.column("prev_pid"), comm = batch.column("prev_comm");
    Column next = batch.column("next_pid");
    for (long row = 0; row < batch.getRows(); row++) {
      long now = ts.number(row), pid = prev.number(row);
      boolean whole = !lost.isNull(row) && lost.number(row) == 0;
      Running before = last.put(cpu.number(row), new Running(next.number(row), now));
      if (whole && before != null && pid != 0 && before.pid == pid) {
        long ns = tasks.containsKey(pid) ? tasks.get(pid).ns : 0;
        tasks.put(pid, new Task(pid, comm.text(row), ns + now - before.since));
      }
    }
  }

  public static void main(String[] args) {
    boolean live = args[0].equals("--live");
    TraceOpts traceOpts = new TraceOpts();
    TableOpts opts = new TableOpts();
    opts.setEvent("sched:sched_switch");
    for (String name : "ts cpu prev_pid prev_comm next_pid lost_before".split(" ")) {
      opts.addColumn(name);
    }
    traceOpts.setInstance(live ? args[1] : null);
    TopTasks top = new TopTasks();
    try (Trace trace = live ? new Trace(traceOpts) : Trace.openFile(args[0], null);
        Reader reader = new Reader(trace, opts, null, null)) {
      for (Batch batch; (batch = reader.nextBatch(1000)) != null;) {
        top.charge(batch);
        if (live) break;
      }
    }
    System.out.printf("%-16s %8s %14s%n", "TASK", "PID", "CPU TIME");
    top.tasks.values().stream()
        .sorted((a, b) -> a.ns == b.ns ? Long.compare(a.pid, b.pid) : Long.compare(b.ns, a.ns)).limit(10)
        .forEach(t -> System.out.printf("%-16s %8d %5d.%06d s%n", t.name, t.pid,
            t.ns / 1_000_000_000, t.ns / 1000 % 1_000_000));
  }
}
