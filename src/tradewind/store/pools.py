"""Pools and who holds their slots."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa

from tradewind.core.lists import Found, Ordering, Page, Pattern
from tradewind.core.records import PoolRecord
from tradewind.core.states import TaskState
from tradewind.store import schema
from tradewind.store.database import Database
from tradewind.store.errors import AlreadyExists, StoreError
from tradewind.store.lists import found, matches, ordered
from tradewind.store.outbox import Rows, write_outbox
from tradewind.store.rows import RecordRows, insert_new, upsert

_POOLS = RecordRows(PoolRecord, schema.pool)
_ORDER: Final = {name: schema.pool.c[name] for name in ("name", "slots", "description", "include_deferred")}
_COUNTED = (TaskState.SCHEDULED, TaskState.QUEUED, TaskState.RUNNING, TaskState.RESTARTING, TaskState.DEFERRED)


class Pools:
    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, name: str) -> PoolRecord | None:
        with self._database.read() as connection:
            row = connection.execute(_POOLS.select().where(schema.pool.c.name == name)).first()
        return None if row is None else _POOLS.of(row)

    def list(self) -> list[PoolRecord]:
        """All pools by name."""
        with self._database.read() as connection:
            return _POOLS.all(connection.execute(_POOLS.select().order_by(schema.pool.c.name)))

    def page(self, page: Page, order: Sequence[Ordering] = (), name: Sequence[Pattern] = ()) -> Found[PoolRecord]:
        """Pools whose name matches all patterns, ordered by their fields, then by name."""
        query = _POOLS.select().where(*(term for pattern in name for term in matches(schema.pool.c.name, pattern)))
        with self._database.read() as connection:
            rows, total = found(connection, ordered(query, order, _ORDER, [schema.pool.c.name]), page)
            return Found([_POOLS.of(row) for row in rows], total)

    def add(self, record: PoolRecord, *, outbox: Rows = None) -> None:
        """Raises AlreadyExists."""
        with self._database.write() as connection:
            if not insert_new(connection, schema.pool, _POOLS.values(record)):
                raise AlreadyExists("pool", record.name)
            write_outbox(connection, outbox)

    def rename(self, name: str, record: PoolRecord, *, outbox: Rows = None) -> None:
        """Puts `record` in the place of the pool `name`. Raises AlreadyExists when its new name is taken."""
        with self._database.write() as connection:
            connection.execute(sa.delete(schema.pool).where(schema.pool.c.name == name))
            if not insert_new(connection, schema.pool, _POOLS.values(record)):
                raise AlreadyExists("pool", record.name)
            write_outbox(connection, outbox)

    def set(self, record: PoolRecord, *, outbox: Rows = None) -> None:
        """Writes or replaces a pool. -1 slots: unlimited."""
        with self._database.write() as connection:
            connection.execute(upsert(schema.pool, connection.dialect.name, values=_POOLS.values(record)))
            write_outbox(connection, outbox)

    def delete(self, name: str, *, outbox: Rows = None) -> bool:
        """False when there is no such pool. Raises StoreError for the default pool."""
        if name == schema.DEFAULT_POOL:
            raise StoreError(
                f"Pool '{name}' cannot be deleted: every task without a pool of its own uses it. Set its slots instead."
            )
        with self._database.write() as connection:
            deleted = connection.execute(sa.delete(schema.pool).where(schema.pool.c.name == name)).rowcount
            if deleted:
                write_outbox(connection, outbox)
            return deleted > 0

    def usage(self) -> dict[str, dict[TaskState, int]]:
        """Pool → state → slots of its instances in scheduled, queued, running, restarting and deferred.

        Every pool appears, also one that instances name and nobody made. Which states occupy a pool is for the core to say.
        """
        instance = schema.task_instance.c
        query = (
            sa.select(instance.pool, instance.state, sa.func.sum(instance.pool_slots))
            .where(sa.text(schema.INSTANCE_NOTABLE), instance.state.in_(_COUNTED))
            .group_by(instance.pool, instance.state)
        )
        with self._database.read() as connection:
            usage: dict[str, dict[TaskState, int]] = {
                name: {} for name in connection.execute(sa.select(schema.pool.c.name)).scalars()
            }
            for pool, state, slots in connection.execute(query):
                usage.setdefault(pool, {})[state] = int(slots)
        return usage
