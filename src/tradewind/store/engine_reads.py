"""What the engine reads: at its start, after a conflict, and for decisions that look at other runs of a DAG."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tradewind.core.records import CallbackRecord, InstanceRecord, RunRecord, TryRecord
from tradewind.core.states import RunState, RunType, TaskState
from tradewind.store import schema
from tradewind.store.conflicts import chunks
from tradewind.store.database import Database
from tradewind.store.rows import RecordRows

RUNS = RecordRows(RunRecord, schema.dag_run)
INSTANCES = RecordRows(InstanceRecord, schema.task_instance)
TRIES = RecordRows(TryRecord, schema.task_try)
CALLBACKS = RecordRows(CallbackRecord, schema.callback)

DECISION_KEY = "skipmixin_key"
RESULT_KEY = "return_value"
_AUTOMATED = (RunType.SCHEDULED, RunType.BACKFILL)


@dataclass(frozen=True)
class LoadedRun:
    """One run with all that the core needs to decide about it."""

    run: RunRecord
    instances: list[InstanceRecord] = field(default_factory=list)
    decisions: dict[tuple[str, int], str] = field(default_factory=dict)
    """(task_id, map_index) → JSON of what a branch or short-circuit decided (XCom `skipmixin_key`)."""
    lengths: dict[str, dict[int, int | None]] = field(default_factory=dict)
    """task_id → map_index → length of its `return_value`; None for a value without one, which counts as an item, too."""


class EngineReads:
    """Reads for the engine. Each method sees one moment."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # --- whole runs --------------------------------------------------------------------------------------------------

    def load_run(self, run_key: int) -> LoadedRun | None:
        loaded = self.load_runs([run_key])
        return loaded[0] if loaded else None

    def load_runs(self, run_keys: Iterable[int]) -> list[LoadedRun]:
        """The runs that exist, in the order of `run_keys`."""
        wanted = list(dict.fromkeys(run_keys))
        found: dict[int, LoadedRun] = {}
        with self._database.read() as connection:
            for keys in chunks(wanted):
                for row in connection.execute(RUNS.select().where(schema.dag_run.c.run_key.in_(keys))):
                    found[row.run_key] = LoadedRun(RUNS.of(row))
                for record in _instances(connection, keys):
                    found[record.run_key].instances.append(record)
                _load_results(connection, keys, found)
        return [found[key] for key in wanted if key in found]

    def unfinished_runs(self) -> list[int]:
        """Keys of the runs in queued or running, the one that should run first, first."""
        run = schema.dag_run.c
        query = sa.select(run.run_key).where(sa.text(schema.RUN_UNFINISHED)).order_by(run.run_after, run.run_key)
        query = _by_index(query, schema.dag_run, "ix_dag_run_unfinished")
        with self._database.read() as connection:
            return list(connection.execute(query).scalars())

    def instances_of(self, run_key: int, task_ids: Sequence[str] | None = None) -> list[InstanceRecord]:
        """Instances of a run, by task id and map index; `task_ids` None means all."""
        with self._database.read() as connection:
            return _instances(connection, [run_key], task_ids)

    # --- work under way ----------------------------------------------------------------------------------------------

    def running_tries(self, run_keys: Iterable[int] | None = None) -> list[TryRecord]:
        """Tries that an executor may be working on (queued, running, restarting), oldest first."""
        query = TRIES.select().where(sa.text(schema.TRY_ACTIVE)).order_by(schema.task_try.c.try_id)
        query = _by_index(query, schema.task_try, "ix_task_try_active")
        with self._database.read() as connection:
            if run_keys is None:
                return TRIES.all(connection.execute(query))
            tries: list[TryRecord] = []
            for keys in chunks(run_keys):
                tries += TRIES.all(connection.execute(query.where(schema.task_try.c.run_key.in_(keys))))
            return sorted(tries, key=lambda record: record.try_id)

    def pending_callbacks(self) -> list[CallbackRecord]:
        """Callbacks that were not carried out yet, oldest first."""
        callback = schema.callback.c
        query = CALLBACKS.select().where(sa.text(schema.CALLBACK_PENDING))
        with self._database.read() as connection:
            return CALLBACKS.all(connection.execute(query.order_by(callback.created_at, callback.callback_id)))

    # --- other runs of a DAG -----------------------------------------------------------------------------------------

    def previous_run(self, dag_id: str, logical_date: datetime, *, scheduled_only: bool = False) -> RunRecord | None:
        """The newest run with a logical date before `logical_date`; `scheduled_only` leaves out manual runs."""
        with self._database.read() as connection:
            return _previous_run(connection, dag_id, logical_date, scheduled_only)

    def past_instances(
        self,
        dag_id: str,
        before_logical_date: datetime,
        *,
        task_ids: Sequence[str] | None = None,
        scheduled_only: bool = False,
    ) -> list[InstanceRecord]:
        """Instances of `previous_run`, empty when there is no such run."""
        with self._database.read() as connection:
            run = _previous_run(connection, dag_id, before_logical_date, scheduled_only)
            return [] if run is None else _instances(connection, [run.run_key], task_ids)

    def previous_states(
        self,
        dag_id: str,
        before_logical_date: datetime,
        *,
        task_ids: Sequence[str] | None = None,
        scheduled_only: bool = False,
    ) -> dict[tuple[str, int], TaskState] | None:
        """(task_id, map_index) → state in `previous_run`; None when there is no such run."""
        with self._database.read() as connection:
            run = _previous_run(connection, dag_id, before_logical_date, scheduled_only)
            if run is None:
                return None
            records = _instances(connection, [run.run_key], task_ids)
        return {(record.task_id, record.map_index): record.state for record in records}

    def has_past_instances(self, dag_id: str, task_id: str, before_logical_date: datetime) -> bool:
        """Whether any run with an earlier logical date has an instance of the task (`ignore_first_depends_on_past`)."""
        run, instance = schema.dag_run.c, schema.task_instance.c
        query = (
            sa.select(sa.literal(1))
            .select_from(schema.dag_run.join(schema.task_instance, run.run_key == instance.run_key))
            .where(run.dag_id == dag_id, run.logical_date < before_logical_date, instance.task_id == task_id)
            .limit(1)
        )
        with self._database.read() as connection:
            return connection.execute(query).first() is not None

    def next_run_keys(self, dag_id: str, logical_date: datetime) -> list[int]:
        """Unfinished runs with a later logical date, earliest first: those that may wait for this one."""
        run = schema.dag_run.c
        query = (
            sa.select(run.run_key)
            .where(run.dag_id == dag_id, run.logical_date > logical_date, sa.text(schema.RUN_UNFINISHED))
            .order_by(run.logical_date)
        )
        with self._database.read() as connection:
            return list(connection.execute(query).scalars())

    def last_automated_run(self, dag_id: str) -> RunRecord | None:
        """The scheduled or backfill run with the latest logical date: where the schedule goes on from."""
        run = schema.dag_run.c
        query = (
            RUNS.select()
            .where(run.dag_id == dag_id, sa.text(schema.RUN_NOT_MANUAL))
            .where(run.run_type.in_(_AUTOMATED), run.logical_date.is_not(None))
            .order_by(run.logical_date.desc())
            .limit(1)
        )
        with self._database.read() as connection:
            row = connection.execute(query).first()
        return None if row is None else RUNS.of(row)

    def active_run_counts(self, dag_id: str | None = None) -> dict[str, dict[RunType, int]]:
        """DAG → run type → number of runs in RUNNING. DAGs without any are left out."""
        run = schema.dag_run.c
        query = (
            sa.select(run.dag_id, run.run_type, sa.func.count())
            .where(sa.text(schema.RUN_UNFINISHED), run.state == RunState.RUNNING)
            .group_by(run.dag_id, run.run_type)
        )
        query = _by_index(query, schema.dag_run, "ix_dag_run_unfinished")
        if dag_id is not None:
            query = query.where(run.dag_id == dag_id)
        counts: dict[str, dict[RunType, int]] = {}
        with self._database.read() as connection:
            for found, run_type, count in connection.execute(query):
                counts.setdefault(found, {})[run_type] = count
        return counts

    def last_outcomes(self, dag_id: str, n: int) -> list[RunState]:
        """States of the `n` newest finished scheduled and manual runs, newest first (by when they were due)."""
        run = schema.dag_run.c
        query = (
            sa.select(run.state)
            .where(run.dag_id == dag_id, run.end_date.is_not(None))
            .where(run.run_type.in_((RunType.SCHEDULED, RunType.MANUAL)))
            .order_by(run.run_after.desc(), run.run_key.desc())
            .limit(n)
        )
        with self._database.read() as connection:
            return list(connection.execute(query).scalars())


def _by_index(query: sa.Select[Any], table: sa.Table, index: str) -> sa.Select[Any]:
    """Names the index to SQLite, which without statistics does not know how few rows a partial index has."""
    return query.with_hint(table, f"INDEXED BY {index}", dialect_name="sqlite")


def _instances(
    connection: Connection, run_keys: Sequence[int], task_ids: Sequence[str] | None = None
) -> list[InstanceRecord]:
    column = schema.task_instance.c
    query = INSTANCES.select().where(column.run_key.in_(run_keys))
    order = (column.run_key, column.task_id, column.map_index)
    if task_ids is None:
        return INSTANCES.all(connection.execute(query.order_by(*order)))
    records: list[InstanceRecord] = []
    for some in chunks(sorted(set(task_ids))):
        records += INSTANCES.all(connection.execute(query.where(column.task_id.in_(some)).order_by(*order)))
    return records


def _load_results(connection: Connection, run_keys: Sequence[int], found: dict[int, LoadedRun]) -> None:
    xcom = schema.xcom.c
    decisions = sa.select(xcom.run_key, xcom.task_id, xcom.map_index, xcom.value)
    for run_key, task_id, map_index, value in connection.execute(
        decisions.where(xcom.run_key.in_(run_keys), xcom.key == DECISION_KEY)
    ):
        found[run_key].decisions[(task_id, map_index)] = value
    lengths = sa.select(xcom.run_key, xcom.task_id, xcom.map_index, xcom.length)
    for run_key, task_id, map_index, length in connection.execute(
        lengths.where(xcom.run_key.in_(run_keys), xcom.key == RESULT_KEY)
    ):
        found[run_key].lengths.setdefault(task_id, {})[map_index] = length


def _previous_run(
    connection: Connection, dag_id: str, logical_date: datetime, scheduled_only: bool
) -> RunRecord | None:
    run = schema.dag_run.c
    query = RUNS.select().where(run.dag_id == dag_id, run.logical_date < logical_date)
    if scheduled_only:
        query = query.where(sa.text(schema.RUN_NOT_MANUAL))
    row: Any = connection.execute(query.order_by(run.logical_date.desc()).limit(1)).first()
    return None if row is None else RUNS.of(row)
