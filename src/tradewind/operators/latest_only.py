"""LatestOnlyOperator: goes on only in the newest scheduled run."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from tradewind.operators.branch import BaseBranchOperator
from tradewind.sdk import timezone
from tradewind.timetables.base import DataInterval, TimeRestriction


class LatestOnlyOperator(BaseBranchOperator):
    """Skips the tasks directly behind it when a newer run of the schedule is due already.

    A manual run always goes on. So does one whose schedule has no next run.
    """

    ui_color = "#e9ffdb"

    def choose_branch(self, context: Any) -> str | Iterable[str]:
        run = context["dag_run"]
        everything = sorted(self.get_direct_relative_ids(upstream=False))
        if str(getattr(run.run_type, "value", run.run_type)) == "manual":
            self.log.info("This run was started by hand: going on.")
            return everything
        window = self._window(run, context["dag"].timetable)
        if window is None:
            self.log.info("The schedule has no run after this one: going on.")
            return everything
        left, right = window
        now = timezone.utcnow()
        self.log.info("Going on if now (%s) is after %s and not after %s.", now, left, right)
        if left < now <= right:
            return everything
        self.log.info("This is not the latest run: skipping what comes after.")
        return []

    def _window(self, run: Any, timetable: Any) -> tuple[Any, Any] | None:
        """When this run is the latest one: from the end of its own turn to the end of the next one's."""
        moment = run.logical_date or run.run_after
        interval = DataInterval(
            start=timezone.coerce_datetime(run.data_interval_start or moment),
            end=timezone.coerce_datetime(run.data_interval_end or moment),
        )
        before = timetable.next_dagrun_info(
            last_automated_data_interval=interval,
            restriction=TimeRestriction(earliest=None, latest=interval.end - timedelta(microseconds=1), catchup=True),
        )
        after = timetable.next_dagrun_info(
            last_automated_data_interval=interval,
            restriction=TimeRestriction(earliest=interval.end, latest=None, catchup=True),
        )
        if after is None:
            return None
        left = before.data_interval.end if before is not None else interval.start
        return left, after.data_interval.end
