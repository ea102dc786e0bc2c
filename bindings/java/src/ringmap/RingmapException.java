// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT

package ringmap;

/** What a call could not do, and what to do about it. */
public final class RingmapException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** One of {@link Status}. */
  public final int status;

  /** Of a system call, or 0. */
  public final int osErrno;

  RingmapException(int status, int osErrno, String text) {
    super(text);
    this.status = status;
    this.osErrno = osErrno;
  }
}
