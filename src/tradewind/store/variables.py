"""Variables, encrypted where the installation has Fernet keys."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from tradewind.core.records import OutboxRecord, VariableRecord
from tradewind.store import schema
from tradewind.store.database import Database
from tradewind.store.encryption import Cipher
from tradewind.store.outbox import write_outbox
from tradewind.store.rows import upsert


class Variables:
    def __init__(self, database: Database, cipher: Cipher) -> None:
        self._database = database
        self._cipher = cipher

    def get(self, key: str) -> VariableRecord | None:
        """The variable; its value is None when no key fits it."""
        with self._database.read() as connection:
            row = connection.execute(sa.select(schema.variable).where(schema.variable.c.key == key)).first()
        return None if row is None else self._record(row)

    def keys(self) -> list[str]:
        query = sa.select(schema.variable.c.key).order_by(schema.variable.c.key)
        with self._database.read() as connection:
            return list(connection.execute(query).scalars())

    def set(self, key: str, value: str, description: str | None = None, *, outbox: OutboxRecord | None = None) -> None:
        """Writes or replaces a variable. A description of None keeps the one that is there."""
        values: dict[str, Any] = {
            "key": key,
            "value": self._cipher.encrypt(value),
            "is_encrypted": self._cipher.encrypts,
        }
        if description is not None:
            values["description"] = description
        with self._database.write() as connection:
            connection.execute(upsert(schema.variable, connection.dialect.name, values=values))
            write_outbox(connection, [outbox])

    def delete(self, key: str, *, outbox: OutboxRecord | None = None) -> bool:
        """False when there is no such variable."""
        with self._database.write() as connection:
            deleted = connection.execute(sa.delete(schema.variable).where(schema.variable.c.key == key)).rowcount
            if deleted:
                write_outbox(connection, [outbox])
            return deleted > 0

    def list(self) -> list[VariableRecord]:
        """All variables by key."""
        with self._database.read() as connection:
            rows = connection.execute(sa.select(schema.variable).order_by(schema.variable.c.key))
            return [self._record(row) for row in rows]

    def _record(self, row: Any) -> VariableRecord:
        value = self._cipher.decrypt(row.value, is_encrypted=row.is_encrypted)
        return VariableRecord(key=row.key, value=value, description=row.description, is_encrypted=row.is_encrypted)
