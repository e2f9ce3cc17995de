"""What the tests of the SDK share: files from text, a platform that answers, and tasks that run in it."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from typing import Any

from tradewind.core import messages
from tradewind.core.messages import RunInfo, TaskTry
from tradewind.core.spec import DagSpec, TaskSpec
from tradewind.sdk import xcom_codec
from tradewind.sdk.channel import set_channel
from tradewind.sdk.collect import Collection, collect_dags
from tradewind.sdk.context import Context, push_context
from tradewind.sdk.task_instance import RuntimeTaskInstance

FILE = "/dags/example.py"
MOMENT = datetime(2024, 3, 5, 6, 7, 8, tzinfo=timezone.utc)


def collect(source: str) -> Collection:
    return collect_dags(FILE, textwrap.dedent(source))


def specs(source: str) -> dict[str, DagSpec]:
    """Specifications of all DAGs in a file's text, which must have no mistakes."""
    found = collect(source)
    assert found.problems == []
    return {spec.dag_id: spec for spec in found.specs}


def spec(source: str) -> DagSpec:
    (one,) = specs(source).values()
    return one


def task_of(source: str, task_id: str) -> TaskSpec:
    return next(task for task in spec(source).tasks if task.task_id == task_id)


def upstreams(source: str) -> dict[str, list[str]]:
    return {task.task_id: list(task.upstream) for task in spec(source).tasks}


def dag_of(source: str) -> Any:
    """The live DAG of a file's text."""
    found = collect(source)
    assert found.problems == []
    (one,) = found.dags.values()
    return one


def problem(source: str) -> messages.ImportProblem:
    """The one mistake of a file's text."""
    found = collect(source)
    assert len(found.problems) == 1, found.problems
    return found.problems[0]


class Platform:
    """Answers like the engine would, from dictionaries; keeps what it is told."""

    def __init__(self) -> None:
        self.variables: dict[str, str] = {}
        self.connections: dict[str, messages.ConnectionInfo] = {}
        self.xcoms: list[messages.XCom] = []
        self.told: list[Any] = []
        self.asked: list[Any] = []
        self.answers: dict[type, Any] = {}

    def pushed(self, task_id: str, value: Any, *, key: str = "return_value", map_index: int = -1) -> None:
        self.xcoms.append(messages.XCom(task_id, map_index, key, xcom_codec.encode(value)))

    def tell(self, request: Any) -> None:
        self.told.append(request)

    def ask(self, request: Any) -> Any:
        self.asked.append(request)
        if isinstance(request, messages.GetXCom):
            return messages.XComs(self._matching(request))
        if isinstance(request, messages.GetVariable):
            found = self.variables.get(request.key)
            return messages.Value(found) if found is not None else messages.NotFound(request.key)
        if isinstance(request, messages.SetVariable):
            self.variables[request.key] = request.value
            return messages.Done()
        if isinstance(request, messages.DeleteVariable):
            known = self.variables.pop(request.key, None)
            return messages.Done() if known is not None else messages.NotFound(request.key)
        if isinstance(request, messages.ListVariableKeys):
            return messages.Names(list(self.variables))
        if isinstance(request, messages.GetConnection):
            return self.connections.get(request.conn_id) or messages.NotFound(request.conn_id)
        return self.answers[type(request)]

    def _matching(self, request: messages.GetXCom) -> list[messages.XCom]:
        found = [
            one
            for one in self.xcoms
            if (request.key is None or one.key == request.key)
            and (request.task_ids is None or one.task_id in request.task_ids)
            and (request.map_indexes is None or one.map_index in request.map_indexes)
        ]
        if request.task_ids is None:
            found.reverse()
        else:
            found.sort(key=lambda one: (request.task_ids.index(one.task_id), one.map_index))  # type: ignore[union-attr]
        return found[: request.limit]


@contextmanager
def on(platform: Any) -> Iterator[Any]:
    before = set_channel(platform)
    try:
        yield platform
    finally:
        set_channel(before)


def run_info(**changes: Any) -> RunInfo:
    fields: dict[str, Any] = {
        "dag_id": "d",
        "run_id": "manual__1",
        "run_type": "manual",
        "run_after": MOMENT,
        "logical_date": MOMENT,
        **changes,
    }
    return RunInfo(**fields)


def instance(task: Any, *, conf: Any = None, **changes: Any) -> RuntimeTaskInstance:
    """A try of `task`; `changes` are fields of its TaskTry."""
    run = run_info(dag_id=task.dag_id, conf=json.dumps(conf or {}))
    return RuntimeTaskInstance(TaskTry(try_id="t", run=run, task_id=task.task_id, **changes), task)


def context_of(ti: RuntimeTaskInstance, **more: Any) -> Context:
    return Context({"ti": ti, "task_instance": ti, "task": ti.task, "dag": ti.task.dag, "dag_run": ti.dag_run, **more})


def run(task: Any, *, context: dict[str, Any] | None = None, **changes: Any) -> tuple[Any, RuntimeTaskInstance]:
    """Render and execute one instance of `task`; its result, and the instance with what it recorded."""
    ti = instance(task, **changes)
    values = context_of(ti, **(context or {}))
    with push_context(values):
        rendered = task.prepare_for_execution().render_template_fields(values)
        ti.task = values["task"] = rendered
        return rendered.execute(values), ti


class FakeClock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.time = MOMENT
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += timedelta(seconds=seconds)
