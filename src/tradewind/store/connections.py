"""Connections. Password and extra are encrypted where the installation has Fernet keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from tradewind.core.lists import Found, Ordering, Page, Pattern
from tradewind.core.records import ConnectionRecord
from tradewind.store import schema
from tradewind.store.database import Database
from tradewind.store.encryption import Cipher
from tradewind.store.errors import AlreadyExists
from tradewind.store.lists import found, matches, ordered
from tradewind.store.outbox import Rows, write_outbox
from tradewind.store.rows import RecordRows, insert_new, upsert

_CONNECTIONS = RecordRows(ConnectionRecord, schema.connection)
_ORDER: Final = {
    name: schema.connection.c[name]
    for name in ("conn_id", "conn_type", "description", "host", "login", "port", "schema")
}


class Connections:
    def __init__(self, database: Database, cipher: Cipher) -> None:
        self._database = database
        self._cipher = cipher

    def get(self, conn_id: str) -> ConnectionRecord | None:
        """The connection; its password and extra are None when no key fits them."""
        query = sa.select(schema.connection).where(schema.connection.c.conn_id == conn_id)
        with self._database.read() as connection:
            row = connection.execute(query).first()
        return None if row is None else self._record(row)

    def list(self, *, conn_id: str | None = None) -> list[ConnectionRecord]:
        """All connections by id, or the one with `conn_id`."""
        query = sa.select(schema.connection).order_by(schema.connection.c.conn_id)
        if conn_id is not None:
            query = query.where(schema.connection.c.conn_id == conn_id)
        with self._database.read() as connection:
            return [self._record(row) for row in connection.execute(query)]

    def page(
        self, page: Page, order: Sequence[Ordering] = (), conn_id: Sequence[Pattern] = ()
    ) -> Found[ConnectionRecord]:
        """Connections whose id matches all patterns, ordered by fields that are not secret, then by id."""
        column = schema.connection.c
        query = sa.select(schema.connection)
        query = query.where(*(term for pattern in conn_id for term in matches(column.conn_id, pattern)))
        with self._database.read() as connection:
            rows, total = found(connection, ordered(query, order, _ORDER, [column.conn_id]), page)
            return Found([self._record(row) for row in rows], total)

    def add(self, record: ConnectionRecord, *, outbox: Rows = None) -> None:
        """Raises AlreadyExists."""
        with self._database.write() as connection:
            if not insert_new(connection, schema.connection, self._values(record)):
                raise AlreadyExists("connection", record.conn_id)
            write_outbox(connection, outbox)

    def set(self, record: ConnectionRecord, *, outbox: Rows = None) -> None:
        """Writes or replaces a connection."""
        with self._database.write() as connection:
            connection.execute(upsert(schema.connection, connection.dialect.name, values=self._values(record)))
            write_outbox(connection, outbox)

    def delete(self, conn_id: str, *, outbox: Rows = None) -> bool:
        """False when there is no such connection."""
        table = schema.connection
        with self._database.write() as connection:
            deleted = connection.execute(sa.delete(table).where(table.c.conn_id == conn_id)).rowcount
            if deleted:
                write_outbox(connection, outbox)
            return deleted > 0

    def _values(self, record: ConnectionRecord) -> dict[str, Any]:
        encrypted = msgspec.structs.replace(
            record, password=self._cipher.encrypt(record.password), extra=self._cipher.encrypt(record.extra)
        )
        return {**_CONNECTIONS.values(encrypted), "is_encrypted": self._cipher.encrypts}

    def _record(self, row: Any) -> ConnectionRecord:
        values = {name: getattr(row, name) for name in _CONNECTIONS.fields}
        for secret in ("password", "extra"):
            values[secret] = self._cipher.decrypt(values[secret], is_encrypted=row.is_encrypted)
        return ConnectionRecord(**values)
