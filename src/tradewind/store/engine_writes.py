"""The engine's batches: one guarded transaction for each `Changes`.

All statements of a batch are grouped by their text and sent with executemany; on PostgreSQL they travel in one pipeline,
so that a batch costs two round trips (the batch, then COMMIT), whatever it holds.
"""

from __future__ import annotations

from collections.abc import Hashable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from tradewind.core.changes import Changes, Conflict, InstanceUpdate, RunUpdate
from tradewind.core.records import (
    CallbackRecord,
    InstanceRecord,
    OutboxRecord,
    RunRecord,
    TryRecord,
    XComRecord,
)
from tradewind.store import conflicts, faults, schema
from tradewind.store.database import ADVISORY, ADVISORY_BATCH, Database
from tradewind.store.dialects import hot_dialect
from tradewind.store.errors import LeaseLost, StoreError
from tradewind.store.rows import InsertRows, RecordRows, UpdateRows, clean_text

_COPY_FROM: Final = 64
"""PostgreSQL: from so many new rows on, COPY is faster than INSERT."""

_IDLE_INSTANCE: Final = frozenset(
    {
        "run_key",
        "task_id",
        "map_index",
        "state",
        "max_tries",
        "pool",
        "pool_slots",
        "priority_weight",
        "queue",
        "operator",
    }
)
_INSTANCE_KEY: Final = ("run_key", "task_id", "map_index", "state")


@dataclass(slots=True)
class _Step:
    """One text with the parameters of all its rows. `expected`: how many rows it must change; None: any number."""

    sql: str
    parameters: list[Any]
    expected: int | None = None


class EngineWrites:
    """Writes batches. May be used by several threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        dialect = self._dialect = hot_dialect(database.address)
        self._updates: dict[tuple[Any, ...], UpdateRows] = {}
        self._new_runs = InsertRows(RecordRows(RunRecord, schema.dag_run), dialect, on_conflict="nothing")
        instances = RecordRows(InstanceRecord, schema.task_instance)
        self._new_instances = InsertRows(instances, dialect)
        # What an instance that nobody has worked on yet has to say. A third of the parameters to bind: 10,000 of them
        # are written in half the time.
        idle = [name for name in instances.fields if name not in _IDLE_INSTANCE]
        self._idle_instances = InsertRows(instances, dialect, constant=idle)
        self._new_tries = InsertRows(RecordRows(TryRecord, schema.task_try), dialect)
        self._xcoms = InsertRows(RecordRows(XComRecord, schema.xcom), dialect, on_conflict="update")
        self._callbacks = InsertRows(RecordRows(CallbackRecord, schema.callback), dialect, on_conflict="update")
        self._outbox = InsertRows(RecordRows(OutboxRecord, schema.outbox), dialect, without=["seq"])
        mark = "?" if database.is_sqlite else "%s"
        # Nothing for a try that is gone with its run: like an update of a try, this expects nothing.
        self._rendered = (
            f"INSERT INTO rendered_fields (try_id, fields) SELECT try_id, CAST({mark} AS TEXT) FROM task_try "
            f"WHERE try_id = {mark} ON CONFLICT (try_id) DO UPDATE SET fields = excluded.fields"
        )
        self._mark = mark

    def commit(self, changes: Changes, *, epoch: int | None = None) -> Conflict | None:
        """Writes everything in `changes`, durably, or nothing.

        Returns a Conflict, with nothing written, when a guarded row is not as expected, a new run exists, or a run was
        deleted meanwhile. `epoch`: of the engine's lease; raises LeaseLost when another engine has taken over.
        Raises ChangesRejected for rows that no run can have, and StoreFault when the database is in trouble:
        `StoreUnavailable.outcome_unknown` tells whether it may have been written all the same.
        """
        if not changes:
            return None
        try:
            return self._commit(changes, epoch, clean=False)
        except UnicodeEncodeError:
            return self._commit(changes, epoch, clean=True)
        except StoreError as error:
            # A NUL in what a task printed or raised: PostgreSQL holds none, and no task shall hold up the engine.
            if "NUL" not in str(error.__cause__):
                raise
            return self._commit(changes, epoch, clean=True)
        except Exception as error:
            if not faults.is_integrity_error(error):
                raise
            conflict = conflicts.explain(self._database, changes)
            if conflict is None:
                raise faults.translate(error, self._database.address) from None
            return conflict

    def _commit(self, changes: Changes, epoch: int | None, *, clean: bool) -> Conflict | None:
        steps = self._steps(changes, clean=clean)
        copied = self._rows_to_copy(changes, clean=clean)

        def work(connection: Any) -> None:
            if self._database.is_sqlite:
                self._on_sqlite(connection, steps, epoch)
            else:
                self._on_postgres(connection, steps, copied, epoch)

        try:
            self._database.batch(work)
        except _RowMoved:
            return conflicts.explain(self._database, changes) or conflicts.every_run(changes)
        return None

    # --- what is sent ------------------------------------------------------------------------------------------------

    def _steps(self, changes: Changes, *, clean: bool) -> list[_Step]:
        steps: list[_Step] = []

        def insert(statement: InsertRows[Any], records: list[Any], *, counted: bool = False) -> None:
            if records:
                rows = statement.parameters(records, clean=clean)
                steps.append(_Step(statement.sql, rows, len(rows) if counted else None))

        insert(self._new_runs, changes.new_runs, counted=True)
        if not self._copies(changes):
            idle = self._idle_instances.fits(changes.new_instances)
            insert(self._idle_instances if idle else self._new_instances, changes.new_instances)
        if changes.run_updates:
            steps += self._run_steps(changes.run_updates, clean=clean)
        if changes.instance_updates:
            steps += self._instance_steps(changes.instance_updates, clean=clean)
        insert(self._new_tries, changes.new_tries)
        if changes.try_updates:
            grouped = _Groups()
            for change in changes.try_updates:
                names = tuple(change.values)
                if names:
                    statement = self._update(schema.task_try, names, ("try_id",))
                    values = (*change.values.values(), change.try_id)
                    grouped.add(change.try_id, statement.sql, statement.parameters(values, clean=clean))
            steps += grouped.steps(counted=False)
        for delete in changes.xcom_deletes:
            steps.append(self._xcom_delete(delete.run_key, delete.task_id, delete.map_index, delete.key))
        insert(self._xcoms, changes.xcoms)
        if changes.rendered:
            pairs = [[clean_text(fields) if clean else fields, try_id] for try_id, fields in changes.rendered]
            steps.append(_Step(self._rendered, pairs))
        insert(self._callbacks, changes.callbacks)
        for dag_id, next_run in changes.dag_next_runs:
            if next_run:
                statement = self._update(schema.dag, tuple(next_run), ("dag_id",))
                steps.append(_Step(statement.sql, [statement.parameters((*next_run.values(), dag_id))]))
        if changes.paused:
            statement = self._update(schema.dag, ("is_paused", "paused_reason"), ("dag_id",))
            rows = [statement.parameters((True, reason, dag_id), clean=clean) for dag_id, reason in changes.paused]
            steps.append(_Step(statement.sql, rows))
        insert(self._outbox, changes.outbox)
        return steps

    def _run_steps(self, updates: list[RunUpdate], *, clean: bool) -> list[_Step]:
        grouped = _Groups()
        for change in updates:
            names = tuple(change.values) or ("state",)
            values = tuple(change.values.values()) or (change.expect,)
            statement = self._update(schema.dag_run, names, ("run_key", "state"))
            row = statement.parameters((*values, change.run_key, change.expect), clean=clean)
            grouped.add(change.run_key, statement.sql, row)
        return grouped.steps(counted=True)

    def _instance_steps(self, updates: list[InstanceUpdate], *, clean: bool) -> list[_Step]:
        grouped = _Groups()
        for change in updates:
            # An update without values is a guard alone; the row is locked by writing what it has.
            names = tuple(change.values) or ("state",)
            values = tuple(change.values.values()) or (change.expect,)
            key = (change.run_key, change.task_id, change.map_index)
            if change.expect_try is None:
                statement = self._update(schema.task_instance, names, _INSTANCE_KEY)
                row = statement.parameters((*values, *key, change.expect), clean=clean)
            else:
                statement = self._update(schema.task_instance, names, (*_INSTANCE_KEY, "try_id"))
                row = statement.parameters((*values, *key, change.expect, change.expect_try), clean=clean)
            grouped.add(key, statement.sql, row)
        return grouped.steps(counted=True)

    def _update(self, table: sa.Table, names: tuple[str, ...], guards: tuple[str, ...]) -> UpdateRows:
        cached = self._updates.get((table.name, names, guards))
        if cached is None:
            cached = self._updates[(table.name, names, guards)] = UpdateRows(table, self._dialect, names, guards)
        return cached

    def _xcom_delete(self, run_key: int, task_id: str, map_index: int | None, key: str | None) -> _Step:
        sql, row = f"DELETE FROM xcom WHERE run_key = {self._mark} AND task_id = {self._mark}", [run_key, task_id]
        if map_index is not None:
            sql, row = f"{sql} AND map_index = {self._mark}", [*row, map_index]
        if key is not None:
            sql, row = f"{sql} AND key = {self._mark}", [*row, key]
        return _Step(sql, [row])

    def _copies(self, changes: Changes) -> bool:
        return not self._database.is_sqlite and len(changes.new_instances) >= _COPY_FROM

    def _rows_to_copy(self, changes: Changes, *, clean: bool) -> list[list[Any]]:
        return self._new_instances.parameters(changes.new_instances, clean=clean) if self._copies(changes) else []

    # --- how it is sent ----------------------------------------------------------------------------------------------

    def _on_sqlite(self, connection: Any, steps: list[_Step], epoch: int | None) -> None:
        if epoch is not None:
            held = connection.execute("SELECT 1 FROM engine_lease WHERE shard = 0 AND epoch = ?", (epoch,)).fetchone()
            _check_lease(held, epoch)
        for step in steps:
            rows = step.parameters
            if len(rows) == 1:
                count = connection.execute(step.sql, rows[0]).rowcount
            else:
                count = connection.executemany(step.sql, rows).rowcount
            if step.expected is not None and count != step.expected:
                raise _RowMoved

    def _on_postgres(self, connection: Any, steps: list[_Step], copied: list[list[Any]], epoch: int | None) -> None:
        cursors = []
        # New instances may belong to a new run of this batch, which must be there first.
        first = 1 if copied and steps and steps[0].sql == self._new_runs.sql else 0
        # A single round trip for a small batch; COPY cannot be part of a pipeline.
        with connection.pipeline() if not copied else nullcontext():
            lock = connection.cursor()
            lock.execute("SELECT pg_advisory_xact_lock_shared(%s, %s)", (ADVISORY, ADVISORY_BATCH))
            lease = connection.cursor()
            if epoch is not None:
                lease.execute("SELECT 1 FROM engine_lease WHERE shard = 0 AND epoch = %s", (epoch,))
            for position, step in enumerate(steps):
                if copied and position == first:
                    self._copy(connection, copied)
                cursor = connection.cursor()
                if len(step.parameters) == 1:
                    cursor.execute(step.sql, step.parameters[0])
                else:
                    cursor.executemany(step.sql, step.parameters)
                cursors.append(cursor)
            if copied and len(steps) == first:
                self._copy(connection, copied)
        if epoch is not None:
            _check_lease(lease.fetchone(), epoch)
        for step, cursor in zip(steps, cursors, strict=True):
            if step.expected is not None and cursor.rowcount != step.expected:
                raise _RowMoved

    def _copy(self, connection: Any, rows: list[list[Any]]) -> None:
        names = ", ".join(column.name for column in self._new_instances.columns)
        with connection.cursor() as cursor, cursor.copy(f"COPY task_instance ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)


class _RowMoved(Exception):
    """A guarded row was not as expected."""


def _check_lease(row: Any, epoch: int) -> None:
    if row is None:
        raise LeaseLost(
            f"This engine's lease (epoch {epoch}) was taken over by another engine; nothing was written. Stop this engine."
        )


class _Groups:
    """Rows by statement, in an order that keeps the order of the changes of one row.

    A second change of a row comes after its first one: where the open group of its statement lies before the group that
    holds the first, a new group is opened.
    """

    def __init__(self) -> None:
        self._steps: list[_Step] = []
        self._open: dict[str, int] = {}
        self._last: dict[Hashable, int] = {}

    def add(self, key: Hashable, sql: str, row: list[Any]) -> None:
        position = self._open.get(sql)
        if position is None or position < self._last.get(key, -1):
            position = self._open[sql] = len(self._steps)
            self._steps.append(_Step(sql, []))
        self._steps[position].parameters.append(row)
        self._last[key] = position

    def steps(self, *, counted: bool) -> list[_Step]:
        for step in self._steps:
            step.expected = len(step.parameters) if counted else None
        return self._steps
