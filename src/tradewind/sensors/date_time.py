"""DateTimeSensor: waits for a point in time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from tradewind.sdk import timezone
from tradewind.sdk.sensor import BaseSensorOperator
from tradewind.sensors.waiting import wait_until


class DateTimeSensor(BaseSensorOperator):
    """Waits until `target_time`: a datetime, or text (templated). Without a zone it is read in the default one."""

    template_fields: Sequence[str] = ("target_time",)

    def __init__(self, *, target_time: str | dt.datetime, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(target_time, (str, dt.datetime)):
            raise TypeError(f"Expected str or datetime.datetime type for target_time. Got {type(target_time)}")
        self.target_time = target_time

    def poke(self, context: Any) -> bool:
        self.log.info("Checking if the time (%s) has come", self.target_time)
        return bool(self.clock.now() > self._moment)

    @property
    def _moment(self) -> Any:
        target = self.target_time
        return timezone.parse(target) if isinstance(target, str) else timezone.coerce_datetime(target)


class DateTimeSensorAsync(DateTimeSensor):
    """A DateTimeSensor that holds no slot while it waits: it is rescheduled once, at the target time."""

    def __init__(
        self,
        *,
        start_from_trigger: bool = False,
        end_from_trigger: bool = False,
        trigger_kwargs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.start_from_trigger = start_from_trigger
        self.end_from_trigger = end_from_trigger
        self.trigger_kwargs = trigger_kwargs

    def execute(self, context: Any) -> None:
        wait_until(self, self._moment)
