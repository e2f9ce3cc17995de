"""A schedule that is a list of dates: sports fixtures, trading days, releases."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar

import pendulum
from pendulum import DateTime

from tradewind.core.runs import as_utc
from tradewind.timetables.base import DagRunInfo, DataInterval, TimeRestriction, Timetable, bounds_of, now_of


class EventsTimetable(Timetable):
    """A run at each of `event_dates`.

    With `restrict_to_events` a manual run belongs to the last event before it (the first one when there is none before)
    instead of to its own moment. `presorted` promises that the dates already ascend. `description` replaces the text
    that says how many events there are. Raises ValueError for a date without a time zone.
    """

    kind: ClassVar[str] = "events"

    def __init__(
        self,
        event_dates: Iterable[datetime],
        restrict_to_events: bool = False,
        presorted: bool = False,
        description: str | None = None,
    ) -> None:
        dates = [pendulum.instance(each) if each.tzinfo is not None else as_utc(each) for each in event_dates]
        self._dates: list[DateTime] = dates if presorted else sorted(dates)
        self._restrict = restrict_to_events
        self._own_description = description
        self._utc = [as_utc(each) for each in self._dates]

    @property
    def description(self) -> str:  # type: ignore[override]
        if self._own_description is not None:
            return self._own_description
        if not self._dates:
            return "No events"
        return f"{self._count} between {self._dates[0].isoformat()} and {self._dates[-1].isoformat()}"

    @property
    def summary(self) -> str:
        return self._own_description if self._own_description is not None else self._count

    @property
    def _count(self) -> str:
        return f"{len(self._dates)} events"

    def serialize(self) -> dict[str, Any]:
        return {
            "event_dates": [each.isoformat() for each in self._dates],
            "restrict_to_events": self._restrict,
            "description": self._own_description,
        }

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> EventsTimetable:
        return cls(
            [datetime.fromisoformat(each) for each in data["event_dates"]],
            restrict_to_events=data["restrict_to_events"],
            presorted=True,
            description=data.get("description"),
        )

    def infer_manual_data_interval(self, *, run_after: DateTime) -> DataInterval:
        if not self._restrict or not self._utc:
            return DataInterval.exact(run_after)
        at = bisect_right(self._utc, run_after) - 1
        return DataInterval.exact(self._utc[max(at, 0)])

    def next_dagrun_info(
        self, *, last_automated_data_interval: DataInterval | None, restriction: TimeRestriction
    ) -> DagRunInfo | None:
        earliest, latest = bounds_of(restriction)
        at = 0
        if earliest is not None:
            at = bisect_left(self._utc, earliest)
        if not restriction.catchup:
            at = max(at, bisect_left(self._utc, now_of(restriction)))
        if last_automated_data_interval is not None:
            at = max(at, bisect_right(self._utc, last_automated_data_interval.end))
        if at >= len(self._utc) or (latest is not None and self._utc[at] > latest):
            return None
        return DagRunInfo.exact(self._utc[at])
