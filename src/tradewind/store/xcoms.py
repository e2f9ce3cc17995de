"""XComs: values that tasks leave for others, as JSON text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from tradewind.core.records import OutboxRecord, XComRecord
from tradewind.store import schema
from tradewind.store.conflicts import chunks
from tradewind.store.database import Database
from tradewind.store.outbox import write_outbox
from tradewind.store.rows import RecordRows, upsert

_XCOMS = RecordRows(XComRecord, schema.xcom)


class XComs:
    def __init__(self, database: Database) -> None:
        self._database = database

    def get(
        self,
        run_key: int,
        task_ids: Sequence[str] | None = None,
        map_indexes: Sequence[int] | None = None,
        key: str | None = None,
        limit: int | None = None,
    ) -> list[XComRecord]:
        """Values of a run: by the position in `task_ids` (else by task id), then map index, then key. None: any."""
        xcom = schema.xcom.c
        query = _XCOMS.select().where(xcom.run_key == run_key)
        if key is not None:
            query = query.where(xcom.key == key)
        query = query.order_by(xcom.task_id, xcom.map_index, xcom.key)
        groups = [None] if task_ids is None else chunks(dict.fromkeys(task_ids))
        found: list[XComRecord] = []
        with self._database.read() as connection:
            for some in groups:
                part = query if some is None else query.where(xcom.task_id.in_(some))
                if map_indexes is None:
                    found += _XCOMS.all(connection.execute(part if task_ids is not None else part.limit(limit)))
                    continue
                for indexes in chunks(set(map_indexes)):
                    found += _XCOMS.all(connection.execute(part.where(xcom.map_index.in_(indexes))))
        position = {task_id: place for place, task_id in enumerate(dict.fromkeys(task_ids or ()))}
        found.sort(key=lambda record: (position.get(record.task_id, 0), record.task_id, record.map_index, record.key))
        return found[:limit]

    def latest(
        self, dag_id: str, logical_to: datetime, task_ids: Sequence[str], key: str, *, limit: int | None = None
    ) -> list[tuple[str, XComRecord]]:
        """(run id, value) of runs with a logical date up to `logical_to`, newest run first (`include_prior_dates`)."""
        run, xcom = schema.dag_run.c, schema.xcom.c
        query = (
            sa.select(run.run_id, *_XCOMS.stored)
            .select_from(schema.dag_run.join(schema.xcom, run.run_key == xcom.run_key))
            .where(run.dag_id == dag_id, run.logical_date <= logical_to)
            .where(xcom.task_id.in_(task_ids), xcom.key == key)
            .order_by(run.logical_date.desc(), xcom.task_id, xcom.map_index)
            .limit(limit)
        )
        with self._database.read() as connection:
            return [(row[0], _XCOMS.of(tuple(row)[1:])) for row in connection.execute(query)]

    def set(self, record: XComRecord, outbox: OutboxRecord | None = None) -> None:
        """Writes or replaces one value."""
        with self._database.write() as connection:
            connection.execute(upsert(schema.xcom, connection.dialect.name, values=_XCOMS.values(record)))
            write_outbox(connection, [outbox])

    def delete(
        self,
        run_key: int,
        task_id: str,
        map_index: int | None = None,
        key: str | None = None,
        outbox: OutboxRecord | None = None,
    ) -> int:
        """Deletes values; None matches everything. How many were deleted."""
        xcom = schema.xcom
        delete = sa.delete(xcom).where(xcom.c.run_key == run_key, xcom.c.task_id == task_id)
        if map_index is not None:
            delete = delete.where(xcom.c.map_index == map_index)
        if key is not None:
            delete = delete.where(xcom.c.key == key)
        with self._database.write() as connection:
            deleted = connection.execute(delete).rowcount
            write_outbox(connection, [outbox])
            return deleted
