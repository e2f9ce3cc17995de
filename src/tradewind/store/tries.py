"""Tries: every attempt that was ever made, kept also over clears."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from tradewind.core.records import NOT_MAPPED, TryRecord
from tradewind.store import schema
from tradewind.store.conflicts import chunks
from tradewind.store.database import Database
from tradewind.store.engine_reads import TRIES


class Tries:
    def __init__(self, database: Database) -> None:
        self._database = database

    def of_instance(self, run_key: int, task_id: str, map_index: int = NOT_MAPPED) -> list[TryRecord]:
        """Tries of one instance, oldest first."""
        column = schema.task_try.c
        query = TRIES.select().where(
            column.run_key == run_key, column.task_id == task_id, column.map_index == map_index
        )
        with self._database.read() as connection:
            # Ids are ordered by time: two tries may share a number, when the first one was lost before it started.
            return TRIES.all(connection.execute(query.order_by(column.try_number, column.try_id)))

    def of_run(self, run_key: int) -> list[TryRecord]:
        """All tries of a run, oldest first."""
        query = TRIES.select().where(schema.task_try.c.run_key == run_key).order_by(schema.task_try.c.try_id)
        with self._database.read() as connection:
            return TRIES.all(connection.execute(query))

    def get(self, try_id: str) -> TryRecord | None:
        row = self._first(TRIES.select().where(schema.task_try.c.try_id == try_id))
        return None if row is None else TRIES.of(row)

    def rendered(self, try_id: str) -> str | None:
        """JSON of the template fields as this try saw them; None when they were not stored."""
        column = schema.rendered_fields.c
        row = self._first(sa.select(column.fields).where(column.try_id == try_id))
        return None if row is None else str(row[0])

    def rendered_of(self, try_ids: Iterable[str]) -> dict[str, str]:
        """`rendered` of several tries; those without any are left out."""
        column = schema.rendered_fields.c
        found: dict[str, str] = {}
        with self._database.read() as connection:
            for some in chunks(try_ids):
                rows = connection.execute(sa.select(column.try_id, column.fields).where(column.try_id.in_(some)))
                found.update((try_id, fields) for try_id, fields in rows)
        return found

    def _first(self, query: sa.Select[Any]) -> Any:
        with self._database.read() as connection:
            return connection.execute(query).first()
