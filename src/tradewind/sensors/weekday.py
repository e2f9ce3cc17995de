"""DayOfWeekSensor: waits for a day of the week."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tradewind.operators.datetime import date_of_run
from tradewind.sdk.sensor import BaseSensorOperator
from tradewind.sdk.types import WeekDay


class DayOfWeekSensor(BaseSensorOperator):
    """Waits until today (UTC) is one of `week_day`: names, `WeekDay`s, or a set of them.

    With `use_task_logical_date` the day of the run's logical date is looked at instead, which never changes.
    """

    def __init__(
        self,
        *,
        week_day: str | Iterable[str] | WeekDay | Iterable[WeekDay],
        use_task_logical_date: bool = False,
        use_task_execution_day: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.week_day = week_day
        self.use_task_logical_date = use_task_logical_date or use_task_execution_day
        self._week_day_num = WeekDay.validate_week_day(week_day)

    def poke(self, context: Any) -> bool:
        day = date_of_run(context) if self.use_task_logical_date else self.clock.now()
        self.log.info("Waiting for %s; it is %s", self.week_day, WeekDay(day.isoweekday()).name)
        return day.isoweekday() in self._week_day_num
