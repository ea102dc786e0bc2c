// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT

package ringmap;

import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** For-each over what is there now, or comes before a wait says no. */
public final class Following {
  private Following() {}

  /** Pages; each goes back when the next one comes. */
  public static Iterable<Page> pages(Ring ring, int idleMs) {
    return of(ring::nextPage, () -> idleMs > 0 && ring.wait(idleMs));
  }

  /** Events in time order, each a copy. */
  public static Iterable<Event> events(Trace trace, int idleMs) {
    return of(trace::nextEvent, () -> idleMs > 0 && trace.wait(idleMs));
  }

  /** Batches until none came for so long. */
  public static Iterable<Batch> batches(Reader reader, int idleMs) {
    return of(() -> reader.nextBatch(idleMs), () -> false);
  }

  private static <T> Iterable<T> of(Supplier<T> take, BooleanSupplier waitForMore) {
    Supplier<T> next = () -> {
      T found = take.get();
      while (found == null && waitForMore.getAsBoolean()) {
        found = take.get();
      }
      return found;
    };
    return () -> Stream.iterate(next.get(), found -> found != null, last -> next.get()).iterator();
  }
}
