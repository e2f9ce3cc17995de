"""The outbox: every change in the order of its commit, for live views and as history.

On SQLite numbers are given under the write lock, so they appear in order. On PostgreSQL two transactions may commit in
another order than they took their numbers; a reader that goes by the last number would then miss a row. Numbers that are
not there yet show as a gap, and whoever may still fill it holds the shared advisory lock that every writer takes: on a
gap, `since` waits until those writers are through (milliseconds), and only then goes past it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tradewind.core.records import OutboxRecord
from tradewind.store import schema
from tradewind.store.database import ADVISORY, ADVISORY_BATCH, Database
from tradewind.store.rows import RecordRows

OUTBOX = RecordRows(OutboxRecord, schema.outbox)

_GAP_PATIENCE_S = 1.0


Rows = OutboxRecord | Iterable[OutboxRecord | None] | None
"""What is written with a change: one row, several, or none."""


def write_outbox(connection: Connection, records: Rows) -> None:
    """Writes rows within a transaction of `Database.write`; the store gives their numbers."""
    given = [records] if isinstance(records, OutboxRecord) else records or ()
    rows = [OUTBOX.values(record) for record in given if record is not None]
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock_shared(ADVISORY, ADVISORY_BATCH)))
    for row in rows:
        del row["seq"]
    connection.execute(sa.insert(schema.outbox), rows)


class Outbox:
    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, records: Rows) -> None:
        """Writes rows of their own: about something that no other table tells."""
        with self._database.write() as connection:
            write_outbox(connection, records)

    def since(self, seq: int, *, limit: int = 1000, kinds: Sequence[str] | None = None) -> list[OutboxRecord]:
        """Changes after `seq`, oldest first. Going on from the last one's `seq` never misses a change.

        `kinds` None means all of them.
        """
        records: list[OutboxRecord] = []
        while True:
            page = self._page(seq, limit)
            records += page if kinds is None else [record for record in page if record.kind in kinds]
            if len(page) < limit or len(records) >= limit:
                return records[:limit]
            seq = page[-1].seq

    def _page(self, seq: int, limit: int) -> list[OutboxRecord]:
        with self._database.read() as connection:
            records = _after(connection, seq, limit)
        if not self._database.is_sqlite and _has_gap(seq, records):
            records = self._past_gaps(seq, limit, records)
        return records

    def others_since(self, seq: int, who: str) -> tuple[int, list[OutboxRecord]]:
        """What everybody but `who` changed after `seq`, and the number to go on from.

        For a writer that follows the others without reading its own rows again, which are nearly all of them.
        """
        column = schema.outbox.c
        span = sa.select(sa.func.max(column.seq), sa.func.count()).where(column.seq > seq)
        with self._database.read() as connection:
            last, count = connection.execute(span).one()
        if last is None:
            return seq, []
        # A number that is missing may belong to a writer who is still under way: wait for those that are.
        goes_on = self._database.is_sqlite or count == last - seq or self._await_writers()
        query = OUTBOX.select().where(column.seq > seq, column.seq <= last, column.who != who).order_by(column.seq)
        with self._database.read() as connection:
            records = OUTBOX.all(connection.execute(query))
        return (last if goes_on else seq), records

    def last_seq(self) -> int:
        """The newest number, 0 when there is none. A view that starts here misses nothing."""
        query = sa.select(sa.func.max(schema.outbox.c.seq))
        with self._database.read() as connection:
            last = connection.execute(query).scalar() or 0
        if self._database.is_sqlite or not last:
            return last
        # Writers under way may hold lower numbers: wait for them, so that nothing comes before this one any more.
        self._await_writers()
        return last

    def history(
        self, run_key: int, task_id: str | None = None, map_index: int | None = None, *, limit: int | None = None
    ) -> list[OutboxRecord]:
        """Changes of a run, of one of its tasks, or of one instance, oldest first."""
        column = schema.outbox.c
        query = OUTBOX.select().where(column.run_key == run_key).order_by(column.seq)
        if task_id is not None:
            query = query.where(column.task_id == task_id)
        if map_index is not None:
            query = query.where(column.map_index == map_index)
        with self._database.read() as connection:
            return OUTBOX.all(connection.execute(query.limit(limit)))

    def _past_gaps(self, seq: int, limit: int, records: list[OutboxRecord]) -> list[OutboxRecord]:
        last = records[-1].seq
        if not self._await_writers():
            return records[: _first_gap(seq, records)]
        with self._database.read() as connection:
            return [record for record in _after(connection, seq, limit) if record.seq <= last]

    def _await_writers(self) -> bool:
        """Waits until every writer that is under way now has ended; False when one takes too long."""
        deadline = time.monotonic() + _GAP_PATIENCE_S
        pending = self._writers()
        while pending and time.monotonic() < deadline:
            time.sleep(0.001)
            pending &= self._writers()
        return not pending

    def _writers(self) -> set[str]:
        query = sa.text(
            "SELECT virtualtransaction FROM pg_locks WHERE locktype = 'advisory' AND classid = :class AND objid = :object "
            "AND objsubid = 2 AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        with self._database.read() as connection:
            return set(connection.execute(query, {"class": ADVISORY, "object": ADVISORY_BATCH}).scalars())


def _after(connection: Connection, seq: int, limit: int) -> list[OutboxRecord]:
    column = schema.outbox.c
    return OUTBOX.all(connection.execute(OUTBOX.select().where(column.seq > seq).order_by(column.seq).limit(limit)))


def _first_gap(seq: int, records: list[OutboxRecord]) -> int:
    """How many of `records` follow `seq` without a number missing."""
    for position, record in enumerate(records):
        if record.seq != seq + position + 1:
            return position
    return len(records)


def _has_gap(seq: int, records: list[OutboxRecord]) -> bool:
    return _first_gap(seq, records) < len(records)
