"""A very small engine for the tests: an event loop, a LocalExecutor, and everything that it delivered."""

from __future__ import annotations

import asyncio
import os
import textwrap
import time
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, TypeVar

from tradewind.core.ids import new_try_id
from tradewind.core.messages import (
    UNANSWERED,
    CallbackEnded,
    CallbackRun,
    Ended,
    Exited,
    GetVariable,
    Parsed,
    Reply,
    RunInfo,
    Started,
    TaskTry,
    Value,
)
from tradewind.core.records import TryRecord
from tradewind.executors.base import Asked, HostFailed
from tradewind.executors.local import LocalExecutor, LocalSettings
from tradewind.runtime.importing import source_digest

HERE = Path(__file__).parent
NOW = datetime(2030, 1, 1, tzinfo=timezone.utc)
T = TypeVar("T")


class EngineSide:
    """Drives the executor. Every `wait_…` is by event, and fails when the event does not come within its limit."""

    def __init__(self, home: Path, **settings: Any) -> None:
        self.home = home
        self.dags = home / "dags"
        self.dags.mkdir(exist_ok=True)
        self.events: list[Any] = []
        self.times: list[float] = []
        self.witness: Callable[[Any], None] = lambda _event: None
        """Called with each event at the moment of its delivery."""
        self.forgets = True
        self.answers = True
        self.loop = asyncio.new_event_loop()
        self._news: asyncio.Future[None] | None = None
        entries = {name: f"stand_ins:{name}" for name in ("collect", "run_try", "run_callback", "answer_schedule")}
        environ = dict(os.environ) | {"PYTHONPATH": str(HERE)} | settings.pop("environ", {})
        self.executor = LocalExecutor(
            self.loop,
            self._take,
            LocalSettings(home=str(home), dags_folder=str(self.dags), environ=environ, **(entries | settings)),
        )

    def start(self, tries: list[TryRecord] | None = None) -> EngineSide:
        self.executor.start()
        self.executor.recover(tries or [])
        return self

    def _take(self, event: Any) -> None:
        self.witness(event)
        self.events.append(event)
        self.times.append(time.monotonic())
        if (isinstance(event, Ended) and self.forgets and not event.exit_follows) or (
            isinstance(event, Exited) and self.forgets
        ):
            self.executor.forget(event.try_id)
        elif isinstance(event, CallbackEnded) and self.forgets:
            self.executor.forget(event.callback_id)
        elif isinstance(event, Asked) and self.answers and not isinstance(event.request, UNANSWERED):
            self.executor.reply(event.token, self.answer(event))
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    def answer(self, asked: Asked) -> Reply:
        assert isinstance(asked.request, GetVariable)
        return Value(f"value of {asked.request.key}")

    # --- what tests do -------------------------------------------------------------------------------------------------

    def file(self, source: str, name: str = "dag.py") -> str:
        path = self.dags / name
        path.write_text(textwrap.dedent(source))
        return str(path)

    def run(self, file: str, task_id: str = "task", **more: Any) -> str:
        """Give a try to the executor; answers its id."""
        try_id = more.pop("try_id", None) or new_try_id(int(time.time() * 1000))
        self.executor.run(file, self.digest(file), lambda: None, self.task_try(try_id, task_id, **more))
        return try_id

    def digest(self, file: str) -> str:
        return source_digest(Path(file).read_bytes())

    def task_try(self, try_id: str, task_id: str = "task", **more: Any) -> TaskTry:
        return TaskTry(try_id=try_id, run=self.run_info(), task_id=task_id, log_path=str(self.log_path(try_id)), **more)

    def run_info(self) -> RunInfo:
        return RunInfo(dag_id="d", run_id="r", run_type="manual", run_after=NOW)

    def callback(self, file: str, kind: str) -> str:
        ident = new_try_id(int(time.time() * 1000))
        callback = CallbackRun(callback_id=ident, kind=kind, run=self.run_info(), log_path=str(self.log_path(ident)))
        self.executor.run_callback(file, self.digest(file), lambda: None, callback)
        return ident

    def log_path(self, try_id: str) -> Path:
        return self.home / "logs" / f"{try_id}.log"

    def log(self, try_id: str) -> str:
        path = self.log_path(try_id)
        return path.read_text() if path.exists() else "(it has no log)"

    # --- what tests wait for -------------------------------------------------------------------------------------------

    def wait(self, what: Callable[[], T | None], limit_s: float = 20.0) -> T:
        """Run the loop until `what` answers something. It is asked after every event that is delivered."""
        deadline = time.monotonic() + limit_s
        while True:
            found = what()
            if found is not None and found is not False:
                return found
            left = deadline - time.monotonic()
            assert left > 0, f"nothing of the kind within {limit_s} s; events: {self.events}"
            self._news = self.loop.create_future()
            # Some conditions are facts of the system, not events: looked at anew now and then.
            self.loop.run_until_complete(asyncio.wait([self._news], timeout=min(left, 0.02)))

    def wait_ended(self, try_id: str, limit_s: float = 20.0) -> Ended:
        return self.wait(lambda: self.find(Ended, try_id=try_id), limit_s)

    def ended(self, try_id: str) -> Ended:
        """For an engine that has stopped: nothing more will come."""
        found = self.find(Ended, try_id=try_id)
        assert found is not None, self.events
        return found

    def wait_started(self, try_id: str, limit_s: float = 20.0) -> Started:
        return self.wait(
            lambda: next((e for e in self.events if isinstance(e, Started) and e.active.try_id == try_id), None),
            limit_s,
        )

    def wait_parsed(self, file: str, limit_s: float = 20.0) -> Parsed | HostFailed:
        return self.wait(
            lambda: next((e for e in self.events if isinstance(e, (Parsed, HostFailed)) and e.file == file), None),
            limit_s,
        )

    def find(self, kind: type[T], **fields: Any) -> T | None:
        return next(
            (e for e in self.events if isinstance(e, kind) and all(getattr(e, k) == v for k, v in fields.items())), None
        )

    def all(self, kind: type[T]) -> list[T]:
        return [event for event in self.events if isinstance(event, kind)]

    def spend(self, seconds: float) -> None:
        """Let the loop run: to see that something does not happen."""
        self.loop.run_until_complete(asyncio.sleep(seconds))

    # --- its end -------------------------------------------------------------------------------------------------------

    def stop(self, grace_s: float | None = 0.0) -> None:
        done: list[bool] = []
        self.executor.stop(grace_s, lambda: done.append(True))
        self.wait(lambda: bool(done), 20)
        self.loop.close()

    def vanish(self) -> None:
        """As after kill -9: nothing is said to anybody, every descriptor closes. The zygote ends by itself."""
        self.executor.abandon()
        self.loop.close()
