"""Callbacks that run outside a try. New ones are written by the engine's batches (`Changes.callbacks`)."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from tradewind.core.records import CallbackRecord
from tradewind.store import schema
from tradewind.store.database import Database
from tradewind.store.engine_reads import CALLBACKS


class Callbacks:
    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, callback_id: str) -> CallbackRecord | None:
        with self._database.read() as connection:
            row = connection.execute(CALLBACKS.select().where(schema.callback.c.callback_id == callback_id)).first()
        return None if row is None else CALLBACKS.of(row)

    def of_run(self, run_key: int) -> list[CallbackRecord]:
        """All callbacks of a run, oldest first."""
        column = schema.callback.c
        query = CALLBACKS.select().where(column.run_key == run_key).order_by(column.created_at, column.callback_id)
        with self._database.read() as connection:
            return CALLBACKS.all(connection.execute(query))

    def attempted(self, callback_id: str) -> int:
        """Counts one more attempt, before it is made; how many there are then, 0 when the callback is gone."""
        column = schema.callback.c
        update = (
            sa.update(schema.callback).where(column.callback_id == callback_id).values(attempts=column.attempts + 1)
        )
        with self._database.write() as connection:
            connection.execute(update)
            return connection.execute(sa.select(column.attempts).where(column.callback_id == callback_id)).scalar() or 0

    def finish(self, callback_id: str, at: datetime, error: str = "") -> None:
        """Notes that the callback was carried out, or given up with `error`. Does nothing when it is gone."""
        column = schema.callback.c
        update = sa.update(schema.callback).where(column.callback_id == callback_id).values(done_at=at, error=error)
        with self._database.write() as connection:
            connection.execute(update)
