// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT

package ringmap;

import java.util.stream.Collectors;
import java.util.stream.LongStream;

/** What every {@link Column} has. */
public interface Values {
  /** A row's value: Long, Boolean, String, ByteBuffer, a List of such, or null. */
  default Object value(long row) {
    Column column = (Column) this;
    String kind = column.isNull(row) ? "" : column.getKind();
    if (kind.equals("list")) {
      Column items = column.items();
      long begin = column.listBegin(row);
      return LongStream.range(begin, begin + column.listLength(row))
          .mapToObj(items::value).collect(Collectors.toList());
    }
    return kind.isEmpty() ? null
        : kind.equals("text") ? column.text(row)
        : kind.equals("bytes") ? column.bytes(row)
        : kind.equals("bool") ? (Object) (column.number(row) != 0)
        : (Object) column.number(row);
  }
}
