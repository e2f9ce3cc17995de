"""A home with a real scheduler, its processes by name, and what its tasks wrote down about themselves."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.home import Home
from tests.postgres import postgres_url
from tradewind.configuration import Configuration
from tradewind.core.records import InstanceRecord, RunRecord, TryRecord
from tradewind.core.states import RunState, TaskState
from tradewind.runtime import process_facts
from tradewind.runtime.journal import Account, TryEntry, journals_in
from tradewind.runtime.rendezvous import private_folder
from tradewind.services.doorbell import ring
from tradewind.services.runs import trigger_run
from tradewind.services.session import Services
from tradewind.store import Store, open_store

SETTINGS = {
    "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
    "AIRFLOW__CORE__PARALLELISM": "8",
    "AIRFLOW__CORE__MAX_ACTIVE_TASKS_PER_DAG": "1000",
}

# What tasks write down: one line for each start and each end. The lock shows whether another try of the same instance is
# alive at that moment: the kernel holds it exactly as long as the process lives.
WITNESS = """
import fcntl, os, time
NOTES = {notes!r}
def note(word, ti):
    fd = os.open(NOTES, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    fields = word, ti.dag_id, ti.run_id, ti.task_id, ti.try_number, os.environ["TRADEWIND_TRY_ID"], os.getpid(), time.time()
    os.write(fd, ("|".join(map(str, fields)) + "\\n").encode())
    os.close(fd)
def begin(ti):
    global held
    held = open(f"{{NOTES}}.{{ti.dag_id}}.{{ti.run_id}}.{{ti.task_id}}".replace("+", "_"), "w")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        note("overlap", ti)
    note("start", ti)
"""

CHAIN = """
from datetime import datetime, timedelta
from airflow import DAG
from airflow.operators.python import PythonOperator

def work(ti):
    begin(ti)
    time.sleep({seconds})
    note("end", ti)

with DAG("{dag_id}", start_date=datetime(2024, 1, 1), schedule=None, max_active_runs=1000) as dag:
    tasks = [
        PythonOperator(task_id=f"t{{n}}", python_callable=work, retries={retries}, retry_delay=timedelta(seconds={delay}))
        for n in range({length})
    ]
    for before, after in zip(tasks, tasks[1:]):
        before >> after
"""


@dataclass(frozen=True)
class Note:
    word: str
    dag_id: str
    run_id: str
    task_id: str
    try_number: int
    try_id: str
    pid: int
    at: float
    """Seconds since 1970, by the clock of this machine."""


class Site:
    def __init__(self, folder: Path, *, database: str = "", **settings: str) -> None:
        folder.mkdir(exist_ok=True)
        self.home = Home(folder, database=database or None, settings=SETTINGS | settings)
        # As in an installation: what was compiled once is not compiled again by each process that a test starts.
        self.home.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        self.home.environ["PYTHONPYCACHEPREFIX"] = str(folder.parent.parent / "pycache")
        self.notes_file = folder / "notes"
        self.store: Store = open_store(database or f"sqlite:///{folder}/airflow.db", create=True)
        self.store.schema.migrate()
        conf = Configuration(folder, self.home.environ)
        self.services = Services(self.store, conf, "cli:test", ring=lambda: ring(folder))
        self._started: list[subprocess.Popen[str]] = []

    # --- life --------------------------------------------------------------------------------------------------------

    def start(self, *command: str) -> subprocess.Popen[str]:
        process = self.home.start(*(command or ("scheduler",)))
        self._started.append(process)
        return process

    def close(self) -> None:
        """Ends everything of this home at once, however deep it hides."""
        for process in self._started:
            if process.poll() is None:
                process.kill()
            process.wait()
        while found := self.processes():
            for pid in found:
                _kill(pid)
            for process in self._started:
                process.poll()
        self.store.close()

    def output(self) -> str:
        return "".join(path.read_text() for path in sorted(self.home.folder.glob("*.out")))

    # --- DAGs and runs -----------------------------------------------------------------------------------------------

    def write(self, name: str, text: str) -> Path:
        """A DAG file that can call `begin(ti)` and `note(word, ti)`."""
        return self.home.write_dag(name, WITNESS.format(notes=str(self.notes_file)) + text)

    def write_chain(
        self, dag_id: str = "chain", *, length: int = 10, seconds: float, retries: int = 0, delay: float = 0.1
    ) -> None:
        self.write(dag_id, CHAIN.format(dag_id=dag_id, length=length, seconds=seconds, retries=retries, delay=delay))

    def wait_for_dag(self, dag_id: str) -> None:
        self.wait(lambda: self.store.dags.get(dag_id), f"DAG {dag_id} visible")

    def trigger(self, dag_id: str, count: int = 1) -> list[RunRecord]:
        self.wait_for_dag(dag_id)
        number = self.store.runs.count(dag_id=dag_id)
        return [
            trigger_run(self.services, dag_id, run_id=f"r{number + n}", logical_date=_day(number + n), conf={})
            for n in range(count)
        ]

    def run(self, record: RunRecord) -> RunRecord:
        found = self.store.runs.by_key(record.run_key)
        assert found is not None
        return found

    def instance(self, run: RunRecord, task_id: str) -> InstanceRecord | None:
        return self.store.instances.get(run.run_key, task_id)

    def tries(self, run: RunRecord, task_id: str) -> list[TryRecord]:
        return self.store.tries.of_instance(run.run_key, task_id)

    def unfinished(self) -> int:
        return self.store.runs.count(states=[RunState.QUEUED, RunState.RUNNING])

    def wait_until_all_ended(self, patience_s: float = 60.0) -> None:
        self.wait(lambda: not self.unfinished(), "all runs ended", patience_s, every_s=0.05)

    def wait_for_end(self, run: RunRecord, patience_s: float = 30.0) -> RunRecord:
        self.wait(lambda: self.run(run).state.is_final, f"{run.dag_id} {run.run_id} ended", patience_s, every_s=0.005)
        return self.run(run)

    def wait(self, what: Callable[[], Any], name: str, patience_s: float = 30.0, every_s: float = 0.02) -> Any:
        """Asks until the answer is true; answers it. Between processes there is no event to wait for."""
        deadline = time.monotonic() + patience_s
        while not (answer := what()):
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {patience_s:g} s: {name}\n{self.output()[-6000:]}")
            time.sleep(every_s)
        return answer

    # --- processes ---------------------------------------------------------------------------------------------------

    def processes(self) -> list[int]:
        """Everything that was started with this home in its environment."""
        mark = f"AIRFLOW_HOME={self.home.folder}".encode()
        return [
            int(name)
            for name in os.listdir("/proc")
            if name.isdigit() and int(name) != os.getpid() and mark in process_facts.environment(int(name))
        ]

    def engine(self) -> int | None:
        return next((pid for pid in self.processes() if _command(pid)[-1:] == ["scheduler"]), None)

    def web_server(self) -> int | None:
        return next((pid for pid in self.processes() if "webserver" in _command(pid)), None)

    def accounts(self) -> list[Account]:
        return [account for account in journals_in(private_folder(str(self.home.folder))) if account.host_lives]

    def hosts(self) -> list[int]:
        return [account.host.pid for account in self.accounts() if account.ready]

    def running(self) -> list[TryEntry]:
        return [
            entry
            for account in self.accounts()
            for entry in account.running.values()
            if process_facts.is_alive(entry.pid, entry.start_ticks)
        ]

    def kill_below(self, engine: subprocess.Popen[str]) -> None:
        """kill -9 of the engine and of everything else of this home."""
        engine.kill()
        for pid in self.processes():
            _kill(pid)
        engine.wait()

    # --- what tasks said ---------------------------------------------------------------------------------------------

    def notes(self) -> list[Note]:
        if not self.notes_file.exists():
            return []
        found = []
        for line in self.notes_file.read_text().splitlines():
            word, dag_id, run_id, task_id, number, try_id, pid, at = line.split("|")
            found.append(Note(word, dag_id, run_id, task_id, int(number), try_id, int(pid), float(at)))
        return found

    def count(self, word: str) -> int:
        return self.notes_file.read_text().count(f"{word}|") if self.notes_file.exists() else 0

    def wait_for_note(self, word: str, dag_id: str, patience_s: float = 30.0) -> Note:
        def look() -> Note | None:
            return next((note for note in self.notes() if (note.word, note.dag_id) == (word, dag_id)), None)

        found: Note = self.wait(look, f"'{word}' of {dag_id}", patience_s, every_s=0.01)
        return found

    def silence_s(self, since: float, until: float | None = None) -> float:
        """The longest time after `since` in which no task started or ended."""
        times = [since, *sorted(note.at for note in self.notes() if note.at >= since)]
        times = [at for at in times if until is None or at <= until]
        return max((after - before for before, after in pairwise(times)), default=0.0)


# A platform's fault: the try is made again without using up one of the user's.
PLATFORM = frozenset({"host_lost", "engine_stopped", "lock_inherited", "fork_failed"})


@dataclass(frozen=True)
class Balance:
    tries: int
    lost: int
    failed: int
    doubled: int
    """Instances whose work came to its end more than once."""


def settle(site: Site, *, state: RunState = RunState.SUCCESS, allowed: Sequence[str] = ()) -> Balance:
    """Compares what the store says with what the tasks wrote down, and fails where they disagree.

    Every run has ended in `state`, every instance with it; every try that ran is in the store, ran once, alone, and has its
    end; every try but the last of an instance has a cause: the platform's, or one in `allowed` (charged to the retries).
    """
    notes = site.notes()
    assert not [note for note in notes if note.word == "overlap"], "two tries of one instance ran at once"
    started: dict[str, int] = defaultdict(int)
    ended: dict[str, int] = defaultdict(int)
    starts: dict[str, float] = {}
    for note in notes:
        if note.word == "start":
            started[note.try_id] += 1
            starts[note.try_id] = note.at
        elif note.word == "end":
            ended[note.try_id] += 1
    tries = lost = failed = doubled = 0
    known: set[str] = set()
    for run in site.store.runs.list():
        assert run.state is state, f"{run.run_id} is {run.state}: {run.end_reason}"
        of_instance: dict[tuple[str, int], list[TryRecord]] = defaultdict(list)
        for made in site.store.tries.of_run(run.run_key):
            of_instance[(made.task_id, made.map_index)].append(made)
        for instance in site.store.instances.of_run(run.run_key):
            mine = of_instance[(instance.task_id, instance.map_index)]
            where = (
                f"{run.dag_id} {run.run_id} {instance.task_id}: {[(t.try_number, str(t.state), t.cause) for t in mine]}"
            )
            if state is RunState.SUCCESS:
                assert instance.state is TaskState.SUCCESS, where
                assert mine and mine[-1].state is TaskState.SUCCESS and mine[-1].try_id == instance.try_id, where
                assert ended[mine[-1].try_id] == 1, f"success without its end: {where}"
            assert [one.try_number for one in mine] == list(range(1, len(mine) + 1)), where
            for one in mine:
                tries += 1
                known.add(one.try_id)
                assert one.state.is_final or one.state is TaskState.UP_FOR_RETRY, where
                assert one.end_date is not None, where
                assert started[one.try_id] <= 1, f"one try ran twice: {where}"
                assert started[one.try_id] or one.state is not TaskState.SUCCESS, f"success that never ran: {where}"
            for one, after in pairwise(mine):
                assert one.cause in PLATFORM or one.cause in allowed, f"made again without a reason: {where}"
                assert one.state is not TaskState.SUCCESS, where
                lost += one.cause in PLATFORM
                failed += one.cause not in PLATFORM
                if after.try_id in starts and one.end_date is not None:
                    assert one.end_date.timestamp() <= starts[after.try_id] + 0.001, (
                        f"began before the other's end: {where}"
                    )
            doubled += sum(ended[one.try_id] for one in mine) > 1
    assert set(started) <= known, "a try ran that the store does not know"
    return Balance(tries, lost, failed, doubled)


def database(kind: str) -> str:
    """The URL of a fresh database; empty for SQLite in the home."""
    return postgres_url() if kind == "postgresql" else ""


def _day(number: int) -> datetime:
    return datetime.fromisoformat("2024-02-01T00:00:00+00:00") + timedelta(minutes=number)


def _command(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")[:-1]
    except OSError:
        return []


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
