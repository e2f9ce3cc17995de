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

from tradewind.timetables.base import DagRunInfo, DataInterval, TimeRestriction, Timetable, bounds_of, now_of
from tradewind.timetables.cron import CronTicks, describe_cron, timezone_data
from tradewind.timetables.delta import Delta, add, as_delta, check_positive, delta_data, delta_from_data, subtract


class DataIntervalTimetable(Timetable, ABC):
    """What cron and delta intervals share; they differ in where intervals may begin."""

    @abstractmethod
    def _next_start(self, moment: DateTime) -> DateTime | None:
        """The first start of an interval at or after `moment`."""

    @abstractmethod
    def _end_of(self, start: DateTime) -> DateTime | None:
        """The end of the interval that begins at `start`."""

    @abstractmethod
    def _latest_closed(self, now: DateTime) -> DateTime | None:
        """The start of the last interval that is over at `now`."""

    def next_dagrun_info(
        self, *, last_automated_data_interval: DataInterval | None, restriction: TimeRestriction
    ) -> DagRunInfo | None:
        earliest, latest = bounds_of(restriction)
        starts: list[DateTime] = []
        if last_automated_data_interval is not None:
            following = self._next_start(last_automated_data_interval.end)
            if following is None:
                return None
            starts.append(following)
        if earliest is not None:
            first = self._next_start(earliest)
            if first is None:
                return None
            starts.append(first)
        if not restriction.catchup:
            closed = self._latest_closed(now_of(restriction))
            if closed is not None:
                starts.append(closed)
        if not starts:
            return None
        start = max(starts)
        if latest is not None and start > latest:
            return None
        end = self._end_of(start)
        return None if end is None else DagRunInfo.interval(start, end)


class CronDataIntervalTimetable(DataIntervalTimetable):
    """Intervals from one tick of a cron expression to the next. Raises CronError and TimetableInvalid."""

    kind: ClassVar[str] = "cron_interval"

    def __init__(self, cron: str = "", timezone: str | int | tzinfo = "UTC", *, expression: str = "") -> None:
        self._ticks = CronTicks(cron or expression, timezone)

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

    def _next_start(self, moment: DateTime) -> DateTime | None:
        return self._ticks.at_or_after(moment)

    def _end_of(self, start: DateTime) -> DateTime | None:
        return self._ticks.after(start)

    def _latest_closed(self, now: DateTime) -> DateTime | None:
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

    def _next_start(self, moment: DateTime) -> DateTime:
        return moment

    def _end_of(self, start: DateTime) -> DateTime:
        return add(start, self._delta)

    def _latest_closed(self, now: DateTime) -> DateTime:
        return subtract(now, self._delta)
