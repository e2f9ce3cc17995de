"""DAG runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tradewind.core.records import RunRecord
from tradewind.core.states import RunState, RunType
from tradewind.store import schema
from tradewind.store.conflicts import chunks
from tradewind.store.database import Database
from tradewind.store.engine_reads import RUNS
from tradewind.store.errors import NotFound, RunExists
from tradewind.store.outbox import Rows, write_outbox
from tradewind.store.rows import insert_new


class Runs:
    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, run: RunRecord, outbox: Rows = None) -> None:
        """Writes a new run. Raises RunExists when its DAG has one with this run id or logical date."""
        with self._database.write() as connection:
            if not insert_new(connection, schema.dag_run, RUNS.values(run)):
                raise RunExists(run.dag_id, run.run_id, _clash(connection, run))
            write_outbox(connection, outbox)

    def get(self, dag_id: str, run_id: str) -> RunRecord | None:
        return self._one(schema.dag_run.c.dag_id == dag_id, schema.dag_run.c.run_id == run_id)

    def by_key(self, run_key: int) -> RunRecord | None:
        return self._one(schema.dag_run.c.run_key == run_key)

    def by_keys(self, run_keys: Iterable[int]) -> dict[int, RunRecord]:
        """The runs that exist, by key."""
        found: dict[int, RunRecord] = {}
        with self._database.read() as connection:
            for keys in chunks(run_keys):
                for row in connection.execute(RUNS.select().where(schema.dag_run.c.run_key.in_(keys))):
                    found[row.run_key] = RUNS.of(row)
        return found

    def by_logical_date(self, dag_id: str, logical_date: datetime) -> RunRecord | None:
        return self._one(schema.dag_run.c.dag_id == dag_id, schema.dag_run.c.logical_date == logical_date)

    def list(
        self,
        *,
        dag_id: str | None = None,
        run_ids: Sequence[str] | None = None,
        states: Sequence[RunState] | None = None,
        run_types: Sequence[RunType] | None = None,
        logical_from: datetime | None = None,
        logical_to: datetime | None = None,
        backfill_id: int | None = None,
        limit: int | None = None,
        offset: int = 0,
        newest_first: bool = True,
    ) -> list[RunRecord]:
        """Runs by the time they were due. None matches everything; both ends of the logical dates are included."""
        query = RUNS.select()
        for condition in _conditions(dag_id, run_ids, states, run_types, logical_from, logical_to, backfill_id):
            query = query.where(condition)
        order: list[Any] = [schema.dag_run.c.run_after, schema.dag_run.c.run_key]
        query = query.order_by(*(column.desc() for column in order) if newest_first else order)
        with self._database.read() as connection:
            return RUNS.all(connection.execute(query.limit(limit).offset(offset or None)))

    def count(
        self,
        *,
        dag_id: str | None = None,
        run_ids: Sequence[str] | None = None,
        states: Sequence[RunState] | None = None,
        run_types: Sequence[RunType] | None = None,
        logical_from: datetime | None = None,
        logical_to: datetime | None = None,
        backfill_id: int | None = None,
    ) -> int:
        """How many runs `list` would find without a limit."""
        query = sa.select(sa.func.count()).select_from(schema.dag_run)
        for condition in _conditions(dag_id, run_ids, states, run_types, logical_from, logical_to, backfill_id):
            query = query.where(condition)
        with self._database.read() as connection:
            return int(connection.execute(query).scalar_one())

    def set_note(self, run_key: int, note: str | None, outbox: Rows = None) -> None:
        """Raises NotFound."""
        run = schema.dag_run
        with self._database.write() as connection:
            if connection.execute(sa.update(run).where(run.c.run_key == run_key).values(note=note)).rowcount != 1:
                raise NotFound("run", str(run_key))
            write_outbox(connection, outbox)

    def delete(self, run_key: int, outbox: Rows = None) -> None:
        """Deletes a run with its instances, tries, XComs and callbacks; its history in the outbox stays.

        Raises NotFound. An engine that works on the run learns of it by a conflict at its next batch.
        """
        with self._database.write() as connection:
            deleted = connection.execute(sa.delete(schema.dag_run).where(schema.dag_run.c.run_key == run_key))
            if deleted.rowcount != 1:
                raise NotFound("run", str(run_key))
            write_outbox(connection, outbox)

    def _one(self, *conditions: Any) -> RunRecord | None:
        with self._database.read() as connection:
            row = connection.execute(RUNS.select().where(*conditions)).first()
        return None if row is None else RUNS.of(row)


def _clash(connection: Connection, run: RunRecord) -> RunRecord:
    column = schema.dag_run.c
    clash = sa.and_(column.dag_id == run.dag_id, column.run_id == run.run_id)
    if run.logical_date is not None:
        clash = sa.or_(clash, sa.and_(column.dag_id == run.dag_id, column.logical_date == run.logical_date))
    # The one with the same run id says most.
    query = RUNS.select().where(sa.or_(clash, column.run_key == run.run_key))
    rows = RUNS.all(connection.execute(query))
    return next((row for row in rows if row.run_id == run.run_id), rows[0])


def _conditions(
    dag_id: str | None,
    run_ids: Sequence[str] | None,
    states: Sequence[RunState] | None,
    run_types: Sequence[RunType] | None,
    logical_from: datetime | None,
    logical_to: datetime | None,
    backfill_id: int | None,
) -> list[Any]:
    run = schema.dag_run.c
    conditions: list[Any] = []
    if dag_id is not None:
        conditions.append(run.dag_id == dag_id)
    if run_ids is not None:
        conditions.append(run.run_id.in_(run_ids))
    if states is not None:
        conditions.append(run.state.in_(states))
        if all(not RunState(state).is_final for state in states):
            # Said again in the words of the index on unfinished runs.
            conditions.append(sa.text(f"dag_run.{schema.RUN_UNFINISHED}"))
    if run_types is not None:
        conditions.append(run.run_type.in_(run_types))
    if logical_from is not None:
        conditions.append(run.logical_date >= logical_from)
    if logical_to is not None:
        conditions.append(run.logical_date <= logical_to)
    if backfill_id is not None:
        conditions.append(run.backfill_id == backfill_id)
    return conditions
