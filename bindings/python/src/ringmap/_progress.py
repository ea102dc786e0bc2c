# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""What is shown while a capture runs: with tqdm where it is installed."""

import sys
import time
from types import TracebackType
from typing import Any, Optional, Type

from ._live import Drain, lost_since

# Seconds between two lines without tqdm.
_PAUSE = 0.25


def is_watched() -> bool:
    """Whether a person sees what a program shows: on a terminal, in a notebook."""
    if sys.stderr is not None and sys.stderr.isatty():
        return True
    # IPython tells its frontends apart by their shells; a notebook has a kernel.
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return shell is not None and hasattr(shell, "kernel")


class Progress:
    """Seconds, events, MB/s and losses of a running capture."""

    def __init__(
        self, seconds: float, wanted: Optional[bool], lost_before: Optional[int]
    ):
        self._seconds = seconds
        self._wanted = is_watched() if wanted is None else wanted
        self._lost_before = lost_before
        self._bar: Any = None
        self._shown = 0.0

    def __enter__(self) -> "Progress":
        if not self._wanted:
            return self
        try:
            from tqdm.auto import tqdm
        except ImportError:
            return self
        form = "{l_bar}{bar}| {n:.1f}/{total:.1f} s {postfix}"
        self._bar = tqdm(total=self._seconds, desc="recording", bar_format=form)
        return self

    def show(self, seconds: float, drain: Drain) -> None:
        """Shows how far it is."""
        if not self._wanted:
            return
        now = time.monotonic()
        last = seconds >= self._seconds
        if now - self._shown < _PAUSE and not last:
            return
        self._shown = now
        lost = lost_since(self._lost_before, drain)
        rate = drain.size / 1e6 / max(seconds, 1e-3)
        text = (
            f"{drain.events:,} events, {rate:,.1f} MB/s, "
            f"{'unknown' if lost is None else format(lost, ',')} lost"
        )
        if self._bar is not None:
            self._bar.n = min(seconds, self._seconds)
            self._bar.set_postfix_str(text)
        else:
            end = "\n" if last else ""
            print(f"\rrecording {seconds:.1f} s: {text}", end=end, file=sys.stderr)

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        where: Optional[TracebackType],
    ) -> None:
        if self._bar is not None:
            self._bar.close()
