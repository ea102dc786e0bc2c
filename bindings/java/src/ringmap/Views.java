// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT

package ringmap;

import java.lang.ref.Cleaner;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.OptionalLong;

/** What crosses the border in another form than in C. */
final class Views {
  private static final Cleaner CLEANER = Cleaner.create();

  private Views() {}

  /**
   * Called from C. Slices and duplicates of a direct buffer refer to the one that they were made
   * of, so the memory stays as long as any of them.
   */
  static ByteBuffer keep(ByteBuffer memory, long owner) {
    CLEANER.register(memory, () -> Library.forgetOwner(owner));
    return memory.asReadOnlyBuffer().order(ByteOrder.nativeOrder());
  }

  static OptionalLong count(long count) {
    return count == -1 ? OptionalLong.empty() : OptionalLong.of(count);
  }
}
