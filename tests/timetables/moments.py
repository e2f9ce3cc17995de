"""Short ways to write points in time and questions to timetables."""

from __future__ import annotations

import pendulum
from pendulum import DateTime

from tradewind.timetables.base import DagRunInfo, DataInterval, TimeRestriction, Timetable


def utc(text: str) -> DateTime:
    """`2024-03-05 06:00` as an instant."""
    return pendulum.parse(text, tz="UTC")


def runs(
    timetable: Timetable,
    count: int,
    *,
    start: str | None = None,
    end: str | None = None,
    catchup: bool = True,
    now: str = "2030-01-01",
    last: tuple[str, str] | None = None,
) -> list[DagRunInfo]:
    """The next `count` runs, or fewer when the schedule ends."""
    restriction = TimeRestriction(start and utc(start), end and utc(end), catchup, utc(now))
    interval = last and DataInterval(utc(last[0]), utc(last[1]))
    found: list[DagRunInfo] = []
    while len(found) < count:
        info = timetable.next_dagrun_info(last_automated_data_interval=interval, restriction=restriction)
        if info is None:
            break
        found.append(info)
        interval = info.data_interval
    return found


def short(at: DateTime | None) -> str | None:
    return None if at is None else at.strftime("%Y-%m-%d %H:%M")


def logical_dates(*args: object, **kwargs: object) -> list[str | None]:
    return [short(info.logical_date) for info in runs(*args, **kwargs)]


def ticks(*args: object, **kwargs: object) -> list[str | None]:
    return [short(info.run_after) for info in runs(*args, **kwargs)]
