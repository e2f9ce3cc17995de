"""Fixed steps through time: the arithmetic of a timedelta or relativedelta schedule, and its plain form."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any, Final

from dateutil.relativedelta import relativedelta
from dateutil.relativedelta import weekday as Weekday
from pendulum import DateTime

from tradewind.core.runs import as_utc
from tradewind.timetables.base import TimetableInvalid

Delta = timedelta | relativedelta

_RELATIVE_PARTS: Final = ("years", "months", "days", "hours", "minutes", "seconds", "microseconds", "leapdays")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)
_ABSOLUTE_PARTS: Final = ("year", "month", "day", "hour", "minute", "second", "microsecond")


def as_delta(value: Any) -> Delta:
    """`value` as a plain timedelta or relativedelta. Raises TimetableInvalid for anything else.

    A pendulum Duration becomes its total time, so that one of a month is 30 days: that is what Airflow's scheduler
    makes of it. For calendar months use relativedelta(months=1).
    """
    if type(value) is timedelta or isinstance(value, relativedelta):
        return value
    if isinstance(value, timedelta):
        return timedelta(seconds=value.total_seconds())
    raise TimetableInvalid(f"{value!r} is not a duration. Use a timedelta or a relativedelta.")


def add(moment: DateTime, delta: Delta) -> DateTime:
    """`moment` plus `delta`, counted in UTC."""
    return as_utc(_sum(moment, delta))


def subtract(moment: DateTime, delta: Delta) -> DateTime:
    """`moment` minus `delta`, counted in UTC. Absolute parts of a relativedelta (`hour=3`) are set, not taken away."""
    return as_utc(_sum(moment, -delta))


def _sum(moment: DateTime, delta: Delta) -> datetime:
    # Standard datetimes: pendulum's own arithmetic takes ten times as long and gives the same in UTC.
    total: datetime = _standard(moment) + delta
    return total


def _standard(moment: DateTime) -> datetime:
    moment = as_utc(moment)
    return datetime(
        moment.year,
        moment.month,
        moment.day,
        moment.hour,
        moment.minute,
        moment.second,
        moment.microsecond,
        timezone.utc,
    )


def has_fixed_length(delta: Delta) -> bool:
    """False when `delta` counts months or years."""
    return isinstance(delta, timedelta) or not (delta.years or delta.months)


def round_down(moment: DateTime, delta: Delta) -> DateTime:
    """The last multiple of `delta` since 1970 that is not after `moment`.

    A delta without a fixed length has no multiples; for it the answer is `moment` itself.
    """
    if not has_fixed_length(delta):
        return moment
    if isinstance(delta, timedelta):
        step = delta
    else:
        step = timedelta(days=delta.days, hours=delta.hours, minutes=delta.minutes, seconds=delta.seconds)
    if step <= timedelta(0):
        return moment
    return add(moment, -((_standard(moment) - _EPOCH) % step))


def check_positive(delta: Delta) -> None:
    """Raise TimetableInvalid when repeating `delta` does not lead ever further into the future."""
    first = datetime(2000, 1, 1) + delta
    # The second step finds absolute parts alone, such as relativedelta(hour=3), which move once and then stand still.
    if not first + delta > first:
        raise TimetableInvalid(
            f"schedule {delta!r} does not move forward in time. "
            "Use a duration longer than zero, such as timedelta(hours=1)."
        )


def delta_data(delta: Delta) -> float | dict[str, Any]:
    """The plain form: seconds of a timedelta, the parts of a relativedelta that are set."""
    if isinstance(delta, timedelta):
        return delta.total_seconds()
    parts: dict[str, Any] = {name: value for name in _RELATIVE_PARTS if (value := getattr(delta, name))}
    parts |= {name: value for name in _ABSOLUTE_PARTS if (value := getattr(delta, name)) is not None}
    if delta.weekday is not None:
        parts["weekday"] = [delta.weekday.weekday, delta.weekday.n] if delta.weekday.n else [delta.weekday.weekday]
    return parts


def delta_from_data(data: float | dict[str, Any]) -> Delta:
    """Inverse of `delta_data`."""
    if not isinstance(data, dict):
        return timedelta(seconds=data)
    parts = dict(data)
    if "weekday" in parts:
        parts["weekday"] = Weekday(*parts["weekday"])
    return relativedelta(**parts)
