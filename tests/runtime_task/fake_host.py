"""A DAG host for tests: it forks a task's process as the real one does, and answers what the task asks from memory."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
import warnings
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NoReturn

from tradewind.core.messages import (
    AlreadyExists,
    CallbackRun,
    CallbacksDone,
    ConnectionInfo,
    Count,
    CountRuns,
    DeleteVariable,
    Done,
    FoundDag,
    FoundRun,
    FromTask,
    GetConnection,
    GetDag,
    GetInstanceStates,
    GetPreviousRun,
    GetRun,
    GetVariable,
    GetXCom,
    ListVariableKeys,
    Masks,
    Names,
    NotFound,
    Outcome,
    Refused,
    Reply,
    Request,
    RunInfo,
    SetRendered,
    SetVariable,
    SetXCom,
    States,
    TaskAsks,
    TaskEnds,
    TaskReply,
    TaskTry,
    TriggerRun,
    Value,
    XCom,
    XComs,
)
from tradewind.runtime.framing import FrameReader, frame
from tradewind.runtime.task_process import run_callback, run_try
from tradewind.sdk.channel import set_channel

LOGICAL_DATE = datetime(2024, 3, 5, tzinfo=timezone.utc)


def run_info(**changes: Any) -> RunInfo:
    fields: dict[str, Any] = {
        "dag_id": "d",
        "run_id": "scheduled__2024-03-05T00:00:00+00:00",
        "run_type": "scheduled",
        "run_after": datetime(2024, 3, 6, tzinfo=timezone.utc),
        "logical_date": LOGICAL_DATE,
        "data_interval_start": LOGICAL_DATE,
        "data_interval_end": datetime(2024, 3, 6, tzinfo=timezone.utc),
    }
    return RunInfo(**{**fields, **changes})


@dataclass
class Platform:
    """What tasks can ask for. A `sdk.channel.Channel` itself, for tests inside one process."""

    variables: dict[str, str] = field(default_factory=dict)
    connections: dict[str, ConnectionInfo] = field(default_factory=dict)
    xcoms: list[SetXCom] = field(default_factory=list)
    runs: list[RunInfo] = field(default_factory=list)
    dags: dict[str, FoundDag] = field(default_factory=dict)
    states: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)
    previous_run: RunInfo | None = None
    on_trigger: Callable[[TriggerRun], Reply] | None = None
    asked: list[Request] = field(default_factory=list)

    def ask(self, request: Request) -> Reply:
        answer = self.answer(request)
        assert answer is not None
        return answer

    def tell(self, request: Request) -> None:
        self.answer(request)

    def answer(self, request: Request) -> Reply | None:
        self.asked.append(request)
        answers: dict[type, Callable[[Any], Reply | None]] = {
            GetVariable: lambda r: Value(self.variables[r.key]) if r.key in self.variables else NotFound(r.key),
            SetVariable: self._set_variable,
            DeleteVariable: lambda r: Done() if self.variables.pop(r.key, None) else NotFound(r.key),
            ListVariableKeys: lambda r: Names(list(self.variables)),
            GetConnection: lambda r: self.connections.get(r.conn_id) or NotFound(r.conn_id),
            GetXCom: self._get_xcom,
            SetXCom: self._set_xcom,
            GetPreviousRun: lambda r: FoundRun(self.previous_run),
            TriggerRun: self._trigger,
            GetRun: lambda r: FoundRun(next((run for run in self.runs if run.run_id == r.run_id), None)),
            GetDag: lambda r: self.dags.get(r.dag_id, FoundDag()),
            CountRuns: self._count_runs,
            GetInstanceStates: lambda r: States(self.states.get(r.dag_id, {})),
        }
        return answers.get(type(request), lambda r: None)(request)

    def _set_variable(self, request: SetVariable) -> Reply:
        self.variables[request.key] = request.value
        return Done()

    def _set_xcom(self, request: SetXCom) -> None:
        self.xcoms.append(request)

    def _get_xcom(self, request: GetXCom) -> Reply:
        found = [
            XCom(one.task_id, one.map_index, one.key, one.value, one.run_id)
            for one in self.xcoms
            if (request.task_ids is None or one.task_id in request.task_ids)
            and (request.key is None or one.key == request.key)
            and (request.map_indexes is None or one.map_index in request.map_indexes)
        ]
        return XComs(found[: request.limit])

    def _trigger(self, request: TriggerRun) -> Reply:
        if self.on_trigger is not None:
            return self.on_trigger(request)
        if request.dag_id not in self.dags:
            return NotFound(request.dag_id)
        if request.fail_when_paused and self.dags[request.dag_id].is_paused:
            return Refused(f"DAG {request.dag_id} is paused.")
        run_id = request.run_id or f"manual__{(request.logical_date or LOGICAL_DATE).isoformat()}"
        if any(run.run_id == run_id for run in self.runs) and not request.reset_existing:
            return AlreadyExists(run_id)
        run = run_info(
            dag_id=request.dag_id,
            run_id=run_id,
            run_type="manual",
            logical_date=request.logical_date,
            conf=request.conf,
        )
        self.runs.append(run)
        return FoundRun(run)

    def _count_runs(self, request: CountRuns) -> Reply:
        return Count(
            sum(
                run.dag_id == request.dag_id
                and (not request.states or run.state in request.states)
                and (not request.logical_dates or run.logical_date in request.logical_dates)
                for run in self.runs
            )
        )


@contextmanager
def talking_to(platform: Platform) -> Any:
    """User code in the body talks to `platform`, without another process."""
    before = set_channel(platform)
    try:
        yield platform
    finally:
        set_channel(before)


@dataclass
class Ended:
    """What the host saw of a process."""

    status: int
    outcome: Outcome | None
    callbacks: CallbacksDone | None
    masks: list[str]
    rendered: dict[str, Any]
    output: str
    lines: list[dict[str, Any]]

    @property
    def events(self) -> list[str]:
        return [line["event"] for line in self.lines]

    @property
    def exit_code(self) -> int:
        return os.waitstatus_to_exitcode(self.status)


def start_try(
    dag: Any, task_id: str, tmp_path: Path, **fields: Any
) -> tuple[TaskTry, Callable[[socket.socket], NoReturn]]:
    """A try, and what its process does."""
    run = fields.pop("run", None) or run_info(dag_id=dag.dag_id)
    task_try = TaskTry(
        try_id="01890000-0000-7000-8000-000000000001",
        run=run,
        task_id=task_id,
        log_path=str(tmp_path / "logs" / f"{task_id}.log"),
        **fields,
    )
    return task_try, lambda sock: run_try(dag, task_try, sock)


def make_try(
    dag: Any, task_id: str, tmp_path: Path, platform: Platform | None = None, *, kill_when: str = "", **fields: Any
) -> Ended:
    """Fork a try and serve it to its end. `kill_when`: SIGTERM once a line of its log holds this text."""
    task_try, body = start_try(dag, task_id, tmp_path, **fields)
    return serve(body, task_try.log_path, platform or Platform(), kill_when)


def make_callback(dag: Any, callback: CallbackRun, platform: Platform | None = None) -> Ended:
    return serve(lambda sock: run_callback(dag, callback, sock), callback.log_path, platform or Platform())


def serve(body: Callable[[socket.socket], NoReturn], log_path: str, platform: Platform, kill_when: str = "") -> Ended:
    ours, theirs = socket.socketpair()
    readable, writable = os.pipe()
    with warnings.catch_warnings():
        # Threads of earlier tests, as far as there are any, hold no locks that a task needs.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        try:
            os.setsid()
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            ours.close()
            os.close(readable)
            os.dup2(writable, 1)
            os.dup2(writable, 2)
            os.close(writable)
            body(theirs)
        finally:
            os._exit(70)
    theirs.close()
    os.close(writable)
    output: list[bytes] = []
    drain = threading.Thread(target=_drain, args=(readable, output), daemon=True)
    drain.start()
    killer = threading.Thread(target=_kill_at, args=(pid, log_path, kill_when), daemon=True) if kill_when else None
    if killer is not None:
        killer.start()
    ended = Ended(0, None, None, [], {}, "", [])
    reader: FrameReader[Any] = FrameReader(FromTask)
    while data := ours.recv(1 << 16):
        for message in reader.feed(data):
            _take(message, ended, platform, ours)
    ours.close()
    _, ended.status = os.waitpid(pid, 0)
    drain.join(10)
    ended.output = b"".join(output).decode(errors="replace")
    path = Path(log_path)
    if path.exists() and path.is_file():
        ended.lines = [json.loads(line) for line in path.read_text().splitlines() if line]
    return ended


def _take(message: Any, ended: Ended, platform: Platform, sock: socket.socket) -> None:
    if isinstance(message, TaskAsks):
        if isinstance(message.request, SetRendered):
            ended.rendered = json.loads(message.request.fields)
        answer = platform.answer(message.request)
        if answer is not None:
            sock.sendall(frame(TaskReply(message.number, answer)))
    elif isinstance(message, TaskEnds):
        ended.outcome = message.outcome
    elif isinstance(message, Masks):
        ended.masks += message.values
    elif isinstance(message, CallbacksDone):
        ended.callbacks = message


def _drain(fd: int, output: list[bytes]) -> None:
    while data := os.read(fd, 1 << 16):
        output.append(data)
    os.close(fd)


def _kill_at(pid: int, log_path: str, text: str) -> None:
    pause = threading.Event()
    for _ in range(1000):
        path = Path(log_path)
        if path.exists() and text in path.read_text():
            os.kill(pid, signal.SIGTERM)
            return
        pause.wait(0.01)
