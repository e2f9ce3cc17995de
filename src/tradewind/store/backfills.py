"""Backfills."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from tradewind.core.lists import Found, Ordering, Page
from tradewind.core.records import BackfillRecord
from tradewind.store import schema
from tradewind.store.database import Database
from tradewind.store.errors import NotFound
from tradewind.store.lists import found, ordered
from tradewind.store.outbox import Rows, write_outbox
from tradewind.store.rows import RecordRows

_BACKFILLS = RecordRows(BackfillRecord, schema.backfill)


class Backfills:
    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, record: BackfillRecord, outbox: Rows = None) -> int:
        """Writes a new backfill and returns its id; the `backfill_id` of `record` does not count."""
        values = _BACKFILLS.values(record)
        del values["backfill_id"]
        with self._database.write() as connection:
            key = connection.execute(sa.insert(schema.backfill), values).inserted_primary_key
            write_outbox(connection, outbox)
            assert key is not None
            return int(key[0])

    def get(self, backfill_id: int) -> BackfillRecord | None:
        with self._database.read() as connection:
            row = connection.execute(_BACKFILLS.select().where(schema.backfill.c.backfill_id == backfill_id)).first()
        return None if row is None else _BACKFILLS.of(row)

    def page(self, page: Page, order: Sequence[Ordering], dag_id: str) -> Found[BackfillRecord]:
        """Some of the backfills of a DAG, ordered by their fields, then by their numbers."""
        column = schema.backfill.c
        query = ordered(
            _BACKFILLS.select().where(column.dag_id == dag_id), order, dict(column.items()), [column.backfill_id]
        )
        with self._database.read() as connection:
            rows, total = found(connection, query, page)
        return Found([_BACKFILLS.of(row) for row in rows], total)

    def list(self, *, dag_id: str | None = None, active_only: bool = False) -> list[BackfillRecord]:
        """Backfills, newest first. `active_only`: those that are not completed."""
        column = schema.backfill.c
        query = _BACKFILLS.select().order_by(column.backfill_id.desc())
        if dag_id is not None:
            query = query.where(column.dag_id == dag_id)
        if active_only:
            query = query.where(column.completed_at.is_(None))
        with self._database.read() as connection:
            return _BACKFILLS.all(connection.execute(query))

    def update(
        self,
        backfill_id: int,
        *,
        is_paused: bool | None = None,
        completed_at: datetime | None = None,
        max_active_runs: int | None = None,
        outbox: Rows = None,
    ) -> BackfillRecord:
        """Changes what is not None; the backfill as it is then. Raises NotFound."""
        given = {"is_paused": is_paused, "completed_at": completed_at, "max_active_runs": max_active_runs}
        values: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        is_it = schema.backfill.c.backfill_id == backfill_id
        with self._database.write() as connection:
            if values:
                connection.execute(sa.update(schema.backfill).where(is_it).values(values))
            row = connection.execute(_BACKFILLS.select().where(is_it)).first()
            if row is None:
                raise NotFound("backfill", str(backfill_id))
            write_outbox(connection, outbox)
            return _BACKFILLS.of(row)
