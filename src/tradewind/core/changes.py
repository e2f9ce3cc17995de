"""One transaction of the engine as a value: everything that is written together, and what must still be true for it.

Updates are compare-and-set: each says the state in which the row must still be. When one row has moved, nothing of the
batch is written and the store answers which runs have moved (`Conflict`); the engine reloads them and decides again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tradewind.core.records import (
    CallbackRecord,
    InstanceRecord,
    OutboxRecord,
    RunRecord,
    TryRecord,
    XComRecord,
)
from tradewind.core.states import RunState, TaskState


@dataclass(slots=True)
class InstanceUpdate:
    """Sets columns of one task instance when it is still in state `expect` (and on try `expect_try`, when given)."""

    run_key: int
    task_id: str
    map_index: int
    expect: TaskState
    values: dict[str, Any]
    """Field names of `InstanceRecord`."""
    expect_try: str | None = None


@dataclass(slots=True)
class RunUpdate:
    """Sets columns of one run when it is still in state `expect`."""

    run_key: int
    expect: RunState
    values: dict[str, Any]


@dataclass(slots=True)
class TryUpdate:
    """Sets columns of one try. Not guarded: only the engine that owns the run writes it."""

    try_id: str
    values: dict[str, Any]


@dataclass(slots=True)
class XComDelete:
    """Deletes values; None matches everything."""

    run_key: int
    task_id: str
    map_index: int | None = None
    key: str | None = None


@dataclass(slots=True)
class Changes:
    """What one batch of events writes. Applied in the order of the fields."""

    new_runs: list[RunRecord] = field(default_factory=list)
    """A run whose (dag_id, run_id) or (dag_id, logical_date) exists already is a conflict."""
    new_instances: list[InstanceRecord] = field(default_factory=list)
    run_updates: list[RunUpdate] = field(default_factory=list)
    instance_updates: list[InstanceUpdate] = field(default_factory=list)
    new_tries: list[TryRecord] = field(default_factory=list)
    try_updates: list[TryUpdate] = field(default_factory=list)
    xcom_deletes: list[XComDelete] = field(default_factory=list)
    xcoms: list[XComRecord] = field(default_factory=list)
    """Insert or replace."""
    rendered: list[tuple[str, str]] = field(default_factory=list)
    """(try_id, JSON of the rendered fields)."""
    callbacks: list[CallbackRecord] = field(default_factory=list)
    """Insert or replace by callback_id."""
    dag_next_runs: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """(dag_id, the `next_*` fields of `DagRecord`)."""
    paused: list[tuple[str, str]] = field(default_factory=list)
    """(dag_id, reason): DAGs that the engine pauses (max_consecutive_failed_dag_runs)."""
    outbox: list[OutboxRecord] = field(default_factory=list)

    def delete_xcoms(self, run_key: int, task_id: str, map_index: int | None = None, key: str | None = None) -> None:
        """Deletes what is stored, and takes back what this batch was going to store. None matches everything."""
        self.xcoms = [
            xcom
            for xcom in self.xcoms
            if xcom.run_key != run_key
            or xcom.task_id != task_id
            or (map_index is not None and xcom.map_index != map_index)
            or (key is not None and xcom.key != key)
        ]
        self.xcom_deletes.append(XComDelete(run_key, task_id, map_index, key))

    def __bool__(self) -> bool:
        return any(getattr(self, name) for name in self.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Conflict:
    """Nothing was written: these runs are not as the batch expects them."""

    run_keys: frozenset[int]
    existing_runs: tuple[tuple[str, str], ...] = ()
    """(dag_id, run_id) of `new_runs` that exist already."""
