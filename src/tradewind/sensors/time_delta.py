"""TimeDeltaSensor and WaitSensor: wait for a span of time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from tradewind.sdk import timezone
from tradewind.sdk.sensor import BaseSensorOperator
from tradewind.sensors.waiting import wait_until


class TimeDeltaSensor(BaseSensorOperator):
    """Waits until `delta` after the end of the run's data interval; after `run_after` for a run without one.

    `delta` may be a template; a number, or text with one, means minutes. With `deferrable` the task is rescheduled once,
    at that time.
    """

    template_fields: Sequence[str] = ("delta",)

    def __init__(
        self,
        *,
        delta: timedelta | int | str,
        deferrable: bool = False,
        end_from_trigger: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.delta = delta
        self.deferrable = deferrable
        self.end_from_trigger = end_from_trigger

    def execute(self, context: Any) -> Any:
        if not self.deferrable:
            return super().execute(context)
        wait_until(self, self._moment(context))
        return None

    def poke(self, context: Any) -> bool:
        moment = self._moment(context)
        self.log.info("Checking if the time (%s) has come", moment)
        return bool(self.clock.now() > moment)

    def _moment(self, context: Any) -> datetime:
        base = context.get("data_interval_end") or timezone.coerce_datetime(context["dag_run"].run_after)
        moment: datetime = base + _span(self.delta)
        return moment


class TimeDeltaSensorAsync(TimeDeltaSensor):
    """`TimeDeltaSensor(deferrable=True)`."""

    def __init__(self, *, delta: timedelta | int | str, **kwargs: Any) -> None:
        super().__init__(delta=delta, deferrable=True, **kwargs)


class WaitSensor(BaseSensorOperator):
    """Waits for `time_to_wait` (minutes when a number) from its own start."""

    template_fields: Sequence[str] = ("time_to_wait",)

    def __init__(self, time_to_wait: timedelta | int, deferrable: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.time_to_wait = time_to_wait
        self.deferrable = deferrable

    def execute(self, context: Any) -> None:
        span = _span(self.time_to_wait)
        if self.deferrable:
            began = getattr(context["ti"], "first_started_at", None) or self.clock.now()
            wait_until(self, began + span)
        else:
            self.clock.sleep(span.total_seconds())


def _span(value: Any) -> timedelta:
    return value if isinstance(value, timedelta) else timedelta(minutes=int(value))
