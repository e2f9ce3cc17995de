"""Schedules of points in time: a run starts at a tick and is named by it.

This is what a cron string means in Airflow 3. There is no data interval unless the author asks for one: with `interval`
a run covers that much time before its tick, whether or not it touches the run before.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import timedelta, tzinfo
from functools import cached_property
from typing import Any, ClassVar

from pendulum import DateTime

from tradewind.timetables.base import (
    DagRunInfo,
    DataInterval,
    TimeRestriction,
    Timetable,
    TimetableInvalid,
    bounds_of,
    now_of,
)
from tradewind.timetables.cron import CronTicks, describe_cron, timezone_data
from tradewind.timetables.delta import Delta, add, as_delta, check_positive, delta_data, delta_from_data, subtract

_NO_INTERVAL = timedelta(0)


class TriggerTimetable(Timetable, ABC):
    """What cron and delta triggers share; they differ in where the ticks are."""

    _interval: Delta

    @abstractmethod
    def _tick_after(self, tick: DateTime) -> DateTime | None:
        """The first tick later than `tick`."""

    @abstractmethod
    def _tick_from(self, moment: DateTime) -> DateTime | None:
        """The first tick at or after `moment`."""

    @abstractmethod
    def _latest_tick(self, now: DateTime) -> DateTime | None:
        """The last tick that is due at `now`."""

    @abstractmethod
    def _first_tick(self, now: DateTime) -> DateTime | None:
        """The first tick of a DAG without a start date."""

    def infer_manual_data_interval(self, *, run_after: DateTime) -> DataInterval:
        """The `interval` before `run_after`; an empty one when there is none."""
        return DataInterval(subtract(run_after, self._interval), run_after)

    def next_dagrun_info(
        self, *, last_automated_data_interval: DataInterval | None, restriction: TimeRestriction
    ) -> DagRunInfo | None:
        tick = self._next_tick(last_automated_data_interval, restriction)
        if tick is None:
            return None
        return DagRunInfo.interval(subtract(tick, self._interval), tick)

    def _next_tick(self, last: DataInterval | None, restriction: TimeRestriction) -> DateTime | None:
        earliest, latest = bounds_of(restriction)
        ticks: list[DateTime] = []
        if last is not None:
            following = self._tick_after(last.end)
            if following is None:
                return None
            ticks.append(following)
        if earliest is not None and (last is None or not restriction.catchup):
            first = self._tick_from(earliest)
            if first is None:
                return None
            ticks.append(first)
        if last is None and earliest is None:
            ticks += _present(self._first_tick(now_of(restriction)))
        if not restriction.catchup:
            ticks += _present(self._latest_tick(now_of(restriction)))
        if not ticks:
            return None
        tick = max(ticks)
        return None if latest is not None and tick > latest else tick


class CronTriggerTimetable(TriggerTimetable):
    """A run at each tick of a cron expression. Raises CronError and TimetableInvalid.

    `interval` is the length of a run's data interval, which ends at the tick. `run_immediately` says what a DAG without
    a start date does first: True runs the latest tick that has passed, a timedelta does so when that is not longer ago,
    False when it is not longer ago than a tenth of the time between two ticks (at least five minutes). Otherwise the
    first run is that of the next tick.
    """

    kind: ClassVar[str] = "cron_trigger"

    def __init__(
        self,
        cron: str = "",
        timezone: str | int | tzinfo = "UTC",
        *,
        interval: Delta = _NO_INTERVAL,
        run_immediately: bool | timedelta = False,
        expression: str = "",
    ) -> None:
        self._ticks = CronTicks(cron or expression, timezone)
        self._interval = as_delta(interval)
        self._run_immediately = run_immediately

    @property
    def summary(self) -> str:
        return self._ticks.expression

    @cached_property
    def description(self) -> str:  # type: ignore[override]
        return describe_cron(self._ticks.expression)

    def serialize(self) -> dict[str, Any]:
        return {
            "expression": self._ticks.expression,
            "timezone": timezone_data(self._ticks.zone),
            "interval": delta_data(self._interval),
            "run_immediately": _immediately_data(self._run_immediately),
        }

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> CronTriggerTimetable:
        return cls(
            data["expression"],
            data["timezone"],
            interval=delta_from_data(data["interval"]),
            run_immediately=_immediately_from_data(data.get("run_immediately", False)),
        )

    def _tick_after(self, tick: DateTime) -> DateTime | None:
        return self._ticks.after(tick)

    def _tick_from(self, moment: DateTime) -> DateTime | None:
        return self._ticks.at_or_after(moment)

    def _latest_tick(self, now: DateTime) -> DateTime | None:
        return self._ticks.at_or_before(now)

    def _first_tick(self, now: DateTime) -> DateTime | None:
        past, coming = self._ticks.at_or_before(now), self._ticks.after(now)
        if past is None:
            return coming
        if coming is None or past == now or self._run_immediately is True:
            return past
        if isinstance(self._run_immediately, timedelta):
            allowed = self._run_immediately
        else:
            allowed = max((coming - past) / 10, timedelta(minutes=5))
        return past if now - past <= allowed else coming


class MultipleCronTriggerTimetable(Timetable):
    """A run at each tick of several cron expressions; ticks that coincide give one run.

    Arguments as for `CronTriggerTimetable`. Raises ValueError without any expression.
    """

    kind: ClassVar[str] = "multiple_cron_trigger"

    def __init__(
        self,
        *crons: str,
        timezone: str | int | tzinfo = "UTC",
        interval: Delta = _NO_INTERVAL,
        run_immediately: bool | timedelta = False,
    ) -> None:
        if not crons:
            raise TimetableInvalid(
                "MultipleCronTriggerTimetable needs at least one cron expression, for example "
                "MultipleCronTriggerTimetable('0 6 * * *', '0 18 * * *', timezone='UTC')."
            )
        self._timetables = [
            CronTriggerTimetable(each, timezone, interval=interval, run_immediately=run_immediately) for each in crons
        ]

    @property
    def summary(self) -> str:
        return ", ".join(each.summary for each in self._timetables)

    @cached_property
    def description(self) -> str:  # type: ignore[override]
        return ", ".join(each.description for each in self._timetables)

    def serialize(self) -> dict[str, Any]:
        first = self._timetables[0].serialize()
        del first["expression"]
        return {"expressions": [each.summary for each in self._timetables], **first}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> MultipleCronTriggerTimetable:
        return cls(
            *data["expressions"],
            timezone=data["timezone"],
            interval=delta_from_data(data["interval"]),
            run_immediately=_immediately_from_data(data["run_immediately"]),
        )

    def infer_manual_data_interval(self, *, run_after: DateTime) -> DataInterval:
        return self._timetables[0].infer_manual_data_interval(run_after=run_after)

    def next_dagrun_info(
        self, *, last_automated_data_interval: DataInterval | None, restriction: TimeRestriction
    ) -> DagRunInfo | None:
        planned = [
            info
            for each in self._timetables
            if (
                info := each.next_dagrun_info(
                    last_automated_data_interval=last_automated_data_interval, restriction=restriction
                )
            )
        ]
        if not planned:
            return None
        if not restriction.catchup:
            now = now_of(restriction)
            missed = [info for info in planned if info.run_after <= now]
            if missed:
                return max(missed, key=lambda info: info.run_after)
        return min(planned, key=lambda info: info.run_after)


class DeltaTriggerTimetable(TriggerTimetable):
    """A run every `delta`, counted from the DAG's start date. `interval` as for `CronTriggerTimetable`."""

    kind: ClassVar[str] = "delta_trigger"

    def __init__(self, delta: Delta, *, interval: Delta = _NO_INTERVAL) -> None:
        self._delta = as_delta(delta)
        self._interval = as_delta(interval)

    @property
    def summary(self) -> str:
        return str(self._delta)

    def validate(self) -> None:
        check_positive(self._delta)

    def serialize(self) -> dict[str, Any]:
        return {"delta": delta_data(self._delta), "interval": delta_data(self._interval)}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> DeltaTriggerTimetable:
        return cls(delta_from_data(data["delta"]), interval=delta_from_data(data["interval"]))

    def _tick_after(self, tick: DateTime) -> DateTime:
        return add(tick, self._delta)

    def _tick_from(self, moment: DateTime) -> DateTime:
        return moment

    def _latest_tick(self, now: DateTime) -> DateTime:
        # Ticks are wherever the run before puts them, so the latest one may as well be now.
        return now

    def _first_tick(self, now: DateTime) -> DateTime:
        return now


def _present(tick: DateTime | None) -> list[DateTime]:
    return [] if tick is None else [tick]


def _immediately_data(value: bool | timedelta) -> bool | float:
    return value.total_seconds() if isinstance(value, timedelta) else value


def _immediately_from_data(data: bool | float) -> bool | timedelta:
    return data if isinstance(data, bool) or data is None else timedelta(seconds=data)
