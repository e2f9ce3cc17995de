"""Schedules with data intervals: each run covers the time since the run before it, and starts when that time is over.

This is what a cron string and a timedelta mean in Airflow 2. The logical date is the start of the interval, so a daily
run of 2 January does the data of 1 January and is named 2025-01-01.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import tzinfo
from functools import cached_property
from typing import Any, ClassVar

from pendulum import DateTime

from tradewind.core.runs import as_utc
from tradewind.timetables.base import DagRunInfo, DataInterval, TimeRestriction, Timetable, now_of
from tradewind.timetables.cron import CronTicks, describe_cron, timezone_data
from tradewind.timetables.delta import (
    Delta,
    add,
    as_delta,
    check_positive,
    delta_data,
    delta_from_data,
    has_fixed_length,
    round_down,
    subtract,
)


class DataIntervalTimetable(Timetable, ABC):
    """What cron and delta intervals share; they differ in where intervals may begin."""

    @abstractmethod
    def _start_following(self, end: DateTime) -> DateTime | None:
        """Where the next interval begins after one that ended at `end`."""

    @abstractmethod
    def _first_start(self, earliest: DateTime) -> DateTime | None:
        """The first start of an interval at or after `earliest`."""

    @abstractmethod
    def _end_of(self, start: DateTime) -> DateTime | None:
        """The end of the interval that begins at `start`."""

    @abstractmethod
    def _latest_closed(self, now: DateTime, earliest: DateTime | None) -> DateTime | None:
        """The start of the last interval that is over at `now`; with intervals counted from `earliest` if they are."""

    def next_dagrun_info(
        self, *, last_automated_data_interval: DataInterval | None, restriction: TimeRestriction
    ) -> DagRunInfo | None:
        start = self._next_start(last_automated_data_interval, restriction)
        latest = restriction.latest
        if start is None or (latest is not None and start > as_utc(latest)):
            return None
        end = self._end_of(start)
        return None if end is None else DagRunInfo.interval(start, end)

    def _next_start(self, last: DataInterval | None, restriction: TimeRestriction) -> DateTime | None:
        """The start of the next run's interval: the latest of all that must not be undercut."""
        earliest = None if restriction.earliest is None else as_utc(restriction.earliest)
        starts: list[DateTime] = []
        if last is not None:
            following = self._start_following(last.end)
            if following is None:
                return None
            starts.append(following)
        if earliest is not None:
            first = self._first_start(earliest)
            if first is None:
                return None
            starts.append(first)
        if not restriction.catchup:
            closed = self._latest_closed(now_of(restriction), earliest)
            if closed is not None:
                starts.append(closed)
        if not starts:
            return None
        start: DateTime | None = max(starts)
        # `last` is no interval of this timetable when the author has changed the schedule. The interval after the one
        # found is later then, unless a change of the clock comes in between.
        if last is not None and start is not None and start <= last.start:
            start = self._end_of(start)
            if start is not None and start <= last.start:
                start = self._end_of(last.end)
        return start


class CronDataIntervalTimetable(DataIntervalTimetable):
    """Intervals from one tick of a cron expression to the next. Raises CronError and TimetableInvalid."""

    kind: ClassVar[str] = "cron_interval"

    def __init__(self, cron: str = "", timezone: str | int | tzinfo = "UTC", *, expression: str = "") -> None:
        self._ticks = CronTicks(cron or expression, timezone)
        # The start date is the same in every question about a DAG; finding its tick again would be a third of the work.
        self._known_first: tuple[DateTime, DateTime | None] | None = None

    @property
    def summary(self) -> str:
        return self._ticks.expression

    @cached_property
    def description(self) -> str:  # type: ignore[override]
        return describe_cron(self._ticks.expression)

    def serialize(self) -> dict[str, Any]:
        return {"expression": self._ticks.expression, "timezone": timezone_data(self._ticks.zone)}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> CronDataIntervalTimetable:
        return cls(data["expression"], data["timezone"])

    def infer_manual_data_interval(self, *, run_after: DateTime) -> DataInterval:
        """The last interval that is over at `run_after`; an empty one when no interval ever was."""
        end = self._ticks.at_or_before(run_after)
        start = None if end is None else self._ticks.before(end)
        if start is None or end is None:
            return DataInterval.exact(run_after)
        return DataInterval(start, end)

    def _start_following(self, end: DateTime) -> DateTime | None:
        return self._ticks.at_or_before(end) or self._ticks.after(end)

    def _first_start(self, earliest: DateTime) -> DateTime | None:
        if self._known_first is None or self._known_first[0] != earliest:
            self._known_first = (earliest, self._ticks.at_or_after(earliest))
        return self._known_first[1]

    def _end_of(self, start: DateTime) -> DateTime | None:
        return self._ticks.after(start)

    def _latest_closed(self, now: DateTime, earliest: DateTime | None) -> DateTime | None:
        end = self._ticks.at_or_before(now)
        return None if end is None else self._ticks.before(end)


class DeltaDataIntervalTimetable(DataIntervalTimetable):
    """Intervals of a fixed length, counted from the DAG's start date."""

    kind: ClassVar[str] = "delta_interval"

    def __init__(self, delta: Delta) -> None:
        self._delta = as_delta(delta)

    @property
    def summary(self) -> str:
        return str(self._delta)

    def validate(self) -> None:
        check_positive(self._delta)

    def serialize(self) -> dict[str, Any]:
        return {"delta": delta_data(self._delta)}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> DeltaDataIntervalTimetable:
        return cls(delta_from_data(data["delta"]))

    def infer_manual_data_interval(self, *, run_after: DateTime) -> DataInterval:
        """The last `delta` before `run_after`, wherever the scheduled intervals lie."""
        return DataInterval(subtract(run_after, self._delta), run_after)

    def _start_following(self, end: DateTime) -> DateTime:
        return end

    def _first_start(self, earliest: DateTime) -> DateTime:
        return earliest

    def _end_of(self, start: DateTime) -> DateTime:
        return add(start, self._delta)

    def _latest_closed(self, now: DateTime, earliest: DateTime | None) -> DateTime:
        """A fixed length is laid out from 1970 on, so that the answer does not move with a start date that does.

        Months and years can only be counted from the start date; without one the interval ends now.
        """
        if has_fixed_length(self._delta) or earliest is None:
            return subtract(round_down(now, self._delta), self._delta)
        start, end = earliest, add(earliest, self._delta)
        while end < (following := add(end, self._delta)) <= now:
            start, end = end, following
        return start
