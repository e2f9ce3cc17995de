"""Rows for the tests of the store: short to write, valid in all that a test does not say."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta, timezone
from typing import Any

import msgspec

from tradewind.core.changes import Changes, InstanceUpdate
from tradewind.core.messages import ImportProblem
from tradewind.core.records import InstanceRecord, OutboxRecord, RunRecord, TryRecord, XComRecord
from tradewind.core.spec import DagSpec, TaskSpec
from tradewind.core.states import RunState, RunType, TaskState
from tradewind.store import ParsedFile, Store

NOW = datetime(2024, 5, 1, 6, 0, 0, 123456, tzinfo=timezone.utc)
_numbers = itertools.count(1)


def days(count: float) -> timedelta:
    return timedelta(days=count)


def a_run(dag_id: str = "nightly", run_id: str = "", **fields: Any) -> RunRecord:
    """A run in RUNNING; a final state gets an end."""
    number = next(_numbers)
    state = fields.pop("state", RunState.RUNNING)
    given: dict[str, Any] = {
        "run_key": number << 21,
        "run_type": RunType.MANUAL,
        "version_id": "v1",
        "run_after": fields.get("logical_date") or NOW + timedelta(seconds=number),
        "end_date": NOW if state.is_final else None,
    }
    return RunRecord(dag_id=dag_id, run_id=run_id or f"run_{number}", state=state, **{**given, **fields})


def an_instance(run: RunRecord, task_id: str = "load", **fields: Any) -> InstanceRecord:
    return InstanceRecord(run_key=run.run_key, task_id=task_id, **fields)


def a_try(run: RunRecord, task_id: str = "load", **fields: Any) -> TryRecord:
    given: dict[str, Any] = {
        "try_id": f"try-{next(_numbers):06}",
        "try_number": 1,
        "state": TaskState.RUNNING,
        "version_id": run.version_id,
        "queued_at": NOW,
    }
    return TryRecord(run_key=run.run_key, task_id=task_id, **{**given, **fields})


def an_xcom(run: RunRecord, task_id: str = "load", key: str = "return_value", **fields: Any) -> XComRecord:
    return XComRecord(run_key=run.run_key, task_id=task_id, key=key, **{"value": "1", **fields})


def an_event(kind: str = "task", **fields: Any) -> OutboxRecord:
    return OutboxRecord(kind=kind, **{"at": NOW, **fields})


def moves(run: RunRecord, old: TaskState, new: TaskState, task_id: str = "load", **values: Any) -> InstanceUpdate:
    """An update of the instance's state, guarded by the old one."""
    return InstanceUpdate(run.run_key, task_id, -1, old, {"state": new, **values})


def stored(store: Store, run: RunRecord, *task_ids: str, **fields: Any) -> RunRecord:
    """Writes `run` with an instance of each task."""
    instances = [an_instance(run, task_id, **fields) for task_id in task_ids]
    assert store.edit(Changes(new_runs=[run], new_instances=instances)) is None
    return run


def a_dag(dag_id: str = "nightly", *task_ids: str, **fields: Any) -> DagSpec:
    tasks = tuple(TaskSpec(task_id=task_id, operator="PythonOperator") for task_id in task_ids or ("load",))
    return DagSpec(dag_id=dag_id, tasks=tasks, **{"fileloc": "/dags/nightly.py", **fields})


def a_file(*dags: DagSpec, file: str = "/dags/nightly.py", source: str = "v1", problems: Any = ()) -> ParsedFile:
    placed = [msgspec.structs.replace(dag, fileloc=file) for dag in dags]
    return ParsedFile(
        file=file,
        relative=file.rpartition("/")[2],
        source=source,
        source_digest=f"digest of {source}",
        dags=placed,
        problems=[ImportProblem(file=file, message=text, dag_id=dag_id) for text, dag_id in problems],
    )
