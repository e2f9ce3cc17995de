"""Task instances: lists, states and counts for services, the API and the command line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from tradewind.core.records import NOT_MAPPED, InstanceRecord, RunRecord
from tradewind.core.states import TaskState
from tradewind.store import schema
from tradewind.store.conflicts import chunks
from tradewind.store.database import Database
from tradewind.store.engine_reads import INSTANCES, RUNS
from tradewind.store.errors import NotFound
from tradewind.store.outbox import Rows, write_outbox

_NOT_NOTABLE = frozenset({TaskState.NONE, TaskState.SUCCESS, TaskState.SKIPPED, TaskState.REMOVED})


class Instances:
    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, run_key: int, task_id: str, map_index: int = NOT_MAPPED) -> InstanceRecord | None:
        column = schema.task_instance.c
        query = INSTANCES.select().where(
            column.run_key == run_key, column.task_id == task_id, column.map_index == map_index
        )
        with self._database.read() as connection:
            row = connection.execute(query).first()
        return None if row is None else INSTANCES.of(row)

    def of_run(self, run_key: int) -> list[InstanceRecord]:
        """All instances of a run, by task id and map index."""
        return self.of_runs([run_key]).get(run_key, [])

    def of_task(self, run_key: int, task_id: str, limit: int) -> list[InstanceRecord]:
        """The instances of one task of a run, by map index."""
        column = schema.task_instance.c
        query = INSTANCES.select().where(column.run_key == run_key, column.task_id == task_id)
        with self._database.read() as connection:
            return INSTANCES.all(connection.execute(query.order_by(column.map_index).limit(limit)))

    def of_runs(self, run_keys: Iterable[int]) -> dict[int, list[InstanceRecord]]:
        """Instances of several runs (a grid), by task id and map index. Runs without instances are left out."""
        column = schema.task_instance.c
        found: dict[int, list[InstanceRecord]] = {}
        with self._database.read() as connection:
            for keys in chunks(run_keys):
                query = INSTANCES.select().where(column.run_key.in_(keys))
                rows = connection.execute(query.order_by(column.run_key, column.task_id, column.map_index))
                for record in INSTANCES.all(rows):
                    found.setdefault(record.run_key, []).append(record)
        return found

    def list(
        self,
        dag_id: str | None = None,
        task_ids: Sequence[str] | None = None,
        logical_from: datetime | None = None,
        logical_to: datetime | None = None,
        run_ids: Sequence[str] | None = None,
        states: Sequence[TaskState] | None = None,
        *,
        map_index: int | None = None,
        limit: int | None = None,
    ) -> list[tuple[RunRecord, InstanceRecord]]:
        """Instances with their runs: oldest run first, then task id and map index.

        None matches everything; both ends of the logical dates are included. Give a DAG, or states that few instances
        have; a list over the whole history takes as long as it is.
        """
        run, instance = schema.dag_run.c, schema.task_instance.c
        query: sa.Select[Any] = sa.select(*RUNS.stored, *INSTANCES.stored).select_from(
            schema.dag_run.join(schema.task_instance, run.run_key == instance.run_key)
        )
        if dag_id is not None:
            query = query.where(run.dag_id == dag_id)
        if task_ids is not None:
            query = query.where(instance.task_id.in_(task_ids))
        if run_ids is not None:
            query = query.where(run.run_id.in_(run_ids))
        if logical_from is not None:
            query = query.where(run.logical_date >= logical_from)
        if logical_to is not None:
            query = query.where(run.logical_date <= logical_to)
        if map_index is not None:
            query = query.where(instance.map_index == map_index)
        if states is not None:
            query = query.where(instance.state.in_(states))
            if _NOT_NOTABLE.isdisjoint(states):
                # Said again in the words of the index on instances that wait, work or failed.
                query = query.where(sa.text(f"task_instance.{schema.INSTANCE_NOTABLE}"))
        query = query.order_by(run.run_after, run.run_key, instance.task_id, instance.map_index).limit(limit)
        split = len(RUNS.columns)
        with self._database.read() as connection:
            rows = [tuple(row) for row in connection.execute(query)]
        runs: dict[int, RunRecord] = {}
        found = []
        for row in rows:
            if row[0] not in runs:
                runs[row[0]] = RUNS.of(row[:split])
            found.append((runs[row[0]], INSTANCES.of(row[split:])))
        return found

    def counts_by_state(self, run_key: int) -> dict[TaskState, int]:
        return self.counts_of_runs([run_key]).get(run_key, {})

    def counts_of_runs(self, run_keys: Iterable[int]) -> dict[int, dict[TaskState, int]]:
        """run key → state → number of instances; states without any are left out."""
        column = schema.task_instance.c
        counts: dict[int, dict[TaskState, int]] = {}
        with self._database.read() as connection:
            for keys in chunks(run_keys):
                query = (
                    sa.select(column.run_key, column.state, sa.func.count())
                    .where(column.run_key.in_(keys))
                    .group_by(column.run_key, column.state)
                )
                for run_key, state, count in connection.execute(query):
                    counts.setdefault(run_key, {})[state] = count
        return counts

    def set_note(
        self,
        run_key: int,
        task_id: str,
        map_index: int,
        note: str | None,
        outbox: Rows = None,
    ) -> None:
        """Raises NotFound."""
        column = schema.task_instance.c
        update = sa.update(schema.task_instance).where(
            column.run_key == run_key, column.task_id == task_id, column.map_index == map_index
        )
        with self._database.write() as connection:
            if connection.execute(update.values(note=note)).rowcount != 1:
                raise NotFound("task instance", f"{task_id}[{map_index}] of run {run_key}")
            write_outbox(connection, outbox)

    def delete(self, run_key: int, task_id: str, map_index: int, outbox: Rows = None) -> None:
        """Deletes one instance with its tries and XComs. Raises NotFound."""
        with self._database.write() as connection:
            for table in (schema.xcom, schema.task_try, schema.task_instance):
                column = table.c
                deleted = connection.execute(
                    sa.delete(table).where(
                        column.run_key == run_key, column.task_id == task_id, column.map_index == map_index
                    )
                )
            if deleted.rowcount != 1:
                raise NotFound("task instance", f"{task_id}[{map_index}] of run {run_key}")
            write_outbox(connection, outbox)
