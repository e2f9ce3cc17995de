"""`airflow.utils.dates`: relative dates for DAG files written for Airflow 2."""

from __future__ import annotations

import datetime as dt
from datetime import datetime, timedelta
from typing import Any

from tradewind.sdk import timezone

__all__ = [
    "cron_presets",
    "date_range",
    "datetime",
    "days_ago",
    "infer_time_unit",
    "parse_execution_date",
    "round_time",
    "scale_time_units",
    "timedelta",
]

cron_presets: dict[str, str] = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@quarterly": "0 0 1 */3 *",
    "@yearly": "0 0 1 1 *",
}

_UNIT_SECONDS = {"seconds": 1.0, "minutes": 60.0, "hours": 3600.0, "days": 86400.0}


def days_ago(n: int, hour: int = 0, minute: int = 0, second: int = 0, microsecond: int = 0) -> Any:
    """`n` days before today, UTC, at the time of day given (midnight by default)."""
    today = timezone.utcnow().replace(hour=hour, minute=minute, second=second, microsecond=microsecond)
    return today - timedelta(days=n)


def date_range(
    start_date: datetime,
    end_date: datetime | None = None,
    num: int | None = None,
    delta: str | timedelta | None = None,
) -> list[datetime]:
    """Times from `start_date` on, `delta` (a timedelta, a cron string or a preset) apart.

    Give `end_date` (included) or `num` (negative: backwards, oldest first). Raises ValueError when both or neither fit.
    """
    if not delta:
        return []
    if end_date is not None and start_date > end_date:
        raise ValueError("date_range: start_date must not be after end_date.")
    if end_date is not None and num is not None:
        raise ValueError("date_range takes end_date or num, not both.")
    if end_date is None and num is None:
        end_date = timezone.utcnow()
    if isinstance(delta, timedelta):
        return _delta_range(start_date, end_date, num, delta)
    return _cron_range(start_date, end_date, num, cron_presets.get(delta, delta))


def _delta_range(start: datetime, end: datetime | None, num: int | None, delta: timedelta) -> list[datetime]:
    step = abs(delta)
    if end is not None:
        return [start + step * i for i in range(int((end - start).total_seconds() / step.total_seconds()) + 1)]
    assert num is not None
    return sorted(start + step * (i if num > 0 else -i) for i in range(abs(num)))


def _cron_range(start: datetime, end: datetime | None, num: int | None, cron: str) -> list[datetime]:
    from croniter import croniter

    zone = start.tzinfo
    ticks = croniter(cron, timezone.make_naive(start, zone) if zone else start)
    if not croniter.match(cron, ticks.get_current(dt.datetime)):
        ticks.get_next(dt.datetime) if num is None or num > 0 else ticks.get_prev(dt.datetime)
    found: list[datetime] = []
    while True:
        current = ticks.get_current(dt.datetime)
        aware = timezone.make_aware(current, zone) if zone else current
        if (end is not None and aware > end) or (num is not None and len(found) >= abs(num)):
            return sorted(found)
        found.append(aware)
        ticks.get_next(dt.datetime) if num is None or num > 0 else ticks.get_prev(dt.datetime)


def round_time(dt: datetime, delta: Any, start_date: datetime | None = None) -> datetime:
    """`dt` moved to the nearest of `start_date + n * delta`; with a cron string, to the tick before it."""
    start = start_date if start_date is not None else timezone.make_aware(datetime.min)
    if isinstance(delta, str):
        from croniter import croniter

        zone = start.tzinfo
        ticks = croniter(delta, timezone.make_naive(start, zone) if zone else start)
        previous = ticks.get_prev(datetime)
        return start if previous == start else (timezone.make_aware(previous, zone) if zone else previous)
    moment = dt - timedelta(microseconds=dt.microsecond)
    steps = round((moment - start).total_seconds() / delta.total_seconds())
    rounded: datetime = max(start, start + delta * steps)
    return rounded


def parse_execution_date(execution_date_str: str) -> Any:
    return timezone.parse(execution_date_str)


def infer_time_unit(time_seconds_arr: Any) -> str:
    """The unit in which durations (seconds) are best shown: seconds, minutes, hours or days."""
    longest = max(time_seconds_arr, default=0)
    if longest <= 120:
        return "seconds"
    if longest <= 60 * 60 * 2:
        return "minutes"
    return "hours" if longest <= 24 * 60 * 60 * 2 else "days"


def scale_time_units(time_seconds_arr: Any, unit: str) -> Any:
    """Durations in seconds, in `unit`."""
    return [seconds / _UNIT_SECONDS.get(unit, 1.0) for seconds in time_seconds_arr]
