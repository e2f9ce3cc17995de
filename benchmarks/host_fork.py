"""What one try costs on top of a bare fork+wait, and how fast many files are imported. Prints JSON.

    python benchmarks/host_fork.py [TRIES] [FILES]

No engine and no SDK in it: a LocalExecutor, its zygote and hosts, and tries that do nothing. Bare fork+wait is measured in the
same call, in turn with the tries, because absolute times drift with the machine. `start_ms` is the time from the call of
`run` to the first instruction of user code, `report_ms` from there to the end being known.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, NoReturn

from tradewind.core.messages import Ended, Exited, ImportProblem, Parsed, RunInfo, SetXCom, Succeeded, TaskTry
from tradewind.core.spec import DagSpec
from tradewind.executors.base import Asked, HostFailed
from tradewind.executors.local import LocalExecutor, LocalSettings
from tradewind.runtime.importing import source_digest
from tradewind.runtime.task_channel import TaskChannel

AT_ONCE = 8


# --- what the processes run --------------------------------------------------------------------------------------------


class NoOp:
    def get_task(self, _task_id: str) -> object:
        return object()


@dataclass
class Collected:
    dags: dict[str, NoOp]
    specs: list[DagSpec]
    problems: list[ImportProblem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def collect(file: str, source: str | None) -> Collected:
    with open(file) as opened:
        exec(compile(source or opened.read(), file, "exec"), {"__file__": file})
    return Collected({"d": NoOp()}, [DagSpec(dag_id="d", fileloc=file)])


def run_try(_dag: NoOp, task_try: TaskTry, sock: Any) -> NoReturn:
    begun = time.monotonic()
    channel = TaskChannel(sock)
    if task_try.task_id == "timed":
        channel.tell(SetXCom(dag_id="d", run_id="r", task_id="t", key="begun", value=repr(begun)))
    channel.tell_last(Succeeded())
    os._exit(0)


# --- measuring ---------------------------------------------------------------------------------------------------------


class Bench:
    def __init__(self, home: str) -> None:
        self.home = home
        self.loop = asyncio.new_event_loop()
        self.begun: dict[str, float] = {}
        self.ended: dict[str, float] = {}
        self.parsed: set[str] = set()
        self.waiting: asyncio.Future[None] | None = None
        here = os.path.dirname(os.path.abspath(__file__))
        os.makedirs(f"{home}/dags")
        self.executor = LocalExecutor(
            self.loop,
            self.take,
            LocalSettings(
                home=home,
                dags_folder=f"{home}/dags",
                environ=dict(os.environ) | {"PYTHONPATH": here},
                collect="host_fork:collect",
                run_try="host_fork:run_try",
            ),
        )
        self.executor.start()
        self.executor.recover([])

    def take(self, event: Any) -> None:
        now = time.monotonic()
        if isinstance(event, Ended):
            assert isinstance(event.outcome, Succeeded), event
            self.ended[event.try_id] = now
        elif isinstance(event, Exited):
            self.executor.forget(event.try_id)
        elif isinstance(event, Parsed):
            self.parsed.add(event.file)
        elif isinstance(event, HostFailed):
            raise SystemExit(event.detail)
        elif isinstance(event, Asked) and isinstance(event.request, SetXCom):
            self.begun[event.try_id] = float(event.request.value)
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_result(None)

    def until(self, done: Any) -> None:
        while not done():
            self.waiting = self.loop.create_future()
            self.loop.run_until_complete(self.waiting)

    def run(self, file: str, try_id: str, task_id: str) -> None:
        with open(file, "rb") as opened:
            digest = source_digest(opened.read())
        info = RunInfo(dag_id="d", run_id="r", run_type="manual", run_after=datetime.now(timezone.utc))
        log_path = f"{self.home}/logs/{try_id}.log"
        self.executor.run(
            file, digest, lambda: None, TaskTry(try_id=try_id, run=info, task_id=task_id, log_path=log_path)
        )

    def one(self, file: str, number: int) -> tuple[float, float]:
        """Seconds to the first instruction of user code, and from there to the report."""
        try_id = f"one-{number}"
        before = time.monotonic()
        self.run(file, try_id, "timed")
        self.until(lambda: try_id in self.ended)
        return self.begun[try_id] - before, self.ended[try_id] - self.begun[try_id]

    def many(self, file: str, count: int) -> float:
        """Tries a second, `AT_ONCE` at a time."""
        given = 0
        before = time.monotonic()
        done = len(self.ended)
        while len(self.ended) - done < count:
            while given < count and given - (len(self.ended) - done) < AT_ONCE:
                self.run(file, f"many-{done}-{given}", "plain")
                given += 1
            now = len(self.ended)
            self.until(lambda now=now: len(self.ended) > now)
        return count / (time.monotonic() - before)

    def imports(self, count: int) -> float:
        """Seconds until as many files are imported."""
        files = [self.file(f"cold{n}.py") for n in range(count)]
        before = time.monotonic()
        for file in files:
            self.executor.parse(file)
        self.until(lambda: self.parsed.issuperset(files))
        return time.monotonic() - before

    def file(self, name: str) -> str:
        path = f"{self.home}/dags/{name}"
        with open(path, "w") as opened:
            opened.write(f"# {name}\n")
        return path

    def stop(self) -> None:
        done: list[bool] = []
        self.executor.stop(0.0, lambda: done.append(True))
        while not done:
            self.loop.run_until_complete(asyncio.sleep(0.01))
        self.loop.close()


def bare() -> float:
    before = time.monotonic()
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return time.monotonic() - before


def bare_rate(count: int) -> float:
    """Bare forks a second, `AT_ONCE` at a time."""
    before = time.monotonic()
    alive = 0
    for _ in range(count):
        if alive == AT_ONCE:
            os.wait()
            alive -= 1
        if os.fork() == 0:
            os._exit(0)
        alive += 1
    while alive:
        os.wait()
        alive -= 1
    return count / (time.monotonic() - before)


def main() -> None:
    tries = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    files = int(sys.argv[2]) if len(sys.argv) > 2 else 500
    with tempfile.TemporaryDirectory() as home:
        bench = Bench(home)
        file = bench.file("dag.py")
        for number in range(10):
            bench.one(file, -number - 1)
        forks, starts, reports = [], [], []
        for number in range(tries):
            forks.append(bare() * 1000)
            start, report = bench.one(file, number)
            starts.append(start * 1000)
            reports.append(report * 1000)
        whole = [start + report for start, report in zip(starts, reports, strict=True)]
        result = {
            "bare_fork_wait_ms": statistics.median(forks),
            "start_ms": statistics.median(starts),
            "report_ms": statistics.median(reports),
            "try_ms": statistics.median(whole),
            "try_p95_ms": statistics.quantiles(whole, n=20)[-1],
            "on_top_ms": statistics.median(whole) - statistics.median(forks),
            "ratio": statistics.median(whole) / statistics.median(forks),
            "tries_per_s": bench.many(file, tries),
            "bare_forks_per_s": bare_rate(tries),
            "import_s": bench.imports(files),
            "imported_files": files,
        }
        bench.stop()
    print(json.dumps({name: round(value, 3) for name, value in result.items()}, indent=2))


if __name__ == "__main__":
    main()
