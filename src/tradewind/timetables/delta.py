"""Fixed steps through time: the arithmetic of a timedelta or relativedelta schedule, and its plain form."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from dateutil.relativedelta import relativedelta
from dateutil.relativedelta import weekday as Weekday
from pendulum import DateTime

from tradewind.core.runs import as_utc
from tradewind.timetables.base import TimetableInvalid

Delta = timedelta | relativedelta

_RELATIVE_PARTS: Final = ("years", "months", "days", "hours", "minutes", "seconds", "microseconds", "leapdays")
_ABSOLUTE_PARTS: Final = ("year", "month", "day", "hour", "minute", "second", "microsecond")


def as_delta(value: Any) -> Delta:
    """`value` as a plain timedelta or relativedelta. Raises TimetableInvalid for anything else.

    A pendulum Duration becomes its total time, so that one of a month is 30 days: that is what Airflow's scheduler makes
    of it. For calendar months use relativedelta(months=1).
    """
    if type(value) is timedelta or isinstance(value, relativedelta):
        return value
    if isinstance(value, timedelta):
        return timedelta(seconds=value.total_seconds())
    raise TimetableInvalid(f"{value!r} is not a duration. Use a timedelta or a relativedelta.")


def add(moment: DateTime, delta: Delta) -> DateTime:
    """`moment` plus `delta`, counted in UTC."""
    return as_utc(_naive_sum(moment, delta))


def subtract(moment: DateTime, delta: Delta) -> DateTime:
    """`moment` minus `delta`, counted in UTC. Absolute parts of a relativedelta (`hour=3`) are set, not taken away."""
    return as_utc(_naive_sum(moment, -delta))


def _naive_sum(moment: DateTime, delta: Delta) -> datetime:
    moment = as_utc(moment)
    # Standard datetimes: pendulum's own addition takes ten times as long and gives the same in UTC.
    standard = datetime(
        moment.year,
        moment.month,
        moment.day,
        moment.hour,
        moment.minute,
        moment.second,
        moment.microsecond,
        moment.tzinfo,
    )
    total: datetime = standard + delta
    return total


def check_positive(delta: Delta) -> None:
    """Raise TimetableInvalid when repeating `delta` does not lead ever further into the future."""
    first = datetime(2000, 1, 1) + delta
    # The second step finds absolute parts alone, such as relativedelta(hour=3), which move once and then stand still.
    if not first + delta > first:
        raise TimetableInvalid(
            f"schedule {delta!r} does not move forward in time. Use a duration longer than zero, such as timedelta(hours=1)."
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
