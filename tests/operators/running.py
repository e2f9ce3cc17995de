"""Running an operator inside the test's own process, with a platform in memory and a clock that is turned by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

from tests.runtime_task.fake_host import Platform, run_info, talking_to
from tradewind.core.messages import RunInfo, TaskTry
from tradewind.runtime.task_process import context_of
from tradewind.sdk.context import push_context
from tradewind.sdk.dag import DAG

NOW = datetime(2024, 3, 6, 12, tzinfo=timezone.utc)


class TurnedClock:
    """A `SensorClock`: sleeping moves it on, and `then` is called after each sleep."""

    def __init__(self, now: datetime = NOW, then: Callable[[], None] = lambda: None) -> None:
        self.time = now
        self.slept: list[float] = []
        self.then = then

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += timedelta(seconds=seconds)
        self.then()


def new_dag(**kwargs: Any) -> DAG:
    kwargs.setdefault("schedule", "@daily")
    return DAG("d", start_date=datetime(2024, 1, 1, tzinfo=timezone.utc), **kwargs)


def execute(
    task: Any,
    platform: Platform | None = None,
    *,
    run: RunInfo | None = None,
    clock: TurnedClock | None = None,
    **fields: Any,
) -> tuple[Any, Any]:
    """What the operator returned, and its context. Template fields are rendered first."""
    if clock is not None:
        task.clock = clock
    task_try = TaskTry(try_id="t", run=run or run_info(), task_id=task.task_id, **fields)
    with talking_to(platform or Platform()):
        context = context_of(task.dag, task, task_try)
        with push_context(context):
            task.render_template_fields(context)
            return task.execute(context), context
