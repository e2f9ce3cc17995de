"""TimeSensor: waits for a time of day."""

from __future__ import annotations

import datetime as dt
from typing import Any

from tradewind.sdk import timezone
from tradewind.sdk.sensor import BaseSensorOperator
from tradewind.sensors.waiting import wait_until


class TimeSensor(BaseSensorOperator):
    """Waits until `target_time` of today, in the DAG's zone.

    Today is the day on which the task's process starts. With `deferrable` it is rescheduled once, at the target time.
    """

    def __init__(
        self,
        *,
        target_time: dt.time,
        deferrable: bool = False,
        start_from_trigger: bool = False,
        end_from_trigger: bool = False,
        trigger_kwargs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.target_time = target_time
        self.deferrable = deferrable
        self.start_from_trigger = start_from_trigger
        self.end_from_trigger = end_from_trigger
        self.trigger_kwargs = trigger_kwargs

    @property
    def target_datetime(self) -> Any:
        """The point in time that is waited for when the waiting begins today, UTC."""
        return self._on_the_day_of(self.clock.now())

    def execute(self, context: Any) -> Any:
        if not self.deferrable:
            return super().execute(context)
        wait_until(self, self._target(context))
        return None

    def poke(self, context: Any) -> bool:
        target = self._target(context)
        self.log.info("Checking if the time (%s) has come", target)
        return bool(self.clock.now() > target)

    def _target(self, context: Any) -> Any:
        # A sensor that was rescheduled past midnight keeps the day on which it began to wait.
        began = getattr(context.get("ti"), "first_started_at", None)
        return self.target_datetime if began is None else self._on_the_day_of(began)

    def _on_the_day_of(self, moment: dt.datetime) -> Any:
        zone = self.dag.timezone if self.dag is not None else timezone.utc
        wall = dt.datetime.combine(moment.astimezone(zone).date(), self.target_time.replace(tzinfo=None))
        return timezone.convert_to_utc(timezone.make_aware(wall, self.target_time.tzinfo or zone))


class TimeSensorAsync(TimeSensor):
    """`TimeSensor(deferrable=True)`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(deferrable=True, **kwargs)
