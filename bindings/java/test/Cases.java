// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import ringmap.*;

/** Obeys tests/bindings/run_cases.py: one step a line, one answer a line. */
final class Cases {
  private static final String DONE = "done";

  /** "count first last" of time stamps. */
  private static final class Span {
    long count;
    long first;
    long last;

    void add(long ts) {
      first = count++ == 0 ? ts : first;
      last = ts;
    }

    void walk(Page page) {
      for (Event event; (event = page.nextEvent()) != null; ) {
        add(event.getTs());
      }
    }

    void index(Page page) {
      Index index = page.index();
      for (int i = 0; i < index.getCount(); i++) {
        add(index.ts(i));
      }
    }

    @Override
    public String toString() {
      return count + " " + first + " " + last;
    }
  }

  /** A step's arguments, objects where they name some. */
  private record Words(Object[] words) {
    String text(int i) {
      return i < words.length ? (String) words[i] : null;
    }

    int number(int i) {
      return Integer.parseInt(text(i));
    }

    <T> T at(int i, Class<T> type) {
      return type.cast(words[i]);
    }

    Ring ring() {
      return at(0, Ring.class);
    }

    Page page() {
      return at(0, Page.class);
    }

    Trace trace() {
      return at(0, Trace.class);
    }

    Schema schema() {
      return at(0, Schema.class);
    }

    Batch batch() {
      return at(0, Batch.class);
    }
  }

  private static Ring image(String path) throws IOException {
    return Ring.openImage(Files.readAllBytes(Path.of(path)), null);
  }

  private static Ring ring(String instance, int cpu, String mode) {
    RingOpts opts = new RingOpts();
    opts.setInstance(instance);
    opts.setCpu(cpu);
    opts.setMode(mode.equals("follow") ? Mode.MODE_FOLLOW : Mode.MODE_CONSUME);
    return new Ring(opts);
  }

  private static String sum(ByteBuffer bytes) {
    int total = 0;
    for (int i = 0; i < bytes.limit(); i++) {
      total += bytes.get(i) & 0xff;
    }
    return bytes.limit() + " " + total;
  }

  private static String lost(Ring ring) {
    long marks = 0;
    long counted = 0;
    long unknown = 0;
    for (Page page : Following.pages(ring, 0)) {
      OptionalLong lost = page.getLost();
      marks += lost.isPresent() && lost.getAsLong() == 0 ? 0 : 1;
      unknown += lost.isPresent() ? 0 : 1;
      counted += lost.orElse(0);
    }
    return marks + " " + counted + " " + unknown;
  }

  private static String stats(Ring ring) {
    RingStats stats = ring.stats();
    OptionalLong lost = stats.getLost();
    return stats.getEvents() + " " + stats.getPages() + " "
        + (lost.isPresent() ? Long.toString(lost.getAsLong()) : "unknown");
  }

  private static TableOpts options(String event, String columns) {
    TableOpts opts = new TableOpts();
    opts.setEvent("*".equals(event) ? null : event);
    if (columns != null) {
      for (String name : columns.split(",")) {
        opts.addColumn(name);
      }
    }
    return opts;
  }

  private static Reader reader(Words w) {
    ReaderOpts opts = new ReaderOpts();
    opts.setThreads(w.text(3) == null ? 0 : w.number(3));
    return new Reader(w.trace(), options(w.text(1), w.text(2)), null, opts);
  }

  private static Object text(Object value) {
    return value instanceof List<?> list
        ? list.stream().map(one -> String.valueOf(text(one))).collect(Collectors.joining(","))
        : value;
  }

  private static Event eventOf(Trace trace, Format format) {
    for (Event event : Following.events(trace, 0)) {
      if (event.getId() == format.getId()) {
        return event;
      }
    }
    return null;
  }

  private static long sumOf(Reader reader, String name) {
    long sum = 0;
    for (Batch batch : Following.batches(reader, 0)) {
      Column column = batch.column(name);
      for (long row = 0; row < batch.getRows(); row++) {
        sum += column.isNull(row) ? 0 : column.number(row);
      }
    }
    return sum;
  }

  @SuppressWarnings({"deprecation", "removal"})
  private static String collect() throws InterruptedException {
    for (int i = 0; i < 3; i++) {
      System.gc();
      System.runFinalization();
      Thread.sleep(10);
    }
    return DONE;
  }

  /** Opens an image many times and leaves all to the collector. */
  private static long churn(String path, int times) throws IOException {
    long count = 0;
    for (int i = 0; i < times; i++) {
      Page page = image(path).nextPage();
      System.gc();
      count += page.index().getCount();
    }
    return count;
  }

  private static Session session(String event) throws IOException {
    SessionOpts opts = new SessionOpts();
    opts.setBufferKb(64);
    Session session = new Session(opts);
    session.enable(event, null);
    for (String task : new File("/proc/self/task").list()) {
      session.addPid(Integer.parseInt(task));
    }
    session.start();
    return session;
  }

  /** Makes system calls: events, where they are recorded. */
  private static Object burn(int times) throws IOException {
    for (int i = 0; i < times; i++) {
      Files.readAttributes(Path.of("/proc/self/stat"), "size");
    }
    return null;
  }

  private static String follow(Session session, int seconds) throws IOException {
    List<Ring> rings = new ArrayList<>();
    try {
      while (true) {
        rings.add(ring(session.instance(), rings.size(), "follow"));
      }
    } catch (RingmapException e) {
      if (e.status != Status.E_NOENT) {
        throw e;
      }
    }
    long events = 0;
    for (long end = System.nanoTime() + seconds * 1_000_000_000L; System.nanoTime() < end; ) {
      burn(100);
      for (Ring ring : rings) {
        for (Page page : Following.pages(ring, 0)) {
          events += page.index().getCount();
        }
      }
    }
    long lost = 0;
    for (Ring ring : rings) {
      lost += ring.stats().getLost().orElse(0);
      ring.close();
    }
    return events + " " + lost;
  }

  private static Object done(Runnable call) {
    call.run();
    return DONE;
  }

  private static Span all(Ring ring, java.util.function.BiConsumer<Span, Page> how) {
    Span span = new Span();
    for (Page page : Following.pages(ring, 0)) {
      how.accept(span, page);
    }
    return span;
  }

  private static Span one(Page page, java.util.function.BiConsumer<Span, Page> how) {
    Span span = new Span();
    how.accept(span, page);
    return span;
  }

  private static Object about(Object object) {
    if (object instanceof Event e) {
      return e.getTs() + " " + e.getCpu() + " " + e.getId() + " " + e.getSize();
    }
    if (object instanceof Format f) {
      return String.join(" ", f.getSystem(), f.getName(), "" + f.getId(), "" + f.getSize(),
          "" + f.getNrFields());
    }
    Field f = (Field) object;
    return String.join(" ", f.getName(), "" + f.getOffset(), "" + f.getSize(), "" + f.getKind(),
        "" + f.getFlags());
  }

  private static String names(long count, java.util.function.IntFunction<String> name) {
    return IntStream.range(0, (int) count).mapToObj(name).collect(Collectors.joining(","));
  }

  private static Object close(Object object) throws Exception {
    collect(); // a view keeps its ring mapped until it is collected
    ((AutoCloseable) object).close();
    return DONE;
  }

  private static Object drain(Trace trace) {
    Span span = new Span();
    for (Event event : Following.events(trace, 0)) {
      span.add(event.getTs());
    }
    return span;
  }

  private static long total(Reader reader) {
    long rows = 0;
    for (Batch batch : Following.batches(reader, 0)) {
      rows += batch.getRows();
    }
    return rows;
  }

  private static Object perform(String verb, Words w) throws Exception {
    return switch (verb) {
      case "image" -> image(w.text(0));
      case "file" -> Trace.openFile(w.text(0), w.text(1));
      case "ring" -> ring(w.text(0), w.number(1), w.text(2));
      case "borrow" -> w.ring().borrowPage();
      case "return" -> done(() -> w.ring().returnPage(w.at(1, Page.class)));
      case "missing" -> new Ring(null);
      case "next_page" -> w.ring().nextPage();
      case "close" -> close(w.words()[0]);
      case "valid" -> w.page().getValid();
      case "bytes" -> sum(w.page().bytes());
      case "view" -> w.page().bytes();
      case "look" -> sum(w.at(0, ByteBuffer.class));
      case "number" -> w.page().number(w.number(1), w.number(2), false);
      case "walk" -> one(w.page(), Span::walk);
      case "index" -> one(w.page(), Span::index);
      case "walk_all" -> all(w.ring(), Span::walk);
      case "index_all" -> all(w.ring(), Span::index);
      case "lost" -> lost(w.ring());
      case "stats" -> stats(w.ring());
      case "mode" -> Library.mode_name((int) w.ring().info().getMode());
      case "snapshot" -> sum(w.ring().snapshot());
      case "trace_ring" -> w.trace().ring(w.number(1));
      case "event" -> w.trace().nextEvent();
      case "about_event", "about_format", "about_field" -> about(w.words()[0]);
      case "drain" -> drain(w.trace());
      case "clock" -> w.trace().clock();
      case "flags" -> w.trace().flags();
      case "schema" -> w.trace().schema();
      case "format" -> w.schema().format(w.text(1));
      case "format_by_id" -> w.schema().formatById(w.number(1));
      case "fields" -> names(w.at(0, Format.class).getNrFields(),
          i -> w.at(0, Format.class).fieldAt(i).getName());
      case "field" -> w.at(0, Format.class).field(w.text(1));
      case "number_of" -> w.at(0, Field.class).number(w.at(1, Event.class));
      case "text_of" -> w.at(0, Field.class).text(w.at(1, Event.class));
      case "value_of" -> text(w.at(0, Field.class).read(w.at(1, Event.class)).value(0));
      case "event_of" -> eventOf(w.trace(), w.at(1, Format.class));
      case "print" -> w.schema().printEvent(w.at(1, Event.class), 0);
      case "reader" -> reader(w);
      case "batch" -> w.at(0, Reader.class).nextBatch(0);
      case "rows" -> w.batch().getRows();
      case "columns" -> names(w.batch().getColumns(), i -> w.batch().columnAt(i).getName());
      case "cell" -> text(w.batch().column(w.text(1)).value(w.number(2)));
      case "total" -> total(w.at(0, Reader.class));
      case "sum" -> sumOf(w.at(0, Reader.class), w.text(1));
      case "table" -> new Table(w.schema(), options(w.text(1), null));
      case "append" -> done(() -> w.at(0, Table.class).append(w.at(1, Page.class)));
      case "undo" -> done(w.at(0, Table.class)::undo);
      case "export" -> w.at(0, Table.class).export();
      case "check" -> done(() -> Library.check_status(w.number(0)));
      case "collect" -> collect();
      case "burn" -> burn(w.number(0));
      case "churn" -> churn(w.text(0), w.number(1));
      case "session" -> session(w.text(0));
      case "live_ring" -> ring(w.at(0, Session.class).instance(), w.number(1), w.text(2));
      case "follow" -> follow(w.at(0, Session.class), w.number(1));
      default -> throw new IllegalArgumentException(verb);
    };
  }

  private static String answer(Object result) {
    if (result == null) {
      return "nothing";
    }
    boolean plain = result instanceof String || result instanceof Number
        || result instanceof Boolean || result instanceof Span;
    return plain ? "value\t" + result : "object";
  }

  private static String step(Map<String, Object> vars, String[] words) throws Exception {
    if (words[1].equals("drop")) {
      vars.remove(words[2]);
      return "value\tdropped";
    }
    Object[] args = new Object[words.length - 2];
    for (int i = 0; i < args.length; i++) {
      args[i] = vars.getOrDefault(words[i + 2], words[i + 2]);
    }
    vars.remove(words[0]);
    try {
      Object result = perform(words[1], new Words(args));
      if (result != null && !words[0].equals("-")) {
        vars.put(words[0], result);
      }
      return answer(result);
    } catch (RingmapException e) {
      String name = Library.status_name(e.status).substring("RINGMAP_E_".length());
      return "error\t" + name + "\t" + e.getMessage();
    }
  }

  public static void main(String[] args) throws Exception {
    Map<String, Object> vars = new HashMap<>();
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line; (line = lines.readLine()) != null; ) {
      System.out.println(step(vars, line.split("\t")));
      System.out.flush();
    }
  }
}
