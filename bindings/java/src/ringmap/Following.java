// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT

package ringmap;

import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** For-each over what is there now, or comes before a wait says no. */
public final class Following<T> implements Iterable<T> {
  private final Supplier<T> take;
  private final BooleanSupplier waitForMore;

  private Following(Supplier<T> take, BooleanSupplier waitForMore) {
    this.take = take;
    this.waitForMore = waitForMore;
  }

  /** Pages; each goes back when the next one comes. */
  public static Iterable<Page> pages(Ring ring, int idleMs) {
    return new Following<>(ring::nextPage, () -> idleMs > 0 && ring.wait(idleMs));
  }

  /** Events in time order, each a copy. */
  public static Iterable<Event> events(Trace trace, int idleMs) {
    return new Following<>(trace::nextEvent, () -> idleMs > 0 && trace.wait(idleMs));
  }

  /** Batches until none came for so long. */
  public static Iterable<Batch> batches(Reader reader, int idleMs) {
    return new Following<>(() -> reader.nextBatch(idleMs), () -> false);
  }

  @Override
  public Iterator<T> iterator() {
    return new Iterator<>() {
      private T next;

      @Override
      public boolean hasNext() {
        while (next == null && (next = take.get()) == null) {
          if (!waitForMore.getAsBoolean()) {
            return false;
          }
        }
        return true;
      }

      @Override
      public T next() {
        if (!hasNext()) {
          throw new NoSuchElementException();
        }
        T found = next;
        next = null;
        return found;
      }
    };
  }
}
