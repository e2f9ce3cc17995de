"""BranchDayOfWeekOperator: branches on the day of the week."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tradewind.operators.branch import BaseBranchOperator
from tradewind.operators.datetime import date_of_run
from tradewind.sdk import timezone
from tradewind.sdk.types import WeekDay


class BranchDayOfWeekOperator(BaseBranchOperator):
    """Follows `follow_task_ids_if_true` on the days of `week_day` (names, `WeekDay`s, or a set of them).

    Today is taken in the DAG's zone; with `use_task_logical_date` it is the day of the run's logical date.
    """

    def __init__(
        self,
        *,
        follow_task_ids_if_true: str | Iterable[str],
        follow_task_ids_if_false: str | Iterable[str],
        week_day: str | Iterable[str] | WeekDay | Iterable[WeekDay],
        use_task_logical_date: bool = False,
        use_task_execution_day: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.follow_task_ids_if_true = follow_task_ids_if_true
        self.follow_task_ids_if_false = follow_task_ids_if_false
        self.week_day = week_day
        self.use_task_logical_date = use_task_logical_date or use_task_execution_day
        self._week_day_num = WeekDay.validate_week_day(week_day)

    def choose_branch(self, context: Any) -> str | Iterable[str]:
        if self.use_task_logical_date:
            today = date_of_run(context)
        else:
            today = timezone.make_naive(timezone.utcnow(), context["dag"].timezone)
        if today.isoweekday() in self._week_day_num:
            return self.follow_task_ids_if_true
        return self.follow_task_ids_if_false
