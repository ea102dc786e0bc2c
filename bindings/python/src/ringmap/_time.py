# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Times as users write them: seconds, time stamps, dates."""

import datetime
import math
import numbers
import warnings
from typing import Any, Callable, NamedTuple, Optional, Sequence, Tuple

_EPOCH = datetime.datetime(1970, 1, 1)
_MICROSECOND = datetime.timedelta(microseconds=1)
_KINDS = (
    "a float counts seconds from the first event, an int is a time stamp of the "
    "trace; datetime64, Timestamp, datetime and timedelta are possible too"
)

# A date of NumPy or pandas has no type that both are known by.
Time = Any

Span = Optional[Tuple[int, int]]
Limits = Tuple[Optional[int], Optional[int]]


class Clock(NamedTuple):
    """What is needed of a trace to understand a time.

    span: returns Trace.span. counts_ns, name: as Trace.counts_ns and Trace.clock.
    fixed: whether span stays what it is, which it does not for a live trace.
    """

    span: Callable[[], Span]
    counts_ns: bool
    name: Optional[str]
    fixed: bool


class _Moment(NamedTuple):
    """A time as a number; since: it counts from the trace's first event."""

    number: int
    since: bool = False


def _whole_seconds(value: float) -> int:
    """Seconds as nanoseconds, exact for what a float can hold of them."""
    if not math.isfinite(value * 1e9):
        raise ValueError(f"time: {value} is no time")
    return round(value * 1_000_000_000)


def _numpy_moment(value: Any) -> Optional[_Moment]:
    """A datetime64 or timedelta64, of NumPy or made by pandas."""
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    if kind not in ("M", "m"):
        return None
    number = int(value.astype(f"{kind}8[ns]").astype("i8"))
    if number == -(1 << 63):
        raise ValueError("time: NaT is no time")
    return _Moment(number, kind == "m")


def _moment(value: Any) -> _Moment:
    for convert in ("to_datetime64", "to_timedelta64"):
        if hasattr(value, convert):
            value = getattr(value, convert)()
    found = _numpy_moment(value)
    if found is not None:
        return found
    if isinstance(value, datetime.datetime):
        if value.tzinfo is not None:
            value = value.astimezone(datetime.timezone.utc).replace(tzinfo=None)
        return _Moment((value - _EPOCH) // _MICROSECOND * 1000)
    if isinstance(value, datetime.timedelta):
        return _Moment(value // _MICROSECOND * 1000, True)
    if isinstance(value, numbers.Integral) and not isinstance(value, bool):
        return _Moment(int(value))
    if isinstance(value, numbers.Real) and not isinstance(value, bool):
        return _Moment(_whole_seconds(float(value)), True)
    raise TypeError(f"time: {value!r} is no time: {_KINDS}")


def _is_open(value: Any) -> bool:
    """Whether a limit is none: None or the number 0, but not 0.0 seconds."""
    return value is None or (isinstance(value, numbers.Integral) and value == 0)


def _limit(value: Any, clock: Clock) -> Optional[int]:
    """A limit as a time stamp of the trace; None: there is no limit."""
    if _is_open(value) and value is not False:
        return None
    moment = _moment(value)
    if not -(1 << 63) <= moment.number < 1 << 64:
        raise ValueError(f"time: {value!r} is no time of 64 bits")
    is_stamp = isinstance(value, numbers.Integral)
    if not is_stamp and not clock.counts_ns:
        raise ValueError(
            f"time: the clock {clock.name} of this trace does not count nanoseconds, "
            f"so {value!r} cannot be found in it: pass time stamps as ints"
        )
    if not moment.since:
        return moment.number
    if not clock.fixed:
        raise ValueError(
            f"time: {value!r} counts from the first event, and a live trace has "
            "another one each time: use trace.snapshot()"
        )
    first = (clock.span() or (0, 0))[0]
    # Time stamps are not negative, except in a trace that has such.
    return max(moment.number + first, min(first, 0))


def _is_beside(limits: Limits, span: Tuple[int, int]) -> bool:
    begin, end = limits
    return (begin is not None and begin > span[1]) or (
        end is not None and end <= span[0]
    )


def _look_like_seconds(stamps: Sequence[int], span: Tuple[int, int]) -> bool:
    """Whether time stamps beside the trace would be in it as seconds."""
    low, high = min(stamps), max(stamps)
    first, last = span[0] / 1e9, span[1] / 1e9
    return low <= last - first or (low <= last + 1 and high >= first - 1)


def _check(
    time: Tuple[Any, Any],
    limits: Limits,
    clock: Clock,
    strict: bool,
) -> None:
    """Speaks up if a range that is beside the trace is so by mistake."""
    span = clock.span() if clock.fixed else None
    if span is None or not _is_beside(limits, span):
        return
    given = [value for value in time if not _is_open(value)]
    if any(not isinstance(v, numbers.Integral) and _moment(v).since for v in given):
        raise ValueError(
            f"time={time!r}: the trace lasts {(span[1] - span[0]) / 1e9:.9g} s, and "
            "seconds count from its first event"
        )
    text = f"time={time!r}: the trace has time stamps from {span[0]} to {span[1]}"
    stamps = [int(v) for v in given if isinstance(v, numbers.Integral)]
    if clock.counts_ns and stamps and _look_like_seconds(stamps, span):
        text += (
            "; ints are time stamps in nanoseconds, write seconds since the first "
            f"event as floats, such as {float(stamps[0])!r}"
        )
        if not strict:
            warnings.warn(text, stacklevel=5)
    if strict:
        raise ValueError(text)


def window(time: Any, clock: Clock, strict: bool = False) -> Limits:
    """The first time stamp wanted and the first no longer wanted; None: no limit.

    time: a pair of float (seconds since the first event), int (time stamp), None
        and 0 (no limit), datetime64, pandas.Timestamp, datetime, timedelta and
        timedelta64 (since the first event).

    strict: whether any range outside the trace is an error.

    Raises ValueError for seconds outside the trace and warns of ints that look like
    seconds, so that a mistaken unit does not select nothing without a word.
    """
    try:
        begin, end = time
    except (TypeError, ValueError):
        raise TypeError(f"time: {time!r} is no pair (begin, end)") from None
    limits = _limit(begin, clock), _limit(end, clock)
    if None not in limits and not limits[0] < limits[1]:  # type: ignore[operator]
        raise ValueError(f"time={time!r}: the end must be later than the beginning")
    _check((begin, end), limits, clock, strict)
    return limits
