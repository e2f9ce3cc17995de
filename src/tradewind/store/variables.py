"""Variables, encrypted where the installation has Fernet keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa

from tradewind.core.lists import Found, Ordering, Page, Pattern
from tradewind.core.records import VariableRecord
from tradewind.store import schema
from tradewind.store.database import Database
from tradewind.store.encryption import Cipher
from tradewind.store.errors import AlreadyExists
from tradewind.store.lists import found, matches, ordered
from tradewind.store.outbox import Rows, write_outbox
from tradewind.store.rows import insert_new, upsert

_ORDER: Final = {name: schema.variable.c[name] for name in ("key", "description", "is_encrypted")}


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

    def set(self, key: str, value: str, description: str | None = None, *, outbox: Rows = None) -> None:
        """Writes or replaces a variable. A description of None keeps the one that is there."""
        values = self._values(key, value)
        if description is not None:
            values["description"] = description
        with self._database.write() as connection:
            connection.execute(upsert(schema.variable, connection.dialect.name, values=values))
            write_outbox(connection, outbox)

    def add(self, key: str, value: str, description: str | None = None, *, outbox: Rows = None) -> None:
        """Raises AlreadyExists."""
        with self._database.write() as connection:
            if not insert_new(connection, schema.variable, {**self._values(key, value), "description": description}):
                raise AlreadyExists("variable", key)
            write_outbox(connection, outbox)

    def update(self, key: str, values: Mapping[str, str | None], *, outbox: Rows = None) -> bool:
        """Changes `value` and `description`, whichever are given; False when there is no such variable."""
        table = schema.variable
        changed: dict[str, Any] = dict(values)
        if "value" in changed:
            changed |= {"value": self._cipher.encrypt(changed["value"]), "is_encrypted": self._cipher.encrypts}
        with self._database.write() as connection:
            # The key is set to itself, so that an update of nothing still says whether there is a row.
            statement = sa.update(table).where(table.c.key == key).values({"key": key, **changed})
            found = connection.execute(statement).rowcount > 0
            if found:
                write_outbox(connection, outbox)
            return found

    def delete(self, key: str, *, outbox: Rows = None) -> bool:
        """False when there is no such variable."""
        with self._database.write() as connection:
            deleted = connection.execute(sa.delete(schema.variable).where(schema.variable.c.key == key)).rowcount
            if deleted:
                write_outbox(connection, outbox)
            return deleted > 0

    def list(self) -> list[VariableRecord]:
        """All variables by key."""
        with self._database.read() as connection:
            rows = connection.execute(sa.select(schema.variable).order_by(schema.variable.c.key))
            return [self._record(row) for row in rows]

    def page(self, page: Page, order: Sequence[Ordering] = (), key: Sequence[Pattern] = ()) -> Found[VariableRecord]:
        """Variables whose key matches all patterns, ordered by key, description or is_encrypted, then by key."""
        column = schema.variable.c
        query = sa.select(schema.variable).where(*(term for pattern in key for term in matches(column.key, pattern)))
        with self._database.read() as connection:
            rows, total = found(connection, ordered(query, order, _ORDER, [column.key]), page)
            return Found([self._record(row) for row in rows], total)

    def _values(self, key: str, value: str) -> dict[str, Any]:
        return {"key": key, "value": self._cipher.encrypt(value), "is_encrypted": self._cipher.encrypts}

    def _record(self, row: Any) -> VariableRecord:
        value = self._cipher.decrypt(row.value, is_encrypted=row.is_encrypted)
        return VariableRecord(key=row.key, value=value, description=row.description, is_encrypted=row.is_encrypted)
