"""Schedules without a rhythm: never, once, and all the time."""

from __future__ import annotations

from typing import ClassVar

from pendulum import DateTime

from tradewind.timetables.base import DagRunInfo, DataInterval, TimeRestriction, Timetable, bounds_of, now_of


class TrivialTimetable(Timetable):
    """A schedule without arguments, whose manual runs stand for the moment they start."""

    periodic = False
    run_ordering = ("logical_date",)

    def infer_manual_data_interval(self, *, run_after: DateTime) -> DataInterval:
        return DataInterval.exact(run_after)


class NullTimetable(TrivialTimetable):
    """`schedule=None`: runs are started by hand, by the API or by another DAG only."""

    kind: ClassVar[str] = "null"
    can_be_scheduled = False
    description = "Never, external triggers only"

    @property
    def summary(self) -> str:
        return "None"

    def next_dagrun_info(
        self, *, last_automated_data_interval: DataInterval | None, restriction: TimeRestriction
    ) -> DagRunInfo | None:
        return None


class OnceTimetable(TrivialTimetable):
    """`@once`: one run, at the start date."""

    kind: ClassVar[str] = "once"
    description = "Once, as soon as possible"

    @property
    def summary(self) -> str:
        return "@once"

    def next_dagrun_info(
        self, *, last_automated_data_interval: DataInterval | None, restriction: TimeRestriction
    ) -> DagRunInfo | None:
        earliest, latest = bounds_of(restriction)
        if last_automated_data_interval is not None:
            return None
        at = earliest if earliest is not None else now_of(restriction)
        if latest is not None and at > latest:
            return None
        return DagRunInfo.exact(at)


class ContinuousTimetable(TrivialTimetable):
    """`@continuous`: the next run as soon as one has ended, never two at a time.

    A run's interval reaches from the end of the one before to the moment when the run was planned.
    """

    kind: ClassVar[str] = "continuous"
    description = "As frequently as possible, but only one run at a time."
    active_runs_limit = 1

    @property
    def summary(self) -> str:
        return "@continuous"

    def next_dagrun_info(
        self, *, last_automated_data_interval: DataInterval | None, restriction: TimeRestriction
    ) -> DagRunInfo | None:
        earliest, latest = bounds_of(restriction)
        now = now_of(restriction)
        if last_automated_data_interval is not None:
            start = last_automated_data_interval.end
        else:
            start = now if earliest is None else earliest
        if last_automated_data_interval is not None and start == last_automated_data_interval.start:
            # The last run was planned in this very instant. Each run needs a logical date of its own.
            start = start.add(microseconds=1)
        end = max(start, now)
        if latest is not None and end > latest:
            return None
        return DagRunInfo.interval(start, end)
