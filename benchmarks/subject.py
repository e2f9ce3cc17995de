"""A system that is measured: what the benchmarks ask of it, and how its processes are started and ended."""

from __future__ import annotations

import os
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from benchmarks import process_tree
from benchmarks.results import Results, RunTimes

POLL_S: Final = 0.05
"""How often the database is asked whether a run has ended. Its own times are what counts, so this costs no accuracy."""


class DidNotHappen(RuntimeError):
    """What a benchmark waited for did not come in time; says what, and shows the end of the log."""


class Subject(ABC):
    """One system in a home of its own, with the DAG files of one benchmark. A context manager: started inside."""

    name: str

    def __init__(self, home: Path, dag_files: Mapping[str, str], *, parallelism: int = 8) -> None:
        self.home = home
        self.dag_files = dag_files
        self.parallelism = parallelism
        self.log = home / "benchmark.log"
        self.started_at = 0.0
        self._process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def environment(self) -> dict[str, str]:
        """Settings, beside AIRFLOW_HOME."""

    @abstractmethod
    def command(self) -> Sequence[str]:
        """What a user types to start all of it."""

    @abstractmethod
    def is_healthy(self) -> bool:
        """Whether its health page answers and says that the scheduler is well."""

    @property
    @abstractmethod
    def results(self) -> Results: ...

    @abstractmethod
    def pause(self, dag_id: str, paused: bool) -> float:
        """Returns the time (seconds since 1970) just before it took effect."""

    @abstractmethod
    def trigger(self, dag_id: str, run_ids: Sequence[str]) -> None: ...

    @abstractmethod
    def prepare(self) -> None:
        """What is done once before the first start."""

    @abstractmethod
    def closed(self) -> None:
        """Gives back what `prepare` took."""

    # --- life -----------------------------------------------------------------------------------------------------

    def full_environment(self) -> dict[str, str]:
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("AIRFLOW")}
        return inherited | {"AIRFLOW_HOME": str(self.home)} | self.environment()

    def write_dags(self) -> None:
        folder = self.home / "dags"
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in self.dag_files.items():
            (folder / f"{name}.py").write_text(text, encoding="utf-8")

    def start(self) -> None:
        """Returns at once; `started_at` is the time (since 1970) just before."""
        with self.log.open("ab") as log:
            self.started_at = time.time()
            self._process = subprocess.Popen(
                self.command(),
                env=self.full_environment(),
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def pids(self) -> list[int]:
        """Of all its processes."""
        return process_tree.members(self.home, self._process.pid if self._process is not None else None)

    def stop(self) -> None:
        process_tree.end_all(self.home, self._process.pid if self._process is not None else None)
        if self._process is not None:
            self._process.wait()
            self._process = None

    def __enter__(self) -> Subject:
        self.write_dags()
        self.prepare()
        self.start()
        try:
            self.wait_for(self.is_healthy, "it is healthy", 120)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()
        self.closed()

    # --- driving ----------------------------------------------------------------------------------------------------

    def wait_for(self, happened: Callable[[], Any], what: str, timeout_s: float) -> None:
        """Raises DidNotHappen after `timeout_s`, or as soon as the process has ended."""
        end = time.monotonic() + timeout_s
        while not happened():
            status = None if self._process is None else self._process.poll()
            if status is not None:
                raise DidNotHappen(f"{self.name} ended with {status} before {what}.\n{self._end_of_log()}")
            if time.monotonic() > end:
                raise DidNotHappen(f"{self.name}: not after {timeout_s:g} s: {what}.\n{self._end_of_log()}")
            time.sleep(POLL_S)

    def ready(self, dag_ids: Sequence[str], *, timeout_s: float = 180, paused: bool = False) -> None:
        """Waits until these DAGs are known; un-pauses them unless `paused`. Raises DidNotHappen on an import error."""

        def known() -> bool:
            for message in self.results.import_errors():
                raise DidNotHappen(f"{self.name} could not import a DAG file: {message}")
            return self.results.dag_ids().issuperset(dag_ids)

        self.wait_for(known, f"DAGs {', '.join(dag_ids[:3])}", timeout_s)
        if not paused:
            for dag_id in dag_ids:
                self.pause(dag_id, False)

    def run_once(self, dag_id: str, run_id: str, *, timeout_s: float = 300) -> RunTimes:
        """Triggers one run and waits for its end. Raises DidNotHappen unless it succeeded."""
        self.trigger(dag_id, [run_id])
        return self.finished(dag_id, [run_id], timeout_s=timeout_s)[0]

    def finished(self, dag_id: str, run_ids: Sequence[str], *, timeout_s: float = 300) -> list[RunTimes]:
        """Waits until all of these runs have ended. Raises DidNotHappen when one does not, or did not succeed."""
        found: dict[str, RunTimes] = {}

        def all_ended() -> bool:
            found.update((run.run_id, run) for run in self.results.runs(dag_id))
            return all(run_id in found and found[run_id].is_finished for run_id in run_ids)

        self.wait_for(all_ended, f"the end of {len(run_ids)} run(s) of {dag_id}", timeout_s)
        failed = [run_id for run_id in run_ids if found[run_id].state != "success"]
        if failed:
            raise DidNotHappen(f"{self.name}: {', '.join(failed)} of {dag_id} did not succeed.\n{self._end_of_log()}")
        return [found[run_id] for run_id in run_ids]

    def _end_of_log(self) -> str:
        try:
            return self.log.read_text(encoding="utf-8", errors="replace")[-3000:]
        except OSError:
            return ""


def span(run: RunTimes) -> float:
    """Seconds from the trigger of a finished run to its end."""
    assert run.queued is not None and run.ended is not None
    return run.ended - run.queued


def last_end(runs: Sequence[RunTimes]) -> float:
    return max(run.ended for run in runs if run.ended is not None)
