"""What the processes run here in place of the SDK and the task side: a DAG file is a module, a task one of its functions.

    def load(channel): ...          # the try succeeds when it returns, fails when it raises

`channel` is a `TaskChannel`. Attributes `execution_timeout` and `run_as_user` of a function are read like an operator's.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
import types
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, NoReturn

from tradewind.core.messages import (
    AskSchedule,
    CallbackRun,
    Failed,
    GetVariable,
    ImportProblem,
    Rescheduled,
    ScheduleAnswer,
    Succeeded,
    TaskTry,
    Value,
)
from tradewind.core.spec import DagSpec
from tradewind.runtime.framing import frame
from tradewind.runtime.task_channel import TaskChannel
from tradewind.sdk import channel as sdk_channel


class Dag:
    def __init__(self, module: types.ModuleType) -> None:
        self.module = module

    def get_task(self, task_id: str) -> Any:
        return getattr(self.module, task_id)


@dataclass
class Collected:
    dags: dict[str, Dag] = field(default_factory=dict)
    specs: list[DagSpec] = field(default_factory=list)
    problems: list[ImportProblem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def variable(key: str) -> str:
    """What `Variable.get` does."""
    reply = sdk_channel.channel().ask(GetVariable(key))
    assert isinstance(reply, Value)
    return reply.value


def collect(file: str, source: str | None) -> Collected:
    if source is None:
        with open(file) as opened:
            source = opened.read()
    module = types.ModuleType("dag_file")
    module.__file__ = file
    sys.path.insert(0, os.path.dirname(file))
    exec(compile(source, file, "exec"), module.__dict__)
    return Collected(dags={"d": Dag(module)}, specs=[DagSpec(dag_id="d", fileloc=file)])


class Told(Exception):
    """SIGTERM, as the task side raises it."""


def _on_sigterm(*_: object) -> None:
    raise Told


class Later(Exception):
    def __init__(self, at: datetime) -> None:
        self.at = at


def run_try(dag: Dag, task_try: TaskTry, sock: Any) -> NoReturn:
    channel = TaskChannel(sock)
    signal.signal(signal.SIGTERM, _on_sigterm)
    try:
        function = dag.get_task(task_try.task_id)
        function(channel)
        channel.tell_end(Succeeded())
    except Later as later:
        channel.tell_end(Rescheduled(later.at))
    except BaseException as error:
        traceback.print_exc()
        channel.tell_end(Failed(error=f"{type(error).__name__}: {error}"))
    channel.tell_callbacks_done()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def run_callback(dag: Dag, callback: CallbackRun, sock: Any) -> NoReturn:
    channel = TaskChannel(sock)
    try:
        dag.get_task(f"on_{callback.kind}")(channel)
        channel.tell_callbacks_done()
    except BaseException as error:
        channel.tell_callbacks_done(f"{type(error).__name__}: {error}")
    os._exit(0)


def answer_schedule(dag: Dag, ask: AskSchedule, sock: Any) -> NoReturn:
    when = datetime(2030, 1, 1, tzinfo=timezone.utc)
    dag.get_task("timetable")()
    sock.sendall(frame(ScheduleAnswer(ask.number, runs=[(when, when, when, when)])))
    os._exit(0)
