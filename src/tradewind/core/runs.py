"""Which runs a schedule asks for: the next one, the ones that are due, the ones a backfill covers, and their ids.

Everything here is a pure function of its arguments; the caller passes the time as `now`. What "after this run" means is
the business of a timetable, seen from here only as a `Schedule`. All points in time are aware; results are pendulum
DateTimes in UTC, because DAG authors meet them in templates and in their own timetables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice, takewhile
from typing import Final, NamedTuple, Protocol

import pendulum
from pendulum import DateTime

from tradewind.core.errors import TradewindError
from tradewind.core.states import RunType

__all__ = [
    "DagRunInfo",
    "DataInterval",
    "Planned",
    "Schedule",
    "ScheduleStandsStill",
    "TimeRestriction",
    "as_utc",
    "backfill_runs",
    "due_runs",
    "next_run",
    "run_id_for",
]


def as_utc(moment: datetime) -> DateTime:
    """The same instant as a pendulum DateTime in UTC. Raises ValueError for a naive datetime."""
    if type(moment) is DateTime and moment.tzinfo is pendulum.UTC:
        return moment
    offset = moment.utcoffset()
    if offset is None:
        raise ValueError(
            f"{moment!r} has no time zone, so it names no instant. Give it one, for example "
            "pendulum.datetime(2025, 1, 1, tz='UTC')."
        )
    utc = moment.replace(tzinfo=None) - offset
    return DateTime(utc.year, utc.month, utc.day, utc.hour, utc.minute, utc.second, utc.microsecond, pendulum.UTC)


# --- the values that pass between the engine and a timetable, shaped as Airflow's authors know them -------------------


class DataInterval(NamedTuple):
    """The span of data that a run works on, `[start, end)`; both ends aware."""

    start: DateTime
    end: DateTime

    @classmethod
    def exact(cls, at: DateTime) -> DataInterval:
        """The empty interval at one instant, for runs that stand for a moment and not for a period."""
        return cls(at, at)


class _Restriction(NamedTuple):
    earliest: DateTime | None
    latest: DateTime | None
    catchup: bool


class TimeRestriction(_Restriction):
    """The bounds within which a timetable may place a run.

    `earliest` and `latest` are the DAG's start and end date, both inclusive and both compared with the logical date by
    the timetables that have data intervals; None means unbounded. Without `catchup`, runs that lie in the past are left
    out but for the latest. `now` is what decides "past". It is no part of the tuple, so that author code which unpacks
    three values keeps working; None means that the caller did not say (see `timetables.base.now_of`).
    """

    now: DateTime | None

    def __new__(
        cls, earliest: DateTime | None, latest: DateTime | None, catchup: bool, now: DateTime | None = None
    ) -> TimeRestriction:
        self = super().__new__(cls, earliest, latest, catchup)
        self.now = now
        return self


class DagRunInfo(NamedTuple):
    """One run as a timetable plans it: not before `run_after`, for `data_interval` (None: a run without a date)."""

    run_after: DateTime
    data_interval: DataInterval | None
    partition_date: DateTime | None = None
    partition_key: str | None = None

    @classmethod
    def exact(cls, at: DateTime) -> DagRunInfo:
        """A run that stands for the instant `at` and starts at it."""
        return cls(at, DataInterval(at, at))

    @classmethod
    def interval(cls, start: DateTime, end: DateTime) -> DagRunInfo:
        """A run for `[start, end)` that starts as soon as the interval is over."""
        return cls(end, DataInterval(start, end))

    @property
    def logical_date(self) -> DateTime | None:
        """The date that names the run: the start of its data interval."""
        return None if self.data_interval is None else self.data_interval.start


class Schedule(Protocol):
    """What this module needs of a timetable."""

    def next_dagrun_info(
        self, *, last_automated_data_interval: DataInterval | None, restriction: TimeRestriction
    ) -> DagRunInfo | None:
        """The run after the one with that interval (None: the first run), or None when there is no further run."""


class _Interval(Protocol):
    """Anything with the two ends of a data interval: a `DataInterval`, a row of the store."""

    @property
    def start(self) -> datetime: ...
    @property
    def end(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Planned:
    """A run that does not exist yet. It may be created at `run_after` or any time later."""

    logical_date: DateTime | None
    data_interval_start: DateTime | None
    data_interval_end: DateTime | None
    run_after: DateTime


class ScheduleStandsStill(TradewindError, RuntimeError):
    """A timetable answered with a run that is not after the last one."""


# --- decisions --------------------------------------------------------------------------------------------------------


def next_run(
    schedule: Schedule,
    *,
    last: _Interval | None,
    start: datetime | None,
    end: datetime | None,
    catchup: bool,
    now: datetime,
) -> Planned | None:
    """The run that follows the automated run whose data interval is `last`; None when the schedule is over.

    `last` is None for a DAG that never had an automated run; manual runs do not count. `start` and `end` are the DAG's
    dates, inclusive for the logical date of interval schedules and for the tick of trigger schedules. The answer may
    lie in the future: compare its `run_after` with `now`, or use `due_runs`.

    Without `catchup` the answer depends on `now`: whatever was missed, only the latest run remains. So ask again when a
    DAG is un-paused or the engine was down, and do not keep an answer that is overdue.

    Raises ScheduleStandsStill when the schedule answers with a run that is not after `last`: a custom timetable that
    stands still would otherwise create runs forever.
    """
    interval = None if last is None else DataInterval(as_utc(last.start), as_utc(last.end))
    restriction = TimeRestriction(
        None if start is None else as_utc(start), None if end is None else as_utc(end), catchup, as_utc(now)
    )
    info = schedule.next_dagrun_info(last_automated_data_interval=interval, restriction=restriction)
    if info is None:
        return None
    planned = _planned(info)
    if interval is not None and _stands_still(planned, interval):
        raise ScheduleStandsStill(
            f"{type(schedule).__name__} planned a run for {planned.data_interval_start} to "
            f"{planned.data_interval_end}, which is not after the last one ({interval.start} to {interval.end}). "
            "next_dagrun_info must move past last_automated_data_interval, or return None."
        )
    return planned


def due_runs(
    schedule: Schedule,
    *,
    last: _Interval | None,
    start: datetime | None,
    end: datetime | None,
    catchup: bool,
    now: datetime,
    limit: int,
) -> list[Planned]:
    """The runs that may be created at `now`, oldest first, `limit` of them at most.

    Each follows the one before as if that had just been created, so `last` is only the starting point. Arguments as for
    `next_run`. The cost grows with `limit`, not with the number of missed runs.
    """
    moment = as_utc(now)
    runs = _chain(lambda at: next_run(schedule, last=at, start=start, end=end, catchup=catchup, now=moment), last)
    return list(islice(takewhile(lambda run: run.run_after <= moment, runs), max(limit, 0)))


def backfill_runs(schedule: Schedule, *, first: datetime, last: datetime, now: datetime) -> Iterator[Planned]:
    """The runs of a backfill from `first` to `last`: every planned run whose logical date lies in `[first, last]`.

    Oldest first. The DAG's own start date, end date and catchup do not matter: a backfill says its own. Runs that are
    not yet possible at `now` (their interval is still open) are left out, and with them all that follow.
    """
    lower, upper, moment = as_utc(first), as_utc(last), as_utc(now)
    # The tick of a trigger schedule with an interval lies behind its logical date: `last` is no end date to ask with.
    runs = _chain(lambda at: next_run(schedule, last=at, start=lower, end=None, catchup=True, now=moment), None)
    for run in takewhile(lambda run: run.run_after <= moment, runs):
        if run.logical_date is None or run.logical_date > upper:
            return
        # For the same reason the first ticks from `first` on may stand for earlier dates.
        if run.logical_date >= lower:
            yield run


def _chain(follow: Callable[[_Interval | None], Planned | None], last: _Interval | None) -> Iterator[Planned]:
    """Runs one after another, each asked for with the interval of the one before it."""
    while (run := follow(last)) is not None:
        yield run
        if run.data_interval_start is None or run.data_interval_end is None:
            return  # Without an interval there is nothing to ask for the next run with.
        last = DataInterval(run.data_interval_start, run.data_interval_end)


def _planned(info: DagRunInfo) -> Planned:
    interval = info.data_interval
    if interval is None:
        return Planned(None, None, None, as_utc(info.run_after))
    start = as_utc(interval.start)
    return Planned(start, start, as_utc(interval.end), as_utc(info.run_after))


def _stands_still(planned: Planned, last: DataInterval) -> bool:
    if planned.data_interval_start is None or planned.data_interval_end is None:
        return False
    return planned.data_interval_start <= last.start and planned.data_interval_end <= last.end


# --- run ids ----------------------------------------------------------------------------------------------------------

# Airflow 3 renamed datasets to assets, run ids included.
_PREFIXES_OF_DIALECT_2: Final = {RunType.ASSET_TRIGGERED.value: "dataset_triggered"}


def run_id_for(
    run_type: RunType | str,
    *,
    dialect: int,
    run_after: datetime,
    logical_date: datetime | None = None,
    suffix: str = "",
) -> str:
    """The id of a run: its type and a date, `scheduled__2025-01-01T06:00:00+00:00`.

    The date is the logical date in dialect 2 (`run_after` when there is none) and `run_after` in dialect 3: the same
    run of an interval schedule is named by the start of its interval in one and by the end in the other. `suffix`, when
    given, is appended after an underscore. Airflow 3 gives eight random letters to every run without a logical date,
    because several of those may start in the same instant; drawing them is up to the caller, as is a suffix for an id
    that is already taken. `run_type` may be a plain string for the types that only Airflow 3.3 has.
    """
    prefix = str(run_type)
    moment = run_after
    if dialect == 2:
        prefix = _PREFIXES_OF_DIALECT_2.get(prefix, prefix)
        moment = run_after if logical_date is None else logical_date
    run_id = f"{prefix}__{as_utc(moment).isoformat()}"
    return f"{run_id}_{suffix}" if suffix else run_id
