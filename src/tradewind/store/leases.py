"""Who may run the engine on this database.

256 shards of hash(dag_id) stand ready for several engines. One engine takes them all today, under one epoch; each of its
batches checks that epoch, so an engine that slept through its lease's end and wakes up writes nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tradewind.core.records import Record
from tradewind.store import schema
from tradewind.store.database import ADVISORY, ADVISORY_BATCH, Database
from tradewind.store.errors import LeaseHeld


class LeaseRecord(Record, frozen=True, kw_only=True):
    """Who holds the shards, and until when. `engine_id` is empty when nobody does."""

    epoch: int
    engine_id: str
    host: str
    pid: int
    expires_at: datetime | None


class Leases:
    def __init__(self, database: Database) -> None:
        self._database = database

    def acquire(self, engine_id: str, host: str, pid: int, ttl_s: float, now: datetime) -> int:
        """Takes every shard until `now + ttl_s`; the new epoch, higher than any before.

        Raises LeaseHeld while another engine's lease has not run out. The same `engine_id` may take it again at any time.
        """
        with self._database.write() as connection:
            if not self._database.is_sqlite:
                # Alone: a batch that has checked the old epoch ends before the new one begins.
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(ADVISORY, ADVISORY_BATCH)))
            held = _holder(connection)
            if held.engine_id and held.engine_id != engine_id and held.expires_at is not None and held.expires_at > now:
                raise LeaseHeld(
                    held.engine_id,
                    held.host,
                    held.pid,
                    f"Engine {held.engine_id} on {held.host} (pid {held.pid}) works on this database until "
                    f"{held.expires_at.isoformat(timespec='seconds')}. Stop it first, or wait until then if it has died.",
                )
            epoch = held.epoch + 1
            connection.execute(
                sa.update(schema.engine_lease).values(
                    epoch=epoch, engine_id=engine_id, host=host, pid=pid, expires_at=now + timedelta(seconds=ttl_s)
                )
            )
            return epoch

    def refresh(self, epoch: int, ttl_s: float, now: datetime) -> bool:
        """Prolongs the lease to `now + ttl_s`. False when it is no longer this epoch's: the engine must stop."""
        lease = schema.engine_lease
        with self._database.write() as connection:
            changed = connection.execute(
                sa.update(lease).where(lease.c.epoch == epoch).values(expires_at=now + timedelta(seconds=ttl_s))
            )
            return changed.rowcount > 0

    def release(self, epoch: int) -> None:
        """Gives the shards back; does nothing when the lease was lost. The epoch is never used again."""
        lease = schema.engine_lease
        with self._database.write() as connection:
            connection.execute(
                sa.update(lease).where(lease.c.epoch == epoch).values(engine_id="", host="", pid=0, expires_at=None)
            )

    def holder(self) -> LeaseRecord:
        with self._database.read() as connection:
            return _holder(connection)


def _holder(connection: Connection) -> LeaseRecord:
    lease = schema.engine_lease.c
    query = sa.select(lease.epoch, lease.engine_id, lease.host, lease.pid, lease.expires_at)
    row = connection.execute(query.order_by(lease.epoch.desc(), lease.shard).limit(1)).one()
    return LeaseRecord(epoch=row[0], engine_id=row[1], host=row[2], pid=row[3], expires_at=row[4])
