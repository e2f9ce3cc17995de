"""BranchDateTimeOperator: branches on whether a time lies within bounds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from tradewind.operators.branch import BaseBranchOperator
from tradewind.sdk import timezone
from tradewind.sdk.exceptions import AirflowException


class BranchDateTimeOperator(BaseBranchOperator):
    """Follows `follow_task_ids_if_true` when now lies within `target_lower` and `target_upper`, both included.

    A bound that is a time of day is taken on the day of the time it is compared with; an upper one before the lower one
    means the next day. Bounds without a zone are read in the DAG's. With `use_task_logical_date` the run's logical date is
    compared instead of now.
    """

    def __init__(
        self,
        *,
        follow_task_ids_if_true: str | Iterable[str],
        follow_task_ids_if_false: str | Iterable[str],
        target_lower: dt.datetime | dt.time | None,
        target_upper: dt.datetime | dt.time | None,
        use_task_logical_date: bool = False,
        use_task_execution_date: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if target_lower is None and target_upper is None:
            raise AirflowException(
                f"Task {self.task_id!r} has neither target_lower nor target_upper: give at least one of them."
            )
        self.target_lower = target_lower
        self.target_upper = target_upper
        self.follow_task_ids_if_true = follow_task_ids_if_true
        self.follow_task_ids_if_false = follow_task_ids_if_false
        self.use_task_logical_date = use_task_logical_date or use_task_execution_date

    def choose_branch(self, context: Any) -> str | Iterable[str]:
        now = date_of_run(context) if self.use_task_logical_date else timezone.utcnow()
        lower, upper = target_times_as_dates(now, self.target_lower, self.target_upper)
        zone = context["dag"].timezone
        if lower is not None and timezone.coerce_datetime(lower, zone) > now:
            return self.follow_task_ids_if_false
        if upper is not None and timezone.coerce_datetime(upper, zone) < now:
            return self.follow_task_ids_if_false
        return self.follow_task_ids_if_true


def date_of_run(context: Any) -> Any:
    """The logical date of the run, or, for a run without one, the time after which it was to start."""
    return context.get("logical_date") or timezone.coerce_datetime(context["dag_run"].run_after)


def target_times_as_dates(base_date: dt.datetime, lower: Any, upper: Any) -> tuple[Any, Any]:
    """The bounds as datetimes, times of day put on the day of `base_date`."""
    if isinstance(lower, dt.datetime) and isinstance(upper, dt.datetime):
        return lower, upper
    if isinstance(lower, dt.time):
        lower = dt.datetime.combine(base_date, lower)
    if isinstance(upper, dt.time):
        upper = dt.datetime.combine(base_date, upper)
    if lower is not None and upper is not None and upper < lower:
        upper += dt.timedelta(days=1)
    return lower, upper
