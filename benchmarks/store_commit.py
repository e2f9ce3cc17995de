"""What a commit of the engine costs: one hop between two tasks, and a run of 10,000 instances.

    python benchmarks/store_commit.py            a table
    python benchmarks/store_commit.py --json     one JSON object
    python benchmarks/store_commit.py --url postgresql://…   another (empty!) database

A hop writes 2 instance updates, 1 new try, 1 update of a try, 1 XCom and 4 outbox rows. Beside it stands the disk's own
price: a write of one page and fdatasync, which every durable commit pays.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path

from tradewind.core.changes import Changes, InstanceUpdate, TryUpdate
from tradewind.core.ids import new_run_key, new_try_id
from tradewind.core.records import InstanceRecord, OutboxRecord, RunRecord, TryRecord, XComRecord
from tradewind.core.states import RunState, RunType, TaskState
from tradewind.store import Store, open_store

NOW = datetime(2024, 5, 1, 6, tzinfo=timezone.utc)


def new_run(number: int) -> RunRecord:
    return RunRecord(
        run_key=new_run_key(int(NOW.timestamp() * 1000) + number),
        dag_id=f"dag_{number % 7}",
        run_id=f"manual__{number}",
        run_type=RunType.MANUAL,
        state=RunState.RUNNING,
        version_id="version",
        run_after=NOW,
    )


def instances(run: RunRecord, count: int) -> list[InstanceRecord]:
    return [
        InstanceRecord(run_key=run.run_key, task_id=f"task_{number:05}", operator="PythonOperator")
        for number in range(count)
    ]


def task_event(run: RunRecord, task_id: str, old: TaskState, new: TaskState, number: int) -> OutboxRecord:
    return OutboxRecord(
        at=NOW, kind="task", dag_id=run.dag_id, run_id=run.run_id, run_key=run.run_key, task_id=task_id, old=old.value,
        new=new.value, try_number=number, why="succeeded",
    )  # fmt: skip


def first_try(run: RunRecord, task_id: str) -> TryRecord:
    return TryRecord(
        try_id=new_try_id(int(time.time() * 1000)),
        run_key=run.run_key,
        task_id=task_id,
        try_number=1,
        state=TaskState.QUEUED,
        version_id=run.version_id,
        queued_at=NOW,
        engine_id="engine",
        log_path=f"dag_id={run.dag_id}/run_id={run.run_id}/task_id={task_id}/attempt=1.log",
    )


def hop(run: RunRecord, done: TryRecord, following: TryRecord) -> Changes:
    """The end of one task and the start of the next."""
    s = TaskState
    ends = {"state": s.SUCCESS, "start_date": NOW, "end_date": NOW, "duration_s": 0.01, "hostname": "host", "pid": 4711}
    starts = {"state": s.QUEUED, "queued_at": NOW, "try_number": 1, "try_id": following.try_id, "scheduled_at": NOW}
    try_ends = {
        "state": s.SUCCESS,
        "start_date": NOW,
        "end_date": NOW,
        "pid": 4711,
        "exit_code": 0,
        "peak_rss_kb": 30000,
    }
    return Changes(
        instance_updates=[
            InstanceUpdate(run.run_key, done.task_id, -1, s.QUEUED, ends, expect_try=done.try_id),
            InstanceUpdate(run.run_key, following.task_id, -1, s.NONE, starts),
        ],
        new_tries=[following],
        try_updates=[TryUpdate(done.try_id, try_ends)],
        xcoms=[XComRecord(run_key=run.run_key, task_id=done.task_id, key="return_value", value="42", created_at=NOW)],
        outbox=[
            task_event(run, done.task_id, s.QUEUED, s.RUNNING, 1),
            task_event(run, done.task_id, s.RUNNING, s.SUCCESS, 1),
            task_event(run, following.task_id, s.NONE, s.SCHEDULED, 0),
            task_event(run, following.task_id, s.SCHEDULED, s.QUEUED, 1),
        ],
    )


def measure_hops(store: Store, runs: int, tasks: int) -> list[float]:
    """Seconds of each commit, over `runs` chains of `tasks` tasks that advance in turn."""
    chains = []
    for number in range(runs):
        run = new_run(number)
        assert store.edit(Changes(new_runs=[run], new_instances=instances(run, tasks))) is None
        first = first_try(run, "task_00000")
        values = {"state": TaskState.QUEUED, "try_id": first.try_id, "try_number": 1}
        start = InstanceUpdate(run.run_key, first.task_id, -1, TaskState.NONE, values)
        assert store.edit(Changes(instance_updates=[start], new_tries=[first])) is None
        chains.append((run, first))
    took = []
    for position in range(1, tasks):
        for number, (run, done) in enumerate(chains):
            following = first_try(run, f"task_{position:05}")
            changes = hop(run, done, following)
            started = time.perf_counter()
            conflict = store.engine.commit(changes)
            took.append(time.perf_counter() - started)
            assert conflict is None, conflict
            chains[number] = (run, following)
    return took


def measure_bulk(store: Store, count: int) -> tuple[float, float]:
    """Seconds to write, and to load, a run of `count` instances: the best of three."""
    writes, loads = [], []
    for number in range(3):
        run = new_run(1_000_000 + number)
        changes = Changes(new_runs=[run], new_instances=instances(run, count))
        started = time.perf_counter()
        assert store.engine.commit(changes) is None
        writes.append(time.perf_counter() - started)
        started = time.perf_counter()
        loaded = store.engine.load_run(run.run_key)
        loads.append(time.perf_counter() - started)
        assert loaded is not None
        assert len(loaded.instances) == count
    return min(writes), min(loads)


def measure_sync(folder: Path) -> list[float]:
    """Seconds to append a page to a file and to make it durable."""
    took = []
    descriptor = os.open(folder / "sync", os.O_CREAT | os.O_WRONLY)
    for _ in range(200):
        started = time.perf_counter()
        os.write(descriptor, b"x" * 4096)
        os.fdatasync(descriptor)
        took.append(time.perf_counter() - started)
    os.close(descriptor)
    return took


def summary(seconds: list[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    return {
        "p50_ms": round(statistics.median(ordered) * 1000, 3),
        "p99_ms": round(ordered[int(len(ordered) * 0.99)] * 1000, 3),
        "per_second": round(len(ordered) / sum(ordered), 1),
    }


def measure(url: str, folder: Path, *, runs: int, tasks: int) -> dict[str, object]:
    with open_store(url, create=True) as store:
        store.schema.migrate()
        hops = measure_hops(store, runs, tasks)
        written, loaded = measure_bulk(store, 10_000)
    return {
        "database": "sqlite" if url.startswith("sqlite") else "postgresql",
        "hops": len(hops),
        "commit": summary(hops),
        "fdatasync": summary(measure_sync(folder)),
        "new_instances_10000_ms": round(written * 1000, 1),
        "load_10000_ms": round(loaded * 1000, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", help="an empty database; a new SQLite file when left out")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--tasks", type=int, default=100)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = options.url or f"sqlite:///{folder}/airflow.db"
        result = measure(url, folder, runs=options.runs, tasks=options.tasks)
    if options.json:
        print(json.dumps(result))
        return
    for name, value in result.items():
        print(f"{name:24} {value}")


if __name__ == "__main__":
    main()
