"""BaseSensorOperator: a task that waits until something is true."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from typing import Any, Protocol

from tradewind.configuration import conf
from tradewind.sdk.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowRescheduleException,
    AirflowSensorTimeout,
    AirflowSkipException,
    AirflowTaskTimeout,
    InvalidArgument,
    TaskDeferralError,
)
from tradewind.sdk.operator import BaseOperator

SEVEN_DAYS_S = 7 * 24 * 60 * 60.0


class PokeReturnValue:
    """What `poke` may return instead of a truth value: whether it is done, and the task's result."""

    def __init__(self, is_done: bool, xcom_value: Any = None) -> None:
        self.is_done = is_done
        self.xcom_value = xcom_value

    def __bool__(self) -> bool:
        return self.is_done


class SensorClock(Protocol):
    def now(self) -> datetime: ...
    def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """Real time."""

    def now(self) -> datetime:
        return datetime.now(timezone.utc)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def _seconds(value: Any, name: str) -> float:
    if isinstance(value, timedelta):
        value = value.total_seconds()
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
        raise InvalidArgument(f"A sensor's {name} is a timedelta or seconds of at least 0, not {value!r}.")
    return float(value)


class BaseSensorOperator(BaseOperator):
    """Calls `poke` until it returns something true.

    `mode="poke"` keeps its process between two pokes, `"reschedule"` gives it back. Durations are timedeltas or seconds.
    After `timeout` the task fails for good, or is skipped with `soft_fail`. Errors in `poke` fail the task; they are
    logged only with `silent_fail`, and skip it with `never_fail`.
    """

    ui_color = "#e6f1f2"
    is_sensor = True
    clock: SensorClock = SystemClock()

    def __init__(
        self,
        *,
        poke_interval: timedelta | float = 60,
        timeout: timedelta | float | None = None,
        soft_fail: bool = False,
        mode: str = "poke",
        exponential_backoff: bool = False,
        max_wait: timedelta | float | None = None,
        silent_fail: bool = False,
        never_fail: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.poke_interval = _seconds(poke_interval, "poke_interval")
        if timeout is None:
            timeout = conf.getfloat("sensors", "default_timeout", fallback=SEVEN_DAYS_S)
        self.timeout = _seconds(timeout, "timeout")
        self.max_wait = timedelta(seconds=_seconds(max_wait, "max_wait")) if max_wait is not None else None
        if mode not in ("poke", "reschedule"):
            raise InvalidArgument(f"Sensor {self.task_id!r}: mode is 'poke' or 'reschedule', not {mode!r}.")
        if soft_fail and never_fail:
            raise InvalidArgument(f"Sensor {self.task_id!r} has soft_fail and never_fail: keep one of them.")
        self.soft_fail = soft_fail
        self.mode = mode
        self.exponential_backoff = exponential_backoff
        self.silent_fail = silent_fail
        self.never_fail = never_fail

    valid_modes: Iterable[str] = ("poke", "reschedule")

    def poke(self, context: Any) -> bool | PokeReturnValue:
        """Whether the wait is over. Called in intervals; keep it short."""
        raise AirflowException(f"{type(self).__name__} does not say what it waits for: define poke(self, context).")

    @property
    def reschedule(self) -> bool:
        return self.mode == "reschedule"

    def execute(self, context: Any) -> Any:
        ti = context["ti"]
        started_at = (getattr(ti, "first_started_at", None) if self.reschedule else None) or self.clock.now()
        poke_number = 1 + (getattr(ti, "reschedule_count", 0) if self.reschedule else 0)
        while True:
            answer = self._poke_once(context)
            if answer:
                self.log.info("Success criteria met. Exiting.")
                return answer.xcom_value if isinstance(answer, PokeReturnValue) else None
            waited = (self.clock.now() - started_at).total_seconds()
            if waited > self.timeout:
                message = (
                    f"Sensor has timed out; run duration of {waited:.1f} s exceeds the timeout of {self.timeout:g} s."
                )
                if self.soft_fail:
                    raise AirflowSkipException(message)
                raise AirflowSensorTimeout(message)
            pause = self.pause_s(poke_number, waited)
            if self.reschedule:
                raise AirflowRescheduleException(self.clock.now() + timedelta(seconds=pause))
            self.clock.sleep(pause)
            poke_number += 1

    def _poke_once(self, context: Any) -> bool | PokeReturnValue:
        try:
            return self.poke(context)
        except (AirflowSensorTimeout, AirflowTaskTimeout, AirflowFailException) as error:
            if self.soft_fail or self.never_fail:
                which = "soft_fail" if self.soft_fail else "never_fail"
                raise AirflowSkipException(f"Skipped, because {which} is set: {error}") from error
            raise
        except AirflowSkipException:
            raise
        except Exception as error:
            if self.silent_fail:
                self.log.error("Sensor poke failed: %s", error, exc_info=True)
                return False
            if self.never_fail:
                raise AirflowSkipException(f"Skipped, because never_fail is set: {error}") from error
            raise

    def pause_s(self, poke_number: int, waited_s: float = 0.0) -> float:
        """Seconds until the next poke. With `exponential_backoff` they double, spread by a hash of the task."""
        if not self.exponential_backoff:
            return self.poke_interval
        least = max(self.poke_interval, 1.0) * 2.0 ** min(poke_number - 1, 30)
        # Sensors that started together do not poke together; the same sensor always waits the same time.
        digest = hashlib.sha1(f"{self.dag_id}#{self.task_id}#{poke_number}".encode(), usedforsecurity=False).digest()
        pause = least * (0.75 + int.from_bytes(digest[:2], "big") / 0xFFFF / 4)
        if self.max_wait is not None:
            pause = min(pause, self.max_wait.total_seconds())
        return min(pause, max(self.timeout - waited_s, 0.0) + 1.0)

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Any) -> Any:
        try:
            return super().resume_execution(next_method, next_kwargs, context)
        except TaskDeferralError as error:
            if self.soft_fail or self.never_fail:
                raise AirflowSkipException(f"Skipped: {error}") from error
            raise
        except Exception as error:
            if "timeout" in type(error).__name__.lower() and not isinstance(error, AirflowSkipException):
                if self.soft_fail:
                    raise AirflowSkipException(f"Skipped: {error}") from error
                raise AirflowSensorTimeout(str(error)) from error
            raise


def poke_mode_only(cls: type[Any]) -> type[Any]:
    """For sensors that keep something between two pokes: refuses `mode="reschedule"`."""
    if not issubclass(cls, BaseSensorOperator):
        raise InvalidArgument(f"poke_mode_only is for sensor classes; {cls.__name__} is none.")

    def get_mode(self: Any) -> str:
        return "poke"

    def set_mode(self: Any, value: str) -> None:
        if value != "poke":
            raise InvalidArgument(f"{cls.__name__} works in mode 'poke' only, not {value!r}.")

    cls.mode = property(get_mode, set_mode)  # type: ignore[assignment]
    return cls
